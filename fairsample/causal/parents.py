"""Which earlier columns a column goes on from, where there are many."""

import numpy as np

__all__ = ["choose_parents", "mutual_information"]

_MOST_CELLS = 16  # that a column is cut into
_MOST_ROWS = 10_000  # that are looked at


def choose_parents(codes, scores, most, always=(), seed=0):
    """Choose the earlier columns that tell most about each column.

    Parameters
    ----------
    codes : ndarray of int of shape (n, n_columns)
        Training rows.
    scores : list of ndarray or None
        For each column the place of its codes in their order; None for categories.
    most : int or None
        Columns that are chosen at most; None takes all. The last column, which is the
        outcome, goes on from all others.
    always : sequence of int, default=()
        Columns that are chosen whatever they tell.
    seed : int, default=0
        Draws the rows that are looked at, where there are many.

    Returns
    -------
    list of ndarray of int
        For each column its parents, ascending.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.causal.parents import choose_parents
    >>> coin, other = np.random.RandomState(0).randint(2, size=(2, 500))
    >>> codes = np.column_stack([other, coin, coin, coin])
    >>> [parents.tolist() for parents in choose_parents(codes, [None] * 4, 1)]
    [[], [0], [1], [0, 1, 2]]
    """
    n_columns = codes.shape[1]
    parents = [np.arange(j) for j in range(n_columns)]
    if most is None or n_columns - 2 <= most:
        return parents
    if len(codes) > _MOST_ROWS:
        stream = np.random.RandomState(seed)
        codes = codes[stream.choice(len(codes), _MOST_ROWS, replace=False)]
    cells = _cut(codes, scores)
    for j in range(most + 1, n_columns - 1):
        told = np.array([mutual_information(cells[i], cells[j]) for i in range(j)])
        told[[i for i in always if i < j]] = np.inf
        parents[j] = np.sort(np.argsort(-told, kind="stable")[:most])
    return parents


def mutual_information(first, second):
    """Estimate how many nats one column of cells tells about another.

    The bias of tables with few rows a cell is taken off, so that it may be below 0.

    Parameters
    ----------
    first, second : ndarray of int of shape (n,)
        Cells.

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.causal.parents import mutual_information
    >>> cells = np.tile([0, 1], 500)
    >>> round(mutual_information(cells, 1 - cells), 3), round(float(np.log(2)), 3)
    (0.693, 0.693)
    """
    shape = first.max() + 1, second.max() + 1
    counts = np.bincount(first * shape[1] + second, minlength=shape[0] * shape[1])
    share = counts.reshape(shape) / len(first)
    of_first, of_second = share.sum(1), share.sum(0)
    there = share > 0
    expected = np.outer(of_first, of_second)[there]
    nats = np.sum(share[there] * np.log(share[there] / expected))
    freedom = (np.sum(of_first > 0) - 1) * (np.sum(of_second > 0) - 1)
    return float(nats - freedom / (2 * len(first)))


def _cut(codes, scores):
    """Cut columns into few cells: ordered ones by quantiles, others by frequency."""
    return [_few_cells(column, s) for column, s in zip(codes.T, scores, strict=True)]


def _few_cells(column, scores):
    counts = np.bincount(column)
    if len(counts) <= _MOST_CELLS:
        return column
    if scores is None:
        rank = np.argsort(np.argsort(-counts, kind="stable"))
        return rank[column].clip(max=_MOST_CELLS - 1)
    in_order = np.argsort(scores[: len(counts)], kind="stable")  # missing ones last
    until = np.empty(len(counts))
    until[in_order] = counts[in_order].cumsum()
    return ((until - counts / 2) * _MOST_CELLS // len(column)).astype(int)[column]
