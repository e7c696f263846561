"""Which row is in which group."""

from collections.abc import Hashable
from dataclasses import dataclass
from numbers import Integral
from warnings import warn

import numpy as np
import pandas as pd

from fairsample.messages import quote
from fairsample.validation import DataWarning

__all__ = [
    "MISSING",
    "Groups",
    "is_fixed_by",
    "resolve_groups",
    "selected_columns",
    "values_as_table",
]

MISSING = "missing"  # the group of rows without a value

_MANY_GROUPS = 50
_FEW_GROUPS = 10

_HOW_TO_GIVE_VALUES = (
    "The values of the sensitive features can also be given at call time, as "
    "fit_resample(X, y, sensitive_features=values); a pipeline hands them on only "
    "with sklearn.set_config(enable_metadata_routing=True) and drops them otherwise."
)


@dataclass(frozen=True)
class Groups:
    """The group of every row.

    Several sensitive features make intersectional groups; only those that have a row
    count as groups.

    Parameters
    ----------
    codes : ndarray of int of shape (n_samples,)
        The position in `labels` of each row's group.
    labels : list of length n_groups
        The groups, sorted by value: a scalar each for one sensitive feature, a tuple
        for several. Missing values, where they were allowed, are called "missing" and
        come last.
    columns : tuple
        The columns of X that the groups were read from; empty if they were given as
        values or computed by a callable.
    names : tuple
        What the sensitive features are called, one name for each.

    Examples
    --------
    >>> groups = resolve_groups(pd.DataFrame({"sex": ["F", "M", "F"]}), selector="sex")
    >>> groups.labels, groups.codes.tolist(), groups.counts().tolist()
    (['F', 'M'], [0, 1, 0], [2, 1])
    """

    codes: np.ndarray
    labels: list
    columns: tuple = ()
    names: tuple = ("sensitive_features",)

    def __len__(self):
        """Return the number of groups."""
        return len(self.labels)

    @property
    def index(self):
        """Labels as a pandas index, with one level for each sensitive feature."""
        if len(self.names) == 1:
            return pd.Index(self.labels, name=self.names[0])
        return pd.MultiIndex.from_tuples(self.labels, names=self.names)

    def counts(self):
        """Count the rows of each group.

        Returns
        -------
        counts : ndarray of int of shape (n_groups,)
            Rows, in the order of `labels`.
        """
        return np.bincount(self.codes, minlength=len(self))

    def cell_counts(self, y, n_classes):
        """Count the rows of each cell, that is of each group and class.

        Parameters
        ----------
        y : ndarray of int of shape (n_samples,)
            The class of each row, as a code from 0 to `n_classes` - 1.
        n_classes : int
            The number of classes.

        Returns
        -------
        counts : ndarray of int of shape (n_groups, n_classes)
            Rows of each cell.
        """
        cells = np.bincount(self.codes * n_classes + y, minlength=len(self) * n_classes)
        return cells.reshape(len(self), n_classes)

    def first_rows(self):
        """Find one row of each group.

        Returns
        -------
        rows : ndarray of int of shape (n_groups,)
            The position of the first row of each group.
        """
        return np.unique(self.codes, return_index=True)[1]

    def values(self, codes):
        """Write group codes out as values of the sensitive features.

        Parameters
        ----------
        codes : ndarray of int of shape (n_rows,)
            Positions in `labels`.

        Returns
        -------
        values : Series or DataFrame of n_rows rows
            A Series for one sensitive feature, a DataFrame for several.
        """
        index = self.index.take(codes)
        if len(self.names) == 1:
            return index.to_series(index=pd.RangeIndex(len(codes)))
        values = index.to_frame(index=False, allow_duplicates=True)
        return values.set_axis(self.names, axis=1)


