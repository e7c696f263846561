"""The categories of a pandas column <-> plain numpy arrays."""

import numpy as np
import pandas as pd
from pandas.api import types

from fairsample.encoding.dtypes import (
    as_dtype,
    dense_column,
    dense_dtype,
    is_object_dtype,
)
from fairsample.encoding.json_types import is_json_scalar

__all__ = ["cells_to_array", "factorize_cells", "find_cells", "sorted_cells"]

_NESTED = (list, tuple, set, frozenset, dict, np.ndarray)


def factorize_cells(series):
    """Give the distinct cells of a column numbers, telling 1 from True and from 1.0.

    Parameters
    ----------
    series : pandas.Series of shape (n,)
        A column.

    Returns
    -------
    codes : ndarray of int64 of shape (n,)
        Position of each cell in `cells`, -1 for a missing one.
    cells : list
        Distinct cells; of a category dtype all categories.

    Raises
    ------
    ValueError
        If a cell is nested or of a type that cannot be stored.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding.category_cells import factorize_cells
    >>> codes, cells = factorize_cells(pd.Series([1, True, None, 1], dtype=object))
    >>> codes, cells
    (array([ 0,  1, -1,  0]), [1, True])
    """
    series = dense_column(series)
    if _is_nested_arrow(series.dtype):
        raise _nested_cells(series.name, series.dtype)
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes, cells = series.cat.codes.to_numpy(), series.cat.categories
    elif not is_object_dtype(series.dtype):
        codes, cells = pd.factorize(series)
    elif types.infer_dtype(series, skipna=True) == "string":
        codes, cells = pd.factorize(series.to_numpy())
        cells = map(str.__str__, cells)
    else:
        return _factorize_by_type(series)
    cells = [_python_scalar(cell) for cell in cells]
    if not isinstance(series.dtype, pd.StringDtype):
        _require_storable(cells, series.name)
    return codes.astype(np.int64), cells


def _factorize_by_type(series):
    objects = series.to_numpy()
    cell_types = np.empty(len(objects), dtype=object)
    cell_types[:] = list(map(type, objects))
    type_codes, distinct_types = pd.factorize(cell_types)
    codes, cells = np.full(len(objects), -1), []
    for type_code, cell_type in enumerate(distinct_types):
        if issubclass(cell_type, _NESTED):
            raise _nested_cells(series.name, cell_type.__name__)
        rows = np.flatnonzero(type_codes == type_code)
        local, found = pd.factorize(objects[rows])
        _require_storable(found, series.name)
        codes[rows] = np.where(local < 0, -1, local + len(cells))
        cells.extend(found)
    return codes, cells


def _is_nested_arrow(dtype):
    return isinstance(dtype, pd.ArrowDtype) and dtype.pyarrow_dtype.num_fields > 0


def _nested_cells(name, of):
    return ValueError(
        f"Column {name!r} holds nested cells ({of}), which are no values of a table. "
        "Visit columns are encoded by VisitEncoder; spread others over several columns."
    )


def _require_storable(cells, name):
    for cell in cells:
        if isinstance(cell, _NESTED):
            raise _nested_cells(name, type(cell).__name__)
        if not is_json_scalar(cell):
            raise ValueError(
                f"Column {name!r} holds {cell!r}, a {type(cell).__name__}. "
                "Convert the column to strings, numbers or dates."
            )


def find_cells(cells, known):
    """Find cells among known ones; an equal number of another type is taken, too.

    Parameters
    ----------
    cells, known : sequence
        Distinct cells.

    Returns
    -------
    positions : ndarray of int of shape (len(cells),)
        Position of each cell in `known`, -1 for one that is not there.

    Examples
    --------
    >>> from fairsample.encoding.category_cells import find_cells
    >>> find_cells([2.0, True, "a"], known=["a", 1, 2])
    array([ 2, -1,  0])
    """
    exactly = {(type(cell), cell): i for i, cell in enumerate(known)}
    equal = {(_is_boolean(cell), cell): i for i, cell in enumerate(known)}
    positions = [
        exactly.get((type(cell), cell), equal.get((_is_boolean(cell), cell), -1))
        for cell in cells
    ]
    return np.array(positions, dtype=np.int64)


def sorted_cells(cells):
    """Sort cells, those of one type next to each other.

    Parameters
    ----------
    cells : list
        Distinct cells.

    Returns
    -------
    list

    Examples
    --------
    >>> from fairsample.encoding.category_cells import sorted_cells
    >>> sorted_cells(["b", 10, "a", 9])
    [9, 10, 'a', 'b']
    """
    if all(type(cell) is str for cell in cells):
        return sorted(cells)
    try:
        return sorted(cells, key=lambda cell: (type(cell).__name__, cell))
    except TypeError:
        return sorted(cells, key=lambda cell: (type(cell).__name__, repr(cell)))


def cells_to_array(codes, cells, dtype, marker):
    """Put cells back into an array of their column's dtype.

    Parameters
    ----------
    codes : ndarray of int of shape (n,)
        Position of each cell in `cells`, -1 for a missing one.
    cells : sequence
        Distinct cells.
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        Dtype of the column.
    marker : scalar
        What stands for a missing cell in an object column.

    Returns
    -------
    numpy.ndarray or pandas.api.extensions.ExtensionArray of shape (n,)
    """
    dense = dense_dtype(dtype)
    if isinstance(dense, pd.CategoricalDtype):
        positions = np.append(find_cells(cells, dense.categories), -1)
        return pd.Categorical.from_codes(positions[codes], dtype=dense)
    if isinstance(dense, np.dtype):
        distinct = np.empty(len(cells) + 1, dtype=object)
        distinct[:] = [*cells, marker]
        return as_dtype(distinct[codes].astype(dense, copy=False), dtype)
    distinct = pd.array(list(cells), dtype=dense)
    return as_dtype(distinct.take(codes, allow_fill=True), dtype)


def _is_boolean(cell):
    return isinstance(cell, bool | np.bool_)


def _python_scalar(cell):
    """Turn a numpy number or boolean into Python's; times stay as they are."""
    return cell.item() if isinstance(cell, np.number | np.bool_) else cell
