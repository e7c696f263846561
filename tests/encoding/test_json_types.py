import datetime
import decimal
import json

import numpy as np
import pandas as pd
import pytest

from fairsample.encoding.json_types import (
    dtype_from_json,
    dtype_to_json,
    is_json_scalar,
    scalar_from_json,
    scalar_to_json,
)

SCALARS = [
    "text",
    b"\x00bytes",
    True,
    3,
    2**70,
    0.1,
    float("inf"),
    float("-inf"),
    np.int8(3),
    np.uint64(2**64 - 1),
    np.float32(0.1),
    np.float64("inf"),
    np.bool_(True),
    np.str_("text"),
    np.datetime64("2024-02-29", "D"),
    np.timedelta64(5, "h"),
    decimal.Decimal("1.10"),
    datetime.date(2024, 2, 29),
    datetime.time(23, 59, 1),
    datetime.datetime(2024, 2, 29, 1, 2, 3),
    datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC),
    datetime.timedelta(days=-1, microseconds=7),
    pd.Timestamp("2024-02-29 12:00:00.000000001"),
    pd.Timestamp("2024-10-27 02:30", tz="UTC").tz_convert("Europe/Paris"),
    pd.Timestamp("2024-02-29", tz=datetime.timezone(datetime.timedelta(hours=5.5))),
    pd.Timedelta("1 days 00:00:00.5"),
    pd.Period("2024-02", "M"),
    pd.Interval(0.5, 2, closed="left"),
    pd.Interval(pd.Timestamp("2024"), pd.Timestamp("2025")),
    ("a", 1, None),
]


def through_json(stored):
    return json.loads(json.dumps(stored, allow_nan=False))


@pytest.mark.parametrize("value", SCALARS, ids=repr)
def test_scalars_come_back_with_their_type(value):
    again = scalar_from_json(through_json(scalar_to_json(value)))
    assert type(again) is type(value)
    assert again == value
    assert getattr(again, "unit", None) == getattr(value, "unit", None)
    assert getattr(again, "dtype", None) == getattr(value, "dtype", None)


@pytest.mark.parametrize("marker", [None, np.nan, pd.NA, pd.NaT], ids=repr)
def test_missing_markers_come_back_as_themselves(marker):
    assert scalar_from_json(through_json(scalar_to_json(marker))) is marker


@pytest.mark.parametrize("value", [[1], {"a": 1}, object(), 1j])
def test_other_values_are_refused(value):
    with pytest.raises(ValueError, match=type(value).__name__):
        scalar_to_json(value)


@pytest.mark.parametrize("value", [[1], {"a": 1}, (1,), object()])
def test_nested_cells_are_no_scalars(value):
    assert not is_json_scalar(value)


def test_an_unknown_tag_is_refused():
    with pytest.raises(ValueError, match="pickle"):
        scalar_from_json({"pickle": "gASV"})


DTYPES = [
    np.dtype("int8"),
    np.dtype(">f8"),
    np.dtype("float16"),
    np.dtype("bool"),
    np.dtype("object"),
    np.dtype("datetime64[s]"),
    np.dtype("timedelta64[ns]"),
    pd.UInt16Dtype(),
    pd.Float32Dtype(),
    pd.BooleanDtype(),
    pd.StringDtype("python"),
    pd.StringDtype("pyarrow"),
    pd.Series(["a"]).dtype,
    pd.DatetimeTZDtype("ms", "Europe/Paris"),
    pd.DatetimeTZDtype("ns", "UTC"),
    pd.DatetimeTZDtype("us", datetime.timezone(datetime.timedelta(hours=-3))),
    pd.SparseDtype("float64", np.nan),
    pd.SparseDtype("int16", 0),
    pd.SparseDtype("bool", False),
    pd.PeriodDtype("M"),
    pd.IntervalDtype("float64", "right"),
    pd.CategoricalDtype(["b", "a"], ordered=True),
    pd.CategoricalDtype([3, 1]),
    pd.CategoricalDtype([0.5, 1.5], ordered=True),
    pd.CategoricalDtype(pd.date_range("2024", periods=2, tz="Asia/Tokyo")),
    pd.CategoricalDtype(pd.interval_range(0, 3), ordered=True),
    pd.CategoricalDtype(pd.Index(["a", 1, None], dtype=object).dropna()),
    pd.CategoricalDtype(),
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_dtypes_come_back(dtype):
    again = dtype_from_json(through_json(dtype_to_json(dtype)))
    assert again == dtype
    assert type(again) is type(dtype)
    assert getattr(again, "storage", None) == getattr(dtype, "storage", None)
    if isinstance(dtype, pd.StringDtype):
        assert again.na_value is dtype.na_value
    if isinstance(dtype, pd.CategoricalDtype) and dtype.categories is not None:
        assert again.ordered == dtype.ordered
        assert again.categories.equals(dtype.categories)
        assert again.categories.dtype == dtype.categories.dtype


@pytest.mark.parametrize(
    "name", ["int64", "double", "bool_", "string", "large_string", "date32"]
)
def test_arrow_dtypes_come_back(name):
    pyarrow = pytest.importorskip("pyarrow")
    dtype = pd.ArrowDtype(getattr(pyarrow, name.replace("double", "float64"))())
    assert dtype_from_json(through_json(dtype_to_json(dtype))) == dtype


def test_zoned_arrow_timestamps_come_back():
    pyarrow = pytest.importorskip("pyarrow")
    dtype = pd.ArrowDtype(pyarrow.timestamp("us", tz="Europe/Paris"))
    assert dtype_from_json(through_json(dtype_to_json(dtype))) == dtype
