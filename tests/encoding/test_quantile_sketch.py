"""Quantiles of a stream: range and resolution exact, ranks nearly so."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("datasketches")

from fairsample.encoding import quantile_sketch
from fairsample.encoding.lattice import Lattice
from fairsample.encoding.quantile_sketch import QuantileSketch

N = 200_000


def sketch_of(values, n_pieces=5):
    sketch = QuantileSketch()
    for piece in np.array_split(values, n_pieces):
        sketch.add(*np.unique(piece, return_counts=True))
    return sketch


def spiked():
    rng = np.random.RandomState(0)
    values = rng.lognormal(size=N)
    values[rng.rand(N) < 0.3] = 0
    values[:20_000] = 1e5
    return values


def test_every_quantile_has_nearly_its_rank():
    values = np.sort(spiked())
    levels, counts = sketch_of(spiked()).levels()
    assert counts.sum() == N
    assert (np.diff(levels) > 0).all()
    below = np.searchsorted(values, levels, side="left") / N
    until = np.searchsorted(values, levels, side="right") / N
    stands_until = np.cumsum(counts) / N
    assert (stands_until <= until + 1e-3).all()
    assert (stands_until - counts / N >= below - 1e-3).all()
    heavy = counts[np.isin(levels, [0, 1e5])] / N
    truth = [(values == 0).mean(), (values == 1e5).mean()]
    np.testing.assert_allclose(heavy, truth, atol=1e-3)


def test_the_same_stream_gives_the_same_quantiles():
    one, other = (sketch_of(spiked()).levels() for _ in range(2))
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize(
    "values",
    [
        np.arange(-50_000, 50_000) * 10 + 3,
        np.arange(30_000) * 4 + 2**62,
        np.append(np.arange(30_000) * 6, 3),
        np.round(np.arange(50_000) * 0.25 - 7, 2),
        np.append(np.arange(20_000) / 2, 0.001),
        np.arange(20_000) / 3,
    ],
    ids=["tens", "huge", "one odd", "quarters", "one finer", "no lattice"],
)
def test_range_and_resolution_are_those_of_all_numbers(values):
    truth = np.unique(values)
    for order in (values, values[::-1]):
        sketch = sketch_of(order)
        assert sketch.lattice == Lattice.from_levels(truth)
        levels, _ = sketch.levels()
        assert levels.dtype == values.dtype
        assert levels[[0, -1]].tolist() == truth[[0, -1]].tolist()
        points = sketch.lattice.points(levels)
        np.testing.assert_array_equal(sketch.lattice.values(points), levels)


def test_a_merged_sketch_has_seen_both_streams():
    merged = sketch_of(np.arange(0, 20_000, 2))
    merged.merge(sketch_of(np.arange(1, 100_000, 2)))
    levels, counts = merged.levels()
    assert levels[[0, -1]].tolist() == [0, 99_999]
    assert counts.sum() == merged.n_rows == 60_000
    assert merged.lattice.step == 1
    off_lattice = sketch_of(np.arange(20_000) / 3)
    off_lattice.merge(sketch_of(np.arange(20_000) / 2))
    assert not off_lattice.lattice.step


def test_numbers_that_occur_often_are_fed_in_parts(monkeypatch):
    """A billion zeros are never held as a billion zeros."""
    monkeypatch.setattr(quantile_sketch, "_AT_ONCE", 7)
    sketch, fed = quantile_sketch.QuantileSketch(), []
    sketch._digest = SimpleNamespace(update=lambda part: fed.append(part.copy()))
    levels, counts = np.array([1, 5, 9, 11]), np.array([10, 1, 20, 3])
    sketch.add(levels, counts)
    assert max(map(len, fed)) == 7
    np.testing.assert_array_equal(np.concatenate(fed), np.repeat(levels, counts))
    assert sketch.n_rows == 34
