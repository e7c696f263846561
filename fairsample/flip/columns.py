"""The distribution of each column by itself, counted with noise, and a table of it."""

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from fairsample.flip.conforming import column_axis, require_complete
from fairsample.flip.counted_column import CountedColumn, may_list_values
from fairsample.flip.domain import TableDomain
from fairsample.flip.mechanism import Mechanism
from fairsample.flip.noisy_counts import joint_multiplier
from fairsample.messages import quote

__all__ = ["release_columns"]

LIST_DELTA = 0.05
_FEWEST_ROWS = 100


def release_columns(
    frame,
    domain,
    *,
    ledger,
    noise_multipliers,
    noise,
    n_rows_sketch=None,
    random_state=None,
):
    """Count every column by itself with noise, and draw a table from the counts.

    In a column of numbers with more than 256 points between the bounds, the values that
    many records hold (a zero, a cap) are found first, then counted beside 256
    intervals. Where no step is declared for floats or times, the resolution is found
    before. All of a column costs what one Gaussian mechanism of its noise multiplier
    costs, plus a share of delta for each list of frequent values. The whole enters the
    ledger before anything is counted.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n, n_columns)
        The private rows; they are taken as `conform` would bring them into the domain.
    domain : TableDomain
        Bounds or categories of every column.
    ledger : PrivacyLedger
        Charged.
    noise_multipliers : float or sequence of float of shape (n_columns,)
        Of all or each of the columns: noise in records over a sensitivity of one.
    noise : SecureNoise
        Where the noise comes from.
    n_rows_sketch : int, default=None
        Rows of the sketch, at least; None for the noisy number of rows.
    random_state : int, RandomState instance or None, default=None
        Draws the sketch from the noisy counts, which costs nothing.

    Returns
    -------
    sketch : pandas.DataFrame of shape (n_rows, n_columns)
        Private rows of independent columns, of the dtypes that `conform` gives. Every
        declared category occurs, and a missing value wherever they may be.
    domain : TableDomain
        With the steps that were found and whether values are missing.

    Raises
    ------
    ValueError
        If the domain does not cover a column or does not suit its dtype, or a noise
        multiplier is not positive.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.flip.domain import TableDomain
    >>> from fairsample.flip.budget import PrivacyLedger
    >>> from fairsample.flip.columns import release_columns
    >>> from fairsample.flip.secure_noise import SecureNoise
    >>> frame = pd.DataFrame({"sex": ["F", "M"] * 500, "age": [30, 40, 50, 60] * 250})
    >>> domain = TableDomain(
    ...     {"sex": {"categories": ["F", "M"]}, "age": {"bounds": [17, 90]}}
    ... )
    >>> ledger = PrivacyLedger(delta=1e-5)
    >>> sketch, domain = release_columns(
    ...     frame,
    ...     domain,
    ...     ledger=ledger,
    ...     noise_multipliers=5.0,
    ...     noise=SecureNoise(),
    ...     n_rows_sketch=1000,
    ... )
    >>> sketch.shape, domain["sex"].missing
    ((1000, 2), False)
    """
    domain = domain.for_frame(frame)
    require_complete(domain)
    multipliers = _checked_multipliers(noise_multipliers, len(domain))
    listing = {
        name
        for name, column in domain.items()
        if may_list_values(column, column_axis(name, column, frame.dtypes[name]))
    }
    delta = LIST_DELTA * ledger.delta if listing else 0.0
    ledger.add(
        Mechanism(
            name="columns",
            reads=f"each column by itself: {quote(domain)}",
            noise_multiplier=joint_multiplier(multipliers),
            delta=delta,
        )
    )
    counted = [
        CountedColumn.count(
            frame[name],
            column,
            noise_multiplier=multiplier,
            delta=delta / len(listing) if name in listing else 0.0,
            noise=noise,
        )
        for (name, column), multiplier in zip(domain.items(), multipliers, strict=True)
    ]
    total = _noisy_total(counted)
    n_rows = round(total) if n_rows_sketch is None else n_rows_sketch
    n_rows = max([n_rows, _FEWEST_ROWS, *(2 * len(one.counts) for one in counted)])
    stream = check_random_state(random_state)
    drawn = {j: one.draw(n_rows, total, stream) for j, one in enumerate(counted)}
    sketch = pd.DataFrame(drawn, index=pd.RangeIndex(n_rows), copy=False)
    sketch.columns = frame.columns
    found = {one.name: one.column for one in counted}
    return sketch, TableDomain(found)


def _checked_multipliers(multipliers, n_columns):
    multipliers = np.asarray(multipliers, dtype=float)
    if multipliers.ndim == 0:
        multipliers = np.full(n_columns, multipliers)
    if multipliers.shape != (n_columns,):
        raise ValueError(
            f"noise_multipliers has shape {multipliers.shape}; give one number, or one "
            f"for each of the {n_columns} columns."
        )
    if not (np.isfinite(multipliers) & (multipliers > 0)).all():
        raise ValueError(
            f"noise_multipliers are positive and finite, not {multipliers.tolist()}."
        )
    return multipliers


def _noisy_total(counted):
    """Estimate the number of records from all columns, the most exact ones first."""
    weights = np.array([1 / (len(one.counts) * one.std**2) for one in counted])
    totals = np.array([one.counts.sum() for one in counted])
    return max(float(weights @ totals / weights.sum()), 1.0)
