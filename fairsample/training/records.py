"""Encoded records as tensors, and batches of them."""

from dataclasses import dataclass, fields, replace

import torch
from torch.utils.data import Dataset

__all__ = ["RecordBatch", "RecordLoader", "Records", "RowDataset"]


@dataclass
class RecordBatch:
    """Some patients' columns and, where there are any, their visits.

    Parameters
    ----------
    columns : LongTensor of shape (n, n_columns)
        Level of each column; column 0 is the group, column 1 the outcome.
    codes : LongTensor of shape (n_present,) or None
        Codes of all visits, visit after visit; END closes each last visit.
    visit_starts : LongTensor of shape (n_visits,) or None
        Where each visit's codes begin.
    patient, visit_number : LongTensor of shape (n_visits,) or None
        Whose visit it is (row of `columns`) and its place in the history.
    """

    columns: torch.Tensor
    codes: torch.Tensor | None = None
    visit_starts: torch.Tensor | None = None
    patient: torch.Tensor | None = None
    visit_number: torch.Tensor | None = None

    def __len__(self):
        return len(self.columns)

    @property
    def has_visits(self):
        """Whether the patients have visits."""
        return self.codes is not None

    @property
    def visit_of_code(self):
        """The visit that each present code belongs to: (n_present,)."""
        ends = torch.cat(
            [self.visit_starts[1:], self.codes.new_tensor([len(self.codes)])]
        )
        visits = torch.arange(len(ends), device=ends.device)
        return visits.repeat_interleave(ends - self.visit_starts)

    def tensors(self):
        """Give the tensors that are there: list."""
        return [tensor for tensor in vars(self).values() if tensor is not None]

    def to(self, device):
        """Move every tensor to a device."""
        tensors = {f.name: getattr(self, f.name) for f in fields(self)}
        return RecordBatch(
            **{k: None if v is None else v.to(device) for k, v in tensors.items()}
        )

    def every(self, first, step):
        """Take each so manyth record, beginning with the `first`."""
        taken = torch.arange(len(self), device=self.columns.device) % step == first
        if not self.has_visits:
            return RecordBatch(self.columns[taken])
        visits = taken[self.patient]
        n_codes = torch.bincount(self.visit_of_code, minlength=len(visits))[visits]
        return RecordBatch(
            self.columns[taken],
            self.codes[visits[self.visit_of_code]],
            n_codes.cumsum(0) - n_codes,
            (taken.cumsum(0) - 1)[self.patient[visits]],
            self.visit_number[visits],
        )

    def repeated(self, times):
        """Give the records that many times over, one after the other."""
        columns = self.columns.repeat(times, 1)
        if not self.has_visits:
            return RecordBatch(columns)
        round_ = torch.arange(times, device=columns.device)[:, None]
        starts = self.visit_starts + round_ * len(self.codes)
        patient = self.patient + round_ * len(self.columns)
        return RecordBatch(
            columns,
            self.codes.repeat(times),
            starts.flatten(),
            patient.flatten(),
            self.visit_number.repeat(times),
        )

    def under(self, group, outcome):
        """Give the same records under another group and outcome, (n,) each."""
        columns = self.columns.clone()
        columns[:, 0], columns[:, 1] = group, outcome
        return replace(self, columns=columns)


class RowDataset(Dataset):
    """Rows in memory that are split and batched by number.

    A class of them has ``take(rows)``, if it is to be split, and ``batch(rows)``.
    """

    def split(self, fraction):
        """Hold out a random share: the other rows, and those or None."""
        n_held_out = int(fraction * len(self))
        if not n_held_out:
            return self, None
        order = torch.randperm(len(self))
        return (
            self.take(order[n_held_out:].sort()[0]),
            self.take(order[:n_held_out].sort()[0]),
        )

    def batches(self, batch_size, *, shuffle=False, balanced=False):
        """Give the rows in batches: `RecordLoader`."""
        return RecordLoader(self, batch_size, shuffle=shuffle, balanced=balanced)


