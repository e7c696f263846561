"""Real rows with all that belongs to them, so that nothing gets out of step."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length

from fairsample.groups import resolve_groups

__all__ = ["RealRows", "take_rows"]


@dataclass(frozen=True)
class RealRows:
    """Real rows, their classes and groups; taken together or not at all.

    Parameters
    ----------
    X : {DataFrame, ndarray} of shape (n_samples, n_features)
        The features.
    y : {Series, ndarray} of shape (n_samples,)
        The classes.
    group : ndarray of int of shape (n_samples,)
        The group of each row.
    sensitive_features : Series or DataFrame of n_samples rows
        What the groups are.
    selector : str, list or callable, default=None
        The sensitive columns of X, where columns were given.
    values : array-like of n_samples rows, default=None
        The sensitive features as they were given, where values were.

    Examples
    --------
    >>> rows = RealRows.read([[1], [2], [3]], [0, 1, 1], np.array(list("FMF")))
    >>> taken = rows.take([2, 1])
    >>> taken.y.tolist(), taken.sensitive_features.tolist()
    ([1, 1], ['F', 'M'])
    """

    X: object
    y: object
    group: np.ndarray
    sensitive_features: object
    selector: object = None
    values: object = None

    @classmethod
    def read(cls, X, y, sensitive_features, missing="error"):
        """Find the group of each row.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The features.
        y : array-like of shape (n_samples,)
            The classes.
        sensitive_features : str, list of str, callable, or array-like of values
            Columns of X, or the values themselves, a Series, a DataFrame or an array.
        missing : {"error", "group"}, default="error"
            What becomes of rows without a value.

        Returns
        -------
        RealRows
            The rows.

        Raises
        ------
        ValueError
            When lengths differ or there are no sensitive features.
        """
        if sensitive_features is None:
            raise ValueError(
                "compare_augmentations needs sensitive_features: columns of X, or "
                "values."
            )
        selector = values = None
        if isinstance(sensitive_features, str | list) or callable(sensitive_features):
            selector = sensitive_features
        else:
            values = sensitive_features
        check_consistent_length(X, y)
        groups = resolve_groups(
            pd.DataFrame(X), selector=selector, values=values, missing=missing
        )
        named = groups.values(groups.codes)
        return cls(X, y, groups.codes, named, selector, values)

    def __len__(self):
        """Return the number of rows."""
        return len(self.group)

    def take(self, rows):
        """Take rows by position.

        Parameters
        ----------
        rows : ndarray of int
            Positions.

        Returns
        -------
        RealRows
            Those rows, in that order.
        """
        return RealRows(
            take_rows(self.X, rows),
            take_rows(self.y, rows),
            self.group[rows],
            self.sensitive_features.iloc[rows],
            self.selector,
            None if self.values is None else take_rows(self.values, rows),
        )


def take_rows(data, rows):
    """Take rows of a frame, a series or an array by position.

    Parameters
    ----------
    data : {DataFrame, Series, array-like} of n_samples rows
        A table, or a value for each row.
    rows : ndarray of int of shape (n_rows,)
        Positions.

    Returns
    -------
    {DataFrame, Series, ndarray} of n_rows rows
        Those rows, in that order.

    Examples
    --------
    >>> take_rows(["a", "b", "c"], [2, 0]).tolist()
    ['c', 'a']
    """
    if isinstance(data, pd.DataFrame | pd.Series):
        return data.iloc[rows]
    return np.asarray(data)[rows]
