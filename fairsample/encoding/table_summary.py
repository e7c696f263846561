"""Summaries of all columns of a table."""

import numpy as np
import pandas as pd

from fairsample.encoding.column_summary import ColumnSummary

__all__ = ["TableSummary"]


class TableSummary:
    """What schema, levels and bins of a table depend on, gathered piece by piece.

    Parameters
    ----------
    names : pandas.Index
        Names of the columns.
    most_distinct : int, default=None
        Most distinct cells of a column that are kept; see `ColumnSummary`.

    Attributes
    ----------
    columns : list of ColumnSummary
        One for each column.

    See Also
    --------
    TableEncoder.fit_summary : Chooses codes from it.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding import TableEncoder, TableSummary
    >>> frame = pd.DataFrame({"age": [31, 52, 31], "sex": ["F", None, "M"]})
    >>> summary = TableSummary(frame.columns)
    >>> summary.update(frame[:2])
    >>> summary.update(frame[2:])
    >>> encoder = TableEncoder().fit_summary(summary)
    >>> encoder.to_json() == TableEncoder().fit(frame).to_json()
    True
    """

    def __init__(self, names, most_distinct=None):
        self.names = names
        self.columns = [ColumnSummary(name, most_distinct) for name in names]

    @classmethod
    def of(cls, frame):
        """Summarise a frame.

        Parameters
        ----------
        frame : pandas.DataFrame of shape (n, n_columns)
            At least one row and one column, no two columns of one name.

        Returns
        -------
        TableSummary

        Raises
        ------
        ValueError
            If there is no row, no column, a duplicated column name, or a cell that is
            no value of a table.
        """
        if not isinstance(frame, pd.DataFrame):
            raise ValueError(
                f"A pandas DataFrame is needed, not a {type(frame).__name__}."
            )
        if not frame.columns.is_unique:
            twice = frame.columns[frame.columns.duplicated()][0]
            raise ValueError(f"Column {twice!r} occurs more than once; rename one.")
        if 0 in frame.shape:
            raise ValueError(
                f"A frame of shape {frame.shape} has nothing to learn from."
            )
        summary = cls(frame.columns)
        summary.columns = [ColumnSummary.of(frame[name]) for name in frame.columns]
        return summary

    def update(self, frame):
        """Add a piece of the table.

        Parameters
        ----------
        frame : pandas.DataFrame of shape (n, n_columns)
            The next rows, with the same columns.
        """
        for column in self.columns:
            column.update(frame[column.name])

    @property
    def n_rows(self):
        """Rows seen."""
        return self.columns[0].n_rows if self.columns else 0

    def take(self, mask):
        """Give the summaries of some columns.

        Parameters
        ----------
        mask : ndarray of bool of shape (n_columns,)
            Which ones.

        Returns
        -------
        TableSummary
        """
        taken = TableSummary(self.names[mask])
        taken.columns = [self.columns[j] for j in np.flatnonzero(mask)]
        return taken
