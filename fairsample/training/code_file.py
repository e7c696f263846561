"""Codes of more rows than memory holds, in a scratch file."""

import tempfile

import numpy as np

__all__ = ["CodeFile"]

_DTYPES = (np.uint8, np.uint16, np.uint32)


class CodeFile:
    """Rows of small integers in a temporary file, memory-mapped where they are read.

    The file has no name: it is gone with the process, however that ends. It takes one,
    two or four bytes a cell, by the largest code. Processes that were forked read it,
    too.

    Parameters
    ----------
    block_sizes : sequence of int
        Number of codes of each column.
    folder : str or path, default=None
        Where the file goes; None asks `tempfile`.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.training.code_file import CodeFile
    >>> codes = CodeFile([2, 300])
    >>> codes.append(np.array([[0, 7], [1, 299]]))
    >>> codes.read(1, 2)
    array([[  1, 299]], dtype=uint16)
    >>> codes.close()
    """

    def __init__(self, block_sizes, folder=None):
        self.block_sizes = list(block_sizes)
        largest = max(self.block_sizes) - 1
        self.dtype = np.dtype(next(d for d in _DTYPES if largest <= np.iinfo(d).max))
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115, see close
        self._n_rows = 0

    def __len__(self):
        return self._n_rows

    def append(self, codes):
        """Write rows, ndarray of int of shape (n, n_columns), below the others."""
        self._file.write(np.ascontiguousarray(codes, dtype=self.dtype).data)
        self._n_rows += len(codes)

    def read(self, start, stop):
        """Read rows from `start` on and before `stop`: ndarray of (n, n_columns)."""
        self._file.flush()
        n_columns = len(self.block_sizes)
        mapped = np.memmap(
            self._file,
            mode="r",
            dtype=self.dtype,
            offset=start * n_columns * self.dtype.itemsize,
            shape=(stop - start, n_columns),
        )
        return np.array(mapped)

    def close(self):
        """Give the disk space back."""
        self._file.close()
