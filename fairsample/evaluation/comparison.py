"""Compare augmentations by what a predictor makes of them on real test rows."""

import itertools
import time
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils.parallel import Parallel, delayed
from tqdm import tqdm

from fairsample.evaluation.arms import Augmentation
from fairsample.evaluation.protocol import check_sizes, plan_holdouts, training_parts
from fairsample.evaluation.rivals import Rival, check_rival
from fairsample.evaluation.rows import RealRows
from fairsample.evaluation.scoring import make_scorers, positive_class, score

__all__ = ["compare_augmentations"]


def compare_augmentations(
    estimator,
    X,
    y,
    *,
    sensitive_features,
    augmenters,
    rivals=None,
    patients=None,
    real_sizes=None,
    synthetic_sizes=None,
    metrics=None,
    test_size=0.3,
    seeds=(0, 1, 2),
    cv=None,
    pos_label=None,
    min_group_size=50,
    min_class_size=10,
    missing_sensitive="error",
    n_jobs=None,
    verbose=0,
):
    """Train a predictor on each augmentation of real rows, and test it on real rows.

    For each seed the real rows are split once, within every group and class. Each
    augmenter sees the training part only; a clone of the estimator is trained on what
    it returns and scored on the real rows held out, the same for all augmenters and
    sizes. No synthetic row is scored on, and no patient is on both sides: a row is a
    patient, unless `patients` says whose rows they are.

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
    rivals : dict of str to classifier, default=None
        Name -> meta-estimator that changes the predictor instead of the rows, such as
        fairlearn's ``ThresholdOptimizer``. Its `estimator` is set to a clone of the
        predictor; it is fitted on the real rows, knowing their groups, with 1 for the
        positive class, and is given the groups at prediction if its `predict` takes
        them: the result and its tables say which do. Two classes only.
    patients : array-like of shape (n_samples,), default=None
        Whose row each is, where a patient has several: all go to the same side. None
        says that every row is a patient.
    real_sizes : list of int, default=None
        Train on that many of the real training rows, drawn within every group and
        class, and the smaller ones part of the larger. None stands for all.
    synthetic_sizes : list of int, default=None
        Set `n_synthetic`, wherever an augmenter has such a parameter. An arm that has
        none is trained once and stands beside every size; `n_synthetic` in the result
        tells the rows that it added. None leaves the augmenters as they are.
    metrics : list of str or dict of str to scorer, default=None
        Names that scikit-learn or this package knows, or name -> scorer, called as
        ``scorer(estimator, X, y)``; a scorer of
        :func:`~fairsample.metrics.fairness_scorer` is given the groups. None stands for
        ``disparate_impact``, ``worst_group_tpr``, ``worst_group_recall``, ``f1``,
        ``balanced_accuracy`` and ``roc_auc``. What asks for probabilities is NaN for a
        rival.
    test_size : float, default=0.3
        Share of the real rows held out.
    seeds : sequence of int, default=(0, 1, 2)
        One split and one run for each. A seed also goes into every `random_state` of
        the augmenter and of the estimator.
    cv : int or splitter, default=None
        In place of `test_size` and `seeds`: a number of folds, which share every group
        and class evenly, or a splitter of scikit-learn. `seed` is the fold's number.
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
    n_jobs : int, default=None
        Processes, as in scikit-learn. The values do not depend on it.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    DataFrame
        One row for each augmenter or rival, seed, size and metric, with the columns
        `augmenter`, `seed`, `real_size` and `synthetic_size` (where such sizes were
        given), `metric`, `value`, `n_train` (rows trained on), `n_synthetic` (those of
        them that are not real), `seconds` (to augment and to train) and, where rivals
        were given, `reads_group` (whether the group is read at prediction).

    Raises
    ------
    ValueError
        When no sensitive features reach the groups, lengths differ, an augmenter has no
        `fit_resample`, a rival is no meta-estimator, a metric is unknown, there are too
        few rows for a size, or `cv` has a patient on both sides.

    See Also
    --------
    summarize : The result as a table of means and standard deviations.
    table_one : The result over all sizes, as the papers print it.
    paper_arms : The augmenters that the papers compare.
    sweep_fairness_weight : The same over λ.
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
    rows = RealRows.read(X, y, sensitive_features, missing_sensitive)
    classes, target = np.unique(np.asarray(y), return_inverse=True)
    scorers = make_scorers(
        metrics,
        classes,
        pos_label=pos_label,
        min_group_size=min_group_size,
        min_class_size=min_class_size,
    )
    arms = _arms(augmenters, rivals or {}, classes, pos_label)
    real_sizes = check_sizes("real_sizes", real_sizes)
    synthetic_sizes = check_sizes("synthetic_sizes", synthetic_sizes)
    cells = rows.group * len(classes) + target
    holdouts = plan_holdouts(
        X, y, cells, patients=patients, test_size=test_size, seeds=seeds, cv=cv
    )
    runs = _plan_runs(holdouts, cells, real_sizes, arms)
    progress = tqdm(runs, disable=not verbose)
    results = Parallel(n_jobs=n_jobs)(
        delayed(_measure)(
            arms[run.arm],
            estimator,
            rows.take(run.train),
            rows.take(run.test),
            run.seed,
            synthetic_sizes,
            scorers,
        )
        for run in _announced(progress)
    )
    records = _describe(runs, results, arms)
    return _tidy(records, real_sizes, synthetic_sizes, rivals)


class _Run(NamedTuple):
    """An arm on some of the training rows of a split."""

    arm: str
    seed: int
    real_size: int
    train: np.ndarray
    test: np.ndarray


def _plan_runs(holdouts, cells, real_sizes, arms):
    parts = [training_parts(holdout, cells, real_sizes) for holdout in holdouts]
    return [
        _Run(name, holdout.seed, size, train, holdout.test)
        for holdout, part in zip(holdouts, parts, strict=True)
        for size, train in part.items()
        for name in arms
    ]


def _arms(augmenters, rivals, classes, pos_label):
    for name, augmenter in augmenters.items():
        if augmenter is not None and not hasattr(augmenter, "fit_resample"):
            raise ValueError(
                f"Augmenter {name!r} is {augmenter!r}, which has no fit_resample. Give "
                "a resampler, or None for the real rows alone; an estimator that "
                "changes predictions is one of the rivals."
            )
    if rivals and len(classes) != 2:
        raise ValueError(f"Rivals decide between two classes; y has {len(classes)}.")
    for name, rival in rivals.items():
        check_rival(name, rival)
    twice = sorted(augmenters.keys() & rivals.keys())
    if twice:
        raise ValueError(f"Both an augmenter and a rival are called {twice}.")
    arms = {name: Augmentation(augmenter) for name, augmenter in augmenters.items()}
    pos_label = positive_class(classes, pos_label)
    return arms | {
        name: Rival(rival, classes, pos_label) for name, rival in rivals.items()
    }


def _announced(progress):
    for run in progress:
        progress.set_description(f"{run.arm}, seed {run.seed}")
        yield run


def _measure(arm, estimator, train, test, seed, synthetic_sizes, scorers):
    """Train an arm for each size that makes a difference, and score it."""
    measured = []
    for size in arm.sizes(synthetic_sizes):
        start = time.perf_counter()
        trained = arm.train(estimator, train, seed, size)
        seconds = time.perf_counter() - start
        predictor = arm.predictor(trained, test, seed)
        values = score(predictor, scorers, test.X, test.y, test.sensitive_features)
        shown_at = [size] if size is not None else synthetic_sizes or [None]
        measured += [
            {
                "synthetic_size": shown,
                "metric": metric,
                "value": value,
                "n_train": trained.n_train,
                "n_synthetic": trained.n_synthetic,
                "seconds": seconds,
            }
            for shown, (metric, value) in itertools.product(shown_at, values.items())
        ]
    return measured


def _describe(runs, results, arms):
    for run, of_run in zip(runs, results, strict=True):
        for measured in of_run:
            yield {
                "augmenter": run.arm,
                "seed": run.seed,
                "real_size": run.real_size,
                **measured,
                "reads_group": arms[run.arm].reads_group,
            }


def _tidy(records, real_sizes, synthetic_sizes, rivals):
    asked_for = {
        "augmenter": True,
        "seed": True,
        "real_size": real_sizes is not None,
        "synthetic_size": synthetic_sizes is not None,
        "metric": True,
        "value": True,
        "n_train": True,
        "n_synthetic": True,
        "seconds": True,
        "reads_group": rivals is not None,
    }
    columns = [name for name, asked in asked_for.items() if asked]
    return pd.DataFrame.from_records(list(records), columns=list(asked_for))[columns]
