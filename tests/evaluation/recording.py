"""A model and a resampler that write down which rows they saw."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin


class RecordingModel(ClassifierMixin, BaseEstimator):
    """Predicts by dose, and writes down which patients it saw."""

    log: list = []

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.log.append(("fit", list(X["patient"]), self.random_state))
        return self

    def predict_proba(self, X):
        self.log.append(("score", list(X["patient"]), self.random_state))
        p = 1 / (1 + np.exp(-X["dose"].to_numpy()))
        return np.column_stack([1 - p, p])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Inventor(BaseEstimator):
    """Adds rows of patients that do not exist."""

    log: list = []

    def __init__(self, n_synthetic=25, sensitive_features=None, random_state=None):
        self.n_synthetic = n_synthetic
        self.sensitive_features = sensitive_features
        self.random_state = random_state

    def fit_resample(self, X, y, *, sensitive_features=None):
        self.log.append(
            (list(X["patient"]), self.sensitive_features, sensitive_features)
        )
        invented = X.iloc[: self.n_synthetic].assign(patient=-1)
        return pd.concat([X, invented]), pd.concat([y, y.iloc[: self.n_synthetic]])
