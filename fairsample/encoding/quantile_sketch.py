"""Numbers too many to be kept, as quantiles with counts."""

import numpy as np

from fairsample.encoding.lattice import Lattice

__all__ = ["QuantileSketch"]

_COMPRESSION = 20_000  # ranks are off by about 1 in 4,000 at most, in 0.4 MB
_N_QUANTILES = 8192
_AT_ONCE = 2**20  # numbers given to the digest, however often they occur


class QuantileSketch:
    """Quantiles of a stream of numbers in bounded memory.

    The least and the greatest number and the resolution of all are exact, quantiles
    are those of a t-digest [1]_ and lie on the resolution. It has no randomness: the
    same numbers in the same order give the same quantiles. Two sketches can be merged.

    See Also
    --------
    ColumnSummary : Keeps numbers as they are, and sketches those that are too many.

    References
    ----------
    .. [1] Dunning and Ertl, "Computing extremely accurate quantiles using t-digests",
       arXiv:1902.04023, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.encoding.quantile_sketch import QuantileSketch
    >>> sketch = QuantileSketch()
    >>> sketch.add(np.arange(0, 50_000, 5), np.ones(10_000, dtype=int))
    >>> levels, counts = sketch.levels()
    >>> levels[[0, -1]], int(counts.sum()), sketch.lattice.step
    (array([    0, 49995]), 10000, 5)
    """

    def __init__(self):
        self._digest = _tdigest_class()(_COMPRESSION)
        self._witnesses, self._has_lattice, self.n_rows = None, True, 0

    def add(self, levels, counts):
        """Add numbers.

        Parameters
        ----------
        levels : ndarray of shape (n_levels,)
            Distinct finite numbers, ascending, n_levels >= 1.
        counts : ndarray of int of shape (n_levels,)
            How often each occurs.
        """
        until = counts.cumsum()
        for start in range(0, int(until[-1]), _AT_ONCE):
            stop = min(start + _AT_ONCE, int(until[-1]))
            first, last = np.searchsorted(until, [start, stop - 1], side="right")
            borders = np.r_[start, until[first:last], stop]
            part = levels[first : last + 1].astype(np.float64)
            self._digest.update(np.repeat(part, np.diff(borders)))
        self.n_rows += int(counts.sum())
        self._witness(levels)

    def merge(self, other):
        """Add what another sketch has seen."""
        self._digest.merge(other._digest)
        self.n_rows += other.n_rows
        self._has_lattice &= other._has_lattice
        self._witness(other._witnesses)

    def _witness(self, levels):
        """Keep numbers that have the range and the resolution of all: two or three."""
        if self._witnesses is not None:
            levels = np.unique(np.concatenate([self._witnesses, levels]))
        lattice = Lattice.from_levels(levels)
        self._has_lattice &= lattice.step > 0
        self._witnesses = levels[[0, -1]]
        if self._has_lattice and len(levels) > 1:
            first = lattice.values(np.arange(2, dtype=np.uint64))
            self._witnesses = np.unique(np.append(first, levels[-1]))

    @property
    def lattice(self):
        """The resolution of all numbers: `Lattice`."""
        if self._has_lattice:
            return Lattice.from_levels(self._witnesses)
        return Lattice(self._witnesses.dtype.str)

    def levels(self):
        """Give some thousand quantiles.

        Returns
        -------
        levels : ndarray of shape (n_levels,)
            Ascending numbers; the first and the last are the least and the greatest.
        counts : ndarray of int of shape (n_levels,)
            How many numbers each stands for.
        """
        ranks = (np.arange(_N_QUANTILES) + 0.5) / _N_QUANTILES
        quantiles = np.array([self._digest.get_quantile(rank) for rank in ranks])
        levels = self._on_lattice(quantiles)
        levels[0], levels[-1] = self._witnesses[[0, -1]]
        until = np.rint(np.linspace(0, self.n_rows, _N_QUANTILES + 1)).astype(np.int64)
        levels, first = np.unique(levels, return_index=True)
        return levels, np.diff(np.append(until[first], self.n_rows))

    def _on_lattice(self, numbers):
        """Move numbers to the nearest that the column could hold."""
        lattice, greatest = self.lattice, self._witnesses[-1:]
        if not lattice.step:
            return np.clip(numbers, *self._witnesses[[0, -1]]).astype(greatest.dtype)
        unit = 10.0**lattice.decimals
        points = np.rint((numbers * unit - lattice.origin) / lattice.step)
        last = int(lattice.points(greatest)[0])
        points = np.clip(points, 0, np.nextafter(2.0**64, 0)).astype(np.uint64)
        return lattice.values(np.minimum(points, np.uint64(last)))


def _tdigest_class():
    try:
        from datasketches import tdigest_double
    except ImportError as error:
        raise ImportError(
            "A column with this many distinct numbers is summarised by datasketches: "
            "install fairsample-synth[scale]."
        ) from error
    return tdigest_double
