"""Forms of groups, X and y that hold what was declared and nothing of the rows."""

from dataclasses import replace

import numpy as np
import pandas as pd

from fairsample.groups import Groups
from fairsample.table_form import TableForm
from fairsample.target_form import TargetForm, one_column

__all__ = [
    "public_groups",
    "public_table_form",
    "public_target_form",
    "require_public_dtypes",
    "without_categories",
]


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
