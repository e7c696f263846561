import numpy as np
import pandas as pd
import pytest

from fairsample.validation import (
    DataWarning,
    check_frame,
    uninformative_columns,
    warn_of_cells,
    warn_of_columns,
)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1.0, np.inf]),
        pd.Series([1.0, -np.inf], dtype="float32"),
        pd.Series([1.0, np.inf], dtype="Float64"),
        pd.Series(["a", np.inf], dtype=object),
        pd.Series(pd.arrays.SparseArray([0.0, np.inf])),
    ],
)
def test_infinity_is_found_in_every_kind_of_column(column):
    with pytest.raises(ValueError, match="Column 'dose' contains infinity"):
        check_frame(pd.DataFrame({"age": [1, 2], "dose": column}))


def test_missing_values_and_visits_are_no_infinities():
    check_frame(
        pd.DataFrame(
            {
                "a": [1.0, np.nan],
                "b": pd.Series([1, pd.NA], dtype="Int64"),
                "c": [None, "x"],
                "d": [[["DX:1"]], [["DX:2"], ["DX:3"]]],
                "e": pd.to_datetime(["2020-01-01", None]),
                "f": pd.Categorical(["u", None]),
            }
        )
    )


def test_no_rows():
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        check_frame(pd.DataFrame({"a": []}))


@pytest.mark.parametrize("dtype", ["object", "str", "category"])
def test_identifiers_are_text_that_differs_in_every_row(dtype):
    X = pd.DataFrame({"id": pd.Series([f"p{i}" for i in range(60)], dtype=dtype)})
    assert uninformative_columns(X)["identifier"] == ["id"]
    assert uninformative_columns(X.iloc[:50])["identifier"] == ["id"]
    assert uninformative_columns(X.iloc[:49])["identifier"] == []
    assert uninformative_columns(X.iloc[[*range(60), 0]])["identifier"] == []


def test_numbers_and_dates_that_differ_are_no_identifiers():
    X = pd.DataFrame({"a": range(60), "b": np.linspace(0, 1, 60)})
    X["c"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(X["a"], unit="D")
    X["d"] = [[["DX:1"]]] * 60
    assert not any(uninformative_columns(X).values())


def test_one_value_and_missing_ones_are_not_constant():
    X = pd.DataFrame({"a": ["x", None, "x"], "b": ["x"] * 3, "c": [None] * 3})
    assert uninformative_columns(X) == {
        "missing": ["c"],
        "constant": ["b"],
        "identifier": [],
    }
    with pytest.warns(DataWarning) as caught:
        warn_of_columns(X)
    assert len(caught) == 2


def test_small_and_empty_cells_are_told_apart():
    cells = [("F", 0), ("F", 1), ("M", 0), ("M", 1)]
    counts = np.array([[10, 9], [0, 30]])
    with pytest.warns(DataWarning) as caught:
        warn_of_cells(counts, cells, min_size=10, fate="pooled")
    small, empty = (str(warning.message) for warning in caught)
    assert "fewer than 10 rows: ('F', 1). They are pooled" in small
    assert "without a row: ('M', 0)" in empty
