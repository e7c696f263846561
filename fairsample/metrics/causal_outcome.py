"""Outcomes of any kind as numbers whose means are compared."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairsample.encoding.category_cells import sorted_cells
from fairsample.encoding.dtypes import column_kind
from fairsample.messages import quote

__all__ = ["Outcome"]

_KINDS = ("auto", "binary", "numeric", "multiclass")


@dataclass(frozen=True)
class Outcome:
    """An outcome, as one number a row or as one a class and row.

    Parameters
    ----------
    name : object
        What it is called.
    values : dict of str to ndarray of float of shape (n_rows,)
        Numbers, by what their mean is called.
    cases : list
        For each entry of `values` its class; None for numbers.
    is_binary : bool
        Whether the numbers are 0 and 1.

    Examples
    --------
    >>> from fairsample.metrics.causal_outcome import Outcome
    >>> outcome = Outcome.read(["no", "yes", "no"], name="admitted", n_rows=3)
    >>> outcome.values
    {"P(admitted = 'yes')": array([0., 1., 0.])}
    """

    name: object
    values: dict
    cases: list
    is_binary: bool

    @classmethod
    def read(cls, y, *, n_rows, name=None, kind="auto", pos_label=None):
        """Read an outcome.

        Parameters
        ----------
        y : array-like of shape (n_rows,)
            Numbers, or labels of classes.
        n_rows : int
            How many rows there are.
        name : object, default=None
            What it is called if it has no name of its own.
        kind, pos_label : object
            As `outcome_type` and `pos_label` of :func:`causal_effects`.

        Returns
        -------
        Outcome

        Raises
        ------
        ValueError
            If it has missing values, not as many rows as X, or no two values, or is no
            outcome of the kind.
        """
        if kind not in _KINDS:
            raise ValueError(f"outcome_type={kind!r} has to be one of {quote(_KINDS)}.")
        column = _column(y, n_rows, name)
        is_number = column_kind(column) == "numeric"
        classes = sorted_cells(column.unique().tolist())
        if len(classes) < 2:
            raise ValueError(
                f"The outcome {column.name!r} has no values but {quote(classes)}. "
                "There is no effect on it to measure: choose an outcome that varies."
            )
        if kind == "auto" and pos_label is None and is_number and len(classes) > 2:
            kind = "numeric"
        if kind == "numeric":
            return cls._of_numbers(column, pos_label)
        if pos_label is not None:
            if pos_label not in classes:
                raise ValueError(
                    f"pos_label={pos_label!r} is none of the classes of "
                    f"{column.name!r}, {quote(classes)}."
                )
            wanted = [classes[classes.index(pos_label)]]
        elif kind == "binary" and len(classes) > 2:
            raise ValueError(
                f"The outcome {column.name!r} has the classes {quote(classes)}, and "
                "outcome_type='binary' wants two. Name one as pos_label, or take "
                "outcome_type='multiclass'."
            )
        else:
            two = len(classes) == 2 and kind != "multiclass"
            wanted = classes[1:] if two else classes
        values = {
            f"P({column.name} = {one!r})": (column == one).to_numpy(dtype=float)
            for one in wanted
        }
        return cls(column.name, values, wanted, is_binary=True)

    @classmethod
    def _of_numbers(cls, column, pos_label):
        if column_kind(column) not in ("numeric", "boolean") or pos_label is not None:
            raise ValueError(
                f"The outcome {column.name!r} of dtype {column.dtype} is not read as "
                "outcome_type='numeric', or not with a pos_label. Give numbers, or "
                "take outcome_type='multiclass'."
            )
        numbers = column.to_numpy(dtype=float)
        if not np.isfinite(numbers).all():
            raise ValueError(
                f"The outcome {column.name!r} contains infinity. Replace it, or drop "
                "those rows."
            )
        is_binary = bool(np.isin(numbers, (0, 1)).all())
        return cls(
            column.name, {f"the mean of {column.name}": numbers}, [None], is_binary
        )

    def check_variation(self, is_comparison, sides):
        """Refuse an outcome that is the same in all rows of a group.

        Parameters
        ----------
        is_comparison : ndarray of shape (n_rows,)
            1 in the comparison, 0 in the baseline, NaN elsewhere.
        sides : tuple of (object, object)
            What baseline and comparison are called.

        Raises
        ------
        ValueError
            If it is, with its name and the group's.
        """
        for called, values in self.values.items():
            for side, name in enumerate(sides):
                found = values[is_comparison == side]
                if found.min() == found.max():
                    raise ValueError(
                        f"{called} is constant, {found[0]:g}, in all {len(found)} rows "
                        f"of {name}: its errors cannot be told. Join groups or classes "
                        f"of {self.name!r}, or compare others."
                    )


def _column(y, n_rows, name):
    """Return an outcome as a Series with a name and without a missing value."""
    if isinstance(y, pd.DataFrame) and y.shape[1] == 1:
        y = y.iloc[:, 0]
    if not isinstance(y, pd.Series):
        y = np.asarray(y) if not isinstance(y, pd.api.extensions.ExtensionArray) else y
        if y.ndim == 2 and y.shape[1] == 1:
            y = y[:, 0]
        if y.ndim != 1:
            raise ValueError(f"y has to be one column. Got the shape {y.shape}.")
        y = pd.Series(y)
    column = y.reset_index(drop=True).infer_objects()
    named = [one for one in (column.name, name, "y") if one is not None]
    column = column.rename(named[0])
    if len(column) != n_rows:
        raise ValueError(
            f"The outcome {column.name!r} has {len(column)} rows and X has {n_rows}. "
            "Give one value for each row of X."
        )
    if column.isna().any():
        raise ValueError(
            f"The outcome {column.name!r} has missing values, in {column.isna().sum()} "
            "rows. Drop these rows in X and y, or fill them."
        )
    if column_kind(column) in ("datetime", "timedelta"):
        raise ValueError(
            f"The outcome {column.name!r} holds times. Turn them into numbers, as days "
            "since a date."
        )
    return column
