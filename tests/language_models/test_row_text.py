import json

import numpy as np
import pandas as pd
import pytest
from tiny_checkpoint import mixed_rows

from fairsample.encoding import ColumnSchema
from fairsample.language_models.cell_text import ColumnText
from fairsample.language_models.row_text import RowText


def text_of(values, max_levels=128, **kwargs):
    series = pd.Series(values, name="x", **kwargs)
    schema = ColumnSchema.from_series(series)
    return series, ColumnText.from_series(series, schema, max_levels)


@pytest.mark.parametrize("max_levels", [1, 1000])
def test_rows_come_back_as_they_were(max_levels):
    rows = mixed_rows()
    text = RowText.from_frame(rows, max_levels=max_levels)
    again = text.parse(text.lines(rows))
    pd.testing.assert_frame_equal(again, rows, rtol=0, atol=1e-6)
    exact = rows.columns.drop("risk") if max_levels == 1 else rows.columns
    pd.testing.assert_frame_equal(again[exact], rows[exact], check_exact=True)


def test_lines_are_json_objects_with_the_columns_in_order():
    rows = mixed_rows(20)
    for line, row in zip(
        RowText.from_frame(rows).lines(rows), rows.to_dict("records"), strict=True
    ):
        assert "\n" not in line
        read = json.loads(line)
        assert list(read) == list(rows.columns)
        assert read["age"] == row["age"]
        assert read["note"] == (row["note"] if isinstance(row["note"], str) else None)


def test_a_stored_text_writes_the_same():
    rows = mixed_rows(40)
    text = RowText.from_frame(rows, max_levels=5)
    again = RowText.from_json(json.loads(json.dumps(text.to_json())))
    assert again == text
    assert again.lines(rows) == text.lines(rows)


def test_other_values_than_the_ends_have_one_form():
    _, text = text_of([-1.5, 0.25, 12.0], max_levels=1)
    assert text.write(pd.Series([0.0, -0.0, 2.5, np.float64(-0.001)])).tolist() == [
        "0.00",
        "0.00",
        "2.50",
        "0.00",
    ]


@pytest.mark.parametrize(
    "values",
    [
        [1e300, -1e300, 3e299, 1.1e298],
        [1e-12, 3.3e-12, 2e-11, 1e-30],
        [np.pi, np.e, 1e6 + np.pi, 12.0],
        [0.1, 1.7976931348623157e308, -1.7976931348623157e308, 2.0],
        [5e-324, 1e-310, 2e-309, 0.0],
    ],
)
@pytest.mark.parametrize("max_levels", [1, 10])
def test_floats_of_any_size_stay_within_their_bounds(values, max_levels):
    series, text = text_of(values, max_levels)
    written = text.write(series)
    for random_state in (None, np.random.RandomState(0)):
        read = text.read(written, random_state)
        assert np.isfinite(read).all()
        assert read.between(min(values), max(values)).all()
        if max_levels == 10:
            assert (read == series).all()
    assert max(map(len, written)) < 30


def test_digits_that_were_not_written_are_drawn():
    values = np.random.default_rng(0).normal(size=500)
    series, text = text_of(values)
    read = text.read(text.write(series), np.random.RandomState(0))
    assert abs(read - series).max() < 0.005
    assert read.nunique() == 500
    assert text.is_coarse


@pytest.mark.parametrize("dtype", ["uint64", "int64", "UInt64"])
def test_great_integers_are_exact(dtype):
    top = np.iinfo(dtype.lower()).max
    series, text = text_of([top, top - 1, 0], dtype=dtype)
    read = text.read(text.write(series))
    assert read.dtype == series.dtype
    assert (read == series).all()


def test_categories_of_several_types_stay_apart():
    cells = [1, "1", True, 1.0, "True", "null", "nan", None, "\ud800", pd.Timestamp(0)]
    series, text = text_of(cells, dtype=object)
    written = text.write(series)
    assert len(set(written)) == len(cells)
    assert [type(c) for c in text.read(written)] == [type(c) for c in cells]
    for cell in written:
        json.loads(cell)


def test_years_that_iso_cannot_write_are_counted():
    years = np.array([-5, 3, 12000], dtype="M8[Y]").astype("M8[s]")
    series, text = text_of(years)
    assert (text.read(text.write(series)) == series).all()


def test_zoned_days_stay_days():
    days = pd.date_range("2024-03-29", periods=4, tz="Europe/Paris")
    series, text = text_of(days)
    assert text.write(series)[0] == '"2024-03-29"'
    assert (text.read(text.write(series)) == series).all()


def test_names_may_be_anything():
    frame = pd.DataFrame([[1, "a", 0.5]], columns=[1, 'say "1"', ("a", 2)])
    text = RowText.from_frame(frame)
    pd.testing.assert_frame_equal(text.parse(text.lines(frame)), frame)


def test_columns_without_a_value():
    frame = pd.DataFrame(
        {"a": [None, None], "b": [np.nan] * 2, "c": pd.to_datetime([None] * 2)}
    )
    text = RowText.from_frame(frame)
    assert text.lines(frame)[0] == '{"a": null, "b": null, "c": null}'
    pd.testing.assert_frame_equal(text.parse(text.lines(frame)), frame)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"age": 31, "sex": "F"', "has no }"),
        ('{"age": 31}', 'has no "sex"|has no ,'),
        ('{"sex": "F", "age": 31}', 'no {"age"'),
        ('{"age": 310, "sex": "F"}', "holds no 310"),
        ('{"age": 31, "sex": "X"}', 'holds no "X"'),
        ('{"age": null, "sex": "F"}', "holds no missing values"),
        ('{"age": "old", "sex": "F"}', "holds numeric values|holds no"),
        ('{"age": 31, "sex": "F"} DROP TABLE', "goes on after"),
        ('{"age": nonsense', "is no row"),
    ],
)
@pytest.mark.parametrize("max_levels", [1, 128])
def test_lines_that_are_no_rows(line, message, max_levels):
    frame = pd.DataFrame({"age": [20, 31, 52], "sex": ["F", None, "M"]})
    text = RowText.from_frame(frame, max_levels=max_levels)
    with pytest.raises(ValueError, match=message):
        text.parse([line])


def test_what_cannot_be_written():
    frame = pd.DataFrame({"age": [20, 31], "sex": ["F", "M"]})
    text = RowText.from_frame(frame)
    with pytest.raises(ValueError, match="not the first ones"):
        text.write(frame[["sex"]])
    with pytest.raises(ValueError, match="'X', a category that did not occur"):
        text.write(frame.assign(sex=["F", "X"]))
    with pytest.raises(ValueError, match="'age' has missing values"):
        text.write(frame.assign(age=[20, None]))
