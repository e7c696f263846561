"""A DataFrame of mixed columns <-> integer codes, one block of codes a column."""

import numpy as np
import pandas as pd
from scipy.special import ndtri
from sklearn.exceptions import NotFittedError

from fairsample.encoding.bins import ColumnBins
from fairsample.encoding.levels import CategoryLevels
from fairsample.encoding.schema import TableSchema
from fairsample.encoding.table_summary import TableSummary

__all__ = ["TableEncoder"]


class TableEncoder:
    """Encode each column of a frame as one of the codes of its block, and back.

    Numbers and times get the codes of `ColumnBins`, categories and booleans those of
    `CategoryLevels`, missing values the last code of the block. The inverse gives the
    columns, dtypes and categories that were fitted and only values that could occur:
    no category that was never seen, integers that are integers, nothing outside the
    range of the training values.

    A value never seen in a numeric column has the nearest code; a category never seen,
    or a missing value where none was missing, is refused.

    Parameters
    ----------
    max_levels : int, default=128
        Up to this many distinct numbers are codes of their own; see `ColumnBins`.
    n_bins : int, default=100
        Bins of the other numeric columns; see `ColumnBins`.
    max_categories : int, default=500
        Most categories of a column with a code of their own. Rarer ones share a code,
        from which they are drawn in proportion to their frequency, and so do all
        values of an identifier. Ordered categories are never pooled.

    Attributes
    ----------
    schema_ : TableSchema
        What the columns are.
    columns_ : list
        Column names.
    block_sizes_ : list of int
        Number of codes of each column.
    level_values_ : list of ndarray or None
        For each code of a column with an order, the normal score of its middle rank
        among the training values that are present; NaN for the missing code. None for
        a column without order.

    See Also
    --------
    ColumnBins : The codes of a numeric column.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.encoding import TableEncoder
    >>> frame = pd.DataFrame({"age": [31, 52, 31], "sex": ["F", None, "M"]})
    >>> encoder = TableEncoder().fit(frame)
    >>> encoder.block_sizes_
    [2, 3]
    >>> codes = encoder.transform(frame)
    >>> codes
    array([[0, 0],
           [1, 2],
           [0, 1]])
    >>> encoder.inverse_transform(codes, np.random.RandomState(0)).equals(frame)
    True
    """

    def __init__(self, *, max_levels=128, n_bins=100, max_categories=500):
        self.max_levels = max_levels
        self.n_bins = n_bins
        self.max_categories = max_categories

    def fit(self, frame):
        """Choose the codes of every column.

        Parameters
        ----------
        frame : pandas.DataFrame of shape (n, n_columns)
            Scalar cells; missing values are welcome.

        Returns
        -------
        self : TableEncoder

        Raises
        ------
        ValueError
            If the frame is empty, has two columns of one name, or a cell that is
            nested, infinite or of a type that cannot be stored.
        """
        return self.fit_summary(TableSummary.of(frame))

    def fit_summary(self, summary):
        """Choose the codes of every column, from what was gathered of the table.

        Parameters
        ----------
        summary : TableSummary
            Of all its rows.

        Returns
        -------
        self : TableEncoder
        """
        for name in ("max_levels", "n_bins", "max_categories"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is at least 1, not {getattr(self, name)!r}.")
        self.schema_ = TableSchema.from_summary(summary)
        pairs = zip(self.schema_.columns, summary.columns, strict=True)
        self.coders_ = [self._fit_coder(column, learned) for column, learned in pairs]
        self._describe_blocks()
        return self

    def _fit_coder(self, column, summary):
        if column.is_all_missing:
            return None
        if column.categories is None:
            bins = ColumnBins(max_levels=self.max_levels, n_bins=self.n_bins)
            levels = summary.numbers()
            return bins.fit_levels(levels.values, levels.counts, levels.lattice)
        most = 0 if column.is_identifier else self.max_categories
        most = None if column.ordered else most
        return CategoryLevels(max_categories=most).fit_counts(summary.cells()[1])

    def _describe_blocks(self):
        self.columns_ = [column.name for column in self.schema_.columns]
        self.block_sizes_, self.level_values_ = [], []
        for column, coder in zip(self.schema_.columns, self.coders_, strict=True):
            counts = np.array([]) if coder is None else coder.counts_
            self.block_sizes_.append(len(counts) + column.has_missing)
            scores = _normal_scores(counts)
            if column.has_missing:
                scores = np.append(scores, np.nan)
            self.level_values_.append(scores if column.ordered else None)

    def transform(self, frame):
        """Give each cell its code.

        Parameters
        ----------
        frame : pandas.DataFrame of shape (n, n_columns)
            The fitted columns, in any order.

        Returns
        -------
        codes : ndarray of int64 of shape (n, n_columns)
            ``0 <= codes[:, j] < block_sizes_[j]``.

        Raises
        ------
        ValueError
            If columns are absent or unknown, a category was never seen, or values are
            missing in a column where none was missing.
        """
        self._check_fitted()
        self._check_columns(frame)
        codes = np.empty((len(frame), len(self.columns_)), dtype=np.int64, order="F")
        for j, column in enumerate(self.schema_.columns):
            values, missing = column.split(frame[column.name])
            if missing.any() and not column.has_missing:
                raise ValueError(
                    f"Column {column.name!r} has missing values, and had none in the "
                    "fitted frame. Impute them, or fit on a frame with some."
                )
            codes[missing, j] = self.block_sizes_[j] - 1
            if len(values):
                codes[~missing, j] = self._coder(j).transform(values)
        return np.ascontiguousarray(codes)

    def _check_fitted(self):
        if not hasattr(self, "coders_"):
            raise NotFittedError("This TableEncoder is not fitted; call fit first.")

    def _check_columns(self, frame):
        if not isinstance(frame, pd.DataFrame):
            raise ValueError(
                f"A pandas DataFrame is needed, not a {type(frame).__name__}."
            )
        absent = self.schema_.names.difference(frame.columns, sort=False).tolist()
        unknown = frame.columns.difference(self.schema_.names, sort=False).tolist()
        if absent or unknown or not frame.columns.is_unique:
            raise ValueError(
                "The frame needs the columns that were fitted: "
                f"absent {absent}, unknown {unknown}."
            )

    def _coder(self, j):
        if self.coders_[j] is None:
            raise ValueError(
                f"Column {self.columns_[j]!r} was all missing in the fitted frame and "
                "holds values here."
            )
        return self.coders_[j]

    def inverse_transform(self, codes, random_state):
        """Give each code a value.

        Parameters
        ----------
        codes : ndarray of int of shape (n, n_columns)
            Codes of each column's block.
        random_state : numpy.random.RandomState
            Draws the values within bins; the columns draw one after the other.

        Returns
        -------
        frame : pandas.DataFrame of shape (n, n_columns)
            The fitted columns and dtypes, with a fresh RangeIndex.

        Raises
        ------
        ValueError
            If the codes are no integers of the right shape and range.
        """
        self._check_fitted()
        codes = self._checked_codes(codes)
        cells = {}
        for j, column in enumerate(self.schema_.columns):
            code = np.ascontiguousarray(codes[:, j])
            missing = np.zeros(len(code), dtype=bool)
            if column.has_missing:
                missing = code == self.block_sizes_[j] - 1
            values = np.empty(0, dtype=np.int64)
            if self.coders_[j] is not None:
                values = self.coders_[j].inverse_transform(code[~missing], random_state)
            # A Series of the dtype: a frame would turn objects that are dates to dates.
            cells[j] = pd.Series(column.join(values, missing), dtype=column.dtype)
        frame = pd.DataFrame(cells, index=pd.RangeIndex(len(codes)), copy=False)
        frame.columns = self.schema_.names
        return frame

    def _checked_codes(self, codes):
        codes = np.asarray(codes)
        if codes.ndim != 2 or codes.shape[1] != len(self.columns_):
            raise ValueError(
                f"Codes of shape (n, {len(self.columns_)}) are needed, "
                f"not {codes.shape}."
            )
        if codes.dtype.kind not in "iu":
            raise ValueError(f"Codes are integers, not {codes.dtype}.")
        outside = ((codes < 0) | (codes >= np.array(self.block_sizes_))).any(axis=0)
        if outside.any():
            j = int(np.argmax(outside))
            raise ValueError(
                f"Codes of column {self.columns_[j]!r} run from 0 to "
                f"{self.block_sizes_[j] - 1}; some lie outside."
            )
        return codes

    def first(self, n_columns):
        """Give the encoder of the first columns alone.

        Parameters
        ----------
        n_columns : int
            How many of the fitted columns.

        Returns
        -------
        TableEncoder
            It shares what was learned of these columns.
        """
        self._check_fitted()
        encoder = TableEncoder(
            max_levels=self.max_levels,
            n_bins=self.n_bins,
            max_categories=self.max_categories,
        )
        schema = self.schema_
        encoder.schema_ = TableSchema(
            schema.columns[:n_columns], schema.names[:n_columns]
        )
        encoder.coders_ = self.coders_[:n_columns]
        encoder._describe_blocks()
        return encoder

    def to_json(self):
        """Write the fitted encoder as plain JSON types.

        Returns
        -------
        dict
            `from_json` makes of it an encoder that draws the very same values.
        """
        self._check_fitted()
        return {
            "max_levels": self.max_levels,
            "n_bins": self.n_bins,
            "max_categories": self.max_categories,
            "schema": self.schema_.to_json(),
            "coders": [c if c is None else c.to_json() for c in self.coders_],
        }

    @classmethod
    def from_json(cls, stored):
        """Read what `to_json` wrote.

        Parameters
        ----------
        stored : dict
            Plain JSON types.

        Returns
        -------
        TableEncoder
        """
        names = ("max_levels", "n_bins", "max_categories")
        encoder = cls(**{name: stored[name] for name in names})
        encoder.schema_ = TableSchema.from_json(stored["schema"])
        encoder.coders_ = []
        pairs = zip(encoder.schema_.columns, stored["coders"], strict=True)
        for column, coder in pairs:
            coder_class = ColumnBins if column.categories is None else CategoryLevels
            encoder.coders_.append(
                coder if coder is None else coder_class.from_json(coder)
            )
        encoder._describe_blocks()
        return encoder


def _normal_scores(counts):
    """Take the normal score of the middle rank of each code."""
    until = np.cumsum(counts)
    return (
        ndtri((until - counts / 2) / until[-1]) if len(until) else until.astype(float)
    )
