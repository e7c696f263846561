import gzip

import numpy as np
import pytest

from fairsample.datasets import csv_table
from fairsample.datasets.csv_table import CsvTable, open_tables

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


def test_open_tables_lists_the_faults_of_all(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("x\n")
    columns = {name: {"kinds": {f"{name}1": "text"}} for name in ("A", "B")}
    with pytest.raises(ValueError, match="'A1'.*'B1'"):
        open_tables(tmp_path, columns)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("block", [60, 1 << 23])
@pytest.mark.parametrize("at", [[0], [3], [199], [0, 100], [7, 8, 9]])
def test_an_open_quote_in_the_last_column_hides_no_row(
    table, monkeypatch, zipped, block, at
):
    monkeypatch.setattr(csv_table, "_BLOCK_BYTES", block)
    monkeypatch.setattr(csv_table, "_PIECE_BYTES", 40)
    lines = [f'{i},{i},1,,"n,{i}",ok\n' for i in range(200)]
    for row in at:
        lines[row] = f'{row},{row},1,,n,"abnormal\n'
    opened = table(*lines, header="ROW,Id,VALUE,Time,NAME,FLAG\n", zipped=zipped)
    for _ in range(2):
        assert joined(opened)["id"] == [i for i in range(200) if i not in at]
        assert (opened.n_read, opened.n_malformed) == (200, len(at))


def test_an_open_quote_in_a_file_of_many_blocks_hides_no_row(table, monkeypatch):
    monkeypatch.setattr(csv_table, "_BLOCK_BYTES", 4_000)
    lines = [f"{i},{i},1,,n,ok\n" for i in range(5_000)]
    lines[0] = '0,0,1,,n,"abnormal\n'
    opened = table(*lines, header="ROW,Id,VALUE,Time,NAME,FLAG\n")
    assert joined(opened)["id"] == list(range(1, 5_000))
    assert (opened.n_read, opened.n_malformed) == (5_000, 1)


def test_two_rows_never_become_one(table):
    for first, second in (
        ('1,1,"abc,5,a\n', '2,2,"x",6,b\n'),
        ('1,1,1,,"a\n', '2,2,2,,b"\n'),
        ('1,1,1,,"a\n', '2,2,2,,"b"\n'),
    ):
        opened = table(first, second, "3,3,3,,c\n")
        cells = joined(opened)
        assert cells["id"] == [2, 3]
        assert opened.n_malformed == 1


@pytest.mark.parametrize("block", [30, 45, 1 << 20])
def test_cells_with_line_ends_in_columns_that_are_not_read(table, monkeypatch, block):
    monkeypatch.setattr(csv_table, "_BLOCK_BYTES", block)
    monkeypatch.setattr(csv_table, "_PIECE_BYTES", 25)
    header = "ROW,TEXT,Id,VALUE,Time,NAME\n"
    text = '"A note, with\na ""quote"",\r\n\nand more"'
    lines = [f"{i},{text if i % 3 else 'short'},{i},1,,n\n" for i in range(20)]
    opened = table(*lines, header=header)
    assert joined(opened)["id"] == list(range(20))
    assert opened.n_malformed == 0


def test_a_quote_within_a_cell_is_a_character(table):
    opened = table('1,1,1,,5" tube\n', '2,2,2,,"a ""b"""\n', '3,3,3,,"c\n')
    assert joined(opened)["name"] == ['5" tube', 'a "b"']
    assert opened.n_malformed == 1


def test_malformed_lines_that_are_no_utf8(table):
    opened = table("1,caf\udce9\n", "2,2,2,,b\n")
    assert joined(opened)["name"] == ["b"]
    assert (opened.n_read, opened.n_malformed) == (2, 1)


def test_malformed_lines_tell_what_they_can(table):
    lines = ("1,7,1\n", "2,2,2,,b\n", "3\n", '4,8,1,,"d\n', "5, 9,1,,e,f,g\n")
    opened = table(*lines, keep_malformed=True)
    assert joined(opened)["name"] == ["b"]
    assert sorted(opened.malformed_cells("id")) == ["", "7", "8", "9"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"ROW,Id\r1,2\r3,4\r", "t.csv has no line with column names"),
        (b"", "t.csv is empty"),
        (gzip.compress(b"Id\n" * 50_000, mtime=0)[:-30], "t.csv.gz cannot be read"),
        (gzip.compress(b"Id\n", mtime=0)[:12], "t.csv.gz cannot be read"),
        (b"\x1f\x8bnothing", "t.csv.gz cannot be read"),
    ],
)
def test_files_that_are_no_csv_or_cut_short(tmp_path, content, message):
    path = tmp_path / ("t.csv.gz" if content[:1] == b"\x1f" else "t.csv")
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        list(CsvTable(path, {"id": "integer"}))
