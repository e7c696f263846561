"""A comparison over sizes, as the papers print it, and who is best in it."""

import pandas as pd

from fairsample.evaluation.summary import (
    check_metrics,
    readers,
    size_columns,
    table_of_cells,
)

__all__ = ["count_best", "table_one"]


def table_one(comparison, *, metrics=None, digits=3, lower_is_better=(), bold=True):
    """Show all sizes and arms in the form of the FairSynth paper's first table.

    Parameters
    ----------
    comparison : DataFrame
        What :func:`compare_augmentations` returns.
    metrics : list of str, default=None
        Which metrics, in this order; None stands for all.
    digits : int, default=3
        Decimal places.
    lower_is_better : collection of str, default=()
        Metrics whose lowest mean is the best.
    bold : bool, default=True
        Whether the best mean of each row and metric, as displayed, is set in bold for
        Markdown; False leaves plain text. Rivals that read the group at prediction say
        so in their name, and are never bold.

    Returns
    -------
    DataFrame of str
        "mean (SD)" over seeds, as in :func:`summarize`. A row for each real and
        synthetic size (of those that were compared), a column for each arm and metric.

    Raises
    ------
    ValueError
        When a metric is not there.

    See Also
    --------
    count_best : In how many of these cells each arm is best.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.evaluation import table_one
    >>> comparison = pd.DataFrame(
    ...     {
    ...         "augmenter": ["real", "copies", "real", "copies"],
    ...         "real_size": [1000, 1000, 2500, 2500],
    ...         "metric": "f1",
    ...         "value": [0.4, 0.5, 0.7, 0.6],
    ...     }
    ... )
    >>> table_one(comparison, digits=1)
    augmenter     real   copies
    metric          f1       f1
    real_size
    1000           0.4  **0.5**
    2500       **0.7**      0.6
    """
    metrics = check_metrics(comparison, metrics, lower_is_better)
    shown = {
        size: table_of_cells(
            of_size,
            metrics=metrics,
            digits=digits,
            lower_is_better=set(lower_is_better) & set(metrics),
            bold=bold,
        )
        .rename_axis(columns="metric")
        .stack()
        for size, of_size in _by_size(comparison)
    }
    table = pd.DataFrame(shown).T
    names = size_columns(comparison)
    if names:
        return table.rename_axis(index=names if len(names) > 1 else names[0])
    return table.set_axis(["all"])


def count_best(comparison, *, metrics=None, lower_is_better=(), n_deviations=1.0):
    """Count the cells in which each arm is best, or nearly so.

    A cell is a real size, a synthetic size and a metric. Rivals that read the group at
    prediction are neither counted nor competed with: with the group in hand they can
    meet a fairness metric exactly.

    Parameters
    ----------
    comparison : DataFrame
        What :func:`compare_augmentations` returns.
    metrics : list of str, default=None
        Which metrics; None stands for all.
    lower_is_better : collection of str, default=()
        Metrics whose lowest mean is the best.
    n_deviations : float, default=1.0
        How many standard deviations, of the best arm over its seeds, an arm's mean may
        be away from the best mean and still be near.

    Returns
    -------
    DataFrame of int
        For each arm the number of cells in which it is `best` (ties count for all) or
        `near` the best, the best itself included, and the number of `cells` in which it
        was measured.

    Raises
    ------
    ValueError
        When a metric is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.evaluation import count_best
    >>> comparison = pd.DataFrame(
    ...     {
    ...         "augmenter": ["real", "real", "copies", "copies", "both", "both"],
    ...         "metric": "f1",
    ...         "value": [0.2, 0.3, 0.5, 0.7, 0.5, 0.6],
    ...     }
    ... )
    >>> count_best(comparison)
               best  near  cells
    augmenter
    real          0     0      1
    copies        1     1      1
    both          0     1      1
    """
    metrics = check_metrics(comparison, metrics, lower_is_better)
    arms = comparison["augmenter"].unique()
    arms = [name for name in arms if name not in readers(comparison)]
    cells = [*size_columns(comparison), "metric"]
    counted = comparison[
        comparison["augmenter"].isin(arms) & comparison["metric"].isin(metrics)
    ]
    values = counted.groupby([*cells, "augmenter"])["value"]
    mean, deviation = (
        statistic.unstack("augmenter")[arms]
        for statistic in (values.mean(), values.std())
    )
    of_metric = mean.index.get_level_values("metric")
    mean = mean.mul(
        [-1 if name in lower_is_better else 1 for name in of_metric], axis=0
    )
    best = mean.max(axis=1)
    is_best = mean.eq(best, axis=0)
    room = n_deviations * deviation.where(is_best).max(axis=1).fillna(0)
    return pd.DataFrame(
        {
            "best": is_best.sum(),
            "near": mean.ge(best - room, axis=0).sum(),
            "cells": mean.notna().sum(),
        }
    ).loc[arms]


def _by_size(comparison):
    """Give the part of each size, in the order of the comparison."""
    names = size_columns(comparison)
    if not names:
        return [("all", comparison)]
    key = names if len(names) > 1 else names[0]
    return comparison.groupby(key, sort=False)
