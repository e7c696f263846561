"""Checks of a table that every resampler makes before it learns anything."""

from warnings import warn

import numpy as np
import pandas as pd
from pandas.api.types import is_complex_dtype, is_float_dtype, is_object_dtype

from fairsample.encoding.visit_cells import flatten_visits, is_visit_column
from fairsample.messages import quote

__all__ = [
    "DataWarning",
    "check_frame",
    "is_identifier",
    "refuse_visits",
    "uninformative_columns",
    "warn_of_cells",
    "warn_of_columns",
    "warn_of_uninformative",
]

_MIN_ROWS_OF_AN_IDENTIFIER = 50

_FAULTS = {
    "missing": "Columns without a single value: {}. Nothing can be learned from them.",
    "constant": "Columns with a single value: {}. Nothing can be learned from them.",
    "identifier": "Columns with another text in every row: {}. Drop them if they are "
    "identifiers.",
}


class DataWarning(UserWarning):
    """The data can be learned from, though not as one may expect.

    Examples
    --------
    >>> import warnings
    >>> from fairsample.validation import DataWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", DataWarning)
    """


def check_frame(X):
    """Refuse a frame that no resampler can learn from.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        The features.

    Raises
    ------
    ValueError
        If there are no rows or columns, if two columns have the same name, if a column
        holds complex numbers or infinities, or if a cell of a visit column is no
        visits. The message names the column.

    Examples
    --------
    >>> import pandas as pd
    >>> check_frame(pd.DataFrame({"dose": [1.0, float("inf")]}))
    Traceback (most recent call last):
    ...
    ValueError: Column 'dose' contains infinity. Replace it by a number, ...
    """
    for axis, thing in enumerate(("sample", "feature")):
        if X.shape[axis] == 0:
            raise ValueError(
                f"Found array with 0 {thing}(s) (shape={X.shape}) while a minimum of "
                "1 is required."
            )
    if not X.columns.is_unique:
        doubled = X.columns[X.columns.duplicated()].unique()
        raise ValueError(
            f"X has more than one column called {quote(doubled)}. Give every column "
            "its own name."
        )
    for name, column in X.items():
        if is_complex_dtype(column.dtype):
            raise ValueError(f"Complex data not supported: column {name!r} of X.")
        if _has_infinity(column):
            raise ValueError(
                f"Column {name!r} contains infinity. Replace it by a number, or by a "
                "missing value."
            )
        if is_visit_column(column):
            flatten_visits(column)


def refuse_visits(X, taker):
    """Refuse columns of visits.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        The features.
    taker : str
        Who takes plain tables only, for the message.

    Raises
    ------
    ValueError
        If a column holds visits. The message names it.

    Examples
    --------
    >>> import pandas as pd
    >>> refuse_visits(pd.DataFrame({"visits": [[["DX:1"]]]}), "FlipResampler")
    Traceback (most recent call last):
    ...
    ValueError: FlipResampler takes plain tables, and 'visits' hold visits. Use ...
    """
    visits = [name for name, column in X.items() if is_visit_column(column)]
    if visits:
        raise ValueError(
            f"{taker} takes plain tables, and {quote(visits)} hold visits. Use "
            "FairSynthResampler, or VisitVectorizer to turn visits into columns."
        )


def uninformative_columns(X):
    """Find columns from which nothing can be learned.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        The features.

    Returns
    -------
    columns : dict of str to list
        The names of the columns that are ``"missing"`` in every row, that are
        ``"constant"``, and that look like an ``"identifier"``: text that differs in
        every row of at least 50. Columns whose cells cannot be hashed (visits) are
        never listed.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"unit": ["mg"] * 3, "note": [None] * 3, "dose": [1, 2, 2]})
    >>> uninformative_columns(X)
    {'missing': ['note'], 'constant': ['unit'], 'identifier': []}
    """
    found = {"missing": [], "constant": [], "identifier": []}
    for name, column in X.items():
        if column.isna().all():
            found["missing"].append(name)
            continue
        try:
            n_values = column.nunique(dropna=False)
        except (TypeError, NotImplementedError):  # nested cells, in lists or in arrow
            continue
        if n_values == 1:
            found["constant"].append(name)
        elif n_values == len(column) and is_identifier(column):
            found["identifier"].append(name)
    return found


def is_identifier(cells):
    """Tell whether distinct cells are as many texts as identifiers are.

    Parameters
    ----------
    cells : Series of shape (n_distinct,)
        Each cell of a column once.

    Returns
    -------
    identifier : bool
        True for at least 50 texts or categories.
    """
    return (
        len(cells) >= _MIN_ROWS_OF_AN_IDENTIFIER
        and not pd.api.types.is_numeric_dtype(cells.dtype)
        and pd.api.types.infer_dtype(cells, skipna=True)
        in ("string", "categorical", "mixed-integer")
    )


def warn_of_columns(X):
    """Warn of columns that are all missing, constant or identifiers.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        The features.

    Examples
    --------
    >>> import pandas as pd
    >>> warn_of_columns(pd.DataFrame({"dose": [1, 2, 2]}))
    """
    warn_of_uninformative(uninformative_columns(X))


def warn_of_uninformative(found):
    """Warn of columns that were found to be all missing, constant or identifiers.

    Parameters
    ----------
    found : dict of str to list
        See `uninformative_columns`.
    """
    for fault, columns in found.items():
        if columns:
            warn(_FAULTS[fault].format(quote(columns)), DataWarning, stacklevel=5)


def warn_of_cells(counts, cells, *, min_size, fate):
    """Warn of cells with too few rows to learn from, and of those with none.

    Parameters
    ----------
    counts : ndarray of int of shape (n_groups, n_classes)
        The rows of each cell.
    cells : list of length n_groups * n_classes
        What the cells are called, group by group.
    min_size : int
        Cells with fewer rows are small.
    fate : str
        What becomes of small cells.

    Examples
    --------
    >>> counts = np.array([[30, 12]])
    >>> warn_of_cells(counts, [("F", 0), ("F", 1)], min_size=10, fate="pooled")
    """
    sizes = counts.ravel()
    small = [
        cell for cell, size in zip(cells, sizes, strict=True) if 0 < size < min_size
    ]
    empty = [cell for cell, size in zip(cells, sizes, strict=True) if size == 0]
    if small:
        warn(
            f"Groups and classes with fewer than {min_size} rows: {quote(small)}. They "
            f"are {fate}.",
            DataWarning,
            stacklevel=4,
        )
    if empty:
        warn(
            f"Groups and classes without a row: {quote(empty)}. They are owed nothing, "
            "whatever the sampling_strategy.",
            DataWarning,
            stacklevel=4,
        )


def _has_infinity(column):
    if isinstance(column.dtype, pd.SparseDtype):
        column = pd.Series(np.append(column.sparse.sp_values, column.sparse.fill_value))
    if is_float_dtype(column.dtype):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        return bool(np.isinf(values).any())
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _has_infinity(column.cat.categories.to_series())
    if is_object_dtype(column.dtype):
        return any(isinstance(v, float | np.floating) and np.isinf(v) for v in column)
    return False
