"""The form in which the caller gave y, so that classes go back in the same form."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target

__all__ = ["TargetForm", "one_column"]


@dataclass(frozen=True)
class TargetForm:
    """What y was: container, dtype and name, kept as one example of each class.

    A class is written by repeating its example, so that any dtype survives, and so does
    a one-hot row.

    Parameters
    ----------
    examples : Series, DataFrame, ndarray or list of length n_classes
        One element of y for each class.
    classes : ndarray of shape (n_classes,)
        The classes, sorted.

    Examples
    --------
    >>> y = pd.Series(["no", "yes", "no"], dtype="category", name="died")
    >>> form, codes = TargetForm.read(y)
    >>> codes.tolist(), form.name
    ([0, 1, 0], 'died')
    >>> form.append(y, np.array([1])).tolist()
    ['no', 'yes', 'no', 'yes']
    """

    examples: object
    classes: np.ndarray

    @classmethod
    def read(cls, y):
        """Learn the form of y and return its classes as codes.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, n_classes)
            The target as the caller gave it, in one column or one-hot.

        Returns
        -------
        form : TargetForm
            The form of y.
        codes : ndarray of int of shape (n_samples,)
            The position in `classes` of each row's class.

        Raises
        ------
        ValueError
            If y is missing, sparse, continuous or has several labels in a row.
        """
        classes, first, codes = np.unique(
            _classes_of_rows(y), return_index=True, return_inverse=True
        )
        form = cls(_take(one_column(y), first), classes)
        return form, codes.reshape(-1)

    @property
    def name(self):
        """The target's name, "y" if it has none."""
        if isinstance(self.examples, pd.DataFrame) and self.examples.shape[1] == 1:
            return self.examples.columns[0]
        name = getattr(self.examples, "name", None)
        return "y" if name is None else name

    @property
    def labels(self):
        """The classes as plain Python values."""
        return self.classes.tolist()

    def write(self, codes):
        """Write class codes out in the form of y.

        Parameters
        ----------
        codes : ndarray of int of shape (n_rows,)
            Positions in `classes`.

        Returns
        -------
        y : Series, DataFrame, ndarray or list of length n_rows
            The classes.
        """
        return _take(self.examples, codes)

    def append(self, y, codes):
        """Put classes below y, which stays as it is.

        Parameters
        ----------
        y : array-like of length n_samples
            The target as the caller gave it.
        codes : ndarray of int of shape (n_rows,)
            The classes to add.

        Returns
        -------
        y : Series, DataFrame, ndarray or list of length n_samples + n_rows
            Both, in the form of y.
        """
        y, added = one_column(y), self.write(codes)
        if isinstance(y, list):
            return y + added
        if isinstance(y, pd.Series | pd.DataFrame):
            return pd.concat([y, added], ignore_index=True)
        return np.concatenate([y, added])


def _classes_of_rows(y):
    """Return the class of each row as a vector, for y in one column or one-hot."""
    if issparse(y):
        raise ValueError("y is a sparse matrix; pass y.toarray().")
    if y is not None and pd.isna(np.asarray(y, dtype=object)).any():
        raise ValueError("y has missing values. Drop the rows that have no class.")
    check_classification_targets(y)
    values = np.asarray(y)
    if type_of_target(values) == "multilabel-indicator":
        if (values.sum(axis=1) > 1).any():
            raise ValueError(
                "y has rows with several labels. Multilabel and multioutput targets "
                "are not supported."
            )
        if (values.sum(axis=1) < 1).any():
            raise ValueError("y has one-hot rows without a class. Drop these rows.")
        return values.argmax(axis=1)
    values = column_or_1d(values)
    if values.dtype == object:
        return pd.Series(values).infer_objects().to_numpy()
    return values


def one_column(y):
    """Return y, if it is an array of one column as a vector.

    Parameters
    ----------
    y : array-like
        The target as the caller gave it.

    Returns
    -------
    Series, DataFrame, ndarray or list
        The same, or an ndarray of what is none of these.
    """
    if isinstance(y, list | pd.Series | pd.DataFrame):
        return y
    y = np.asarray(y)
    return y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y


def _take(y, positions):
    if isinstance(y, list):
        return [y[i] for i in positions]
    if isinstance(y, pd.Series | pd.DataFrame):
        return y.iloc[positions].reset_index(drop=True)
    return y[positions]
