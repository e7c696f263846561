"""The first pass over a table on disk: everything that is learned but the net."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairsample.encoding import TableSummary
from fairsample.encoding.visit_cells import is_visit_column
from fairsample.groups import is_fixed_by
from fairsample.messages import quote
from fairsample.on_disk.distinct_rows import DistinctRows
from fairsample.on_disk.pieces import join_pieces
from fairsample.validation import check_frame, is_identifier

__all__ = ["TableScan", "scan_table"]


@dataclass(frozen=True)
class TableScan:
    """What one pass over a table finds out.

    A combination is a distinct row of the sensitive columns; groups are made of them.

    Attributes
    ----------
    table : TableOnDisk
        What was read.
    summary : TableSummary
        Of the features.
    combinations, targets : DistinctRows
        Of the sensitive columns, and of the target.
    sensitive : DataFrame of shape (n_combinations, n_sensitive)
        The combinations, in the dtypes of the whole columns.
    target : Series of shape (n_targets,)
        The distinct targets, likewise.
    counts : ndarray of int of shape (n_combinations, n_targets)
        Rows of each combination and target.
    examples : DataFrame of shape (n_combinations, n_features)
        The features of the first row of each combination.
    fixed : ndarray of bool of shape (n_features,)
        Whether the feature has one value within each combination.
    """

    table: object
    summary: TableSummary
    combinations: DistinctRows
    targets: DistinctRows
    sensitive: pd.DataFrame
    target: pd.Series
    counts: np.ndarray
    examples: pd.DataFrame
    fixed: np.ndarray

    @property
    def n_rows(self):
        """Rows of the table."""
        return int(self.counts.sum())

    @property
    def features(self):
        """Names of the features."""
        return self.summary.names

    @property
    def template(self):
        """The features without their rows: DataFrame of shape (0, n_features)."""
        return self.examples.iloc[:0]

    def pieces(self):
        """Read all rows once more.

        Yields
        ------
        frame : DataFrame of shape (n, n_features)
            Features in the dtypes of the whole columns.
        combination, target : ndarray of int of shape (n,)
            Positions in `sensitive` and in `target`.
        """
        dtypes = self.template.dtypes.to_dict()
        for piece in self.table.pieces(self._names):
            combination = self.combinations.number(piece)
            yield (
                piece[self.features].astype(dtypes),
                combination,
                self.targets.number(piece),
            )

    @property
    def _names(self):
        return _together(self.features, self.targets.names, self.combinations.names)

    def uninformative(self):
        """Find features from which nothing can be learned: dict of str to list."""
        found = {"missing": [], "constant": [], "identifier": []}
        for column in self.summary.columns:
            n_values = column.n_distinct + (column.n_missing > 0)
            if column.n_missing == column.n_rows:
                found["missing"].append(column.name)
            elif n_values == 1:
                found["constant"].append(column.name)
            elif n_values == column.n_rows and is_identifier(_distinct_cells(column)):
                found["identifier"].append(column.name)
        return found


def scan_table(table, features, target, sensitive, progress=iter):
    """Read a table once.

    Parameters
    ----------
    table : TableOnDisk
        Where the rows are.
    features : pandas.Index
        Columns to learn.
    target : str
        The column with the classes.
    sensitive : sequence of str
        The sensitive columns.
    progress : callable, default=iter
        Wraps the iterator over pieces, as a progress bar does.

    Returns
    -------
    TableScan

    Raises
    ------
    ValueError
        If there are no rows, a class is missing, or a cell is no value of a table. The
        message names the column.
    """
    names = _together(features, [target], sensitive)
    summary = TableSummary(names, table.most_distinct)
    combinations, targets = DistinctRows(sensitive), DistinctRows([target])
    counts, examples = _CellCounts(), _Examples(features)
    for piece in progress(table.pieces(names)):
        _check_piece(piece[features], piece[target])
        combination = combinations.number(piece)
        counts.add(combination, targets.number(piece))
        examples.add(combination, piece[features])
        summary.update(piece)
    if not summary.n_rows:
        raise ValueError("The table has no rows. Nothing can be learned from it.")
    dtypes = _settle_dtypes(table, summary)
    return TableScan(
        table=table,
        summary=summary.take(names.isin(features)),
        combinations=combinations,
        targets=targets,
        sensitive=combinations.rows.astype({name: dtypes[name] for name in sensitive}),
        target=targets.rows[target].astype(dtypes[target]),
        counts=counts.of_cells,
        examples=examples.rows.astype({name: dtypes[name] for name in features}),
        fixed=examples.fixed,
    )


def _together(features, *others):
    """Name the columns to read, each once, features first and in their order."""
    for names in others:
        features = features.append(pd.Index(names).difference(features, sort=False))
    return features


def _distinct_cells(column):
    """Give the cells of a column that repeats none, a missing one included."""
    missing = [None] * column.n_missing
    return pd.Series([*column.cells()[0], *missing], dtype=column.dtype)


def _check_piece(features, target):
    check_frame(features)
    visits = [name for name, column in features.items() if is_visit_column(column)]
    if visits:
        raise ValueError(
            f"Columns {quote(visits)} hold visits, and a table on disk has plain "
            "cells. Records with visits are learned from a DataFrame."
        )
    if target.isna().any():
        raise ValueError(
            f"Column {target.name!r}, the target, has missing values. Drop the rows "
            "that have no class."
        )


def _settle_dtypes(table, summary):
    """Give each column the dtype that it has in a DataFrame: dict of name to dtype."""
    with_missing = {column.name for column in summary.columns if column.n_missing}
    dtypes = table.dtypes(summary.names, with_missing)
    for column in summary.columns:
        if not isinstance(column.dtype, pd.CategoricalDtype):
            column.dtype = dtypes[column.name]
        dtypes[column.name] = column.dtype
    return dtypes


class _CellCounts:
    """Rows of each combination and target, as more of them appear."""

    def __init__(self):
        self.of_cells = np.zeros((0, 0), dtype=np.int64)

    def add(self, combination, target):
        shape = combination.max() + 1, target.max() + 1
        more = np.maximum(shape, self.of_cells.shape) - self.of_cells.shape
        self.of_cells = np.pad(self.of_cells, [(0, rows) for rows in more])
        np.add.at(self.of_cells, (combination, target), 1)


class _Examples:
    """The first row of each combination, and what is the same in all its rows."""

    def __init__(self, features):
        self.rows, self.fixed = None, np.ones(len(features), dtype=bool)

    def add(self, combination, piece):
        known = 0 if self.rows is None else len(self.rows)
        numbers, first = np.unique(combination, return_index=True)
        pieces = [self.rows] if known else []
        self.rows = join_pieces([*pieces, piece.iloc[first[numbers >= known]]])
        number = np.append(np.arange(len(self.rows)), combination)
        for j in np.flatnonzero(self.fixed):
            column = join_pieces([self.rows.iloc[:, [j]], piece.iloc[:, [j]]])
            self.fixed[j] = is_fixed_by(number, column.iloc[:, 0])
