"""Fairness of a table for whatever task comes later."""

import itertools
import warnings

import numpy as np
import pandas as pd
from scipy.stats import wasserstein_distance
from sklearn.exceptions import UndefinedMetricWarning

from fairsample.messages import quote
from fairsample.metrics.sensitive_columns import measured_groups, split_attribute
from fairsample.metrics.table_columns import read_columns

__all__ = ["task_fairness"]


def task_fairness(
    table, sensitive_features, *, min_group_size=10, numeric_features=None
):
    """Take every column as the task in turn, and measure how groups differ in it.

    A table is fair for tasks that nobody knows yet if no column depends on the group.
    For categories the gap is the largest difference, over classes and pairs of groups,
    between the shares of a class in two groups: the demographic parity difference of a
    predictor that is always right. For numbers it is the largest Wasserstein-1 distance
    between two groups, divided by the standard deviation of the column. 0 is fair.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
        The table, synthetic or real.
    sensitive_features : str or list of str, or Series or DataFrame of n_rows rows
        The protected columns of the table, or their values for each row; a column of
        the table that bears the name of given values is not taken as a task. Several
        make intersectional groups.
    min_group_size : int, default=10
        Rows that a group needs; smaller groups are left out, with an
        `UndefinedMetricWarning` that names them. The largest gap of several small
        groups is large by chance.
    numeric_features : list, default=None
        The columns to read as numbers; None for those columns of numbers or times with
        more than 20 distinct values.

    Returns
    -------
    DataFrame of shape (n_columns, 2)
        For each column but the sensitive ones its `measure`, "class rate" or
        "Wasserstein", and its `gap`. A missing value is a class; missing numbers are
        left out. The gap is NaN, with an `UndefinedMetricWarning`, where fewer than two
        groups can be measured.

    Raises
    ------
    ValueError
        When a sensitive feature is no column, has missing values, one group, or leaves
        no other column; when a column cannot be read. It is named.

    References
    ----------
    .. [1] Hyrup, Panagiotou, Roy, Zimek, Ntoutsi, Schneider-Kamp, "Achieving
       Hilbert-Schmidt independence under Rényi differential privacy for fair and
       private data generation", 2025, arXiv:2508.21815.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.metrics import task_fairness
    >>> sex = np.repeat(["F", "M"], 50)
    >>> table = pd.DataFrame({"sex": sex, "hours": np.arange(100) + 3.0})
    >>> table["employed"] = np.tile([True, False], 50)
    >>> task_fairness(table, "sex").round(2)
                  measure   gap
    column
    hours     Wasserstein  1.73
    employed   class rate  0.00
    """
    features, groups = split_attribute(table, sensitive_features)
    columns = read_columns(numeric_features, table=features)
    measured = measured_groups("task_fairness", groups, groups.codes, min_group_size)
    rows = [np.flatnonzero(groups.codes == code) for code in measured]
    gaps = [
        ("Wasserstein", _wasserstein_gap(column.values[0], rows))
        if column.is_number
        else ("class rate", _class_rate_gap(column.codes(0), rows))
        for column in columns
    ]
    gaps = pd.DataFrame(
        gaps,
        columns=["measure", "gap"],
        index=pd.Index([column.name for column in columns], name="column"),
    )
    if gaps["gap"].isna().any():
        warnings.warn(
            "task_fairness is undefined and set to NaN for columns in which fewer than "
            f"two groups can be measured: {quote(gaps.index[gaps['gap'].isna()])}.",
            UndefinedMetricWarning,
            stacklevel=2,
        )
    return gaps


def _class_rate_gap(codes, rows_of_groups):
    if len(rows_of_groups) < 2:
        return np.nan
    rates = [
        np.bincount(codes[rows], minlength=codes.max() + 1) / len(rows)
        for rows in rows_of_groups
    ]
    return float(np.ptp(rates, axis=0).max())


def _wasserstein_gap(values, rows_of_groups):
    parts = [values[rows] for rows in rows_of_groups]
    parts = [part[~np.isnan(part)] for part in parts]
    parts = [part for part in parts if len(part)]
    if len(parts) < 2:
        return np.nan
    spread = np.nanstd(values)
    if spread == 0:
        return 0.0
    return float(
        max(wasserstein_distance(*pair) for pair in itertools.combinations(parts, 2))
        / spread
    )
