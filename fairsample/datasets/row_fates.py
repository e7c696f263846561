"""Which rows of a chunk are used, and why the others are not."""

import numpy as np

__all__ = ["RowFates"]


class RowFates:
    """Leave out rows one reason after the other; the first reason counts.

    Parameters
    ----------
    n_rows : int
        All rows are used at first.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.datasets.row_fates import RowFates
    >>> fates = RowFates(3)
    >>> fates.leave_out(np.array([True, False, False]), "no number")
    >>> fates.leave_out(np.array([True, True, False]), "no time")
    >>> fates.used(), fates.counts()
    (array([2]), {'no number': 1, 'no time': 1})
    """

    def __init__(self, n_rows):
        self._fate = np.zeros(n_rows, dtype=np.int8)
        self._reasons = [None]

    def leave_out(self, where, reason):
        """Leave out those of the rows that no earlier reason has left out.

        Parameters
        ----------
        where : ndarray of bool of shape (n_rows,), or None
            None: no row.
        reason : str
            Why.
        """
        if where is not None and where.any():
            self._reasons.append(reason)
            self._fate[where & (self._fate == 0)] = len(self._reasons) - 1

    def used(self):
        """Return the positions of the rows that are still used."""
        return np.flatnonzero(self._fate == 0)

    def counts(self):
        """Count the rows that were left out, by reason."""
        numbers = np.bincount(self._fate, minlength=len(self._reasons))
        counts = {}
        for reason, n in zip(self._reasons[1:], numbers[1:].tolist(), strict=True):
            counts[reason] = counts.get(reason, 0) + n
        return counts
