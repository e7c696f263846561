"""Rows and their groups, from a frame to `Patients`."""

import pandas as pd

from fairsample.encoding import find_visit_column
from fairsample.predictors.patient_encoder import PatientEncoder

__all__ = ["GroupedRowEncoder"]


class GroupedRowEncoder:
    """Encode plain columns, and apart from them the group of each row.

    Parameters
    ----------
    columns : list of str
        The columns that are read.
    reads_groups : bool, default=True
        Whether groups are read.

    Attributes
    ----------
    sizes_ : dict of str to dict
        Sizes of the parts, as `RowPerceptron` takes them.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.predictors.grouped_rows import GroupedRowEncoder
    >>> X = pd.DataFrame({"age": [31, 52, 40]})
    >>> encoder = GroupedRowEncoder(["age"]).fit(X, np.array([0, 1, 1]))
    >>> encoder.transform(X, np.array([1, 0, -1])).inputs["sensitive"].levels
    tensor([[2],
            [1],
            [0]])
    """

    def __init__(self, columns, *, reads_groups=True):
        self.columns, self.reads_groups = columns, reads_groups

    def fit(self, frame, groups):
        """Learn levels and scales.

        Parameters
        ----------
        frame : DataFrame of shape (n, n_columns)
            Rows.
        groups : ndarray of int of shape (n,)
            Codes of their groups.

        Returns
        -------
        self : GroupedRowEncoder

        Raises
        ------
        ValueError
            If a column holds visits.
        """
        visits = find_visit_column(frame)
        if visits is not None:
            raise ValueError(
                f"Column {visits!r} holds visits, which are not read here. Drop it, or "
                "put counts of its codes (VisitVectorizer) in its place."
            )
        self.encoder_ = PatientEncoder().fit(*self._parts(frame, groups))
        self.sizes_ = self.encoder_.sizes_
        return self

    def transform(self, frame, groups, outcome=None):
        """Encode rows.

        Parameters
        ----------
        frame : DataFrame of shape (n, n_columns)
            With the columns seen in `fit`.
        groups : ndarray of int of shape (n,) or None
            Codes of their groups; what was not there in `fit` tells nothing. None will
            do where groups are not read.
        outcome : ndarray of int of shape (n,), default=None
            Class of each row.

        Returns
        -------
        Patients
        """
        return self.encoder_.transform(*self._parts(frame, groups), outcome)

    def _parts(self, frame, groups):
        if not self.reads_groups:
            return frame[self.columns], None
        return frame[self.columns], pd.DataFrame({"group": groups.astype(str)})
