import datetime
import decimal
import json

import numpy as np
import pandas as pd
import pytest

from fairsample.encoding import TableEncoder

try:
    import pyarrow
except ImportError:
    pyarrow = None

PARIS = "Europe/Paris"


def category(values, ordered=False):
    return pd.CategoricalDtype(values, ordered=ordered)


# name -> (values that recur, dtype); None marks a missing value
COLUMNS = {
    "int64": ([3, -1, 2**62 + 1], "int64"),
    "int8": ([3, -1, 127], "int8"),
    "uint64": ([0, 2**64 - 1, 5], "uint64"),
    "float64": ([0.1, -1 / 3, 1e300, None], "float64"),
    "float32": ([0.1, -1 / 3, 3e38, None], "float32"),
    "float16": ([0.1, 7, None], "float16"),
    "big-endian": ([0.1, 7, None], ">f8"),
    "Int64": ([3, -1, 2**62 + 1, None], "Int64"),
    "UInt8": ([3, 255, None], "UInt8"),
    "Float64": ([0.1, -1 / 3, None], "Float64"),
    "Float32": ([0.1, -1 / 3, None], "Float32"),
    "bool": ([True, False], "bool"),
    "boolean": ([True, False, None], "boolean"),
    "object bool": ([True, False, None], "object"),
    "object str": (["b", "a", None], "object"),
    "object NA": (["b", "a", pd.NA], "object"),
    "object nan": (["b", "a", np.nan], "object"),
    "object mixed": ([1, "1", 1.0, True, decimal.Decimal(1), b"1", None], "object"),
    "object dates": ([datetime.date(2024, 2, 29), datetime.date(1900, 1, 1)], "object"),
    "object times": ([pd.Timestamp("2024"), pd.Timedelta("1D"), pd.NaT], "object"),
    "object stamps": ([pd.Timestamp("2024"), pd.Timestamp("2025")], "object"),
    "str": (["b", "a", "", "é", None], "str"),
    "string": (["b", "a", None], "string"),
    "string python": (["b", "a", None], "string[python]"),
    "category": (["b", "a", None], category(["c", "b", "a"])),
    "category ordered": (["b", "a", None], category(["c", "b", "a"], ordered=True)),
    "category int": ([3, 1, None], category([3, 2, 1])),
    "category float": ([0.5, None], category([0.5, 1.5], ordered=True)),
    "category dates": (
        [pd.Timestamp("2024"), None],
        category(pd.to_datetime(["2025", "2024"])),
    ),
    "category intervals": (
        [pd.Interval(0, 1), None],
        category(pd.interval_range(0, 3), ordered=True),
    ),
    "category mixed": ([1, "a", None], category(pd.Index([1, "a"], dtype=object))),
    "datetime ns": (["2024-01-01 00:00:00.000000001", "1700-01-01", None], "M8[ns]"),
    "datetime s": (["2024-01-01 00:00:01", "0001-01-01", None], "M8[s]"),
    "zoned": (
        ["2024-07-01 12:30:00+0000", "2024-10-27 00:30+0000", None],
        pd.DatetimeTZDtype("us", PARIS),
    ),
    "zoned days": (
        ["2024-06-30 22:00+0000", "2024-12-31 23:00+0000", None],
        pd.DatetimeTZDtype("ns", PARIS),
    ),
    "timedelta": ([pd.Timedelta("1D"), pd.Timedelta(-7), None], "m8[ns]"),
    "period": ([pd.Period("2024-01", "M"), None], pd.PeriodDtype("M")),
    "interval": ([pd.Interval(0, 1), None], pd.IntervalDtype("float64", "right")),
    "sparse float": ([0.5, 2.5, None], pd.SparseDtype("float64", np.nan)),
    "sparse int": ([0, 3], pd.SparseDtype("int64", 0)),
    "sparse bool": ([True, False], pd.SparseDtype("bool", False)),
}
if pyarrow is not None:
    COLUMNS |= {
        "string arrow": (["b", "a", None], "string[pyarrow]"),
        "arrow int": ([3, 2**62 + 1, None], "int64[pyarrow]"),
        "arrow uint": ([3, 255, None], "uint8[pyarrow]"),
        "arrow double": ([0.1, None], "double[pyarrow]"),
        "arrow bool": ([True, False, None], "bool[pyarrow]"),
        "arrow string": (["b", "a", None], pd.ArrowDtype(pyarrow.string())),
        "arrow date": ([datetime.date(2024, 2, 29), None], "date32[pyarrow]"),
        "arrow zoned": (
            [pd.Timestamp("2024-07-01 12:30", tz=PARIS), None],
            pd.ArrowDtype(pyarrow.timestamp("us", tz=PARIS)),
        ),
        "arrow duration": ([pd.Timedelta("1D"), None], "duration[us][pyarrow]"),
    }
MAY_MISS = [name for name in COLUMNS if any(map(pd.isna, COLUMNS[name][0]))]


def column(name, missing=True):
    values, dtype = COLUMNS[name]
    if not missing:
        values = [value for value in values if not pd.isna(value)]
    if dtype == "str":
        return pd.Series(values * 3, name=name)
    series = pd.Series(values * 3, dtype=object, name=name)
    if isinstance(dtype, pd.DatetimeTZDtype):
        series = pd.to_datetime(series, format="ISO8601", utc=True)
    return series.astype(dtype)


def decoded(encoder, frame, seed=0):
    codes = encoder.transform(frame)
    return encoder.inverse_transform(codes, np.random.RandomState(seed))


def same_cells(left, right):
    """Equality that tells None from NaN and 1 from True."""
    pd.testing.assert_series_equal(left, right)
    if left.dtype == object:
        assert list(map(type, left)) == list(map(type, right))
        present = left.notna()
        assert left[present].tolist() == right[present].tolist()
        assert all(a is b for a, b in zip(left[~present], right[~present], strict=True))


@pytest.mark.parametrize("missing", [True, False])
@pytest.mark.parametrize("name", COLUMNS)
def test_every_dtype_comes_back_exactly(name, missing):
    frame = column(name, missing).to_frame()
    before = frame.copy(deep=True)
    encoder = TableEncoder().fit(frame)
    again = decoded(encoder, frame)
    same_cells(again[name], frame[name])
    same_cells(frame[name], before[name])
    n_distinct = len({(type(cell), str(cell)) for cell in frame[name]})
    assert encoder.block_sizes_ == [n_distinct]
    assert isinstance(again.index, pd.RangeIndex)


@pytest.mark.parametrize("name", COLUMNS)
def test_every_dtype_passes_through_json(name):
    frame = column(name).to_frame()
    encoder = TableEncoder().fit(frame)
    stored = json.dumps(encoder.to_json(), allow_nan=False)
    again = TableEncoder.from_json(json.loads(stored))
    np.testing.assert_array_equal(again.transform(frame), encoder.transform(frame))
    same_cells(decoded(again, frame)[name], frame[name])
    assert again.block_sizes_ == encoder.block_sizes_
    np.testing.assert_equal(again.level_values_, encoder.level_values_)


@pytest.mark.parametrize("name", MAY_MISS)
def test_all_missing_columns_have_one_code(name):
    series = column(name)
    frame = pd.DataFrame({name: series[series.isna()].reset_index(drop=True)})
    encoder = TableEncoder().fit(frame)
    assert encoder.block_sizes_ == [1]
    same_cells(decoded(encoder, frame)[name], frame[name])
    with pytest.raises(ValueError, match="did not occur|all missing|fitted as"):
        encoder.transform(column(name).to_frame())
