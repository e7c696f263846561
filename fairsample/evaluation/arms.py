"""The arms of a comparison that add rows, or none, to the real ones."""

import inspect
from typing import NamedTuple

import numpy as np

from fairsample.training.estimator_seeds import clone_with_one_seed
from fairsample.training.nested_parameters import (
    parameters_named,
    set_parameters_named,
)

__all__ = ["Arm", "Augmentation", "Trained"]


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


class Arm:
    """Something that is done about unfairness, and compared by its predictor."""

    reads_group = False

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
        return [None]

    def train(self, estimator, rows, seed, n_synthetic=None):
        """Train a clone of the estimator, or something around it.

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
        raise NotImplementedError

    def predictor(self, trained, rows, seed):
        """Give the predictor of some rows: that which was trained.

        Parameters
        ----------
        trained : Trained
            What `train` returned.
        rows : RealRows
            The rows to be predicted; an arm that `reads_group` looks at their groups.
        seed : int
            What a randomised prediction draws from.

        Returns
        -------
        classifier or RememberedPredictions
            The predictor.
        """
        return trained.predictor


class Augmentation(Arm):
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

    def __init__(self, resampler):
        self.resampler = resampler

    def sizes(self, synthetic_sizes):
        """Tell for which sizes the resampler has to add rows; see :class:`Arm`."""
        if synthetic_sizes is None or self.resampler is None:
            return [None]
        sized = parameters_named(self.resampler, "n_synthetic")
        return list(synthetic_sizes) if sized else [None]

    def train(self, estimator, rows, seed, n_synthetic=None):
        """Augment the rows and train a clone of the estimator; see :class:`Arm`."""
        estimator, resampler = clone_with_one_seed(estimator, seed), self.resampler
        if resampler is None:
            return Trained(estimator.fit(rows.X, rows.y), len(rows), 0)
        resampler = clone_with_one_seed(resampler, seed)
        if n_synthetic is not None:
            set_parameters_named(resampler, "n_synthetic", n_synthetic)
        X, y = resampler.fit_resample(rows.X, rows.y, **_groups(resampler, rows))
        mask = getattr(resampler, "synthetic_mask_", None)
        if mask is not None and len(mask) == len(y):
            n_not_real = int(np.sum(mask))
        else:
            n_not_real = max(len(y) - len(rows), 0)
        return Trained(estimator.fit(X, y), len(y), n_not_real)


def _groups(resampler, rows):
    """Let a resampler know the groups: set columns, or return values to be passed."""
    if rows.selector is not None:
        set_parameters_named(resampler, "sensitive_features", rows.selector, unset=True)
        return {}
    if "sensitive_features" in inspect.signature(resampler.fit_resample).parameters:
        return {"sensitive_features": rows.values}
    return {}
