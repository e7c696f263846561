"""Splits of rows that keep every group and class on both sides."""

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length

from fairsample.training.estimator_seeds import stream_of

__all__ = ["fold_cells", "nested_order", "split_cells"]


def split_cells(cells, *, test_size=0.3, patients=None, random_state=None):
    """Split rows at random, cell by cell.

    Of every cell (a group and a class) the share `test_size` is held out, rounded to
    whole rows, at least one row and at most all but one. A cell of one row stays in the
    training part. `train_test_split` with `stratify` refuses such cells.

    With `patients` all rows of a patient go to the same side, and the shares are met as
    nearly as whole patients allow; a cell of few patients may then be on one side only.

    Parameters
    ----------
    cells : array-like of int of shape (n_samples,)
        The cell of each row.
    test_size : float, default=0.3
        Share of the rows that is held out, between 0 and 1.
    patients : array-like of shape (n_samples,), default=None
        Whose row each is, where a patient has several.
    random_state : int, RandomState instance or None, default=None
        What draws.

    Returns
    -------
    train : ndarray of int
        Positions of the training rows, ascending.
    test : ndarray of int
        Positions of the rows held out, ascending.

    Raises
    ------
    ValueError
        When `test_size` is not between 0 and 1, lengths differ, a patient is missing,
        or there are fewer than two.

    Examples
    --------
    >>> from fairsample.evaluation.splitting import split_cells
    >>> train, test = split_cells([0] * 6 + [1] * 3 + [2], random_state=0)
    >>> len(train), len(test)
    (7, 3)
    >>> train, test = split_cells(
    ...     [0, 0, 0, 1, 1, 1], patients=list("aabbcc"), random_state=0
    ... )
    >>> train.tolist(), test.tolist()
    ([0, 1, 4, 5], [2, 3])
    """
    if not 0 < test_size < 1:
        raise ValueError(f"test_size must be between 0 and 1. Got {test_size!r}.")
    random_state = stream_of(random_state)
    cells = np.asarray(cells)
    if patients is not None:
        shares = np.array([1 - test_size, test_size])
        held_out = _spread(cells, patients, shares, random_state) == 1
    else:
        held_out = np.zeros(len(cells), dtype=bool)
        for cell in np.unique(cells):
            rows = random_state.permutation(np.flatnonzero(cells == cell))
            n_held_out = min(max(round(test_size * len(rows)), 1), len(rows) - 1)
            held_out[rows[:n_held_out]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def fold_cells(cells, n_folds, *, patients=None, random_state=None):
    """Cut rows into folds that share every cell as evenly as whole rows allow.

    Parameters
    ----------
    cells : array-like of int of shape (n_samples,)
        The cell of each row.
    n_folds : int
        How many folds, at least 2.
    patients : array-like of shape (n_samples,), default=None
        Whose row each is: all rows of a patient go to the same fold.
    random_state : int, RandomState instance or None, default=None
        What draws.

    Returns
    -------
    list of (ndarray of int, ndarray of int) of length n_folds
        For each fold, the positions of the other rows and of its own, ascending.

    Raises
    ------
    ValueError
        When there are fewer than two folds, fewer patients than folds, or lengths
        differ.

    Examples
    --------
    >>> from fairsample.evaluation.splitting import fold_cells
    >>> cells = [0] * 6 + [1] * 3
    >>> for train, test in fold_cells(cells, 3, random_state=0):
    ...     print(sorted(cells[row] for row in test))
    [0, 0, 1]
    [0, 0, 1]
    [0, 0, 1]
    """
    if n_folds < 2:
        raise ValueError(f"Cross validation needs at least 2 folds. Got {n_folds!r}.")
    cells = np.asarray(cells)
    patients = np.arange(len(cells)) if patients is None else patients
    shares = np.full(n_folds, 1 / n_folds)
    fold = _spread(cells, patients, shares, stream_of(random_state))
    return [
        (np.flatnonzero(fold != one), np.flatnonzero(fold == one))
        for one in range(n_folds)
    ]


def nested_order(cells, *, random_state=None):
    """Order rows so that, for every n, the first n have the cells' proportions.

    The first 1,000 are part of the first 2,500. Of every cell there are as many as its
    share, rounded up, so that no cell is lost as long as there are as many rows as
    cells.

    Parameters
    ----------
    cells : array-like of int of shape (n_samples,)
        The cell of each row.
    random_state : int, RandomState instance or None, default=None
        What draws the order within a cell.

    Returns
    -------
    ndarray of int of shape (n_samples,)
        Positions of the rows, in that order.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.evaluation.splitting import nested_order
    >>> cells = np.repeat([0, 1], [80, 20])
    >>> order = nested_order(cells, random_state=0)
    >>> np.bincount(cells[order[:10]]), np.bincount(cells[order[:50]])
    (array([8, 2]), array([40, 10]))
    """
    random_state = stream_of(random_state)
    cells = np.asarray(cells)
    at = np.empty(len(cells))
    for cell in np.unique(cells):
        rows = random_state.permutation(np.flatnonzero(cells == cell))
        at[rows] = np.arange(len(rows)) / len(rows)
    shuffled = random_state.permutation(len(cells))
    return shuffled[np.argsort(at[shuffled], kind="stable")]


def _spread(cells, patients, shares, random_state):
    """Deal whole patients to parts so that each part has its share of every cell.

    The largest patients are dealt first, each to the part that lacks most of what they
    bring, so that shares hold at every moment and the small ones even out the end.
    """
    check_consistent_length(cells, patients)
    patient, cell = (pd.factorize(np.asarray(ids))[0] for ids in (patients, cells))
    if patient.min() < 0:
        raise ValueError("patients has missing values. Say whose row each is.")
    if patient.max() + 1 < len(shares):
        raise ValueError(
            f"There are {patient.max() + 1} patients, too few for {len(shares)} parts."
        )
    brings = np.zeros((patient.max() + 1, cell.max() + 1))
    np.add.at(brings, (patient, cell), 1)
    weights = 1 / brings.sum(axis=0)
    order = random_state.permutation(len(brings))
    order = order[np.argsort(-brings[order].sum(axis=1), kind="stable")]
    part = np.empty(len(brings), dtype=int)
    has = np.zeros((len(shares), brings.shape[1]))
    dealt = np.zeros(brings.shape[1])
    for one in order:
        dealt += brings[one]
        lacks = shares[:, np.newaxis] * dealt - has
        # Where parts lack the same of these cells, the smallest part gets the patient.
        urgency = lacks @ (weights * brings[one]) + 1e-9 * lacks.sum(axis=1)
        part[one] = np.argmax(urgency)
        has[part[one]] += brings[one]
    return part[patient]
