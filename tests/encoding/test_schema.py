import datetime
import json

import numpy as np
import pandas as pd
import pytest

from fairsample.encoding import ColumnSchema, TableSchema


def through_json(schema):
    return type(schema).from_json(json.loads(json.dumps(schema.to_json())))


def schema_of(values, **options):
    return ColumnSchema.from_series(pd.Series(values, name="x", **options))


@pytest.mark.parametrize(
    ("series", "kind"),
    [
        (pd.Series([1, 2], dtype="uint8"), "numeric"),
        (pd.Series([1, None], dtype="Int64"), "numeric"),
        (pd.Series([1.5, None], dtype="float32"), "numeric"),
        (pd.Series([0, 1], dtype="Sparse[int]"), "numeric"),
        (pd.Series([None, None], dtype="float64"), "numeric"),
        (pd.Series([True, False]), "boolean"),
        (pd.Series([True, None], dtype="boolean"), "boolean"),
        (pd.Series([True, None], dtype=object), "boolean"),
        (pd.Series(["a", None]), "categorical"),
        (pd.Series([None, None], dtype=object), "categorical"),
        (pd.Series([1, "a"], dtype=object), "categorical"),
        (pd.Series([1, 2], dtype="category"), "categorical"),
        (pd.Series([datetime.date(2024, 1, 1)]), "categorical"),
        (pd.Series(pd.period_range("2024", periods=2, freq="M")), "categorical"),
        (pd.Series(pd.interval_range(0, 2)), "categorical"),
        (pd.Series(pd.to_datetime(["2024-01-01"])), "datetime"),
        (pd.Series(pd.date_range("2024", periods=2, tz="Asia/Tokyo")), "datetime"),
        (pd.Series(pd.to_timedelta([1, 2], unit="h")), "timedelta"),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, pd.Series) else value,
)
def test_kind(series, kind):
    schema = ColumnSchema.from_series(series)
    assert schema.kind == kind
    assert schema.dtype == series.dtype
    assert schema.has_missing == series.isna().any()
    assert through_json(schema) == schema


@pytest.mark.parametrize("marker", [None, np.nan, pd.NA, pd.NaT], ids=repr)
def test_missing_marker_of_an_object_column_is_the_most_frequent(marker):
    other = None if marker is not None else np.nan
    cells = pd.Series(["a", marker, marker, other], dtype=object)
    schema = ColumnSchema.from_series(cells)
    assert schema.missing_marker is marker
    assert through_json(schema).missing_marker is marker


def test_categories_are_those_that_occur_in_the_order_of_their_dtype():
    dtype = pd.CategoricalDtype(["low", "mid", "high"], ordered=True)
    schema = schema_of(["high", "low", None], dtype=dtype)
    assert schema.categories == ("low", "high")
    assert schema.ordered
    assert through_json(schema).dtype.categories.tolist() == ["low", "mid", "high"]


def test_categories_of_other_columns_are_sorted():
    assert schema_of(["b", "a", "c", "a"]).categories == ("a", "b", "c")
    assert schema_of([2, "b", 1, "a"], dtype=object).categories == (1, 2, "a", "b")
    assert schema_of([True, False]).categories == (False, True)


def test_range_and_decimals():
    schema = schema_of([0.25, 3, None])
    assert (schema.minimum, schema.maximum, schema.decimals) == (0.25, 3.0, 2)
    assert schema_of([1, 2]).decimals == 0
    assert schema_of([1 / 3]).decimals is None
    days = schema_of(pd.to_datetime(["2024-03-01", "2024-02-01", None]))
    assert days.minimum == pd.Timestamp("2024-02-01")
    assert through_json(days) == days


@pytest.mark.parametrize(
    ("values", "constant", "all_missing"),
    [
        ([1, 1], True, False),
        (["a", "a"], True, False),
        ([1.0, None], False, False),
        (["a", None], False, False),
        ([None, None], True, True),
        ([np.nan, np.nan], True, True),
        ([pd.NaT, pd.NaT], True, True),
        ([1, 2], False, False),
        ([False, True], False, False),
    ],
)
def test_constant_and_all_missing(values, constant, all_missing):
    schema = schema_of(values)
    assert schema.is_constant is constant
    assert schema.is_all_missing is all_missing


def test_identifier():
    names = [f"patient {i}" for i in range(51)]
    assert schema_of([*names, None]).is_identifier
    assert not schema_of([*names, names[0]]).is_identifier
    assert not schema_of(names[:50]).is_identifier
    ordered = pd.CategoricalDtype(names, ordered=True)
    assert not schema_of(names, dtype=ordered).is_identifier


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([["DX:1"], ["DX:2"]], "'x' holds nested cells .list."),
        (["a", ("b",)], "'x' holds nested cells .tuple."),
        ([{"a": 1}, None], "'x' holds nested cells .dict."),
        ([np.arange(2), np.arange(2)], "'x' holds nested cells .ndarray."),
        (["a", object()], "'x' holds <object object.*Convert the column"),
        ([1.0, np.inf], "'x' holds infinite values.*cap"),
        (pd.array([1.0, -np.inf], dtype="Float64"), "'x' holds infinite values"),
        ([1j, 2j], "'x' holds complex numbers"),
    ],
)
def test_cells_that_are_no_values_of_a_table_are_refused(cells, message):
    with pytest.raises(ValueError, match=message):
        schema_of(cells)


def test_nested_arrow_cells_are_refused():
    pyarrow = pytest.importorskip("pyarrow")
    dtype = pd.ArrowDtype(pyarrow.list_(pyarrow.string()))
    with pytest.raises(ValueError, match="nested"):
        schema_of([["a"], ["b"]], dtype=dtype)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "'a' occurs more than once"),
        (pd.DataFrame({"a": []}), r"\(0, 1\) has nothing"),
        (pd.DataFrame(index=[0]), r"\(1, 0\) has nothing"),
        (np.ones((2, 2)), "not a ndarray"),
    ],
)
def test_frames_that_cannot_be_read_are_refused(frame, message):
    with pytest.raises(ValueError, match=message):
        TableSchema.from_frame(frame)


@pytest.mark.parametrize(
    "names",
    [
        pd.Index(["a", "b"]),
        pd.Index(["a", "b"], dtype=object, name="what"),
        pd.RangeIndex(2),
        pd.Index(["a", 1], dtype=object),
        pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["u", None]),
        pd.date_range("2024", periods=2),
    ],
    ids=lambda names: f"{type(names).__name__}-{names.dtype}",
)
def test_column_names_come_back(names):
    schema = TableSchema.from_frame(pd.DataFrame([[1, "x"]], columns=names))
    again = through_json(schema)
    assert again == schema
    assert again.names.equals(names)
    assert (again.names.dtype, again.names.names) == (names.dtype, names.names)


def test_local_days_follow_the_clock_over_the_change_to_summer_time():
    days = pd.Series(pd.date_range("2023-01-01", periods=800, tz="Europe/Paris"))
    schema = ColumnSchema.from_series(days)
    assert schema.wall_clock
    assert through_json(schema) == schema
    values, missing = schema.split(days)
    assert set(np.diff(values) / values[1:].dtype.type(np.diff(values)[0])) == {1.0}
    pd.testing.assert_series_equal(pd.Series(schema.join(values, missing)), days)
    assert not ColumnSchema.from_series(days + pd.Timedelta("1h")).wall_clock
