"""Visit columns to flat integer codes and back."""

import numpy as np
import pandas as pd

from fairsample.encoding.visit_cells import FlatVisits, flatten_visits, nest_visits

__all__ = ["VisitEncoder"]


class VisitEncoder:
    """Number the codes of a visit column, the most frequent first.

    A visit is a set: repeated codes count once, and codes come back in the order
    of the vocabulary (by falling frequency, then by name).

    Attributes
    ----------
    vocabulary_ : ndarray of shape (n_codes,), dtype object
        The codes, most frequent first.
    code_rates_ : ndarray of shape (n_codes,)
        Share of visits that hold each code.
    end_rate_ : float
        Share of visits that are their patient's last.
    max_visits_ : int
        Longest history.

    Examples
    --------
    >>> import pandas as pd
    >>> visits = pd.Series([[["DX:428", "RX:insulin"], ["DX:428"]], [["DX:250"]]])
    >>> encoder = VisitEncoder().fit(visits)
    >>> list(encoder.vocabulary_)
    ['DX:428', 'DX:250', 'RX:insulin']
    >>> encoder.inverse_transform(encoder.transform(visits)).tolist()
    [[['DX:428', 'RX:insulin'], ['DX:428']], [['DX:250']]]
    """

    def fit(self, column):
        """Learn the vocabulary.

        Parameters
        ----------
        column : Series of shape (n_patients,)
            Cells of visits, see :func:`~fairsample.encoding.flatten_visits`.

        Returns
        -------
        VisitEncoder
            Itself.
        """
        flat = flatten_visits(column)
        self.name_, self.dtype_ = column.name, column.dtype
        visit = np.repeat(np.arange(len(flat.visit_ptr) - 1), np.diff(flat.visit_ptr))
        number, names = pd.factorize(flat.codes, sort=True)
        present = np.unique(visit * max(len(names), 1) + number)
        counts = np.bincount(present % max(len(names), 1), minlength=len(names))
        order = np.argsort(-counts, kind="stable")
        n_visits = len(flat.visit_ptr) - 1
        self.vocabulary_ = np.asarray(names, dtype=object)[order]
        self.code_rates_ = counts[order] / n_visits
        self.end_rate_ = len(column) / n_visits
        self.max_visits_ = int(np.diff(flat.patient_ptr).max())
        return self

    def transform(self, column):
        """Give the visits as `FlatVisits` of integer codes, sorted in each visit.

        Raises
        ------
        ValueError
            If a code was not seen in `fit`.
        """
        flat = flatten_visits(column)
        number = pd.Index(self.vocabulary_).get_indexer(flat.codes)
        if (number < 0).any():
            unseen = flat.codes[number < 0][0]
            raise ValueError(
                f"Column {column.name!r} holds the code {unseen!r}, which was not "
                "there in fit; drop it or fit again with it."
            )
        return unique_codes(number, flat.visit_ptr, flat.patient_ptr)

    def inverse_transform(self, flat):
        """Give `FlatVisits` of integer codes back as a Series of nested lists."""
        codes = self.vocabulary_[flat.codes]
        cells = nest_visits(codes, flat.visit_ptr, flat.patient_ptr)
        column = pd.Series(np.empty(len(cells), dtype=object), name=self.name_)
        column[:] = cells
        return column.astype(self.dtype_)

    def to_json(self):
        """Give everything learned as plain JSON types."""
        return {
            "name": self.name_,
            "vocabulary": self.vocabulary_.tolist(),
            "code_rates": self.code_rates_.tolist(),
            "end_rate": self.end_rate_,
            "max_visits": self.max_visits_,
        }

    @classmethod
    def from_json(cls, learned):
        """Rebuild an encoder from `to_json`."""
        encoder = cls()
        encoder.name_, encoder.dtype_ = learned["name"], np.dtype(object)
        encoder.vocabulary_ = np.asarray(learned["vocabulary"], dtype=object)
        encoder.code_rates_ = np.asarray(learned["code_rates"])
        encoder.end_rate_ = learned["end_rate"]
        encoder.max_visits_ = learned["max_visits"]
        return encoder


def unique_codes(codes, visit_ptr, patient_ptr):
    """Sort the codes of each visit and drop repetitions."""
    n_visits = len(visit_ptr) - 1
    width = int(codes.max(initial=0)) + 1
    visit = np.repeat(np.arange(n_visits), np.diff(visit_ptr))
    present = np.unique(visit * width + codes)
    counts = np.bincount(present // width, minlength=n_visits)
    return FlatVisits(present % width, np.r_[0, counts.cumsum()], patient_ptr)
