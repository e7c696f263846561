"""Weights with which a prediction's causal effects are sums over training rows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairsample.metrics.causal_estimation import ContrastEstimator
from fairsample.metrics.causal_learners import NuisanceLearner
from fairsample.predictors.static_columns import StaticColumnEncoder
from fairsample.training.estimator_seeds import stream_of

__all__ = [
    "EFFECTS",
    "EffectDesign",
    "balancing_weights",
    "contrast_estimator",
    "design_effects",
    "sides_of",
]

EFFECTS = ("direct", "indirect", "spurious")

_N_FOLDS = 5
_OVERLAP_CLIP = 0.01


@dataclass(frozen=True)
class EffectDesign:
    """Where a predictor is to be evaluated, and how effects follow from its values.

    Parameters
    ----------
    rows, groups : ndarray of int of shape (n_evaluated,)
        The training row, and the code of the group that it is taken to be of.
    weights : DataFrame of shape (n_contrasts * 3, n_evaluated)
        Each sums to 0; its sum over predictions is the effect that its index names by
        contrast and effect.
    """

    rows: np.ndarray
    groups: np.ndarray
    weights: pd.DataFrame


def design_effects(confounders, groups, contrasts, *, random_state=None):
    """Plan how to measure the effects of a predictor f(group, row) on training rows.

    With the mean of f over the baseline's rows, seen as what they are, as `a`, seen as
    rows of the comparison as `b`, the mean over the comparison's rows as `d`, and `c`
    the same with confounders weighted to be as in the baseline, the direct effect is
    b - a, the indirect one c - b and the spurious one d - c. A predictor is known, so
    that no model of an outcome is needed: only `c` rests on anything estimated.

    Parameters
    ----------
    confounders : DataFrame of shape (n, n_confounders)
        Of the training rows.
    groups : Groups
        Their groups.
    contrasts : list of Contrast
        What is compared.
    random_state : int, RandomState instance or None, default=None
        What draws folds, and the group that a baseline row is seen as where several are
        pooled.

    Returns
    -------
    EffectDesign
        The training rows as they are come first.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.causal import StandardFairnessModel
    >>> from fairsample.groups import resolve_groups
    >>> from fairsample.predictors.causal_weights import design_effects
    >>> groups = resolve_groups(pd.DataFrame({"sex": list("FFMM")}), selector="sex")
    >>> contrasts = StandardFairnessModel(sensitive="sex").contrasts(groups.labels)
    >>> design = design_effects(pd.DataFrame(index=range(4)), groups, contrasts)
    >>> design.rows, design.groups
    (array([0, 1, 2, 3, 0, 1]), array([0, 0, 1, 1, 1, 1]))
    >>> design.weights
                            0    1    2    3    4    5
    contrast    effect
    M against F direct   -0.5 -0.5  0.0  0.0  0.5  0.5
                indirect  0.0  0.0  0.5  0.5 -0.5 -0.5
                spurious  0.0  0.0  0.0  0.0  0.0  0.0
    """
    stream, n = stream_of(random_state), len(groups.codes)
    rows, codes = [np.arange(n)], [groups.codes]
    means = []
    for contrast in contrasts:
        baseline, comparison = sides_of(contrast, groups)
        rows.append(np.flatnonzero(baseline))
        codes.append(stream.choice(groups.codes[comparison], baseline.sum()))
        balanced = balancing_weights(
            confounders, baseline, comparison, random_state=stream
        )
        means.append((baseline / baseline.sum(), balanced, comparison))
    ends = np.cumsum([len(part) for part in rows])
    weights = np.zeros((len(contrasts), len(EFFECTS), ends[-1]))
    for number, (baseline, balanced, comparison) in enumerate(means):
        direct, indirect, spurious = weights[number]
        seen_as_other = slice(ends[number], ends[number + 1])
        direct[:n] -= baseline
        direct[seen_as_other] = 1 / (ends[number + 1] - ends[number])
        indirect[:n] = balanced
        indirect[seen_as_other] = -direct[seen_as_other]
        spurious[:n] = comparison / comparison.sum() - balanced
    names = [contrast.name for contrast in contrasts]
    index = pd.MultiIndex.from_product([names, EFFECTS], names=["contrast", "effect"])
    return EffectDesign(
        np.concatenate(rows),
        np.concatenate(codes),
        pd.DataFrame(weights.reshape(len(index), -1), index),
    )


def sides_of(contrast, groups):
    """Find the rows of the baseline and those of the comparison.

    Parameters
    ----------
    contrast : Contrast
        What is compared.
    groups : Groups
        The groups of n rows.

    Returns
    -------
    baseline, comparison : ndarray of bool of shape (n,)
        A row may be of neither.
    """
    compared = [groups.labels.index(level) for level in contrast.comparisons]
    baseline = groups.codes == groups.labels.index(contrast.baseline)
    return baseline, np.isin(groups.codes, compared)


def contrast_estimator(confounders, mediators, comparison, stratify, random_state):
    """Configure the estimator of two groups' probabilities and of outcomes' effects.

    Parameters
    ----------
    confounders, mediators : DataFrame of n_rows rows
        Columns of any type; also none.
    comparison : ndarray of bool of shape (n_rows,)
        The group of each row.
    stratify : ndarray of shape (n_rows,)
        Numbers that are to be alike in all folds.
    random_state : int, RandomState instance or None
        Folds and learners.

    Returns
    -------
    ContrastEstimator
    """
    return ContrastEstimator(
        confounders,
        mediators,
        comparison,
        stratify=stratify,
        learner=NuisanceLearner.read("stacked", binary_outcome=True),
        n_folds=min(_N_FOLDS, comparison.sum(), (~comparison).sum()),
        overlap_clip=_OVERLAP_CLIP,
        random_state=random_state,
    )


def balancing_weights(confounders, baseline, comparison, *, random_state=None):
    """Weight the comparison's rows so that their confounders are as the baseline's.

    The odds of being a baseline row, which are cross-fitted, are moved as
    little as it takes for means and mean squares of the confounders to agree. A mean
    under such weights is right if either the odds are, or what is averaged is a
    quadratic function of the confounders (on average over mediators).

    Parameters
    ----------
    confounders : DataFrame of shape (n, n_confounders)
        Any columns, or none.
    baseline, comparison : ndarray of bool of shape (n,)
        Which rows are of either side; rows of neither weigh nothing.
    random_state : int, RandomState instance or None, default=None
        What draws the folds.

    Returns
    -------
    ndarray of shape (n,)
        They sum to 1, over rows of the comparison; a few may be negative.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.predictors.causal_weights import balancing_weights
    >>> old = pd.DataFrame({"old": np.repeat([0, 1, 0, 1], [30, 10, 10, 30])})
    >>> baseline = np.arange(80) < 40
    >>> weights = balancing_weights(old, baseline, ~baseline, random_state=0)
    >>> round(float(weights @ old["old"]), 2)  # a quarter of the baseline is old
    0.25
    """
    weights = comparison / comparison.sum()
    if confounders.shape[1] == 0:
        return weights
    rows = np.flatnonzero(baseline | comparison)
    confounders = confounders.iloc[rows]
    weights[rows] *= _cross_fitted_odds(confounders, comparison[rows], random_state)
    weights /= weights.sum()
    weights[rows] = _calibrate(weights[rows], _moments(confounders), baseline[rows])
    return weights


def _moments(confounders):
    """Scaled numbers, their squares, and one-hot categories, (n, n_features)."""
    encoded = StaticColumnEncoder().fit_transform(confounders)
    encoded = encoded if isinstance(encoded, np.ndarray) else encoded.toarray()
    many = [len(np.unique(column)) > 2 for column in encoded.T]
    return np.hstack([encoded, encoded[:, many] ** 2])


def _cross_fitted_odds(confounders, comparison, random_state):
    """Odds of being a baseline row given confounders, learned on other rows."""
    nothing = confounders.iloc[:, :0]
    probability, _ = contrast_estimator(
        confounders, nothing, comparison, comparison, random_state
    ).propensities
    probability = probability.clip(_OVERLAP_CLIP, 1 - _OVERLAP_CLIP)
    return (1 - probability) / probability


def _calibrate(weights, features, baseline):
    """Move weights, in proportion to themselves, until moments agree.

    The ridge, the inverse of the effective number of rows, leaves differences that are
    within sampling error where there are many features for few rows.
    """
    gap = features[baseline].mean(axis=0) - weights @ features
    centred = features - weights @ features
    covariance = (centred * weights[:, np.newaxis]).T @ centred
    ridge = (weights**2).sum() * np.eye(features.shape[1])
    return weights * (1 + centred @ np.linalg.solve(covariance + ridge, gap))
