"""What was given to a private fit, brought into forms that tell nothing of the rows.

Names and dtypes of columns and the form of X and y are public.  Groups, classes and
categories are those of a domain, never those that occur.
"""

from dataclasses import dataclass, replace
from warnings import warn

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length

from fairsample.encoding.visit_cells import is_visit_column
from fairsample.flip.column_domain import ColumnDomain
from fairsample.flip.declared_dtypes import domain_for_dtype
from fairsample.flip.domain import TableDomain
from fairsample.groups import MISSING, Groups, selected_columns, values_as_table
from fairsample.messages import quote
from fairsample.table_form import TableForm
from fairsample.target_form import TargetForm, one_column
from fairsample.validation import DataWarning

__all__ = [
    "PrivateInput",
    "public_groups",
    "public_table_form",
    "public_target_form",
    "refuse_visits",
    "require_public_dtypes",
    "warn_of_outside",
    "without_categories",
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


def public_groups(codes_of, labels_of, names, columns):
    """Make every combination of declared values a group.

    Parameters
    ----------
    codes_of : list of ndarray of int of shape (n_rows,)
        The code of each row in each sensitive feature.
    labels_of : list of list
        The values of each.
    names : tuple
        What they are called.
    columns : tuple
        The columns of X that hold them, if any.

    Returns
    -------
    groups : Groups
        Without a row: its `codes` are empty.
    codes : ndarray of int of shape (n_rows,)
        The group of each row.
    """
    index = pd.MultiIndex.from_product(labels_of)
    labels = [one if len(names) > 1 else one[0] for one in index.tolist()]
    codes = np.ravel_multi_index(codes_of, [len(labels) for labels in labels_of])
    nobody = np.empty(0, dtype=np.intp)
    return Groups(nobody, labels, columns=columns, names=names), codes


def public_target_form(y, labels, categories):
    """Give the form of y, with an example of every declared class.

    Parameters
    ----------
    y : Series, DataFrame, ndarray or list
        The target, of which only container, dtype and name are taken.
    labels : list
        The classes, sorted.
    categories : sequence
        The classes as they were declared, which may be an order of their own.

    Returns
    -------
    TargetForm
    """
    y = one_column(y)
    classes = np.array(labels, dtype=_class_dtype(labels))
    if isinstance(y, list):
        return TargetForm(list(labels), classes)
    if isinstance(y, np.ndarray):
        # How long the texts of an array may be, its longest private one has decided.
        dtype = None if y.dtype.kind in "SU" else y.dtype
        return TargetForm(np.array(labels, dtype=dtype), classes)
    is_frame = isinstance(y, pd.DataFrame)
    column = y.iloc[:, 0] if is_frame else y
    dtype = _public_dtype(column.dtype, categories)
    examples = pd.Series(labels, dtype=dtype, name=column.name)
    return TargetForm(examples.to_frame() if is_frame else examples, classes)


def _public_dtype(dtype, categories):
    """Let a category dtype have the declared categories."""
    if isinstance(dtype, pd.CategoricalDtype):
        return pd.CategoricalDtype(list(categories), dtype.ordered)
    return dtype


def _class_dtype(labels):
    """Let numpy choose, but keep mixed labels as they are."""
    kinds = {type(label) for label in labels}
    return None if len(kinds) == 1 else object


def public_table_form(form, template, groups, categories):
    """Give the form of X with declared categories, and the values of each group.

    Parameters
    ----------
    form : TableForm
        As X was.
    template : DataFrame of shape (0, n_columns)
        The dtypes of the columns that are not sensitive.
    groups : Groups
        All groups.
    categories : dict of column to sequence
        What was declared of the sensitive columns, without the missing group.

    Returns
    -------
    form : TableForm
        With categories that tell nothing of the rows.
    sensitive_rows : DataFrame of shape (n_groups, n_sensitive_columns)
        The sensitive columns of X, a row for each group.
    """
    values = {}
    for k, name in enumerate(groups.columns):
        labels = [
            label[k] if len(groups.names) > 1 else label for label in groups.labels
        ]
        labels = [label if label in categories[name] else None for label in labels]
        dtype = _public_dtype(form.template.dtypes[name], categories[name])
        values[name] = pd.Series(labels, dtype=object).astype(dtype)
    sensitive_rows = pd.DataFrame(values, index=pd.RangeIndex(len(groups)))
    columns = {
        name: (values if name in values else template)[name].iloc[:0]
        for name in form.template
    }
    whole = pd.DataFrame(columns, index=pd.RangeIndex(0))
    whole.columns = form.template.columns
    return TableForm(form.container, whole, form.array_dtype), sensitive_rows


def require_public_dtypes(form):
    """Refuse X whose columns have types only by the values that they hold.

    Parameters
    ----------
    form : TableForm
        The form of X.

    Raises
    ------
    ValueError
        If X is a list, or an array of objects or texts.
    """
    if form.container == "list" or getattr(form.array_dtype, "kind", "f") in "OUS":
        raise ValueError(
            "X is a list, or an array of objects or texts: the types of its columns "
            "could only be told from their values, which are private. Give a "
            "DataFrame, or an array of numbers."
        )


def without_categories(form):
    """Forget the categories of X, which tell of its rows; a fit may yet fail.

    Parameters
    ----------
    form : TableForm
        The form of X.

    Returns
    -------
    TableForm
        Whether categories are ordered is all that is left of them.
    """
    columns = {}
    for j, dtype in enumerate(form.template.dtypes):
        if isinstance(dtype, pd.CategoricalDtype):
            dtype = pd.CategoricalDtype([], dtype.ordered)
        columns[j] = pd.Series([], dtype=dtype)
    template = pd.DataFrame(columns, index=pd.RangeIndex(0))
    template.columns = form.template.columns
    return replace(form, template=template)


def refuse_visits(frame):
    """Refuse columns of visits.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Rows.

    Raises
    ------
    ValueError
        If a column holds visits. The message names it.
    """
    visits = [name for name, column in frame.items() if is_visit_column(column)]
    if visits:
        raise ValueError(
            f"FlipResampler takes plain tables, and {quote(visits)} hold visits. Use "
            "FairSynthResampler, or VisitVectorizer to turn visits into columns."
        )


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
            f"Values outside the domain that was declared: {columns}. They were "
            "brought into it; declare wider bounds or more categories to keep them.",
            DataWarning,
            stacklevel=4,
        )
