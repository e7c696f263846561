"""One value for each visit and test, kept while results stream in."""

import numpy as np

__all__ = ["LAB_VALUES", "VisitResults"]

LAB_VALUES = ("last", "first", "mean", "min", "max")
_TEST_BITS = 32
_FEWEST_WAITING = 1 << 20


class VisitResults:
    """Reduce results to one value for each visit and test.

    Memory grows with the number of different (visit, test) pairs, not with the number
    of results: what comes in is reduced at once, and merged with what is there as soon
    as there is as much of it.

    Parameters
    ----------
    lab_value : {"last", "first", "mean", "min", "max"}, default="last"
        Which value stands for the visit. Of results of the same time, the one that came
        later is last.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.datasets.visit_results import VisitResults
    >>> results = VisitResults("max")
    >>> results.add(np.array([0, 0, 1]), np.array([5, 5, 5]), np.array([1.0, 3.0, 2.0]))
    >>> results.reduced()
    (array([0, 1]), array([5, 5]), array([3., 2.]))
    """

    def __init__(self, lab_value="last"):
        if lab_value not in LAB_VALUES:
            raise ValueError(
                f"lab_value must be one of {', '.join(LAB_VALUES)}; got {lab_value!r}."
            )
        self.lab_value = lab_value
        self._n_arrived = 0
        self._waiting = []
        self._n_waiting = 0
        self._merged = (np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))

    def add(self, visit, test, values, times=None):
        """Take results in.

        Parameters
        ----------
        visit, test : ndarray of int of shape (n,)
            Numbers of the visit and of the test, from 0 on.
        values : ndarray of shape (n,)
            Numbers; none is missing.
        times : ndarray of shape (n,), default=None
            ``datetime64`` or integers, by which results are first or last. None: the
            order in which they come. Give them always or never.
        """
        keys = (visit.astype(np.int64) << _TEST_BITS) | test
        if self.lab_value == "mean":
            weights = np.ones(len(keys), np.int64)
        elif times is None:
            weights = np.arange(self._n_arrived, self._n_arrived + len(keys))
        elif times.dtype.kind == "M":
            weights = times.astype("datetime64[us]").view(np.int64)
        else:
            weights = times.astype(np.int64)
        self._n_arrived += len(keys)
        part = self._reduce(keys, values.astype(np.float64), weights)
        self._waiting.append(part)
        self._n_waiting += len(part[0])
        if self._n_waiting > max(_FEWEST_WAITING, len(self._merged[0])):
            self._merge()

    def reduced(self):
        """Give the values.

        Returns
        -------
        visit, test : ndarray of int of shape (n_pairs,)
            Sorted by visit, then by test.
        values : ndarray of shape (n_pairs,)
        """
        self._merge()
        keys, values, weights = self._merged
        if self.lab_value == "mean":
            values = values / np.maximum(weights, 1)
        return keys >> _TEST_BITS, keys & ((1 << _TEST_BITS) - 1), values

    def _merge(self):
        """Merge what is waiting, one range of keys after the other to save memory."""
        if not self._waiting:
            return
        parts = [self._merged, *self._waiting]
        longest = max((keys for keys, _, _ in parts), key=len)
        cuts = longest[_FEWEST_WAITING // 2 :: _FEWEST_WAITING // 2]
        bounds = [
            np.r_[0, np.searchsorted(keys, cuts), len(keys)] for keys, _, _ in parts
        ]
        merged = []
        for place in range(len(cuts) + 1):
            ranges = [
                [column[bound[place] : bound[place + 1]] for column in part]
                for part, bound in zip(parts, bounds, strict=True)
            ]
            columns = zip(*ranges, strict=True)
            merged.append(self._reduce(*map(np.concatenate, columns)))
        self._merged = tuple(map(np.concatenate, zip(*merged, strict=True)))
        self._waiting, self._n_waiting = [], 0

    def _reduce(self, keys, values, weights):
        """Return sorted keys, each once, with the value and the weight of each."""
        if len(keys) == 0:
            return keys, values, weights
        order = np.argsort(keys)
        keys, values, weights = keys[order], values[order], weights[order]
        starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
        if self.lab_value == "mean":
            sums = np.add.reduceat(values, starts)
            return keys[starts], sums, np.add.reduceat(weights, starts)
        if self.lab_value in ("min", "max"):
            extreme = np.minimum if self.lab_value == "min" else np.maximum
            return keys[starts], extreme.reduceat(values, starts), weights[starts]
        rows = _at_extreme(weights, order, starts, latest=self.lab_value == "last")
        return keys[starts], values[rows], weights[rows]


def _at_extreme(weights, order, starts, *, latest):
    """Return the row of each run with the extreme weight; among equals by order."""
    extreme = np.maximum if latest else np.minimum
    lengths = np.diff(np.append(starts, len(weights)))
    is_best = weights == np.repeat(extreme.reduceat(weights, starts), lengths)
    worst = -1 if latest else len(weights)
    best = extreme.reduceat(np.where(is_best, order, worst), starts)
    row_of = np.empty(len(order), np.int64)
    row_of[order] = np.arange(len(order))
    return row_of[best]
