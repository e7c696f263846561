import numpy as np
import pandas as pd
import pytest

from fairsample.flip.column_domain import ColumnDomain
from fairsample.flip.declared_dtypes import domain_for_dtype
from fairsample.flip.number_axis import NumberAxis, split_with_infinities, times_at


def axis_of(dtype, **declaration):
    dtype = pd.api.types.pandas_dtype(dtype)
    column = ColumnDomain.from_declaration("x", declaration)
    column = domain_for_dtype("x", column, dtype)
    return NumberAxis.from_domain("x", column, dtype)


@pytest.mark.parametrize(
    "dtype, declaration, n_points",
    [
        ("int64", {"bounds": [17, 90]}, 74),
        ("int64", {"bounds": [-10, 10], "step": 7}, 3),
        ("int64", {"bounds": [-(2**63), 2**63 - 1]}, 2**64),
        ("uint8", {"bounds": [0, 999]}, 256),
        ("float64", {"bounds": [0.25, 2], "step": 0.5}, 4),
        ("float32", {"bounds": [-1, 1], "step": 0.01}, 201),
        ("float64", {"bounds": [0, 1]}, None),
        ("datetime64[s]", {"bounds": ["2020-01-01", "2020-12-31"], "step": "1D"}, 366),
        ("timedelta64[ms]", {"bounds": ["0s", "1s"]}, 1001),
        ("Float64", {"bounds": [3, 3]}, None),
    ],
)
def test_points_between_the_bounds(dtype, declaration, n_points):
    assert axis_of(dtype, **declaration).n_points == n_points


@pytest.mark.parametrize(
    "dtype, declaration",
    [
        ("int16", {"bounds": [-300, 300], "step": 3}),
        ("float64", {"bounds": [-1.5, 7.25], "step": 0.05}),
        ("float32", {"bounds": [0, 10], "step": 0.1}),
        ("Float64", {"bounds": [1e-3, 2e-3], "step": 1e-5}),
        ("datetime64[us]", {"bounds": ["2020-01-01", "2020-02-01"], "step": "6h"}),
    ],
)
def test_all_points_are_values_and_back(dtype, declaration):
    axis = axis_of(dtype, **declaration)
    points = np.arange(axis.n_points, dtype=np.uint64)
    column = axis.join(points, np.zeros(len(points), dtype=bool))
    again, missing = axis.split(pd.Series(column, dtype=axis.dtype))
    np.testing.assert_array_equal(again, points)
    assert not missing.any()


def test_decimals_are_written_as_a_reader_of_text_would():
    axis = axis_of("float64", bounds=[0, 1], step=0.1)
    values = axis.values(np.arange(11, dtype=np.uint64))
    assert values.tolist() == [float(f"{i / 10:.1f}") for i in range(11)]


def test_each_value_goes_to_the_nearest_point():
    axis = axis_of("float64", bounds=[0.25, 10.25], step=0.5)
    values = np.random.RandomState(0).uniform(-1, 12, 1000)
    nearest = axis.values(axis.points(values))
    inside = np.clip(values, 0.25, 10.25)
    assert np.abs(nearest - inside).max() <= 0.25 + 1e-6


def test_the_extremes_of_64_bits_are_points():
    axis = axis_of("int64", bounds=[-(2**63), 2**63 - 1])
    ends = np.array([-(2**63), 2**63 - 1])
    np.testing.assert_array_equal(axis.values(axis.points(ends)), ends)


@pytest.mark.parametrize(
    "declaration",
    [
        {"bounds": [0, 1], "step": 1 / 3},
        {"bounds": [1 / 3, 1], "step": 0.1},
        {"bounds": [0, 1e14], "step": 0.001},
    ],
)
def test_a_step_that_floats_cannot_keep_is_refused(declaration):
    with pytest.raises(ValueError, match="of column 'x' is too fine for bounds"):
        axis_of("float64", **declaration)


def test_infinities_are_values_and_missing_ones_are_not():
    for dtype in ("float64", "float32", "Float64"):
        series = pd.Series([np.inf, 1.5, None, -np.inf], dtype=dtype)
        values, missing = split_with_infinities(series, series.dtype)
        np.testing.assert_array_equal(values, [np.inf, 1.5, -np.inf])
        np.testing.assert_array_equal(missing, [False, False, True, False])


def test_times_at_their_ticks():
    day = pd.Timestamp("2020-02-29", tz="Europe/Paris")
    dtype = pd.DatetimeTZDtype("s", "Europe/Paris")
    assert times_at([int(day.timestamp())], dtype) == (day,)
    assert times_at([90], np.dtype("m8[s]")) == (pd.Timedelta(90, "s"),)
    (last,) = times_at([2**80], np.dtype("M8[s]"))
    assert last.year == 2262
