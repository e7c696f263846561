"""Choose written rows so that their effects are what they ought to be."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

__all__ = ["Tilting", "select_rows", "tilt"]

_RIDGE = 1e-6
_LEAST_ODDS = 1e-12  # of a row beside the heaviest: none is ruled out
_HALVINGS = 12
_PAIRS = 24  # swaps looked at in one go: few, so that no rare row is always the one
_ROUNDS_A_ROW = 0.5
_FEWEST_ROUNDS = 60


class Tilting(NamedTuple):
    """Weights of rows under which moments are what they ought to be.

    Attributes
    ----------
    weights : ndarray of shape (n_rows,)
        Positive, with sum 1.
    effective : float
        The effective sample size of the weights, as a share of the rows.
    reached : float
        The share of the way to the aim that the effective sample size allowed.
    """

    weights: np.ndarray
    effective: float
    reached: float


def tilt(moments, aim, *, least_effective=0.5):
    """Weight rows exponentially so that the mean of their moments is the aim.

    Of all weights with these means, ``w ∝ exp(moments @ multipliers)`` are nearest to
    equal ones (entropy balancing). What rows are few of, weights cannot make up for:
    where they would leave a smaller effective sample than asked for, the aim is
    approached as far as it allows.

    Parameters
    ----------
    moments : ndarray of shape (n_rows, n_moments)
        What the means are taken of: influence values of effects, indicators of cells.
    aim : ndarray of shape (n_moments,)
        The weighted means wanted.
    least_effective : float, default=0.5
        Least effective sample size, as a share of the rows.

    Returns
    -------
    Tilting

    References
    ----------
    .. [1] J. Hainmueller, "Entropy balancing for causal effects", Political Analysis
       20(1), 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.causal.curation import tilt
    >>> moments = np.array([[0.0], [1.0], [0.0], [1.0]])
    >>> tilt(moments, np.array([0.6])).weights.round(3).tolist()
    [0.2, 0.3, 0.2, 0.3]
    """
    mean, spread = moments.mean(axis=0), moments.std(axis=0)
    told = spread > 1e-12
    standard = (moments[:, told] - mean[told]) / spread[told]
    gap = (aim - mean)[told] / spread[told]
    weights = _solve(standard, gap)
    if _effective(weights) >= least_effective:
        return Tilting(weights, _effective(weights), 1.0)
    low, high, best = 0.0, 1.0, np.full(len(moments), 1 / len(moments))
    for _ in range(_HALVINGS):
        share = (low + high) / 2
        weights = _solve(standard, share * gap)
        if _effective(weights) >= least_effective:
            low, best = share, weights
        else:
            high = share
    return Tilting(best, _effective(best), low)


def _effective(weights):
    return float(1 / (np.square(weights).sum() * len(weights)))


def _solve(standard, gap):
    """Minimise the dual of entropy balancing, which is convex."""
    if not len(gap):
        return np.full(len(standard), 1 / len(standard))

    def dual(multipliers):
        exponent = standard @ multipliers
        top = exponent.max()
        odds = np.exp(exponent - top)
        total = odds.sum()
        value = np.log(total) + top - multipliers @ gap
        slope = odds @ standard / total - gap
        value += _RIDGE * multipliers @ multipliers
        return value, slope + 2 * _RIDGE * multipliers

    found = minimize(dual, np.zeros(len(gap)), jac=True, method="L-BFGS-B")
    exponent = standard @ found.x
    odds = np.exp(exponent - exponent.max()).clip(min=_LEAST_ODDS)
    return odds / odds.sum()


def select_rows(weights, moments, n_rows, random_state):
    """Choose rows without repetition whose mean moments are the weighted means.

    Rows are drawn by their weights; then chosen and other rows change places as long
    as that brings the means nearer, so that what is left of the difference is far below
    what chance would leave.

    Parameters
    ----------
    weights : ndarray of shape (n,)
        Of the rows that can be chosen, positive.
    moments : ndarray of shape (n, n_moments)
        What the means are taken of.
    n_rows : int
        Rows to choose, at most n.
    random_state : RandomState
        What draws.

    Returns
    -------
    ndarray of int of shape (n_rows,)
        Positions, in random order.
    """
    if n_rows == 0:
        return np.empty(0, dtype=np.intp)
    arrival = -np.log(random_state.random_sample(len(weights))) / weights
    order = np.argsort(arrival)
    spread = moments.std(axis=0)
    standard = moments / np.where(spread > 1e-12, spread, np.inf)
    aim = weights @ standard / weights.sum()
    _swap(order, standard, n_rows, aim * n_rows, random_state)
    return random_state.permutation(order[:n_rows])


def _swap(order, standard, n_rows, aim, random_state):
    """Exchange rows of the first `n_rows` of an order for later ones; in place."""
    n_others = len(order) - n_rows
    if not n_others:
        return
    gap = aim - standard[order[:n_rows]].sum(axis=0)
    for _ in range(int(max(_FEWEST_ROUNDS, _ROUNDS_A_ROW * n_rows))):
        inside = random_state.randint(n_rows, size=_PAIRS)
        outside = n_rows + random_state.randint(n_others, size=_PAIRS)
        left = gap - (standard[order[outside]] - standard[order[inside]])
        best = np.argmin(np.square(left).sum(axis=1))
        if np.square(left[best]).sum() >= np.square(gap).sum():
            continue
        gap = left[best]
        i, j = inside[best], outside[best]
        order[i], order[j] = order[j], order[i]
