"""What is declared of a column, checked against the column's dtype."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from fairsample.encoding.dtypes import column_kind, dense_dtype
from fairsample.flip.column_domain import check_order

__all__ = ["domain_for_dtype"]


def domain_for_dtype(name, column, dtype):
    """Check a domain against the column's dtype, and fill in what the dtype tells.

    No value is looked at, nor the categories of a category dtype: which ones it has may
    depend on the rows.

    Parameters
    ----------
    name : scalar
        The column.
    column : ColumnDomain
        Its domain.
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        Its dtype.

    Returns
    -------
    ColumnDomain
        Booleans have their categories, integers whole bounds and a step, times have
        Timestamps or Timedeltas for bounds; a dtype without missing values says so.

    Raises
    ------
    ValueError
        If the domain is none of this dtype. The message names the column.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.flip.column_domain import ColumnDomain
    >>> from fairsample.flip.declared_dtypes import domain_for_dtype
    >>> domain_for_dtype("smokes", ColumnDomain(), np.dtype(bool))
    ColumnDomain(bounds=None, categories=(False, True), missing=False, ...)
    """
    kind = column_kind(pd.Series([], dtype=dtype, name=name))
    dense = dense_dtype(dtype)
    if isinstance(dense, np.dtype) and dense.kind in "iub":
        column = replace(column, missing=False)
    if kind in ("boolean", "categorical"):
        return _of_categories(name, column, dense, kind)
    if column.categories is not None:
        return _of_listed_numbers(name, column, kind)
    if kind == "numeric":
        return _of_numbers(name, column, dense)
    return _of_times(name, column, dense, kind)


def _of_categories(name, column, dtype, kind):
    for key in ("bounds", "step"):
        if getattr(column, key) is not None:
            raise ValueError(
                f"Column {name!r} of dtype {dtype} has no {key}. Declare its "
                "'categories', or convert the column to numbers."
            )
    if column.categories is None:
        return replace(column, categories=(False, True) if kind == "boolean" else None)
    for category in column.categories:
        if not _can_be_cell(category, dtype, kind):
            raise ValueError(
                f"Column {name!r} of dtype {dtype.name} holds no {category!r}. Declare "
                "the categories as the column has them."
            )
    return column


def _can_be_cell(category, dtype, kind):
    if kind == "boolean":
        return isinstance(category, bool)
    if isinstance(dtype, pd.StringDtype):
        return isinstance(category, str)
    return True


def _of_listed_numbers(name, column, kind):
    if kind != "numeric":
        raise ValueError(
            f"Column {name!r} is a {kind} column: declare its 'bounds', not "
            "'categories'."
        )
    _require_numbers(name, column.categories)
    return column


def _of_numbers(name, column, dtype):
    _require_numbers(name, (*(column.bounds or ()), column.step))
    plain = dtype if isinstance(dtype, np.dtype) else dtype.numpy_dtype
    if plain.kind == "f":
        bounds = column.bounds
        if bounds is not None:
            greatest = (
                float(np.finfo(plain).max) / 4
            )  # so that their distance is finite
            bounds = tuple(min(max(float(b), -greatest), greatest) for b in bounds)
        return replace(column, bounds=bounds)
    step = 1 if column.step is None else column.step
    if step != int(step):
        raise ValueError(
            f"Column {name!r} holds integers; declare a whole 'step', not {step!r}."
        )
    bounds = column.bounds
    if bounds is not None:
        info = np.iinfo(plain)
        bounds = max(math.ceil(bounds[0]), info.min), math.floor(bounds[1])
        bounds = bounds[0], min(bounds[1], info.max)
        if bounds[0] > bounds[1]:
            raise ValueError(
                f"No {dtype} lies within the bounds {list(column.bounds)} of column "
                f"{name!r}. Widen them."
            )
    return replace(column, bounds=bounds, step=int(step))


def _require_numbers(name, values):
    for value in values:
        if value is not None and not _is_number(value):
            raise ValueError(
                f"Column {name!r} holds numbers; {value!r} in its domain is none."
            )


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of_times(name, column, dtype, kind):
    read = pd.Timedelta if kind == "timedelta" else pd.Timestamp
    zone = getattr(dtype, "tz", None)
    bounds, step = column.bounds, column.step
    for value in (*(bounds or ()), step):
        if _is_number(value):
            raise ValueError(
                f"Column {name!r} is a {kind} column; {value!r} in its domain is a "
                "number. Declare a text, a Timestamp or a Timedelta."
            )
    if column.scale == "log" and kind == "datetime":
        raise ValueError(
            f"Column {name!r} is a datetime column, which has no 'log' scale."
        )
    try:
        if bounds is not None:
            bounds = tuple(_in_zone(read(bound), zone) for bound in bounds)
        step = None if step is None else pd.Timedelta(step)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"The domain of the {kind} column {name!r} cannot be read: {error}"
        ) from None
    if bounds is not None:
        check_order(name, bounds)
    return replace(column, bounds=bounds, step=step)


def _in_zone(time, zone):
    """Put a time into the zone of its column, a time without zone as local time."""
    given = getattr(time, "tz", None)
    if zone is None:
        return time if given is None else time.tz_convert("UTC").tz_localize(None)
    return time.tz_localize(zone) if given is None else time.tz_convert(zone)
