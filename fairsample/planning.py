"""How many rows each cell, that is each group and class, is owed.

Everything here works on the table of cell counts alone and in exact integers: the same
counts give the same plan.
"""

import heapq
from collections import OrderedDict
from collections.abc import Mapping
from fractions import Fraction
from numbers import Integral, Real

import numpy as np

from fairsample.messages import quote

__all__ = ["CELL_STRATEGIES", "asks_for_cells", "rows_owed", "scale_rows", "share_out"]

CELL_STRATEGIES = ("groups", "cells", "parity", "proportional")


def asks_for_cells(strategy):
    """Tell whether a strategy is about cells rather than classes.

    Parameters
    ----------
    strategy : str, float or dict
        A sampling strategy.

    Returns
    -------
    cells : bool
        True for the names in `CELL_STRATEGIES` and for a dict whose keys are
        ``(group, class)``.

    Raises
    ------
    ValueError
        If a dict has keys of both kinds.

    Examples
    --------
    >>> asks_for_cells("parity"), asks_for_cells("auto"), asks_for_cells({1: 50})
    (True, False, False)
    >>> asks_for_cells({("F", 1): 50})
    True
    """
    if isinstance(strategy, Mapping):
        of_cells = [isinstance(key, tuple) for key in strategy]
        if any(of_cells) and not all(of_cells):
            raise ValueError(
                "sampling_strategy has both classes and (group, class) pairs as keys: "
                f"{quote(strategy)}. Use one kind."
            )
        return any(of_cells)
    return isinstance(strategy, str) and strategy in CELL_STRATEGIES


def rows_owed(strategy, counts, groups, classes, *, class_rows=None, n_synthetic=None):
    r"""Plan how many rows to generate in each cell.

    ========================== ======================================================
    `strategy`                 what comes of it
    ========================== ======================================================
    ``"groups"``               in every group, each class is brought to that group's
                               largest class
    ``"cells"``                every cell is brought to the largest cell
    ``"parity"``               every group gets the fewest rows that bring its class
                               shares to those of the largest group
    ``"proportional"``         as many rows as there are, in their proportions
    dict of ``(group, class)`` the cells named have that many rows in the end
    anything else              `class_rows`: each new row of a class goes to the group
                               where that class is least even, that is where its rows,
                               as a share of the group's largest class, are fewest
    ========================== ======================================================

    A cell without rows is owed nothing: there is nothing to learn it from. Under
    ``"parity"`` the classes that a group lacks, or that the largest group lacks, are
    left as they are, and the shares of the others are matched.

    Parameters
    ----------
    strategy : str, float or dict
        A sampling strategy.
    counts : ndarray of int of shape (n_groups, n_classes)
        Rows that each cell has.
    groups : list of length n_groups
        The groups' labels.
    classes : list of length n_classes
        The classes' labels.
    class_rows : dict, default=None
        For a strategy about classes: the rows to generate in each class.
    n_synthetic : int, default=None
        Scale the plan to this many rows in all, by largest remainders.

    Returns
    -------
    owed : OrderedDict of (group, class) to int
        Rows to generate in each cell, group by group.

    Raises
    ------
    ValueError
        If a dict names an unknown group or class or asks for fewer rows than there
        are, or if a plan that owes nothing is to be scaled.

    Notes
    -----
    For two classes and a target rate :math:`\tau`, ``"parity"`` adds
    :math:`\lceil (\tau n - e) / (1 - \tau) \rceil` positive rows to a group of n
    rows with e positive ones if its rate is below :math:`\tau`, and
    :math:`\lceil e / \tau - n \rceil` negative rows otherwise.

    Examples
    --------
    >>> counts = [[80, 20], [45, 5]]
    >>> owed = rows_owed("groups", counts, ["M", "F"], [0, 1])
    >>> dict(owed)
    {('M', 0): 0, ('M', 1): 60, ('F', 0): 0, ('F', 1): 40}
    >>> rows_owed("parity", counts, ["M", "F"], [0, 1])["F", 1]
    7
    >>> owed = rows_owed("groups", counts, ["M", "F"], [0, 1], n_synthetic=10)
    >>> owed["M", 1], owed["F", 1]
    (6, 4)
    """
    counts = np.asarray(counts, dtype=np.int64)
    if not asks_for_cells(strategy):
        owed = _share_class_rows(class_rows, counts, classes)
    elif isinstance(strategy, Mapping):
        owed = _up_to_given_counts(strategy, counts, groups, classes)
    else:
        owed = _PLANS[strategy](counts)
    owed = np.where(counts > 0, owed, 0)
    if n_synthetic is not None:
        if owed.any():
            owed = scale_rows(owed, n_synthetic)
        elif n_synthetic:
            raise ValueError(
                f"n_synthetic={n_synthetic}, but sampling_strategy={strategy!r} owes "
                "no rows on this data, so there is no plan to scale. Use "
                "sampling_strategy='proportional' to add rows in the data's "
                "proportions."
            )
    return OrderedDict(
        ((group, label), int(owed[g, c]))
        for g, group in enumerate(groups)
        for c, label in enumerate(classes)
    )


def _up_to_largest_class(counts):
    return counts.max(axis=1, keepdims=True) - counts


def _up_to_largest_cell(counts):
    return counts.max() - counts


def _as_many_again(counts):
    return counts


def _up_to_largest_group_shares(counts):
    target = counts[counts.sum(axis=1).argmax()]
    return np.array([_up_to_shares(row, target) for row in counts])


