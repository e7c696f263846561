import gzip

import numpy as np
import pytest

from fairsample.datasets import csv_table
from fairsample.datasets.csv_table import CsvTable, find_tables, open_tables

KINDS = {"id": "integer", "value": "number", "time": "time", "name": "text"}
HEADER = "ROW,Id,VALUE,Time,NAME\n"


@pytest.fixture
def table(tmp_path):
    """Write lines below a header, and open the file."""

    def write(*lines, header=HEADER, kinds=KINDS, zipped=False, **options):
        path = tmp_path / ("t.csv.gz" if zipped else "t.csv")
        content = header.encode() + "".join(lines).encode("utf-8", "surrogateescape")
        path.write_bytes(gzip.compress(content) if zipped else content)
        return CsvTable(path, kinds, **options)

    return write


def joined(table):
    chunks = list(table)
    return {
        name: [
            cell
            for chunk in chunks
            for cell in (
                chunk.cells[name].to_pylist()
                if kind == "text"
                else chunk.cells[name].tolist()
            )
        ]
        for name, kind in KINDS.items()
    }


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("block", [200, 1 << 20])
def test_chunks_hold_every_row_once_in_order(table, monkeypatch, zipped, block):
    monkeypatch.setattr(csv_table, "_BLOCK_BYTES", block)
    lines = [
        f"{i},{i % 7},{i / 4},2100-01-01 00:00:{i % 60:02d},n{i % 3}\n"
        for i in range(50)
    ]
    opened = table(*lines, zipped=zipped)
    for _ in range(2):
        cells = joined(opened)
        assert cells["id"] == [i % 7 for i in range(50)]
        assert cells["value"] == [i / 4 for i in range(50)]
        assert cells["name"] == [f"n{i % 3}" for i in range(50)]
        assert cells["time"][1].second == 1
        assert (opened.n_read, opened.n_malformed) == (50, 0)


def test_missing_and_unparseable_cells_differ(table):
    (chunk,) = table("1,,,,\n", "2,x,y,z,\n", "3,4,5,2100-01-01,n\n")
    assert chunk.cells["id"].tolist() == [-1, -1, 4]
    assert np.isnan(chunk.cells["value"]).tolist() == [True, True, False]
    assert np.isnat(chunk.cells["time"]).tolist() == [True, True, False]
    assert chunk.cells["name"].to_pylist() == [None, None, "n"]
    assert {n: w.tolist() for n, w in chunk.unparseable.items()} == dict.fromkeys(
        ["id", "value", "time"], [False, True, False]
    )


def test_malformed_lines_are_counted_and_the_others_read(table):
    opened = table("1,1,1,,a\n", "2,2\n", "\n", "3,3,3,,c,more\n", "4,4,4,,d\n")
    assert joined(opened)["name"] == ["a", "d"]
    assert (opened.n_read, opened.n_malformed) == (4, 2)


def test_an_open_quote_spoils_its_own_line_only(table):
    opened = table('1,1,1,,"a\n', "2,2,2,,b\n", '3,3,3,,"c\n', "4,4,4,,d\n")
    names = joined(opened)["name"]
    assert {"b", "d"} & set(names) or opened.n_malformed
    opened = table('1,1,"1,,a\n', "2,2,2,,b\n", "3,3,3,,c\n")
    assert joined(opened)["name"] == ["b", "c"]
    assert (opened.n_read, opened.n_malformed) == (3, 1)


def test_quoted_commas_byte_order_mark_and_line_ends(table):
    opened = table('1,1,1,,"a,b"\r\n', header="\ufeff" + HEADER.replace("\n", "\r\n"))
    assert joined(opened)["name"] == ["a,b"]


def test_text_that_is_no_utf8(table):
    (chunk,) = table("1,1,1,,caf\udce9\n", "2,2,2,,ok\n")
    assert chunk.cells["name"].to_pylist() == ["caf\ufffd", "ok"]


def test_a_file_with_a_header_only_has_no_row(table):
    for header in (HEADER, HEADER.strip()):
        opened = table(header=header)
        assert list(opened) == []
        assert opened.n_read == 0


def test_columns_that_are_not_there(table):
    with pytest.raises(
        ValueError, match="t.csv lacks the columns 'unit'; it has 'ROW'"
    ):
        table(kinds={"unit": "text"})
    assert table(
        kinds={"unit": "text", "id": "integer"}, optional=["unit"]
    ).columns == ["id"]
    either = {"kinds": {"unit": "text", "name": "text"}, "one_of": ("unit", "name")}
    assert table(**either).columns == ["name"]
    with pytest.raises(ValueError, match="'unit or uom'"):
        table(kinds={"unit": "text", "uom": "text"}, one_of=("unit", "uom"))
    with pytest.raises(ValueError, match="is empty"):
        table(header="")


def test_progress_is_shown_when_asked_for(table, capsys):
    list(table("1,1,1,,a\n", verbose=1))
    assert "t.csv" in capsys.readouterr().err
    list(table("1,1,1,,a\n"))
    assert capsys.readouterr().err == ""


def test_find_tables_of_either_case(tmp_path):
    (tmp_path / "labs.CSV.gz").write_text("")
    (tmp_path / "Patients.csv").write_text("")
    (tmp_path / "deep").mkdir()
    found = find_tables(tmp_path, ["LABS"], optional=["PATIENTS", "NOTES"])
    assert {name: path.name for name, path in found.items()} == {
        "LABS": "labs.CSV.gz",
        "PATIENTS": "Patients.csv",
    }
    with pytest.raises(FileNotFoundError, match=r"NOTES.csv\[.gz\], DRUGS") as error:
        find_tables(tmp_path, ["NOTES", "LABS", "DRUGS"])
    assert "'deep/', 'labs.CSV.gz'" in str(error.value)


def test_open_tables_lists_the_faults_of_all(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("x\n")
    columns = {name: {"kinds": {f"{name}1": "text"}} for name in ("A", "B")}
    with pytest.raises(ValueError, match="'A1'.*'B1'"):
        open_tables(tmp_path, columns)
