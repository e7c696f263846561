"""How often two columns' codes occur together, within each class, under noise."""

from typing import NamedTuple

import numpy as np

__all__ = [
    "PairTables",
    "count_pairs",
    "mix_with_independence",
    "n_pairs",
    "shrink_to_independence",
]


class PairTables(NamedTuple):
    """Tables of all pairs of columns, within each class.

    Attributes
    ----------
    values : ndarray of float32 of shape (n_classes, n_codes, n_codes)
        Rows of the class that have both codes, of all columns one after the other;
        symmetric, and zero where both codes are of one column.
    starts : ndarray of int of shape (n_columns + 1,)
        Where each column's codes start.
    """

    values: np.ndarray
    starts: np.ndarray

    def blocks(self):
        """Give each column's codes, as slices."""
        return [
            slice(*ends) for ends in zip(self.starts, self.starts[1:], strict=False)
        ]


def n_pairs(n_columns):
    """Tables that a row is in; the L2 sensitivity of all of them is its root."""
    return n_columns * (n_columns - 1) // 2


def count_pairs(codes, label, block_sizes, n_classes, *, noise_std=0.0, noise=None):
    """Count pairs of codes in each class, and add Gaussian noise to every cell.

    A row adds 1 to one cell of each pair's table, in the tables of its own class only:
    adding or removing it moves all tables by ``sqrt(n_pairs(n_columns))`` in L2 norm.

    Parameters
    ----------
    codes : ndarray of int of shape (n_rows, n_columns)
        Codes of each column, from 0.
    label : ndarray of int of shape (n_rows,)
        The class of each row.
    block_sizes : list of int of length n_columns
        Number of codes of each column.
    n_classes : int
        Number of classes.
    noise_std : float, default=0.0
        Standard deviation of the noise in a cell.
    noise : SecureNoise, default=None
        Where the noise comes from.

    Returns
    -------
    PairTables
        The counts.
    """
    starts = np.append(0, np.cumsum(block_sizes))
    values = np.zeros((n_classes, starts[-1], starts[-1]), dtype=np.float32)
    places = codes + starts[:-1]
    for c in range(n_classes):
        rows = places[label == c]
        for first in range(0, len(rows), 10_000):  # bounds the memory
            part = rows[first : first + 10_000]
            hot = np.zeros((len(part), starts[-1]), dtype=np.float32)
            np.put_along_axis(hot, part, 1.0, axis=1)
            values[c] += hot.T @ hot
    tables = PairTables(values, starts)
    for block in tables.blocks():
        values[:, block, block] = 0.0
    if noise_std:
        _add_noise(tables, noise_std, noise)
    return tables


def _add_noise(tables, noise_std, noise):
    """Add noise once to each pair of columns, and the same on the other side."""
    for i, block in enumerate(tables.blocks()):
        left = slice(0, tables.starts[i])
        if i == 0:
            continue
        shape = tables.values[:, block, left].shape
        tables.values[:, block, left] += noise.normal(shape, noise_std)
        tables.values[:, left, block] = tables.values[:, block, left].swapaxes(1, 2)


def shrink_to_independence(tables, one_ways, noise_std, dependence=None):
    """Draw each noisy table towards independence, by as much as it is noise.

    The James-Stein estimate (its positive part), twice: of what tables have beyond the
    products of their margins, first of all classes together, then of each class beside
    that, a share is kept that is 1 where this dwarfs the noise and 0 where noise alone
    would look alike. A pair of columns that the noise drowns is thus taken for
    independent within the class, rather than for noise.

    Parameters
    ----------
    tables : PairTables
        Noisy counts.
    one_ways : list of ndarray of shape (n_classes, n_codes of the column)
        Rows of each class and code, which the margins are set to; of positive sum.
    noise_std : float
        Standard deviation of the noise in a cell.
    dependence : ndarray of float of shape (n_columns, n_columns), default=None
        Further shares to be kept, for dependences that are not wanted; symmetric.

    Returns
    -------
    PairTables
        Shares of the class: each table sums to 1.
    """
    blocks = tables.blocks()
    totals = np.mean([one_way.sum(axis=1) for one_way in one_ways], axis=0)
    margins = [one_way / one_way.sum(axis=1, keepdims=True) for one_way in one_ways]
    shares = np.zeros_like(tables.values)
    for i, rows in enumerate(blocks):
        for j, columns in enumerate(blocks[:i]):
            product = margins[i][:, :, None] * margins[j][:, None, :]
            beyond = tables.values[:, rows, columns] / totals[:, None, None] - product
            beyond = beyond - beyond.mean(axis=1, keepdims=True)
            beyond = beyond - beyond.mean(axis=2, keepdims=True)
            kept = _without_noise(beyond, totals, noise_std)
            if dependence is not None:
                kept = kept * dependence[i, j]
            shares[:, rows, columns] = product + kept
            shares[:, columns, rows] = (product + kept).swapaxes(1, 2)
    return PairTables(shares, tables.starts)


def _without_noise(beyond, totals, noise_std):
    """Shrink what tables of the classes have in common, and what each has beside it.

    `beyond` are shares of the class, (n_classes, n_codes, n_codes), `totals` its rows.
    """
    n_rows, n_classes = totals.sum(), len(totals)
    common = np.tensordot(totals / n_rows, beyond, axes=1)
    common_std = noise_std * np.sqrt(n_classes) / n_rows
    kept = _signal_share(common, common_std) * common
    own_std = noise_std * np.sqrt(
        (1 / totals - 1 / n_rows) ** 2 + (n_classes - 1) / n_rows**2
    )
    own = beyond - common
    of_class = [_signal_share(*one) for one in zip(own, own_std, strict=True)]
    return kept + np.array(of_class)[:, None, None] * own


def _signal_share(beyond, noise_std):
    """Give the share of a doubly centred table that is not noise."""
    energy = float(np.square(beyond).sum())
    of_noise = (beyond.shape[0] - 1) * (beyond.shape[1] - 1) * noise_std**2
    return max(0.0, 1.0 - of_noise / energy) if energy > 0 else 0.0


def mix_with_independence(counts, share):
    """Mix a table with the product of its margins.

    Parameters
    ----------
    counts : ndarray of shape (n_rows, n_columns)
        None below zero.
    share : float
        Of the product: 0 leaves the table, 1 makes rows and columns independent.

    Returns
    -------
    ndarray of float of shape (n_rows, n_columns)
        With the same margins.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.flip.pair_tables import mix_with_independence
    >>> mix_with_independence(np.array([[30, 10], [10, 30]]), 0.5)
    array([[25., 15.],
           [15., 25.]])
    """
    product = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / max(counts.sum(), 1)
    return (1 - share) * counts + share * product
