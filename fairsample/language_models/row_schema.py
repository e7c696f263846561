"""Rows of a table <-> JSON objects, and the strict JSON schema that they follow."""

import numpy as np
import pandas as pd

from fairsample.encoding import TableSchema
from fairsample.language_models.json_cells import JsonColumn, RejectedRow

__all__ = ["OTHER_FIELDS", "RowSchema"]

OTHER_FIELDS = "other fields than asked for"

_MOST_IN_AN_ENUM = 250
_MOST_IN_ALL_ENUMS = 1000


class RowSchema:
    """What rows are as JSON objects, and how such objects become rows again.

    Columns in which there is nothing to choose (one value, or none) and identifiers,
    whose values belong to persons, are left to `draw`: they are in no JSON object, and
    so never leave the machine.

    Parameters
    ----------
    rows : DataFrame of shape (n, n_columns)
        Real rows.

    Attributes
    ----------
    columns : dict of scalar to ColumnSchema
        All columns, by name.
    written : dict of scalar to JsonColumn
        Those that are written as JSON, in order.
    number_field : str
        The field that numbers the rows of an answer; no column is called so.

    Raises
    ------
    ValueError
        If a cell is nested, infinite or of a type that cannot be stored.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.language_models.row_schema import RowSchema
    >>> schema = RowSchema(pd.DataFrame({"sex": ["F", "M"], "age": [31, 52]}))
    >>> schema.json_objects(pd.DataFrame({"sex": ["M"], "age": [40]}))
    [{'sex': 'M', 'age': 40}]
    >>> schema.answer_schema(["age"], numbered=False)["properties"]["rows"]["items"]
    {'type': 'object', 'properties': {'age': {'type': 'integer'}},
     'required': ['age'], 'additionalProperties': False}
    """

    def __init__(self, rows):
        self.columns = {
            column.name: column for column in TableSchema.from_frame(rows).columns
        }
        self._pool = {name: rows[name].array for name in rows.columns}
        self.written = {}
        taken = set()
        for name, column in self.columns.items():
            if column.is_constant or column.is_identifier:
                continue
            called = str(name)
            while called in taken:
                called += "_"
            taken.add(called)
            self.written[name] = JsonColumn(column, called)
        self.number_field = "row"
        while self.number_field in taken:
            self.number_field = f"_{self.number_field}"

    def asked(self, names):
        """Keep the columns that are written as JSON.

        Parameters
        ----------
        names : list
            Columns.

        Returns
        -------
        list
        """
        return [name for name in names if name in self.written]

    def field_names(self, names):
        """Give the JSON names of columns.

        Parameters
        ----------
        names : list
            Columns that are written as JSON.

        Returns
        -------
        list of str
        """
        return [self.written[name].name for name in names]

    def answer_schema(self, names, *, numbered):
        """Give the schema of an answer: an object with an array of rows.

        Every field is required and no other allowed; categories are enums as long as
        these are short enough for all servers. Ranges are not in the schema, since few
        servers enforce them.

        Parameters
        ----------
        names : list
            The columns of a row.
        numbered : bool
            Whether each row has its number.

        Returns
        -------
        dict
            Plain JSON types.
        """
        columns = [self.written[name] for name in names]
        fields = {self.number_field: {"type": "integer"}} if numbered else {}
        short = _short_enums(columns)
        fields |= {c.name: c.value_schema(as_enum=c.name in short) for c in columns}
        return _strict_object(
            {"rows": {"type": "array", "items": _strict_object(fields)}}
        )

    def answer_form(self, names, *, numbered):
        """Show an answer with one row, the type of each field in its place.

        Parameters
        ----------
        names : list
            The columns of a row.
        numbered : bool
            Whether each row has its number.

        Returns
        -------
        dict
            Plain JSON types.
        """
        row = {self.number_field: "integer"} if numbered else {}
        for name in names:
            types = self.written[name].value_schema(as_enum=False)["type"]
            types = [types] if isinstance(types, str) else types
            row[self.written[name].name] = " or ".join(types)
        return {"rows": [row]}

    def json_objects(self, frame):
        """Write rows as JSON objects, without the columns that never are.

        Parameters
        ----------
        frame : DataFrame of shape (n, n_some_columns)
            Rows, or the first columns of rows.

        Returns
        -------
        list of dict

        Raises
        ------
        ValueError
            If a cell is no value of its column.
        """
        names = self.asked(frame.columns)
        cells = [self.written[name].write(frame[name]) for name in names]
        fields = self.field_names(names)
        if not cells:
            return [{} for _ in range(len(frame))]
        return [dict(zip(fields, row, strict=True)) for row in zip(*cells, strict=True)]

    def read_row(self, written, names):
        """Read one row of an answer.

        Parameters
        ----------
        written : dict
            A JSON object.
        names : list
            The columns that it ought to have.

        Returns
        -------
        list
            The cells, as `JsonColumn.read` gives them.

        Raises
        ------
        RejectedRow
            If it is no such row.
        """
        fields = self.field_names(names)
        if not isinstance(written, dict) or set(written) != set(fields):
            raise RejectedRow(OTHER_FIELDS)
        return [
            self.written[name].read(written[field])
            for name, field in zip(names, fields, strict=True)
        ]

    def frame(self, cells, names):
        """Make rows of the table of cells that were read.

        Parameters
        ----------
        cells : list of list
            Rows of cells.
        names : list
            Their columns.

        Returns
        -------
        DataFrame of shape (len(cells), len(names))
            The dtypes of the real rows, and a RangeIndex.
        """
        arrays = {
            name: self.written[name].join([row[j] for row in cells])
            for j, name in enumerate(names)
        }
        return self.assemble(arrays, len(cells))

    def assemble(self, arrays, n):
        """Put arrays of columns side by side, each with its dtype.

        Parameters
        ----------
        arrays : dict of scalar to array of shape (n,)
            The columns.
        n : int
            Rows.

        Returns
        -------
        DataFrame of shape (n, len(arrays))
        """
        # A Series of the dtype: a frame would turn objects that are dates to dates.
        columns = {
            j: pd.Series(array, dtype=self.columns[name].dtype)
            for j, (name, array) in enumerate(arrays.items())
        }
        frame = pd.DataFrame(columns, index=pd.RangeIndex(n))
        frame.columns = pd.Index(list(arrays), tupleize_cols=False)
        return frame

    def draw(self, name, n, stream):
        """Draw cells of a column that is not written from the real rows.

        Parameters
        ----------
        name : scalar
            The column.
        n : int
            Cells.
        stream : RandomState
            What draws.

        Returns
        -------
        numpy.ndarray or pandas.api.extensions.ExtensionArray of shape (n,)
        """
        pool = self._pool[name]
        return pool.take(stream.randint(len(pool), size=n))


def _strict_object(fields):
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def _short_enums(columns):
    """Name the columns whose categories fit into a schema, the shortest lists first."""
    with_labels = [column for column in columns if column.labels is not None]
    with_labels.sort(key=lambda column: len(column.labels))
    totals = np.cumsum([len(column.labels) for column in with_labels])
    return {
        column.name
        for column, total in zip(with_labels, totals, strict=True)
        if len(column.labels) <= _MOST_IN_AN_ENUM and total <= _MOST_IN_ALL_ENUMS
    }
