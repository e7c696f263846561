"""Which rows are asked for, and what the requests for them show."""

from dataclasses import dataclass

import numpy as np

from fairsample.language_models.near_copies import NearCopies
from fairsample.messages import quote

__all__ = ["RowTask", "columns_to_write", "make_task"]


@dataclass(frozen=True)
class RowTask:
    """Which rows are asked for, and what is shown for it.

    Parameters
    ----------
    names : list
        The columns to write.
    n : int
        Rows.
    given : list of dict of length n or None
        The rows to complete; None for whole rows.
    examples : DataFrame of shape (n_real, n_columns)
        Real rows with the columns that are given and those to write.
    cells : ndarray of int of shape (n_real,)
        Group and outcome of each.
    cell_shares : list of dict
        How often each group and outcome occurs.
    copies : NearCopies or None
        What finds copies of real rows; None where the rows are given in part.
    """

    names: list
    n: int
    given: list | None
    examples: object
    cells: np.ndarray
    cell_shares: list
    copies: object = None


def columns_to_write(order, prefixes, n, until):
    """Check what is given, and tell which columns are to be written.

    Parameters
    ----------
    order : list of str
        All columns, in causal order.
    prefixes : DataFrame of shape (n, n_given) or None
        The first columns of each row.
    n : int
        Rows to write.
    until : str or None
        The last column to write.

    Returns
    -------
    first, last : tuple of int
        The columns ``order[first:last]`` are to be written.

    Raises
    ------
    ValueError
        If the prefixes are not n, or not the first columns; if `until` is no column.

    Examples
    --------
    >>> from fairsample.language_models.row_task import columns_to_write
    >>> columns_to_write(["age", "sex", "ill"], None, 5, until="sex")
    (0, 2)
    """
    given = [] if prefixes is None else list(prefixes.columns)
    if given != order[: len(given)]:
        raise ValueError(
            f"The prefixes have the columns {quote(given, 30)}; needed are the first "
            f"of {quote(order, 30)}, in this order."
        )
    if prefixes is not None and len(prefixes) != n:
        raise ValueError(f"{len(prefixes)} prefixes are given for {n} rows.")
    if until is not None and until not in order:
        raise ValueError(f"until={until!r} is no column; those are {quote(order, 30)}.")
    last = len(order) if until is None else order.index(until) + 1
    return len(given), max(last, len(given))


def make_task(schema, rows, last, context, names, prefixes, n):
    """Say which rows are asked for.

    Parameters
    ----------
    schema : RowSchema
        What rows are.
    rows : DataFrame of shape (n_real, n_columns)
        Real rows, the columns in causal order.
    last : int
        How many of the columns are given or to be written. What comes after them is
        not shown, though rows are chosen evenly over outcomes all the same.
    context : CausalContext or None
        Names the columns of group and outcome.
    names : list
        The columns to write.
    prefixes : DataFrame of shape (n, n_given) or None
        What is given.
    n : int
        Rows.

    Returns
    -------
    RowTask

    Raises
    ------
    ValueError
        If a given cell is no value of its column.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.language_models.row_schema import RowSchema
    >>> from fairsample.language_models.row_task import make_task
    >>> rows = pd.DataFrame({"sex": ["F", "M"], "age": [31, 52]})
    >>> task = make_task(RowSchema(rows), rows, 2, None, ["age"], rows[["sex"]], 2)
    >>> task.given
    [{'sex': 'F'}, {'sex': 'M'}]
    """
    shown = rows.iloc[:, :last]
    cells, shares = _cells(schema, rows, shown.columns, context)
    whole = prefixes is None
    return RowTask(
        names=names,
        n=n,
        given=None if whole else schema.json_objects(prefixes),
        examples=shown,
        cells=cells,
        cell_shares=shares,
        copies=NearCopies(shown, [schema.columns[name] for name in names])
        if whole
        else None,
    )


def _cells(schema, rows, shown, context):
    """Give each real row the number of its group and outcome; count those shown."""
    if context is None:
        return np.zeros(len(rows), dtype=np.int64), []
    wanted = [context.sensitive, context.outcome]
    counted = [name for name in schema.asked(shown) if name in wanted]
    cells = _numbered(rows[wanted])
    if not counted:
        return cells, []
    kinds = _numbered(rows[counted])
    _, firsts, sizes = np.unique(kinds, return_index=True, return_counts=True)
    described = schema.json_objects(rows[counted].iloc[firsts])
    shares = [
        row | {"share": round(size / len(rows), 4)}
        for row, size in zip(described, sizes.tolist(), strict=True)
    ]
    return cells, shares


def _numbered(frame):
    groups = frame.groupby(list(frame), dropna=False, observed=True)
    return groups.ngroup().to_numpy()
