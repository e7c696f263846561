"""Cells that are rarely written, and shares of cells."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from fairsample.base import DataWarning
from fairsample.causal.causal_table import CausalTable
from fairsample.causal.curated_pool import CuratedPool
from fairsample.causal.curator import CausalCurator
from fairsample.causal.shortfalls import warn_of_misses, warn_of_repeats

TABLE = CausalTable([], ["dose"], "sex", "ill", ["F", "M"], ["no", "yes"])


class OfOdds:
    """Write rows of a group of which a share are ill; doses number all rows."""

    def __init__(self, odds):
        self.odds, self.n_written = odds, 0

    def write_group(self, group, n, random_state, *, known=None):
        ill = random_state.random_sample(n) < self.odds
        first, self.n_written = self.n_written, self.n_written + n
        dose = np.arange(first, first + n)
        rows = {"sex": group, "dose": dose, "ill": np.where(ill, "yes", "no")}
        return pd.DataFrame(rows)


def curator(odds=0.3, shares=None):
    shares = np.full((2, 2), 0.25) if shares is None else shares
    return CausalCurator(OfOdds(odds), TABLE, None, {}, {}, shares, 2, 1.0, 0.5)


def pool(counts, shares=None):
    cell = np.repeat(np.arange(4), np.ravel(counts))
    features = pd.DataFrame({"dose": -1 - np.arange(len(cell))})
    shares = np.full((2, 2), 0.25) if shares is None else shares
    return CuratedPool.curate(features, *np.divmod(cell, 2), None, {}, shares, 0.1)


def test_cells_get_rows_of_the_pool_first():
    owed = np.array([[3, 2], [4, 0]])
    by_cell, repeated = curator().choose(
        pool([[9, 9], [9, 9]]), owed, np.random.RandomState(0)
    )
    assert {cell: len(rows) for cell, rows in by_cell.items()} == {
        (0, 0): 3,
        (0, 1): 2,
        (1, 0): 4,
    }
    assert repeated == {}
    assert all((rows["dose"] < 0).all() for rows in by_cell.values())
    assert all(rows["dose"].is_unique for rows in by_cell.values())


@pytest.mark.parametrize("odds", [0.6, 0.05])
def test_what_the_pool_lacks_is_written(odds):
    owed = np.array([[0, 0], [0, 60]])
    one = curator(odds)
    by_cell, repeated = one.choose(
        pool([[9, 9], [9, 5]]), owed, np.random.RandomState(0)
    )
    rows = by_cell[1, 1]
    assert repeated == {}
    assert len(rows) == 60
    assert (rows["dose"] < 0).sum() == 5
    assert rows["dose"].is_unique


def test_what_cannot_be_written_is_repeated_and_said():
    owed = np.array([[0, 7], [0, 0]])
    by_cell, repeated = curator(0.0).choose(
        pool([[9, 2], [9, 9]]), owed, np.random.RandomState(0)
    )
    assert repeated == {(0, 1): 5}
    assert by_cell[0, 1]["dose"].nunique() == 2
    cells = {(g, c): 0 for g in ("F", "M") for c in ("no", "yes")}
    with pytest.warns(DataWarning, match=r"\('F', 'yes'\): 5 of theirs are repeated"):
        warn_of_repeats(repeated, cells)


def test_cell_without_any_row_borrows_from_its_class():
    owed = np.array([[0, 4], [0, 0]])
    by_cell, repeated = curator(0.0).choose(
        pool([[9, 0], [9, 3]]), owed, np.random.RandomState(0)
    )
    assert repeated == {(0, 1): 4}
    assert by_cell[0, 1]["dose"].isin(-1 - np.arange(18, 21)).all()


def test_nothing_repeated_is_nothing_said():
    warn_of_repeats({}, {})


def test_known_shares_of_cells_are_exact_even_where_weights_do_not_reach():
    known = np.array([[0.7, 0.1], [0.2, 0.0]])
    few = pool([[5, 40], [40, 15]], known)
    assert few.tilting.reached <= 1
    np.testing.assert_array_equal(curator(shares=known).cell_shares(few), known)


def test_classes_that_are_not_to_stay_come_from_the_pool():
    of_groups = np.array([[0.8], [0.2]])
    written = pool([[30, 10], [20, 20]], of_groups)
    found = curator(shares=of_groups).cell_shares(written)
    np.testing.assert_allclose(found, [[0.6, 0.2], [0.1, 0.1]], atol=1e-3)


def test_misses_are_found_minus_wanted():
    one = curator()
    one.targets, one.tolerances = {(None, "direct"): 0.1}, {(None, "direct"): 0.01}
    effects = SimpleNamespace(direct=SimpleNamespace(value=0.15))
    assert one.misses(effects) == {(None, "direct"): pytest.approx(0.05)}
    tilting = SimpleNamespace(reached=0.5)
    with pytest.warns(DataWarning, match=r"direct: 0.15 for 0.1\. .*of 50 % allows"):
        warn_of_misses(one, effects, tilting)
    effects.direct.value = 0.109
    warn_of_misses(one, effects, tilting)
