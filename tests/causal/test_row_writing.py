import numpy as np
import pandas as pd
import pytest

from fairsample.causal.backend import RowBackend
from fairsample.causal.row_writing import CausalWriter

ORDER = ["age", "group", "job", "outcome"]
N = 20_000


class KnownWorld(RowBackend):
    """Age, a group that depends on it, a job on the group, an outcome on all three.

    Every answer leaves out each tenth row, as a backend that gives up does.
    """

    def __init__(self, drops=False):
        self.drops = drops

    def fit(self, rows, order, *, context=None, random_state=None):
        self.order_, self.rejected_ = list(order), {}
        return self

    def sample(self, prefixes, n, *, until=None, random_state=None):
        rows = pd.DataFrame(index=range(n)) if prefixes is None else prefixes.copy()
        rows.index = range(n)
        last = len(ORDER) if until is None else ORDER.index(until) + 1
        for name in ORDER[rows.shape[1] : last]:
            draw = random_state.random_sample(n)
            if name == "age":
                rows["age"] = (draw < 0.5).astype(int)
            if name == "group":
                old = rows["age"] == 1
                rows["group"] = np.where(draw < np.where(old, 0.7, 0.3), "B", "A")
            if name == "job":
                rows["job"] = (draw < 0.2 + 0.4 * (rows["group"] == "B")).astype(int)
            if name == "outcome":
                odds = 0.1 + 0.3 * (rows["group"] == "B") + 0.2 * rows["job"]
                rows["outcome"] = (draw < odds + 0.2 * rows["age"]).astype(int)
        return rows[np.arange(n) % 10 != 9] if self.drops else rows


def writer(cut=(), share=0.0, drops=False):
    backend = KnownWorld(drops).fit(None, ORDER)
    return CausalWriter(backend, 1, 1, ["A", "B"], np.array([0.5, 0.5]), cut, share)


def parts(rows):
    """Direct, indirect and spurious effect of B against A, from cell means."""
    a, b = (rows[rows["group"] == group] for group in "AB")
    means = b.groupby(["age", "job"])["outcome"].mean()
    means = means.reindex(pd.MultiIndex.from_product([[0, 1], [0, 1]]))
    first = a["outcome"].mean()
    second = means.loc[list(zip(a["age"], a["job"], strict=True))].mean()
    third = b.groupby("age")["outcome"].mean().loc[a["age"]].mean()
    return np.array([second - first, third - second, b["outcome"].mean() - third])


WORLD = np.array([0.3, 0.4 * 0.2, 0.4 * 0.2])


@pytest.mark.parametrize(
    ("cut", "share", "left"),
    [
        ((), 0.0, [1, 1, 1]),
        (("direct",), 0.0, [1, 1, 1]),
        (("direct",), 1.0, [0, 1, 1]),
        (("indirect",), 1.0, [1, 0, 1]),
        (("spurious",), 1.0, [1, 1, 0]),
        (("direct",), 0.5, [0.5, 1, 1]),
        (("indirect",), 0.25, [1, 0.75, 1]),
        (("direct", "indirect", "spurious"), 1.0, [0, 0, 0]),
    ],
)
def test_each_effect_is_what_the_cut_leaves_of_it(cut, share, left):
    rows = writer(cut, share).write(N, np.random.RandomState(0))
    np.testing.assert_allclose(parts(rows), WORLD * np.array(left), atol=0.025)


def test_rows_of_a_group_have_its_confounders_and_effects():
    alone = writer().write_group("B", N, np.random.RandomState(0))
    assert (alone["group"] == "B").all()
    assert len(alone) == N
    assert alone["age"].mean() == pytest.approx(0.7, abs=0.02)
    assert alone["job"].mean() == pytest.approx(0.6, abs=0.02)
    expected = 0.1 + 0.3 + 0.2 * 0.6 + 0.2 * 0.7
    assert alone["outcome"].mean() == pytest.approx(expected, abs=0.02)


def test_cuts_hold_in_rows_of_a_group():
    rows = writer(("direct",), 1.0).write_group("B", N, np.random.RandomState(0))
    expected = 0.1 + 0.3 / 2 + 0.2 * 0.6 + 0.2 * 0.7
    assert rows["outcome"].mean() == pytest.approx(expected, abs=0.02)


def test_rows_that_do_not_come_take_nothing_from_the_others():
    cut = ("direct", "indirect", "spurious")
    rows = writer(cut, 0.5, drops=True).write(N, np.random.RandomState(0))
    assert len(rows) < 0.9 * N
    assert rows.index.equals(pd.RangeIndex(len(rows)))
    np.testing.assert_allclose(parts(rows), WORLD / 2, atol=0.03)
