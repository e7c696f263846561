"""Warnings where groups have hardly a row in common."""

from warnings import warn

import numpy as np
from scipy.stats import rankdata

from fairsample.messages import quote
from fairsample.validation import DataWarning

__all__ = ["warn_of_overlap"]

_LITTLE = 0.01  # of rows
_MOST_LEVELS = 20  # of numbers that are looked at level by level
_TELLING = 0.9  # area under the ROC curve of one column
_SHOWN = 5


def warn_of_overlap(estimator, *, contrast, stacklevel):
    """Warn where effects rest on extrapolation, and name the column if one is found.

    Parameters
    ----------
    estimator : ContrastEstimator
        Has covariates, groups and their probabilities.
    contrast : str
        What is compared.
    stacklevel : int
        Calls from here to the line to warn of.
    """
    covariates, compared = estimator.covariates, estimator.compared
    for position, name in enumerate(covariates.frame.columns):
        found = _one_sided_levels(covariates, position, compared)
        if found:
            warn(
                _of_levels(contrast, name, found, len(compared)),
                DataWarning,
                stacklevel,
            )
    clipped = estimator.overlap()["clipped"]
    if clipped.max() > _LITTLE:
        telling = _telling_columns(covariates, compared)
        by = f" (mostly by {quote(telling)})" if telling else ""
        warn(
            f"{contrast}: {clipped.max():.1%} of rows are almost surely in one group "
            f"{clipped.idxmax()}{by}, and their probabilities were clipped at "
            f"{estimator.overlap_clip:g}. The effects rest on extrapolation there: "
            "compare rows that both groups have, or take a column out of the model.",
            DataWarning,
            stacklevel,
        )


def _of_levels(contrast, name, found, n_rows):
    levels = ", ".join(f"{cell!r} ({rows} rows)" for cell, rows in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    share = sum(rows for _, rows in found) / n_rows
    return (
        f"{contrast}: column {name!r} has levels that only one of the groups has, with "
        f"{share:.1%} of rows: {levels}{more}. The effects rest on extrapolation "
        "there: join levels, or leave these rows out."
    )


def _one_sided_levels(covariates, position, compared):
    """List levels that one group has alone, if they have more than a few rows."""
    values = covariates.codes[:, position]
    levels, first, level = np.unique(values, return_index=True, return_inverse=True)
    if not covariates.is_category[position] and len(levels) > _MOST_LEVELS:
        return []
    rows = np.bincount(level)
    alone = np.isin(np.bincount(level, weights=compared), 0) | np.isin(
        np.bincount(level, weights=~compared), 0
    )
    if rows[alone].sum() <= _LITTLE * len(values):
        return []
    cells = covariates.frame.iloc[first, position].tolist()
    found = [(cells[one], int(rows[one])) for one in np.flatnonzero(alone)]
    return sorted(found, key=lambda pair: -pair[1])


def _telling_columns(covariates, compared):
    """Find numbers by which alone the groups can be told apart."""
    names = []
    for position, name in enumerate(covariates.frame.columns):
        values = covariates.codes[:, position]
        known = ~np.isnan(values)
        if covariates.is_category[position] or compared[known].all():
            continue
        n_compared, n_others = compared[known].sum(), (~compared[known]).sum()
        if not n_compared:
            continue
        ranks = rankdata(values[known])[compared[known]].sum()
        area = (ranks - n_compared * (n_compared + 1) / 2) / (n_compared * n_others)
        if max(area, 1 - area) > _TELLING:
            names.append(name)
    return names
