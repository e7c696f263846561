"""The tables that FLIP is measured on, and the sampling of as many private rows."""

import time
from typing import NamedTuple

import pandas as pd
from report import peak_gigabytes

from fairsample import datasets
from fairsample.evaluation import split_cells
from fairsample.flip import TableDomain

__all__ = ["RealTable", "TABLES", "load_table", "sample_as_many"]

TABLES = {
    "adult": datasets.fetch_adult,
    "support2": datasets.fetch_support2,
    "rhc": datasets.fetch_rhc,
    "diabetes130": datasets.fetch_diabetes130,
    "compas": datasets.fetch_compas,
    "german": datasets.fetch_german_credit,
}
MANY_ROWS = 20_000  # of Diabetes-130, drawn once; the other tables are taken whole
MANY_LEVELS = 20  # columns of numbers with more of them are compared as numbers


class RealTable(NamedTuple):
    """A real table in two parts.

    Attributes
    ----------
    train, test : DataFrame
        Rows that a generator may see, and rows held out; the target is a column.
    target : str
        The column with the classes, 0 and 1.
    sensitive : str
        The column with the groups.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    target: str
    sensitive: str

    @property
    def domain(self):
        """What is declared of the columns: read off both parts, as if public."""
        both = pd.concat([self.train, self.test])
        return TableDomain.from_frame(both, listed=[self.target])

    @property
    def numbers(self):
        """Columns that scores read as numbers; the rest are categories."""
        return [
            name
            for name, column in self.train.items()
            if name != self.target
            and pd.api.types.is_numeric_dtype(column)
            and column.nunique() > MANY_LEVELS
        ]

    @property
    def rare_class(self):
        """The class that counts as positive."""
        return self.train[self.target].value_counts().index[-1]

    def features_and_target(self, rows):
        """Split rows into features and classes."""
        return rows.drop(columns=self.target), rows[self.target]


def load_table(name, *, seed=0, n_rows=None, drop_weights=False):
    """Load a table: Adult in its published parts, the others split 70/30.

    Parameters
    ----------
    name : str
        One of `TABLES`.
    seed : int, default=0
        What splits, within every group and class.
    n_rows : int, default=None
        Draw this many rows of the table first (of Adult's training part).
    drop_weights : bool, default=False
        Leave out Adult's fnlwgt.

    Returns
    -------
    RealTable
    """
    if name == "adult":
        bunches = [
            datasets.fetch_adult(subset=subset, drop_weights=drop_weights)
            for subset in ("train", "test")
        ]
        train, test = (bunch.frame for bunch in bunches)
        train = _draw(train, n_rows)
        return RealTable(train, test, bunches[0].target.name, bunches[0].sensitive)
    bunch = TABLES[name]()
    default = MANY_ROWS if name == "diabetes130" else None
    frame = _draw(bunch.frame, n_rows or default)
    target, sensitive = bunch.target.name, bunch.sensitive
    cells = frame.groupby([sensitive, target]).ngroup()
    train, test = (
        frame.iloc[rows].reset_index(drop=True)
        for rows in split_cells(cells, random_state=seed)
    )
    return RealTable(train, test, target, sensitive)


def _draw(frame, n_rows):
    if n_rows is None or n_rows >= len(frame):
        return frame
    return frame.sample(n_rows, random_state=0).reset_index(drop=True)


def sample_as_many(resampler, table):
    """Fit on the training part and sample as many rows, in their proportions.

    Parameters
    ----------
    resampler : resampler with ``sample``
        Fitted here.
    table : RealTable
        The rows.

    Returns
    -------
    synthetic : DataFrame
        With the columns of the table.
    costs : dict
        Seconds, and the most memory that this process has held so far.
    """
    start = time.perf_counter()
    resampler.fit(*table.features_and_target(table.train))
    fitted = time.perf_counter()
    X, y = resampler.sample(len(table.train))
    costs = {
        "fit_seconds": round(fitted - start, 1),
        "sample_seconds": round(time.perf_counter() - fitted, 1),
        "peak_gb": peak_gigabytes(),
    }
    return X.assign(**{table.target: y})[table.train.columns], costs
