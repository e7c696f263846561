"""Counts with Gaussian noise, and what may be made of them afterwards.

A record adds one to one cell of a count table, so that the L2 sensitivity of a table is
one and its noise multiplier is the standard deviation of the noise.
"""

import numpy as np
from scipy.stats import norm

__all__ = [
    "frequent_values",
    "joint_multiplier",
    "noisy_counts",
    "onto_total",
    "smooth_counts",
    "threshold_of",
]

_SMOOTHING = 2.5
_SHIFTS = 64


def noisy_counts(cells, n_cells, std, noise):
    """Count the records of each cell, with noise.

    Parameters
    ----------
    cells : ndarray of int of shape (n,)
        The cell of each record.
    n_cells : int
        Number of cells, which is public.
    std : float
        Standard deviation of the noise, in records.
    noise : SecureNoise
        Where it comes from.

    Returns
    -------
    ndarray of float of shape (n_cells,)
    """
    counts = np.bincount(cells, minlength=n_cells)
    return counts + noise.normal(n_cells, std)


def threshold_of(std, delta):
    """Give the noisy count that a value held by one record exceeds with chance delta.

    A value is listed only if it occurs, so that of two neighbouring tables one may list
    a value that the other cannot. It does so with chance p = delta / (1 + delta), which
    adds p in one direction and p / (1 - p) = delta in the other.

    Parameters
    ----------
    std : float
        Standard deviation of the noise.
    delta : float
        What the list adds to the delta of the guarantee.

    Returns
    -------
    float

    References
    ----------
    .. [1] A. Korolova, K. Kenthapadi, N. Mishra, A. Ntoulas, "Releasing search queries
       and clicks privately", WWW 2009.

    Examples
    --------
    >>> from fairsample.flip.noisy_counts import threshold_of
    >>> round(threshold_of(std=10.0, delta=1e-6), 2)
    48.53
    """
    return 1 + std * float(norm.isf(delta / (1 + delta)))


def frequent_values(values, std, delta, noise):
    """List the values that many records hold, with their noisy counts.

    Parameters
    ----------
    values : ndarray of shape (n,)
        One value of each record.
    std : float
        Standard deviation of the noise.
    delta : float
        What the list adds to the delta of the guarantee; see `threshold_of`.
    noise : SecureNoise
        Where the noise comes from.

    Returns
    -------
    frequent : ndarray of shape (n_frequent,)
        Ascending.
    counts : ndarray of float of shape (n_frequent,)
        Above the threshold.
    """
    distinct, counts = np.unique(values, return_counts=True)
    counts = counts + noise.normal(len(distinct), std)
    kept = counts > threshold_of(std, delta)
    return distinct[kept], counts[kept]


def joint_multiplier(multipliers):
    """Give the noise multiplier of several Gaussian mechanisms taken as one.

    Parameters
    ----------
    multipliers : array-like of float of shape (n,)
        Noise multiplier of each.

    Returns
    -------
    float
        ``1 / sigma ** 2`` adds up.

    Examples
    --------
    >>> from fairsample.flip.noisy_counts import joint_multiplier
    >>> joint_multiplier([10.0, 10.0, 10.0, 10.0])
    5.0
    """
    return float(np.sum(np.asarray(multipliers, dtype=float) ** -2.0) ** -0.5)


def onto_total(counts, total):
    """Find the nearest counts that are not negative and add up to a total.

    Parameters
    ----------
    counts : ndarray of float of shape (n,)
        Noisy counts.
    total : float
        Their sum, positive.

    Returns
    -------
    ndarray of float of shape (n,)
        Each count lowered (or raised) by the same amount, but not below zero.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.flip.noisy_counts import onto_total
    >>> onto_total(np.array([6.0, 3.0, -1.0]), 7.0)
    array([5., 2., 0.])
    """
    descending = np.sort(counts)[::-1]
    excess = (np.cumsum(descending) - total) / np.arange(1, len(counts) + 1)
    return np.maximum(counts - excess[descending > excess][-1], 0)


def smooth_counts(counts, std):
    """Even out differences of neighbouring cells that may as well be noise.

    The details of the Haar wavelet transform that are smaller than the noise explains
    are set to zero, averaged over the shifts of the cells, so that steps and peaks stay
    where they are.

    Parameters
    ----------
    counts : ndarray of float of shape (n,)
        Noisy counts of cells in their order.
    std : float
        Standard deviation of their noise.

    Returns
    -------
    ndarray of float of shape (n,)
        With the same sum.

    References
    ----------
    .. [1] R. Coifman, D. Donoho, "Translation-invariant de-noising", 1995.
    """
    n = len(counts)
    if n < 2 or not std:
        return counts
    # Mirrored behind the end, so that the last cell is no neighbour of the first.
    length = 1 << (2 * n - 1).bit_length()
    padded = np.pad(counts, (0, length - n), mode="symmetric")
    shifts = np.arange(min(length, _SHIFTS))
    at = np.arange(length)
    shifted = padded[(at + shifts[:, None]) % length]
    smooth = _without_small_details(shifted, std)
    back = (np.arange(n) - shifts[:, None]) % length
    smooth = np.take_along_axis(smooth, back, axis=1).mean(axis=0)
    return smooth + (counts.sum() - smooth.sum()) / n


def _without_small_details(rows, std):
    """Take rows of cells through the Haar transform and back; the length is 2 ** k."""
    means, details = rows, []
    while means.shape[1] > 1:
        left, right = means[:, ::2], means[:, 1::2]
        std = std / np.sqrt(2)
        detail = (left - right) / 2
        details.append(np.where(np.abs(detail) > _SMOOTHING * std, detail, 0))
        means = (left + right) / 2
    for detail in reversed(details):
        pairs = np.stack([means + detail, means - detail], axis=2)
        means = pairs.reshape(len(rows), -1)
    return means
