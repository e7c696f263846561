"""Rates of predictions by group."""

import warnings
from numbers import Integral

import numpy as np
import pandas as pd
from fairlearn.metrics import (
    MetricFrame,
    selection_rate,
    true_negative_rate,
    true_positive_rate,
)
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

__all__ = ["group_rates"]

_RATES = {
    "selection_rate": selection_rate,
    "tpr": true_positive_rate,
    "tnr": true_negative_rate,
}
_CLASS_BEHIND = {"tpr": "n_positive", "tnr": "n_negative"}


def group_rates(
    y_true,
    y_pred,
    *,
    sensitive_features,
    pos_label=1,
    min_group_size=1,
    min_class_size=1,
):
    """Measure selection, true positive and true negative rate of every group.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True classes.
    y_pred : array-like of shape (n_samples,)
        Predicted classes.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_sensitive)
        Group of each row, in the same order. Several columns make intersectional
        groups.
    pos_label : object, default=1
        The class that counts as positive; all others are negative.
    min_group_size : int, default=1
        Rows that a group needs to be measured at all. A rate over few rows is noise:
        consider 50.
    min_class_size : int, default=1
        Positive rows that a group needs for its true positive rate, and negative rows
        for its true negative rate. Consider 10.

    Returns
    -------
    DataFrame of shape (n_groups, 6)
        One row a group, sorted, with the columns `n`, `n_positive`, `n_negative`,
        `selection_rate`, `tpr` and `tnr`. What is too small to measure is NaN, and an
        `UndefinedMetricWarning` names it.

    Raises
    ------
    ValueError
        When lengths differ, sensitive features are missing, predictions are no
        classes, or `pos_label` is none of the classes.

    See Also
    --------
    disparate_impact : Ratio of selection rates.
    worst_group_tpr : Lowest true positive rate.
    worst_group_recall : Lowest true positive or true negative rate.

    Examples
    --------
    >>> from fairsample.metrics import group_rates
    >>> group_rates(
    ...     [1, 0, 0, 1, 1, 0],
    ...     [1, 0, 1, 0, 1, 0],
    ...     sensitive_features=["A", "A", "A", "B", "B", "B"],
    ... ).round(2)
         n  n_positive  n_negative  selection_rate  tpr  tnr
    group
    A    3           1           2            0.67  1.0  0.5
    B    3           2           1            0.33  0.5  1.0
    """
    rates = measure_groups(
        list(_RATES),
        y_true,
        y_pred,
        sensitive_features,
        pos_label,
        min_group_size,
        min_class_size,
    )
    warn_of_unmeasured(rates, "group_rates sets to NaN")
    return rates


def measure_groups(
    kinds,
    y_true,
    y_pred,
    sensitive_features,
    pos_label,
    min_group_size,
    min_class_size,
):
    """Row counts and rates by group, without a warning; see :func:`group_rates`.

    Parameters
    ----------
    kinds : list of {"selection_rate", "tpr", "tnr"}
        The rates to measure.
    y_true, y_pred, sensitive_features, pos_label, min_group_size, min_class_size
        As in :func:`group_rates`.

    Returns
    -------
    DataFrame
        Like that of :func:`group_rates`, with the rates `kinds` only.
    """
    min_group_size = _check_size("min_group_size", min_group_size)
    min_class_size = _check_size("min_class_size", min_class_size)
    y_true, y_pred = check_classes(y_true, y_pred, pos_label)
    group, labels = check_groups(sensitive_features, len(y_true))
    n, n_positive = (
        np.bincount(group),
        np.bincount(group[y_true == 1], minlength=len(labels)),
    )
    sizes = pd.DataFrame(
        {"n": n, "n_positive": n_positive, "n_negative": n - n_positive}, index=labels
    )
    frame = MetricFrame(
        metrics={kind: _RATES[kind] for kind in kinds},
        y_true=y_true,
        y_pred=y_pred,
        sensitive_features=group,
    )
    rates = frame.by_group.astype(float).set_axis(labels, axis="index")
    for kind in kinds:
        enough = sizes["n"] >= min_group_size
        if kind in _CLASS_BEHIND:
            enough &= sizes[_CLASS_BEHIND[kind]] >= min_class_size
        rates[kind] = rates[kind].where(enough)
    return sizes.join(rates)


def _check_size(name, size):
    if not isinstance(size, Integral) or size < 1:
        raise ValueError(f"{name} must be an integer of at least 1. Got {size!r}.")
    return size


def check_classes(y_true, y_pred, pos_label):
    y_true, y_pred = column_or_1d(y_true), column_or_1d(y_pred)
    check_consistent_length(y_true, y_pred)
    for name, y in {"y_true": y_true, "y_pred": y_pred}.items():
        if pd.isna(y).any():
            raise ValueError(f"{name} has missing values.")
        check_classification_targets(pd.Series(y).infer_objects())
    labels = pd.unique(np.concatenate([y_true.astype(object), y_pred.astype(object)]))
    if len(labels) > 1 and pos_label not in labels:
        raise ValueError(
            f"pos_label={pos_label!r} is none of the classes {sorted(labels, key=str)}."
            " Give the class that counts as positive."
        )
    return (y_true == pos_label).astype(int), (y_pred == pos_label).astype(int)


def check_groups(sensitive_features, n_samples):
    """Group of each row as a number, and the groups' labels."""
    frame = pd.DataFrame(sensitive_features)
    if len(frame) != n_samples:
        raise ValueError(
            f"sensitive_features has {len(frame)} rows, and there are {n_samples} "
            "predictions. Give the group of each row that was predicted."
        )
    if frame.isna().any(axis=None):
        raise ValueError(
            "sensitive_features has missing values. Give them a label of their own, or "
            "leave the rows out."
        )
    if frame.shape[1] == 1:
        named = isinstance(frame.columns[0], str)
        keys = pd.Index(frame.iloc[:, 0], name=frame.columns[0] if named else "group")
    else:
        keys = pd.MultiIndex.from_frame(frame)
    group, labels = pd.factorize(keys, sort=True)
    return group, labels.set_names(keys.names)


def warn_of_unmeasured(rates, what, *, stacklevel=3):
    """Name the groups of `rates` that hold a NaN, in a warning to the metric's caller.

    Parameters
    ----------
    rates : DataFrame
        As :func:`measure_groups` returns it.
    what : str
        What is done with them, the beginning of the message.
    stacklevel : int, default=3
        Calls from here to the metric's caller.
    """
    unmeasured = rates[rates.isna().any(axis="columns")]
    if not unmeasured.empty:
        named = ", ".join(
            f"{label!r} ({n} rows, {n_positive} positive)"
            for label, n, n_positive in zip(
                unmeasured.index.tolist(),
                unmeasured["n"],
                unmeasured["n_positive"],
                strict=True,
            )
        )
        warnings.warn(
            f"{what} groups too small to measure: {named}.",
            UndefinedMetricWarning,
            stacklevel=stacklevel,
        )
