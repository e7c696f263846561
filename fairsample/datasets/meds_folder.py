"""The files of a data set in the Medical Event Data Standard, as they are read."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from fairsample.messages import quote

__all__ = ["MedsChunk", "MedsFolder"]

NO_SUBJECT = np.iinfo(np.int64).min
_ROWS = 1 << 18
_LABEL_COLUMNS = ("boolean_value", "integer_value", "categorical_value")
_SPLITS = Path("metadata", "subject_splits.parquet")


class MedsChunk(NamedTuple):
    """Some consecutive events.

    Attributes
    ----------
    n_rows : int
        How many.
    subject_id : ndarray of int64 of shape (n_rows,)
        `NO_SUBJECT` where missing.
    time : ndarray of datetime64[us] of shape (n_rows,)
        NaT for static events.
    code : Categorical of shape (n_rows,)
        What happened.
    numeric_value : ndarray of float32 of shape (n_rows,)
        NaN where missing.
    text_value : ndarray of shape (n_rows,), dtype object
        Text, or missing.
    """

    n_rows: int
    subject_id: np.ndarray
    time: np.ndarray
    code: pd.Categorical
    numeric_value: np.ndarray
    text_value: np.ndarray


_COLUMNS = MedsChunk._fields[1:]


class MedsFolder:
    """A MEDS data set: ``data``, ``labels`` and ``metadata``.

    Parameters
    ----------
    folder : path-like
        The folder that holds the folder ``data``.

    Attributes
    ----------
    data_files : list of Path
        ``data/**/*.parquet``, sorted by name.

    Raises
    ------
    FileNotFoundError
        If there is no such file. The message tells what is in the folder.
    ValueError
        If a file lacks the columns of an event.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from fairsample.datasets import write_meds
    >>> from fairsample.datasets.meds_folder import MedsFolder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = write_meds(folder, pd.DataFrame({"visits": [[["DX:428"]]]}), [1])
    ...     meds = MedsFolder(folder)
    ...     (chunk,) = meds.chunks()
    ...     labels = meds.labels("outcome")
    >>> list(chunk.code)
    ['DX:428']
    >>> labels
       subject_id prediction_time  value
    0           0      2000-01-01   True
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.data_files = sorted((self.folder / "data").glob("**/*.parquet"))
        if not self.data_files:
            raise FileNotFoundError(
                f"Not found in {str(self.folder)!r}: data/**/*.parquet. "
                f"{self._inside()} Give the folder of a MEDS data set, which holds the "
                "folder 'data'."
            )
        for path in self.data_files:
            self._check_columns(path, ["subject_id", "time", "code"])

    def chunks(self, *, verbose=0):
        """Read all events, some rows at a time.

        Parameters
        ----------
        verbose : int, default=0
            Show the progress by rows.

        Yields
        ------
        MedsChunk
        """
        from pyarrow import parquet
        from tqdm import tqdm

        metadata = [parquet.read_metadata(path) for path in self.data_files]
        with tqdm(
            total=sum(file.num_rows for file in metadata),
            unit="rows",
            unit_scale=True,
            desc="MEDS data",
            disable=not verbose,
        ) as progress:
            for path in self.data_files:
                file = parquet.ParquetFile(path)
                for batch in file.iter_batches(batch_size=_ROWS, columns=_COLUMNS):
                    cells = [_cells(batch, name, path) for name in _COLUMNS]
                    yield MedsChunk(batch.num_rows, *cells)
                    progress.update(batch.num_rows)

    def subject_ids(self):
        """Read who the subjects are.

        Returns
        -------
        ndarray of int64 of shape (n_subjects,)
            Sorted.
        """
        from pyarrow import parquet

        found = [np.empty(0, np.int64)]
        for path in self.data_files:
            file = parquet.ParquetFile(path)
            for batch in file.iter_batches(batch_size=_ROWS, columns=["subject_id"]):
                found.append(np.unique(_cells(batch, "subject_id", path)))
        ids = np.unique(np.concatenate(found))
        return ids[ids != NO_SUBJECT]

    def descriptions(self):
        """Read what codes mean.

        Returns
        -------
        dict of str to str
            Empty if ``metadata/codes.parquet`` does not tell.
        """
        path = self.folder / "metadata" / "codes.parquet"
        if not path.is_file():
            return {}
        self._check_columns(path, ["code"])
        table = pd.read_parquet(path)
        if "description" not in table:
            return {}
        return table.set_index("code")["description"].dropna().to_dict()

    def labels(self, name):
        """Read the labels of a task.

        Parameters
        ----------
        name : str
            ``labels/<name>.parquet``, or the files in the folder ``labels/<name>``.

        Returns
        -------
        DataFrame of shape (n_labels, 3)
            ``subject_id``, ``prediction_time`` and ``value``, as in the files.

        Raises
        ------
        FileNotFoundError
            If there are no such labels. The message lists those that are there.
        ValueError
            If columns or values are missing, or the labels are no classes.
        """
        root = self.folder / "labels"
        paths = sorted((root / name).glob("**/*.parquet"))
        paths += [path for path in [root / f"{name}.parquet"] if path.is_file()]
        if not paths:
            there = sorted(
                path.relative_to(root).as_posix() for path in root.glob("**/*.parquet")
            )
            raise FileNotFoundError(
                f"Not found in {str(self.folder)!r}: labels/{name}.parquet and "
                f"labels/{name}/**/*.parquet. There are the labels {quote(there)}."
                if there
                else f"Not found in {str(self.folder)!r}: labels/{name}.parquet. There "
                "are no labels; give label=None."
            )
        return pd.concat([self._labels_of(path) for path in paths], ignore_index=True)

    def splits(self, *, needed=False):
        """Read which split every subject is in.

        Parameters
        ----------
        needed : bool, default=False
            Raise if the file is not there.

        Returns
        -------
        Series of str, indexed by subject, or None
            None if the file is not there.

        Raises
        ------
        FileNotFoundError
            If the file is not there and needed.
        ValueError
            If it lacks a column, or has a subject twice.
        """
        path = self.folder / _SPLITS
        if not path.is_file():
            if needed:
                raise FileNotFoundError(
                    f"Not found in {str(self.folder)!r}: {_SPLITS.as_posix()}. Give "
                    "split=None."
                )
            return None
        self._check_columns(path, ["subject_id", "split"])
        table = pd.read_parquet(path, columns=["subject_id", "split"])
        twice = table.loc[table["subject_id"].duplicated(), "subject_id"]
        if len(twice):
            raise ValueError(f"{path.name} has subjects {quote(twice)} twice.")
        return table.set_index("subject_id")["split"]

    def _labels_of(self, path):
        self._check_columns(path, ["subject_id", "prediction_time"])
        table = pd.read_parquet(path)
        given = [
            name
            for name in _LABEL_COLUMNS
            if name in table and table[name].notna().any()
        ]
        if len(table) and len(given) != 1:
            raise ValueError(
                f"{path.name} must have values in one of the columns "
                f"{', '.join(_LABEL_COLUMNS)}; it has {quote(table.columns)}. Labels "
                "are classes: cut numbers into classes before."
            )
        values = table[given[0]] if given else pd.Series(dtype=object)
        columns = {
            "subject_id": table["subject_id"],
            "prediction_time": _prediction_times(table["prediction_time"], path),
            "value": values,
        }
        labels = pd.DataFrame(columns)
        if labels.isna().any(axis=None):
            raise ValueError(
                f"{path.name} has labels without a subject, time or value. Drop them."
            )
        return labels

    def _check_columns(self, path, columns):
        from pyarrow import parquet

        there = parquet.read_schema(path).names
        missing = [name for name in columns if name not in there]
        if missing:
            raise ValueError(
                f"{path.relative_to(self.folder).as_posix()} lacks the columns "
                f"{quote(missing)}; it has {quote(there)}. Give a data set in the "
                "layout of MEDS 0.3 or later."
            )

    def _inside(self):
        if not self.folder.is_dir():
            return "There is no such folder."
        inside = sorted(path.name for path in self.folder.iterdir())
        return f"The folder holds {quote(inside, limit=40) or 'nothing'}."


