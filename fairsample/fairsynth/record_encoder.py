"""From a frame, its groups and outcomes to `Records`, and back to a frame."""

import numpy as np
import pandas as pd
import torch

from fairsample.encoding import (
    FlatVisits,
    TableEncoder,
    VisitEncoder,
    is_visit_column,
)
from fairsample.fairsynth.generation import END
from fairsample.fairsynth.records import Records

__all__ = ["RecordEncoder", "find_visit_column"]


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

    Sensitive columns are left out: the group says what stands in them.

    Parameters
    ----------
    max_levels, n_bins : int
        See :class:`~fairsample.encoding.TableEncoder`.

    Attributes
    ----------
    names_ : list
        All columns of the frame but the sensitive ones, in its order.
    table_ : TableEncoder
        Of the columns without the visits.
    visits_ : VisitEncoder or None
        Of the visit column.
    """

    def __init__(self, *, max_levels=128, n_bins=100):
        self.max_levels, self.n_bins = max_levels, n_bins

    def fit(self, frame):
        """Learn levels, bins and vocabulary from a frame."""
        visits = find_visit_column(frame)
        self.names_ = list(frame.columns)
        self.table_ = TableEncoder(max_levels=self.max_levels, n_bins=self.n_bins)
        self.table_.fit(frame.drop(columns=[] if visits is None else [visits]))
        self.visits_ = None if visits is None else VisitEncoder().fit(frame[visits])
        return self

    def encode(self, frame, group, outcome):
        """Encode rows: a frame and the codes of group and outcome, (n,) each."""
        table = self.table_.transform(frame[self.table_.columns_])
        columns = torch.as_tensor(np.column_stack([group, outcome, table]).astype(int))
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

    def decode(self, records, random_state):
        """Decode `Records` to a frame of the fitted columns and dtypes."""
        columns = records.columns[:, 2:].numpy()
        frame = self.table_.inverse_transform(columns, random_state)
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

    def module_sizes(self):
        """Give the arguments of `Halo` that the data decide."""
        sizes = {"block_sizes": list(self.table_.block_sizes_)}
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
            "table": self.table_.to_json(),
            "visits": None if self.visits_ is None else self.visits_.to_json(),
        }

    @classmethod
    def from_json(cls, learned):
        """Rebuild an encoder from `to_json`."""
        encoder = cls()
        encoder.names_ = learned["names"]
        encoder.table_ = TableEncoder.from_json(learned["table"])
        visits = learned["visits"]
        encoder.visits_ = None if visits is None else VisitEncoder.from_json(visits)
        return encoder
