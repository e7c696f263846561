"""The protected columns of a table, and the groups that they make."""

import warnings

import numpy as np
import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning

from fairsample.groups import resolve_groups
from fairsample.messages import quote
from fairsample.metrics.table_columns import check_tables

__all__ = ["measured_groups", "split_attribute"]


def split_attribute(table, sensitive_features):
    """Take the protected attribute out of a table.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
        The table.
    sensitive_features : str or list of str, or Series or DataFrame of n_rows rows
        Columns of the table, or values for each row.

    Returns
    -------
    features : DataFrame
        The other columns.
    groups : Groups
        The group of each row.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.metrics.sensitive_columns import split_attribute
    >>> table = pd.DataFrame({"sex": ["F", "M"], "age": [40, 50]})
    >>> features, groups = split_attribute(table, "sex")
    >>> features.columns.tolist(), groups.labels
    (['age'], ['F', 'M'])
    """
    check_tables(table=table)
    if isinstance(sensitive_features, pd.Series | pd.DataFrame):
        values = sensitive_features
    else:
        is_one = isinstance(sensitive_features, str) or np.ndim(sensitive_features) == 0
        names = [sensitive_features] if is_one else list(sensitive_features)
        if not names or any(name not in table.columns for name in names):
            raise ValueError(
                f"sensitive_features={sensitive_features!r} has to name columns of the "
                f"table, {quote(table.columns)}, or be a Series or DataFrame of values."
            )
        values = table[names]
    if pd.DataFrame(values).isna().any(axis=None):
        raise ValueError(
            f"Sensitive features {quote(pd.DataFrame(values).columns)} have missing "
            "values. Give them a label of their own, or leave the rows out."
        )
    groups = resolve_groups(table, values=values)
    features = table[[name for name in table.columns if name not in groups.names]]
    if features.shape[1] == 0:
        raise ValueError(
            f"The table has no columns but the sensitive ones, {quote(groups.names)}. "
            "Give it the columns that may depend on them."
        )
    return features, groups


def measured_groups(metric, groups, codes, min_group_size):
    """Find the groups that are large enough, and warn the metric's caller of others.

    Parameters
    ----------
    metric : str
        What the metric is called.
    groups : Groups
        The groups.
    codes : ndarray of int
        The group of each row that is measured.
    min_group_size : int
        Rows that a group needs.

    Returns
    -------
    ndarray of int
        Codes of the groups.
    """
    sizes = np.bincount(codes, minlength=len(groups))
    small = [groups.labels[code] for code in np.flatnonzero(sizes < min_group_size)]
    measured = np.flatnonzero(sizes >= min_group_size)
    if small:
        consequence = " and is undefined" if len(measured) < 2 else ""
        warnings.warn(
            f"{metric} leaves out groups with fewer than {min_group_size} rows"
            f"{consequence}: {quote(small)}.",
            UndefinedMetricWarning,
            stacklevel=3,
        )
    return measured
