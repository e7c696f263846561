"""Long CSV files, read in chunks, with what could not be read counted."""

import csv
import gzip
from pathlib import Path
from typing import NamedTuple

from fairsample.datasets.table_cells import as_cells
from fairsample.messages import quote

__all__ = ["CsvTable", "TableChunk", "find_tables", "open_tables"]

_BLOCK_BYTES = 1 << 23
_NO_ROW = ("Empty CSV", "CSV parse error: Empty CSV", "Could not skip initial 1 rows")
_ENDINGS = (".csv", ".csv.gz")


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
    quote that is never closed spoils its own line only.

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
        If columns are not there, or the file is empty. The message names the table and
        lists the columns that were not found and those that are there.
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

    def __init__(self, path, kinds, *, optional=(), one_of=(), verbose=0):
        _require_pyarrow()
        self.path = Path(path)
        self.verbose = verbose
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
        self.n_read = self.n_malformed = 0

    def __iter__(self):
        """Yield the rows as `TableChunk`."""
        import pyarrow as pa
        from tqdm import tqdm

        self.n_read = self.n_malformed = 0
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
            zipped = self.path.suffix == ".gz"
            stream = pa.CompressedInputStream(file, "gzip") if zipped else file
            swallowed = []
            for batch in self._batches(stream, swallowed, skip_header=True):
                yield self._chunk(batch)
                progress.update(min(file.tell(), size) - progress.n)
            progress.update(size - progress.n)
            while swallowed:
                lines = pa.BufferReader(swallowed.pop().encode())
                for batch in self._batches(lines, swallowed, skip_header=False):
                    yield self._chunk(batch)

    def _batches(self, stream, swallowed, *, skip_header):
        """Yield record batches; append lines that an open quote hid to `swallowed`."""
        from pyarrow import ArrowInvalid, binary
        from pyarrow import csv as arrow_csv

        def leave_out(row):
            self.n_malformed += 1
            self.n_read += 1
            _, _, hidden = (row.text or "").partition("\n")
            if hidden.strip():
                swallowed.append(hidden)
            return "skip"

        wanted = list(self._actual.values())
        try:
            yield from arrow_csv.open_csv(
                stream,
                read_options=arrow_csv.ReadOptions(
                    block_size=_BLOCK_BYTES,
                    column_names=self._names,
                    skip_rows=int(skip_header),
                ),
                parse_options=arrow_csv.ParseOptions(invalid_row_handler=leave_out),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=wanted,
                    column_types=dict.fromkeys(wanted, binary()),
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            )
        except ArrowInvalid as error:
            if not str(error).startswith(_NO_ROW):
                raise ValueError(f"{self.path.name} cannot be read: {error}") from error

    def _chunk(self, batch):
        cells, unparseable = {}, {}
        for name, kind in self._kinds.items():
            column = batch.column(batch.schema.get_field_index(self._actual[name]))
            cells[name], bad = as_cells(column, kind)
            if bad is not None:
                unparseable[name] = bad
        self.n_read += batch.num_rows
        return TableChunk(batch.num_rows, cells, unparseable)


def find_tables(folder, names, *, optional=()):
    """Find the CSV files of tables in a folder, whatever the case of their names.

    Parameters
    ----------
    folder : path-like
        Where ``<name>.csv`` or ``<name>.csv.gz`` lie.
    names : sequence of str
        Tables that must be there.
    optional : sequence of str, default=()
        Tables that are taken if they are there.

    Returns
    -------
    paths : dict of str to Path
        The file of each table that is there.

    Raises
    ------
    FileNotFoundError
        If the folder or a table is not there. The message lists every file looked for
        and not found, and what is in the folder.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from fairsample.datasets.csv_table import find_tables
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "admissions.csv").write_text("")
    ...     find_tables(folder, ["ADMISSIONS"])["ADMISSIONS"].name
    'admissions.csv'
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"There is no folder {str(folder)!r}. Give the folder that holds the "
            f"tables {quote(names, limit=30)} as CSV files."
        )
    present = sorted(folder.iterdir())
    by_name = {path.name.lower(): path for path in present if path.is_file()}
    found = {
        name: by_name[name.lower() + ending]
        for name in (*names, *optional)
        for ending in reversed(_ENDINGS)
        if name.lower() + ending in by_name
    }
    missing = [f"{name}.csv[.gz]" for name in names if name not in found]
    if missing:
        names = [path.name + "/" * path.is_dir() for path in present]
        inside = quote(names, limit=40) or "nothing"
        raise FileNotFoundError(
            f"Not found in {str(folder)!r}: {', '.join(missing)}. The folder holds "
            f"{inside}. Give the folder in which all tables lie."
        )
    return found


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
        If columns are not there. One message lists them for all tables.

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
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as file:
        line = file.readline().decode("utf-8-sig", errors="replace")
    if not line.strip():
        raise ValueError(f"{path.name} is empty: it has no line with column names.")
    return [name.strip() for name in next(csv.reader([line]))]


def _require_pyarrow():
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "Reading health records needs pyarrow: pip install pyarrow"
        ) from error
