"""Which real rows a request shows: as many of every group and class."""

import numpy as np

__all__ = ["balanced_rows"]


def balanced_rows(cells, n, stream):
    """Choose rows without repetition, evenly over cells.

    A cell with fewer rows than its share gives all it has, and the others more.

    Parameters
    ----------
    cells : ndarray of int of shape (n_rows,)
        The cell of each row.
    n : int
        Rows to choose.
    stream : RandomState
        What chooses.

    Returns
    -------
    ndarray of int of shape (min(n, n_rows),)
        Positions, in random order.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.language_models.in_context_rows import balanced_rows
    >>> cells = np.repeat([0, 1, 2], [90, 9, 1])
    >>> chosen = balanced_rows(cells, 7, np.random.RandomState(0))
    >>> np.bincount(cells[chosen])
    array([3, 3, 1])
    """
    shuffled = stream.permutation(len(cells))
    order = np.argsort(cells[shuffled], kind="stable")
    _, sizes = np.unique(cells, return_counts=True)
    place_in_cell = np.concatenate([np.arange(size) for size in sizes])
    # Cells take turns, and who has the odd row is up to chance.
    turn_of_cell = np.repeat(stream.permutation(len(sizes)), sizes)
    chosen = shuffled[order[np.lexsort([turn_of_cell, place_in_cell])[:n]]]
    return stream.permutation(chosen)
