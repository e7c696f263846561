"""The distinct rows of a few columns of a table that is read piece by piece."""

import numpy as np
import pandas as pd

from fairsample.messages import quote

__all__ = ["DistinctRows"]


class DistinctRows:
    """Number rows by what stands in them, in order of appearance.

    Parameters
    ----------
    names : sequence of str
        The columns.
    most : int, default=10_000
        Most distinct rows.

    Attributes
    ----------
    rows : DataFrame of shape (n_distinct, n_names) or None
        Each distinct row once; categories as plain objects.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.on_disk.distinct_rows import DistinctRows
    >>> sexes = DistinctRows(["sex"])
    >>> sexes.number(pd.DataFrame({"sex": ["M", "F", "M"]}))
    array([0, 1, 0])
    >>> sexes.number(pd.DataFrame({"sex": ["X", "F"]}))
    array([2, 1])
    """

    def __init__(self, names, most=10_000):
        self.names, self.most, self.rows = list(names), most, None

    def __len__(self):
        """Count the distinct rows."""
        return 0 if self.rows is None else len(self.rows)

    def number(self, piece):
        """Give each row of a piece its number: ndarray of int of shape (n,).

        Raises
        ------
        ValueError
            If there are too many distinct rows by now.
        """
        table = _without_categories(piece[self.names])
        joined = table
        if self.rows is not None:
            joined = pd.concat([self.rows, table], ignore_index=True)
        alike = joined.groupby(self.names, sort=False, dropna=False)
        numbers = alike.ngroup().to_numpy()
        first = np.unique(numbers, return_index=True)[1]
        if len(first) > self.most:
            raise ValueError(
                f"Columns {quote(self.names)} hold more than {self.most:,} different "
                "values, too many for groups or classes. Bin them, or choose others."
            )
        known = len(self)
        self.rows = joined.iloc[first].reset_index(drop=True)
        return numbers[known:]


def _without_categories(table):
    of_categories = table.dtypes.map(
        lambda dtype: isinstance(dtype, pd.CategoricalDtype)
    )
    return table.astype(dict.fromkeys(table.columns[of_categories], object))
