"""Rows brought into a declared domain, each by itself."""

import numpy as np
import pandas as pd

from fairsample.encoding.category_cells import (
    cells_to_array,
    factorize_cells,
    find_cells,
)
from fairsample.encoding.dtypes import column_kind, dense_dtype
from fairsample.encoding.number_cells import numbers_to_array
from fairsample.flip.number_axis import NumberAxis
from fairsample.messages import quote

__all__ = [
    "CategoryAxis",
    "column_axis",
    "conform",
    "is_outside",
    "conforming_points",
    "require_complete",
]


class CategoryAxis:
    """Values of a column <-> their positions among the declared categories.

    Parameters
    ----------
    column : ColumnDomain
        A domain with categories.
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        Dtype of the column. Of a category dtype only whether it is ordered counts.
    """

    def __init__(self, column, dtype):
        self.categories = column.categories
        self.unknown = 0 if column.missing is False else -1
        self.dtype = dtype
        if isinstance(dtype, pd.CategoricalDtype):
            self.dtype = pd.CategoricalDtype(list(self.categories), dtype.ordered)

    @property
    def n_points(self):
        """Number of categories."""
        return len(self.categories)

    def split(self, series):
        """Take a column apart into positions of categories and missing cells.

        Parameters
        ----------
        series : pandas.Series of shape (n,)
            A column.

        Returns
        -------
        points : ndarray of int64 of shape (n_present,)
        missing : ndarray of bool of shape (n,)
        """
        codes, cells = factorize_cells(series)
        positions = find_cells(cells, self.categories)
        positions = np.append(np.where(positions < 0, self.unknown, positions), -1)
        points = positions[codes]
        return points[points >= 0], points < 0

    def join(self, points, missing):
        """Put positions and missing cells back into an array of the column's dtype.

        Parameters
        ----------
        points : ndarray of int of shape (n_present,)
            Positions of categories.
        missing : ndarray of bool of shape (n,)
            Which cells are missing.

        Returns
        -------
        numpy.ndarray or pandas.api.extensions.ExtensionArray of shape (n,)
        """
        if column_kind(pd.Series([], dtype=self.dtype)) == "numeric":
            values = np.array(self.categories)[points]
            return numbers_to_array(values, missing, self.dtype)
        codes = np.full(len(missing), -1)
        codes[~missing] = points
        marker = getattr(dense_dtype(self.dtype), "na_value", np.nan)
        return cells_to_array(codes, self.categories, self.dtype, marker)


def column_axis(name, column, dtype):
    """Make what takes a column of a domain apart and puts it together.

    Parameters
    ----------
    name : scalar
        The column, for messages.
    column : ColumnDomain
        Its domain as `domain_for_dtype` returns it, with bounds or categories.
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        Its dtype.

    Returns
    -------
    CategoryAxis or NumberAxis
    """
    if column.categories is None:
        return NumberAxis.from_domain(name, column, dtype)
    return CategoryAxis(column, dtype)


def conform(frame, domain):
    """Bring every row into a domain, so that nothing beyond it is ever learned.

    Numbers and times are clipped to their bounds, infinities too, and put on the
    nearest step. A value that is no category becomes missing if values may be missing,
    else the first category. A missing value where none may be becomes the lower bound
    or the first category. What becomes of a row depends on no other row. A category
    dtype gets the categories of the domain; other dtypes stay. In an object column NaN
    stands for what is missing.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n, n_columns)
        Any rows.
    domain : TableDomain
        Bounds or categories of every column. Where it does not know whether values may
        be missing, they may be.

    Returns
    -------
    pandas.DataFrame of shape (n, n_columns)
        A new frame with the same index.

    Raises
    ------
    ValueError
        If the domain does not cover a column or does not suit its dtype. The message
        names the column.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.flip.domain import TableDomain
    >>> from fairsample.flip.conforming import conform
    >>> domain = TableDomain(
    ...     {"age": {"bounds": [17, 90]}, "sex": {"categories": ["F", "M"]}}
    ... )
    >>> conform(pd.DataFrame({"age": [40, 115], "sex": ["M", "m"]}), domain)
       age  sex
    0   40    M
    1   90  NaN
    """
    domain = domain.for_frame(frame)
    require_complete(domain)
    cells = {}
    for j, (name, column) in enumerate(domain.items()):
        axis = column_axis(name, column, frame.dtypes[name])
        points, missing = conforming_points(frame[name], column, axis)
        array = axis.join(points, missing)
        cells[j] = pd.Series(array, index=frame.index, dtype=axis.dtype)
    conforming = pd.DataFrame(cells, index=frame.index, copy=False)
    conforming.columns = frame.columns
    return conforming


def conforming_points(series, column, axis):
    """Take a column apart into points, as `conform` puts them, and missing cells.

    Parameters
    ----------
    series : pandas.Series of shape (n,)
        A column.
    column : ColumnDomain
        Its domain.
    axis : CategoryAxis or NumberAxis
        Its axis under this domain.

    Returns
    -------
    points : ndarray of shape (n_present,)
        Among them the lower bound or first category for each value that is missing
        where none may be.
    missing : ndarray of bool of shape (n,)
    """
    points, missing = axis.split(series)
    if column.missing is not False:
        return points, missing
    lowest = axis.low if axis.n_points is None else 0
    filled = np.full(len(missing), lowest, dtype=points.dtype)
    filled[~missing] = points
    return filled, np.zeros(len(missing), dtype=bool)


def is_outside(series, column):
    """Tell which values `conform` brings into the domain of a column.

    Parameters
    ----------
    series : pandas.Series of shape (n,)
        Any values.
    column : ColumnDomain
        Bounds or categories.

    Returns
    -------
    ndarray of bool of shape (n,)
        True for values beyond the bounds, for no category, and for missing ones where
        none may be.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.flip.conforming import is_outside
    >>> from fairsample.flip.domain import TableDomain
    >>> age = TableDomain({"age": {"bounds": [17, 90], "missing": False}})["age"]
    >>> is_outside(pd.Series([40, 115, None]), age)
    array([False,  True,  True])
    """
    missing = series.isna().to_numpy()
    if column.categories is None:
        outside = (series < column.bounds[0]) | (series > column.bounds[1])
        outside = outside.fillna(False).to_numpy(dtype=bool)
    else:
        outside = ~series.isin(column.categories).to_numpy()
    return np.where(missing, column.missing is False, outside)


def require_complete(domain):
    """Refuse a domain that lacks bounds or categories.

    Parameters
    ----------
    domain : TableDomain
        As `TableDomain.for_frame` returns it.

    Raises
    ------
    ValueError
        If it is incomplete. The message names the columns.
    """
    undeclared = [name for name, column in domain.items() if not column.is_complete]
    if undeclared:
        raise ValueError(
            f"Nothing is declared of the columns {quote(undeclared)}. Declare their "
            "bounds or categories with domain=, or allow preprocess_epsilon= of the "
            "privacy budget to find them out."
        )
