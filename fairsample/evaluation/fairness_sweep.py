"""The comparison over the fairness weight."""

import pandas as pd
from sklearn.base import clone

from fairsample.evaluation.comparison import compare_augmentations
from fairsample.training.nested_parameters import (
    parameters_named,
    set_parameters_named,
)

__all__ = ["sweep_fairness_weight"]


def sweep_fairness_weight(
    estimator,
    X,
    y,
    *,
    sensitive_features,
    resampler,
    fairness_weights=(0.5, 1.0, 1.2, 1.5),
    name="FairSynth",
    augmenters=None,
    **comparison_params,
):
    """Compare a resampler with itself over the fairness weight λ, as papers' Table 2.

    A resampler with a `memory` trains what does not depend on λ once for each seed and
    size.

    Parameters
    ----------
    estimator : classifier
        The predictor, cloned for each training.
    X : {DataFrame, ndarray} of shape (n_samples, n_features)
        Real rows.
    y : array-like of shape (n_samples,)
        Their classes.
    sensitive_features : str, list of str, callable, or array-like of values
        Columns of X, or the values themselves.
    resampler : resampler
        Anything with `fit_resample` that has a parameter `fairness_weight`, itself or
        in a step or resampler that it is made of.
    fairness_weights : sequence of float, default=(0.5, 1.0, 1.2, 1.5)
        The values of λ; the default is the paper's.
    name : str, default="FairSynth"
        The arms are called ``"<name>, λ = <weight>"``.
    augmenters : dict of str to resampler or None, default=None
        More arms, which have no λ.
    **comparison_params
        Passed to :func:`compare_augmentations`: sizes, seeds, metrics, rivals,
        `n_jobs` and so on.

    Returns
    -------
    DataFrame
        As that of :func:`compare_augmentations`, and the column `fairness_weight`, NaN
        for the other arms. :meth:`fairsample.plots.FairnessFrontierDisplay.\
from_comparison` draws it.

    Raises
    ------
    ValueError
        When the resampler has no such parameter, a λ is there twice or an arm is called
        like another.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from fairsample import FairSynthResampler, VisitVectorizer
    >>> from fairsample.datasets import make_icu_cohort
    >>> from fairsample.evaluation import sweep_fairness_weight
    >>> cohort = make_icu_cohort(n_patients=600, random_state=0)
    >>> sweep = sweep_fairness_weight(
    ...     make_pipeline(VisitVectorizer(), LogisticRegression(max_iter=500)),
    ...     cohort.data,
    ...     cohort.target,
    ...     sensitive_features="gender",
    ...     resampler=FairSynthResampler(max_epochs=1, fairness_epochs=1),
    ...     fairness_weights=[0, 1],
    ...     metrics=["f1"],
    ...     seeds=[0],
    ... )
    >>> sweep[["augmenter", "fairness_weight"]]
              augmenter  fairness_weight
    0  FairSynth, λ = 0              0.0
    1  FairSynth, λ = 1              1.0
    """
    if not parameters_named(resampler, "fairness_weight"):
        raise ValueError(
            f"{resampler!r} has no parameter fairness_weight, nor has anything in it."
        )
    weights = {f"{name}, λ = {weight:g}": float(weight) for weight in fairness_weights}
    if len(weights) < len(list(fairness_weights)):
        raise ValueError(f"fairness_weights has a value twice: {fairness_weights}.")
    augmenters = augmenters or {}
    twice = sorted(augmenters.keys() & weights.keys())
    if twice:
        raise ValueError(f"augmenters has arms called like those of λ: {twice}.")
    arms = {
        arm: set_parameters_named(clone(resampler), "fairness_weight", weight)
        for arm, weight in weights.items()
    }
    comparison = compare_augmentations(
        estimator,
        X,
        y,
        sensitive_features=sensitive_features,
        augmenters=augmenters | arms,
        **comparison_params,
    )
    weight_of_row = pd.to_numeric(comparison["augmenter"].map(weights))
    comparison.insert(1, "fairness_weight", weight_of_row)
    return comparison
