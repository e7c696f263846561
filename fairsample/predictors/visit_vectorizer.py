"""Records with visits as sparse counts for any scikit-learn model."""

from numbers import Integral, Real

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context, clone
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from fairsample.encoding.visit_cells import flatten_visits, is_visit_column
from fairsample.predictors.frames import RecordsMixin, check_records
from fairsample.predictors.static_columns import StaticColumnEncoder

__all__ = ["VisitVectorizer"]

_BLOCKS = ("history", "last")


class VisitVectorizer(RecordsMixin, TransformerMixin, BaseEstimator):
    """Turn records with visits into a sparse matrix of code counts.

    Each visit column gives up to two blocks: ``"history"`` counts in how many places of
    the patient's whole history a code stands, ``"last"`` in the last visit alone. The
    order of earlier visits and the time between them are lost: a model that reads
    sequences sees more. Other columns are encoded next to the counts, so that a
    pipeline of a `VisitVectorizer` and a classifier works on records as they are.

    Parameters
    ----------
    visits : str or list of str, default=None
        The visit columns. None takes every column whose cells are lists, tuples or
        arrays; there may be none.
    blocks : sequence of {"history", "last"}, default=("history", "last")
        What is counted, in this order.
    min_df : int or float, default=1
        Codes in the history of fewer patients than that are left out; a float is a
        share of the patients.
    binary : bool, default=False
        Whether 0 and 1 stand in place of counts.
    remainder : {"encode", "drop"} or transformer, default="encode"
        What happens to the other columns. ``"encode"`` scales numbers, with medians and
        an indicator for missing ones, and makes categories one-hot, with missing and
        unknown values told apart. A transformer is fitted on a frame of the other
        columns.

    Attributes
    ----------
    visits_ : list of str
        The visit columns.
    vocabulary_ : dict of str to ndarray of shape (n_codes,)
        The codes of each visit column, sorted. Codes that are not there are ignored in
        `transform`.
    remainder_ : transformer or None
        What encodes the other columns.
    n_features_in_ : int
        The number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The names of the columns of X, if they are all strings.

    See Also
    --------
    sklearn.feature_extraction.text.CountVectorizer : The same for text.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample import VisitVectorizer
    >>> X = pd.DataFrame(
    ...     {
    ...         "race": ["Asian", "White"],
    ...         "visits": [[["DX:428", "DX:250"], ["DX:428"]], [["RX:insulin"]]],
    ...     }
    ... )
    >>> vectorizer = VisitVectorizer(blocks=["history"])
    >>> vectorizer.fit_transform(X).toarray()
    array([[1., 2., 0., 1., 0.],
           [0., 0., 1., 0., 1.]])
    >>> vectorizer.get_feature_names_out().tolist()
    ['visits__history__DX:250', 'visits__history__DX:428',
     'visits__history__RX:insulin', 'race_Asian', 'race_White']
    """

    _parameter_constraints: dict = {
        "visits": [str, "array-like", None],
        "blocks": ["array-like"],
        "min_df": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="both"),
        ],
        "binary": ["boolean"],
        "remainder": [
            StrOptions({"encode", "drop"}),
            HasMethods(["fit", "transform", "get_feature_names_out"]),
        ],
    }

    def __init__(
        self,
        *,
        visits=None,
        blocks=_BLOCKS,
        min_df=1,
        binary=False,
        remainder="encode",
    ):
        self.visits = visits
        self.blocks = blocks
        self.min_df = min_df
        self.binary = binary
        self.remainder = remainder

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn the codes of each visit column and how to encode the others.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_features)
            Records; a numeric array counts as a frame without visit columns.
        y : array-like of shape (n_patients,), default=None
            Ignored, except by a `remainder` that looks at it.

        Returns
        -------
        self : object
            The fitted vectorizer.

        Raises
        ------
        ValueError
            When a visit column is absent, or a visit cell is no nested sequence of
            strings; the message names its column and row.
        """
        frame = check_records(self, X, reset=True)
        _check_blocks(self.blocks)
        self.visits_ = self._visit_columns(frame)
        self.vocabulary_ = {
            name: self._frequent_codes(frame[name]) for name in self.visits_
        }
        others = frame.drop(columns=self.visits_)
        self.remainder_ = self._remainder_encoder(others)
        if self.remainder_ is not None:
            self.remainder_.fit(others, y)
        elif not self.visits_:
            raise ValueError(
                "X has no visit column, and remainder='drop' leaves nothing else. Name "
                "the column in `visits`, or set remainder='encode'."
            )
        return self

    def transform(self, X):
        """Count codes and encode the other columns.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_features)
            Records with the columns seen in `fit`.

        Returns
        -------
        csr_matrix of shape (n_patients, n_features_out)
            The blocks of each visit column, then the other columns.
        """
        check_is_fitted(self)
        frame = check_records(self, X, reset=False)
        parts = [
            block
            for name in self.visits_
            for block in self._count(frame[name], self.vocabulary_[name])
        ]
        if self.remainder_ is not None:
            others = self.remainder_.transform(frame.drop(columns=self.visits_))
            parts.append(sp.csr_matrix(others, dtype=float))
        return sp.csr_matrix(sp.hstack(parts, format="csr"))

    def get_feature_names_out(self, input_features=None):
        """Name the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Ignored where X had column names; they are the names.

        Returns
        -------
        ndarray of str of shape (n_features_out,)
            ``<column>__<block>__<code>`` for counts, then the names of the others.
        """
        check_is_fitted(self)
        names = [
            f"{name}__{block}__{code}"
            for name in self.visits_
            for block in self.blocks
            for code in self.vocabulary_[name]
        ]
        if self.remainder_ is not None:
            names.extend(self.remainder_.get_feature_names_out())
        return np.array(names, dtype=object)

    def _visit_columns(self, frame):
        if self.visits is None:
            return [name for name, column in frame.items() if is_visit_column(column)]
        names = [self.visits] if isinstance(self.visits, str) else list(self.visits)
        absent = [name for name in names if name not in frame.columns]
        if absent:
            raise ValueError(
                f"visits names {absent}, which X does not have; its columns are "
                f"{frame.columns.tolist()}."
            )
        return names

    def _frequent_codes(self, column):
        """Codes in the histories of enough patients, sorted."""
        flat = flatten_visits(column)
        numbers, codes = pd.factorize(flat.codes, sort=True)
        counts = _patient_counts(numbers, flat, len(codes))
        n_patients_with = np.bincount(counts.indices, minlength=len(codes))
        needed = self.min_df
        if not isinstance(needed, Integral):
            needed = needed * len(column)
        return np.asarray(codes, dtype=object)[n_patients_with >= needed]

    def _count(self, column, vocabulary):
        flat = flatten_visits(column)
        numbers = pd.Index(vocabulary, dtype=object).get_indexer(flat.codes)
        for block in self.blocks:
            if block == "last":
                counts = _last_visit_counts(numbers, flat, len(vocabulary))
            else:
                counts = _patient_counts(numbers, flat, len(vocabulary))
            if self.binary:
                counts.data[:] = 1.0
            yield counts

    def _remainder_encoder(self, others):
        if others.shape[1] == 0 or self.remainder == "drop":
            return None
        if self.remainder == "encode":
            return StaticColumnEncoder()
        return clone(self.remainder)


def _check_blocks(blocks):
    blocks = list(blocks)
    if not blocks or set(blocks) - set(_BLOCKS) or len(set(blocks)) < len(blocks):
        raise ValueError(f"blocks must be some of {_BLOCKS}, each once. Got {blocks}.")


def _patient_counts(numbers, flat, n_codes):
    """Count codes over whole histories; a negative number is no code."""
    return _counts(numbers, flat.visit_ptr[flat.patient_ptr], n_codes)


def _last_visit_counts(numbers, flat, n_codes):
    starts = flat.visit_ptr[flat.patient_ptr[1:] - 1]
    lengths = flat.visit_ptr[flat.patient_ptr[1:]] - starts
    ptr = np.concatenate([[0], np.cumsum(lengths)])
    at = np.arange(ptr[-1]) + np.repeat(starts - ptr[:-1], lengths)
    return _counts(numbers[at], ptr, n_codes)


def _counts(numbers, ptr, n_codes):
    rows = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    known = numbers >= 0
    coordinates = (rows[known], numbers[known])
    counts = sp.coo_matrix(
        (np.ones(known.sum()), coordinates), shape=(len(ptr) - 1, n_codes)
    )
    return counts.tocsr()
