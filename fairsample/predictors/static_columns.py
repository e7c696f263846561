"""Columns of any type as numbers for a linear model."""

import numpy as np
import pandas as pd
from pandas.api.types import (
    is_bool_dtype,
    is_datetime64_any_dtype,
    is_numeric_dtype,
    is_timedelta64_dtype,
)
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.validation import check_is_fitted

__all__ = ["StaticColumnEncoder"]

_DAY = pd.Timedelta(days=1)
_EPOCH = pd.Timestamp(0)


class StaticColumnEncoder(TransformerMixin, BaseEstimator):
    """Scale numbers and make categories one-hot, whatever the columns' types.

    Numeric, bool and datetime columns become numbers (days, for times) with mean 0 and
    variance 1; missing ones get the median and an indicator. All other columns are
    categories: one column a category, missing values a category of their own, unknown
    ones all zero.

    Attributes
    ----------
    encoder_ : ColumnTransformer
        The fitted scaler and one-hot encoder.
    n_features_in_ : int
        The number of columns of X.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.predictors.static_columns import StaticColumnEncoder
    >>> X = pd.DataFrame({"age": [30, 50], "race": pd.Categorical(["A", None])})
    >>> encoder = StaticColumnEncoder().fit(X)
    >>> encoder.transform(X).toarray()
    array([[-1.,  1.,  0.],
           [ 1.,  0.,  1.]])
    >>> encoder.get_feature_names_out().tolist()
    ['age', 'race_A', 'race_nan']
    """

    def fit(self, X, y=None):
        """Learn medians, scales and categories.

        Parameters
        ----------
        X : DataFrame of shape (n_samples, n_features)
            Columns of any type, with missing values or without.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted encoder.
        """
        numeric = [name for name, column in X.items() if _is_number(column)]
        others = [name for name in X.columns if name not in numeric]
        scale = make_pipeline(
            SimpleImputer(
                strategy="median", add_indicator=True, keep_empty_features=True
            ),
            StandardScaler(),
        )
        self.encoder_ = ColumnTransformer(
            [
                ("numbers", scale, [str(name) for name in numeric]),
                (
                    "categories",
                    OneHotEncoder(handle_unknown="ignore"),
                    [str(name) for name in others],
                ),
            ],
            sparse_threshold=1.0,
            verbose_feature_names_out=False,
        )
        self.numeric_ = numeric
        self.n_features_in_ = X.shape[1]
        self.encoder_.fit(self._plain(X))
        return self

    def transform(self, X):
        """Encode columns.

        Parameters
        ----------
        X : DataFrame of shape (n_samples, n_features)
            The columns seen in `fit`.

        Returns
        -------
        {csr_matrix, ndarray} of shape (n_samples, n_features_out)
            Numbers first, then categories.
        """
        check_is_fitted(self)
        return self.encoder_.transform(self._plain(X))

    def get_feature_names_out(self, input_features=None):
        """Name the columns that `transform` returns.

        Parameters
        ----------
        input_features : None
            Ignored; the names are the frame's.

        Returns
        -------
        ndarray of str of shape (n_features_out,)
            A number keeps its name, a category is ``<column>_<value>``.
        """
        check_is_fitted(self)
        return self.encoder_.get_feature_names_out()

    def _plain(self, X):
        """Frame of floats and of object columns that hold strings or NaN."""
        return pd.DataFrame(
            {
                str(name): _numbers(column, name)
                if name in self.numeric_
                else _categories(column)
                for name, column in X.items()
            },
            index=X.index,
        )


def _is_number(column):
    return (
        is_numeric_dtype(column.dtype)
        or is_bool_dtype(column.dtype)
        or is_datetime64_any_dtype(column.dtype)
        or is_timedelta64_dtype(column.dtype)
    )


def _numbers(column, name):
    if is_datetime64_any_dtype(column.dtype):
        if column.dt.tz is not None:
            column = column.dt.tz_convert(None)
        return (column - _EPOCH) / _DAY
    if is_timedelta64_dtype(column.dtype):
        return column / _DAY
    try:
        return column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise ValueError(
            f"Column {name!r} was numeric when the encoder was fitted, and now holds "
            f"{column.dtype} values that are no numbers."
        ) from None


def _categories(column):
    return (
        column.astype(object)
        .map(str, na_action="ignore")
        .where(column.notna(), np.nan)
        .astype(object)  # a column that is missing throughout would be one of floats
    )
