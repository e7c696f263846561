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
    "balance",
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
    smooth_weights : DataFrame of shape (n_contrasts * 2, n_evaluated)
        The same for indirect and spurious effects, with the probability of a row's
        group in place of the group.
    """

    rows: np.ndarray
    groups: np.ndarray
    weights: pd.DataFrame
    smooth_weights: pd.DataFrame


def design_effects(confounders, mediators, groups, contrasts, *, random_state=None):
    """Plan how to measure the effects of a predictor f(group, row) on training rows.

    With the mean of f over the baseline's rows, seen as what they are, as `a`, seen as
    rows of the comparison as `b`, the mean over the comparison's rows as `d`, and `c`
    the same with confounders weighted to be as in the baseline, the direct effect is
    b - a, the indirect one c - b and the spurious one d - c. A predictor is known, so
    that no model of an outcome is needed.

    A predictor that is trained until these effects are gone learns by heart who is of
    which group, and on other rows effects are still there. Smooth weights take every
    row for a member of both groups, with cross-fitted probabilities given all columns,
    of which there is nothing to learn by heart. By themselves they miss what these
    probabilities miss; a predictor without either kind of effect has neither fault.

    Parameters
    ----------
    confounders, mediators : DataFrame of n rows
        Of the training rows; also none.
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
    >>> X = pd.DataFrame({"sex": list("FFMM")})
    >>> groups = resolve_groups(X, selector="sex")
    >>> contrasts = StandardFairnessModel(sensitive="sex").contrasts(groups.labels)
    >>> design = design_effects(X[[]], X[[]], groups, contrasts)
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
    sides = [sides_of(contrast, groups) for contrast in contrasts]
    rows = [np.arange(n), *(np.flatnonzero(baseline) for baseline, _ in sides)]
    codes, exact, smooth = [groups.codes], [], []
    ends = np.cumsum([len(part) for part in rows])
    for number, (baseline, comparison) in enumerate(sides):
        codes.append(stream.choice(groups.codes[comparison], baseline.sum()))
        seen_as_other = slice(ends[number], ends[number + 1])
        direct = np.zeros(ends[-1])
        direct[:n] -= baseline / baseline.sum()
        direct[seen_as_other] = 1 / baseline.sum()
        exact.append(direct)
        pair = baseline | comparison
        for of_pair, found in zip(
            _indirect_and_spurious(
                confounders[pair], mediators[pair], comparison[pair], stream
            ),
            (exact, exact, smooth, smooth),
            strict=True,
        ):
            weights = np.zeros(ends[-1])
            weights[:n][comparison] = of_pair[comparison[pair]]
            weights[seen_as_other] = of_pair[baseline[pair]]
            found.append(weights)
    names = [contrast.name for contrast in contrasts]
    return EffectDesign(
        np.concatenate(rows),
        np.concatenate(codes),
        pd.DataFrame(np.array(exact), _by_effect(names, EFFECTS)),
        pd.DataFrame(np.array(smooth), _by_effect(names, EFFECTS[1:])),
    )


def _by_effect(names, effects):
    return pd.MultiIndex.from_product([names, effects], names=["contrast", "effect"])


def _indirect_and_spurious(confounders, mediators, comparison, random_state):
    """Weights of predictions for rows seen as the comparison's: exact, then smooth."""
    before, given_all = contrast_estimator(
        confounders, mediators, comparison, comparison, random_state
    ).propensities
    before = before.clip(_OVERLAP_CLIP, 1 - _OVERLAP_CLIP)
    for membership in (comparison * 1.0, given_all):
        as_baseline = (1 - membership) / (1 - membership).sum()
        odds = membership * (1 - before) / before
        balanced = balance(odds / odds.sum(), confounders, ~comparison)
        yield balanced - as_baseline
        yield membership / membership.sum() - balanced


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


def balance(weights, confounders, baseline):
    """Move weights so that confounders under them are as the baseline's.

    Weights are moved in proportion to themselves, as little as it takes for means and
    mean squares to agree. Given odds of being a baseline row, a mean under the result
    is right if either the odds are, or what is averaged is a quadratic function of the
    confounders. Where there are many features for few rows, differences within sampling
    error stay: a ridge, the inverse of the effective number of rows, sees to that.

    Parameters
    ----------
    weights : ndarray of shape (n,)
        They sum to 1.
    confounders : DataFrame of shape (n, n_confounders)
        Any columns, or none.
    baseline : ndarray of bool of shape (n,)
        Which rows are the baseline's.

    Returns
    -------
    ndarray of shape (n,)
        They sum to 1; a few may be negative.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.predictors.causal_weights import balance
    >>> old = pd.DataFrame({"old": np.repeat([0, 1, 0, 1], [30, 10, 10, 30])})
    >>> baseline = np.arange(80) < 40
    >>> weights = balance(~baseline / 40, old, baseline)
    >>> round(float(weights @ old["old"]), 2)  # a quarter of the baseline is old
    0.27
    """
    if confounders.shape[1] == 0:
        return weights
    moments = _moments(confounders)
    gap = moments[baseline].mean(axis=0) - weights @ moments
    centred = moments - weights @ moments
    covariance = (centred * weights[:, np.newaxis]).T @ centred
    ridge = (weights**2).sum() * np.eye(moments.shape[1])
    return weights * (1 + centred @ np.linalg.solve(covariance + ridge, gap))


def _moments(confounders):
    """Scaled numbers, their squares, and one-hot categories, (n, n_features)."""
    encoded = StaticColumnEncoder().fit_transform(confounders)
    encoded = encoded if isinstance(encoded, np.ndarray) else encoded.toarray()
    many = [len(np.unique(column)) > 2 for column in encoded.T]
    return np.hstack([encoded, encoded[:, many] ** 2])
