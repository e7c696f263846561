"""Models that write down which rows they are given, and rows that tell who they are."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

events: list = []


class LabelModel(ClassifierMixin, BaseEstimator):
    """A linear model that writes down which patients it is fitted on and asked about.

    Its rows have the columns, or array columns, patient, truth (their class) and more
    for the model to learn from. It gives labels and no probabilities.
    """

    def __init__(self, C=1.0, random_state=None):
        self.C, self.random_state = C, random_state

    def fit(self, X, y):
        truth = np.asarray(X)[:, 1]
        assert (truth == (np.asarray(y) == "died")).all(), "labels of other rows"
        self.model_ = LogisticRegression(C=self.C).fit(self._seen("fit", X), y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(self._seen("predict", X))

    def _seen(self, what, X):
        rows = np.asarray(X, dtype=float)
        events.append((what, rows[:, 0].astype(int).tolist(), self.random_state, X))
        return rows[:, 2:]


class WatchedModel(LabelModel):
    """The same with probabilities."""

    def predict_proba(self, X):
        return self.model_.predict_proba(self._seen("predict", X))


def watched_rows(n=240, seed=0):
    """Patients of two groups, their dose telling of group and outcome."""
    rng = np.random.RandomState(seed)
    group = rng.choice(2, n, p=[0.6, 0.4])
    y = (rng.rand(n) < np.array([0.5, 0.25])[group]).astype(int)
    dose = rng.normal(size=n) + 1.2 * y - 0.8 * group
    X = pd.DataFrame({"patient": np.arange(n), "truth": y, "dose": dose})
    return X, y, group


class CountedModel(LogisticRegression):
    """Counts as one more event when it is fitted, whoever fits it."""

    def fit(self, X, y, sample_weight=None):
        events.append(("fit", None, self.random_state, X))
        return super().fit(X, y, sample_weight)
