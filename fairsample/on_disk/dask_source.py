"""A table in the partitions of a Dask DataFrame."""

import pandas as pd

__all__ = ["DaskSource"]


class DaskSource:
    """Read a Dask DataFrame partition by partition.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        Its partitions have to fit into memory, one at a time.
    """

    def __init__(self, frame):
        self.frame, self.names = frame, frame.columns

    def n_rows(self):
        """Count the rows; the partitions are computed for it."""
        return len(self.frame)

    def pieces(self, names, most_rows):
        """Read all rows in their order.

        Parameters
        ----------
        names : sequence of str
            Columns to read.
        most_rows : int
            Rows of a piece at most.

        Yields
        ------
        piece : DataFrame of shape (n, n_names)
            With a fresh index.

        Raises
        ------
        ValueError
            If a partition has other dtypes than the frame declares.
        """
        partitions = self.frame[list(names)].partitions
        for number in range(self.frame.npartitions):
            part = partitions[number].compute()
            self._check_dtypes(part, number)
            for start in range(0, len(part), most_rows):
                piece = part.iloc[start : start + most_rows]
                yield piece.set_axis(pd.RangeIndex(len(piece)))

    def _check_dtypes(self, part, number):
        for name, declared in self.frame.dtypes[part.columns].items():
            found = part[name].dtype
            if found != declared and not isinstance(declared, pd.CategoricalDtype):
                raise ValueError(
                    f"Column {name!r} is {found} in partition {number} and declared as "
                    f"{declared}. Convert it with astype before it is fitted."
                )

    def dtypes(self, names, with_missing):
        """Tell the declared dtypes of columns, missing values or not."""
        return {name: self.frame.dtypes[name] for name in names}
