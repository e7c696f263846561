"""From a frame of records to `Patients`."""

import numpy as np
import pandas as pd
import scipy.sparse as sp
import torch

from fairsample.encoding import find_visit_column, flatten_visits
from fairsample.encoding.visits import unique_codes
from fairsample.predictors.patients import ColumnBatch, Patients
from fairsample.predictors.static_columns import StaticColumnEncoder
from fairsample.predictors.visit_vectorizer import VisitVectorizer
from fairsample.training.records import Records

__all__ = ["PatientEncoder"]


class PatientEncoder:
    """Encode visits, static columns and sensitive features, each for their own stack.

    Codes that were not seen in `fit`, or in too few patients, are left out; levels that
    were not seen are level 0.

    Parameters
    ----------
    min_df : int or float, default=1
        Codes in the history of fewer patients than that are left out; a float is a
        share of the patients.
    max_visits : int or None, default=None
        Most visits read; None stands for the longest history seen in `fit`.

    Attributes
    ----------
    visits_ : label or None
        The visit column.
    vocabulary_ : ndarray of shape (n_codes,)
        The codes that are read.
    sizes_ : dict of str to dict
        What each stack of `VisitTransformer` has to know.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.predictors.patient_encoder import PatientEncoder
    >>> X = pd.DataFrame({"age": [31, 52], "visits": [[["a", "b"], ["a"]], [["c"]]]})
    >>> encoder = PatientEncoder().fit(X, sensitive=None)
    >>> encoder.sizes_["visits"], encoder.sizes_["static"]
    ({'n_codes': 3, 'max_visits': 2},
     {'n_categorical': 0, 'n_levels': 0, 'n_numeric': 1})
    >>> encoder.transform(X, sensitive=None).inputs["visits"].codes
    tensor([0, 1, 0, 2])
    """

    def __init__(self, *, min_df=1, max_visits=None):
        self.min_df = min_df
        self.max_visits = max_visits

    def fit(self, frame, sensitive):
        """Learn codes, levels and scales.

        Parameters
        ----------
        frame : DataFrame of shape (n, n_columns)
            Records without their sensitive features.
        sensitive : DataFrame of shape (n, n_sensitive) or None
            What the stack of the sensitive features reads.

        Returns
        -------
        self : PatientEncoder
        """
        self.visits_ = find_visit_column(frame)
        self.columns_, self.sizes_ = {}, {}
        if self.visits_ is not None:
            self._fit_visits(frame[[self.visits_]])
        for name, columns in self._column_parts(frame, sensitive):
            self.columns_[name] = _ColumnLevels().fit(columns)
            self.sizes_[name] = self.columns_[name].sizes_
        return self

    def transform(self, frame, sensitive, outcome=None):
        """Encode records.

        Parameters
        ----------
        frame, sensitive : DataFrame
            With the columns seen in `fit`.
        outcome : ndarray of int of shape (n,), default=None
            Class of each row; None stands for zeros.

        Returns
        -------
        Patients
        """
        inputs = {}
        if self.visits_ is not None:
            inputs["visits"] = self._records(frame[self.visits_])
        for name, columns in self._column_parts(frame, sensitive):
            inputs[name] = self.columns_[name].transform(columns)
        if outcome is None:
            outcome = np.zeros(len(frame), dtype=np.int64)
        return Patients(inputs, torch.as_tensor(outcome))

    def _column_parts(self, frame, sensitive):
        static = frame.drop(columns=[] if self.visits_ is None else [self.visits_])
        if static.shape[1]:
            yield "static", static
        if sensitive is not None:
            yield "sensitive", sensitive

    def _fit_visits(self, visits):
        counted = VisitVectorizer(
            blocks=["history"], min_df=self.min_df, remainder="drop"
        ).fit(visits)
        self.vocabulary_ = counted.vocabulary_[self.visits_]
        longest = int(visits[self.visits_].map(len).max())
        self.sizes_["visits"] = {
            "n_codes": len(self.vocabulary_),
            "max_visits": min(longest, self.max_visits or longest),
        }

    def _records(self, column):
        flat = flatten_visits(column)
        number = pd.Index(self.vocabulary_, dtype=object).get_indexer(flat.codes)
        known = number >= 0
        until = np.r_[0, known.cumsum()]
        encoded = unique_codes(number[known], until[flat.visit_ptr], flat.patient_ptr)
        no_columns = torch.empty(len(column), 0, dtype=torch.long)
        return Records(no_columns, *map(torch.as_tensor, encoded))


class _ColumnLevels:
    """Give each column its level or its scaled number."""

    def fit(self, columns):
        self.encoder_ = StaticColumnEncoder().fit(columns)
        parts = self.encoder_.encoder_.named_transformers_
        self.n_numeric_ = len(self.encoder_.numeric_)
        self.indicated_ = np.empty(0, dtype=int)
        if self.n_numeric_:
            self.indicated_ = parts["numbers"][0].indicator_.features_
        n_categorical = columns.shape[1] - self.n_numeric_
        categories = parts["categories"].categories_ if n_categorical else []
        n_levels = [len(levels) for levels in categories]
        self.column_of_level_ = np.repeat(np.arange(n_categorical), n_levels)
        self.sizes_ = {
            "n_categorical": n_categorical,
            "n_levels": sum(n_levels),
            "n_numeric": self.n_numeric_,
        }
        return self

    def transform(self, columns):
        encoded = sp.csr_matrix(self.encoder_.transform(columns), dtype=np.float32)
        n_plain = self.n_numeric_ + len(self.indicated_)
        plain, one_hot = encoded[:, :n_plain].toarray(), encoded[:, n_plain:].tocoo()
        numbers = np.zeros((len(columns), self.n_numeric_, 2), dtype=np.float32)
        numbers[:, :, 0] = plain[:, : self.n_numeric_]
        numbers[:, self.indicated_, 1] = plain[:, self.n_numeric_ :]
        levels = np.zeros((len(columns), self.sizes_["n_categorical"]), dtype=np.int64)
        levels[one_hot.row, self.column_of_level_[one_hot.col]] = one_hot.col + 1
        return ColumnBatch(torch.as_tensor(levels), torch.as_tensor(numbers))
