"""What is to be known of a column: its distinct cells and how often each occurs."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd

from fairsample.encoding.category_cells import factorize_cells, sorted_cells
from fairsample.encoding.dtypes import (
    category_union,
    column_kind,
    dense_dtype,
    missing_types,
)
from fairsample.encoding.lattice import Lattice
from fairsample.encoding.number_cells import (
    falls_on_local_days,
    numbers_to_array,
    split_numbers,
)
from fairsample.encoding.quantile_sketch import QuantileSketch

__all__ = ["ColumnSummary", "NumberLevels"]

_NUMBER_KINDS = ("numeric", "datetime", "timedelta")


class NumberLevels(NamedTuple):
    """Distinct numbers of a column.

    Attributes
    ----------
    values : ndarray of shape (n_levels,)
        Ascending; ticks of times.
    counts : ndarray of int of shape (n_levels,)
        Rows of each.
    lattice : Lattice
        The resolution of all numbers.
    wall_clock : bool
        Whether ticks count local time.
    """

    values: np.ndarray
    counts: np.ndarray
    lattice: Lattice
    wall_clock: bool


class ColumnSummary:
    """Distinct cells of a column with their counts, gathered piece by piece.

    Schema, levels and bins of a column depend on nothing else, so that a table that is
    read in pieces gives the same ones as a frame. Distinct cells are kept as they are.
    Where `most_distinct` bounds them, numbers beyond the bound become quantiles of
    about a four-thousandth of the rows' precision, and texts are refused.

    Parameters
    ----------
    name : scalar or tuple
        Column name.
    most_distinct : int, default=None
        Most distinct cells that are kept; None for all.

    Attributes
    ----------
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        Dtype of the first piece, of category dtypes the union in order of appearance;
        to be set where the column as a whole has another.
    n_rows, n_missing : int
        Rows seen, and missing ones among them.

    See Also
    --------
    TableSummary : Of all columns of a table.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding import ColumnSummary
    >>> summary = ColumnSummary("age")
    >>> for piece in ([30, 40], [30, None]):
    ...     summary.update(pd.Series(piece))
    >>> levels = summary.numbers()
    >>> levels.values, levels.counts, summary.n_missing
    (array([30., 40.]), array([2, 1]), 1)
    """

    def __init__(self, name, most_distinct=None):
        self.name, self.most_distinct = name, most_distinct
        self.dtype = None
        self.n_rows = self.n_missing = 0
        self.missing_types = Counter()
        self._levels = self._counts = self._sketch = None
        self._cell_counts = {}

    @classmethod
    def of(cls, series, most_distinct=None):
        """Summarise a whole column.

        Parameters
        ----------
        series : pandas.Series of shape (n,)
            A column.
        most_distinct : int, default=None
            Most distinct cells that are kept.

        Returns
        -------
        ColumnSummary

        Raises
        ------
        ValueError
            If a cell is nested, infinite, or of a type that cannot be stored.
        """
        summary = cls(series.name, most_distinct)
        summary.dtype, summary.n_rows = series.dtype, len(series)
        summary.missing_types = missing_types(series)
        if column_kind(series.iloc[:0]) in _NUMBER_KINDS:
            values, missing = split_numbers(series, series.dtype)
            summary.n_missing = int(missing.sum())
            levels, counts = np.unique(values, return_counts=True)
            levels[levels == 0] = 0  # no -0.0, which equals 0.0 and is another number
            summary._set_numbers(levels, counts)
        else:
            codes, cells = factorize_cells(series)
            summary.n_missing = int((codes < 0).sum())
            counts = np.bincount(codes[codes >= 0], minlength=len(cells))
            keys = ((type(cell), cell) for cell in cells)
            summary._cell_counts = dict(zip(keys, counts.tolist(), strict=True))
            summary._check_distinct_cells()
        return summary

    def update(self, series):
        """Add a piece of the column: pandas.Series of shape (n,)."""
        self.merge(ColumnSummary.of(series, self.most_distinct))

    def merge(self, other):
        """Add what another summary has seen.

        Parameters
        ----------
        other : ColumnSummary
            Of the rows that come next in the column.

        Raises
        ------
        ValueError
            If there are too many distinct texts.
        """
        self._merge_dtype(other.dtype)
        self.n_rows += other.n_rows
        self.n_missing += other.n_missing
        self.missing_types.update(other.missing_types)
        self._merge_numbers(other)
        for key, count in other._cell_counts.items():
            self._cell_counts[key] = self._cell_counts.get(key, 0) + count
        self._check_distinct_cells()

    def _merge_dtype(self, dtype):
        if self.dtype is None:
            self.dtype = dtype
        elif isinstance(dtype, pd.CategoricalDtype) and dtype != self.dtype:
            self.dtype = category_union(self.dtype, dtype)

    def _merge_numbers(self, other):
        if other._levels is None and other._sketch is None:
            return
        if self._sketch is None and self._levels is None:
            self._levels = np.empty(0, dtype=_levels_dtype(other))
            self._counts = np.empty(0, dtype=np.int64)
        if other._sketch is not None:
            self._into_sketch().merge(other._sketch)
        elif self._sketch is not None:
            self._sketch.add(other._levels, other._counts)
        else:
            levels = np.concatenate([self._levels, other._levels])
            counts = np.concatenate([self._counts, other._counts])
            levels, number = np.unique(levels, return_inverse=True)
            merged = np.zeros(len(levels), dtype=np.int64)
            np.add.at(merged, number, counts)
            self._set_numbers(levels, merged)

    def _set_numbers(self, levels, counts):
        self._levels, self._counts = levels, counts
        if self.most_distinct is not None and len(levels) > self.most_distinct:
            self._into_sketch()

    def _into_sketch(self):
        if self._sketch is None:
            self._sketch = QuantileSketch()
            if len(self._levels):
                self._sketch.add(self._levels, self._counts)
            self._levels = self._counts = None
        return self._sketch

    def _check_distinct_cells(self):
        most, found = self.most_distinct, len(self._cell_counts)
        if most is not None and found > most:
            raise ValueError(
                f"Column {self.name!r} has more than {most:,} distinct texts or "
                "categories. Leave it out if it is an identifier, or join rare values."
            )

    @property
    def n_distinct(self):
        """Distinct cells that are there; of a sketch, a number that is exceeded."""
        if self._sketch is not None:
            return self.most_distinct
        if self._levels is not None:
            return len(self._levels)
        return sum(count > 0 for count in self._cell_counts.values())

    def cells(self):
        """Give the distinct cells of a column of categories, and their counts.

        Returns
        -------
        cells : list of length n_cells
            In the order of a category dtype, else sorted.
        counts : ndarray of int of shape (n_cells,)
            Rows of each.
        """
        counts = {key: count for key, count in self._cell_counts.items() if count}
        cells = [cell for _, cell in counts]
        if not isinstance(self.dtype, pd.CategoricalDtype):
            cells = sorted_cells(cells)
        ordered = [counts[type(cell), cell] for cell in cells]
        return cells, np.array(ordered, dtype=np.int64)

    def numbers(self):
        """Give the distinct numbers of a column of numbers or times.

        Returns
        -------
        NumberLevels
            None if all rows are missing.
        """
        if self._sketch is not None:
            values, counts = self._sketch.levels()
            return NumberLevels(values, counts, self._sketch.lattice, False)
        values, counts, wall_clock = self._levels, self._counts, False
        if values is None or not len(values):
            return None
        if getattr(dense_dtype(self.dtype), "tz", None) is not None:
            missing = np.zeros(len(values), dtype=bool)
            times = pd.Series(numbers_to_array(values, missing, self.dtype))
            wall_clock = falls_on_local_days(times)
            if wall_clock:
                values, _ = split_numbers(times, self.dtype, wall_clock=True)
        return NumberLevels(values, counts, Lattice.from_levels(values), wall_clock)


def _levels_dtype(summary):
    if summary._levels is not None:
        return summary._levels.dtype
    return summary._sketch.lattice.dtype