def _prediction_times(given, path):
    """Return times without a time zone, in UTC as those of the events."""
    if is_numeric_dtype(given.dtype):
        raise ValueError(
            f"{path.name}, column 'prediction_time': numbers are no times. "
            "Convert them with pandas.to_datetime."
        )
    try:
        times = pd.to_datetime(given, utc=True, format="ISO8601")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path.name}, column 'prediction_time': {error}") from error
    return times.dt.tz_localize(None).astype("datetime64[us]")


def _cells(batch, name, path):
    """Return one column of a batch; an optional one that is not there is missing."""
    import pyarrow as pa

    if name not in batch.schema.names:
        return np.full(batch.num_rows, np.nan, dtype=np.float32)
    column = batch.column(batch.schema.get_field_index(name))
    try:
        if name == "subject_id":
            ids = column.cast(pa.int64()).fill_null(NO_SUBJECT)
            return ids.to_numpy(zero_copy_only=False)
        if name == "time":
            times = column.cast(pa.timestamp("us"), safe=False)
            return times.to_numpy(zero_copy_only=False).astype("datetime64[us]")
        if name == "numeric_value":
            numbers = column.cast(pa.float32(), safe=False)
            return numbers.to_numpy(zero_copy_only=False)
        if name == "code" and not pa.types.is_dictionary(column.type):
            column = column.cast(pa.string()).dictionary_encode()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise ValueError(f"{path.name}, column {name!r}: {error}") from error
    return column.to_pandas().array if name == "code" else column.to_pandas().to_numpy()
