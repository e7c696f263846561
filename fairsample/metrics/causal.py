"""Direct, indirect and spurious effects of a sensitive attribute."""

from numbers import Integral, Real

import numpy as np
import pandas as pd

from fairsample.encoding.visit_cells import is_visit_column
from fairsample.groups import resolve_groups
from fairsample.metrics.causal_effects_by_case import CausalEffectsByCase
from fairsample.metrics.causal_estimation import ContrastEstimator
from fairsample.metrics.causal_learners import NuisanceLearner
from fairsample.metrics.causal_outcome import Outcome
from fairsample.metrics.causal_overlap import warn_of_overlap
from fairsample.training.estimator_seeds import draw_seed, stream_of
from fairsample.validation import check_frame

__all__ = ["causal_effects"]

_ROWS_PER_FOLD = 2  # of each group, at least


def causal_effects(
    X,
    y,
    *,
    model,
    method="one_step",
    learner="stacked",
    n_folds=5,
    sign="additive",
    outcome_type="auto",
    pos_label=None,
    natural=True,
    overlap_clip=0.01,
    confidence_level=0.95,
    sensitive_features=None,
    random_state=None,
):
    """Take the difference between groups apart into causal effects, with intervals.

    The total variation, the mean outcome of the comparison minus that of the baseline,
    is the sum of a direct effect of the sensitive attribute, an indirect one through
    the mediators, and a spurious one that comes of the confounders [1]_. Direct and
    indirect effects are those on rows of the baseline, if they had the other level.

    They are effects if the model is right: no causes are missing that two of its roles
    share (but for causes that confounders and attribute have in common), and the groups
    overlap. Neither data nor intervals can tell the former; a warning tells where the
    latter fails.

    The one-step estimator is doubly robust: it is right if either the groups or the
    outcomes are learned well, and its errors are of second order in theirs. All of this
    is learned on other rows than those it is applied to [2]_.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_columns)
        Columns of any type, with missing values or without; missing ones are a level of
        their own. Columns without a role in the model are not looked at.
    y : array-like of shape (n_rows,)
        The outcome: labels of classes, or numbers.
    model : StandardFairnessModel
        The roles of the columns, and the levels to compare.
    method : {"one_step"}, default="one_step"
        The estimator.
    learner : {"stacked", "boosting", "linear"}, estimator or tuple, default="stacked"
        What learns probabilities of groups and mean outcomes. "boosting" is gradient
        boosting of trees, "linear" logistic and ridge regression on scaled and one-hot
        columns, "stacked" an average of both with the weights that predict unseen rows
        best. Or a classifier or regressor of scikit-learn, or a pair of both. A
        pipeline is given the columns as they are, any other estimator scaled and
        one-hot ones. A classifier alone is for classes, and leaves the nested mean of
        the natural effects to "stacked".
    n_folds : int, default=5
        Folds of cross-fitting. 1 learns from the rows that it is applied to: right for
        a table of counts with a learner that reproduces them, and too confident
        otherwise.
    sign : {"additive", "book"}, default="additive"
        "additive" has total_variation = direct + indirect + spurious. "book" has
        indirect and spurious effects go from comparison to baseline, as [1]_ does:
        total_variation = direct - indirect - spurious.
    outcome_type : {"auto", "binary", "numeric", "multiclass"}, default="auto"
        How to read y. By default two values are classes, more of them are classes if
        they are text, categories or truth values, and numbers otherwise: name
        "multiclass" for classes that are called by numbers.
    pos_label : object, default=None
        The class whose probability is meant. None takes the second of two classes in
        sorted order, and each of more.
    natural : bool, default=True
        Whether to estimate the natural effects, too, which takes half as long again.
    overlap_clip : float, default=0.01
        The least probability of a group that rows are weighted by.
    confidence_level : float, default=0.95
        The share of intervals that hold the true effect.
    sensitive_features : array-like of shape (n_rows,) or (n_rows, n_sensitive), \
            default=None
        Values of the sensitive attribute, in place of the columns that the model names.
    random_state : int, RandomState instance or None, default=None
        Folds, and learners that need a seed.

    Returns
    -------
    CausalEffects or CausalEffectsByCase
        The latter where several levels are compared with the baseline, or the outcome
        has several classes, by name of the contrast or class, or both.

    Raises
    ------
    ValueError
        If a column with a role is absent or a level unknown; if outcome or sensitive
        attribute have missing values; if the outcome is constant in a group, or a group
        has fewer than two rows a fold; if a parameter is out of range or the learner
        cannot learn the outcome.

    Warns
    -----
    DataWarning
        Where more than one row in a hundred is clipped, or has a level of a confounder
        or mediator that only one of the groups has.

    See Also
    --------
    equivalence : Whether synthetic rows have the effects of real ones.
    StandardFairnessModel : The model.
    fairsample.datasets.simulate_icu_effects : Effects in a model that is known.

    References
    ----------
    .. [1] D. Plečko and E. Bareinboim, "Causal fairness analysis", Foundations and
       Trends in Machine Learning 17(3):304-589, 2024, :arxiv:`2207.11385`.
    .. [2] V. Chernozhukov et al., "Double/debiased machine learning for treatment and
       structural parameters", The Econometrics Journal 21(1), 2018.

    Examples
    --------
    >>> from fairsample.causal import StandardFairnessModel
    >>> from fairsample.datasets import load_berkeley
    >>> from fairsample.metrics import causal_effects
    >>> X, y = load_berkeley(return_X_y=True)
    >>> model = StandardFairnessModel(
    ...     sensitive="gender", mediators=["department"], baseline="Male"
    ... )
    >>> causal_effects(
    ...     X, y, model=model, learner="linear", natural=False, random_state=0
    ... )
    Female against Male: effects on P(admitted = 1), 4,526 rows
                                     value       95 % interval
    total variation                -0.1416  [-0.1698, -0.1134]
      direct                       +0.07...  [+0.02..., +0.12...]
      indirect                     -0.21...  [-0.26..., -0.17...]
      spurious                     +0.0000  [+0.0000, +0.0000]
    effect on the baseline's rows  -0.1416  [-0.1698, -0.1134]
    total variation = direct + indirect + spurious
    """
    _check_options(method, sign, n_folds, overlap_clip, confidence_level)
    X = X if isinstance(X, pd.DataFrame) else pd.DataFrame(X)
    model.check_columns(X.columns, sensitive_given=sensitive_features is not None)
    confounders, mediators = _covariates(X, model)
    outcome = Outcome.read(
        y, n_rows=len(X), name=model.outcome, kind=outcome_type, pos_label=pos_label
    )
    learner = NuisanceLearner.read(learner, binary_outcome=outcome.is_binary)
    groups = resolve_groups(
        X, selector=list(model.sensitive_columns), values=sensitive_features
    )
    contrasts = model.contrasts(groups.labels, groups.counts())
    sides = {one.name: _sides(groups, one, outcome, n_folds) for one in contrasts}
    stream = stream_of(random_state)
    found = {}
    for contrast in contrasts:
        side = sides[contrast.name]
        rows = ~np.isnan(side)
        values = {called: column[rows] for called, column in outcome.values.items()}
        estimator = ContrastEstimator(
            confounders[rows],
            mediators[rows],
            side[rows] == 1,
            stratify=_strata(values),
            learner=learner,
            n_folds=n_folds,
            overlap_clip=overlap_clip,
            random_state=draw_seed(stream),
        )
        warn_of_overlap(estimator, contrast=contrast.name, stacklevel=3)
        for case, (called, column) in zip(outcome.cases, values.items(), strict=True):
            found[contrast.name, case] = estimator.effects(
                column,
                natural=natural,
                sign=sign,
                confidence_level=confidence_level,
                rows=rows,
                contrast=contrast,
                outcome=called,
            )
    return _by_case(found, len(contrasts), len(outcome.cases))


