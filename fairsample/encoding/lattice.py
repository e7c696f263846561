"""The resolution on which the numbers of a column lie."""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

__all__ = ["Lattice"]

_MOST_DECIMALS = 6
_EXACT = 2.0**53
_PROBE = 1000


@dataclass(frozen=True)
class Lattice:
    """Numbers <-> points, which are exact counts of steps from the least number.

    Integers, ticks of time and decimals lie on a lattice; their points are unsigned
    integers, so that no precision is lost at any magnitude. Floats with more than six
    decimals lie on none (``step == 0``) and are their own points.

    Parameters
    ----------
    dtype : str
        Numpy dtype of the numbers.
    origin : int
        The least number in units of ``10 ** -decimals``.
    step : int
        Distance of neighbouring points in the same units; 0 for no lattice.
    decimals : int
        Decimals of the numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.encoding.lattice import Lattice
    >>> lattice = Lattice.from_levels(np.array([0.25, 0.75, 1.75]))
    >>> lattice.decimals, lattice.step
    (2, 50)
    >>> lattice.values(np.array([0, 2], dtype=np.uint64))
    array([0.25, 1.25])
    """

    dtype: str
    origin: int = 0
    step: int = 0
    decimals: int = 0

    @classmethod
    def from_levels(cls, levels):
        """Find the coarsest lattice that holds all levels.

        Parameters
        ----------
        levels : ndarray of shape (n,)
            Distinct finite numbers, ascending.

        Returns
        -------
        Lattice
        """
        decimals = cls.decimals_of(levels)
        if decimals is None:
            return cls(levels.dtype.str)
        origin = levels[0].item()
        if levels.dtype.kind == "f":
            origin = round(origin * 10.0**decimals)
        unit = cls(levels.dtype.str, origin, step=1, decimals=decimals)
        return dataclasses.replace(unit, step=_common_step(unit.points(levels)))

    def points(self, values):
        """Give each number its point.

        Parameters
        ----------
        values : ndarray of shape (n,)
            Numbers on the lattice, not below its origin.

        Returns
        -------
        points : ndarray of uint64 or float64 of shape (n,)
        """
        if not self.step:
            return values.astype(np.float64)
        if values.dtype.kind == "f":
            scaled = values.astype(np.float64) * 10.0**self.decimals
            values = np.rint(scaled).astype(np.int64)
        # Unsigned arithmetic wraps round, so that any range of 64 bits fits.
        distance = values.astype(np.uint64) - np.uint64(self.origin % 2**64)
        return distance // np.uint64(self.step)

    def values(self, points):
        """Give the number at each point.

        Parameters
        ----------
        points : ndarray of uint64 or float64 of shape (n,)
            Points between those of the least and the greatest number.

        Returns
        -------
        values : ndarray of shape (n,)
            Numbers of the lattice's dtype.
        """
        dtype = np.dtype(self.dtype)
        if not self.step:
            return points.astype(dtype)
        units = points * np.uint64(self.step) + np.uint64(self.origin % 2**64)
        if dtype.kind == "f":
            return (units.view(np.int64) / 10.0**self.decimals).astype(dtype)
        return units.astype(dtype)

    @staticmethod
    def decimals_of(values):
        """Count the decimals that write every value exactly.

        Parameters
        ----------
        values : ndarray of shape (n,)
            Finite numbers.

        Returns
        -------
        int or None
            None if there are more than six.
        """
        if values.dtype.kind != "f":
            return 0
        greatest = float(np.abs(values).max())
        for decimals in range(_MOST_DECIMALS + 1):
            if greatest * 10.0**decimals >= _EXACT:
                return None
            if _are_written_by(values[:_PROBE], decimals) and _are_written_by(
                values, decimals
            ):
                return decimals
        return None

    def to_json(self):
        """Write the lattice as plain JSON types.

        Returns
        -------
        dict
        """
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, stored):
        """Read what `to_json` wrote.

        Parameters
        ----------
        stored : dict
            Plain JSON types.

        Returns
        -------
        Lattice
        """
        return cls(**stored)


def _are_written_by(values, decimals):
    """Whether so many decimals write every value exactly in its own precision."""
    scale = 10.0**decimals
    rounded = np.rint(values.astype(np.float64) * scale) / scale
    return bool((rounded.astype(values.dtype) == values).all())


def _common_step(points):
    """Greatest common divisor of the distances, 1 for a single point."""
    step = math.gcd(*points[:_PROBE].tolist())
    if step != 1:
        step = math.gcd(step, int(np.gcd.reduce(points)))
    return max(step, 1)
