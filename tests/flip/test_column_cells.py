import numpy as np
import pandas as pd
import pytest

from fairsample.flip.column_cells import NumberCells
from fairsample.flip.column_domain import ColumnDomain
from fairsample.flip.declared_dtypes import domain_for_dtype
from fairsample.flip.number_axis import NumberAxis

AXES = {
    "levels": ("int64", {"bounds": [17, 90]}),
    "one value": ("int64", {"bounds": [4, 4]}),
    "one float": ("float64", {"bounds": [4, 4]}),
    "257 points": ("int64", {"bounds": [0, 256]}),
    "wide": ("int64", {"bounds": [0, 99_999]}),
    "all integers": ("int64", {"bounds": [-(2**63), 2**63 - 1]}),
    "floats": ("float64", {"bounds": [-3, 8]}),
    "tiny floats": ("float64", {"bounds": [1e-9, 3e-9]}),
    "huge floats": ("float64", {"bounds": [-1e308, 1e308]}),
    "cents": ("float32", {"bounds": [0.5, 1000], "step": 0.01}),
    "dates": ("datetime64[ns]", {"bounds": ["1990", "2020"], "step": "1D"}),
}


def make_axis(name):
    dtype, declaration = AXES[name]
    dtype = pd.api.types.pandas_dtype(dtype)
    column = ColumnDomain.from_declaration("x", declaration)
    return NumberAxis.from_domain("x", domain_for_dtype("x", column, dtype), dtype)


def some_points(axis, n=3000):
    if axis.n_points is None:
        points = np.random.RandomState(0).uniform(0, 1, n)
        return np.append(
            [axis.low, axis.high], axis.low * (1 - points) + axis.high * points
        )
    low, high = 0, axis.n_points - 1
    drawn = [low + (high - low) * i // n for i in range(n + 1)]
    return np.array(drawn, dtype=np.uint64)


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("name", AXES)
def test_a_drawn_point_lies_in_its_cell_and_between_the_bounds(name, scale):
    axis = make_axis(name)
    points = some_points(axis)
    frequent = np.unique(points[[5, 1000, -1]])
    cells = NumberCells(axis, scale, frequent)
    index = cells.index(points)
    assert index.min() >= 0 and index.max() < cells.n_cells
    n_drawn = np.bincount(index, minlength=cells.n_cells)
    drawn = cells.draw(n_drawn, np.random.RandomState(0))
    assert drawn.dtype == points.dtype and len(drawn) == len(points)
    assert drawn.min() >= points.min() and drawn.max() <= points.max()
    redrawn = NumberCells(axis, scale).index(drawn)
    expected = NumberCells(axis, scale).index(np.sort(points))
    np.testing.assert_array_equal(np.sort(redrawn), expected)


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("name", AXES)
def test_there_are_no_more_than_256_intervals(name, scale):
    axis = make_axis(name)
    cells = NumberCells(axis, scale)
    assert 1 <= cells.n_cells <= 256
    if axis.n_points is not None:
        assert cells.n_cells == axis.n_points or axis.n_points > 256


def test_few_points_are_cells_of_their_own():
    axis = make_axis("levels")
    points = np.arange(74, dtype=np.uint64)
    np.testing.assert_array_equal(NumberCells(axis).index(points), np.arange(74))


def test_a_log_scale_is_fine_at_the_lower_bound():
    axis = make_axis("wide")
    linear, log = NumberCells(axis), NumberCells(axis, "log")
    points = np.arange(300, dtype=np.uint64)
    assert len(np.unique(log.index(points))) > 60
    assert len(np.unique(linear.index(points))) == 1


def test_a_frequent_point_leaves_its_interval():
    axis = make_axis("wide")
    frequent = np.array([0, 99_999], dtype=np.uint64)
    cells = NumberCells(axis, frequent=frequent)
    index = cells.index(np.array([0, 1, 99_998, 99_999], dtype=np.uint64))
    np.testing.assert_array_equal(index, [256, 0, 255, 257])
