"""Rows to learn from that lie on disk."""

import numpy as np

from fairsample.groups import is_fixed_by

__all__ = ["DiskRows"]


class DiskRows:
    """Rows of a table on disk with their cells, as a generator takes them.

    Parameters
    ----------
    scan : TableScan
        The first pass over the table.
    groups : Groups
        The group of each combination of the scan.
    label : ndarray of int of shape (n_targets,)
        The class of each distinct target of the scan.
    progress : callable
        Wraps the iterator over pieces in the second pass.

    Attributes
    ----------
    n_rows : int
        How many there are.
    counts : ndarray of int of shape (n_groups, n_classes)
        Rows of each cell.

    See Also
    --------
    TableOnDisk : Where they come from, and how many are held at a time.
    """

    def __init__(self, scan, groups, label, progress):
        self.scan, self.groups, self.label = scan, groups, label
        self.progress, self.n_rows = progress, scan.n_rows
        self.counts = np.zeros((len(groups), label.max() + 1), dtype=np.int64)
        np.add.at(self.counts, np.ix_(groups.codes, label), scan.counts)
        self._codes = None

    def fit(self, encoder):
        """Fit a `RecordEncoder` to the rows: the same one."""
        examples, codes = self.scan.examples, self.groups.codes
        fixed = self.scan.fixed & [
            is_fixed_by(codes, examples[name]) for name in examples
        ]
        rows_of_group = examples.iloc[self.groups.first_rows()].loc[:, fixed]
        rows_of_group = rows_of_group.set_axis(np.arange(len(self.groups)))
        return encoder.fit_summary(self.scan.summary, fixed, rows_of_group)

    def encode(self, encoder, small_cells, seed):
        """Encode the rows into a scratch file, the first time: CodedRecords.

        Parameters
        ----------
        encoder : RecordEncoder
            Fitted to them.
        small_cells : SmallCells
            Cells whose group becomes "any".
        seed : int
            Of the other rows that become "any", too.
        """
        # Here, since torch takes a second to import.
        from fairsample.training.code_file import CodeFile
        from fairsample.training.coded_records import CodedRecords

        table = self.scan.table
        if self._codes is None:
            sizes = [small_cells.n_group_levels, self.counts.shape[1]]
            sizes += encoder.module_sizes()["block_sizes"]
            self._codes = CodeFile(sizes, table.scratch_folder)
            stream = np.random.RandomState(seed)
            for frame, combination, target in self.progress(self.scan.pieces()):
                label, group = self.label[target], self.groups.codes[combination]
                group = small_cells.pool_for_training(group, label, stream)
                records = encoder.encode(frame, group, label)
                self._codes.append(records.columns.numpy())
        return CodedRecords(self._codes, table.buffer_rows, table.n_workers)

    def close(self):
        """Give the disk space back."""
        if self._codes is not None:
            self._codes.close()
