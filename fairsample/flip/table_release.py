"""Everything that FLIP's marginal engine learns of private rows, released once.

Four Gaussian mechanisms, each of sums to which a row adds a vector of known norm: the
cells of group and class, every column by itself, every column within each class, and
every pair of columns within each class.  What comes after reads the release only.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from fairsample.encoding import TableEncoder
from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.columns import LIST_DELTA, release_columns
from fairsample.flip.conforming import conform, is_outside
from fairsample.flip.mechanism import Mechanism
from fairsample.flip.merged_codes import MergedCodes
from fairsample.flip.noise_solver import solve_noise
from fairsample.flip.noisy_counts import noisy_counts, onto_total
from fairsample.flip.pair_tables import PairTables, count_pairs, n_pairs
from fairsample.flip.secure_noise import SecureNoise

__all__ = [
    "CodedRows",
    "Rows",
    "TableRelease",
    "count_table",
    "merge_codes",
    "release_codes",
    "release_table",
]

# Of the budget, as shares of 1 / noise_multiplier ** 2, which adds up.
SHARES = {
    "outside": 0.01,
    "cells": 0.02,
    "columns": 0.13,
    "classes": 0.3,
    "pairs": 0.54,
}
NOISE_PER_CODE = 12  # a code holds so many times its noise, on average
NOISE_PER_PAIR = 2  # and a cell of a pair table
CLEARLY, SURELY = 4, 2.5  # standard deviations
FEW = 0.01  # of all rows
MOST_BINS, FEWEST_BINS = 100, 8
MOST_MERGED, FEWEST_MERGED = 48, 4
MOST_CODES = 500  # of all columns, merged; the time of a fit grows with their square


@dataclass(frozen=True, repr=False)
class Rows:
    """Rows to count, a group and a class each.

    Its ``repr`` shows no row: caches write down what functions were called with.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Without the sensitive columns.
    group, label : ndarray of int of shape (n_rows,)
        Codes.
    shape : tuple of int
        Number of groups and of classes.
    strays : dict of column to ndarray of bool of shape (n_rows,)
        Of sensitive features and target: whose value is none of the declared ones.
    """

    frame: object
    group: np.ndarray
    label: np.ndarray
    shape: tuple
    strays: dict = field(default_factory=dict)

    def __repr__(self):
        return "Rows(...)"

    @property
    def cells(self):
        """The cell of each row."""
        return self.group * self.shape[1] + self.label


class CodedRows(NamedTuple):
    """Rows in codes that single columns, counted with noise, have led to.

    Attributes
    ----------
    encoder : TableEncoder
        Values of the columns <-> codes; released.
    codes : ndarray of int of shape (n_rows, n_columns)
        The rows themselves, as private as they were.
    cell_counts : ndarray of float of shape (n_groups, n_classes)
        Rows of each group and class; released.
    one_ways : list of ndarray of float of shape (n_classes, n_codes)
        Rows of each class and code, by column; released.
    outside : dict of column to float
        About how many values lie outside the domain; released.
    """

    encoder: TableEncoder
    codes: np.ndarray
    cell_counts: np.ndarray
    one_ways: list
    outside: dict


class TableRelease(NamedTuple):
    """What is known of a table.

    Attributes
    ----------
    encoder : TableEncoder
        Values of the columns <-> codes.
    cell_counts : ndarray of float of shape (n_groups, n_classes)
        Rows of each group and class, none below zero.
    merged : list of MergedCodes
        Of each column, with its counts within each class, and of the group.
    pairs : PairTables
        Of the merged codes; the group is the last column.
    pair_std : float
        The noise in a cell of these.
    ledger : PrivacyLedger or None
        What it cost; None for exact counts.
    outside : dict of column to float
        About how many values lie outside the domain, where that is more than noise.
    """

    encoder: TableEncoder
    cell_counts: np.ndarray
    merged: list
    pairs: PairTables
    pair_std: float
    ledger: PrivacyLedger | None
    outside: dict


def count_table(rows):
    """Count a table exactly, which guarantees nothing.

    Parameters
    ----------
    rows : Rows
        The rows.

    Returns
    -------
    TableRelease
        Without noise.
    """
    encoder = TableEncoder().fit(rows.frame)
    cells = np.bincount(rows.cells, minlength=np.prod(rows.shape)).reshape(rows.shape)
    codes = encoder.transform(rows.frame)
    one_ways = [
        _count_by_class(column, rows.label, size, rows.shape[1])
        for column, size in zip(codes.T, encoder.block_sizes_, strict=True)
    ]
    coded = CodedRows(encoder, codes, cells, one_ways, {})
    n_merged = int(np.clip(MOST_CODES // codes.shape[1], 8, MOST_MERGED))
    merged, pairs = _count_merged(rows, coded, n_merged)
    return TableRelease(encoder, cells, merged, pairs, 0.0, None, {})


def release_table(rows, domain, *, epsilon, ledger):
    """Count a table with noise, spending what is left of a budget.

    Parameters
    ----------
    rows : Rows
        Private rows; groups and classes are those of public lists.
    domain : TableDomain
        Bounds or categories of every column of ``rows.frame``.
    epsilon : float
        What may be spent in all, that in the ledger included.
    ledger : PrivacyLedger
        What was spent before; it is not changed.

    Returns
    -------
    TableRelease
        Private, with the ledger of all.
    """
    ledger, noise = ledger.copy(), SecureNoise()
    # What `release_columns` may add to delta is set apart before noise is solved for.
    unit = solve_noise(ledger, epsilon, delta=LIST_DELTA * ledger.delta)
    n_columns = rows.frame.shape[1]
    if not n_columns:
        cells = _release_cells(rows, unit, ledger, noise)
        return TableRelease(None, cells, [], None, 0.0, ledger, {})
    multipliers = {name: unit / np.sqrt(share) for name, share in SHARES.items()}
    coded = release_codes(rows, domain, multipliers, ledger, noise)
    n_rows = coded.cell_counts.sum()
    sensitivity = np.sqrt(n_pairs(n_columns + 1))
    pair_std = multipliers["pairs"] * sensitivity
    ledger.add(
        Mechanism(
            name="pairs",
            reads="every pair of columns within each class",
            noise_multiplier=multipliers["pairs"],
        )
    )
    n_merged = np.sqrt(n_rows / (NOISE_PER_PAIR * pair_std))
    n_merged = int(np.clip(n_merged, FEWEST_MERGED, MOST_MERGED))
    merged, pairs = _count_merged(rows, coded, n_merged, pair_std, noise)
    return TableRelease(
        coded.encoder,
        coded.cell_counts,
        merged,
        pairs,
        pair_std,
        ledger,
        coded.outside,
    )


def release_codes(rows, domain, multipliers, ledger, noise):
    """Count cells and single columns with noise, and give rows the codes that follow.

    Parameters
    ----------
    rows : Rows
        Private rows.
    domain : TableDomain
        Bounds or categories of every column of ``rows.frame``.
    multipliers : dict of str to float
        The noise multiplier of each release: "outside", "cells", "columns", "classes".
    ledger : PrivacyLedger
        Charged.
    noise : SecureNoise
        Where the noise comes from.

    Returns
    -------
    CodedRows
        Private rows in codes, and what was released of them.
    """
    n_columns = rows.frame.shape[1]
    outside = _release_outside(rows, domain, multipliers["outside"], ledger, noise)
    cells = _release_cells(rows, multipliers["cells"], ledger, noise)
    n_rows = cells.sum()
    sketch, domain = release_columns(
        rows.frame,
        domain,
        ledger=ledger,
        noise_multipliers=multipliers["columns"] * np.sqrt(n_columns),
        noise=noise,
        random_state=np.random.RandomState(0),  # cuts bins; the noise has no seed
    )
    class_std = multipliers["classes"] * np.sqrt(n_columns)
    n_bins = n_rows / (NOISE_PER_CODE * class_std * rows.shape[1])
    n_bins = int(np.clip(n_bins, FEWEST_BINS, MOST_BINS))
    encoder = TableEncoder(max_levels=128, n_bins=n_bins).fit(sketch)
    codes = encoder.transform(conform(rows.frame, domain))
    one_ways = _release_one_ways(
        rows, codes, encoder, cells, multipliers["classes"], ledger, noise
    )
    return CodedRows(encoder, codes, cells, one_ways, outside)


def _release_outside(rows, domain, multiplier, ledger, noise):
    """Count the values outside the domain, and keep what stands out of the noise."""
    ledger.add(
        Mechanism(
            name="outside",
            reads="how many values of each column lie outside the domain",
            noise_multiplier=multiplier,
        )
    )
    strays = dict(rows.strays)
    for name, column in domain.items():
        strays[name] = is_outside(rows.frame[name], column)
    std = multiplier * np.sqrt(len(strays))
    counts = {
        name: float(of_rows.sum() + noise.normal(1, std)[0])
        for name, of_rows in strays.items()
    }
    return {name: count for name, count in counts.items() if count > CLEARLY * std}


def _release_cells(rows, multiplier, ledger, noise):
    ledger.add(
        Mechanism(
            name="cells",
            reads="rows of each group and class",
            noise_multiplier=multiplier,
        )
    )
    counts = noisy_counts(rows.cells, int(np.prod(rows.shape)), multiplier, noise)
    # What may well be an empty cell is taken for one: a plan would make it large.
    least = min(SURELY * multiplier, FEW * max(counts.sum(), 0.0))
    return np.where(counts > least, counts, 0).reshape(rows.shape)


def _release_one_ways(rows, codes, encoder, cells, multiplier, ledger, noise):
    """Count the codes of every column within each class."""
    ledger.add(
        Mechanism(
            name="classes",
            reads="each column within each class",
            noise_multiplier=multiplier,
        )
    )
    n_classes = rows.shape[1]
    std = multiplier * np.sqrt(codes.shape[1])
    one_ways = []
    for column, size in zip(codes.T, encoder.block_sizes_, strict=True):
        counts = _count_by_class(column, rows.label, size, n_classes)
        counts = counts + noise.normal(counts.shape, std)
        counts = _shrink_to_pooled(counts, std)
        totals = np.maximum(cells.sum(axis=0), 1.0)
        pairs = zip(counts, totals, strict=True)
        one_ways.append(np.array([onto_total(row, total) for row, total in pairs]))
    return one_ways


def _count_by_class(codes, label, n_codes, n_classes):
    cells = np.bincount(label * n_codes + codes, minlength=n_classes * n_codes)
    return cells.reshape(n_classes, n_codes).astype(float)


def _shrink_to_pooled(counts, std):
    """Draw each class towards the shares of all classes, by as much as it is noise."""
    pooled = counts.sum(axis=0) / counts.sum()
    beyond = counts - counts.sum(axis=1, keepdims=True) * pooled
    energy = np.square(beyond).sum(axis=1, keepdims=True)
    kept = np.maximum(0, 1 - (counts.shape[1] - 1) * std**2 / np.maximum(energy, 1e-9))
    return counts - (1 - kept) * beyond


def _count_merged(rows, coded, n_merged, pair_std=0.0, noise=None):
    """Merge the codes, and count their pairs."""
    merged = merge_codes(coded, n_merged)
    of_groups = np.maximum(coded.cell_counts.T, 0) + 1e-9
    none_ordered = np.zeros(rows.shape[0], dtype=bool)
    merged.append(MergedCodes(of_groups, none_ordered, rows.shape[0]))
    columns = [
        one.merge(column) for one, column in zip(merged, coded.codes.T, strict=False)
    ]
    pairs = count_pairs(
        np.column_stack([*columns, rows.group]),
        rows.label,
        [one.n_codes for one in merged],
        rows.shape[1],
        noise_std=pair_std,
        noise=noise,
    )
    return merged, pairs


def merge_codes(coded, n_merged):
    """Merge each column's codes to about as many as given: list of MergedCodes."""
    return [
        MergedCodes(counts, _ordered(scores, counts.shape[1]), n_merged)
        for counts, scores in zip(
            coded.one_ways, coded.encoder.level_values_, strict=True
        )
    ]


def _ordered(scores, n_codes):
    """Which codes of a column have a place in an order: (n_codes,)."""
    return np.zeros(n_codes, dtype=bool) if scores is None else ~np.isnan(scores)
