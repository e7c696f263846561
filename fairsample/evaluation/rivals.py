"""The arms of a comparison that change the predictor instead of the rows."""

import inspect
from warnings import warn

import numpy as np

from fairsample.evaluation.arms import Arm, Trained
from fairsample.evaluation.remembered_predictions import RememberedPredictions
from fairsample.messages import quote
from fairsample.training.estimator_seeds import clone_with_one_seed
from fairsample.validation import DataWarning

__all__ = ["Rival", "check_rival"]


class Rival(Arm):
    """An arm whose meta-estimator is trained on the real rows, knowing the groups.

    It is given the groups at prediction too, if its `predict` takes them. Meta-
    estimators that treat each group by itself need both classes in each: groups that
    lack one in the training part, or are not in it at all, are treated as the largest
    group is, with a `DataWarning`.

    Parameters
    ----------
    meta_estimator : classifier
        Anything with a parameter `estimator` and with
        ``fit(X, y, sensitive_features=...)`` on classes 0 and 1, as fairlearn's
        ``ThresholdOptimizer``.
    classes : ndarray of shape (2,)
        The classes, sorted.
    pos_label : object
        The class that the meta-estimator is told is 1.

    Attributes
    ----------
    reads_group : bool
        Whether it is given the groups at prediction.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlearn.postprocessing import ThresholdOptimizer
    >>> Rival(ThresholdOptimizer(), np.array(["alive", "dead"]), "dead").reads_group
    True
    """

    def __init__(self, meta_estimator, classes, pos_label):
        self.meta_estimator = meta_estimator
        self.classes, self.pos_label = classes, pos_label
        self.reads_group = _takes(meta_estimator.predict, "sensitive_features")

    def train(self, estimator, rows, seed, n_synthetic=None):
        """Train the meta-estimator around a clone of the estimator.

        See :class:`Arm`; what is trained is the meta-estimator with the group that
        stands for each. It adds no rows.
        """
        meta = clone_with_one_seed(self.meta_estimator, seed)
        meta.set_params(estimator=clone_with_one_seed(estimator, seed))
        target = (np.asarray(rows.y) == self.pos_label).astype(int)
        stands_for = _groups_of_both_classes(rows, target)
        groups = stands_for(rows.group)
        meta.fit(rows.X, target, sensitive_features=groups)
        return Trained((meta, stands_for), len(rows), 0)

    def predictor(self, trained, rows, seed):
        """Decide on some rows, in the light of their groups; see :class:`Arm`."""
        meta, stands_for = trained.predictor
        given = {}
        if self.reads_group:
            given["sensitive_features"] = stands_for(rows.group)
        if _takes(meta.predict, "random_state"):
            given["random_state"] = seed
        positive = np.asarray(meta.predict(rows.X, **given)).ravel() == 1
        is_second = positive == (self.classes[1] == self.pos_label)
        decisions = self.classes[is_second.astype(int)]
        return RememberedPredictions.told(self.classes, decisions)


def check_rival(name, rival):
    """Refuse what cannot be an arm.

    Parameters
    ----------
    name : str
        What the arm is called.
    rival : object
        What is to be one.

    Raises
    ------
    ValueError
        When it is no meta-estimator that takes the groups.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> check_rival("guess", DummyClassifier())
    Traceback (most recent call last):
    ...
    ValueError: Rival 'guess' is DummyClassifier(), ...
    """
    if (
        not hasattr(rival, "get_params")
        or "estimator" not in rival.get_params(deep=False)
        or not hasattr(rival, "predict")
        or not _takes(rival.fit, "sensitive_features", by_keywords=True)
    ):
        raise ValueError(
            f"Rival {name!r} is {rival!r}, which has no parameter estimator or does "
            "not take fit(X, y, sensitive_features=...). Give a meta-estimator such as "
            "fairlearn.postprocessing.ThresholdOptimizer(); resamplers are augmenters."
        )


def _takes(method, name, *, by_keywords=False):
    parameters = inspect.signature(method).parameters
    keywords = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    return name in parameters or (by_keywords and keywords)


def _groups_of_both_classes(rows, target):
    """Give the function from a row's group to the group by which it is treated."""
    counts = np.zeros((rows.group.max() + 1, 2), dtype=int)
    np.add.at(counts, (rows.group, target), 1)
    whole = (counts > 0).all(axis=1)
    largest = int(np.argmax(np.where(whole, counts.sum(axis=1), -1)))
    joined = np.flatnonzero(~whole & (counts.sum(axis=1) > 0))
    if joined.size:
        named = rows.sensitive_features.iloc[np.isin(rows.group, joined)]
        labels = named.drop_duplicates().to_numpy().tolist()
        warn(
            f"Groups with one class only among the training rows: {quote(labels)}. "
            "They are treated as the largest group is.",
            DataWarning,
            stacklevel=4,
        )

    def stands_for(group):
        return np.where(np.isin(group, np.flatnonzero(whole)), group, largest)

    return stands_for
