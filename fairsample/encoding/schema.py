"""What the columns of a DataFrame are, and the way between them and plain arrays."""

import dataclasses
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from fairsample.encoding.category_cells import (
    cells_to_array,
    factorize_cells,
    find_cells,
)
from fairsample.encoding.column_summary import ColumnSummary
from fairsample.encoding.dtypes import (
    column_kind,
    dense_dtype,
    is_object_dtype,
    missing_marker,
)
from fairsample.encoding.json_types import (
    dtype_from_json,
    dtype_to_json,
    scalar_from_json,
    scalar_to_json,
)
from fairsample.encoding.number_cells import numbers_to_array, split_numbers
from fairsample.encoding.table_summary import TableSummary

__all__ = ["ColumnSchema", "TableSchema"]

_FEWEST_IDENTIFIERS = 50


@dataclass(frozen=True)
class ColumnSchema:
    """What one column is: enough to rebuild it, dtype and missing marker included.

    Parameters
    ----------
    name : scalar or tuple
        Column name.
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        Dtype of the column.
    kind : {"numeric", "datetime", "timedelta", "boolean", "categorical"}
        How its values are to be read. A category dtype and cells of mixed types are
        categorical.
    categories : tuple or None
        The values that occur, for the boolean and categorical kinds: in the order of
        a category dtype, else sorted.
    ordered : bool
        Whether the values are in a meaningful order.
    decimals : int or None
        Decimals of a numeric column; None for more than six, and for other kinds.
    has_missing : bool
        Whether values are missing.
    missing_marker : scalar
        What stands for a missing value: NaN, None, NA or NaT; the most frequent if an
        object column has several.
    minimum, maximum : scalar or None
        Range of a numeric, datetime or timedelta column that is not all missing.
    wall_clock : bool
        Whether the values of a zoned datetime column are whole days of local time.
    is_identifier : bool
        Whether the column has more than 50 unordered categories, each occurring once.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding import ColumnSchema
    >>> column = ColumnSchema.from_series(pd.Series(["b", None, "a"], name="letter"))
    >>> column.kind, column.categories, column.has_missing
    ('categorical', ('a', 'b'), True)
    """

    name: object
    dtype: object
    kind: str
    categories: tuple | None = None
    ordered: bool = False
    decimals: int | None = None
    has_missing: bool = False
    missing_marker: object = field(default=np.nan, compare=False)
    minimum: object = None
    maximum: object = None
    wall_clock: bool = False
    is_identifier: bool = False

    @classmethod
    def from_series(cls, series):
        """Read the schema of a column.

        Parameters
        ----------
        series : pandas.Series of shape (n,)
            A column.

        Returns
        -------
        ColumnSchema

        Raises
        ------
        ValueError
            If a cell is nested, infinite, or of a type that cannot be stored.
        """
        return cls.from_summary(ColumnSummary.of(series))

    @classmethod
    def from_summary(cls, summary):
        """Read the schema from what was gathered of a column.

        Parameters
        ----------
        summary : ColumnSummary
            Of all its rows.

        Returns
        -------
        ColumnSchema
        """
        dtype = summary.dtype
        schema = cls(
            name=summary.name,
            dtype=dtype,
            kind=column_kind(pd.Series(dtype=dtype)),
            ordered=True,
            has_missing=summary.n_missing > 0,
            missing_marker=missing_marker(dtype, summary.missing_types),
        )
        if schema.kind in ("boolean", "categorical"):
            return schema._with_categories(summary)
        return schema._with_range(summary.numbers())

    def _with_categories(self, summary):
        cells, _ = summary.cells()
        kind = self.kind
        if is_object_dtype(dense_dtype(self.dtype)):
            kind = column_kind(pd.Series(cells, dtype=object))
        ordered = kind == "boolean" or bool(getattr(self.dtype, "ordered", False))
        n_present = summary.n_rows - summary.n_missing
        return dataclasses.replace(
            self,
            kind=kind,
            categories=tuple(cells),
            ordered=ordered,
            is_identifier=not ordered and len(cells) == n_present > _FEWEST_IDENTIFIERS,
        )

    def _with_range(self, levels):
        if levels is None:
            return self
        schema = dataclasses.replace(self, wall_clock=levels.wall_clock)
        ends = levels.values[[0, -1]]
        low, high = pd.Series(schema.join(ends, np.zeros(2, dtype=bool)))
        lattice = levels.lattice
        decimals = (
            lattice.decimals if schema.kind == "numeric" and lattice.step else None
        )
        return dataclasses.replace(schema, minimum=low, maximum=high, decimals=decimals)

    @property
    def is_all_missing(self):
        """Whether no value occurs."""
        return self.minimum is None and not self.categories

    @property
    def is_constant(self):
        """Whether all cells are alike: one value, or all missing."""
        if self.is_all_missing:
            return True
        one_value = len(self.categories or ()) == 1 or (
            self.categories is None and self.minimum == self.maximum
        )
        return one_value and not self.has_missing

    def split(self, series):
        """Take a column apart into plain values and missing cells.

        Parameters
        ----------
        series : pandas.Series of shape (n,)
            A column like the one the schema was read from.

        Returns
        -------
        values : ndarray of shape (n_present,)
            Numbers; ticks of times; positions in `categories`.
        missing : ndarray of bool of shape (n,)
            Which cells are missing.

        Raises
        ------
        ValueError
            If a value is no number or no known category.
        """
        if self.categories is None:
            return split_numbers(series, self.dtype, self.wall_clock)
        codes, cells = factorize_cells(series)
        missing = codes < 0
        values = find_cells(cells, self.categories)[codes[~missing]]
        if len(values) and values.min() < 0:
            unseen = cells[codes[~missing][np.argmin(values)]]
            raise ValueError(
                f"Column {self.name!r} holds {unseen!r}, a category that did not occur "
                "in the fitted frame. Fit on a frame with it, or replace it."
            )
        return values, missing

    def join(self, values, missing):
        """Put plain values and missing cells back into an array of the column's dtype.

        Parameters
        ----------
        values : ndarray of shape (n_present,)
            Numbers; ticks of times; positions in `categories`.
        missing : ndarray of bool of shape (n,)
            Which cells are missing.

        Returns
        -------
        numpy.ndarray or pandas.api.extensions.ExtensionArray of shape (n,)
        """
        if self.categories is None:
            return numbers_to_array(values, missing, self.dtype, self.wall_clock)
        codes = np.full(len(missing), -1)
        codes[~missing] = values
        return cells_to_array(codes, self.categories, self.dtype, self.missing_marker)

    def to_json(self):
        """Write the schema as plain JSON types.

        Returns
        -------
        dict
        """
        scalars = ("name", "missing_marker", "minimum", "maximum")
        stored = {
            entry.name: getattr(self, entry.name) for entry in dataclasses.fields(self)
        }
        stored |= {name: scalar_to_json(stored[name]) for name in scalars}
        stored["dtype"] = dtype_to_json(self.dtype)
        if self.categories is not None:
            stored["categories"] = [scalar_to_json(cell) for cell in self.categories]
        return stored

    @classmethod
    def from_json(cls, stored):
        """Read what `to_json` wrote.

        Parameters
        ----------
        stored : dict
            Plain JSON types.

        Returns
        -------
        ColumnSchema
        """
        scalars = ("name", "missing_marker", "minimum", "maximum")
        read = stored | {name: scalar_from_json(stored[name]) for name in scalars}
        read["dtype"] = dtype_from_json(stored["dtype"])
        if stored["categories"] is not None:
            cells = [scalar_from_json(cell) for cell in stored["categories"]]
            read["categories"] = tuple(cells)
        return cls(**read)


