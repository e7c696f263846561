"""The arms of a comparison that add rows, or none, to the real ones."""

import inspect
from typing import NamedTuple

import numpy as np
from sklearn.base import clone

__all__ = ["Augmentation", "Trained", "parameters_named", "seeded"]


class Trained(NamedTuple):
    """What training an arm gave.

    Parameters
    ----------
    predictor : classifier
        The fitted predictor.
    n_train : int
        Rows it was trained on.
    n_synthetic : int
        Those of them that are not real.

    Examples
    --------
    >>> Trained("a predictor", n_train=120, n_synthetic=20).n_train
    120
    """

    predictor: object
    n_train: int
    n_synthetic: int


class Augmentation:
    """An arm that trains a predictor on the real rows and what a resampler adds.

    Parameters
    ----------
    resampler : resampler or None
        Anything with `fit_resample`; None adds nothing.

    Examples
    --------
    >>> from fairsample import GroupRandomOverSampler
    >>> Augmentation(GroupRandomOverSampler()).sizes([100, 200])
    [100, 200]
    >>> Augmentation(None).sizes([100, 200])
    [None]
    """

    reads_group = False

    def __init__(self, resampler):
        self.resampler = resampler

    def sizes(self, synthetic_sizes):
        """Tell for which sizes the arm has to be trained.

        Parameters
        ----------
        synthetic_sizes : list of int, or None
            The numbers of synthetic rows asked for.

        Returns
        -------
        list
            The same, or ``[None]`` for an arm that has its own size.
        """
        if synthetic_sizes is None or self.resampler is None:
            return [None]
        sized = parameters_named(self.resampler, "n_synthetic")
        return list(synthetic_sizes) if sized else [None]

    def train(self, estimator, rows, seed, n_synthetic=None):
        """Augment the rows and train a clone of the estimator.

        Parameters
        ----------
        estimator : classifier
            The predictor.
        rows : RealRows
            The training part.
        seed : int
            What every `random_state` is set to.
        n_synthetic : int, default=None
            The size, for an arm that has none of its own.

        Returns
        -------
        Trained
            The predictor, and what it was trained on.
        """
        estimator, resampler = seeded(estimator, seed), self.resampler
        if resampler is None:
            return Trained(estimator.fit(rows.X, rows.y), len(rows), 0)
        resampler = seeded(resampler, seed)
        if n_synthetic is not None:
            _set(resampler, "n_synthetic", n_synthetic)
        X, y = resampler.fit_resample(rows.X, rows.y, **_groups(resampler, rows))
        mask = getattr(resampler, "synthetic_mask_", None)
        if mask is not None and len(mask) == len(y):
            n_not_real = int(np.sum(mask))
        else:
            n_not_real = max(len(y) - len(rows), 0)
        return Trained(estimator.fit(X, y), len(y), n_not_real)

    def predictor(self, trained, rows, seed):
        """Give the predictor of some rows: that which was trained.

        Parameters
        ----------
        trained : Trained
            What `train` returned.
        rows : RealRows
            The rows to be predicted; their groups are not looked at.
        seed : int
            Not used.

        Returns
        -------
        classifier
            The predictor.
        """
        return trained.predictor


def seeded(estimator, seed):
    """Clone an estimator and seed it and everything in it.

    Parameters
    ----------
    estimator : estimator
        Anything with `get_params`.
    seed : int
        The value of every `random_state`.

    Returns
    -------
    estimator
        The clone.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> seeded(DecisionTreeClassifier(), 3)
    DecisionTreeClassifier(random_state=3)
    """
    estimator = clone(estimator)
    _set(estimator, "random_state", seed)
    return estimator


def parameters_named(estimator, name):
    """Find a parameter by its name, also in what the estimator is made of.

    Parameters
    ----------
    estimator : estimator
        Anything with `get_params`.
    name : str
        The parameter's own name.

    Returns
    -------
    list of str
        Keys for `set_params`.

    Examples
    --------
    >>> from sklearn.ensemble import BaggingClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> parameters_named(BaggingClassifier(LogisticRegression()), "random_state")
    ['estimator__random_state', 'random_state']
    """
    return [key for key in estimator.get_params() if key.split("__")[-1] == name]


def _set(estimator, name, value):
    keys = parameters_named(estimator, name)
    estimator.set_params(**dict.fromkeys(keys, value))


def _groups(resampler, rows):
    """Let a resampler know the groups: set columns, or return values to be passed."""
    if rows.selector is not None:
        given = resampler.get_params()
        unset = [
            key
            for key in parameters_named(resampler, "sensitive_features")
            if given[key] is None
        ]
        resampler.set_params(**dict.fromkeys(unset, rows.selector))
        return {}
    if "sensitive_features" in inspect.signature(resampler.fit_resample).parameters:
        return {"sensitive_features": rows.values}
    return {}
