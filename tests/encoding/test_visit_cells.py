import io
import itertools

import numpy as np
import pandas as pd
import pytest

from fairsample.encoding.visit_cells import (
    check_visit_cells,
    flatten_visits,
    is_visit_column,
    nest_visits,
)

NESTED = [[["a", "b"], ["c"]], [[], ["a"]], [["d", "d", "a"]]]

SHAPES = {
    "tuples": lambda cell: tuple(tuple(visit) for visit in cell),
    "lists of tuples": lambda cell: [tuple(visit) for visit in cell],
    "lists of arrays": lambda cell: [np.array(visit, dtype=object) for visit in cell],
    "lists of string arrays": lambda cell: [np.array(visit, "U1") for visit in cell],
    "array of arrays": lambda cell: _array_of_arrays(cell),
}


def _array_of_arrays(cell):
    outer = np.empty(len(cell), dtype=object)
    for position, visit in enumerate(cell):
        outer[position] = np.array(visit, dtype=object)
    return outer


def _column(cells, index=None, name="visits"):
    column = pd.Series([None] * len(cells), index=index, name=name, dtype=object)
    column[:] = pd.Series(cells, index=column.index, dtype=object)
    return column


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_nested_sequence_is_read_as_plain_lists_of_str(shape):
    column = _column([shape(cell) for cell in NESTED])
    assert is_visit_column(column)
    cells = check_visit_cells(column)
    assert cells == NESTED
    codes = itertools.chain.from_iterable(itertools.chain.from_iterable(cells))
    assert {type(code) for code in codes} == {str}


def test_two_dimensional_array_is_a_cell():
    cells = check_visit_cells(_column([np.array([["a", "b"], ["c", "d"]])]))
    assert cells == [[["a", "b"], ["c", "d"]]]


def test_parquet_round_trip():
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"visits": _column(NESTED)})
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    buffer.seek(0)
    back = pd.read_parquet(buffer)["visits"]
    assert isinstance(back[0], np.ndarray)
    assert is_visit_column(back)
    assert check_visit_cells(back) == NESTED


def test_arrow_list_column():
    pa = pytest.importorskip("pyarrow")
    column = pd.Series(
        NESTED, dtype=pd.ArrowDtype(pa.list_(pa.list_(pa.string()))), name="visits"
    )
    assert is_visit_column(column)
    assert check_visit_cells(column) == NESTED


def test_flat_pointers_and_the_way_back():
    flat = flatten_visits(_column(NESTED))
    assert flat.codes.tolist() == ["a", "b", "c", "a", "d", "d", "a"]
    assert flat.visit_ptr.tolist() == [0, 2, 3, 3, 4, 7]
    assert flat.patient_ptr.tolist() == [0, 2, 4, 5]
    assert nest_visits(*flat) == NESTED


def test_column_without_rows():
    flat = flatten_visits(_column([]))
    assert flat.codes.size == 0
    assert flat.visit_ptr.tolist() == flat.patient_ptr.tolist() == [0]
    assert nest_visits(*flat) == []


def test_checked_cells_share_nothing_with_the_caller():
    column = _column([[["a"]]])
    check_visit_cells(column)[0][0].append("b")
    assert column[0] == [["a"]]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1.0, 2.0]),
        pd.Series(["a", "b"]),
        pd.Series(["a", None], dtype=object),
        pd.Series(["a", "b"], dtype="category"),
        pd.Series([], dtype=object),
        pd.Series([None, None], dtype=object),
        pd.Series(pd.to_datetime(["2020-01-01"])),
        pd.Series([True, None], dtype="boolean"),
    ],
)
def test_other_columns_are_no_visit_columns(column):
    assert not is_visit_column(column)


def test_one_list_makes_a_visit_column_so_that_bad_cells_are_refused():
    assert is_visit_column(_column([None, "a", [["b"]]]))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (None, "the visits are missing"),
        (np.nan, "the visits are missing"),
        (pd.NA, "the visits are missing"),
        ([], "the history is empty"),
        (np.array([], dtype=object), "the history is empty"),
        ("a", r"'a' \(str\) is no list of visits"),
        (3, r"3 \(int\) is no list of visits"),
        ({"a": 1}, r"\(dict\) is no list of visits"),
        (np.array("a"), r"\(ndarray\) is no list of visits"),
        (["a", "b"], r"visit 0 is 'a' \(str\), no list"),
        ([["a"], None], r"visit 1 is None \(NoneType\), no list"),
        ([{"a"}], r"visit 0 is {'a'} \(set\), no list"),
        (np.array(["a"]), r"visit 0 is np.str_\('a'\) \(str_\), no list"),
        ([["a"], ["b", 4]], r"visit 1 holds 4 \(int\), no code string"),
        ([["a", None]], r"visit 0 holds None \(NoneType\), no code string"),
        ([["a", ["b"]]], r"visit 0 holds \['b'\] \(list\), no code string"),
        ([["a", b"b"]], r"visit 0 holds b'b' \(bytes\), no code string"),
    ],
)
def test_bad_cell_is_refused_by_column_and_row(bad, message):
    column = _column([[["a"]], [[]], bad, [["a"]]], index=list("pqrs"), name="events")
    with pytest.raises(
        ValueError, match=rf"Column 'events', row 2 \(index 'r'\): .*{message}"
    ):
        flatten_visits(column)
    with pytest.raises(ValueError, match="Column 'events', row 2"):
        check_visit_cells(column)


def test_the_message_states_the_remedy():
    with pytest.raises(ValueError, match=r"row 0: .*each visit a list of code strings"):
        flatten_visits(_column([["a"]]))
    with pytest.raises(ValueError, match=r"row 0: .*give \[\[\]\]"):
        flatten_visits(_column([[]]))
