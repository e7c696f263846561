"""The resolution of a column of numbers or times, found by a noisy count."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd

from fairsample.flip.noisy_counts import noisy_counts
from fairsample.flip.number_axis import split_with_infinities, times_at

__all__ = ["find_step"]

_MOST_DECIMALS = 6
_EXACT = 2.0**53
_TIME_UNITS = ("D", "h", "min", "s", "ms", "us", "ns")
_FEW = 0.1
_DOUBTS = 2.0


def find_step(series, column, axis, std, noise):
    """Count how many decimals, or which unit of time, each value is written with.

    A record adds one to one count. The coarsest resolution is taken that surely, in
    spite of the noise, writes nine values in ten.

    Parameters
    ----------
    series : pandas.Series of shape (n,)
        The private column, of floats or times.
    column : ColumnDomain
        Its domain, without a step.
    axis : NumberAxis
        Its axis under this domain.
    std : float
        Standard deviation of the noise of each count.
    noise : SecureNoise
        Where the noise comes from.

    Returns
    -------
    ColumnDomain
        With a step, and of floats with bounds that are whole steps; as it was if no
        resolution is found.
    """
    steps = _time_steps(axis) if axis.time_unit else _decimal_steps(axis)
    values, _ = split_with_infinities(series, series.dtype)
    values = np.clip(values, axis.low, axis.high)
    finest = np.full(len(values), len(steps))
    for rank in reversed(range(len(steps))):
        finest[_are_steps(values, steps[rank])] = rank
    counts = noisy_counts(finest, len(steps) + 1, std, noise)
    for rank, step in enumerate(steps):
        beyond = counts[rank + 1 :]
        surely = beyond.sum() + _DOUBTS * std * np.sqrt(len(beyond))
        if surely <= _FEW * counts.sum():
            found = _on_steps(column, axis, step)
            return column if found is None else found
    return column


def _decimal_steps(axis):
    """List 10 ** decimals, from whole numbers on, as far as floats tell them apart."""
    greatest = max(abs(axis.low), abs(axis.high))
    scales = (10**decimals for decimals in range(_MOST_DECIMALS + 1))
    return [Fraction(1, scale) for scale in scales if greatest * scale < _EXACT]


def _time_steps(axis):
    """List the units of time in ticks, from days on."""
    tick = pd.Timedelta(1, axis.time_unit)
    ticks = (pd.Timedelta(1, name) / tick for name in _TIME_UNITS)
    return [Fraction(round(tick)) for tick in ticks if tick >= 1]


def _are_steps(values, step):
    if step >= 1:
        return values % int(step) == 0
    scale = float(step.denominator)
    rounded = np.rint(values.astype(np.float64) * scale) / scale
    return rounded.astype(values.dtype) == values


def _on_steps(column, axis, step):
    """Narrow the bounds to whole steps; None if there are none between them."""
    low = math.ceil(Fraction(axis.low) / step)
    high = math.floor(Fraction(axis.high) / step)
    if low > high:
        return None
    if not axis.time_unit:
        bounds = float(low * step), float(high * step)
        return replace(column, bounds=bounds, step=float(step))
    bounds = times_at([int(low * step), int(high * step)], axis.dtype)
    length = pd.Timedelta(np.timedelta64(int(step), axis.time_unit))
    return replace(column, bounds=bounds, step=length)
