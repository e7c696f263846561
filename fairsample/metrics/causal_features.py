"""The columns of a table in the forms in which learners of nuisances take them."""

from functools import cached_property

import numpy as np
import pandas as pd

from fairsample.encoding.dtypes import column_kind
from fairsample.encoding.levels import CategoryLevels
from fairsample.metrics.table_columns import boosting_features, read_columns
from fairsample.predictors.static_columns import StaticColumnEncoder

__all__ = ["CovariateForms"]

_MOST_CATEGORIES = 200  # rarer ones share a code; gradient boosting takes up to 255


class CovariateForms:
    """Covariates as they are, as codes, and scaled and one-hot.

    Of a column with more than 200 categories the rare ones are pooled.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Columns of any type, with missing values or without. Not changed.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.metrics.causal_features import CovariateForms
    >>> forms = CovariateForms(pd.DataFrame({"age": [30, 50], "drug": ["b", None]}))
    >>> forms.codes
    array([[30.,  0.],
           [50., nan]])
    >>> forms.is_category
    array([False,  True])
    >>> forms.scaled
    array([[-1.,  1.,  0.],
           [ 1.,  0.,  1.]])
    """

    def __init__(self, frame):
        self.frame = frame

    @property
    def is_empty(self):
        """Whether there is no column."""
        return self.frame.shape[1] == 0

    @cached_property
    def _columns(self):
        numbers = [
            name
            for name, column in self.frame.items()
            if column_kind(column) not in ("boolean", "categorical")
        ]
        columns = read_columns(numbers, X=self.frame)
        for column in columns:
            if column.n_categories > _MOST_CATEGORIES:
                (values,) = column.values
                known = ~np.isnan(values)
                levels = CategoryLevels(max_categories=_MOST_CATEGORIES)
                cells = values[known].astype(int)
                values[known] = levels.fit(cells).transform(cells)
        return columns

    @cached_property
    def is_category(self):
        """Which columns of `codes` hold codes, an ndarray of bool of (n_columns,)."""
        return np.array([not column.is_number for column in self._columns])

    @cached_property
    def codes(self):
        """Numbers, and codes of categories, an ndarray of (n_rows, n_columns)."""
        return boosting_features(self._columns, 0)

    @cached_property
    def scaled(self):
        """Numbers scaled, categories one-hot, an ndarray of (n_rows, n_features)."""
        plain = pd.DataFrame(
            {
                position: column.values[0] if column.is_number else _texts(column)
                for position, column in enumerate(self._columns)
            }
        )
        encoded = StaticColumnEncoder().fit_transform(plain)
        return encoded if isinstance(encoded, np.ndarray) else encoded.toarray()


def _texts(column):
    return pd.Series(column.codes(0)).astype(str).astype(object)
