"""Which cell each sampled row comes from, given what was asked about it."""

from collections.abc import Hashable, Mapping
from numbers import Integral

import numpy as np
import pandas as pd

from fairsample.groups import MISSING
from fairsample.messages import quote

__all__ = ["CellTable", "count_samples", "draw_cells"]


class CellTable:
    """The cells of the data, described by the sensitive features and the target.

    Parameters
    ----------
    groups : list of length n_groups
        The groups' labels.
    names : tuple
        The names under which conditions on the group are given: one for each sensitive
        feature, or a single one for all of them together.
    classes : list of length n_classes
        The classes' labels.
    target : str
        The name under which a condition on the class is given.

    Examples
    --------
    >>> cells = CellTable(["F", "M"], ("sex",), [0, 1], "died")
    >>> weights = np.array([[2.0, 1.0], [1.0, 0.0]])
    >>> group, label = cells.draw(
    ...     weights, 3, conditions={"sex": "M"}, random_state=np.random.RandomState(0)
    ... )
    >>> group.tolist(), label.tolist()
    ([1, 1, 1], [0, 0, 0])
    """

    def __init__(self, groups, names, classes, target):
        self.groups = groups
        self.names = names
        self.classes = classes
        self.target = target

    def draw(
        self, weights, n_samples, *, conditions=None, random_state, systematic=False
    ):
        """Draw the cell of each row, in proportion to weights.

        Parameters
        ----------
        weights : ndarray of shape (n_groups, n_classes)
            How often each cell is wanted; need not sum to one.
        n_samples : int or None
            The number of rows. None: as many as `conditions` has, if it is a frame.
        conditions : dict or DataFrame, default=None
            What holds in every row (dict of name to value), or in each row (a frame
            with one row for each sample).
        random_state : RandomState
            What draws.
        systematic : bool, default=False
            Whether the cells' frequencies are kept as nearly as whole rows can, rather
            than drawn independently.

        Returns
        -------
        group, label : ndarray of int of shape (n_samples,)
            The codes of the group and the class of each row.

        Raises
        ------
        ValueError
            If a condition has an unknown name or value, or no cell with a positive
            weight meets it, or `conditions` has not `n_samples` rows.
        """
        weights = np.asarray(weights, dtype=float)
        cell = np.empty(n_samples, dtype=np.intp)
        for condition, rows in self._by_condition(conditions, n_samples):
            wanted = np.where(self._meets(condition), weights, 0.0).ravel()
            if wanted.sum() <= 0:
                raise ValueError(
                    f"No real row has {self._describe(condition)}; there is nothing to "
                    f"sample. {self._allowed(weights)}"
                )
            odds = wanted / wanted.sum()
            if systematic:
                cell[rows] = _systematic(odds, len(rows), random_state)
            else:
                cell[rows] = random_state.choice(wanted.size, size=len(rows), p=odds)
        return np.divmod(cell, len(self.classes))

    def _by_condition(self, conditions, n_samples):
        """Yield each distinct condition with the rows that it holds for."""
        if conditions is None:
            return [({}, np.arange(n_samples))]
        if isinstance(conditions, Mapping):
            self._check_names(conditions)
            return [(dict(conditions), np.arange(n_samples))]
        self._check_names(conditions.columns)
        if len(conditions) != n_samples:
            raise ValueError(
                f"conditions has {len(conditions)} rows and n_samples={n_samples}. "
                "Give one row for each sample, or leave n_samples out."
            )
        records = conditions.to_dict("split", index=False)["data"]
        rows_of = {}
        for row, values in enumerate(records):
            key = tuple(map(_as_level, values))
            rows_of.setdefault(key, []).append(row)
        return [
            (dict(zip(conditions.columns, key, strict=True)), np.array(rows))
            for key, rows in rows_of.items()
        ]

    def _check_names(self, names):
        allowed = [*self.names, self.target]
        unknown = [name for name in names if name not in allowed]
        if unknown:
            raise ValueError(
                f"conditions names {quote(unknown)}; conditions can be put on "
                f"{quote(allowed)}."
            )

    def _meets(self, condition):
        """Return a mask of shape (n_groups, n_classes)."""
        met = np.ones((len(self.groups), len(self.classes)), dtype=bool)
        for name, value in condition.items():
            value = _as_level(value)
            if name in self.names:
                met &= self._equal(self._levels(name), value, name)[:, None]
            else:
                met &= self._equal(self.classes, value, name)
        return met

    def _levels(self, name):
        if len(self.names) == 1:
            return self.groups
        return [group[self.names.index(name)] for group in self.groups]

    @staticmethod
    def _equal(levels, value, name):
        comparable = isinstance(value, Hashable)
        equal = np.array([comparable and level == value for level in levels])
        if not equal.any():
            known = list(dict.fromkeys(levels))
            raise ValueError(
                f"conditions asks for {name}={value!r}, which the data does not have; "
                f"its values are {quote(known, limit=20)}."
            )
        return equal

    def _describe(self, condition):
        return " and ".join(f"{name}={value!r}" for name, value in condition.items())

    def _allowed(self, weights):
        cells = [(self.groups[g], self.classes[c]) for g, c in np.argwhere(weights > 0)]
        return f"Groups and classes with rows: {quote(cells, limit=20)}."


