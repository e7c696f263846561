import numpy as np
import pandas as pd
import pytest
from resamplers import mixed_frame

from fairsample.flip.conforming import conform
from fairsample.flip.domain import TableDomain

INT64 = np.iinfo(np.int64)


def conforming_cells(values, dtype, **declaration):
    frame = pd.DataFrame({"x": pd.Series(values, dtype=dtype)})
    conforming = conform(frame, TableDomain({"x": declaration}))["x"]
    return conforming


def narrow_domain(frame):
    """A domain that many cells of the frame lie outside of."""
    return TableDomain(
        {
            "int": {"bounds": [10, 50]},
            "float32": {"bounds": [-0.5, 0.5], "missing": False},
            "race": {"categories": ["C", "A"], "missing": False},
            "Int64": {"bounds": [1, 3]},
            "boolean": {"categories": [True], "missing": False},
            "str": {"categories": ["z", "y"]},
            "object": {"categories": ["u"], "missing": False},
            "ordered": {"categories": ["low", "high"], "missing": True},
            "unordered": {"categories": [10]},
            "datetime": {"bounds": ["2020-06-01", "2020-07-01"], "missing": False},
            "sex": {"categories": ["M"]},
        }
    )


@pytest.mark.parametrize(
    "values, dtype, declaration, expected",
    [
        ([1, 17, 99], "int64", {"bounds": [17, 90]}, [17, 17, 90]),
        ([-128, 127], "int8", {"bounds": [-1000, 100]}, [-128, 100]),
        ([INT64.min, INT64.max], "int64", {"bounds": [-3, INT64.max]}, [-3, INT64.max]),
        ([0, 2**64 - 1], "uint64", {"bounds": [1, 2**64 - 1]}, [1, 2**64 - 1]),
        ([1, 4, 6, 98], "int64", {"bounds": [0, 95], "step": 10}, [0, 0, 10, 90]),
        ([-np.inf, 0.26, np.inf], "float64", {"bounds": [0, 1]}, [0, 0.26, 1]),
        ([0.26, 0.31, 9], "float64", {"bounds": [0, 1], "step": 0.1}, [0.3, 0.3, 1]),
        ([0.1, np.inf], "float32", {"bounds": [0, 1], "step": 0.1}, [0.1, 1]),
        ([None, 3.5], "float64", {"bounds": [1, 3]}, [None, 3]),
        ([None, 3.5], "float64", {"bounds": [1, 3], "missing": False}, [1, 3]),
        ([None, 9], "Int16", {"bounds": [1, 3], "missing": True}, [None, 3]),
        ([None, 9], "Int16", {"bounds": [1, 3], "missing": False}, [1, 3]),
        ([7, 1, 2], "int64", {"categories": [2, 1]}, [2, 1, 2]),
        ([7, 1, None], "float64", {"categories": [2, 1]}, [None, 1, None]),
        ([True, None], "boolean", {}, [True, None]),
        ([True, None], "boolean", {"missing": False}, [True, False]),
        (["a", "?", None], "str", {"categories": ["b", "a"]}, ["a", None, None]),
        (
            ["a", "?", None],
            "str",
            {"categories": ["b", "a"], "missing": False},
            ["a", "b", "b"],
        ),
        ([1, True, "1"], "object", {"categories": ["1", True, 1]}, [1, True, "1"]),
    ],
)
def test_cells_come_into_the_domain(values, dtype, declaration, expected):
    cells = conforming_cells(values, dtype, **declaration)
    expected = pd.Series(expected, dtype=dtype, name="x")
    pd.testing.assert_series_equal(cells, expected)
    assert list(map(type, cells)) == list(map(type, expected))


def test_times_are_clipped_and_put_on_their_step():
    times = pd.to_datetime(
        ["1900-01-01", "2020-03-04T13", "2500-01-01", None], format="ISO8601"
    )
    for dtype in ("datetime64[s]", "datetime64[us]"):
        cells = conforming_cells(
            times, dtype, bounds=["2020-01-01", "2021-01-01"], step="1D"
        )
        expected = pd.to_datetime(["2020-01-01", "2020-03-05", "2021-01-01", None])
        assert cells.dtype == dtype
        pd.testing.assert_index_equal(
            pd.DatetimeIndex(cells), expected.astype(dtype), check_names=False
        )
    zoned = times[1:2].tz_localize("UTC").tz_convert("Asia/Tokyo")
    cells = conforming_cells(zoned, zoned.dtype, bounds=["2020-03-05", "2021-01-01"])
    assert cells[0] == pd.Timestamp("2020-03-05", tz="Asia/Tokyo")


@pytest.mark.parametrize("ordered", [False, True])
def test_a_category_dtype_gets_the_declared_categories(ordered):
    dtype = pd.CategoricalDtype(["low", "rare", "high"], ordered)
    cells = conforming_cells(
        ["high", "rare", "low"], dtype, categories=["low", "mid", "high"], missing=False
    )
    assert cells.dtype == pd.CategoricalDtype(["low", "mid", "high"], ordered)
    assert cells.tolist() == ["high", "low", "low"]


def test_every_row_conforms_by_itself():
    frame, _ = mixed_frame()
    domain = narrow_domain(frame)
    whole = conform(frame, domain)
    for rows in (frame.index[:1], frame.index[::7], frame.index[::-1]):
        pd.testing.assert_frame_equal(conform(frame.loc[rows], domain), whole.loc[rows])


def test_conforming_again_changes_nothing_and_the_caller_keeps_their_rows():
    frame, _ = mixed_frame()
    before = frame.copy(deep=True)
    domain = narrow_domain(frame)
    once = conform(frame, domain)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(conform(once, domain), once)
    assert not once.equals(frame)


def test_dtypes_columns_and_index_stay():
    frame, _ = mixed_frame()
    conforming = conform(frame, narrow_domain(frame))
    assert conforming.index.equals(frame.index)
    assert conforming.columns.equals(frame.columns)
    plain = frame.columns.drop(["ordered", "unordered", "sex"])
    assert conforming[plain].dtypes.equals(frame[plain].dtypes)


def test_no_rows_conform_to_no_rows():
    frame, _ = mixed_frame()
    empty = conform(frame.iloc[:0], narrow_domain(frame))
    assert empty.shape == (0, frame.shape[1])


def test_undeclared_columns_are_named_with_the_ways_out():
    frame = pd.DataFrame({"age": [3], "town": ["x"], "job": ["y"], "smokes": [True]})
    with pytest.raises(
        ValueError, match="'town', 'job'. Declare .* domain=.*preprocess_epsilon="
    ):
        conform(frame, TableDomain({"age": {"bounds": [0, 9]}}))
