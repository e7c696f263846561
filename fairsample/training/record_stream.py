"""Batches of records that are read block by block through a shuffle buffer."""

from typing import NamedTuple

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from fairsample.training.records import RecordBatch
from fairsample.training.seeding import numbered_generator

__all__ = ["RecordStream", "StreamLoader"]


class _Epoch(NamedTuple):
    """What is drawn before the first batch: blocks of each buffer, and orders."""

    buffers: list
    first_order: torch.Tensor
    seed: int


class RecordStream(IterableDataset):
    """Read batches of `CodedRecords`, buffer after buffer.

    Each buffer is a number of blocks; its rows are shuffled, drawn or left in their
    order. Batches run on from buffer to buffer. With workers, each reads all blocks
    and gives every so manyth batch, so that the batches are those of one process.

    Parameters
    ----------
    records : CodedRecords
        Where to read from.
    batch_size : int
        Rows a batch; the last one may be smaller.
    shuffle : bool
        Visit blocks in random order and shuffle the rows in the buffer.
    balanced : bool
        Draw rows in the buffer with replacement, so that over all buffers every (group,
        outcome) cell is as frequent as any other.
    """

    def __init__(self, records, batch_size, shuffle, balanced):
        self.records, self.batch_size = records, batch_size
        self.shuffle, self.balanced = shuffle, balanced
        self._cell_rows = self._count_cells() if balanced else None
        self._epoch = None

    def draw_epoch(self):
        """Draw a new order from torch's generator; the first buffer's row by row."""
        n_blocks, seed = len(self.records.block_starts), 0
        order = torch.arange(n_blocks)
        if n_blocks > 1 and (self.shuffle or self.balanced):
            order, seed = torch.randperm(n_blocks), int(torch.randint(2**62, ()))
        buffers = order.split(self.records.blocks_a_buffer)
        buffers = [buffer.tolist() for buffer in buffers]
        first_order = self._order(self.records.read(buffers[0]), 0.0)
        self._epoch = _Epoch(buffers, first_order, seed)

    def __iter__(self):
        worker = get_worker_info()
        number, n_workers = (worker.id, worker.num_workers) if worker else (0, 1)
        for i, codes in enumerate(self._batches()):
            if i % n_workers == number:
                columns = torch.as_tensor(codes.astype(np.int64))
                yield RecordBatch(columns), torch.zeros(len(columns))

    def _batches(self):
        """Cut the rows of all buffers into batches."""
        left = None
        for rows, order in self._buffers():
            at = 0
            while at < len(order):
                wanted = self.batch_size - (0 if left is None else len(left))
                taken = rows[order[at : at + wanted]]
                left = taken if left is None else np.concatenate([left, taken])
                at += wanted
                if len(left) == self.batch_size:
                    yield left
                    left = None
            del rows, order  # before the next buffer is read
        if left is not None:
            yield left

    def _buffers(self):
        """Read each buffer, and draw the order of its rows."""
        buffers, order, seed = self._epoch
        weight_before = 0.0
        for number, blocks in enumerate(buffers):
            rows = self.records.read(blocks)
            if number:
                generator = numbered_generator(seed, number)
                order = self._order(rows, weight_before, generator)
            yield rows, order.numpy()
            if self.balanced:
                weight_before += self._weights(rows).double().sum().item()
            rows = order = None

    def _order(self, rows, weight_before, generator=None):
        """Draw the order in which the rows of a buffer are visited: LongTensor."""
        if self.shuffle:
            return torch.randperm(len(rows), generator=generator)
        if not self.balanced:
            return torch.arange(len(rows))
        weights = self._weights(rows)
        until = weight_before + weights.double().sum().item()
        rows_a_cell = len(self.records) / int(self._cell_rows.count_nonzero())
        share = round(until * rows_a_cell) - round(weight_before * rows_a_cell)
        if not share:
            return torch.empty(0, dtype=torch.long)
        return torch.multinomial(weights, share, True, generator=generator)

    def _weights(self, rows):
        """Weigh rows so that each cell of the table weighs 1 in all: (n,)."""
        return 1.0 / self._cell_rows[self._cells(rows)]

    def _cells(self, rows):
        n_outcomes = self.records.codes.block_sizes[1]
        return rows[:, 0].astype(np.int64) * n_outcomes + rows[:, 1]

    def _count_cells(self):
        n_groups, n_outcomes = self.records.codes.block_sizes[:2]
        counts = np.zeros(n_groups * n_outcomes, dtype=np.int64)
        for block in range(len(self.records.block_starts)):
            cells = self._cells(self.records.read([block]))
            counts += np.bincount(cells, minlength=len(counts))
        return torch.as_tensor(counts)


class StreamLoader:
    """Batches of `CodedRecords`, in a new order for each pass.

    Parameters
    ----------
    records : CodedRecords
        Where to read from.
    batch_size : int
        Rows a batch; the last one may be smaller.
    shuffle, balanced : bool, default=False
        See `RecordStream`.

    See Also
    --------
    RecordLoader : Batches of rows in memory.
    """

    def __init__(self, records, batch_size, *, shuffle=False, balanced=False):
        self.stream = RecordStream(records, batch_size, shuffle, balanced)

    def __len__(self):
        return -(-len(self.stream.records) // self.stream.batch_size)

    def __iter__(self):
        n_workers = self.stream.records.n_workers
        self.stream.draw_epoch()
        return iter(
            DataLoader(
                self.stream,
                batch_size=None,
                num_workers=n_workers,
                # Forked processes know the file without a name, and the order.
                multiprocessing_context="fork" if n_workers else None,
                generator=torch.Generator(),  # leaves torch's own alone
            )
        )
