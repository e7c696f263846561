"""Splits of rows that keep every group and class on both sides."""

import numpy as np
from sklearn.utils import check_random_state

__all__ = ["split_cells"]


def split_cells(cells, *, test_size=0.3, random_state=None):
    """Split rows at random, cell by cell.

    Of every cell (a group and a class) the share `test_size` is held out, rounded to
    whole rows, at least one row and at most all but one. A cell of one row stays in the
    training part. `train_test_split` with `stratify` refuses such cells.

    Parameters
    ----------
    cells : array-like of int of shape (n_samples,)
        The cell of each row.
    test_size : float, default=0.3
        Share of the rows that is held out, between 0 and 1.
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
        When `test_size` is not between 0 and 1.

    Examples
    --------
    >>> from fairsample.evaluation.splitting import split_cells
    >>> train, test = split_cells([0] * 6 + [1] * 3 + [2], random_state=0)
    >>> len(train), len(test)
    (7, 3)
    """
    if not 0 < test_size < 1:
        raise ValueError(f"test_size must be between 0 and 1. Got {test_size!r}.")
    if random_state is None:
        random_state = np.random.RandomState()
    random_state = check_random_state(random_state)
    cells = np.asarray(cells)
    held_out = np.zeros(len(cells), dtype=bool)
    for cell in np.unique(cells):
        rows = random_state.permutation(np.flatnonzero(cells == cell))
        n_held_out = min(max(round(test_size * len(rows)), 1), len(rows) - 1)
        held_out[rows[:n_held_out]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
