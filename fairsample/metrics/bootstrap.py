"""Bootstrap intervals of fairness metrics, group by group."""

import warnings
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import check_consistent_length

from fairsample.metrics.group_counts import OF_COUNTS, GroupCounts
from fairsample.metrics.group_rates import check_classes, check_groups
from fairsample.metrics.scorers import named_metric
from fairsample.training.estimator_seeds import stream_of

__all__ = ["BootstrapInterval", "bootstrap_interval"]


@dataclass(frozen=True)
class BootstrapInterval:
    """A metric, or a difference of two, with its bootstrap interval.

    Parameters
    ----------
    estimate : float
        The value on the rows as they are.
    low, high : float
        The ends of the interval; NaN when no resample is defined.
    level : float
        The share of resamples between them.
    n_undefined : int
        Resamples on which the metric is not defined; they are left out.
    resamples : ndarray of shape (n_resamples,)
        The value on each resample, NaN where it is undefined.

    Examples
    --------
    >>> from fairsample.metrics import BootstrapInterval
    >>> interval = BootstrapInterval(0.12, low=0.03, high=0.21, level=0.95)
    >>> interval.excludes(0)
    True
    """

    estimate: float
    low: float
    high: float
    level: float
    n_undefined: int = 0
    resamples: np.ndarray = field(default=None, repr=False, compare=False)

    def excludes(self, value):
        """Tell whether a value is outside the interval.

        Parameters
        ----------
        value : float
            Any value; 0 for a difference.

        Returns
        -------
        bool
            False also when the interval is undefined.
        """
        return bool(value < self.low or value > self.high)


def bootstrap_interval(
    metric,
    y_true,
    y_pred,
    *,
    sensitive_features,
    y_pred_other=None,
    splits=None,
    rows=None,
    n_resamples=1000,
    level=0.95,
    random_state=None,
    **metric_params,
):
    """Bootstrap a fairness metric over the rows of each group.

    Rows are drawn with replacement within every group, so that groups keep their size,
    and the interval holds the middle of what the metric is on the resamples
    (percentiles). It tells how far test rows alone could have moved the result; that
    another training set would have given another predictor is not in it, unless several
    `splits` are pooled, and then only in part.

    A lowest or highest rate is biased towards the worse by noise, and a resample adds
    noise once more: where several small groups are about equally badly off, the
    interval lies too low. The difference of two predictors suffers less.

    Parameters
    ----------
    metric : {"disparate_impact", "worst_group_tpr", "worst_group_recall"} or callable
        A metric of this package, by name or itself, which is fast: resampling is then
        done on the counts of each group. Or any function called as
        ``metric(y_true, y_pred, sensitive_features=groups)``.
    y_true : array-like of shape (n_samples,)
        True classes.
    y_pred : array-like of shape (n_samples,)
        Predicted classes; for a function, whatever it takes.
    sensitive_features : array-like of shape (n_samples,) or (n_samples, n_sensitive)
        Group of each row, in the same order.
    y_pred_other : array-like of shape (n_samples,), default=None
        Predictions of another predictor for the same rows. The interval is then that of
        the first predictor's metric minus the other's, on the same resamples.
    splits : array-like of shape (n_samples,), default=None
        The split of which each prediction is, where predictions on several test parts
        are pooled: the metric is the mean over splits.
    rows : array-like of shape (n_samples,), default=None
        Which row, or patient, each prediction is of: predictions of one are drawn
        together. Has to be given with `splits`, since test parts overlap.
    n_resamples : int, default=1000
        How many resamples.
    level : float, default=0.95
        The share of resamples in the interval.
    random_state : int, RandomState instance or None, default=None
        What draws.
    **metric_params
        More keywords for the metric, such as `pos_label`. Groups that
        `min_group_size` and `min_class_size` leave out are left out of every resample,
        and the others of none: where such a group has no row of the class in a
        resample, the metric is undefined on it.

    Returns
    -------
    BootstrapInterval
        Estimate, interval, and how many resamples were undefined.

    Raises
    ------
    ValueError
        When lengths differ, the metric's name is unknown, `splits` come without `rows`,
        or `level` or `n_resamples` are out of range.

    References
    ----------
    .. [1] Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.metrics import bootstrap_interval
    >>> rng = np.random.default_rng(0)
    >>> group = np.repeat(["A", "B"], 500)
    >>> y_pred = rng.random(1000) < np.where(group == "A", 0.4, 0.2)
    >>> interval = bootstrap_interval(
    ...     "disparate_impact",
    ...     np.zeros(1000, dtype=bool),
    ...     y_pred,
    ...     sensitive_features=group,
    ...     pos_label=True,
    ...     random_state=0,
    ... )
    >>> interval.low < 0.5 < interval.high, interval.excludes(0.8)
    (True, True)
    """
    if isinstance(metric, str):
        metric = named_metric(metric)
    _check_resampling(level, n_resamples, splits, rows)
    y_true, *predictions = (
        np.asarray(y) for y in (y_true, y_pred, y_pred_other) if y is not None
    )
    check_consistent_length(y_true, *predictions, splits, rows)
    group, labels = check_groups(sensitive_features, len(y_true))
    split = _codes(splits, np.zeros(len(y_true), dtype=int))
    unit = _codes(rows, np.arange(len(y_true)))
    given = pd.DataFrame(sensitive_features).reset_index(drop=True)
    given = given.rename(columns=str).squeeze("columns")

    def measure(taken):
        return _mean_over_splits(
            partial(metric, **metric_params), y_true, predictions, given, split, taken
        )

    estimate = measure(np.arange(len(y_true)))
    random_state = stream_of(random_state)
    if metric in OF_COUNTS:
        params = {"pos_label": 1, "reference": None, **metric_params}
        cells = _cells(
            y_true, predictions, group, labels, split, params.pop("pos_label")
        )
        if params["reference"] is not None:
            params["reference"] = labels.get_loc(params["reference"])
        drawn = _draw_counts(*cells, group, unit, n_resamples, random_state)
        values = _measure_counts(metric, *drawn, params)
    else:
        values = _draw_rows(measure, group, unit, n_resamples, random_state)
    return _interval(estimate, values, level)


