"""The codes of a column merged into fewer, and split again by class."""

import numpy as np

__all__ = ["MergedCodes"]


class MergedCodes:
    """Merge the codes of a column to as many as its pair tables can bear.

    Neighbours are merged where codes have an order, into parts of about equal mass;
    elsewhere the rarest codes are. What a merged code stands for is drawn in the
    proportions of the row's class, so that nothing is lost of how the column depends
    on the class.

    Parameters
    ----------
    counts : ndarray of float of shape (n_classes, n_codes)
        Rows of each class and code, none below zero; noisy ones are welcome.
    ordered : ndarray of bool of shape (n_codes,)
        Codes that have a place in an order; they come first.
    n_merged : int
        At most this many codes result, but one more for each code without an order
        beside codes with one (a missing value).

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.flip.merged_codes import MergedCodes
    >>> counts = np.array([[10.0, 10, 0, 20], [0, 0, 40, 0]])
    >>> merged = MergedCodes(counts, ordered=np.ones(4, dtype=bool), n_merged=2)
    >>> merged.merge(np.array([0, 1, 2, 3]))
    array([0, 0, 1, 1])
    >>> merged.split(np.array([1, 1]), np.array([0, 1]), np.random.RandomState(0))
    array([3, 2])
    """

    def __init__(self, counts, ordered, n_merged):
        self.counts, self.ordered, self.n_merged = counts, ordered, n_merged
        # Every class counts alike, so that rare ones are not merged with the rest.
        mass = (counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-9)).sum(
            axis=0
        )
        self.merged_of = _merge(mass, ordered, n_merged)
        self._codes = np.argsort(self.merged_of, kind="stable")
        self._start = np.append(0, np.cumsum(np.bincount(self.merged_of)))
        # Where a class has none of a merged code, all classes together decide, and
        # where there is nothing at all, the codes are alike.
        shares = counts + 1e-6 * counts.sum(axis=0) + 1e-12
        until = np.cumsum(shares[:, self._codes], axis=1)
        self._until = np.column_stack([np.zeros(len(counts)), until])

    @property
    def n_codes(self):
        """Number of merged codes."""
        return len(self._start) - 1

    @property
    def merged_counts(self):
        """Rows of each class and merged code: (n_classes, n_codes)."""
        return np.add.reduceat(self.counts[:, self._codes], self._start[:-1], axis=1)

    def merge(self, codes):
        """Give each code its merged code: (n,)."""
        return self.merged_of[codes]

    def split(self, merged, label, random_state):
        """Draw a code for each merged code, given the row's class: (n,)."""
        codes = np.empty(len(merged), dtype=np.int64)
        for c, until in enumerate(self._until):
            rows = np.flatnonzero(label == c)
            first, last = self._start[merged[rows]], self._start[merged[rows] + 1]
            low, high = until[first], until[last]
            drawn = low + random_state.random_sample(len(rows)) * (high - low)
            place = np.searchsorted(until, drawn, side="right") - 1
            codes[rows] = self._codes[np.clip(place, first, last - 1)]
        return codes

    def to_state(self):
        """Give what makes the same again: dict of arrays and numbers."""
        return {
            "counts": self.counts,
            "ordered": self.ordered,
            "n_merged": self.n_merged,
        }


def _merge(mass, ordered, n_merged):
    """Give the merged code of each code: (n_codes,)."""
    n_codes = len(mass)
    if n_codes <= n_merged:
        return np.arange(n_codes)
    n_ordered = int(ordered.sum())
    if n_ordered:
        until = np.cumsum(mass[:n_ordered])
        middle = until - mass[:n_ordered] / 2
        part = np.floor(middle / max(until[-1], 1e-12) * n_merged)
        part = np.minimum(part, n_merged - 1)  # codes without mass may come last
        beyond = part[-1] + 1 + np.arange(n_codes - n_ordered)
        return np.unique(np.append(part, beyond), return_inverse=True)[1]
    kept = np.sort(np.argsort(-mass, kind="stable")[: n_merged - 1])
    merged = np.full(n_codes, len(kept))
    merged[kept] = np.arange(len(kept))
    return merged
