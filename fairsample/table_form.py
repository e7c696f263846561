"""The form in which the caller gave X, so that rows go back in the same form."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["TableForm"]


@dataclass(frozen=True)
class TableForm:
    """What X was: a DataFrame, an array or a list of rows, and of which types.

    Inside fairsample X is always a DataFrame. An array becomes one with integers as
    column names; an array of objects gets the dtype that fits each column.

    Parameters
    ----------
    container : {"frame", "array", "list"}
        What the caller gave.
    template : DataFrame of shape (0, n_features)
        The frame without its rows: columns, dtypes and categories.
    array_dtype : dtype or None
        The dtype of the array, None for a frame.

    Examples
    --------
    >>> form, frame = TableForm.read([[1, 2.5], [3, 4.5]])
    >>> form.container, frame.shape
    ('list', (2, 2))
    >>> form.restore(frame)
    [[1.0, 2.5], [3.0, 4.5]]
    """

    container: str
    template: pd.DataFrame
    array_dtype: np.dtype | None = None

    @classmethod
    def read(cls, X, array=None):
        """Learn the form of X and return X as a frame.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            The features as the caller gave them.
        array : ndarray, default=None
            X as an array, if it has been converted before.

        Returns
        -------
        form : TableForm
            The form of X.
        frame : DataFrame of shape (n_samples, n_features)
            X with a fresh RangeIndex.
        """
        if isinstance(X, pd.DataFrame):
            frame = X.reset_index(drop=True)
            return cls("frame", frame.iloc[:0]), frame
        array = np.asarray(X if array is None else array)
        if isinstance(X, list) and array.dtype.kind in "US":
            array = np.array(X, dtype=object)
        if array.dtype.kind in "OUS":
            frame = pd.DataFrame(array.astype(object)).infer_objects()
        else:
            frame = pd.DataFrame(array)
        container = "list" if isinstance(X, list) else "array"
        return cls(container, frame.iloc[:0], array.dtype), frame

    def check(self, rows, n_rows):
        """Refuse rows that are too few or not of the columns and dtypes of X.

        Parameters
        ----------
        rows : DataFrame of shape (n_rows, n_features)
            Rows that a generator made.
        n_rows : int
            How many were asked for.

        Raises
        ------
        ValueError
            If there are not `n_rows` rows.
        TypeError
            If a column is missing, is in another place, or has another dtype.
        """
        if len(rows) != n_rows:
            raise ValueError(
                f"The generator drew {len(rows)} rows instead of {n_rows}."
            )
        columns, dtypes = self.template.columns, self.template.dtypes
        if not rows.columns.equals(columns):
            raise TypeError(
                f"The generator drew the columns {list(rows.columns)}; X has "
                f"{list(columns)}."
            )
        for name, drawn, wanted in zip(columns, rows.dtypes, dtypes, strict=True):
            if drawn != wanted:
                raise TypeError(
                    f"The generator drew column {name!r} as {drawn!r}; in X it is "
                    f"{wanted!r}."
                )

    def restore(self, rows):
        """Return rows in the form of X.

        Parameters
        ----------
        rows : DataFrame of shape (n_rows, n_features)
            Rows that passed `check`.

        Returns
        -------
        rows : DataFrame, ndarray or list of shape (n_rows, n_features)
            The same rows, a DataFrame with a fresh RangeIndex.
        """
        if self.container == "frame":
            return rows.reset_index(drop=True)
        if self.array_dtype.kind in "OUS":
            array = rows.astype(object).to_numpy().astype(self.array_dtype)
        else:
            array = rows.to_numpy(dtype=self.array_dtype)
        return array.tolist() if self.container == "list" else array

    def features(self, rows):
        """Return rows as a predictor takes them: in the form of X, a list as an array.

        Parameters
        ----------
        rows : DataFrame of shape (n_rows, n_features)
            Rows that passed `check`.

        Returns
        -------
        rows : DataFrame or ndarray of shape (n_rows, n_features)
            The same rows.
        """
        rows = self.restore(rows)
        return np.array(rows, self.array_dtype) if isinstance(rows, list) else rows

    def append(self, X, rows):
        """Put rows below X, which stays as it is.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            The features as the caller gave them.
        rows : DataFrame of shape (n_rows, n_features)
            Rows that passed `check`.

        Returns
        -------
        table : DataFrame, ndarray or list of shape (n_samples + n_rows, n_features)
            X first, then the rows, in the form of X.
        """
        rows = self.restore(rows)
        if self.container == "frame":
            if rows.empty:
                return X.reset_index(drop=True)
            return pd.concat([X, rows], ignore_index=True)
        if self.container == "list":
            return [list(row) for row in X] + rows
        return np.concatenate([np.asarray(X), rows])
