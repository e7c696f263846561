"""The points between the bounds of a column of numbers or times."""

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pandas as pd

from fairsample.encoding.dtypes import dense_column, dense_dtype
from fairsample.encoding.lattice import Lattice
from fairsample.encoding.number_cells import numbers_to_array, split_numbers

__all__ = ["NumberAxis", "split_with_infinities", "times_at"]

_MOST_DECIMALS = 6
_EXACT = 2.0**53


@dataclass(frozen=True)
class NumberAxis:
    """Values of a bounded column <-> points, which are steps above the lower bound.

    Where no step is known, the values are their own points.

    Parameters
    ----------
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        Dtype of the column.
    low, high : int or float
        Bounds; of times in ticks of the dtype's unit.
    lattice : Lattice
        Where the points lie; of step 0 if values have no known resolution.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.flip.column_domain import ColumnDomain
    >>> from fairsample.flip.number_axis import NumberAxis
    >>> declared = ColumnDomain(bounds=(0.5, 3.0), step=0.5)
    >>> axis = NumberAxis.from_domain("dose", declared, np.dtype(float))
    >>> axis.points(np.array([-7.0, 1.1, np.inf]))
    array([0, 1, 5], dtype=uint64)
    >>> axis.values(np.array([0, 1, 5], dtype=np.uint64))
    array([0.5, 1. , 3. ])
    """

    dtype: object
    low: object
    high: object
    lattice: Lattice

    @classmethod
    def from_domain(cls, name, column, dtype):
        """Make the axis of a column.

        Parameters
        ----------
        name : scalar
            The column, for messages.
        column : ColumnDomain
            Its domain as `domain_for_dtype` returns it, with bounds.
        dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
            Its dtype.

        Returns
        -------
        NumberAxis

        Raises
        ------
        ValueError
            If the step cannot be told apart between the bounds. The message names the
            column.
        """
        dense = dense_dtype(dtype)
        if dense.kind in "mM":
            ends, _ = split_numbers(pd.Series(list(column.bounds), dtype=dense), dense)
            step = 0
            if column.step is not None:
                tick = pd.Timedelta(1, unit=_time_unit(dense))
                step = max(round(column.step / tick), 1)
            return cls._of_integers(dtype, "<i8", ends.tolist(), step)
        plain = dense if isinstance(dense, np.dtype) else dense.numpy_dtype
        if plain.kind != "f":
            return cls._of_integers(dtype, plain.str, column.bounds, column.step)
        plain = plain if plain.itemsize <= 8 else np.dtype(float)
        low, high = column.bounds
        lattice = Lattice(plain.str)
        if column.step is not None:
            lattice = _lattice_of_decimals(name, column, plain)
        return cls(dtype, low, high, lattice)

    @classmethod
    def _of_integers(cls, dtype, plain, bounds, step):
        low, high = bounds
        return cls(dtype, low, high, Lattice(plain, origin=low, step=step or 1))

    @property
    def time_unit(self):
        """Unit of the ticks of times and durations, None for numbers."""
        dense = dense_dtype(self.dtype)
        return _time_unit(dense) if dense.kind in "mM" else None

    @property
    def n_points(self):
        """Number of points, None if there is no resolution."""
        if not self.lattice.step:
            return None
        scale = 10**self.lattice.decimals
        span = round(self.high * scale) - self.lattice.origin
        return span // self.lattice.step + 1

    def split(self, series):
        """Take a column apart into points and missing cells.

        Parameters
        ----------
        series : pandas.Series of shape (n,)
            A column of the axis' dtype; infinities are taken as beyond the bounds.

        Returns
        -------
        points : ndarray of uint64 or float64 of shape (n_present,)
        missing : ndarray of bool of shape (n,)
        """
        values, missing = split_with_infinities(series, self.dtype)
        return self.points(values), missing

    def join(self, points, missing):
        """Put points and missing cells back into an array of the column's dtype.

        Parameters
        ----------
        points : ndarray of uint64 or float64 of shape (n_present,)
            Points.
        missing : ndarray of bool of shape (n,)
            Which cells are missing.

        Returns
        -------
        numpy.ndarray or pandas.api.extensions.ExtensionArray of shape (n,)
        """
        return numbers_to_array(self.values(points), missing, self.dtype)

    def points(self, values):
        """Give each value the point nearest to it.

        Parameters
        ----------
        values : ndarray of shape (n,)
            Numbers, none missing.

        Returns
        -------
        points : ndarray of uint64 or float64 of shape (n,)
        """
        clipped = np.clip(values, self.low, self.high)
        if not self.lattice.step:
            return clipped.astype(np.float64)
        origin, step = self.lattice.origin, self.lattice.step
        if clipped.dtype.kind == "f":
            units = clipped.astype(np.float64) * 10.0**self.lattice.decimals
            points = np.rint((units - origin) / step).astype(np.uint64)
        else:
            units = replace(self.lattice, step=1).points(clipped)
            points = (units + np.uint64(step // 2)) // np.uint64(step)
        return np.minimum(points, np.uint64(self.n_points - 1))

    def values(self, points):
        """Give the value at each point.

        Parameters
        ----------
        points : ndarray of uint64 or float64 of shape (n,)
            Points.

        Returns
        -------
        values : ndarray of shape (n,)
        """
        return self.lattice.values(points)


def _lattice_of_decimals(name, column, plain):
    """Lay a lattice of floats on whole units of their last decimal."""
    low, high = column.bounds
    decimals = max(_decimals(low), _decimals(column.step))
    greatest = max(abs(low), abs(high)) * 10.0**decimals
    if decimals > _MOST_DECIMALS or greatest >= _EXACT:
        raise ValueError(
            f"The step {column.step!r} of column {name!r} is too fine for bounds "
            f"{list(column.bounds)}: the step and the lower bound together have at "
            f"most {_MOST_DECIMALS} decimals and 15 digits. Round them, or leave the "
            "step out."
        )
    scale = 10**decimals
    return Lattice(plain.str, round(low * scale), round(column.step * scale), decimals)


def _decimals(number):
    exponent = Decimal(repr(number)).normalize().as_tuple().exponent
    return max(-exponent, 0)


def times_at(ticks, dtype):
    """Give the times or durations at some ticks.

    Parameters
    ----------
    ticks : list of int
        Ticks of the dtype's unit; what nanoseconds cannot count is taken as the last
        time that they can.
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        Dtype of the column.

    Returns
    -------
    tuple of Timestamp or Timedelta
    """
    dense = dense_dtype(dtype)
    most = pd.Timedelta.max // pd.Timedelta(1, unit=_time_unit(dense))
    ticks = np.array([min(max(tick, -most), most) for tick in ticks])
    return tuple(pd.Series(numbers_to_array(ticks, np.zeros(len(ticks), bool), dense)))


def split_with_infinities(series, dtype):
    """Take a column apart into numbers, infinite ones among them, and missing cells.

    Parameters
    ----------
    series : pandas.Series of shape (n,)
        A column of numbers or times.
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        The dtype it has.

    Returns
    -------
    values : ndarray of shape (n_present,)
        Numbers; times as ticks of the dtype's unit.
    missing : ndarray of bool of shape (n,)
        Which cells are missing.
    """
    dense = dense_column(series)
    if dense.dtype.kind != "f":
        return split_numbers(series, dtype)
    plain = dense.dtype if isinstance(dense.dtype, np.dtype) else None
    numbers = dense.to_numpy(dtype=plain or dense.dtype.numpy_dtype, na_value=np.nan)
    missing = np.isnan(numbers)
    numbers = numbers[~missing]
    return numbers.astype(np.float64) if numbers.itemsize > 8 else numbers, missing


def _time_unit(dtype):
    return dtype.unit if hasattr(dtype, "unit") else np.datetime_data(dtype)[0]
