"""Compare augmentations by what a predictor makes of them on real test rows."""

import functools
import inspect
import time

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.metrics import f1_score, get_scorer, make_scorer
from sklearn.utils import check_consistent_length
from tqdm import tqdm

from fairsample.evaluation.splitting import split_cells
from fairsample.groups import resolve_groups
from fairsample.metrics.scorers import FairnessScorer, fairness_scorer

__all__ = ["compare_augmentations"]

_COLUMNS = [
    "augmenter",
    "seed",
    "metric",
    "value",
    "n_train",
    "n_synthetic",
    "seconds",
]
_RESPONSES = ("predict", "predict_proba", "decision_function")


def compare_augmentations(
    estimator,
    X,
    y,
    *,
    sensitive_features,
    augmenters,
    metrics=None,
    test_size=0.3,
    seeds=(0, 1, 2),
    pos_label=None,
    min_group_size=50,
    min_class_size=10,
    missing_sensitive="error",
    verbose=0,
):
    """Train a predictor on each augmentation of real rows, and test it on real rows.

    For each seed the real rows are split once, within every group and class. Each
    augmenter sees the training part only; a clone of the estimator is trained on what
    it returns and scored on the real rows held out, the same for all augmenters. A
    patient is a row, so no patient is on both sides, and no synthetic row is scored on.

    Parameters
    ----------
    estimator : classifier
        The predictor, cloned for each training.
    X : {DataFrame, ndarray} of shape (n_samples, n_features)
        Real rows.
    y : array-like of shape (n_samples,)
        Their classes.
    sensitive_features : str, list of str, callable, or array-like of values
        Columns of X (a name, a list of names, a callable that takes X), or the values
        themselves as a Series, a DataFrame or an array. Augmenters that take
        `sensitive_features` and name no columns of their own are given them.
    augmenters : dict of str to resampler or None
        Name -> resampler with `fit_resample`, or None for the real rows alone.
    metrics : list of str or dict of str to scorer, default=None
        Names that scikit-learn or this package knows, or name -> scorer, called as
        ``scorer(estimator, X, y)``; a scorer of
        :func:`~fairsample.metrics.fairness_scorer` is given the groups. None stands for
        ``disparate_impact``, ``worst_group_tpr``, ``worst_group_recall``, ``f1``,
        ``balanced_accuracy`` and ``roc_auc``.
    test_size : float, default=0.3
        Share of the real rows held out.
    seeds : sequence of int, default=(0, 1, 2)
        One split and one run for each. A seed also goes into every `random_state` of
        the augmenter and of the estimator.
    pos_label : object, default=None
        The class that counts as positive; None stands for the second of the sorted
        classes.
    min_group_size : int, default=50
        Held-out rows that a group needs to be measured by a fairness metric given by
        name. Groups below it are left out, with a warning.
    min_class_size : int, default=10
        Held-out rows of a class that a group needs for a rate within that class.
    missing_sensitive : {"error", "group"}, default="error"
        Whether rows without a sensitive value are refused or make a group of their own.
        Augmenters have their own parameter for it.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    DataFrame
        One row for each augmenter, seed and metric, with the columns `augmenter`,
        `seed`, `metric`, `value`, `n_train` (rows trained on), `n_synthetic` (those of
        them that are not real) and `seconds` (to augment and to train).

    Raises
    ------
    ValueError
        When no sensitive features reach the groups, lengths differ, an augmenter has no
        `fit_resample`, or a metric is unknown.

    See Also
    --------
    summarize : The result as a table of means and standard deviations.
    SyntheticOnly : An augmenter that drops the real rows.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from fairsample import GroupRandomOverSampler
    >>> from fairsample.evaluation import compare_augmentations, summarize
    >>> X, y = make_classification(600, weights=[0.8], random_state=0)
    >>> comparison = compare_augmentations(
    ...     LogisticRegression(),
    ...     X,
    ...     y,
    ...     sensitive_features=X[:, 0] > 0,
    ...     augmenters={"real": None, "copies": GroupRandomOverSampler()},
    ...     seeds=[0, 1],
    ...     min_class_size=5,
    ... )
    >>> comparison.groupby("augmenter")["n_synthetic"].first().to_dict()
    {'copies': 251, 'real': 0}
    >>> list(summarize(comparison).index)
    ['real', 'copies']
    """
    selector, values = _selector_or_values(sensitive_features)
    check_consistent_length(X, y)
    groups = resolve_groups(
        pd.DataFrame(X), selector=selector, values=values, missing=missing_sensitive
    )
    classes, target = np.unique(np.asarray(y), return_inverse=True)
    scorers = _scorers(metrics, classes, pos_label, min_group_size, min_class_size)
    _check_augmenters(augmenters)
    cells = groups.codes * len(classes) + target
    group_values = groups.values(groups.codes)
    records = []
    progress = tqdm(total=len(seeds) * len(augmenters), disable=not verbose)
    for seed in seeds:
        train, test = split_cells(cells, test_size=test_size, random_state=seed)
        X_train, y_train = _take(X, train), _take(y, train)
        for name, augmenter in augmenters.items():
            progress.set_description(f"{name}, seed {seed}")
            start = time.perf_counter()
            X_augmented, y_augmented, n_synthetic = _augment(
                _seeded(augmenter, seed),
                X_train,
                y_train,
                selector,
                None if values is None else _take(values, train),
            )
            fitted = _seeded(estimator, seed).fit(X_augmented, y_augmented)
            seconds = time.perf_counter() - start
            scores = _score(
                fitted, scorers, _take(X, test), _take(y, test), group_values.iloc[test]
            )
            records.extend(
                (name, seed, metric, value, len(y_augmented), n_synthetic, seconds)
                for metric, value in scores.items()
            )
            progress.update()
    progress.close()
    return pd.DataFrame(
        records,
        columns=_COLUMNS,
    )


