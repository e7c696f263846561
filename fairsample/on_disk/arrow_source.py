"""A table in files that Arrow reads."""

from pathlib import Path

import pandas as pd

from fairsample.messages import quote

__all__ = ["ArrowSource"]

_INDEX = "index_columns"


class ArrowSource:
    """Read a `pyarrow.dataset.Dataset` piece by piece.

    Parameters
    ----------
    dataset : pyarrow.dataset.Dataset
        Where the rows lie.

    Raises
    ------
    ValueError
        If a file has other columns than the first one, or a column is nested.
    """

    def __init__(self, dataset):
        self.dataset, self.schema = dataset, dataset.schema
        self._check_files()
        stored = self.schema.pandas_metadata or {}
        index = [name for name in stored.get(_INDEX, ()) if isinstance(name, str)]
        columns = [name for name in self.schema.names if name not in index]
        self.names = self._to_pandas(self._part(columns).empty_table()).columns
        self._arrow_names = dict(zip(self.names, columns, strict=True))

    @classmethod
    def open(cls, path):
        """Open a Parquet file, or a folder of them.

        Parameters
        ----------
        path : str or path
            A folder may be partitioned, as ``folder/year=2024/part-0.parquet``. What
            begins with a dot or an underscore is left alone.

        Returns
        -------
        ArrowSource

        Raises
        ------
        FileNotFoundError
            If there is no such file, or no Parquet file in the folder.
        ImportError
            If pyarrow is not installed.
        """
        try:
            from pyarrow.dataset import HivePartitioning
            from pyarrow.dataset import dataset as open_dataset
        except ImportError as error:
            raise ImportError(
                "Parquet files are read by pyarrow: install fairsample-synth[scale]."
            ) from error
        path = Path(path)
        files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
        files = [file for file in files if not _is_hidden(file.relative_to(path))]
        if not path.exists() or not files:
            raise FileNotFoundError(
                f"No Parquet file at {str(path)!r}. Give a file, or a folder with "
                "files called *.parquet."
            )
        return cls(
            open_dataset(
                [str(file) for file in files],
                format="parquet",
                partitioning=HivePartitioning.discover(infer_dictionary=True),
                partition_base_dir=str(path if path.is_dir() else path.parent),
            )
        )

    def _check_files(self):
        from pyarrow import types

        for name, kind in zip(self.schema.names, self.schema.types, strict=True):
            if types.is_nested(kind):
                raise ValueError(
                    f"Column {name!r} holds nested cells ({kind}), and a table on disk "
                    "has plain ones. Records with visits are learned from a DataFrame."
                )
        fragments = getattr(self.dataset, "get_fragments", list)()
        first = None
        for fragment in fragments:
            found = {field.name: field.type for field in fragment.physical_schema}
            path = getattr(fragment, "path", "a fragment")
            first = first or (found, path)
            _check_same_columns(*first, found, path)

    def n_rows(self):
        """Count the rows, from the files' metadata where they say it."""
        return self.dataset.count_rows()

    def pieces(self, names, most_rows):
        """Read all rows in their order.

        Parameters
        ----------
        names : sequence of str
            Columns to read.
        most_rows : int
            Rows of a piece at most.

        Yields
        ------
        piece : DataFrame of shape (n, n_names)
            With a fresh index. Dtypes are those that its own cells ask for.
        """
        from pyarrow import Table

        columns = [self._arrow_names[name] for name in names]
        batches = self.dataset.to_batches(
            columns=columns,
            batch_size=most_rows,
            batch_readahead=1,
            fragment_readahead=1,
        )
        for batch in batches:
            if len(batch):
                yield self._to_pandas(Table.from_batches([batch]))

    def dtypes(self, names, with_missing):
        """Tell the dtypes of whole columns, but of categories.

        Parameters
        ----------
        names : sequence of str
            Columns.
        with_missing : set
            Those that have missing values: integers become floats, booleans objects.

        Returns
        -------
        dict of name to dtype
        """
        import pyarrow

        part = self._part([self._arrow_names[name] for name in names])
        missing = [pyarrow.nulls(1, kind) for kind in part.types]
        missing = pyarrow.Table.from_arrays(missing, schema=part)
        dtypes = dict(
            zip(names, self._to_pandas(part.empty_table()).dtypes, strict=True)
        )
        with_nulls = dict(zip(names, self._to_pandas(missing).dtypes, strict=True))
        return {
            name: with_nulls[name] if name in with_missing else dtypes[name]
            for name in names
        }

    def _part(self, columns):
        """Give the schema of some columns."""
        from pyarrow import schema

        return schema([self.schema.field(name) for name in columns])

    def _to_pandas(self, table):
        frame = table.replace_schema_metadata(self.schema.metadata).to_pandas()
        return frame.set_axis(pd.RangeIndex(len(frame)))


def _is_hidden(path):
    return any(part[0] in "._" for part in path.parts)


def _check_same_columns(expected, first, found, path):
    """Refuse a file whose columns or types are not those of the first file."""
    absent = [name for name in expected if name not in found]
    unknown = [name for name in found if name not in expected]
    if absent or unknown:
        raise ValueError(
            f"{path} lacks the columns {quote(absent)} and adds {quote(unknown)}, "
            f"compared with {first}. Write all files with the same columns."
        )
    for name, kind in found.items():
        if _cell_type(kind) != _cell_type(expected[name]):
            raise ValueError(
                f"Column {name!r} is {kind} in {path} and {expected[name]} in {first}. "
                "Write all files with one schema."
            )


def _cell_type(kind):
    """Name the type of the cells, whatever the integers that code a dictionary."""
    from pyarrow import types

    if not types.is_dictionary(kind):
        return kind
    return "dictionary", kind.value_type, kind.ordered
