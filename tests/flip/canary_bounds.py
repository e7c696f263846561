"""Lower bounds on epsilon, from how well a canary is told by what was released."""

import numpy as np
from scipy.stats import beta, binom, norm

from fairsample.flip.privacy_curves import gaussian_epsilon

__all__ = ["epsilon_of_guesses", "epsilon_of_tests"]


def epsilon_of_tests(without, with_canary, delta, *, confidence=0.95):
    """Bound epsilon by repeated tests of two hypotheses, as for Gaussian noise.

    The canary is taken to be there where the score is positive. Clopper and Pearson
    bound both error rates, and these the distance of two Gaussians.

    Parameters
    ----------
    without, with_canary : array-like of float
        Scores of independent runs on each of two neighbouring tables.
    delta : float
        For which epsilon is asked.
    confidence : float, default=0.95
        That epsilon is no less.

    Returns
    -------
    float
    """
    each = 1 - (1 - confidence) / 2
    n_false, n_true = (np.sum(np.greater(one, 0)) for one in (without, with_canary))
    most_false = beta.ppf(each, n_false + 1, len(without) - n_false)
    least_true = beta.ppf(1 - each, n_true, len(with_canary) - n_true + 1)
    mu = norm.ppf(least_true) - norm.ppf(most_false)
    return gaussian_epsilon(mu**2, delta) if mu > 0 else 0.0


def epsilon_of_guesses(n_right, n_guesses, n_canaries, delta, *, confidence=0.95):
    """Bound epsilon by guesses, in one run, which of many canaries were there.

    Parameters
    ----------
    n_right, n_guesses : int
        Guesses about canaries that were put in by the toss of a coin.
    n_canaries : int
        All that there were.
    delta : float
        For which epsilon is asked.
    confidence : float, default=0.95
        That epsilon is no less.

    Returns
    -------
    float
        0 where guesses are no better than a coin.

    References
    ----------
    Steinke, Nasr, Jagielski, "Privacy auditing with one (1) training run", 2023,
    arXiv:2305.08846, Theorem 5.2.
    """

    def chance(epsilon):
        right = binom(n_guesses, 1 / (1 + np.exp(-epsilon)))
        below = n_right - np.arange(1, n_canaries + 1)
        between = right.cdf(n_right - 1) - right.cdf(below - 1)
        slack = np.max(2 * between / np.arange(1, n_canaries + 1))
        return right.sf(n_right - 1) + slack * n_canaries * delta

    low, high = 0.0, 50.0
    if chance(low) > 1 - confidence:
        return 0.0
    for _ in range(40):
        middle = (low + high) / 2
        if chance(middle) <= 1 - confidence:
            low = middle
        else:
            high = middle
    return low
