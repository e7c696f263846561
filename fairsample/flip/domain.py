"""What is publicly known of a table's columns."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from fairsample.encoding.json_types import scalar_from_json, scalar_to_json
from fairsample.encoding.lattice import Lattice
from fairsample.encoding.schema import TableSchema
from fairsample.flip.column_domain import ColumnDomain
from fairsample.flip.declared_dtypes import domain_for_dtype
from fairsample.messages import quote

__all__ = ["TableDomain"]


class TableDomain(Mapping):
    """What is publicly known of the columns of a table: bounds and categories.

    What is declared costs no privacy. It must come from somewhere else than the rows
    to protect: a code book, a law, common sense, a public table. The names and dtypes
    of columns are taken to be public; the categories of a category dtype are not.

    Values beyond the bounds are clipped to them; values that are no category become
    missing if values may be missing, and the first category otherwise.

    Parameters
    ----------
    columns : dict, TableDomain, path or str, default=None
        For each column a dict with some of the keys

        * ``"bounds"``: least and greatest value of a column of numbers, times or
          durations (times as text or Timestamps);
        * ``"categories"``: the values of any other column, or of numbers that are
          codes;
        * ``"missing"``: whether values may be missing. Left out, that is found out by
          a noisy count, which costs nothing beyond the noisy counts of the column;
        * ``"step"``: the resolution of a column of numbers (1 for integers), or of
          times (``"1D"``). Left out, it is found out in the same manner;
        * ``"scale"``: ``"log"`` for values that crowd at the lower bound.

        Or a JSON file, or JSON text, with the same. The target is a column under its
        own name, ``"y"`` if it has none. Booleans need no declaration.

    See Also
    --------
    FlipResampler : Private synthetic tables.

    Examples
    --------
    >>> from fairsample.flip import TableDomain
    >>> domain = TableDomain(
    ...     {
    ...         "age": {"bounds": [17, 90], "missing": False},
    ...         "income": {"bounds": [0, 1_000_000], "scale": "log"},
    ...         "sex": {"categories": ["F", "M"], "missing": False},
    ...     }
    ... )
    >>> domain["age"].bounds
    (17, 90)
    >>> TableDomain(domain.to_json()) == domain
    True
    """

    def __init__(self, columns=None):
        if isinstance(columns, str | Path):
            columns = _read_json(columns)
        if isinstance(columns, list) and all(_is_pair(item) for item in columns):
            columns = {scalar_from_json(name): column for name, column in columns}
        if not isinstance(columns, Mapping | None):
            raise ValueError(
                "A domain is a dict of column -> declaration, a JSON file or JSON "
                f"text, not {columns!r}."
            )
        self._columns = {
            name: ColumnDomain.from_declaration(name, column)
            for name, column in (columns or {}).items()
        }

    @classmethod
    def from_frame(cls, frame, *, listed=()):
        """Take the domain off a public table.

        Never give it the private rows, nor a part of them: their extremes, their rare
        categories and whether a value is ever missing would be made public.

        Parameters
        ----------
        frame : pandas.DataFrame of shape (n, n_columns)
            Public rows with the columns of the private ones.
        listed : sequence of scalars, default=()
            Columns of numbers whose values are codes or classes, to be declared as
            categories.

        Returns
        -------
        TableDomain
            Bounds and resolution of numbers and times, categories of the rest, and
            whether values are missing.

        Raises
        ------
        ValueError
            If a column of the frame has no value, or holds what is no value of a table.

        Examples
        --------
        >>> import pandas as pd
        >>> from fairsample.flip import TableDomain
        >>> public = pd.DataFrame({"age": [17, 90], "sex": ["M", "F"]})
        >>> TableDomain.from_frame(public)["sex"].categories
        ('F', 'M')
        """
        schema = TableSchema.from_frame(frame)
        return cls(
            {
                column.name: _column_off(column, frame[column.name], listed)
                for column in schema.columns
            }
        )

    def __getitem__(self, name):
        return self._columns[name]

    def __iter__(self):
        return iter(self._columns)

    def __len__(self):
        return len(self._columns)

    def __repr__(self):
        return f"TableDomain({self.to_json()!r})"

    def for_frame(self, frame):
        """Check the domain against the dtypes of a frame and fill in what they tell.

        No value of the frame is looked at.

        Parameters
        ----------
        frame : pandas.DataFrame of shape (n, n_columns)
            The frame to which the domain is to apply.

        Returns
        -------
        TableDomain
            One domain for every column of the frame, in the frame's order; it may be
            incomplete.

        Raises
        ------
        ValueError
            If a column occurs twice, a declared one is not in the frame, or a
            declaration does not suit the dtype of its column.
        """
        if not frame.columns.is_unique:
            twice = frame.columns[frame.columns.duplicated()][0]
            raise ValueError(f"Column {twice!r} occurs more than once; rename one.")
        unknown = [name for name in self if name not in frame.columns]
        if unknown:
            raise ValueError(
                f"The domain declares {quote(unknown)}, which the table does not have. "
                f"Its columns are {quote(frame.columns, limit=50)}."
            )
        return TableDomain(
            {
                name: domain_for_dtype(name, self.get(name, ColumnDomain()), dtype)
                for name, dtype in frame.dtypes.items()
            }
        )

    def to_json(self):
        """Write the domain as plain JSON types, in the form that the class reads.

        Returns
        -------
        dict of str to dict, or list of pairs if some column's name is no text
        """
        if all(type(name) is str for name in self):
            return {name: column.to_json() for name, column in self.items()}
        return [
            [scalar_to_json(name), column.to_json()] for name, column in self.items()
        ]


def _is_pair(item):
    return isinstance(item, list | tuple) and len(item) == 2


def _read_json(source):
    text = source
    if isinstance(source, Path) or not source.lstrip().startswith(("{", "[")):
        text = Path(source).read_text(encoding="utf-8")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"The domain is no JSON: {error}") from None


def _column_off(schema, series, listed):
    if schema.is_all_missing:
        raise ValueError(
            f"Column {schema.name!r} has no value in the public table. Drop it there, "
            "and declare it by hand."
        )
    categories = schema.categories
    if isinstance(schema.dtype, pd.CategoricalDtype):
        categories = tuple(schema.dtype.categories)
    elif schema.kind == "numeric" and schema.name in listed:
        categories = tuple(np.unique(schema.split(series)[0]))
    if categories is not None:
        return {"categories": categories, "missing": schema.has_missing}
    step = None
    if schema.kind == "numeric":
        lattice = Lattice.from_levels(np.unique(schema.split(series)[0]))
        step = lattice.step / 10**lattice.decimals or None
        step = lattice.step if step is not None and not lattice.decimals else step
    return {
        "bounds": (schema.minimum, schema.maximum),
        "missing": schema.has_missing,
        "step": step,
    }
