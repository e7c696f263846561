"""What was given to a private fit, brought into forms that tell nothing of the rows.

Names and dtypes of columns and the form of X and y are public.  Groups, classes and
categories are those of a domain, never those that occur.
"""

from dataclasses import dataclass, replace
from warnings import warn

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length

from fairsample.flip.column_domain import ColumnDomain
from fairsample.flip.declared_dtypes import domain_for_dtype
from fairsample.flip.domain import TableDomain
from fairsample.groups import MISSING, selected_columns, values_as_table
from fairsample.messages import quote
from fairsample.target_form import one_column
from fairsample.validation import DataWarning

__all__ = [
    "PrivateInput",
    "warn_of_outside",
]


@dataclass(frozen=True, repr=False)
class PrivateInput:
    """Private rows, split into what is learned and what says which cell a row is in.

    Its ``repr`` shows no row: caches write down what functions were called with.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The columns of X that are not sensitive.
    cells : DataFrame of shape (n_rows, n_sensitive + 1)
        The sensitive features and, last, the target, all as categories.
    sensitive_columns : tuple
        The columns of X that hold the sensitive features, if they are such.
    dtypes : dict
        Of the columns of `cells`, as they were given.
    has_missing_group : bool
        Whether rows without a sensitive feature are a group.
    """

    frame: pd.DataFrame
    cells: pd.DataFrame
    sensitive_columns: tuple
    dtypes: dict
    has_missing_group: bool

    def __repr__(self):
        return "PrivateInput(...)"

    @classmethod
    def read(cls, X, y, *, selector=None, values=None, missing="error"):
        """Split the rows; nothing is learned of them.

        Parameters
        ----------
        X : DataFrame of shape (n_rows, n_features)
            The features.
        y : array-like of shape (n_rows,)
            The classes.
        selector : str, int, list or mask, default=None
            The sensitive columns.
        values : array-like, default=None
            The sensitive features themselves; they win, and take the place of columns
            of X that have their names.
        missing : {"error", "group"}, default="error"
            Whether sensitive features may be missing.

        Returns
        -------
        PrivateInput

        Raises
        ------
        ValueError
            If y has several columns or missing values, if the sensitive features are
            given by a callable or not at all, if they are missing where they may not,
            or if two of all columns have one name.
        """
        target = _target(y)
        check_consistent_length(X, target)
        if values is not None:
            table, columns = values_as_table(values), ()
            check_consistent_length(X, table)
            if all(name in X.columns for name in table):  # they stand for these
                columns = tuple(table)
        elif callable(selector):
            raise ValueError(
                "sensitive_features is a callable: what it returns may depend on all "
                "rows at once, and no guarantee holds for that. Name columns, or give "
                "the values at call time."
            )
        else:
            columns = selected_columns(X, selector)
            table = X.loc[:, list(columns)].reset_index(drop=True)
        lacking = [
            name for name in table if missing == "error" and table[name].isna().any()
        ]
        if lacking:
            raise ValueError(
                f"Sensitive features {quote(lacking)} have missing values. Fill or "
                "drop them, or set missing_sensitive='group' to make them a group."
            )
        dtypes = {**table.dtypes, target.name: target.dtype}
        frame = X.drop(columns=list(columns)).reset_index(drop=True)
        names = [*frame.columns, *table.columns, target.name]
        twice = pd.Index(names)[pd.Index(names).duplicated()]
        if len(twice):
            raise ValueError(
                f"{quote(list(twice))} names both a column of X and the target or a "
                "sensitive feature given as values. Rename one."
            )
        cells = pd.concat([table, target], axis=1)
        filler = MISSING if missing == "group" else None
        cells = pd.DataFrame(
            {name: _as_categories(cells[name], filler) for name in cells}
        )
        return cls(frame, cells, tuple(columns), dtypes, missing == "group")

    def known_domain(self, domain):
        """Add to a domain what the dtypes of group and class columns tell.

        Parameters
        ----------
        domain : TableDomain or what makes one
            What the user declared.

        Returns
        -------
        TableDomain
            Of `frame` and `cells`.

        Raises
        ------
        ValueError
            If a group or class column is declared by bounds, or by categories that its
            dtype cannot hold.
        """
        known = dict(TableDomain(domain))
        for name, dtype in self.dtypes.items():
            if name in known and known[name].categories is None:
                raise ValueError(
                    f"Column {name!r} says which group or class a row is in: declare "
                    f"its categories, as {{{name!r}: {{'categories': [...]}}}}."
                )
            if name in known:
                domain_for_dtype(name, known[name], dtype)
            elif _is_boolean(dtype):
                known[name] = ColumnDomain(categories=(False, True))
        for name in list(self.cells)[:-1] if self.has_missing_group else ():
            if name not in known or not _may_be_missing(self.dtypes[name]):
                continue
            if MISSING not in known[name].categories:
                categories = (*known[name].categories, MISSING)
                known[name] = replace(known[name], categories=categories)
        return TableDomain(known)


def _is_boolean(dtype):
    """Whether a dtype says that values are False or True; a category dtype does not."""
    is_category = isinstance(dtype, pd.CategoricalDtype)
    return not is_category and pd.api.types.is_bool_dtype(dtype)


def _as_categories(column, filler):
    """Give a column as categories, in their order if they have one."""
    values, dtype = column.astype(object), "category"
    if filler is not None:
        values = values.where(values.notna(), filler)
    if getattr(column.dtype, "ordered", False):
        order = [*column.dtype.categories, *([] if filler is None else [filler])]
        dtype = pd.CategoricalDtype(list(dict.fromkeys(order)), ordered=True)
    return values.astype(dtype)


def _may_be_missing(dtype):
    """Whether a column of a dtype can hold a missing value."""
    return not isinstance(dtype, np.dtype) or dtype.kind not in "iub"


def _target(y):
    """Give y as a Series with a name."""
    y = one_column(y)
    if np.ndim(y) > 1 and np.shape(y)[1] != 1:
        raise ValueError(
            f"y has {np.shape(y)[1]} columns; a private fit takes the classes in one "
            "column. Pass a one-hot y as y.argmax(axis=1)."
        )
    series = y.iloc[:, 0] if isinstance(y, pd.DataFrame) else pd.Series(y)
    if series.isna().any():
        raise ValueError("y has missing values. Drop the rows that have no class.")
    series = series.reset_index(drop=True)
    return series.rename("y" if series.name is None else series.name)


def warn_of_outside(outside):
    """Warn of values that were brought into the domain; their numbers are noisy.

    Parameters
    ----------
    outside : dict of column to float
        About how many of which column.
    """
    if outside:
        columns = ", ".join(f"{name!r} (about {n:.0f})" for name, n in outside.items())
        warn(
            f"Values outside the domain that was declared or found: {columns}. They "
            "were brought into it; declare wider bounds or more categories to keep "
            "them.",
            DataWarning,
            stacklevel=4,
        )
