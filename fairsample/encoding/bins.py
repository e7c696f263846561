"""Numbers <-> codes: own codes for values that recur, quantile bins for the rest."""

import numpy as np

from fairsample.encoding.lattice import Lattice

__all__ = ["ColumnBins"]

_FEW_LEVELS = 20
_ROWS_A_BIN = 20
_FEWEST_BINS = 10
_PIECES = 16
_LARGEST = np.nextafter(2.0**64, 0)


class ColumnBins:
    """Mutually exclusive codes of a column of numbers.

    A column with few distinct values keeps each of them as a code, without loss. In
    any other column the values that hold at least a bin's share of the rows (a zero, a
    cap) become codes of their own, and the runs of values between them are cut into
    bins of about equal mass. A code drawn back gives a value from the empirical
    quantile function of its training values: interpolated, but for values that hold a
    sixteenth of the bin, which are drawn as they are; put on the resolution that the
    column has (integers, decimals, multiples); and kept between the least and the
    greatest training value of the bin.

    Codes ascend with the values.

    Parameters
    ----------
    max_levels : int, default=128
        Up to this many distinct values, every value is a code, provided that values
        recur (twice on average, or no more than 20 distinct values).
    n_bins : int, default=100
        The share ``1 / n_bins`` of the rows is the mass of a bin and the least mass
        of a value with a code of its own. Fewer bins are made of fewer than
        ``20 * n_bins`` rows.

    Attributes
    ----------
    n_codes_ : int
        Number of codes.
    counts_ : ndarray of shape (n_codes_,)
        Training rows of each code.
    lattice_ : Lattice
        The resolution of the values.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.encoding import ColumnBins
    >>> bins = ColumnBins().fit(np.array([30, 10, 10, 20]))
    >>> bins.transform(np.array([10, 20, 29]))
    array([0, 1, 2])
    >>> bins.inverse_transform(np.array([2, 0]), np.random.RandomState(0))
    array([30, 10])
    """

    def __init__(self, *, max_levels=128, n_bins=100):
        self.max_levels = max_levels
        self.n_bins = n_bins

    def fit(self, values):
        """Choose the codes.

        Parameters
        ----------
        values : ndarray of shape (n,)
            Integers or finite floats, none missing, n >= 1.

        Returns
        -------
        self : ColumnBins

        Raises
        ------
        ValueError
            If there is no value, or one is not finite.
        """
        return self.fit_levels(*np.unique(np.asarray(values), return_counts=True))

    def fit_levels(self, levels, counts, lattice=None):
        """Choose the codes, from the distinct values and how often each occurs.

        Parameters
        ----------
        levels : ndarray of shape (n_levels,)
            Distinct integers or finite floats, ascending, n_levels >= 1.
        counts : ndarray of int of shape (n_levels,)
            Rows of each.
        lattice : Lattice, default=None
            The resolution of the values, if `levels` do not tell it.

        Returns
        -------
        self : ColumnBins

        Raises
        ------
        ValueError
            If there is no level, or one is not finite.
        """
        for name in ("max_levels", "n_bins"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is at least 1, not {getattr(self, name)!r}.")
        if levels.size == 0:
            raise ValueError("ColumnBins needs at least one value.")
        if levels.dtype.kind == "f" and not np.isfinite(levels).all():
            raise ValueError("ColumnBins needs finite values; drop missing ones first.")
        self.lattice_ = Lattice.from_levels(levels) if lattice is None else lattice
        points = self.lattice_.points(levels)
        starts = self._code_starts(counts)
        stops = np.append(starts[1:], len(levels))
        self.first_, self.last_ = points[starts], points[stops - 1]
        self.counts_ = np.add.reduceat(counts, starts)
        self._set_pieces(points, counts, starts, stops)
        return self

    @property
    def n_codes_(self):
        """Number of codes."""
        return len(self.counts_)

    def transform(self, values):
        """Give each value its code; a value between or beyond bins has the nearest.

        Parameters
        ----------
        values : ndarray of shape (n,)
            Numbers, none missing.

        Returns
        -------
        codes : ndarray of int64 of shape (n,)
        """
        values = np.asarray(values)
        codes = np.searchsorted(self._least, values, side="right") - 1
        codes = np.maximum(codes, 0)
        beyond = np.flatnonzero(values > self._greatest[codes])
        beyond = beyond[codes[beyond] < self.n_codes_ - 1]
        if len(beyond):
            value, code = values[beyond].astype(np.float64), codes[beyond]
            codes[beyond] += (
                value - self._greatest[code] > self._least[code + 1] - value
            )
        return codes.astype(np.int64, copy=False)

    def inverse_transform(self, codes, random_state):
        """Draw a value for each code.

        Parameters
        ----------
        codes : ndarray of int of shape (n,)
            Codes below `n_codes_`.
        random_state : numpy.random.RandomState
            Advanced by n numbers, or by none when no code covers several values.

        Returns
        -------
        values : ndarray of shape (n,)
            Values of the dtype that was fitted.
        """
        codes = np.asarray(codes)
        points = self.first_[codes]
        if len(self.piece_share_) > self.n_codes_:
            points = points + self._draw_offsets(
                codes, random_state.random_sample(len(codes))
            )
            points = np.minimum(points, self.last_[codes])
        return self.lattice_.values(points)

    def _draw_offsets(self, codes, uniforms):
        """Invert the quantile function of each code, from its first point on."""
        piece = np.searchsorted(self._piece_key, codes + uniforms, side="right") - 1
        piece = np.clip(piece, self._piece_from[codes], self._piece_from[codes + 1] - 1)
        into = (codes + uniforms - self._piece_key[piece]) / self.piece_share_[piece]
        low, high = self.piece_low_[piece], self.piece_high_[piece]
        offset = np.clip(low + np.clip(into, 0, 1) * (high - low), 0, _LARGEST)
        if self.lattice_.step:
            offset = np.rint(offset).astype(np.uint64)
        return np.minimum(offset, (self.last_ - self.first_)[codes])

    def _code_starts(self, counts):
        """Index of the first level of each code."""
        n_levels, n = len(counts), int(counts.sum())
        recur = n_levels <= _FEW_LEVELS or n >= 2 * n_levels
        if recur and n_levels <= self.max_levels:
            return np.arange(n_levels)
        n_bins = min(max(n // _ROWS_A_BIN, _FEWEST_BINS), self.n_bins)
        return _equal_mass_starts(counts, n / n_bins)

    def _set_pieces(self, points, counts, starts, stops):
        """Cut each code's quantile function into linear pieces."""
        pieces = [
            self._pieces(
                (points[start:stop] - points[start]).astype(np.float64),
                counts[start:stop],
                (start == 0, stop == len(points)),
            )
            for start, stop in zip(starts, stops, strict=True)
        ]
        columns = [np.concatenate(column) for column in zip(*pieces, strict=True)]
        self.piece_share_, self.piece_low_, self.piece_high_ = columns
        self.n_pieces_ = np.array([len(share) for share, _, _ in pieces])
        self._index_pieces()

    def _pieces(self, offsets, counts, at_ends):
        """Share, low and high end of the pieces of one code."""
        n_levels, n = len(counts), counts.sum()
        if n_levels == 1 or (n_levels <= _PIECES and n >= 2 * n_levels):
            return counts / n, offsets, offsets
        quantiles = _lattice_quantiles if self.lattice_.step else _quantiles
        heavy = np.flatnonzero((counts >= n / _PIECES) & (counts > 1))
        cuts = np.unique(np.concatenate([[0], heavy, heavy + 1, [n_levels]]))
        shares, lows, highs = [], [], []
        for start, stop in zip(cuts[:-1], cuts[1:], strict=True):
            share = counts[start:stop].sum() / n
            low = high = offsets[start:stop]
            ranks = np.array([0, 1])
            if stop - start > 1:
                open_below = at_ends[0] and start == 0
                open_above = at_ends[1] and stop == n_levels
                ranks = _ranks(int(np.ceil(share * _PIECES)), open_below, open_above)
                knots = quantiles(low, counts[start:stop], ranks)
                low, high = knots[:-1], knots[1:]
            shares.append(share * np.diff(ranks))
            lows.append(low)
            highs.append(high)
        return np.concatenate(shares), np.concatenate(lows), np.concatenate(highs)

    def _index_pieces(self):
        """Lay all pieces on one line, code c on [c, c + 1)."""
        self._least = self.lattice_.values(self.first_)
        self._greatest = self.lattice_.values(self.last_)
        self._piece_from = np.append(0, np.cumsum(self.n_pieces_))
        before = np.append(0, np.cumsum(self.piece_share_))[:-1]
        owner = np.repeat(np.arange(self.n_codes_), self.n_pieces_)
        self._piece_key = owner + before - before[self._piece_from[owner]]

    def to_json(self):
        """Write the fitted bins as plain JSON types.

        Returns
        -------
        dict
        """
        return {
            "max_levels": self.max_levels,
            "n_bins": self.n_bins,
            "lattice": self.lattice_.to_json(),
            "first": self.first_.tolist(),
            "last": self.last_.tolist(),
            "counts": self.counts_.tolist(),
            "piece_share": self.piece_share_.tolist(),
            "piece_low": self.piece_low_.tolist(),
            "piece_high": self.piece_high_.tolist(),
            "n_pieces": self.n_pieces_.tolist(),
        }

    @classmethod
    def from_json(cls, stored):
        """Read what `to_json` wrote.

        Parameters
        ----------
        stored : dict
            Plain JSON types.

        Returns
        -------
        ColumnBins
        """
        bins = cls(max_levels=stored["max_levels"], n_bins=stored["n_bins"])
        bins.lattice_ = Lattice.from_json(stored["lattice"])
        point_dtype = np.uint64 if bins.lattice_.step else np.float64
        bins.first_ = np.array(stored["first"], dtype=point_dtype)
        bins.last_ = np.array(stored["last"], dtype=point_dtype)
        bins.counts_ = np.array(stored["counts"], dtype=np.int64)
        for name in ("piece_share", "piece_low", "piece_high"):
            setattr(bins, f"{name}_", np.array(stored[name], dtype=np.float64))
        bins.n_pieces_ = np.array(stored["n_pieces"], dtype=np.int64)
        bins._index_pieces()
        return bins


def _equal_mass_starts(counts, mass):
    """Cut levels into runs of about a given mass; a level that heavy stands alone."""
    before = np.append(0, np.cumsum(counts))
    heavy = np.flatnonzero(counts >= mass)
    starts = [heavy]
    run_starts = np.append(0, heavy + 1)
    run_stops = np.append(heavy, len(counts))
    for start, stop in zip(run_starts, run_stops, strict=True):
        if start == stop:
            continue
        total = before[stop] - before[start]
        n_runs = max(1, round(total / mass))
        wanted = before[start] + total * np.arange(n_runs) / n_runs
        starts.append(np.searchsorted(before[:stop], wanted))
    starts = np.unique(np.concatenate(starts))
    return starts[starts < len(counts)]


def _ranks(n_pieces, open_below, open_above):
    """Relative ranks of the knots of a run, dense towards an open end of the data."""
    even = np.linspace(0, 1, n_pieces + 1)
    if open_below == open_above:
        return even
    return even**3 if open_below else 1 - (1 - even) ** 3


def _quantiles(offsets, counts, ranks):
    """Interpolate between the order statistics."""
    rank = ranks * (counts.sum() - 1)
    until = np.cumsum(counts)
    below = np.searchsorted(until, np.floor(rank), side="right")
    above = np.searchsorted(until, np.ceil(rank), side="right")
    part = rank - np.floor(rank)
    return offsets[below] + part * (offsets[above] - offsets[below])


def _lattice_quantiles(offsets, counts, ranks):
    """Interpolate between levels spread over the half step on either side of them."""
    rank = ranks * counts.sum()
    until = np.cumsum(counts)
    level = np.minimum(np.searchsorted(until, rank, side="right"), len(counts) - 1)
    into = 1 - (until[level] - rank) / counts[level]
    return offsets[level] + into - 0.5
