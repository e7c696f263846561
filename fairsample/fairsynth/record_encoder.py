"""From a frame, its groups and outcomes to `Records`, and back to a frame."""

import numpy as np
import pandas as pd
import torch

from fairsample.encoding import (
    FlatVisits,
    TableEncoder,
    TableSchema,
    VisitEncoder,
    is_visit_column,
)
from fairsample.fairsynth.generation import END
from fairsample.fairsynth.records import Records

__all__ = ["RecordEncoder", "find_visit_column", "fit_encoder"]


def find_visit_column(frame):
    """Find the column that holds visits.

    Parameters
    ----------
    frame : DataFrame
        The records.

    Returns
    -------
    label or None
        The column's name.

    Raises
    ------
    ValueError
        If there are several.
    """
    visits = [name for name in frame.columns if is_visit_column(frame[name])]
    if len(visits) > 1:
        raise ValueError(
            f"Columns {visits} all hold visits; a record has one history. Merge them: "
            "one visit column, in which a visit lists the codes of all of them."
        )
    return visits[0] if visits else None


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
    levels_of_group_ : ndarray of int of shape (n_groups, n_columns)
        The level of each column in the group's first row.
    is_written_ : ndarray of bool of shape (n_columns,)
        Whether the generator writes the column; the others are the group's.
    visits_ : VisitEncoder or None
        Of the visit column.
    """

    def __init__(self, *, max_levels=128, n_bins=100):
        self.max_levels, self.n_bins = max_levels, n_bins

    def fit(self, frame, group):
        """Learn levels, bins and vocabulary from a frame and its group codes, (n,)."""
        visits = find_visit_column(frame)
        self.names_ = list(frame.columns)
        table = frame.drop(columns=[] if visits is None else [visits])
        self.table_ = None
        levels = np.empty((len(frame), 0), dtype=np.int64)
        if table.shape[1]:
            self.table_ = TableEncoder(max_levels=self.max_levels, n_bins=self.n_bins)
            levels = self.table_.fit(table).transform(table)
        self.levels_of_group_ = levels[np.unique(group, return_index=True)[1]]
        self.is_written_ = (levels != self.levels_of_group_[group]).any(axis=0)
        self.visits_ = None if visits is None else VisitEncoder().fit(frame[visits])
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
        levels = self.levels_of_group_[group]
        levels[:, self.is_written_] = records.columns[:, 2:].numpy()
        frame = pd.DataFrame(index=range(len(levels)))
        if self.table_ is not None:
            frame = self.table_.inverse_transform(levels, random_state)
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
        """Give everything learned as plain JSON types."""
        return {
            "names": self.names_,
            "table": None if self.table_ is None else self.table_.to_json(),
            "levels_of_group": self.levels_of_group_.tolist(),
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
        encoder.levels_of_group_ = np.asarray(
            learned["levels_of_group"], dtype=np.int64
        )
        encoder.is_written_ = np.asarray(learned["is_written"], dtype=bool)
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
        What the user fixed; else a level for every 50 rows (30 to 128) and a bin for
        every 75 (20 to 100).

    Returns
    -------
    RecordEncoder
        Fitted.
    """
    if max_levels is None:
        max_levels = min(max(len(frame) // 50, 30), 128)
    if n_bins is None:
        n_bins = min(max(len(frame) // 75, 20), 100)
    return RecordEncoder(max_levels=max_levels, n_bins=n_bins).fit(frame, group)
