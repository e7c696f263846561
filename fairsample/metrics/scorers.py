"""Fairness metrics as scorers that know where the groups are."""

from functools import partial

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.metrics import make_scorer
from sklearn.utils.metadata_routing import UNUSED

from fairsample.groups import resolve_groups
from fairsample.metrics import fairness

__all__ = ["FairnessScorer", "fairness_scorer", "named_metric", "score_groups"]


class FairnessScorer(BaseEstimator):
    """A fairness metric as a scikit-learn scorer; made by :func:`fairness_scorer`.

    The groups come from columns of the data that the estimator is scored on, or from
    values handed over by metadata routing, which win. Values are requested by the
    class, so routing needs no call of `set_score_request`.

    `TunedThresholdClassifierCV` takes scikit-learn's own scorers only: use
    ``make_scorer(metric).set_score_request(sensitive_features=True)`` there.

    Parameters
    ----------
    metric : callable
        Called as ``metric(y_true, y_pred, sensitive_features=values)``, with
        `metric_params`.
    sensitive_features : str, int, list, mask or callable, default=None
        The sensitive columns of X.
    response_method : {"predict", "predict_proba", "decision_function"} or tuple, \
            default="predict"
        What the metric wants of the estimator, as in
        :func:`sklearn.metrics.make_scorer`.
    greater_is_better : bool, default=True
        False turns the sign round.
    missing_sensitive : {"error", "group"}, default="error"
        Whether rows without a value in the sensitive columns are refused or make a
        group of their own.
    metric_params : dict, default=None
        More keywords for the metric.

    See Also
    --------
    fairness_scorer : Makes one.

    Examples
    --------
    >>> from fairsample.metrics import FairnessScorer, worst_group_tpr
    >>> FairnessScorer(worst_group_tpr, sensitive_features="race")
    FairnessScorer(metric=<function worst_group_tpr at ...>, sensitive_features='race')
    """

    __metadata_request__score = {"sensitive_features": True, "estimator": UNUSED}

    def __init__(
        self,
        metric,
        *,
        sensitive_features=None,
        response_method="predict",
        greater_is_better=True,
        missing_sensitive="error",
        metric_params=None,
    ):
        self.metric = metric
        self.sensitive_features = sensitive_features
        self.response_method = response_method
        self.greater_is_better = greater_is_better
        self.missing_sensitive = missing_sensitive
        self.metric_params = metric_params

    def __call__(self, estimator, X, y, *, sensitive_features=None):
        """Score a fitted estimator, see :meth:`score`."""
        return self.score(estimator, X, y, sensitive_features=sensitive_features)

    def score(self, estimator, X, y, *, sensitive_features=None):
        """Score a fitted estimator.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier.
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The rows to score on.
        y : array-like of shape (n_samples,)
            Their classes.
        sensitive_features : array-like, default=None
            The group of each row; None reads the columns of X.

        Returns
        -------
        float
            The metric, with its sign turned where smaller is better.

        Raises
        ------
        ValueError
            When neither values nor columns are given.
        """
        values = self._values(X, sensitive_features)
        metric = partial(
            self.metric, sensitive_features=values, **(self.metric_params or {})
        )
        scorer = make_scorer(
            metric,
            response_method=self.response_method,
            greater_is_better=self.greater_is_better,
        )
        return scorer(estimator, X, y)

    def _values(self, X, values):
        if values is not None:
            return values
        if self.sensitive_features is None:
            raise ValueError(
                "No sensitive features reached the scorer. Name columns of X, as in "
                "fairness_scorer(metric, sensitive_features='race'), or route the "
                "values: sklearn.set_config(enable_metadata_routing=True), then "
                "search.fit(X, y, sensitive_features=values)."
            )
        groups = resolve_groups(
            X if isinstance(X, pd.DataFrame) else pd.DataFrame(X),
            selector=self.sensitive_features,
            missing=self.missing_sensitive,
        )
        return groups.values(groups.codes)


