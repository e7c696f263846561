"""Where a command writes, and what."""

import os
from pathlib import Path

from fairsample.commands.input_records import kind_of_table
from fairsample.messages import quote

__all__ = ["check_destination", "check_table", "write_table"]


def check_destination(path, option, endings=None, sources=()):
    """Refuse, before any work, a file that cannot be written.

    Parameters
    ----------
    path : path or None
        The file; None is none.
    option : str
        What names it on the command line.
    endings : tuple of str, default=None
        What its name may end in.
    sources : sequence of path or None, default=()
        The files and folders that are read, and must stay.

    Raises
    ------
    ValueError
        If it is a folder, an input or in one, or of another kind.
    FileNotFoundError
        If its folder is not there.
    PermissionError
        If nothing can be written there.
    """
    if path is None:
        return
    path = Path(path)
    if endings is not None and not path.name.lower().endswith(endings):
        raise ValueError(f"{option} {str(path)!r} must end in {' or '.join(endings)}.")
    if path.is_dir():
        raise ValueError(f"{option} {str(path)!r} is a folder; name a file in it.")
    if not path.absolute().parent.is_dir():
        raise FileNotFoundError(
            f"{option} {str(path)!r}: there is no folder {str(path.parent)!r}; make it "
            "first."
        )
    if not os.access(path.absolute().parent, os.W_OK):
        raise PermissionError(
            f"{option} {str(path)!r}: nothing can be written to that folder."
        )
    for source in filter(None, sources):
        read = Path(source).resolve()
        if path.resolve() == read or (path.exists() and read in path.resolve().parents):
            raise ValueError(
                f"{option} {str(path)!r} is read as well, and would be lost. Name "
                "another file."
            )


def check_table(path, frame):
    """Refuse, before any work, what the kind of file cannot hold."""
    from fairsample.encoding.visit_cells import is_visit_column

    if kind_of_table(path) == ".parquet":
        import pyarrow

        try:
            pyarrow.Table.from_pandas(frame, preserve_index=False)
        except (pyarrow.ArrowException, OverflowError) as error:
            raise ValueError(
                f"Parquet cannot hold these columns: {error}. Read the column as text "
                "by --as-text, or write a .csv."
            ) from error
        return
    visits = [name for name in frame if is_visit_column(frame[name])]
    if visits:
        raise ValueError(
            f"Column {quote(visits)} holds visits, which only Parquet keeps: let the "
            "name of the table that is written end in .parquet."
        )


def write_table(frame, path):
    r"""Write a table as its file name says.

    Parameters
    ----------
    frame : DataFrame
        What to write, without its index.
    path : path
        A CSV, TSV or Parquet file.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_table(pd.DataFrame({"a": [1]}), f"{folder}/a.tsv.gz")
    ...     pd.read_csv(f"{folder}/a.tsv.gz", sep="\t")["a"].tolist()
    [1]
    """
    kind = kind_of_table(path)
    if kind == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        separator = "\t" if kind.startswith(".tsv") else ","
        frame.to_csv(path, sep=separator, index=False)