def _up_to_shares(row, target):
    """Return the fewest rows that give `row` the proportions of `target`.

    The class that `row` has most of, relative to the target, stays as it is; the others
    are brought up to it, rounded up.
    """
    owed = np.zeros_like(row)
    matched = np.flatnonzero((row > 0) & (target > 0))
    if not matched.size:
        return owed
    fullest = max(matched, key=lambda c: Fraction(int(row[c]), int(target[c])))
    for c in matched:
        wanted = -(-int(row[fullest]) * int(target[c]) // int(target[fullest]))
        owed[c] = wanted - row[c]
    return owed


_PLANS = {
    "groups": _up_to_largest_class,
    "cells": _up_to_largest_cell,
    "parity": _up_to_largest_group_shares,
    "proportional": _as_many_again,
}


def _up_to_given_counts(wanted, counts, groups, classes):
    """Return what a dict of final counts of cells owes."""
    group_codes = {label: g for g, label in enumerate(groups)}
    class_codes = {label: c for c, label in enumerate(classes)}
    owed = np.zeros_like(counts)
    for cell, n_rows in wanted.items():
        if len(cell) != 2:
            raise ValueError(
                f"sampling_strategy has the key {cell!r}; (group, class) is expected, "
                "with a tuple as the group where there are several sensitive features, "
                f"as in {(groups[0], classes[0])!r}."
            )
        group, label = cell
        if group not in group_codes:
            raise ValueError(
                f"sampling_strategy names the group {group!r}, which the data does not "
                f"have; its groups are {quote(groups)}."
            )
        if label not in class_codes:
            raise ValueError(
                f"sampling_strategy names the class {label!r}, which the data does not "
                f"have; its classes are {quote(classes)}."
            )
        if not _is_whole(n_rows):
            raise ValueError(
                f"sampling_strategy asks for {n_rows!r} rows in cell {cell!r}; a whole "
                "number is expected."
            )
        at = group_codes[group], class_codes[label]
        if n_rows < counts[at]:
            raise ValueError(
                f"sampling_strategy asks for {n_rows} rows in cell {cell!r}, which has "
                f"{counts[at]} already. The numbers are final counts, and rows are "
                "only added."
            )
        owed[at] = n_rows - counts[at]
    return owed


def _is_whole(number):
    return isinstance(number, Integral) or (
        isinstance(number, Real) and float(number).is_integer()
    )


def _share_class_rows(class_rows, counts, classes):
    class_codes = {label: c for c, label in enumerate(classes)}
    largest = counts.max(axis=1)
    owed = np.zeros_like(counts)
    for label, n_rows in class_rows.items():
        if not _is_whole(n_rows):
            raise ValueError(
                f"sampling_strategy asks for {n_rows!r} new rows in class {label!r}; a "
                "whole number is expected."
            )
        c = class_codes[label]
        present = np.flatnonzero(counts[:, c])
        owed[present, c] = _fill_lowest(
            counts[present, c].tolist(), largest[present].tolist(), int(n_rows)
        )
    return owed


def _fill_lowest(counts, sizes, n_rows):
    """Give rows out one by one, each where ``counts / sizes`` is lowest.

    Exactly what the loop over rows would do, ties going to the first, at the cost of a
    loop over few of them. Let F(t) be the rows that raise every ratio to the level t,
    fractions included. Filling to t with whole rows takes fewer than one row more in
    each place, so filling to the level of F(t) = n_rows - len(counts) never gives out
    too much; what remains is fewer than two rows a place, and is given out one by one.
    """
    given = [0] * len(counts)
    budget = n_rows - len(counts)
    if budget > 0:
        level = _water_level(counts, sizes, budget)
        given = [
            max(0, -int(-(level * size - count) // 1))
            for count, size in zip(counts, sizes, strict=True)
        ]
    queue = [(Fraction(counts[i] + given[i], sizes[i]), i) for i in range(len(counts))]
    heapq.heapify(queue)
    for _ in range(n_rows - sum(given)):
        _, i = queue[0]
        given[i] += 1
        heapq.heapreplace(queue, (Fraction(counts[i] + given[i], sizes[i]), i))
    return given


def _water_level(counts, sizes, n_rows):
    """Return the ratio ``counts / sizes`` to which n_rows raise the lowest ones."""
    ratios = sorted(
        (Fraction(count, size), count, size)
        for count, size in zip(counts, sizes, strict=True)
    )
    filled_count = filled_size = 0
    level = None
    for ratio, count, size in ratios:
        if level is not None and level <= ratio:
            break
        filled_count += count
        filled_size += size
        level = Fraction(n_rows + filled_count, filled_size)
    return level


def share_out(shares, n_rows):
    """Share rows out by largest remainders.

    Parameters
    ----------
    shares : ndarray of float
        Not negative, with a positive sum.
    n_rows : int
        Rows to share out.

    Returns
    -------
    ndarray of int
        Of the shape of `shares`, with the sum `n_rows`.

    Examples
    --------
    >>> share_out(np.array([0.5, 0.3, 0.2]), 4).tolist()
    [2, 1, 1]
    """
    exact = n_rows * shares.ravel() / shares.sum()
    rows = np.floor(exact).astype(np.intp)
    largest = np.argsort(rows - exact, kind="stable")[: n_rows - rows.sum()]
    rows[largest] += 1
    return rows.reshape(shares.shape)


def scale_rows(owed, n_rows):
    """Scale a plan by largest remainders, ties going to the first cell.

    Parameters
    ----------
    owed : ndarray of int of shape (n_groups, n_classes)
        A plan that owes some rows.
    n_rows : int
        How many rows it is to owe.

    Returns
    -------
    ndarray of int of shape (n_groups, n_classes)
        The plan in the same proportions.
    """
    whole, remainders = np.divmod(owed.ravel() * int(n_rows), int(owed.sum()))
    rest = int(n_rows) - int(whole.sum())
    whole[np.argsort(-remainders, kind="stable")[:rest]] += 1
    return whole.reshape(owed.shape)
