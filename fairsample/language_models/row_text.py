"""Rows of a table <-> lines of text, column after column."""

import json
from dataclasses import dataclass

import pandas as pd

from fairsample.encoding.schema import TableSchema
from fairsample.language_models.cell_text import ColumnText

__all__ = ["RowText"]


@dataclass(frozen=True)
class RowText:
    r"""The text of a row: one JSON object on one line, its keys in a fixed order.

    A line is made of pieces, two for each column: its key, ``{"age":`` or
    `` "sex":``, and its value with what follows it, `` 31,`` or `` "F"}``. Text is cut
    into tokens piece by piece, so that the first columns of a row have the same tokens
    whether or not others follow.

    Parameters
    ----------
    schema : TableSchema
        What the columns are, in the order of writing.
    columns : tuple of ColumnText
        The text of their cells.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.language_models.row_text import RowText
    >>> frame = pd.DataFrame({"age": [31, 52], "sex": ["F", None], "dose": [0.5, 1.25]})
    >>> text = RowText.from_frame(frame)
    >>> print(*text.lines(frame), sep="\n")
    {"age": 31, "sex": "F", "dose": 0.50}
    {"age": 52, "sex": null, "dose": 1.25}
    >>> text.parse(text.lines(frame)).equals(frame)
    True
    """

    schema: TableSchema
    columns: tuple

    @classmethod
    def from_frame(cls, frame, *, max_levels=128):
        """Choose how every column is written.

        Parameters
        ----------
        frame : pandas.DataFrame of shape (n, n_columns)
            Scalar cells; missing values are welcome.
        max_levels : int, default=128
            A column of numbers or times with at most this many distinct ones holds no
            others.

        Returns
        -------
        RowText

        Raises
        ------
        ValueError
            If the frame is empty, has two columns of one name, or a cell that is no
            value of a table.
        """
        schema = TableSchema.from_frame(frame)
        columns = [
            ColumnText.from_series(frame[column.name], column, max_levels)
            for column in schema.columns
        ]
        return cls(schema, tuple(columns))

    @property
    def names(self):
        """Names of the columns: list."""
        return [column.name for column in self.schema.columns]

    def key(self, position):
        """Give the piece before the value of a column."""
        name = self.names[position]
        key = json.dumps(name if isinstance(name, str) else str(name))
        return f"{' ' if position else '{'}{key}:"

    def end(self, position):
        """Give what follows the value of a column: a comma or a brace."""
        return "," if position < len(self.columns) - 1 else "}"

    def value(self, position, text):
        """Give the piece of a value."""
        return f" {text}{self.end(position)}"

    def write(self, frame):
        """Write the cells of a frame.

        Parameters
        ----------
        frame : pandas.DataFrame of shape (n, n_given)
            The first columns, in order.

        Returns
        -------
        texts : list of ndarray of str of shape (n,)
            The text of each column's cells.

        Raises
        ------
        ValueError
            If these are not the first columns, a category was never seen, or values
            are missing in a column where none was missing.
        """
        given = list(frame.columns)
        if given != self.names[: len(given)]:
            raise ValueError(
                f"The columns {given} are not the first ones of {self.names}. Give "
                "columns in causal order, without a gap."
            )
        return [
            column.write(frame.iloc[:, position])
            for position, column in enumerate(self.columns[: len(given)])
        ]

    def lines(self, frame):
        """Write whole rows: list of str, one JSON object each."""
        pieces = [
            [self.key(position) + self.value(position, text) for text in texts]
            for position, texts in enumerate(self.write(frame))
        ]
        return ["".join(row) for row in zip(*pieces, strict=True)]

    def parse(self, lines, random_state=None):
        """Read whole rows.

        Parameters
        ----------
        lines : sequence of str, length n
            JSON objects with the columns' keys in their order.
        random_state : RandomState instance, default=None
            Draws the digits that were not written; None leaves them 0.

        Returns
        -------
        frame : pandas.DataFrame of shape (n, n_columns)
            Columns and dtypes of the frame that was fitted.

        Raises
        ------
        ValueError
            If a line is no such object, or holds a value that cannot occur.
        """
        rows = [self._cells_of(line) for line in lines]
        texts = list(zip(*rows, strict=True)) or [()] * len(self.columns)
        cells = {
            position: column.read(column_texts, random_state)
            for position, (column, column_texts) in enumerate(
                zip(self.columns, texts, strict=True)
            )
        }
        frame = pd.DataFrame(cells, index=pd.RangeIndex(len(rows)))
        frame.columns = self.schema.names
        return frame

    def _cells_of(self, line):
        """Cut a line into the texts of its values."""
        texts, place = [], 0
        for position in range(len(self.columns)):
            key = self.key(position) + " "
            if not line.startswith(key, place):
                raise ValueError(f"{line!r} has no {key.strip()} at character {place}.")
            start = place + len(key)
            try:
                _, place = _DECODER.raw_decode(line, start)
            except json.JSONDecodeError as error:
                raise ValueError(f"{line!r} is no row: {error}.") from None
            texts.append(line[start:place])
            if not line.startswith(self.end(position), place):
                raise ValueError(f"{line!r} has no {self.end(position)} at {place}.")
            place += 1
        if line[place:].strip():
            raise ValueError(f"{line!r} goes on after its last column.")
        return texts

    def to_json(self):
        """Write how rows are written as plain JSON types: dict."""
        return {
            "schema": self.schema.to_json(),
            "columns": [column.to_json() for column in self.columns],
        }

    @classmethod
    def from_json(cls, stored):
        """Read what `to_json` wrote."""
        schema = TableSchema.from_json(stored["schema"])
        columns = [
            ColumnText.from_json(column, text)
            for column, text in zip(schema.columns, stored["columns"], strict=True)
        ]
        return cls(schema, tuple(columns))


_DECODER = json.JSONDecoder()
