"""Fairness metrics of many tables of counts at once."""

import numpy as np

from fairsample.metrics.fairness import (
    disparate_impact,
    worst_group_recall,
    worst_group_tpr,
)

__all__ = ["OF_COUNTS", "GroupCounts"]

OF_COUNTS = (disparate_impact, worst_group_recall, worst_group_tpr)


class GroupCounts:
    """Which groups are measured, and a metric of them over any counts.

    Parameters
    ----------
    counts : ndarray of int of shape (n_splits, n_groups, 2, 2)
        Rows of each split, group, true and predicted class (negative, positive), from
        which it is decided once which groups are measured.
    min_group_size : int, default=1
        Rows that a group needs.
    min_class_size : int, default=1
        Rows of a class that a group needs for a rate within that class.
    reference : int, default=None
        The group that others are compared with in `disparate_impact`.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.metrics import disparate_impact
    >>> counts = np.array([[[[8, 2], [0, 0]], [[6, 4], [0, 0]]]])
    >>> GroupCounts(counts).measure(disparate_impact, counts)
    array([0.5])
    """

    def __init__(self, counts, *, min_group_size=1, min_class_size=1, reference=None):
        rows = counts.sum(axis=(-1, -2))
        of_class = counts.sum(axis=-1)
        self.reference = reference
        self._enough = rows >= min_group_size
        self._enough_of_class = self._enough[..., np.newaxis] & (
            of_class >= min_class_size
        )

    def measure(self, metric, counts):
        """Measure every table of counts.

        Parameters
        ----------
        metric : {disparate_impact, worst_group_recall, worst_group_tpr}
            One of `OF_COUNTS`.
        counts : ndarray of int of shape (..., n_groups, 2, 2)
            The axis before the groups is that of splits.

        Returns
        -------
        ndarray of shape (...)
            The metric, NaN where it is undefined.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            if metric is disparate_impact:
                return self._disparate_impact(counts)
            of_class = counts.sum(axis=-1)
            right = np.diagonal(counts, axis1=-2, axis2=-1) / of_class
        lowest = np.where(self._enough_of_class, right, np.inf).min(axis=-2)
        lowest = np.where(np.isinf(lowest), np.nan, lowest)
        return lowest[..., 1] if metric is worst_group_tpr else lowest.min(axis=-1)

    def _disparate_impact(self, counts):
        rate = counts[..., 1].sum(axis=-1) / counts.sum(axis=(-1, -2))
        measured = self._enough
        if self.reference is None:
            lowest = np.where(measured, rate, np.inf).min(axis=-1)
            highest = np.where(measured, rate, -np.inf).max(axis=-1)
            ratio = lowest / highest
        else:
            at = rate[..., [self.reference]]
            ratios = np.minimum(rate, at) / np.maximum(rate, at)
            others = np.arange(rate.shape[-1]) != self.reference
            defined = measured & others & ~np.isnan(ratios)
            ratio = np.where(defined, ratios, np.inf).min(axis=-1)
            ratio = np.where(np.isinf(ratio), np.nan, ratio)
            measured = measured & measured[..., [self.reference]]
        return np.where(measured.sum(axis=-1) < 2, np.nan, ratio)
