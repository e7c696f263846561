"""Encoded patients as tensors, and batches of them."""

from dataclasses import dataclass

import torch
from torch.utils.data import Dataset

__all__ = ["ColumnBatch", "PatientBatch", "Patients"]


@dataclass
class ColumnBatch:
    """Some patients' static columns.

    Parameters
    ----------
    levels : LongTensor of shape (n, n_categorical)
        Level of each column of categories, numbered over all columns from 1; 0 is a
        level that is not known.
    numbers : FloatTensor of shape (n, n_numeric, 2)
        Each number, scaled, and whether it is missing, scaled likewise.
    """

    levels: torch.Tensor
    numbers: torch.Tensor

    def take(self, rows):
        """Select rows (LongTensor)."""
        return ColumnBatch(self.levels[rows], self.numbers[rows])

    batch = take

    def to(self, device):
        """Move every tensor to a device."""
        return ColumnBatch(self.levels.to(device), self.numbers.to(device))


@dataclass
class PatientBatch:
    """Some patients' inputs and outcomes.

    Parameters
    ----------
    inputs : dict of str to RecordBatch or ColumnBatch
        What each stack reads.
    outcome : LongTensor of shape (n,)
        Class of each patient.
    """

    inputs: dict
    outcome: torch.Tensor

    def __len__(self):
        return len(self.outcome)

    def to(self, device):
        """Move every tensor to a device."""
        inputs = {name: part.to(device) for name, part in self.inputs.items()}
        return PatientBatch(inputs, self.outcome.to(device))


class Patients(Dataset):
    """Patients' inputs and outcomes; any subset becomes a batch without a loop.

    Parameters
    ----------
    inputs : dict of str to Records or ColumnBatch
        What each stack reads.
    outcome : LongTensor of shape (n,)
        Class of each patient.
    """

    def __init__(self, inputs, outcome):
        self.inputs, self.outcome = inputs, outcome

    def __len__(self):
        return len(self.outcome)

    def __getitem__(self, row):
        return self.batch(torch.as_tensor([row]))

    def batch(self, rows):
        """Gather rows (LongTensor of shape (n,)) into a `PatientBatch`."""
        inputs = {name: part.batch(rows) for name, part in self.inputs.items()}
        return PatientBatch(inputs, self.outcome[rows])

    def take(self, rows):
        """Select rows (LongTensor) as new `Patients`."""
        inputs = {name: part.take(rows) for name, part in self.inputs.items()}
        return Patients(inputs, self.outcome[rows])
