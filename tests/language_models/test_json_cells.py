"""Cells as JSON, there and back, for every kind of column."""

import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from fairsample.encoding import ColumnSchema
from fairsample.language_models.json_cells import JsonColumn, RejectedRow

DAYS = pd.date_range("2024-03-30", periods=3)
TIMES = pd.to_datetime(["2024-01-01 10:00:01", None, "2024-06-01 09:30:00"])
COLUMNS = {
    "int8": pd.Series([-3, 0, 5], dtype="int8"),
    "uint64": pd.Series([0, 2**64 - 1], dtype="uint64"),
    "Int64": pd.Series([1, None, 3], dtype="Int64"),
    "whole floats": pd.Series([1.0, None, 3.0]),
    "decimals": pd.Series([0.25, 1.5, 0.1]),
    "float32": pd.Series([0.1, 0.7], dtype="float32"),
    "bool": pd.Series([True, False]),
    "boolean": pd.Series([True, None, False], dtype="boolean"),
    "objects": pd.Series([True, None, False], dtype=object),
    "text": pd.Series(["b", "ä", 'c"', "</x>"]),
    "missing text": pd.Series(["b", None, "a"]),
    "numerals": pd.Series(["1", "0"]),
    "mixed": pd.Series([1, "1", True, 2.5, None], dtype=object),
    "category": pd.Categorical([3, 1, None], categories=[3, 2, 1], ordered=True),
    "odd cells": pd.Series([Decimal("1.5"), Decimal("2.5")], dtype=object),
    "days": pd.Series(DAYS),
    "local days": pd.Series(DAYS.tz_localize("Europe/Paris")),
    "times": pd.Series(TIMES),
    "zoned times": pd.Series(TIMES.tz_localize("America/New_York")),
    "seconds": pd.Series(TIMES.as_unit("s")),
    "spans": pd.Series(pd.to_timedelta([5, None, 86405], unit="s")),
    "arrow": pd.Series([1, None, 3], dtype="int64[pyarrow]"),
    "arrow text": pd.Series(["a", None, "b"], dtype="string[pyarrow]"),
    "sparse": pd.Series(pd.arrays.SparseArray([0, 0, 4])),
}


def json_column(series):
    series = pd.Series(series, name="cell")
    return JsonColumn(ColumnSchema.from_series(series), "cell"), series


@pytest.mark.parametrize("name", COLUMNS)
def test_round_trip(name):
    """Through JSON and back without a loss, and of the type that the schema says."""
    column, series = json_column(COLUMNS[name])
    written = json.loads(json.dumps(column.write(series), allow_nan=False))
    again = column.join([column.read(value) for value in written])
    again = pd.Series(again, name="cell", dtype=series.dtype)
    pd.testing.assert_series_equal(again, series)
    schema = column.value_schema()
    types = {"integer": int, "number": (int, float), "string": str, "boolean": bool}
    types |= {"null": type(None)}
    allowed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    for value in written:
        assert any(isinstance(value, types[kind]) for kind in allowed)
        assert "enum" not in schema or value in schema["enum"]
    assert ("null" in allowed) == series.isna().any()
    json.dumps(column.describe(), allow_nan=False)


@pytest.mark.parametrize("name", COLUMNS)
def test_no_rows(name):
    column, series = json_column(COLUMNS[name])
    assert column.write(series[:0]) == []
    assert pd.Series(column.join([]), dtype=series.dtype).dtype == series.dtype


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("value", [[], {}, [1], "no such value", 1e300, "", -7])
def test_what_is_no_cell_is_rejected(name, value):
    column, _ = json_column(COLUMNS[name])
    with pytest.raises(RejectedRow):
        column.read(value)


@pytest.mark.parametrize(
    "name, value, reason",
    [
        ("int8", None, "missing"),
        ("int8", 6, "range"),
        ("int8", 2.5, "another type"),
        ("int8", True, "another type"),
        ("int8", "3", "another type"),
        ("int8", 10**400, "range"),
        ("decimals", -(10**400), "range"),
        ("decimals", 1.51, "range"),
        ("bool", 1, "category"),
        ("bool", "True", "category"),
        ("numerals", 1, "category"),
        ("text", "B", "category"),
        ("category", 2, "category"),
        ("days", "2024-04-02", "range"),
        ("days", 20240401, "another type"),
        ("days", "NaT", "another type"),
        ("days", "9999999-01-01", "another type"),
        ("spans", "P2D", "range"),
    ],
)
def test_reasons(name, value, reason):
    column, _ = json_column(COLUMNS[name])
    with pytest.raises(RejectedRow, match=reason):
        column.read(value)


def test_what_may_be_meant_is_taken():
    assert json_column(COLUMNS["int8"])[0].read(3.0) == 3
    assert json_column(COLUMNS["decimals"])[0].read(0.254999) == 0.25
    mixed, _ = json_column(COLUMNS["mixed"])
    assert type(mixed.schema.categories[mixed.read(1.0)]) is int
    zoned, _ = json_column(COLUMNS["zoned times"])
    assert zoned.read("2024-03-01 12:00") == zoned.read("2024-03-01T17:00:00Z")


def test_categories_of_one_text_are_told_apart():
    column, series = json_column(
        pd.Series([Decimal("1.5"), "1.5"], dtype=object, name="cell")
    )
    assert len(set(column.write(series))) == 2


def test_values_of_free_floats_are_not_sent_to_the_last_digit():
    column, series = json_column(pd.Series([np.pi, 1000 * np.e]))
    assert column.write(series) == [3.14159, 2718.28]
    assert [column.read(value) for value in (3.14159, 2718.28)] == [np.pi, 2718.28]
    tiny, _ = json_column(pd.Series([1.23456789e-20, 3e-20]))
    assert tiny.read(2e-20) == 2e-20
