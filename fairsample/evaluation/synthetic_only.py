"""Synthetic rows in place of the real ones."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, _fit_context, clone
from sklearn.utils._param_validation import HasMethods, Interval

__all__ = ["SyntheticOnly"]


class SyntheticOnly(BaseEstimator):
    """Train on synthetic rows alone: what a resampler samples, the real rows dropped.

    It takes the place of a resampler in :func:`compare_augmentations`. Rows are drawn
    in the proportions of the real ones, as the resampler's `sample` does, whatever its
    `sampling_strategy`: this arm shows how faithful the rows are, not what a plan adds.

    Parameters
    ----------
    resampler : resampler
        Anything with ``fit`` and ``sample``; cloned.
    n_samples : int, default=None
        How many rows; None stands for the resampler's `n_synthetic` or, where it has
        none, for as many as there are real ones.

    Attributes
    ----------
    resampler_ : resampler
        The fitted resampler.
    synthetic_mask_ : ndarray of bool of shape (n_samples,)
        True throughout.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from fairsample import GroupRandomOverSampler
    >>> from fairsample.evaluation import SyntheticOnly
    >>> X, y = make_classification(100, random_state=0)
    >>> resampler = GroupRandomOverSampler(lambda X: X[:, 0] > 0, random_state=0)
    >>> X_synthetic, y_synthetic = SyntheticOnly(resampler).fit_resample(X, y)
    >>> X_synthetic.shape
    (100, 20)
    """

    __metadata_request__fit_resample = {"sensitive_features": True}

    _parameter_constraints: dict = {
        "resampler": [HasMethods(["fit", "sample"])],
        "n_samples": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(self, resampler, *, n_samples=None):
        self.resampler = resampler
        self.n_samples = n_samples

    @_fit_context(prefer_skip_nested_validation=False)
    def fit_resample(self, X, y, *, sensitive_features=None):
        """Learn from the real rows and return synthetic ones.

        Parameters
        ----------
        X : {DataFrame, ndarray} of shape (n_samples, n_features)
            Real rows.
        y : array-like of shape (n_samples,)
            Their classes.
        sensitive_features : array-like, default=None
            The values of the sensitive features; None leaves it to the resampler.

        Returns
        -------
        X_synthetic : {DataFrame, ndarray} of shape (n_synthetic, n_features)
            Synthetic rows, in the form of X.
        y_synthetic : array-like of shape (n_synthetic,)
            Their classes, in the form of y.
        """
        values = {}
        if sensitive_features is not None:
            values["sensitive_features"] = sensitive_features
        self.resampler_ = clone(self.resampler).fit(X, y, **values)
        n_samples = self.n_samples
        if n_samples is None:
            n_samples = getattr(self.resampler_, "n_synthetic", None)
        X_synthetic, y_synthetic = self.resampler_.sample(n_samples)
        self.synthetic_mask_ = np.ones(len(y_synthetic), dtype=bool)
        return X_synthetic, y_synthetic