def _covariates(X, model):
    """Take confounders and mediators out of the features, checked."""
    confounders, mediators = (
        X[list(names)].reset_index(drop=True)
        for names in (model.confounders, model.mediators)
    )
    _check_covariates(confounders, mediators)
    return confounders, mediators


def _by_case(found, n_contrasts, n_classes):
    """Return effects by what differs between them; one alone as it is."""
    if n_contrasts > 1 and n_classes > 1:
        return CausalEffectsByCase(found)
    if n_contrasts > 1 or n_classes > 1:
        own = 0 if n_contrasts > 1 else 1
        return CausalEffectsByCase({case[own]: one for case, one in found.items()})
    (effects,) = found.values()
    return effects


def _sides(groups, contrast, outcome, n_folds):
    """Give 1 to rows of the comparison, 0 to those of the baseline, NaN to others."""
    side = np.full(len(groups.codes), np.nan)
    for code, label in enumerate(groups.labels):
        if label == contrast.baseline or label in contrast.comparisons:
            side[groups.codes == code] = label in contrast.comparisons
    names = (
        f"the baseline {contrast.baseline!r}",
        f"the comparison {', '.join(map(repr, contrast.comparisons))}",
    )
    for value, name in enumerate(names):
        n_rows = np.sum(side == value)
        if n_rows < _ROWS_PER_FOLD * n_folds:
            raise ValueError(
                f"{contrast.name}: {name} has {n_rows} rows, and n_folds={n_folds} "
                f"needs at least {_ROWS_PER_FOLD * n_folds}. Pool levels (comparison="
                "'rest'), compare others, or take fewer folds."
            )
    outcome.check_variation(side, names)
    return side


def _strata(values):
    """Give a number to each row that tells its outcome: the number, or the class."""
    columns = list(values.values())
    if len(columns) == 1:
        return columns[0]
    return np.argmax(columns, axis=0)


def _check_covariates(*frames):
    for frame in frames:
        if frame.shape[1] == 0:
            continue
        check_frame(frame)
        for name, column in frame.items():
            if is_visit_column(column):
                raise ValueError(
                    f"Column {name!r} holds visits. Turn them into numbers, for "
                    "example with VisitVectorizer, before naming them in the model."
                )


def _check_options(method, sign, n_folds, overlap_clip, confidence_level):
    if method != "one_step":
        raise ValueError(f"method={method!r} is unknown; it has to be 'one_step'.")
    if sign not in ("additive", "book"):
        raise ValueError(f"sign={sign!r} has to be 'additive' or 'book'.")
    if not isinstance(n_folds, Integral) or n_folds < 1:
        raise ValueError(f"n_folds={n_folds!r} has to be an integer, at least 1.")
    if not isinstance(overlap_clip, Real) or not 0 <= overlap_clip < 0.5:
        raise ValueError(
            f"overlap_clip={overlap_clip!r} has to be at least 0 and below 0.5."
        )
    if not isinstance(confidence_level, Real) or not 0 < confidence_level < 1:
        raise ValueError(
            f"confidence_level={confidence_level!r} has to be between 0 and 1."
        )