class Records(RowDataset):
    """Patients as flat tensors; any subset becomes a batch without a loop.

    Parameters
    ----------
    columns : LongTensor of shape (n, n_columns)
        Level of each column, group and outcome first.
    codes, visit_ptr, patient_ptr : LongTensor, default=None
        Present codes, and the borders of visits in codes and of patients in visits.
    """

    def __init__(self, columns, codes=None, visit_ptr=None, patient_ptr=None):
        self.columns = columns
        self.codes, self.visit_ptr, self.patient_ptr = codes, visit_ptr, patient_ptr

    def __len__(self):
        return len(self.columns)

    def __getitem__(self, row):
        return self.batch(torch.as_tensor([row]))

    def batch(self, rows):
        """Gather rows (LongTensor of shape (n,)) into a `RecordBatch`."""
        if self.codes is None:
            return RecordBatch(self.columns[rows])
        visits, patient, visit_number = _gather_ranges(self.patient_ptr, rows)
        places, _, place_in_visit = _gather_ranges(self.visit_ptr, visits)
        n_codes = self.visit_ptr[visits + 1] - self.visit_ptr[visits]
        return RecordBatch(
            self.columns[rows],
            self.codes[places],
            n_codes.cumsum(0) - n_codes,
            patient,
            visit_number,
        )

    def take(self, rows):
        """Select rows (LongTensor) as new `Records`."""
        if self.codes is None:
            return Records(self.columns[rows])
        batch = self.batch(rows)
        visit_ptr = torch.cat([batch.visit_starts, torch.tensor([len(batch.codes)])])
        n_visits = (self.patient_ptr[1:] - self.patient_ptr[:-1])[rows]
        patient_ptr = torch.cat([torch.zeros(1, dtype=torch.long), n_visits.cumsum(0)])
        return Records(batch.columns, batch.codes, visit_ptr, patient_ptr)

    def arrays(self):
        """Give the tensors that the records were made of, as numpy arrays."""
        tensors = self.columns, self.codes, self.visit_ptr, self.patient_ptr
        return tuple(None if t is None else t.numpy() for t in tensors)

    @property
    def cell(self):
        """The (group, outcome) cell of each row, as one number: (n,)."""
        group, outcome = self.columns[:, 0], self.columns[:, 1]
        return group * (int(outcome.max()) + 1) + outcome


class RecordLoader:
    """Batches of records in a shuffled or in their own order.

    Parameters
    ----------
    records : Records
        Where to read from.
    batch_size : int
        Rows a batch; the last one may be smaller.
    shuffle : bool, default=False
        Draw a new order (from torch's generator) for each pass.
    balanced : bool, default=False
        Draw with replacement so that every (group, outcome) cell is as frequent
        as any other; one pass draws as many rows as there are.
    """

    def __init__(self, records, batch_size, *, shuffle=False, balanced=False):
        self.records, self.batch_size = records, batch_size
        self.shuffle, self.balanced = shuffle, balanced

    def __len__(self):
        return -(-len(self.records) // self.batch_size)

    def order(self):
        """Draw the order in which rows are visited: LongTensor of shape (n,)."""
        n = len(self.records)
        if self.balanced:
            _, cell, counts = self.records.cell.unique(
                return_inverse=True, return_counts=True
            )
            return torch.multinomial(1.0 / counts[cell], n, replacement=True)
        return torch.randperm(n) if self.shuffle else torch.arange(n)

    def __iter__(self):
        for rows in self.order().split(self.batch_size):
            yield self.records.batch(rows), torch.zeros(len(rows))


def _gather_ranges(ptr, rows):
    """Elements of the ranges ptr[r]:ptr[r + 1], whose they are, place in range."""
    lengths = ptr[rows + 1] - ptr[rows]
    owner = torch.arange(len(rows)).repeat_interleave(lengths)
    place = torch.arange(len(owner)) - (lengths.cumsum(0) - lengths)[owner]
    return ptr[rows][owner] + place, owner, place
