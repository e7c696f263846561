"""Bounds and categories that were not declared, found out at a price."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
from scipy.stats import norm

from fairsample.encoding.category_cells import factorize_cells
from fairsample.encoding.dtypes import column_kind, dense_dtype
from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.conforming import require_complete
from fairsample.flip.declared_dtypes import domain_for_dtype
from fairsample.flip.domain import TableDomain
from fairsample.flip.mechanism import Mechanism
from fairsample.flip.noise_solver import solve_noise
from fairsample.flip.noisy_counts import noisy_counts, threshold_of
from fairsample.flip.number_axis import split_with_infinities, times_at
from fairsample.messages import quote

__all__ = ["complete_domain"]

_LIST_DELTA = 0.05
_SMALLEST, _GREATEST = -60, 64
_N_OCTAVES = _GREATEST - _SMALLEST + 1
_FALSE_ALARM = 1e-3
_CROWDED_OCTAVES = 5


def complete_domain(frame, domain, *, ledger, epsilon, noise):
    """Find out the bounds and categories that were not declared, in a private manner.

    * Categories: those that many rows hold, the most frequent first. A noisy count has
      to exceed a threshold that a single row reaches with a tiny probability, which is
      part of delta. Rarer ones are never seen.
    * Bounds of numbers, times and durations: the least and the greatest power of two
      between which, by noisy counts, there are values. Values that crowd at the lower
      end get a log scale.
    * Whether values are missing: by a noisy count among those above.

    Nothing is read, and nothing enters the ledger, if all is declared.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n, n_columns)
        The private rows.
    domain : TableDomain, or what makes one
        What is declared.
    ledger : PrivacyLedger
        Charged before anything is read.
    epsilon : float or None
        What this may cost if it were all, at the delta of the ledger.
    noise : SecureNoise
        Where the noise comes from.

    Returns
    -------
    TableDomain
        Bounds or categories of every column, in the frame's order.

    Raises
    ------
    ValueError
        If something is undeclared and there is no epsilon; if a declaration does not
        suit the frame; if there are too few rows of each category, or of numbers in
        any range, to be told from the noise. The message names the columns.

    References
    ----------
    .. [1] A. Korolova, K. Kenthapadi, N. Mishra, A. Ntoulas, "Releasing search queries
       and clicks privately", WWW 2009.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.flip.budget import PrivacyLedger
    >>> from fairsample.flip.secure_noise import SecureNoise
    >>> from fairsample.flip.undeclared import complete_domain
    >>> frame = pd.DataFrame({"sex": ["F", "F", "M"] * 500, "age": [18, 40, 80] * 500})
    >>> ledger = PrivacyLedger(delta=1e-5)
    >>> domain = complete_domain(
    ...     frame,
    ...     {"age": {"bounds": [17, 90]}},
    ...     ledger=ledger,
    ...     epsilon=0.5,
    ...     noise=SecureNoise(),
    ... )
    >>> domain["sex"].categories
    ('F', 'M')
    """
    domain = TableDomain(domain).for_frame(frame)
    undeclared = [name for name, column in domain.items() if not column.is_complete]
    if not undeclared:
        return domain
    if not epsilon:
        require_complete(domain)
    listing = [name for name in undeclared if _is_listed(frame.dtypes[name])]
    delta = _LIST_DELTA * ledger.delta if listing else 0.0
    joint = solve_noise(PrivacyLedger(ledger.delta), epsilon, delta=delta)
    ledger.add(
        Mechanism(
            name="domain",
            reads=f"ranges and categories of {quote(undeclared)}",
            noise_multiplier=joint,
            delta=delta,
        )
    )
    std = joint * np.sqrt(len(undeclared))
    found = dict(domain)
    for name in undeclared:
        if name in listing:
            threshold = threshold_of(std, delta / len(listing))
            column = _find_categories(frame[name], domain[name], std, threshold, noise)
        else:
            column = _find_bounds(frame[name], domain[name], std, noise)
        found[name] = domain_for_dtype(name, column, frame.dtypes[name])
    return TableDomain(found)


def _is_listed(dtype):
    """Whether a column of which nothing is known has its categories listed."""
    return column_kind(pd.Series([], dtype=dtype)) == "categorical"


def _find_categories(series, column, std, threshold, noise):
    """List frequent categories; missing values are counted in any case."""
    codes, cells = factorize_cells(series)
    codes = np.where(codes < 0, len(cells), codes)
    counts = noisy_counts(codes, len(cells) + 1, std, noise)
    listed = np.flatnonzero(counts[:-1] > threshold)
    if not len(listed):
        raise ValueError(
            f"Column {series.name!r} has no category that clearly more than "
            f"{threshold:.0f} rows hold, as many as hide a single one at this budget. "
            "Declare its categories with domain=, raise preprocess_epsilon=, or drop "
            "the column."
        )
    if not getattr(series.dtype, "ordered", False):
        listed = listed[np.argsort(-counts[listed], kind="stable")]
    missing = column.missing
    if missing is None:
        missing = bool(counts[-1] > threshold)
    categories = tuple(cells[code] for code in listed)
    return replace(column, categories=categories, missing=missing)


def _find_bounds(series, column, std, noise):
    """Find the powers of two between which there are values."""
    values, missing = split_with_infinities(series, series.dtype)
    octaves = _octaves(values[np.isfinite(values)].astype(np.float64))
    cells = np.append(octaves + _N_OCTAVES, np.full(missing.sum(), 2 * _N_OCTAVES + 1))
    n_cells = 2 * _N_OCTAVES + 2
    counts = noisy_counts(cells, n_cells, std, noise)
    threshold = std * norm.isf(_FALSE_ALARM / n_cells)
    held = np.flatnonzero(counts[:-1] > threshold)
    if not len(held):
        raise ValueError(
            f"Column {series.name!r} has no range that clearly more than "
            f"{threshold:.0f} rows lie in, as many as the noise makes up at this "
            "budget. Declare its bounds with domain=, raise preprocess_epsilon=, or "
            "drop the column."
        )
    octaves = held - _N_OCTAVES
    low, high = _ends(octaves[0])[0], _ends(octaves[-1])[1]
    until = np.cumsum(counts[held])
    median = octaves[np.searchsorted(until, until[-1] / 2)]
    is_crowded = low >= 0 and octaves[-1] - median >= _CROWDED_OCTAVES
    if column.missing is None:
        column = replace(column, missing=bool(counts[-1] > threshold))
    scale = "log" if is_crowded else column.scale
    bounds = _as_values(low, high, series.dtype)
    return replace(column, bounds=bounds, scale=scale)


def _as_values(low, high, dtype):
    """Turn the ends of octaves, which the outer ones do not hold, into bounds."""
    if dense_dtype(dtype).kind == "f":
        return float(low), float(high)
    low = math.floor(low) + 1 if low < 0 else math.ceil(low)
    high = math.ceil(high) - 1 if high > 0 else math.floor(high)
    bounds = low, max(low, high)
    return times_at(bounds, dtype) if dense_dtype(dtype).kind in "mM" else bounds


def _octaves(values):
    """Give 0 to zero, and a signed rank to the power of two below each value."""
    exponents = np.clip(np.frexp(values)[1], _SMALLEST, _GREATEST)
    is_zero = np.abs(values) < 2.0 ** (_SMALLEST - 1)
    ranks = (exponents - _SMALLEST + 1) * np.sign(values)
    return np.where(is_zero, 0, ranks).astype(np.int64)


def _ends(octave):
    """Give the least and the greatest value of an octave."""
    if octave == 0:
        return 0, 0
    power = abs(int(octave)) + _SMALLEST - 1
    inner, outer = Fraction(2) ** (power - 1), Fraction(2) ** power
    return (inner, outer) if octave > 0 else (-outer, -inner)