def resolve_groups(X, *, selector=None, values=None, missing="error", n_alike=None):
    """Read the group of each row from columns of X or from values.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        The features.
    selector : str, int, list of str or int, mask of bool or callable, default=None
        The sensitive columns: a name, a position, a list of either, a mask with one
        bool for each column, or a callable that takes X and returns values.
    values : array-like of shape (n_samples,) or (n_samples, n_sensitive), default=None
        The sensitive features themselves. They win over `selector`, also where they
        bear the name of a column of X.
    missing : {"error", "group"}, default="error"
        Whether rows without a value are refused, or make a group called "missing".
    n_alike : ndarray of int of shape (n_samples,), default=None
        How many rows each row stands for; None stands for one each.

    Returns
    -------
    groups : Groups
        The group of each row.

    Raises
    ------
    ValueError
        If neither `selector` nor `values` is given; if the selector names an absent
        column; if the values are no table of n_samples rows, cannot be compared, are
        missing, are the same in every row, or differ in most rows.

    Examples
    --------
    >>> X = pd.DataFrame({"race": ["A", "A", "B"], "sex": ["F", "M", "F"]})
    >>> resolve_groups(X, selector=["race", "sex"]).labels
    [('A', 'F'), ('A', 'M'), ('B', 'F')]
    >>> resolve_groups(X, values=[1, 0, 0]).labels
    [0, 1]
    """
    if values is not None:
        table, columns = values_as_table(values), ()
    elif callable(selector):
        table, columns = values_as_table(selector(X)), ()
    else:
        columns = selected_columns(X, selector)
        table = X.loc[:, list(columns)]
    if len(table) != len(X):
        raise ValueError(
            f"The sensitive features have {len(table)} rows and X has {len(X)}. Give "
            "one value (or one row of values) for each row of X."
        )
    n_alike = np.ones(len(X), dtype=np.intp) if n_alike is None else n_alike
    codes, labels = _factorize(table, missing, n_alike)
    names = columns or tuple(table.columns)
    _check_number_of_groups(labels, names, n_samples=n_alike.sum())
    return Groups(codes=codes, labels=labels, columns=columns, names=names)


def is_fixed_by(group, column):
    """Tell whether a column has one value within each group.

    Parameters
    ----------
    group : ndarray of int of shape (n_samples,)
        The group of each row, as a code.
    column : Series of shape (n_samples,)
        The column.

    Returns
    -------
    fixed : bool
        True if the group says what stands in the column.
    """
    number = pd.factorize(column, use_na_sentinel=False)[0]
    _, first, group = np.unique(group, return_index=True, return_inverse=True)
    return bool((number == number[first][group]).all())


def values_as_table(values):
    """Return call-time values as a DataFrame with one column for each feature.

    Parameters
    ----------
    values : array-like of shape (n_samples,) or (n_samples, n_sensitive)
        The sensitive features.

    Returns
    -------
    DataFrame of shape (n_samples, n_sensitive)
        With a fresh index, and names.

    Raises
    ------
    ValueError
        If there is one value only, or no column.
    """
    if isinstance(values, str) or np.ndim(values) == 0:
        raise ValueError(
            f"sensitive_features={values!r} at call time: values are expected here, "
            "one for each row. Column names belong in the constructor."
        )
    named = isinstance(values, pd.DataFrame)
    table = pd.DataFrame(values).reset_index(drop=True)
    if table.shape[1] == 0:
        raise ValueError("The sensitive features have no columns.")
    if isinstance(values, pd.Series) and values.name is not None:
        named = True
    if not named and table.shape[1] == 1:
        return table.set_axis(["sensitive_features"], axis=1)
    if not named:
        return table.add_prefix("sensitive_feature_")
    return table


def selected_columns(X, selector):
    """Return the names of the columns that a selector means.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        The features.
    selector : str, int, list of str or int, or mask of bool
        The sensitive columns.

    Returns
    -------
    tuple
        Their names.

    Raises
    ------
    ValueError
        If there is no selector, or it names an absent column, or one twice.
    """
    if selector is None:
        raise ValueError(
            "No sensitive features were given. Name columns of X in the constructor, "
            "as sensitive_features='race'. " + _HOW_TO_GIVE_VALUES
        )
    return tuple(X.columns[_selected_positions(X, selector)])


