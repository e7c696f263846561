"""Fairness of predictions, in one number."""

import warnings

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from fairsample.metrics.group_rates import measure_groups, warn_of_unmeasured

__all__ = ["disparate_impact", "worst_group_recall", "worst_group_tpr"]


def disparate_impact(
    y_true,
    y_pred,
    *,
    sensitive_features,
    reference=None,
    pos_label=1,
    min_group_size=1,
):
    """Lowest group selection rate divided by the highest; 1 is fair, 0 is worst.

    Where 1 is fair, a model that selects nobody is not: with no group selected the
    ratio is 0/0, undefined, and NaN. Groups too small to measure are left out, and an
    `UndefinedMetricWarning` names them.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True classes. Only their length and labels are looked at; the argument makes
        this a metric like any other.
    y_pred : array-like of shape (n_samples,)
        Predicted classes.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_sensitive)
        Group of each row, in the same order. Several columns make intersectional
        groups.
    reference : object, default=None
        A group that the others are compared with, one by one: the result is the lowest
        ratio of any pair, the smaller rate of the pair divided by the larger. So it
        stays between 0 and 1, also when others are selected more often than the
        reference; for directed ratios divide the rates of :func:`group_rates`. A tuple
        for intersectional groups. None compares the lowest with the highest.
    pos_label : object, default=1
        The class whose predictions are counted.
    min_group_size : int, default=1
        Rows that a group needs to be measured.

    Returns
    -------
    float
        The ratio; NaN with an `UndefinedMetricWarning` when it is 0/0 or fewer than two
        groups can be measured.

    Raises
    ------
    ValueError
        As :func:`group_rates`, and when `reference` is none of the groups.

    See Also
    --------
    fairlearn.metrics.demographic_parity_ratio : The same without a reference group,
        a smallest size and the undefined case.

    Examples
    --------
    >>> from fairsample.metrics import disparate_impact
    >>> y_true = [1, 0, 0, 1, 1, 0, 1, 0]
    >>> y_pred = [1, 0, 1, 0, 1, 0, 0, 0]
    >>> race = ["A", "A", "A", "A", "B", "B", "B", "B"]
    >>> disparate_impact(y_true, y_pred, sensitive_features=race)
    0.5
    """
    rates = measure_groups(
        ["selection_rate"],
        y_true,
        y_pred,
        sensitive_features,
        pos_label,
        min_group_size,
        min_class_size=1,
    )
    selected = rates["selection_rate"]
    if reference is not None and reference not in selected.index:
        raise ValueError(
            f"reference={reference!r} is none of the groups {selected.index.tolist()}."
        )
    warn_of_unmeasured(rates, "disparate_impact leaves out")
    measured = selected.dropna()
    if len(measured) < 2 or reference not in {None, *measured.index}:
        return _undefined(
            "disparate_impact", "fewer than two groups to compare can be measured"
        )
    if reference is None:
        lowest, highest = measured.min(), measured.max()
    else:
        others = measured.drop(index=[reference])
        lowest = np.minimum(others, measured[reference])
        highest = np.maximum(others, measured[reference])
    with np.errstate(invalid="ignore"):
        ratio = np.min(np.divide(lowest, highest))
    if np.isnan(ratio):
        return _undefined("disparate_impact", f"no row is predicted {pos_label!r}")
    return float(ratio)


def worst_group_tpr(
    y_true,
    y_pred,
    *,
    sensitive_features,
    pos_label=1,
    min_group_size=1,
    min_class_size=1,
):
    """Lowest true positive rate of any group.

    Predicting the positive class for everybody scores 1 here: read it next to a
    measure of utility, or use :func:`worst_group_recall`. Groups too small to measure
    are left out, and an `UndefinedMetricWarning` names them.

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
        The class that counts as positive.
    min_group_size : int, default=1
        Rows that a group needs to be measured.
    min_class_size : int, default=1
        Positive rows that a group needs to be measured.

    Returns
    -------
    float
        The rate; NaN with an `UndefinedMetricWarning` when no group can be measured.

    Raises
    ------
    ValueError
        As :func:`group_rates`.

    See Also
    --------
    worst_group_recall : Looks at both classes.

    Examples
    --------
    >>> from fairsample.metrics import worst_group_tpr
    >>> y_true = [1, 0, 0, 1, 1, 0, 1, 0]
    >>> y_pred = [1, 0, 1, 1, 1, 0, 0, 0]
    >>> race = ["A", "A", "A", "A", "B", "B", "B", "B"]
    >>> worst_group_tpr(y_true, y_pred, sensitive_features=race)
    0.5
    """
    return _worst_rate(
        "worst_group_tpr",
        ["tpr"],
        y_true,
        y_pred,
        sensitive_features,
        pos_label,
        min_group_size,
        min_class_size,
    )


def worst_group_recall(
    y_true,
    y_pred,
    *,
    sensitive_features,
    pos_label=1,
    min_group_size=1,
    min_class_size=1,
):
    """Lowest true positive or true negative rate of any group.

    A constant predictor scores 0: it cannot look fair here. Groups too small to measure
    are left out, and an `UndefinedMetricWarning` names them.

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
        Rows that a group needs to be measured.
    min_class_size : int, default=1
        Positive rows that a group needs for its true positive rate, and negative rows
        for its true negative rate.

    Returns
    -------
    float
        The rate; NaN with an `UndefinedMetricWarning` when nothing can be measured, or
        one of the classes in no group.

    Raises
    ------
    ValueError
        As :func:`group_rates`.

    See Also
    --------
    worst_group_tpr : Looks at the positive class only.

    Examples
    --------
    >>> from fairsample.metrics import worst_group_recall
    >>> y_true = [1, 0, 0, 1, 1, 0, 1, 0]
    >>> race = ["A", "A", "A", "A", "B", "B", "B", "B"]
    >>> worst_group_recall(y_true, [1, 0, 1, 1, 1, 0, 1, 0], sensitive_features=race)
    0.5
    >>> worst_group_recall(y_true, [1] * 8, sensitive_features=race)
    0.0
    """
    return _worst_rate(
        "worst_group_recall",
        ["tpr", "tnr"],
        y_true,
        y_pred,
        sensitive_features,
        pos_label,
        min_group_size,
        min_class_size,
    )


def _worst_rate(metric, kinds, *measured):
    """Find the lowest of some kinds of rates; see `measure_groups`."""
    rates = measure_groups(kinds, *measured)
    warn_of_unmeasured(rates, f"{metric} leaves out", stacklevel=4)
    lowest = rates[kinds].min()
    if lowest.isna().any():
        unseen = " or ".join(lowest.index[lowest.isna()])
        return _undefined(metric, f"no group's {unseen} can be measured", stacklevel=4)
    return float(lowest.min())


def _undefined(metric, why, *, stacklevel=3):
    warnings.warn(
        f"{metric} is undefined and set to NaN: {why}.",
        UndefinedMetricWarning,
        stacklevel=stacklevel,
    )
    return float("nan")
