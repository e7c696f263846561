"""One column counted with noise."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from fairsample.flip.column_cells import CategoryCells, NumberCells
from fairsample.flip.conforming import column_axis, conforming_points
from fairsample.flip.noisy_counts import frequent_values, noisy_counts, onto_total
from fairsample.flip.resolution import find_step
from fairsample.planning import scale_rows

__all__ = ["CountedColumn", "may_list_values"]

_STEP_SHARE = 0.1
_FREQUENT_SHARE = 0.2
_SIGNIFICANT = 4.0
_PARTS_OF_A_ROW = 1000


def may_list_values(column, axis):
    """Whether counting a column may list values that occur, which costs delta.

    Parameters
    ----------
    column : ColumnDomain
        Its domain.
    axis : CategoryAxis or NumberAxis
        Its axis under this domain.

    Returns
    -------
    bool
    """
    return column.categories is None and not NumberCells.are_points(axis)


@dataclass(frozen=True)
class CountedColumn:
    """The noisy counts of a column's cells.

    Parameters
    ----------
    name : scalar
        The column.
    column : ColumnDomain
        Its domain, with the step that was found and whether values are missing.
    axis : CategoryAxis or NumberAxis
        Its points.
    cells : CategoryCells or NumberCells
        Its cells.
    counts : ndarray of float of shape (n_cells,) or (n_cells + 1,)
        Noisy counts, of missing values last unless it is known that none are.
    std : float
        Standard deviation of their noise.
    """

    name: object
    column: object
    axis: object
    cells: object
    counts: np.ndarray
    std: float

    @classmethod
    def count(cls, series, column, *, noise_multiplier, delta, noise):
        """Spend a noise multiplier on a column's step, frequent values and cells.

        Parameters
        ----------
        series : pandas.Series of shape (n,)
            The private column.
        column : ColumnDomain
            Its domain as `TableDomain.for_frame` gives it, with bounds or categories.
        noise_multiplier : float
            Of all that is released of the column.
        delta : float
            For the list of frequent values, where `may_list_values`.
        noise : SecureNoise
            Where the noise comes from.

        Returns
        -------
        CountedColumn
        """
        left = 1.0
        axis = column_axis(series.name, column, series.dtype)
        if column.categories is None and column.step is None:
            std = noise_multiplier / np.sqrt(_STEP_SHARE)
            column = find_step(series, column, axis, std, noise)
            axis = column_axis(series.name, column, series.dtype)
            left -= _STEP_SHARE
        points, missing = conforming_points(series, column, axis)
        frequent = ()
        if may_list_values(column, axis):
            std = noise_multiplier / np.sqrt(_FREQUENT_SHARE)
            frequent, _ = frequent_values(points, std, delta, noise)
            left -= _FREQUENT_SHARE
        if column.categories is None:
            cells = NumberCells(axis, column.scale, frequent)
        else:
            cells = CategoryCells(axis)
        std = noise_multiplier / np.sqrt(left)
        index = cells.index(points)
        if column.missing is not False:
            n_missing = int(missing.sum())
            index = np.append(index, np.full(n_missing, cells.n_cells))
        n_counted = cells.n_cells + (column.missing is not False)
        counts = noisy_counts(index, n_counted, std, noise)
        if column.missing is None:
            column = replace(column, missing=bool(counts[-1] > _SIGNIFICANT * std))
        return cls(series.name, column, axis, cells, counts, std)

    def shares(self, total):
        """Estimate the share of each cell, of missing values last.

        Parameters
        ----------
        total : float
            Number of records, known better than from this column alone.

        Returns
        -------
        ndarray of float of shape (n_cells + 1,)
        """
        n_cells = self.cells.n_cells
        estimated = self.cells.estimate(self.counts[:n_cells], self.std)
        if self.column.missing:
            estimated = np.append(estimated, self.counts[n_cells])
        estimated = onto_total(estimated, total) / total
        return estimated if self.column.missing else np.append(estimated, 0.0)

    def draw(self, n_rows, total, random_state):
        """Draw cells in the estimated shares, in random order.

        Parameters
        ----------
        n_rows : int
            How many, more than there are cells.
        total : float
            See `shares`.
        random_state : numpy.random.RandomState
            Advanced.

        Returns
        -------
        pandas.Series of shape (n_rows,)
            Of the dtype that `conform` gives. Every category occurs, a number at least,
            and a missing value where they may be.
        """
        shares = self.shares(total)
        parts = np.rint(shares * n_rows * _PARTS_OF_A_ROW).astype(np.int64)
        must_occur = np.zeros(len(parts), dtype=np.int64)
        if self.column.categories is not None:
            must_occur[:-1] = 1
        must_occur[np.argmax(shares[:-1])] = 1
        must_occur[-1] = self.column.missing
        n_drawn = must_occur + scale_rows(parts, n_rows - must_occur.sum())
        points = self.cells.draw(n_drawn[:-1], random_state)
        order = random_state.permutation(n_rows)
        missing = order >= len(points)
        array = self.axis.join(points[order[~missing]], missing)
        return pd.Series(array, dtype=self.axis.dtype)
