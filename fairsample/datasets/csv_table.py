"""Long CSV files, read in chunks, with what could not be read counted."""

import csv
import gzip
import zlib
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from fairsample.datasets.csv_lines import ends_open, line_blocks, rows_by_line
from fairsample.datasets.table_cells import as_cells
from fairsample.datasets.table_files import find_tables
from fairsample.messages import quote

__all__ = ["CsvTable", "TableChunk", "open_tables"]

_BLOCK_BYTES, _PIECE_BYTES = 1 << 23, 1 << 17


class TableChunk(NamedTuple):
    """Some consecutive rows of a file.

    Attributes
    ----------
    n_rows : int
        How many rows.
    cells : dict of str to array of shape (n_rows,)
        The columns asked for, by the name that was asked for. ``"integer"``: int64,
        -1 where missing. ``"number"``: float64, NaN where missing. ``"time"``:
        ``datetime64[us]``, NaT where missing. ``"text"``: a pyarrow
        ``DictionaryArray`` of text. An optional column that the file does not have is
        not there.
    unparseable : dict of str to ndarray of bool of shape (n_rows,)
        For the columns in which a cell says something that could not be read: where.
    """

    n_rows: int
    cells: dict
    unparseable: dict


class CsvTable:
    r"""A CSV file, plain or gzipped, of which some columns are read chunk by chunk.

    Column names are compared without regard to case, and columns that nobody asked for
    are never parsed. A line with too many or too few fields is left out and counted. A
    quote that is never closed spoils its own line only. Cells with line ends are
    welcome in the columns that nobody asked for; elsewhere they make malformed lines.

    Iterate to get the chunks. Cells are parsed by a cast of the whole column; only a
    chunk in which that fails is parsed cell by cell, and then bad cells are missing.

    Parameters
    ----------
    path : path-like
        The file; gzipped if its name ends in ``.gz``.
    kinds : dict of str to {"text", "integer", "number", "time"}
        The columns to read, and what they hold.
    optional : sequence of str, default=()
        Columns that need not be there.
    one_of : sequence of str, default=()
        Columns of which one must be there.
    keep_malformed : bool, default=False
        Keep the malformed lines for `malformed_cells`.
    verbose : int, default=0
        Show the progress by bytes.

    Attributes
    ----------
    columns : list of str
        Those columns of `kinds` that the file has.
    n_read : int
        Rows so far, malformed lines among them.
    n_malformed : int
        Malformed lines so far.

    Raises
    ------
    ValueError
        If columns are not there, or the file is empty, no CSV file or cut short. The
        message names the file and lists the columns that were not found and those that
        are there.
    ImportError
        If pyarrow is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from fairsample.datasets.csv_table import CsvTable
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "LABS.csv"
    ...     _ = path.write_text("SUBJECT_ID,VALUENUM\n7,1.5\n7,high\n8\n")
    ...     labs = CsvTable(path, {"subject_id": "integer", "valuenum": "number"})
    ...     (chunk,) = labs
    >>> chunk.cells["valuenum"]
    array([1.5, nan])
    >>> chunk.unparseable["valuenum"], labs.n_malformed
    (array([False,  True]), 1)
    """

    def __init__(
        self,
        path,
        kinds,
        *,
        optional=(),
        one_of=(),
        keep_malformed=False,
        verbose=0,
    ):
        _require_pyarrow()
        self.path = Path(path)
        self.verbose = verbose
        self.keep_malformed = keep_malformed
        names = _header(self.path)
        by_lower_case = {name.lower(): name for name in reversed(names)}
        missing = [
            name
            for name in kinds
            if name.lower() not in by_lower_case and name not in {*optional, *one_of}
        ]
        if one_of and not any(name.lower() in by_lower_case for name in one_of):
            missing.append(" or ".join(one_of))
        if missing:
            raise ValueError(
                f"{self.path.name} lacks the columns {quote(missing)}; it has "
                f"{quote(names, limit=30)}."
            )
        self._names = names
        self._kinds = {
            name: kind for name, kind in kinds.items() if name.lower() in by_lower_case
        }
        self._actual = {name: by_lower_case[name.lower()] for name in self._kinds}
        self.columns = list(self._kinds)
        self._places = [names.index(name) for name in self._actual.values()]
        self._forget_rows()

    def __iter__(self):
        """Yield the rows as `TableChunk`."""
        import pyarrow as pa
        from tqdm import tqdm

        self._forget_rows()
        size = self.path.stat().st_size
        with (
            pa.OSFile(str(self.path)) as file,
            tqdm(
                total=size,
                unit="B",
                unit_scale=True,
                desc=self.path.name,
                disable=not self.verbose,
            ) as progress,
        ):
            zipped = self.path.suffix.lower() == ".gz"
            stream = pa.CompressedInputStream(file, "gzip") if zipped else file
            for batch in self._batches(stream):
                yield self._chunk(batch)
                progress.update(min(file.tell(), size) - progress.n)
            progress.update(size - progress.n)

    def malformed_cells(self, name):
        """Tell what the malformed lines so far say in a column.

        Parameters
        ----------
        name : str
            One of `columns`.

        Returns
        -------
        list of str
            A cell for each line that was kept, empty where the line is too short.
        """
        place = self._places[self.columns.index(name)]
        cells = [next(csv.reader([line]), []) for line in self._malformed]
        return [row[place].strip() if place < len(row) else "" for row in cells]

    def _forget_rows(self):
        self.n_read = self.n_malformed = 0
        self._malformed = []

    def _batches(self, stream):
        """Yield record batches without the malformed lines, which are counted."""
        from pyarrow import ArrowInvalid

        rest, is_header = b"", True
        try:
            for block in line_blocks(stream, _BLOCK_BYTES):
                rows = block.partition(b"\n")[2] if is_header else block
                batches, rest = self._parsed(rest + rows, is_last=False)
                is_header = False
                yield from batches
            yield from self._parsed(rest, is_last=True)[0]
        except (ArrowInvalid, OSError) as error:
            raise ValueError(
                f"{self.path.name} cannot be read: {error}. Fetch the file again."
            ) from error

    def _parsed(self, block, *, is_last):
        """Return the record batches of some lines, and the lines left for later."""
        import pyarrow as pa

        batches = self._as_they_are(block)
        if batches is not None:
            return batches, b""
        batches, rest = [], b""
        for piece in line_blocks(BytesIO(block), _PIECE_BYTES):
            found, rest = self._mended(rest + piece, is_last=False)
            batches += found
        if is_last:
            batches += self._mended(rest, is_last=True)[0]
            rest = b""
        if batches:
            batches = pa.Table.from_batches(batches).combine_chunks().to_batches()
        return batches, rest

    def _mended(self, block, *, is_last):
        """Return the same of lines among which are malformed ones or long rows."""
        batches = self._as_they_are(block)
        if batches is not None:
            return batches, b""
        rows, malformed, rest = rows_by_line(
            block, len(self._names), self._places, is_last=is_last
        )
        self.n_malformed += len(malformed)
        self.n_read += len(malformed)
        if self.keep_malformed:
            self._malformed += malformed
        return self._arrow_batches(b"\n".join(rows)), rest

    def _as_they_are(self, block):
        """Return the record batches of lines, None if they are not one row each."""
        from pyarrow import ArrowInvalid

        try:
            batches = self._arrow_batches(block)
        except ArrowInvalid:
            return None
        if b'"' in block:
            n_lines = block.count(b"\n") + (not block.endswith(b"\n"))
            last_line = block[block.rfind(b"\n", 0, len(block) - 1) + 1 :]
            n_rows = sum(batch.num_rows for batch in batches)
            if n_rows != n_lines or ends_open(last_line):
                return None
        return batches

    def _arrow_batches(self, block):
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        if not block.strip():
            return []
        wanted = list(self._actual.values())
        table = arrow_csv.read_csv(
            pa.BufferReader(block),
            read_options=arrow_csv.ReadOptions(
                block_size=len(block) + 1, column_names=self._names
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, pa.binary()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        return table.combine_chunks().to_batches()

    def _chunk(self, batch):
        cells, unparseable = {}, {}
        for name, kind in self._kinds.items():
            column = batch.column(batch.schema.get_field_index(self._actual[name]))
            cells[name], bad = as_cells(column, kind)
            if bad is not None:
                unparseable[name] = bad
        self.n_read += batch.num_rows
        return TableChunk(batch.num_rows, cells, unparseable)


def open_tables(folder, columns, *, verbose=0):
    r"""Find tables in a folder and look whether they have the columns that are needed.

    Parameters
    ----------
    folder : path-like
        Where the tables lie.
    columns : dict of str to dict
        For each table what `CsvTable` takes: ``kinds``, ``optional``, ``one_of``.
    verbose : int, default=0
        Show the progress of reading.

    Returns
    -------
    tables : dict of str to CsvTable

    Raises
    ------
    FileNotFoundError
        As `find_tables`.
    ValueError
        As `find_tables`; or if columns are not there. One message lists them for all
        tables.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from fairsample.datasets.csv_table import open_tables
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "labs.csv").write_text("ID,Value,Unit\n")
    ...     tables = open_tables(folder, {"LABS": {"kinds": {"value": "number"}}})
    >>> tables["LABS"].columns
    ['value']
    """
    paths = find_tables(folder, list(columns))
    tables, faults = {}, []
    for name, of_table in columns.items():
        try:
            tables[name] = CsvTable(paths[name], **of_table, verbose=verbose)
        except ValueError as error:
            faults.append(str(error))
    if faults:
        raise ValueError(f"{' '.join(faults)} Give the files in their published form.")
    return tables


def _header(path):
    """Return the column names in the first line of a file."""
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opened(path, "rb") as file:
            line = file.readline().decode("utf-8-sig", errors="replace")
        if not line.strip():
            raise ValueError(f"{path.name} is empty: it has no line with column names.")
        return [name.strip() for name in next(csv.reader([line]))]
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(
            f"{path.name} cannot be read: {error}. Fetch the file again."
        ) from error
    except csv.Error as error:
        raise ValueError(
            f"{path.name} has no line with column names: {error}. Give a CSV file "
            "whose lines end with a line feed."
        ) from error


def _require_pyarrow():
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "Reading health records needs pyarrow: pip install pyarrow"
        ) from error
