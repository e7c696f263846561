"""Columns of several tables, read alike: numbers, or codes of categories."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from fairsample.encoding.category_cells import (
    factorize_cells,
    find_cells,
    sorted_cells,
)
from fairsample.encoding.dtypes import column_kind
from fairsample.encoding.number_cells import split_numbers
from fairsample.encoding.visit_cells import is_visit_column
from fairsample.messages import quote

__all__ = [
    "TableColumn",
    "boosting_features",
    "check_tables",
    "read_columns",
    "take_rows",
]

_MOST_LEVELS = 20  # numbers with no more distinct values are categories


@dataclass(frozen=True)
class TableColumn:
    """One column of several tables.

    Parameters
    ----------
    name : object
        What the column is called.
    is_number : bool
        Whether it holds numbers (times count as such), else categories.
    values : list of ndarray of float of shape (n_rows,)
        For each table the numbers, or the codes of the categories, sorted as text is;
        NaN where missing.
    n_categories : int
        Distinct categories over all tables, missing values not counted; 0 for numbers.
    """

    name: object
    is_number: bool
    values: list
    n_categories: int = 0

    def codes(self, table):
        """Code the categories of one table, missing values as a category of their own.

        Parameters
        ----------
        table : int
            Position of the table.

        Returns
        -------
        ndarray of int of shape (n_rows,)
            From 0 to `n_categories`, which stands for a missing value.
        """
        return np.nan_to_num(self.values[table], nan=self.n_categories).astype(int)


def read_columns(numeric_features=None, **tables):
    """Read the columns of tables, in the order of the first table's.

    Parameters
    ----------
    numeric_features : list, default=None
        The columns to read as numbers; None for those columns of numbers or times that
        have more than 20 distinct values in the first table.
    **tables : DataFrame
        Tables with the same columns, by what messages call them. They are not changed.

    Returns
    -------
    list of TableColumn

    Raises
    ------
    ValueError
        When an argument is no table with rows and columns, when names are doubled or
        differ, and when a cell cannot be read; with the table's and column's name.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.metrics.table_columns import read_columns
    >>> real = pd.DataFrame({"dose": [1.5, None], "drug": ["b", "a"]})
    >>> synthetic = pd.DataFrame({"drug": ["c"], "dose": [2.0]})
    >>> for column in read_columns(["dose"], real=real, synthetic=synthetic):
    ...     column.name, column.is_number, column.values
    ('dose', True, [array([1.5, nan]), array([2.])])
    ('drug', False, [array([1., 0.]), array([2.])])
    """
    check_tables(**tables)
    first = next(iter(tables))
    if numeric_features is None:
        numbers = [name for name in tables[first] if _has_levels(tables[first][name])]
    else:
        numbers = list(numeric_features)
        if absent := [name for name in numbers if name not in tables[first]]:
            raise ValueError(
                f"numeric_features names {quote(absent)}, which {first} does not have; "
                f"its columns are {quote(tables[first].columns)}."
            )
    return [
        _read_column(name, name in numbers, [table[name] for table in tables.values()])
        for name in tables[first]
    ]


def check_tables(**tables):
    """Refuse what is no table, and tables with different columns.

    Parameters
    ----------
    **tables : DataFrame
        Tables, by what messages call them.

    Raises
    ------
    ValueError
        When one is no table with rows and columns, when names are doubled or differ.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.metrics.table_columns import check_tables
    >>> check_tables(real=pd.DataFrame({"a": [1]}), synthetic=pd.DataFrame({"b": [1]}))
    Traceback (most recent call last):
    ...
    ValueError: synthetic lacks columns that real has: 'a'. Give tables ...
    """
    first = next(iter(tables))
    for called, table in tables.items():
        if not isinstance(table, pd.DataFrame):
            raise ValueError(
                f"{called} has to be a DataFrame. Got {type(table).__name__}; give it "
                "columns with pandas.DataFrame."
            )
        if 0 in table.shape:
            raise ValueError(
                f"{called} has no rows or no columns: its shape is {table.shape}. "
            )
        if not table.columns.is_unique:
            doubled = table.columns[table.columns.duplicated()].unique()
            raise ValueError(
                f"{called} has more than one column called {quote(doubled)}."
            )
        for lacks, has in [(called, first), (first, called)]:
            absent = tables[has].columns.difference(tables[lacks].columns, sort=False)
            if len(absent):
                raise ValueError(
                    f"{lacks} lacks columns that {has} has: {quote(absent)}. Give "
                    "tables with the same columns."
                )


def take_rows(columns, rows):
    """Take some rows of each table.

    Parameters
    ----------
    columns : list of TableColumn
        The columns.
    rows : list of ndarray of int
        For each table the positions of its rows.

    Returns
    -------
    list of TableColumn
    """
    return [
        replace(c, values=[v[r] for v, r in zip(c.values, rows, strict=True)])
        for c in columns
    ]


def boosting_features(columns, table):
    """Set the columns of one table side by side, as gradient boosting takes them.

    Parameters
    ----------
    columns : list of TableColumn
        The columns.
    table : int
        Position of the table.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        Numbers, and codes of categories; NaN where missing.
    """
    return np.column_stack([column.values[table] for column in columns])


def _has_levels(column):
    """Whether a column of numbers or times has too many levels for categories."""
    if column_kind(column) in ("boolean", "categorical"):
        return False
    return column.nunique() > _MOST_LEVELS


def _read_column(name, is_number, parts):
    if any(is_visit_column(part) for part in parts):
        raise ValueError(
            f"Column {name!r} holds records with visits. Compare those by "
            "record_fidelity, and leave the column out here."
        )
    if is_number:
        if column_kind(parts[0]) in ("boolean", "categorical"):
            raise ValueError(
                f"numeric_features names {name!r}, a column of {parts[0].dtype}. "
                "Convert it to numbers, or leave it out of numeric_features."
            )
        return TableColumn(name, True, [_numbers(p, parts[0].dtype) for p in parts])
    coded = [factorize_cells(part) for part in parts]
    known = []
    for codes, cells in coded:
        occurring = [cells[code] for code in np.unique(codes[codes >= 0])]
        positions = find_cells(occurring, known)
        known += [c for c, p in zip(occurring, positions, strict=True) if p < 0]
    known = sorted_cells(known)
    values = []
    for codes, cells in coded:
        positions = np.append(find_cells(cells, known), -1).astype(float)
        positions[-1] = np.nan
        values.append(positions[codes])
    return TableColumn(name, False, values, len(known))


def _numbers(column, dtype):
    present, missing = split_numbers(column, dtype)
    values = np.full(len(missing), np.nan)
    values[~missing] = present
    return values