def _check_resampling(level, n_resamples, splits, rows):
    if not 0 < level < 1 or n_resamples < 1:
        raise ValueError(
            "level is a share between 0 and 1, and n_resamples at least 1. Got "
            f"{level!r} and {n_resamples!r}."
        )
    if splits is not None and rows is None:
        raise ValueError("splits needs rows: which row, or patient, each one is of.")


def _interval(estimate, values, level):
    """Put the middle of the resamples around the estimate."""
    undefined = np.isnan(values)
    low = high = np.nan
    if not undefined.all():
        tails = [(1 - level) / 2, (1 + level) / 2]
        low, high = np.quantile(values[~undefined], tails)
    return BootstrapInterval(
        estimate, float(low), float(high), level, int(undefined.sum()), values
    )


def _codes(ids, default):
    if ids is None:
        return default
    codes = pd.factorize(np.asarray(ids))[0]
    if codes.min() < 0:
        raise ValueError("splits and rows must not have missing values.")
    return codes


def _mean_over_splits(metric, y_true, predictions, groups, split, taken):
    """Measure the rows taken, or the difference between predictors, in each split."""
    values = []
    for one in np.unique(split):
        rows = taken[split[taken] == one]
        if len(rows) == 0:
            return np.nan
        of_predictors = [
            metric(y_true[rows], y_pred[rows], sensitive_features=groups.iloc[rows])
            for y_pred in predictions
        ]
        values.append(of_predictors[0] - sum(of_predictors[1:]))
    return float(np.mean(values))


def _cells(y_true, predictions, group, labels, split, pos_label):
    """Find the cell of each prediction, and the shape of the table of cells."""
    answers = []
    for y_pred in predictions:
        true, answer = check_classes(y_true, y_pred, pos_label)
        answers.append(answer)
    shape = (split.max() + 1, len(labels), 2, *(2 for _ in answers))
    return np.ravel_multi_index((split, group, true, *answers), shape), shape


def _draw_counts(cell, shape, group, unit, n_resamples, random_state):
    """Count the cells of resamples, and of the rows as they are.

    Rows of a group that bring the same are interchangeable: how often they are drawn is
    multinomial, and nothing else has to be drawn.
    """
    brings = np.zeros((unit.max() + 1, np.prod(shape)), dtype=np.int32)
    np.add.at(brings, (unit, cell), 1)
    patterns, pattern = np.unique(brings, axis=0, return_inverse=True)
    stratum = group[np.unique(unit, return_index=True)[1]]
    frequencies = np.zeros((group.max() + 1, len(patterns)), dtype=int)
    np.add.at(frequencies, (stratum, pattern.reshape(-1)), 1)
    counts = sum(
        random_state.multinomial(of_group.sum(), of_group / of_group.sum(), n_resamples)
        @ patterns
        for of_group in frequencies
        if of_group.any()
    )
    return counts.reshape(n_resamples, *shape), brings.sum(axis=0).reshape(shape)


def _measure_counts(metric, counts, counts_as_they_are, params):
    values = 0.0
    n_predictors = counts.ndim - 4
    for number, sign in zip(range(n_predictors), (1, -1), strict=False):
        others = tuple(-n_predictors + at for at in range(n_predictors) if at != number)
        groups = GroupCounts(counts_as_they_are.sum(axis=others), **params)
        values = values + sign * groups.measure(metric, counts.sum(axis=others))
    return values.mean(axis=-1)


def _draw_rows(measure, group, unit, n_resamples, random_state):
    order = np.argsort(unit, kind="stable")
    starts = np.flatnonzero(np.diff(unit[order], prepend=unit.min() - 1))
    lengths = np.diff(starts, append=len(order))
    stratum = group[order[starts]]
    strata = [np.flatnonzero(stratum == one) for one in np.unique(stratum)]
    values = np.empty(n_resamples)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        for resample in range(n_resamples):
            drawn = [random_state.choice(units, len(units)) for units in strata]
            units = np.concatenate(drawn)
            values[resample] = measure(order[_ranges(starts[units], lengths[units])])
    return values


def _ranges(starts, lengths):
    """Give the ranges, one after the other."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1]) + np.repeat(starts - (ends - lengths), lengths)