def count_samples(n_samples, conditions, cell_counts):
    """Return how many rows are asked for.

    Parameters
    ----------
    n_samples : int or None
        What the caller asked for.
    conditions : dict, DataFrame or None
        What the caller wants of the rows.
    cell_counts : DataFrame of shape (n_groups, n_classes)
        Rows of each cell, which are as many as are drawn if neither says.

    Returns
    -------
    n_samples : int
        The number of rows.

    Raises
    ------
    ValueError
        If `n_samples` is no count, or `conditions` is neither a dict nor a frame.
    """
    if conditions is not None and not isinstance(conditions, Mapping | pd.DataFrame):
        raise ValueError(
            f"conditions={conditions!r}: a dict or a DataFrame with one row for each "
            "sample is expected."
        )
    if n_samples is None:
        if isinstance(conditions, pd.DataFrame):
            return len(conditions)
        return int(cell_counts.to_numpy().sum())
    if not isinstance(n_samples, Integral) or isinstance(n_samples, bool):
        raise ValueError(f"n_samples={n_samples!r}: a whole number is expected.")
    if n_samples < 0:
        raise ValueError(f"n_samples={n_samples}: it cannot be negative.")
    return int(n_samples)


def draw_cells(resampler, n_samples, conditions, random_state):
    """Draw the cell of each row that a fitted resampler is to sample.

    Parameters
    ----------
    resampler : BaseFairResampler
        Its cells, and how often it draws each.
    n_samples : int
        The number of rows.
    conditions : dict, DataFrame or None
        What holds in them.
    random_state : RandomState
        What draws.

    Returns
    -------
    group, label : ndarray of int of shape (n_samples,)
        The codes of the group and the class of each row.

    Raises
    ------
    ValueError
        As `CellTable.draw`.
    """
    form, names = resampler._target_form, resampler._groups.names
    return CellTable(resampler.groups_, names, form.labels, form.name).draw(
        resampler._cell_weights(),
        n_samples,
        conditions=conditions,
        random_state=random_state,
        systematic=resampler._systematic_cells,
    )


def _systematic(odds, n_rows, random_state):
    """Draw cells at even steps along their cumulated odds, in random order."""
    steps = (np.arange(n_rows) + random_state.random_sample()) / n_rows
    cell = np.searchsorted(odds.cumsum()[:-1], steps, side="right")
    possible = np.flatnonzero(odds)
    return random_state.permutation(np.minimum(cell, possible[-1]))


def _as_level(value):
    """Return a value as it stands among the labels of groups and classes."""
    if isinstance(value, list):
        return tuple(value)
    return MISSING if pd.api.types.is_scalar(value) and pd.isna(value) else value
