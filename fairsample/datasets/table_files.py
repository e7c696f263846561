"""The files in which the tables of a folder lie."""

from pathlib import Path

from fairsample.messages import quote

__all__ = ["find_tables"]

_ENDINGS = (".csv", ".csv.gz")


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
    ValueError
        If several files are the same table, such as a gzipped copy.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from fairsample.datasets.table_files import find_tables
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
    files = [path for path in present if path.is_file()]
    found = {}
    for name in (*names, *optional):
        endings = {name.lower() + ending for ending in _ENDINGS}
        of_table = [path for path in files if path.name.lower() in endings]
        if len(of_table) > 1:
            raise ValueError(
                f"The folder {str(folder)!r} holds the table {name} more than once: "
                f"{quote([path.name for path in of_table])}. Keep one of them."
            )
        if of_table:
            found[name] = of_table[0]
    missing = [f"{name}.csv[.gz]" for name in names if name not in found]
    if missing:
        names = [path.name + "/" * path.is_dir() for path in present]
        inside = quote(names, limit=40) or "nothing"
        raise FileNotFoundError(
            f"Not found in {str(folder)!r}: {', '.join(missing)}. The folder holds "
            f"{inside}. Give the folder in which all tables lie."
        )
    return found
