"""From a frame, its groups and outcomes to `Records`, and back to a frame."""

import numpy as np
import pandas as pd
import torch

from fairsample.encoding import (
    FlatVisits,
    TableEncoder,
    TableSchema,
    TableSummary,
    VisitEncoder,
    find_visit_column,
)
from fairsample.fairsynth.generation import END
from fairsample.groups import is_fixed_by
from fairsample.training.records import Records

__all__ = ["RecordEncoder", "encoder_for", "fit_encoder"]


class RecordEncoder:
    """Encode group, outcome, columns and visits as `Records`.

    A column that has one value within each group (a sensitive one, say) is not
    written by the generator: the group says what stands in it.

    Parameters
    ----------
    max_levels, n_bins : int
        See :class:`~fairsample.encoding.TableEncoder`.

    Attributes
    ----------
    names_ : list
        All columns of the frame, in its order.
    table_ : TableEncoder or None
        Of the columns without the visits.
    is_written_ : ndarray of bool of shape (n_columns,)
        Whether the generator writes the column of `table_`.
    rows_of_group_ : DataFrame of n_groups rows, indexed by group code
        What stands in the other columns, for each group that was fitted.
    visits_ : VisitEncoder or None
        Of the visit column.
    """

    def __init__(self, *, max_levels=128, n_bins=100):
        self.max_levels, self.n_bins = max_levels, n_bins

    def fit(self, frame, group):
        """Learn levels, bins and vocabulary from a frame and its group codes, (n,)."""
        visits = find_visit_column(frame)
        table = frame.drop(columns=[] if visits is None else [visits])
        groups, first = np.unique(group, return_index=True)
        fixed = [is_fixed_by(group, table[name]) for name in table.columns]
        rows_of_group = table.iloc[first].loc[:, fixed].set_axis(groups)
        summary = TableSummary.of(table) if table.shape[1] else None
        self.fit_summary(summary, fixed, rows_of_group)
        self.names_ = list(frame.columns)
        self.visits_ = None if visits is None else VisitEncoder().fit(frame[visits])
        return self

    def fit_summary(self, summary, fixed, rows_of_group):
        """Learn levels and bins of a table without visits.

        Parameters
        ----------
        summary : TableSummary or None
            Of all its rows; None if there is no column.
        fixed : list of bool of length n_columns
            Whether the column has one value within each group.
        rows_of_group : DataFrame of n_groups rows, indexed by group code
            What stands in the fixed columns.

        Returns
        -------
        RecordEncoder
            This one.
        """
        self.names_, self.table_, self.visits_ = [], None, None
        if summary is not None:
            self.names_ = list(summary.names)
            self.table_ = TableEncoder(max_levels=self.max_levels, n_bins=self.n_bins)
            self.table_.fit_summary(summary)
        self.is_written_ = ~np.array(fixed, dtype=bool)
        self.rows_of_group_ = rows_of_group
        return self

    def encode(self, frame, group, outcome):
        """Encode rows: a frame and the codes of group and outcome, (n,) each."""
        columns = np.column_stack([group, outcome])
        if self.table_ is not None:
            levels = self.table_.transform(frame[self.table_.columns_])
            columns = np.column_stack([columns, levels[:, self.is_written_]])
        columns = torch.as_tensor(columns.astype(np.int64))
        if self.visits_ is None:
            return Records(columns)
        flat = self.visits_.transform(frame[self.visits_.name_])
        last = np.zeros(len(flat.visit_ptr) - 1, dtype=bool)
        last[flat.patient_ptr[1:] - 1] = True
        codes = np.insert(flat.codes + 1, flat.visit_ptr[:-1][last], END)
        visit_ptr = flat.visit_ptr + np.r_[0, last.cumsum()]
        return Records(
            columns, *map(torch.as_tensor, (codes, visit_ptr, flat.patient_ptr))
        )

    def decode(self, records, group, random_state):
        """Decode `Records` of the given groups, (n,), to a frame like the fitted."""
        frame = pd.DataFrame(index=range(len(group)))
        if self.table_ is not None:
            levels = np.zeros((len(group), len(self.is_written_)), dtype=np.int64)
            levels[:, self.is_written_] = records.columns[:, 2:].numpy()
            frame = self.table_.inverse_transform(levels, random_state)
            for name, values in self.rows_of_group_.items():
                frame[name] = values.loc[group].set_axis(frame.index)
        if self.visits_ is None:
            return frame[self.names_]
        codes, visit_ptr = records.codes.numpy(), records.visit_ptr.numpy()
        visit = np.repeat(np.arange(len(visit_ptr) - 1), np.diff(visit_ptr))
        written = codes != END
        counts = np.bincount(visit[written], minlength=len(visit_ptr) - 1)
        flat = FlatVisits(
            codes[written] - 1, np.r_[0, counts.cumsum()], records.patient_ptr.numpy()
        )
        visits = self.visits_.inverse_transform(flat).set_axis(frame.index)
        return pd.concat([frame, visits], axis=1)[self.names_]

    @property
    def schema(self):
        """Kinds and dtypes of the columns without the visits: `TableSchema`."""
        return (
            TableSchema((), pd.Index([]))
            if self.table_ is None
            else self.table_.schema_
        )

    def module_sizes(self):
        """Give the arguments of `Halo` that the data decide."""
        sizes = {"block_sizes": []}
        if self.table_ is not None:
            block_sizes = np.asarray(self.table_.block_sizes_)[self.is_written_]
            sizes["block_sizes"] = block_sizes.tolist()
        if self.visits_ is not None:
            visits = self.visits_
            sizes["n_codes"] = len(visits.vocabulary_)
            sizes["code_rates"] = np.r_[visits.end_rate_, visits.code_rates_]
            sizes["max_visits"] = visits.max_visits_
        return sizes

    def to_json(self):
        """Give everything learned as JSON types, and the groups' rows as a frame."""
        return {
            "names": self.names_,
            "table": None if self.table_ is None else self.table_.to_json(),
            "rows_of_group": self.rows_of_group_,
            "is_written": self.is_written_.tolist(),
            "visits": None if self.visits_ is None else self.visits_.to_json(),
        }

    @classmethod
    def from_json(cls, learned):
        """Rebuild an encoder from `to_json`."""
        encoder = cls()
        encoder.names_ = learned["names"]
        table, visits = learned["table"], learned["visits"]
        encoder.table_ = None if table is None else TableEncoder.from_json(table)
        encoder.is_written_ = np.asarray(learned["is_written"], dtype=bool)
        encoder.rows_of_group_ = learned["rows_of_group"]
        encoder.visits_ = None if visits is None else VisitEncoder.from_json(visits)
        return encoder


def fit_encoder(frame, group, max_levels=None, n_bins=None):
    """Fit a `RecordEncoder` whose bins are as fine as the number of rows allows.

    Parameters
    ----------
    frame : DataFrame of shape (n, n_features)
        All columns.
    group : ndarray of int of shape (n,)
        Group of each row.
    max_levels, n_bins : int, default=None
        What the user fixed; see `encoder_for`.

    Returns
    -------
    RecordEncoder
        Fitted.
    """
    return encoder_for(len(frame), max_levels, n_bins).fit(frame, group)


def encoder_for(n_rows, max_levels=None, n_bins=None):
    """Make a `RecordEncoder` whose bins are as fine as the number of rows allows.

    Parameters
    ----------
    n_rows : int
        Rows that it will be fitted to.
    max_levels, n_bins : int, default=None
        What the user fixed; else a level for every 50 rows (30 to 128) and a bin for
        every 75 (20 to 100).

    Returns
    -------
    RecordEncoder
        Not fitted.
    """
    if max_levels is None:
        max_levels = min(max(n_rows // 50, 30), 128)
    if n_bins is None:
        n_bins = min(max(n_rows // 75, 20), 100)
    return RecordEncoder(max_levels=max_levels, n_bins=n_bins)
