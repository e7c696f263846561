"""Static columns to events without a time and back."""

import numpy as np
import pandas as pd
import pytest

from fairsample.datasets.meds_statics import as_doubles, static_columns, static_events


def there_and_back(column):
    frame = pd.DataFrame({"x": column})
    statics, fault = static_columns(static_events(frame), len(frame))
    assert not any(fault)
    return with_nan(statics["x"])


def with_nan(column):
    return column.where(column.notna(), np.nan)


@pytest.mark.parametrize(
    "column",
    [
        ["White", "a//b", ""],
        ["White", None, "Asian"],
        [True, False, True],
        [1, 2, 3],
        [-1, 123_456_789_012, 2**53],
        [1.5, 7.2, 0.1],
        [1 / 3, 1e300, 5e-324],
        [1.0, np.nan, 3.0],
    ],
)
def test_columns_come_back(column):
    expected = with_nan(pd.Series(column, name="x"))
    pd.testing.assert_series_equal(there_and_back(column), expected)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Categorical(["u", "v", None]), ["u", "v", None]),
        (pd.array([1, 3], dtype="Int64"), [1, 3]),
        (pd.array([True, False], dtype="boolean"), [True, False]),
        (pd.to_datetime(["2020-01-02", "2021-01-01"]), ["2020-01-02", "2021-01-01"]),
    ],
)
def test_richer_types_come_back_plain(column, expected):
    expected = with_nan(pd.Series(expected, name="x"))
    pd.testing.assert_series_equal(there_and_back(column), expected)


def events(*rows):
    columns = ["patient", "code", "numeric_value", "text_value"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"numeric_value": np.float32})


def test_names_in_capitals_are_written_small():
    statics, _ = static_columns(
        events((0, "RACE//WHITE", np.nan, None), (0, "Eye//Blue", np.nan, None)), 1
    )
    assert statics.iloc[0].to_dict() == {"race": "WHITE", "Eye": "Blue"}


def test_numbers_keep_their_whole_code_as_a_name():
    statics, _ = static_columns(events((0, "HEIGHT//CM", 170.5, None)), 1)
    assert statics.iloc[0].to_dict() == {"height cm": 170.5}


def test_text_values_serve_where_a_code_has_none():
    statics, _ = static_columns(events((0, "LANGUAGE", np.nan, "English")), 1)
    assert statics.iloc[0].to_dict() == {"language": "English"}


def test_the_text_of_another_number_changes_nothing():
    statics, _ = static_columns(events((0, "weight", 7.5, "8")), 1)
    assert statics["weight"].tolist() == [7.5]


def test_the_last_event_counts_and_patients_without_one_have_none():
    statics, _ = static_columns(
        events((1, "RACE//A", np.nan, None), (1, "RACE//B", np.nan, None)), 3
    )
    assert statics["race"].fillna("-").tolist() == ["-", "B", "-"]


def test_events_without_a_value_are_told():
    statics, fault = static_columns(
        events(
            (0, "HELLO", np.nan, None), (0, "x//y", np.nan, None), (0, "x", 1.0, None)
        ),
        1,
    )
    assert [bool(reason) for reason in fault] == [True, False, True]
    assert statics.iloc[0].to_dict() == {"x": "y"}


def test_nothing_static():
    statics, fault = static_columns(events(), 2)
    assert statics.shape == (2, 0)
    assert len(fault) == 0
    assert len(static_events(pd.DataFrame(index=range(3)))) == 0


def test_names_with_the_separator_are_refused():
    with pytest.raises(ValueError, match=r"'a//b'.*Rename"):
        static_events(pd.DataFrame({"a//b": [1]}))


def test_single_precision_is_read_as_the_shortest_decimal():
    numbers = [7.2, 1e-30, 16_777_216.0, 0.1, np.nan]
    doubles = as_doubles(np.array(numbers, dtype=np.float32))
    np.testing.assert_array_equal(doubles, numbers)
