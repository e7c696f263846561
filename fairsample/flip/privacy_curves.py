"""What noise hides: Rényi curves, and the epsilon that is read off them."""

import math
from functools import lru_cache

import numpy as np
from scipy.special import log_ndtr, ndtr

__all__ = [
    "ORDERS",
    "epsilon_from_rdp",
    "gaussian_epsilon",
    "order_epsilons",
    "sampled_gaussian_rdp",
]

ORDERS = np.array(
    [1 + tenth / 10 for tenth in range(1, 100)]
    + [float(order) for order in range(12, 64)]
    + [64.0, 80.0, 96.0, 128.0, 256.0, 512.0]
)
ORDERS.setflags(write=False)

_SERIES_ERROR = 1e-12  # of the log moment: opacus ends its series at exp(-30)
_LAST_DIGITS = 1e-14
_SLOW_RATES = 0.05  # around one half
_AMPLIFIED = (0.1, 1e6)  # noise outside hides nothing or all, and the series is slow


@lru_cache(maxsize=256)
def sampled_gaussian_rdp(sample_rate, noise_multiplier):
    """Give the Rényi divergences of one step of the sampled Gaussian mechanism.

    Every record takes part by a toss of its own (Poisson sampling), the sum of what
    the records contribute gets Gaussian noise, and neighbours differ by one record
    added or removed. Where a series does not converge, the bound without sampling,
    which always holds, stands in.

    Parameters
    ----------
    sample_rate : float
        The probability with which a record takes part, above 0 and at most 1.
    noise_multiplier : float
        Standard deviation of the noise over the largest norm of a contribution.

    Returns
    -------
    ndarray of shape (n_orders,)
        An upper bound on the divergence at each of `ORDERS`; read-only.

    References
    ----------
    Mironov, Talwar, Zhang, "Rényi differential privacy of the sampled Gaussian
    mechanism", 2019, arXiv:1908.10530.

    Examples
    --------
    >>> from fairsample.flip.privacy_curves import ORDERS, sampled_gaussian_rdp
    >>> curve = sampled_gaussian_rdp(1.0, 2.0)
    >>> bool((curve == ORDERS / 8).all())
    True
    """
    with np.errstate(all="ignore"):
        bound = ORDERS / 2 / noise_multiplier / noise_multiplier
        if sample_rate < 1 and _AMPLIFIED[0] <= noise_multiplier <= _AMPLIFIED[1]:
            amplified = _amplified(sample_rate, noise_multiplier)
            rounding = _SERIES_ERROR / (ORDERS - 1)
            bound = np.fmin(bound, np.maximum(amplified, 0) + rounding)
    bound.setflags(write=False)
    return bound


def _amplified(sample_rate, noise_multiplier):
    """Give the divergences under sampling, NaN where a series fails.

    Near a rate of one half the series of orders that are no whole numbers hardly
    converges; the logarithm of the moment is convex in the order, so that the chord
    between whole ones bounds it.
    """
    if abs(sample_rate - 0.5) >= _SLOW_RATES:
        return np.array(
            [_one_order(sample_rate, noise_multiplier, order) for order in ORDERS]
        )
    whole = np.concatenate([np.arange(2.0, 12.0), ORDERS[ORDERS >= 12]])
    divergences = [_one_order(sample_rate, noise_multiplier, order) for order in whole]
    log_moments = [0, *((whole - 1) * divergences)]
    return np.interp(ORDERS, [1, *whole], log_moments) / (ORDERS - 1)


def _one_order(sample_rate, noise_multiplier, order):
    """Give the divergence at one order, NaN where the series fails."""
    from opacus.accountants.analysis.rdp import compute_rdp

    try:
        return compute_rdp(
            q=sample_rate,
            noise_multiplier=noise_multiplier,
            steps=1,
            orders=float(order),
        )
    except (ArithmeticError, ValueError):
        return math.nan


def order_epsilons(rdp, delta):
    """Convert a Rényi curve to an epsilon at every order.

    Parameters
    ----------
    rdp : ndarray of shape (n_orders,)
        Divergences at `ORDERS`.
    delta : float
        What the guarantee may fail with.

    Returns
    -------
    ndarray of shape (n_orders,)
        Epsilons, 0 or more; each of them holds.

    References
    ----------
    Balle, Barthe, Gaboardi, Hsu, Sato, "Hypothesis testing interpretations and Rényi
    differential privacy", 2020, arXiv:1905.09982, theorem 21.

    Examples
    --------
    >>> from fairsample.flip.privacy_curves import ORDERS, order_epsilons
    >>> order_epsilons(ORDERS / 8, delta=1e-5).round(2)[[0, 40, 100, 155]]
    array([111.92,   2.83,   2.29,  32.02])
    """
    return np.maximum(
        rdp - (math.log(delta) + np.log(ORDERS)) / (ORDERS - 1) + np.log1p(-1 / ORDERS),
        0,
    )


def epsilon_from_rdp(rdp, delta, order=None):
    """Convert a Rényi curve to the smallest epsilon that it proves.

    Parameters
    ----------
    rdp : ndarray of shape (n_orders,)
        Divergences at `ORDERS`.
    delta : float
        What the guarantee may fail with.
    order : float, default=None
        The one of `ORDERS` to convert at; None takes the best.

    Returns
    -------
    float

    Examples
    --------
    >>> from fairsample.flip.privacy_curves import ORDERS, epsilon_from_rdp
    >>> round(epsilon_from_rdp(ORDERS / 8, delta=1e-5), 3)
    2.166
    """
    epsilons = order_epsilons(rdp, delta)
    return float(epsilons.min() if order is None else epsilons[order == ORDERS][0])


def gaussian_epsilon(mu_squared, delta):
    """Give the exact epsilon of Gaussian mechanisms that read every record.

    Together they hide a record as well as one Gaussian mechanism with noise 1 / mu,
    where mu squared is the sum of all 1 / noise_multiplier squared.

    Parameters
    ----------
    mu_squared : float
        0 or more; infinite where no such mechanism is as strong.
    delta : float
        What the guarantee may fail with.

    Returns
    -------
    float
        The epsilon, rounded up in the last digits; infinite for infinite `mu_squared`.

    References
    ----------
    Balle, Wang, "Improving the Gaussian mechanism for differential privacy", 2018,
    arXiv:1805.06530, theorem 8.

    Examples
    --------
    >>> from fairsample.flip.privacy_curves import gaussian_epsilon
    >>> round(gaussian_epsilon(1.0, delta=1e-5), 4)
    4.3772
    """
    if not math.isfinite(mu_squared):
        return math.inf
    mu = math.sqrt(mu_squared)
    if 2 * ndtr(mu / 2) - 1 <= delta:
        return 0.0
    low, high = 0.0, mu_squared / 2 + mu * math.sqrt(2 * math.log(1 / delta))
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        if _log_gaussian_delta(mu, middle) <= math.log(delta):
            high = middle
        else:
            low = middle
    return high


def _log_gaussian_delta(mu, epsilon):
    """Give the logarithm of the least delta at an epsilon, rounded up."""
    inside = log_ndtr(mu / 2 - epsilon / mu)
    outside = epsilon + log_ndtr(-mu / 2 - epsilon / mu)
    rounding = _LAST_DIGITS * (1 + epsilon - inside)
    return inside + math.log(-math.expm1(min(outside - inside, 0) - rounding))
