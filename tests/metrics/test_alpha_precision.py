import numpy as np
import pandas as pd
import pytest
from synthetic_tables import mixed_table

from fairsample.metrics import alpha_precision_beta_recall


def _ball(seed, n_rows, scale=1.0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.normal(size=(n_rows, 2)) * scale, columns=["a", "b"])


def test_a_table_and_itself():
    table = mixed_table(0)
    scores = alpha_precision_beta_recall(table, table)
    assert scores.to_numpy() == pytest.approx(1, abs=2 / len(table))


def test_tables_with_nothing_in_common():
    real = pd.DataFrame({"a": ["x", "y"] * 50, "b": ["x", "y", "y", "x"] * 25})
    other = pd.DataFrame({"a": ["z"] * 100, "b": ["w"] * 100})
    assert alpha_precision_beta_recall(real, other).to_list() == [0, 0]


@pytest.mark.parametrize("n_neighbors, expected", [(1, 0.5), (5, 1 - 2.0**-5)])
def test_a_fresh_sample(n_neighbors, expected):
    """The nearest of n + n rows is synthetic half of the time."""
    scores = alpha_precision_beta_recall(
        _ball(0, 2000), _ball(1, 2000), n_neighbors=n_neighbors
    )
    assert scores["alpha_precision"] > 0.96
    assert scores["beta_recall"] == pytest.approx(expected, abs=0.04)


def test_collapse_keeps_precision_of_the_centre_and_loses_recall():
    real = _ball(0, 1000)
    scores = alpha_precision_beta_recall(real, _ball(1, 1000, scale=0.05))
    assert scores["beta_recall"] < 0.1
    assert (
        scores["alpha_precision"] < 0.2
    )  # all in the core: P(alpha) = 1 from the start


def test_outliers_cost_precision_and_not_recall():
    real = _ball(0, 1000)
    half_far = pd.concat([real, pd.DataFrame({"a": [99.0] * 1000, "b": 99.0})])
    scores = alpha_precision_beta_recall(real, half_far)
    assert scores["alpha_precision"] == pytest.approx(0.5, abs=0.02)
    assert scores["beta_recall"] == pytest.approx(1, abs=0.01)


def test_rows_are_drawn_by_random_state():
    tables = mixed_table(0), mixed_table(1)
    one, again, other = (
        alpha_precision_beta_recall(*tables, max_rows=100, random_state=seed)
        for seed in (0, 0, 1)
    )
    assert one.equals(again)
    assert not one.equals(other)
    pd.testing.assert_frame_equal(tables[0], mixed_table(0))


def test_too_few_rows_for_the_neighbours():
    table = mixed_table(0, 5)
    with pytest.raises(ValueError, match="n_neighbors=5 needs more .* Got 5"):
        alpha_precision_beta_recall(table, table, n_neighbors=5)
