"""How much noise a budget asks for."""

import math

from scipy.optimize import brentq

from fairsample.flip.mechanism import Mechanism
from fairsample.messages import quote

__all__ = ["clip_scales", "solve_noise"]

_TOLERANCE = 2e-5  # of the logarithm of a noise multiplier
_MOST_NOISE = 1e6
_ENDLESS_NOISE = 1e9


def solve_noise(ledger, epsilon, *, sample_rate=1.0, n_steps=1, delta=0.0, groups=None):
    """Find the least noise with which one more mechanism stays within a budget.

    Parameters
    ----------
    ledger : PrivacyLedger
        What is spent; it is not changed.
    epsilon : float
        What may be spent in all, positive.
    sample_rate : float, default=1.0
        The probability with which a row takes part in a step.
    n_steps : int, default=1
        How often rows are read.
    delta : float, default=0.0
        The mechanism's own.
    groups : dict of group to float, default=None
        The sampling rate of each group, where they differ; the noise multiplier is
        then common to all and the group that pays most decides.

    Returns
    -------
    float
        A noise multiplier with which the ledger's epsilon is at most `epsilon`, and
        at most a ten-thousandth more than the least such.

    Raises
    ------
    ValueError
        If `epsilon` is not positive, or the ledger leaves nothing of it.

    Examples
    --------
    >>> from fairsample.flip.budget import PrivacyLedger
    >>> from fairsample.flip.noise_solver import solve_noise
    >>> round(solve_noise(PrivacyLedger(delta=1e-5), epsilon=1.0), 3)
    3.731
    >>> round(solve_noise(PrivacyLedger(delta=1e-5), epsilon=1.0, n_steps=4), 3)
    7.461
    """
    if not 0 < epsilon < math.inf:
        raise ValueError(f"epsilon must be positive and finite, got {epsilon!r}.")

    def total(noise):
        if groups is None:
            described = {"noise_multiplier": noise, "sample_rate": sample_rate}
        else:
            described = {"groups": {group: (groups[group], noise) for group in groups}}
        added = Mechanism("more", "rows", n_steps=n_steps, delta=delta, **described)
        return ledger.copy().add(added).epsilon()

    spent = total(_ENDLESS_NOISE)
    fastest = sample_rate if groups is None else max(groups.values())
    guess = math.sqrt(-2 * n_steps * math.log(ledger.delta)) * fastest / epsilon
    low = high = math.log(min(max(guess, 0.3), _MOST_NOISE))
    if spent < epsilon:
        while total(math.exp(high)) > epsilon and high < math.log(_MOST_NOISE):
            low, high = high, high + 1
    if spent >= epsilon or total(math.exp(high)) > epsilon:
        raise ValueError(
            f"An epsilon of {epsilon:g} leaves no room for one more mechanism: those "
            f"before it spend {spent:.6g} beside it. Give a larger epsilon or delta, "
            "or the earlier ones more noise."
        )
    while total(math.exp(low)) <= epsilon:
        low, high = low - 1, low
    log_noise = brentq(
        lambda log_noise: total(math.exp(log_noise)) - epsilon,
        low,
        high,
        xtol=_TOLERANCE,
    )
    noise = math.exp(log_noise + _TOLERANCE)
    while total(noise) > epsilon:
        noise *= 1 + _TOLERANCE
    return noise


def clip_scales(ledger, epsilon, rates, n_steps):
    """Find the clipping norms with which all groups pay the same.

    Where groups are sampled at different rates under one noise, the rows of the group
    that is drawn most often pay most. Clipping its contributions more spends the
    budget of every group in full.

    Parameters
    ----------
    ledger : PrivacyLedger
        What is spent; it is not changed.
    epsilon : float
        What the rows of each group may spend in all, positive.
    rates : dict of group to float
        The sampling rate of each group.
    n_steps : int
        How often rows are read.

    Returns
    -------
    noise_multiplier : float
        Standard deviation of the noise over the largest of the clipping norms.
    scales : dict of group to float
        Each group's clipping norm over the largest; `noise_multiplier` over it is the
        group's own noise multiplier.

    Raises
    ------
    ValueError
        If the ledger knows other groups or leaves nothing of `epsilon`.

    References
    ----------
    Boenisch, Mühl, Dziedzic, Rinberg, Papernot, "Have it your way: individualized
    privacy assignment for DP-SGD", 2023, arXiv:2303.17046 ("Scale").

    Examples
    --------
    >>> from fairsample.flip.budget import PrivacyLedger
    >>> from fairsample.flip.noise_solver import clip_scales
    >>> noise_multiplier, scales = clip_scales(
    ...     PrivacyLedger(delta=1e-5), 1.0, {"F": 0.0265, "M": 0.0131}, n_steps=2000
    ... )
    >>> round(noise_multiplier, 2), {group: round(scales[group], 2) for group in scales}
    (2.5..., {'F': 0.51, 'M': 1.0})
    """
    if ledger.groups and set(ledger.groups) != set(rates):
        raise ValueError(
            f"Rates are given for the groups {quote(rates)}, and the ledger is about "
            f"{quote(ledger.groups)}."
        )
    noises = {
        group: solve_noise(
            ledger.for_group(group), epsilon, sample_rate=rate, n_steps=n_steps
        )
        for group, rate in rates.items()
    }
    least = min(noises.values())
    return least, {group: _scale(least, noise) for group, noise in noises.items()}


def _scale(least, noise):
    """Divide so that `least` over the result is no less than `noise`."""
    scale = least / noise
    while least / scale < noise:
        scale = math.nextafter(scale, 0)
    return scale
