"""A table that is read piece by piece."""

import os
import sys
from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from fairsample.messages import quote
from fairsample.on_disk.arrow_source import ArrowSource
from fairsample.on_disk.dask_source import DaskSource
from fairsample.on_disk.pieces import join_pieces

__all__ = ["TableOnDisk", "is_on_disk"]

_ROWS_A_PIECE = 2**17
_MOST_BUFFER_ROWS = 2**24  # torch.multinomial draws from no more


class TableOnDisk:
    """A table that may be larger than memory, and how much of it is held at a time.

    `FairSynthResampler.fit` learns from it in two passes: one finds out what the
    columns hold, one writes the rows as small integers, a byte or two a cell, to a
    scratch file without a name, from which training reads blocks in random order
    through a shuffle buffer. If the buffer holds all rows, their order is that of a
    DataFrame with these rows, and so is the net. If not, rows are shuffled within
    about 64 blocks that are drawn at random: do not leave the files sorted by class or
    group then.

    Parameters
    ----------
    source : str, path, pyarrow.dataset.Dataset or dask.dataframe.DataFrame
        A Parquet file, a folder of them, whatever Arrow reads as a dataset, or a Dask
        DataFrame, of which one partition is held at a time. Cells are plain: numbers,
        texts, booleans, categories, dates, missing or not.
    buffer_rows : int, default=1_000_000
        Rows that are shuffled at a time, up to 16,777,216. Distinct values of a
        numeric column are kept up to as many, or 500,000; beyond, bins come from
        quantiles that are exact to a four-thousandth of the rows.
    n_workers : int, default=0
        Processes that read and shuffle ahead of training. Each holds a buffer of its
        own. They change no result and need an operating system that can fork.
    columns : list of str, default=None
        The features; None takes all columns but the target.
    scratch_folder : str or path, default=None
        Where the scratch file goes; None asks `tempfile`. A folder that lies in memory
        itself, as ``/tmp`` may, is no place for a large table.

    Attributes
    ----------
    names : pandas.Index
        All columns of the source.

    Raises
    ------
    FileNotFoundError
        If there is no Parquet file, or no such scratch folder.
    ValueError
        If files differ in columns or types, a column is nested or unknown, or a number
        is out of range. The message names the file and the column.

    See Also
    --------
    fairsample.FairSynthResampler.sample_to_parquet : Rows in files again.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from fairsample.datasets import TableOnDisk
    >>> frame = pd.DataFrame({"sex": ["F", "M"] * 50, "age": range(100)})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     frame.to_parquet(Path(folder) / "part-0.parquet")
    ...     table = TableOnDisk(folder, buffer_rows=60)
    ...     drawn = table.draw(10, random_state=0)
    >>> list(table.names), drawn.shape
    (['sex', 'age'], (10, 2))
    """

    def __init__(
        self,
        source,
        *,
        buffer_rows=1_000_000,
        n_workers=0,
        columns=None,
        scratch_folder=None,
    ):
        _check_count("buffer_rows", buffer_rows, 1, _MOST_BUFFER_ROWS)
        _check_count("n_workers", n_workers, 0, 1000)
        if scratch_folder is not None and not os.path.isdir(scratch_folder):
            raise FileNotFoundError(f"scratch_folder={str(scratch_folder)!r} is none.")
        self.source, self.columns = source, columns
        self.buffer_rows, self.n_workers = int(buffer_rows), int(n_workers)
        self.scratch_folder = scratch_folder
        self._reader = _reader_of(source)
        self.names = self._reader.names
        self.check_names(columns or ())
        if columns is not None and len(set(columns)) < len(columns):
            raise ValueError(f"columns=[{quote(columns)}] names a column twice.")

    @classmethod
    def of(cls, X):
        """Return a table as it is, and a source as a table: TableOnDisk."""
        return X if isinstance(X, cls) else cls(X)

    def check_names(self, names):
        """Refuse names that are no columns of the source: list of str."""
        unknown = [name for name in names if name not in self.names]
        if unknown:
            raise ValueError(
                f"The table has no columns {quote(unknown)}; it has "
                f"{quote(self.names, limit=50)}."
            )

    def features(self, target):
        """Give the names of the features: pandas.Index."""
        if self.columns is None:
            return self.names[self.names != target]
        return self.names[self.names.get_indexer(self.columns)]

    @property
    def most_distinct(self):
        """Most distinct cells of a column that are kept."""
        return max(500_000, self.buffer_rows)

    def n_rows(self):
        """Count the rows."""
        return self._reader.n_rows()

    def pieces(self, names):
        """Read some columns of all rows, a DataFrame at a time, in their order."""
        most_rows = min(self.buffer_rows, _ROWS_A_PIECE)
        for piece in self._reader.pieces(names, most_rows):
            yield piece[list(names)]

    def dtypes(self, names, with_missing):
        """Tell the dtypes that whole columns have in a DataFrame: dict.

        Those of categories hold the categories of one piece, if any. `with_missing` is
        the set of columns that have missing values.
        """
        return self._reader.dtypes(names, with_missing)

    def draw(self, n_rows, *, random_state=None):
        """Draw rows at random, for whatever takes tables in memory only.

        Parameters
        ----------
        n_rows : int
            How many, without repetition; all, if there are fewer.
        random_state : int, RandomState instance or None, default=None
            What draws.

        Returns
        -------
        frame : DataFrame of shape (n_rows, n_columns)
            The features and whatever else is there, in the order of the table.
        """
        _check_count("n_rows", n_rows, 1, sys.maxsize)
        n_all = self.n_rows()
        seed = check_random_state(random_state).randint(2**31 - 1)
        drawn = np.random.default_rng(seed).choice(
            n_all, min(n_rows, n_all), replace=False, shuffle=False
        )
        drawn.sort()
        taken, before = [], 0
        for piece in self.pieces(self.names):
            here = slice(*np.searchsorted(drawn, [before, before + len(piece)]))
            taken.append(piece.iloc[drawn[here] - before])
            before += len(piece)
        return join_pieces(taken)


def is_on_disk(X):
    """Tell whether X is a table on disk, or what `TableOnDisk` takes as its source.

    Parameters
    ----------
    X : object
        Anything.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_on_disk("patients.parquet"), is_on_disk([[1, 2]])
    (True, False)
    """
    if isinstance(X, str | os.PathLike | TableOnDisk):
        return True
    return _is_dataset(X) or _is_dask(X)


def _is_dataset(X):
    arrow = sys.modules.get("pyarrow.dataset")
    return arrow is not None and isinstance(X, arrow.Dataset)


def _is_dask(X):
    dask = sys.modules.get("dask.dataframe")
    return dask is not None and isinstance(X, dask.DataFrame)


def _reader_of(source):
    if _is_dask(source):
        return DaskSource(source)
    if _is_dataset(source):
        return ArrowSource(source)
    if isinstance(source, str | os.PathLike):
        return ArrowSource.open(source)
    raise ValueError(
        f"A {type(source).__name__} is no table on disk. Give the path of a Parquet "
        "file or folder, a pyarrow.dataset.Dataset or a Dask DataFrame."
    )


def _check_count(name, value, least, most):
    if not isinstance(value, Integral) or not least <= value <= most:
        raise ValueError(
            f"{name}={value!r}: a whole number from {least} to {most:,} is expected."
        )