def fairness_scorer(
    metric,
    *,
    sensitive_features=None,
    response_method="predict",
    greater_is_better=True,
    missing_sensitive="error",
    **metric_params,
):
    """Make a scorer from a fairness metric.

    The scorer goes wherever scikit-learn takes one: `scoring=` of `GridSearchCV` or
    `cross_validate`, alone or in a dict. With columns of X named here it needs no
    metadata routing; without, ``search.fit(X, y, sensitive_features=values)`` reaches
    it once routing is enabled. Routed values win over columns.

    Parameters
    ----------
    metric : {"disparate_impact", "worst_group_tpr", "worst_group_recall"} or callable
        A metric of this package by name, or any function called as
        ``metric(y_true, y_pred, sensitive_features=values)``, such as fairlearn's.
    sensitive_features : str, int, list, mask or callable, default=None
        The sensitive columns of X: a name, a position, a list of either, a mask, or a
        callable that takes X and returns values.
    response_method : {"predict", "predict_proba", "decision_function"} or tuple, \
            default="predict"
        What the metric wants of the estimator.
    greater_is_better : bool, default=True
        False for a disparity, such as fairlearn's differences.
    missing_sensitive : {"error", "group"}, default="error"
        Whether rows without a value in the sensitive columns are refused or make a
        group of their own.
    **metric_params
        More keywords for the metric, such as `pos_label` or `min_group_size`.

    Returns
    -------
    FairnessScorer
        Called as ``scorer(estimator, X, y, sensitive_features=None)``.

    Raises
    ------
    ValueError
        When the metric's name is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.compose import make_column_transformer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from fairsample.metrics import fairness_scorer
    >>> X = pd.DataFrame({"dose": [1, 8, 2, 9, 1, 1, 9, 9], "sex": list("FFFFMMMM")})
    >>> y = [0, 1, 0, 1, 0, 1, 1, 1]
    >>> model = make_pipeline(
    ...     make_column_transformer(("passthrough", ["dose"])), LogisticRegression()
    ... ).fit(X, y)
    >>> scorer = fairness_scorer("worst_group_tpr", sensitive_features="sex")
    >>> round(scorer(model, X, y), 2)
    0.67
    >>> round(scorer(model, X, y, sensitive_features=["a", "b"] * 4), 2)
    0.75
    """
    if isinstance(metric, str):
        metric = named_metric(metric)
    return FairnessScorer(
        metric,
        sensitive_features=sensitive_features,
        response_method=response_method,
        greater_is_better=greater_is_better,
        missing_sensitive=missing_sensitive,
        metric_params=metric_params or None,
    )


def score_groups(scorer, estimator, X, y, groups):
    """Score a fitted estimator by any scorer, on rows whose groups are known.

    Parameters
    ----------
    scorer : callable
        Called as ``scorer(estimator, X, y)``; a :class:`FairnessScorer` without columns
        of its own is given the groups.
    estimator : classifier
        A fitted classifier.
    X : {DataFrame, ndarray} of shape (n_samples, n_features)
        The rows to score on.
    y : array-like of shape (n_samples,)
        Their classes.
    groups : Series or DataFrame of n_samples rows
        Their sensitive features, in the same order.

    Returns
    -------
    float
        The score.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> model = DummyClassifier().fit([[0], [1]], [1, 1])
    >>> scorer = fairness_scorer("disparate_impact")
    >>> score_groups(scorer, model, [[0], [1]], [0, 1], ["F", "M"])
    1.0
    """
    if isinstance(scorer, FairnessScorer) and scorer.sensitive_features is None:
        return scorer(estimator, X, y, sensitive_features=groups)
    return scorer(estimator, X, y)


def named_metric(name):
    """Find a fairness metric of this package by its name.

    Parameters
    ----------
    name : str
        The name.

    Returns
    -------
    callable
        The metric.

    Raises
    ------
    ValueError
        When there is no such metric.

    Examples
    --------
    >>> named_metric("disparate_impact").__name__
    'disparate_impact'
    """
    if name not in fairness.__all__:
        raise ValueError(
            f"metric={name!r} is unknown. Choose one of {fairness.__all__}, or "
            "give a function."
        )
    return getattr(fairness, name)
