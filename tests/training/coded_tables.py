"""Tables of codes in files, and the same tables in memory."""

from contextlib import contextmanager

import numpy as np
import torch

from fairsample.training.code_file import CodeFile
from fairsample.training.coded_records import CodedRecords

N_GROUPS, N_CLASSES = 3, 2


def table(n_rows, seed=0):
    """Groups and classes of very different sizes, and the number of the row."""
    rng = np.random.RandomState(seed)
    group = rng.choice(N_GROUPS, n_rows, p=[0.7, 0.25, 0.05])
    label = (rng.rand(n_rows) < 0.2).astype(int)
    return torch.as_tensor(np.column_stack([group, label, np.arange(n_rows)]))


class CountedFile(CodeFile):
    """A code file that knows the most rows that were read at once."""

    most_read = 0

    def read(self, start, stop):
        """Read, and remember how much."""
        self.most_read = max(self.most_read, stop - start)
        return super().read(start, stop)


@contextmanager
def coded(columns, buffer_rows, n_workers=0):
    """Give the rows as `CodedRecords`, inside a block."""
    codes = CountedFile([N_GROUPS, N_CLASSES, len(columns)])
    codes.append(columns.numpy())
    try:
        yield CodedRecords(codes, buffer_rows, n_workers)
    finally:
        codes.close()


def numbers(batches):
    """Give the row numbers of each batch, as a list of lists."""
    return [batch.columns[:, 2].tolist() for batch, _ in batches]
