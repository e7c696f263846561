import numpy as np
import pandas as pd
import pytest
from resamplers import mixed_frame
from scripted_noise import ScriptedNoise

from fairsample.flip.counted_column import CountedColumn
from fairsample.flip.domain import TableDomain

DECLARED = {
    "int": {"bounds": [0, 9000]},
    "float32": {"bounds": [-3, 3]},
    "race": {"categories": ["A", "B"], "missing": False},
    "Int64": {"bounds": [0, 5]},
    "str": {"categories": ["x", "y", "z"]},
    "object": {"categories": ["u", "v"]},
    "ordered": {"categories": ["low", "high"], "missing": False},
    "unordered": {"categories": [10, 30], "missing": True},
    "datetime": {"bounds": ["2019-01-01", "2024-01-01"], "step": "1D"},
    "sex": {"categories": ["F", "M"]},
}


def counted(series, noise=None, noise_multiplier=3.0):
    declared = {series.name: DECLARED[series.name]} if series.name in DECLARED else {}
    domain = TableDomain(declared).for_frame(series.to_frame())
    return CountedColumn.count(
        series,
        domain[series.name],
        noise_multiplier=noise_multiplier,
        delta=1e-7,
        noise=noise or ScriptedNoise(),
    )


@pytest.mark.parametrize("name", mixed_frame()[0].columns)
def test_a_row_is_in_one_cell_whatever_it_holds(name):
    series = mixed_frame()[0][name]
    counts = counted(series).counts
    assert counts.sum() == len(series)
    for row in range(0, len(series), 23):
        fewer = counted(series.drop(series.index[row])).counts
        assert np.abs(counts - fewer).sum() == 1


@pytest.mark.parametrize("strange", [np.inf, -np.inf, np.nan, 1e30, 0.0, 1e-300])
def test_an_outlier_is_in_one_cell_too(strange):
    series = mixed_frame()[0]["float32"].astype("float64")
    more = pd.concat([series, pd.Series([strange], name="float32")])
    assert np.abs(counted(more).counts - counted(series).counts).sum() == 1


@pytest.mark.parametrize("name", mixed_frame()[0].columns)
@pytest.mark.parametrize("noise_multiplier", [1.0, 1000.0])
def test_shares_are_a_distribution_whatever_the_noise(name, noise_multiplier):
    series = mixed_frame()[0][name]
    column = counted(series, ScriptedNoise(0), noise_multiplier)
    shares = column.shares(total=400.0)
    assert len(shares) == column.cells.n_cells + 1
    assert shares.min() >= 0 and shares.sum() == pytest.approx(1)
    assert column.column.missing or shares[-1] == 0
    drawn = column.draw(1000, 400.0, np.random.RandomState(0))
    assert len(drawn) == 1000 and drawn.dtype == column.axis.dtype
    assert drawn.notna().any() and drawn.isna().any() == column.column.missing


def test_drawn_rows_are_in_the_estimated_shares_and_no_order():
    series = mixed_frame()[0]["str"]
    column = counted(series)
    drawn = column.draw(4000, 400.0, np.random.RandomState(0))
    drawn_counts, counts = (x.value_counts() for x in (drawn, series))
    assert (drawn_counts - 10 * counts).abs().max() <= 2
    assert drawn.isna().sum() == pytest.approx(10 * series.isna().sum(), abs=2)
    assert abs(np.corrcoef(drawn.isna(), np.arange(4000))[0, 1]) < 0.1


def test_unknown_categories_count_as_the_first_or_as_missing():
    race = mixed_frame()[0]["race"]
    counts = race.value_counts()
    np.testing.assert_array_equal(
        counted(race).counts, [counts["A"] + counts["C"], counts["B"]]
    )
    ordered = pd.Series(["low", "mid", None, "high", "low"], name="sex")
    np.testing.assert_array_equal(counted(ordered).counts, [0, 0, 5])
