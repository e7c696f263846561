"""Records without visits that lie in a file, cut into blocks."""

from math import isqrt
from typing import NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset

from fairsample.training.record_stream import StreamLoader
from fairsample.training.records import RecordBatch
from fairsample.training.seeding import numbered_generator

__all__ = ["CodedRecords", "HeldOut"]

_MOST_BLOCKS_A_BUFFER = 64


class HeldOut(NamedTuple):
    """Which rows of each block are held out.

    Attributes
    ----------
    fraction : float
        Their share.
    first : LongTensor
        Rows of the first block in random order; the held-out ones come first.
    seed : int
        Of the orders of the other blocks.
    """

    fraction: float
    first: torch.Tensor
    seed: int


class CodedRecords(Dataset):
    """What `Records` are, of rows that are read when they are needed.

    Blocks of rows are read in a random order, as many as the buffer holds, and
    shuffled there. A buffer that holds all rows is one block: then rows are held out
    and batched exactly as those of `Records` are.

    Parameters
    ----------
    codes : CodeFile
        Levels of each column, group and outcome first.
    buffer_rows : int
        Rows held at a time.
    n_workers : int, default=0
        Processes that read ahead.
    held_out : HeldOut, default=None
        How rows were held out.
    is_held_out : bool, default=False
        Whether these are the rows that were held out, or the others.

    See Also
    --------
    Records : Rows in memory.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.training.code_file import CodeFile
    >>> codes = CodeFile([2, 2])
    >>> codes.append(np.array([[0, 1], [1, 0], [1, 1]]))
    >>> records = CodedRecords(codes, buffer_rows=10)
    >>> [len(batch) for batch, _ in records.batches(2)]
    [2, 1]
    >>> codes.close()
    """

    def __init__(
        self, codes, buffer_rows, n_workers=0, *, held_out=None, is_held_out=False
    ):
        self.codes, self.buffer_rows, self.n_workers = codes, buffer_rows, n_workers
        self.held_out, self.is_held_out = held_out, is_held_out

    def __len__(self):
        n_rows = len(self.codes)
        if self.held_out is None:
            return n_rows
        n_held_out = int(self.held_out.fraction * n_rows)
        return n_held_out if self.is_held_out else n_rows - n_held_out

    def __getitem__(self, row):
        columns = self.codes.read(row, row + 1)
        return RecordBatch(torch.as_tensor(columns.astype(np.int64)))

    @property
    def block_starts(self):
        """Where blocks begin: ndarray of int of shape (n_blocks,)."""
        block_rows = len(self.codes)
        if block_rows > self.buffer_rows:
            block_rows = self.buffer_rows // self.blocks_a_buffer
        return np.arange(0, len(self.codes), block_rows)

    @property
    def blocks_a_buffer(self):
        """Blocks that are held at a time; no more than a block has rows."""
        return min(_MOST_BLOCKS_A_BUFFER, isqrt(self.buffer_rows))

    def read(self, blocks):
        """Read the rows of some blocks: ndarray of int of shape (n, n_columns)."""
        starts = np.append(self.block_starts, len(self.codes))
        most = int(sum(starts[b + 1] - starts[b] for b in blocks))
        rows = np.empty((most, len(self.codes.block_sizes)), self.codes.dtype)
        n = 0
        for b in blocks:
            own = self._own_rows(b, int(starts[b]), int(starts[b + 1]))
            rows[n : n + len(own)] = own
            n += len(own)
        return rows[:n]

    def _own_rows(self, block, start, stop):
        rows = self.codes.read(start, stop)
        if self.held_out is None:
            return rows
        fraction, order, seed = self.held_out
        if block:
            generator = numbered_generator(seed, block)
            order = torch.randperm(stop - start, generator=generator)
        n_held_out = int(fraction * stop) - int(fraction * start)
        own = order[:n_held_out] if self.is_held_out else order[n_held_out:]
        return rows[own.sort()[0].numpy()]

    def split(self, fraction):
        """Hold out a random share: the other rows, and those or None."""
        if not int(fraction * len(self)):
            return self, None
        starts = self.block_starts
        first = torch.randperm(int(starts[1]) if len(starts) > 1 else len(self))
        seed = int(torch.randint(2**62, ())) if len(starts) > 1 else 0
        held_out = HeldOut(fraction, first, seed)
        return tuple(
            CodedRecords(
                self.codes,
                self.buffer_rows,
                self.n_workers,
                held_out=held_out,
                is_held_out=is_held_out,
            )
            for is_held_out in (False, True)
        )

    def batches(self, batch_size, *, shuffle=False, balanced=False):
        """Give the rows in batches: `StreamLoader`."""
        return StreamLoader(self, batch_size, shuffle=shuffle, balanced=balanced)
