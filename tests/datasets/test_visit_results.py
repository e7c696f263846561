import numpy as np
import pandas as pd
import pytest

from fairsample.datasets import visit_results
from fairsample.datasets.visit_results import VisitResults

PANDAS = {"last": "last", "first": "first", "mean": "mean", "min": "min", "max": "max"}


@pytest.mark.parametrize("chunk", [7, 1_000])
@pytest.mark.parametrize("lab_value", sorted(PANDAS))
def test_the_same_as_a_sort_and_a_groupby(lab_value, chunk, monkeypatch):
    monkeypatch.setattr(visit_results, "_FEWEST_WAITING", 32)
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "visit": rng.integers(0, 20, 1_000),
            "test": rng.integers(0, 5, 1_000),
            "value": rng.normal(size=1_000),
            "time": rng.integers(0, 30, 1_000).astype("datetime64[s]"),
        }
    )
    results = VisitResults(lab_value)
    for start in range(0, 1_000, chunk):
        part = rows.iloc[start : start + chunk]
        results.add(*(part[name].to_numpy() for name in rows))
    ordered = rows.sort_values("time", kind="stable")
    expected = ordered.groupby(["visit", "test"])["value"].agg(PANDAS[lab_value])
    for _ in range(2):
        visit, test, values = results.reduced()
        assert list(zip(visit, test, strict=True)) == expected.index.tolist()
        np.testing.assert_allclose(values, expected, rtol=1e-12)


def test_without_times_the_order_counts():
    results = VisitResults("last")
    for value in (3.0, 1.0, 2.0):
        results.add(np.array([0]), np.array([0]), np.array([value]))
    assert results.reduced()[2].tolist() == [2.0]


def test_nothing_and_an_unknown_rule():
    assert [len(part) for part in VisitResults().reduced()] == [0, 0, 0]
    with pytest.raises(ValueError, match="one of last, first, mean, min, max"):
        VisitResults("median")
