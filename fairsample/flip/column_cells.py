"""The cells in which a column's records are counted, and values drawn from them."""

import numpy as np

from fairsample.flip.noisy_counts import smooth_counts

__all__ = ["CategoryCells", "NumberCells"]

_MOST_CELLS = 256
_LOG_RANGE = 2.0**14


class CategoryCells:
    """One cell for each category.

    Parameters
    ----------
    axis : CategoryAxis
        Of the column.
    """

    def __init__(self, axis):
        self.n_cells = axis.n_points

    def index(self, points):
        """Give each point, (n,), its cell."""
        return points

    def estimate(self, counts, std):
        """Give the best guess of the true counts, (n_cells,), from the noisy ones."""
        return counts

    def draw(self, n_drawn, random_state):
        """Draw so many points from each cell, (n_cells,)."""
        return np.repeat(np.arange(self.n_cells), n_drawn)


class NumberCells:
    """Equal intervals between the bounds, and frequent values with a cell of their own.

    Up to 256 points are cells of their own. More are cut into 256 intervals, equally
    wide on the scale of the column.

    Parameters
    ----------
    axis : NumberAxis
        Of the column.
    scale : {"linear", "log"}, default="linear"
        On which the intervals are equal.
    frequent : ndarray of shape (n_frequent,), default=()
        Points with a cell of their own, ascending.

    Attributes
    ----------
    n_cells : int
        Number of cells: the intervals, then the frequent points.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.flip.column_cells import NumberCells
    >>> from fairsample.flip.column_domain import ColumnDomain
    >>> from fairsample.flip.number_axis import NumberAxis
    >>> gain = ColumnDomain(bounds=(0, 99_999), step=1)
    >>> axis = NumberAxis.from_domain("gain", gain, np.dtype(int))
    >>> cells = NumberCells(axis, frequent=np.array([0], dtype=np.uint64))
    >>> cells.index(np.array([0, 1, 400, 99_999], dtype=np.uint64))
    array([256,   0,   1, 255])
    """

    def __init__(self, axis, scale="linear", frequent=()):
        self.axis = axis
        ends = _interval_ends(axis, scale)
        self._widths = np.diff(ends).astype(np.float64)
        if axis.n_points is None:
            self._starts = axis.low + ends[:-1].astype(np.float64)
        else:
            self._starts = ends[:-1].astype(np.uint64)
        self._frequent = np.asarray(frequent, dtype=self._starts.dtype)

    @property
    def n_cells(self):
        """Number of cells."""
        return len(self._starts) + len(self._frequent)

    @staticmethod
    def are_points(axis):
        """Whether each point has a cell of its own anyway."""
        return axis.n_points is not None and axis.n_points <= _MOST_CELLS

    def index(self, points):
        """Give each point its cell.

        Parameters
        ----------
        points : ndarray of shape (n,)
            Points of the axis.

        Returns
        -------
        cells : ndarray of int of shape (n,)
        """
        cells = np.searchsorted(self._starts, points, side="right") - 1
        if len(self._frequent):
            at = np.searchsorted(self._frequent, points)
            at = np.minimum(at, len(self._frequent) - 1)
            own = self._frequent[at] == points
            cells[own] = len(self._starts) + at[own]
        return cells

    def estimate(self, counts, std):
        """Give the best guess of the true counts from the noisy ones.

        Parameters
        ----------
        counts : ndarray of float of shape (n_cells,)
            Noisy counts.
        std : float
            Standard deviation of their noise.

        Returns
        -------
        ndarray of float of shape (n_cells,)
        """
        n_intervals = len(self._starts)
        intervals = smooth_counts(counts[:n_intervals], std)
        return np.append(intervals, counts[n_intervals:])

    def draw(self, n_drawn, random_state):
        """Draw points from each cell, spread evenly over it.

        Parameters
        ----------
        n_drawn : ndarray of int of shape (n_cells,)
            How many.
        random_state : numpy.random.RandomState
            Advanced by a number for each point of an interval.

        Returns
        -------
        points : ndarray of shape (n_drawn.sum(),)
        """
        n_intervals = len(self._starts)
        n_within, n_frequent = n_drawn[:n_intervals], n_drawn[n_intervals:]
        cell = np.repeat(np.arange(n_intervals), n_within)
        rank = np.arange(len(cell)) - (np.cumsum(n_within) - n_within)[cell]
        part = (rank + random_state.random_sample(len(cell))) / n_within[cell]
        into = part * self._widths[cell]
        if self._starts.dtype.kind == "u":
            into = np.minimum(np.floor(into), self._widths[cell] - 1).astype(np.uint64)
        points = self._starts[cell] + into
        if self._starts.dtype.kind == "f":
            points = np.minimum(points, self.axis.high)
        return np.append(points, np.repeat(self._frequent, n_frequent))


def _interval_ends(axis, scale):
    """Cut the points of an axis into intervals; the last end is beyond them."""
    if NumberCells.are_points(axis):
        return np.arange(axis.n_points + 1, dtype=object)
    part = np.arange(_MOST_CELLS + 1)
    if axis.n_points is None:
        span = axis.high - axis.low
        low = axis.low if axis.low > 0 else span / _LOG_RANGE
        ends = span / _MOST_CELLS * part
    else:
        span = axis.n_points
        low = max(axis.lattice.origin / axis.lattice.step, 1)
        # Python's integers, as there may be more points than 64 bits can multiply.
        ends = np.array([span * int(i) // _MOST_CELLS for i in part], dtype=object)
    if scale == "log" and span > 0:
        into = low * np.expm1(np.log1p(float(span / low)) * part / _MOST_CELLS)
        ends = np.array([0, *map(type(span), into[1:-1]), span], dtype=object)
    ends = np.unique(ends)
    return ends if len(ends) > 1 else np.append(ends, ends)