@dataclass(frozen=True)
class TableSchema:
    """What the columns of a frame are.

    Parameters
    ----------
    columns : tuple of ColumnSchema
        The columns in their order.
    names : pandas.Index
        Their names, as the frame had them.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding import TableSchema
    >>> frame = pd.DataFrame({"age": [30, 40], "sex": ["F", "M"]})
    >>> schema = TableSchema.from_frame(frame)
    >>> [(column.name, column.kind) for column in schema.columns]
    [('age', 'numeric'), ('sex', 'categorical')]
    >>> TableSchema.from_json(schema.to_json()) == schema
    True
    """

    columns: tuple
    names: pd.Index = field(compare=False)

    @classmethod
    def from_frame(cls, frame):
        """Read the schema of a frame.

        Parameters
        ----------
        frame : pandas.DataFrame of shape (n, n_columns)
            At least one row and one column, no two columns of one name.

        Returns
        -------
        TableSchema

        Raises
        ------
        ValueError
            If there is no row, no column, a duplicated column name, or a cell that is
            no value of a table.
        """
        return cls.from_summary(TableSummary.of(frame))

    @classmethod
    def from_summary(cls, summary):
        """Read the schema from what was gathered of a table.

        Parameters
        ----------
        summary : TableSummary
            Of all its rows.

        Returns
        -------
        TableSchema
        """
        columns = [ColumnSchema.from_summary(column) for column in summary.columns]
        return cls(tuple(columns), summary.names)

    def to_json(self):
        """Write the schema as plain JSON types.

        Returns
        -------
        dict
        """
        return {
            "columns": [column.to_json() for column in self.columns],
            "names_dtype": dtype_to_json(self.names.dtype),
            "names_name": [scalar_to_json(name) for name in self.names.names],
        }

    @classmethod
    def from_json(cls, stored):
        """Read what `to_json` wrote.

        Parameters
        ----------
        stored : dict
            Plain JSON types.

        Returns
        -------
        TableSchema
        """
        columns = tuple(ColumnSchema.from_json(column) for column in stored["columns"])
        titles = [scalar_from_json(name) for name in stored["names_name"]]
        values = [column.name for column in columns]
        if len(titles) > 1:
            return cls(columns, pd.MultiIndex.from_tuples(values, names=titles))
        dtype = dtype_from_json(stored["names_dtype"])
        return cls(columns, pd.Index(values, dtype=dtype, name=titles[0]))
