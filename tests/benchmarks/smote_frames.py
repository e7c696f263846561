"""SMOTENC for tables as they are: any dtypes, with missing values."""

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTENC
from sklearn.base import BaseEstimator

__all__ = ["FrameSMOTENC"]


class FrameSMOTENC(BaseEstimator):
    """Balance the classes with imbalanced-learn's SMOTENC.

    SMOTENC takes numbers without missing values and categories of the category dtype.
    It is given medians in place of missing numbers, and missing categories as a
    category of their own. Real rows come back as they are; in the new ones numbers are
    rounded where the column holds integers.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        What draws.
    """

    def __init__(self, *, random_state=None):
        self.random_state = random_state

    def fit_resample(self, X, y):
        """Put new rows of the smaller classes below the real ones."""
        numbers = X.select_dtypes("number").columns
        categories = X.columns.difference(numbers, sort=False)
        codes = {name: pd.factorize(X[name]) for name in categories}
        prepared = X[numbers].astype(float)
        prepared = prepared.fillna(prepared.median()).assign(
            **{name: pd.Categorical(codes[name][0]) for name in categories}
        )
        smote = SMOTENC("auto", random_state=self.random_state)
        balanced, y_balanced = smote.fit_resample(prepared[X.columns], y)
        drawn = balanced.iloc[len(X) :]
        new = {name: _restored(drawn[name], X[name].dtype) for name in numbers}
        for name in categories:
            levels = pd.Series(codes[name][1]).reindex(drawn[name].astype(int))
            new[name] = levels.array.astype(X[name].dtype)
        new = pd.DataFrame(new, columns=X.columns)
        return pd.concat([X, new], ignore_index=True), y_balanced


def _restored(column, dtype):
    if pd.api.types.is_integer_dtype(dtype):
        column = np.rint(column)
    return column.astype(dtype).array
