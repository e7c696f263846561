"""Cross-validation over fairness weights, and of rivals on the same folds."""

from contextlib import nullcontext
from numbers import Real

import numpy as np
from sklearn import config_context
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, check_cv, cross_validate
from sklearn.utils import check_consistent_length

from fairsample.metrics import fairness as fairness_metrics
from fairsample.metrics.scorers import FairnessScorer, fairness_scorer
from fairsample.plots.frontier_points import find_parameter

__all__ = ["FrontierScoring", "search_frontier"]


class FrontierScoring:
    """The two scorers of a frontier, and where they take the groups from.

    Parameters
    ----------
    utility : str or scorer
        A name that scikit-learn knows, or a scorer.
    fairness : str or scorer
        A name of this package's fairness metrics or one that scikit-learn knows, or a
        scorer.
    sensitive_features : str, list, callable, array-like or None
        Columns of X or values.
    estimator : estimator
        Where the columns are named if `sensitive_features` is None.
    y : array-like
        Its second class, sorted, is the positive one.

    Attributes
    ----------
    scorers : dict of str to scorer
        Utility first.
    values : array-like or None
        The groups, where they were given as values.
    """

    def __init__(self, utility, fairness, sensitive_features, estimator, y):
        named = isinstance(sensitive_features, str | list) or callable(
            sensitive_features
        )
        self.values = None if named else sensitive_features
        self.columns = sensitive_features if named else None
        if sensitive_features is None:
            self.columns = _columns_of(estimator)
        self.utility = _name(utility, "utility")
        self.fairness = _name(fairness, "fairness")
        if self.utility == self.fairness:
            raise ValueError(f"utility and fairness are both {self.utility!r}.")
        self.scorers = {
            self.utility: get_scorer(utility),
            self.fairness: self._fairness_scorer(fairness, y),
        }

    def _fairness_scorer(self, fairness, y):
        if isinstance(fairness, str) and fairness in fairness_metrics.__all__:
            classes = np.unique(np.asarray(y))
            if len(classes) != 2:
                raise ValueError(
                    f"y has {len(classes)} classes; give fairness as "
                    f"fairness_scorer({fairness!r}, pos_label=...)."
                )
            fairness = fairness_scorer(fairness, pos_label=classes[1])
        scorer = get_scorer(fairness)
        if not isinstance(scorer, FairnessScorer) or self.values is not None:
            return scorer
        if scorer.sensitive_features is None and self.columns is None:
            raise ValueError(
                "No sensitive features: give sensitive_features, as columns of X or as "
                "values, or name the columns in the estimator."
            )
        if scorer.sensitive_features is None:
            return FairnessScorer(
                **{**scorer.get_params(), "sensitive_features": self.columns}
            )
        return scorer


def search_frontier(
    estimator,
    X,
    y,
    scoring,
    *,
    fairness_weights,
    fairness_weight=None,
    cv=None,
    rivals=None,
    n_jobs=None,
):
    """Score an estimator for each fairness weight, and its rivals, on the same folds.

    Parameters
    ----------
    estimator : classifier
        Has the parameter λ, usually in a step of a pipeline.
    X, y : array-like
        Real rows; resampling is left to the estimators' pipelines.
    scoring : FrontierScoring
        What to score.
    fairness_weights : sequence of float
        The λ.
    fairness_weight : str, default=None
        The parameter that is λ; None finds it by its name.
    cv : int, splitter or iterable, default=None
        As in scikit-learn; it is asked for folds once.
    rivals : dict of str to classifier, default=None
        What to compare with.
    n_jobs : int, default=None
        Fits side by side.

    Returns
    -------
    cv_results : dict
        ``cv_results_`` of the search.
    rivals : dict of str to dict
        What ``cross_validate`` returned for each rival.

    Raises
    ------
    ValueError
        When λ is not a parameter of the estimator, or a weight is not a number.
    """
    check_consistent_length(X, y, scoring.values)
    name = find_parameter(estimator.get_params(), "fairness_weight", fairness_weight)
    grid = {name: _checked_weights(fairness_weights)}
    folds = list(check_cv(cv, y, classifier=True).split(X, y))
    shared = {
        "scoring": scoring.scorers,
        "cv": folds,
        "n_jobs": n_jobs,
        "error_score": "raise",
    }
    routed, routing = {}, nullcontext()
    if scoring.values is not None:
        routed = {"sensitive_features": scoring.values}
        routing = config_context(enable_metadata_routing=True)
    with routing:
        search = GridSearchCV(estimator, grid, refit=False, **shared)
        search.fit(X, y, **routed)
        scores = {
            name: cross_validate(rival, X, y, params=routed or None, **shared)
            for name, rival in (rivals or {}).items()
        }
    return search.cv_results_, scores


def _columns_of(estimator):
    """Give the columns that a step of the estimator names, or None."""
    named = [
        value
        for name, value in estimator.get_params().items()
        if name.split("__")[-1] == "sensitive_features" and value is not None
    ]
    return named[0] if named else None


def _name(metric, default):
    if isinstance(metric, FairnessScorer):
        return getattr(metric.metric, "__name__", default)
    return metric if isinstance(metric, str) else default


def _checked_weights(weights):
    weights = list(weights)
    if not weights:
        raise ValueError("fairness_weights is empty; give the λ to draw.")
    wrong = [weight for weight in weights if not isinstance(weight, Real)]
    if wrong:
        raise ValueError(f"fairness_weights holds {wrong[0]!r}, which is no number.")
    return sorted(set(weights))
