"""The metrics of a comparison, as scorers of a predictor on real rows."""

import numpy as np
from sklearn.metrics import f1_score, get_scorer, make_scorer

from fairsample.evaluation.remembered_predictions import RememberedPredictions
from fairsample.metrics.scorers import fairness_scorer, score_groups

__all__ = ["make_scorers", "positive_class", "score"]


def positive_class(classes, pos_label=None):
    """Find the class that counts as positive.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The classes, sorted.
    pos_label : object, default=None
        The positive class; None stands for the second of two.

    Returns
    -------
    object
        The positive class, or None where there are several classes and none is named.

    Examples
    --------
    >>> positive_class(["alive", "dead"])
    'dead'
    """
    return classes[1] if pos_label is None and len(classes) == 2 else pos_label


def make_scorers(metrics, classes, *, pos_label, min_group_size, min_class_size):
    """Make the scorers of a comparison.

    Parameters
    ----------
    metrics : list of str, dict of str to scorer, or None
        As in :func:`compare_augmentations`.
    classes : ndarray of shape (n_classes,)
        The classes, sorted.
    pos_label : object or None
        The class that counts as positive.
    min_group_size, min_class_size : int
        What a group needs to be measured.

    Returns
    -------
    dict of str to callable
        Name -> scorer, called as ``scorer(estimator, X, y)``.

    Raises
    ------
    ValueError
        When a metric is unknown, or the positive class is.

    Examples
    --------
    >>> scorers = make_scorers(
    ...     ["f1"], [0, 1], pos_label=None, min_group_size=50, min_class_size=10
    ... )
    >>> list(scorers)
    ['f1']
    """
    if isinstance(metrics, dict):
        return {name: get_scorer(scorer) for name, scorer in metrics.items()}
    pos_label = positive_class(classes, pos_label)
    if pos_label is None:
        raise ValueError(
            f"y has {len(classes)} classes. Give pos_label, the class that counts as "
            "positive, or metrics as a dict of scorers."
        )
    within_class = {
        "pos_label": pos_label,
        "min_group_size": min_group_size,
        "min_class_size": min_class_size,
    }
    known = {
        "disparate_impact": fairness_scorer(
            "disparate_impact", pos_label=pos_label, min_group_size=min_group_size
        ),
        "worst_group_tpr": fairness_scorer("worst_group_tpr", **within_class),
        "worst_group_recall": fairness_scorer("worst_group_recall", **within_class),
        "f1": make_scorer(
            f1_score,
            labels=[pos_label],
            pos_label=None,
            average="macro",
            zero_division=0,
        ),
        "balanced_accuracy": get_scorer("balanced_accuracy"),
        "roc_auc": get_scorer("roc_auc"),
    }
    if metrics is None:
        return known
    return {name: known.get(name) or get_scorer(name) for name in metrics}


def score(predictor, scorers, X, y, groups):
    """Score a fitted predictor.

    What asks for probabilities is NaN for predictions that were told without any.

    Parameters
    ----------
    predictor : classifier or RememberedPredictions
        A fitted classifier, or what is known of its predictions of these rows.
    scorers : dict of str to callable
        Name -> scorer; a :class:`~fairsample.metrics.FairnessScorer` without columns of
        its own is given the groups.
    X : {DataFrame, ndarray} of shape (n_samples, n_features)
        Real rows.
    y : array-like of shape (n_samples,)
        Their classes.
    groups : Series or DataFrame of n_samples rows
        Their sensitive features, in the same order.

    Returns
    -------
    dict of str to float
        Name -> value.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.metrics import get_scorer
    >>> model = DummyClassifier().fit([[0], [1]], [1, 1])
    >>> score(model, {"accuracy": get_scorer("accuracy")}, [[0], [1]], [0, 1], None)
    {'accuracy': 0.5}
    """
    told = isinstance(predictor, RememberedPredictions)
    predicted = predictor if told else RememberedPredictions(predictor, X)
    values = {}
    for name, scorer in scorers.items():
        predicted.lacks_response = False
        try:
            values[name] = float(score_groups(scorer, predicted, X, y, groups))
        except AttributeError:
            if not (told and predicted.lacks_response):
                raise
            values[name] = np.nan
    return values