def _selector_or_values(sensitive_features):
    if sensitive_features is None:
        raise ValueError(
            "compare_augmentations needs sensitive_features: columns of X, or values."
        )
    if isinstance(sensitive_features, str | list) or callable(sensitive_features):
        return sensitive_features, None
    return None, sensitive_features


def _check_augmenters(augmenters):
    for name, augmenter in augmenters.items():
        if augmenter is not None and not hasattr(augmenter, "fit_resample"):
            raise ValueError(
                f"Augmenter {name!r} is {augmenter!r}, which has no fit_resample. Give "
                "a resampler, or None for the real rows alone."
            )


def _scorers(metrics, classes, pos_label, min_group_size, min_class_size):
    if isinstance(metrics, dict):
        return {name: get_scorer(scorer) for name, scorer in metrics.items()}
    if pos_label is None and len(classes) == 2:
        pos_label = classes[1]
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


def _seeded(estimator, seed):
    """Clone an estimator and seed it and everything in it."""
    if estimator is None:
        return None
    estimator = clone(estimator)
    seeds = dict.fromkeys(_parameters(estimator, "random_state"), seed)
    return estimator.set_params(**seeds)


def _parameters(estimator, name):
    return [key for key in estimator.get_params() if key.split("__")[-1] == name]


def _augment(augmenter, X, y, selector, values):
    """Return X and y with what the augmenter adds, and how many rows are not real."""
    if augmenter is None:
        return X, y, 0
    takes = inspect.signature(augmenter.fit_resample).parameters
    arguments = {}
    if selector is not None:
        given = augmenter.get_params()
        unset = [
            key
            for key in _parameters(augmenter, "sensitive_features")
            if given[key] is None
        ]
        augmenter.set_params(**dict.fromkeys(unset, selector))
    elif "sensitive_features" in takes:
        arguments["sensitive_features"] = values
    X_augmented, y_augmented = augmenter.fit_resample(X, y, **arguments)
    mask = getattr(augmenter, "synthetic_mask_", None)
    if mask is not None and len(mask) == len(y_augmented):
        return X_augmented, y_augmented, int(np.sum(mask))
    return X_augmented, y_augmented, max(len(y_augmented) - len(y), 0)


def _score(fitted, scorers, X, y, groups):
    predicted = _PredictedOnce(fitted, X)
    scores = {}
    for name, scorer in scorers.items():
        given = {}
        if isinstance(scorer, FairnessScorer) and scorer.sensitive_features is None:
            given["sensitive_features"] = groups
        scores[name] = float(scorer(predicted, X, y, **given))
    return scores


class _PredictedOnce:
    """A fitted classifier that predicts one table once, however often it is asked."""

    def __init__(self, estimator, X):
        self._estimator, self._X, self._answers = estimator, X, {}

    def __getattr__(self, name):
        value = getattr(self._estimator, name)
        if name not in _RESPONSES:
            return value
        if name not in self._answers:
            self._answers[name] = value(self._X)

        @functools.wraps(value)
        def answer(X):
            return self._answers[name]

        return answer


def _take(data, rows):
    if isinstance(data, pd.DataFrame | pd.Series):
        return data.iloc[rows]
    return np.asarray(data)[rows]
