import numpy as np
import pyarrow as pa
import pytest

from fairsample.datasets.table_cells import as_cells


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "7", 7),
        ("integer", "145834.0", 145_834),
        ("integer", " 7 ", 7),
        ("number", "-1.5e3", -1500.0),
        ("number", " 2", 2.0),
        ("time", "2164-10-23 21:09:00", np.datetime64("2164-10-23T21:09:00")),
        ("time", "2164-10-23", np.datetime64("2164-10-23")),
        ("time", "1820-01-01 00:00:00", np.datetime64("1820-01-01")),
        ("time", "2010-05-01T10:00:00Z", np.datetime64("2010-05-01T10:00:00")),
        ("time", "2010-05-01T10:00:00+02:00", np.datetime64("2010-05-01T08:00:00")),
    ],
)
@pytest.mark.parametrize("among", [[], ["what", "1e"]])
def test_what_is_read(kind, text, value, among):
    cells, unparseable = as_cells(pa.array([text, *among]), kind)
    assert cells[0] == value
    assert (unparseable is None) == (not among)
    assert unparseable is None or unparseable.tolist() == [False, True, True]


@pytest.mark.parametrize("kind", ["integer", "number", "time"])
def test_missing_is_not_unparseable(kind):
    for missing in (None, "", "NA", "NaN", "null", " "):
        cells, unparseable = as_cells(pa.array([missing, "x"]), kind)
        assert unparseable.tolist() == [False, True]
        assert as_cells(pa.array([missing]), kind)[1] is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "1.5"),
        ("integer", str(2**63)),
        ("integer", "9" * 30),
        ("integer", "1" * 5_000),
        ("number", "inf"),
        ("number", "> 5"),
        ("time", "2100-02-30"),
    ],
)
def test_what_is_not_read(kind, text):
    assert as_cells(pa.array([text]), kind)[1].tolist() == [True]


@pytest.mark.parametrize("kind", ["integer", "number", "time"])
def test_one_bad_cell_among_many_changes_no_other(kind):
    texts = [str(2000 + i) for i in range(5_000)]
    if kind == "time":
        texts = [f"{2000 + i % 200}-01-01" for i in range(5_000)]
    good, _ = as_cells(pa.array(texts), kind)
    for row in (0, 1023, 1024, 4_999):
        spoilt = pa.array([*texts[:row], "?", *texts[row + 1 :]])
        cells, unparseable = as_cells(spoilt, kind)
        assert np.flatnonzero(unparseable).tolist() == [row]
        others = np.arange(5_000) != row
        assert (cells[others] == good[others]).all()
        assert cells.dtype == good.dtype


def test_long_integers_are_exact_next_to_a_bad_cell():
    numbers = [2**53 + 1, -(2**53) - 1, 2**63 - 1]
    cells, unparseable = as_cells(pa.array([*map(str, numbers), "x", "7.0"]), "integer")
    assert cells.tolist() == [*numbers, -1, 7]
    assert unparseable.tolist() == [False, False, False, True, False]
