"""Rows that are hardly other than one real row, or than one written before."""

import numpy as np

__all__ = ["NearCopies"]


class NearCopies:
    """Find rows that copy a real row.

    Two rows are alike if their categories and missing cells are the same and no number
    differs by more than a share of its column's range. A row copies a real one if that
    is the only real row that it is alike: where several real rows are alike, as in any
    table of few categories, a row like them is what the table is made of and points
    at nobody.

    Parameters
    ----------
    rows : DataFrame of shape (n, n_columns)
        Real rows.
    columns : list of ColumnSchema
        The columns to compare.
    tolerance : float, default=0.01
        The share of the range.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.language_models.near_copies import NearCopies
    >>> from fairsample.encoding import TableSchema
    >>> rows = pd.DataFrame({"sex": ["F", "M", "M"], "income": [100.0, 900.0, 901.0]})
    >>> copies = NearCopies(rows, list(TableSchema.from_frame(rows).columns))
    >>> copies.copied(rows)
    array([ 0, -1, -1])
    """

    def __init__(self, rows, columns, tolerance=0.01):
        self.columns = columns
        self.tolerance = tolerance
        keys, numbers = self._keys_and_numbers(rows)
        self._low = numbers.min(axis=0, initial=np.inf)
        spread = numbers.max(axis=0, initial=-np.inf) - self._low
        self._spread = np.where(spread > 0, spread, 1.0)
        self._numbers = numbers / self._spread
        self._rows_of_key = {}
        for position, key in enumerate(keys):
            self._rows_of_key.setdefault(key, []).append(position)

    def copied(self, frame):
        """Tell which real row each row copies.

        Parameters
        ----------
        frame : DataFrame of shape (m, n_columns)
            Written rows.

        Returns
        -------
        ndarray of int of shape (m,)
            Position of the real row; -1 for a row that copies none.
        """
        alike = self._alike(frame)
        return np.array(
            [rows[0] if len(rows) == 1 else -1 for rows in alike], dtype=np.int64
        )

    def repeated(self, frame):
        """Tell which rows repeat an earlier one, though the table repeats none such.

        Parameters
        ----------
        frame : DataFrame of shape (m, n_columns)
            Written rows.

        Returns
        -------
        ndarray of bool of shape (m,)
        """
        common = np.array([len(rows) > 1 for rows in self._alike(frame)], dtype=bool)
        keys, numbers = self._keys_and_numbers(frame)
        numbers = numbers / self._spread
        repeats = np.zeros(len(frame), dtype=bool)
        for i in np.flatnonzero(~common):
            same = np.array([key == keys[i] for key in keys[:i]], dtype=bool)
            near = (np.abs(numbers[:i] - numbers[i]) <= self.tolerance).all(axis=1)
            repeats[i] = (same & near).any()
        return repeats

    def _alike(self, frame):
        keys, numbers = self._keys_and_numbers(frame)
        found = []
        for key, row in zip(keys, numbers / self._spread, strict=True):
            rows = np.array(self._rows_of_key.get(key, []), dtype=np.int64)
            near = np.abs(self._numbers[rows] - row) <= self.tolerance
            found.append(rows[near.all(axis=1)])
        return found

    def _keys_and_numbers(self, frame):
        """Split rows into what is the same or not, and what differs by so much."""
        keys = np.zeros((len(frame), len(self.columns)), dtype=np.int64)
        numbers = []
        for j, column in enumerate(self.columns):
            values, missing = column.split(frame[column.name])
            keys[missing, j] = -1
            if column.categories is not None:
                keys[~missing, j] = values
                continue
            number = np.zeros(len(frame))
            number[~missing] = values
            numbers.append(number)
        numbers = np.array(numbers).reshape(len(numbers), len(frame)).T
        return [key.tobytes() for key in keys], numbers