def _selected_positions(X, selector):
    keys = _selector_keys(X, selector)
    positions = []
    absent = []
    for key in keys:
        if _is_position(key) and -X.shape[1] <= key < X.shape[1]:
            positions.append(int(key) % X.shape[1])
        elif not _is_position(key) and isinstance(key, Hashable) and key in X.columns:
            positions.append(X.columns.get_loc(key))
        else:
            absent.append(key)
    if absent:
        raise ValueError(
            f"sensitive_features names {quote(absent)}, which X does not have; its "
            f"columns are {quote(X.columns)}. {_HOW_TO_GIVE_VALUES}"
        )
    if not positions or len(set(positions)) < len(positions):
        raise ValueError(
            f"sensitive_features=[{quote(keys)}] selects "
            f"{'a column twice' if positions else 'no column'}. Name at least one "
            "column, each once."
        )
    return positions


def _selector_keys(X, selector):
    if isinstance(selector, str | Integral | tuple) and not (
        isinstance(selector, tuple) and selector not in X.columns
    ):
        return [selector]
    if isinstance(selector, set | frozenset) or np.ndim(selector) > 1:
        raise ValueError(
            "sensitive_features in the constructor names columns, in one list. "
            + _HOW_TO_GIVE_VALUES
        )
    keys = list(selector)
    if keys and all(isinstance(key, bool | np.bool_) for key in keys):
        if len(keys) != X.shape[1]:
            raise ValueError(
                f"sensitive_features is a mask of length {len(keys)}, and X has "
                f"{X.shape[1]} columns. {_HOW_TO_GIVE_VALUES}"
            )
        return np.flatnonzero(keys).tolist()
    return keys


def _is_position(key):
    return isinstance(key, Integral) and not isinstance(key, bool | np.bool_)


def _factorize(table, missing, n_alike):
    """Return the group code of each row and the groups' labels, sorted."""
    coded = [_factorize_column(column, missing, n_alike) for _, column in table.items()]
    if len(coded) == 1:
        return coded[0]
    combinations, codes = np.unique(
        np.column_stack([codes for codes, _ in coded]), axis=0, return_inverse=True
    )
    labels = [
        tuple(levels[code] for code, (_, levels) in zip(row, coded, strict=True))
        for row in combinations
    ]
    return codes.reshape(-1), labels


def _factorize_column(column, missing, n_alike):
    try:
        codes, levels = pd.factorize(column)
    except TypeError as error:
        raise ValueError(
            f"Sensitive feature {column.name!r} holds values that cannot be compared "
            f"({error}). Give one plain value for each row."
        ) from None
    labels = [v.item() if isinstance(v, np.generic) else v for v in levels]
    order = _sorting_order(labels)
    labels = [labels[i] for i in order]
    ranks = np.empty(len(order) + 1, dtype=np.intp)
    ranks[order] = np.arange(len(order))
    if (codes == -1).any():
        if missing == "error":
            raise ValueError(
                f"Sensitive feature {column.name!r} has missing values, in "
                f"{n_alike[codes == -1].sum()} rows. Fill or drop them, or set "
                "missing_sensitive='group' to make them a group of their own."
            )
        if MISSING in labels:
            raise ValueError(
                f"Sensitive feature {column.name!r} has missing values and the value "
                f"{MISSING!r}, which would name their group. Rename the value."
            )
        labels.append(MISSING)
        ranks[-1] = len(labels) - 1
    return ranks[codes], labels


def _sorting_order(labels):
    try:
        order = sorted(range(len(labels)), key=labels.__getitem__)
    except TypeError:
        order = sorted(
            range(len(labels)),
            key=lambda i: (type(labels[i]).__name__, str(labels[i])),
        )
    return np.array(order, dtype=np.intp)


def _check_number_of_groups(labels, names, n_samples):
    if len(labels) < 2:
        raise ValueError(
            f"Sensitive features {quote(names)} have one group only, {labels[0]!r}. "
            "There is nothing to compare: choose a feature that varies."
        )
    remedy = (
        f"Sensitive features {quote(names)} make {len(labels)} groups of {n_samples} "
        "rows. Bin a numeric feature (pandas.cut), or join rare values."
    )
    if len(labels) > max(n_samples / 2, _FEW_GROUPS):
        raise ValueError(remedy)
    if len(labels) > _MANY_GROUPS:
        warn(remedy, DataWarning, stacklevel=2)
