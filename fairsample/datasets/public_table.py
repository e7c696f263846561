"""What a published table holds, and how it is read and handed out."""

import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real

import pandas as pd
from sklearn.utils._param_validation import Interval

from fairsample.datasets.remote import read_content
from fairsample.datasets.table_bunch import table_bunch

__all__ = ["FETCH_CONSTRAINTS", "PublicTable"]

FETCH_CONSTRAINTS = {
    "data_home": [str, os.PathLike, None],
    "download_if_missing": ["boolean"],
    "return_X_y": ["boolean"],
    "as_frame": ["boolean"],
    "n_retries": [Interval(Integral, 0, None, closed="left")],
    "delay": [Interval(Real, 0, None, closed="left")],
}


@dataclass(frozen=True)
class PublicTable:
    """What the columns of a published file are, and how they become a data set.

    Parameters
    ----------
    target : str
        Column with the outcome, 0 or 1 once the rows are prepared.
    sensitive : str
        Feature with the sensitive attribute.
    target_names : sequence of str
        What 0 and 1 stand for.
    description : str
        Text for ``DESCR``.
    csv : mapping, default={}
        Options of :func:`pandas.read_csv` with which the files are read.
    prepare : callable, default=None
        ``DataFrame -> DataFrame``: the rows and columns that the fields of this
        description speak of. None means those of the files.
    features : sequence of str, default=None
        Columns of ``data``, in order. None means all that have no other use.
    beside : mapping of str to str, default={}
        Columns handed out beside the features: entry of the Bunch -> column.
    """

    target: str
    sensitive: str
    target_names: Sequence[str]
    description: str
    csv: Mapping[str, object] = field(default_factory=dict)
    prepare: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    features: Sequence[str] | None = None
    beside: Mapping[str, str] = field(default_factory=dict)

    def fetch(
        self,
        files,
        data_home,
        download_if_missing,
        return_X_y,
        as_frame,
        n_retries,
        delay,
    ):
        """Return the rows of the files, one file after the other, as asked for.

        Parameters
        ----------
        files : sequence of RemoteFile
            Files of the same columns.
        data_home, download_if_missing, return_X_y, as_frame, n_retries, delay : object
            What the loader was given, in the order in which every loader takes it.

        Returns
        -------
        :class:`~sklearn.utils.Bunch` or tuple of (data, target)

        Raises
        ------
        FileNotFoundError
            If a file is not there and must not be downloaded.
        ConnectionError
            If a download fails.
        ValueError
            If a file does not have the expected checksum.
        """
        parts = []
        for file in files:
            content = read_content(
                file,
                data_home=data_home,
                download_if_missing=download_if_missing,
                n_retries=n_retries,
                delay=delay,
            )
            parts.append(pd.read_csv(io.BytesIO(content), **self.csv))
        rows = pd.concat(parts, ignore_index=True)
        if self.prepare is not None:
            rows = self.prepare(rows)
        used = {self.target, *self.beside.values()}
        unused = [column for column in rows.columns if column not in used]
        return table_bunch(
            rows[unused if self.features is None else list(self.features)],
            rows[self.target].astype(int),
            sensitive=self.sensitive,
            target_names=self.target_names,
            description=self.description,
            return_X_y=return_X_y,
            as_frame=as_frame,
            **{entry: rows[column] for entry, column in self.beside.items()},
        )
