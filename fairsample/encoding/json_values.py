"""Containers, arrays and frames as plain JSON values with arrays beside them.

Nothing is lost on the way: dtypes, indexes, the types of cells and the state of a
random stream come back as they were, and no code is stored or run. Numbers go into the
arrays, everything else into the JSON value, where a dictionary with one key, a tag,
stands for whatever JSON does not know.
"""

from collections import OrderedDict

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype

from fairsample.encoding.json_types import (
    dtype_from_json,
    dtype_to_json,
    is_json_scalar,
    scalar_from_json,
    scalar_to_json,
)
from fairsample.encoding.schema import ColumnSchema

__all__ = ["value_from_json", "value_to_json"]

_BIT_GENERATORS = {
    generator.__name__: generator
    for generator in (
        np.random.MT19937,
        np.random.PCG64,
        np.random.PCG64DXSM,
        np.random.Philox,
        np.random.SFC64,
    )
}


def value_to_json(value, arrays, name):
    """Write a value as a JSON value, its numbers as arrays beside it.

    Parameters
    ----------
    value : object
        A scalar, or a list, tuple, dict, array, Series, DataFrame, Index, dtype or
        RandomState, nested in any way.
    arrays : dict of str to ndarray
        Where arrays of numbers are put.
    name : str
        What the value is called; its arrays are called after it.

    Returns
    -------
    str, bool, int, float, list or dict

    Raises
    ------
    ValueError
        If the value, or one inside it, is of a type that cannot be read back.

    See Also
    --------
    value_from_json : The way back.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.encoding.json_values import value_from_json, value_to_json
    >>> arrays = {}
    >>> value_to_json([("F", 1), np.array([3, 5])], arrays, "state")
    [{'tuple': ['F', 1]}, {'array': ['state.1', '<i8', [2]]}]
    >>> arrays
    {'state.1': array([3, 5])}
    """
    if type(value) is list:
        return _items_to_json(value, arrays, name)
    if type(value) is tuple:
        return {"tuple": _items_to_json(value, arrays, name)}
    if is_json_scalar(value):
        return scalar_to_json(value)
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value, arrays, name)
    raise ValueError(f"A value of type {type(value).__name__} cannot be stored.")


def value_from_json(stored, arrays):
    """Read what `value_to_json` wrote.

    Parameters
    ----------
    stored : str, bool, int, float, list or dict
        A JSON value.
    arrays : dict of str to ndarray
        The arrays beside it; they are copied.

    Returns
    -------
    object
        The value.

    Raises
    ------
    ValueError
        If a tag is unknown.

    Examples
    --------
    >>> from fairsample.encoding.json_values import value_from_json
    >>> value_from_json({"dict": {"cell": {"tuple": ["F", 1]}}}, {})
    {'cell': ('F', 1)}
    """
    if isinstance(stored, list):
        return [value_from_json(item, arrays) for item in stored]
    if not isinstance(stored, dict):
        return stored
    ((tag, content),) = stored.items()
    if tag in _READERS:
        return _READERS[tag](content, arrays)
    return scalar_from_json(stored)


def _items_to_json(items, arrays, name):
    if set(map(type, items)) <= {str, bool, int}:
        return list(items)
    return [value_to_json(item, arrays, f"{name}.{i}") for i, item in enumerate(items)]


def _dict_to_json(value, arrays, name):
    if not isinstance(value, OrderedDict) and all(type(key) is str for key in value):
        return {
            "dict": {
                key: value_to_json(item, arrays, f"{name}.{key}")
                for key, item in value.items()
            }
        }
    tag = "ordered" if isinstance(value, OrderedDict) else "items"
    return {tag: [_items_to_json(pair, arrays, name) for pair in value.items()]}


def _pairs_from_json(content, arrays):
    return (value_from_json(pair, arrays) for pair in content)


def _array_to_json(value, arrays, name):
    value = np.asarray(value)
    if value.dtype == object:
        cells = _items_to_json(value.ravel().tolist(), arrays, name)
        return {"objects": [cells, list(value.shape)]}
    if value.dtype.kind == "V":
        raise ValueError("An array of records cannot be stored.")
    plain = np.array(value, dtype=value.dtype.newbyteorder("="), order="C")
    if value.dtype.kind not in "biuf" or value.dtype.itemsize > 8:
        plain = np.frombuffer(plain.tobytes(), dtype=np.uint8)
    while name in arrays:
        name += "'"
    arrays[name] = plain
    return {"array": [name, value.dtype.str, list(value.shape)]}


def _array_from_json(content, arrays):
    name, dtype, shape = content
    dtype, plain = np.dtype(dtype), arrays[name]
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        plain = np.frombuffer(plain.tobytes(), dtype=dtype.newbyteorder("="))
    return plain.astype(dtype).reshape(shape)


def _objects_from_json(content, arrays):
    cells, shape = content
    objects = np.empty(len(cells), dtype=object)
    objects[:] = [value_from_json(cell, arrays) for cell in cells]
    return objects.reshape(shape)


def _column_to_json(series, arrays, name):
    """Write the cells of a column, without its index and name."""
    if isinstance(series.dtype, np.dtype):
        return _array_to_json(series.to_numpy(), arrays, name)
    _require_storable(series.dtype)
    series = series.rename(None)
    schema = ColumnSchema.from_series(series)
    values, missing = schema.split(series)
    return {
        "column": [
            schema.to_json(),
            _array_to_json(values, arrays, name),
            _array_to_json(missing, arrays, f"{name}.missing"),
        ]
    }


def _column_from_json(content, arrays):
    schema, values, missing = content
    return ColumnSchema.from_json(schema).join(
        value_from_json(values, arrays), value_from_json(missing, arrays)
    )


def _require_storable(dtype):
    try:
        storable = dtype_from_json(dtype_to_json(dtype)) == dtype
    except (TypeError, NotImplementedError):
        storable = False
    if not storable:
        raise ValueError(
            f"A column of dtype {dtype} cannot be stored. Convert it to a dtype of "
            "numpy or pandas, a column of nested cells to object."
        )


def _index_to_json(index, arrays, name):
    names = [value_to_json(title, arrays, name) for title in index.names]
    if isinstance(index, pd.RangeIndex):
        return {"range": [[index.start, index.stop, index.step], names]}
    levels = [
        _column_to_json(pd.Series(index.get_level_values(i)), arrays, f"{name}.{i}")
        for i in range(index.nlevels)
    ]
    tag = "levels" if isinstance(index, pd.MultiIndex) else "index"
    return {tag: [levels, names]}


def _range_from_json(content, arrays):
    ends, (title,) = content
    return pd.RangeIndex(*ends, name=value_from_json(title, arrays))


def _index_from_json(content, arrays):
    ((level,), (title,)) = content
    values = value_from_json(level, arrays)
    title = value_from_json(title, arrays)
    return pd.Index(values, dtype=values.dtype, name=title, tupleize_cols=False)


def _levels_from_json(content, arrays):
    levels, names = value_from_json(content, arrays)
    return pd.MultiIndex.from_arrays(levels, names=names)


def _series_to_json(series, arrays, name):
    return {
        "series": [
            _column_to_json(series, arrays, name),
            _index_to_json(series.index, arrays, f"{name}.index"),
            value_to_json(series.name, arrays, name),
        ]
    }


def _series_from_json(content, arrays):
    values, index, name = value_from_json(content, arrays)
    return pd.Series(values, index=index, name=name, dtype=values.dtype)


def _frame_to_json(frame, arrays, name):
    columns = []
    for i, title in enumerate(frame.columns):
        try:
            columns.append(_column_to_json(frame.iloc[:, i], arrays, f"{name}.{title}"))
        except ValueError as error:
            raise ValueError(f"Column {title!r}: {error}") from None
    return {
        "frame": [
            columns,
            _index_to_json(frame.index, arrays, f"{name}.index"),
            _index_to_json(frame.columns, arrays, f"{name}.columns"),
        ]
    }


def _frame_from_json(content, arrays):
    columns, index, names = value_from_json(content, arrays)
    # A Series of the dtype: a frame would turn objects that are dates to dates.
    cells = {i: pd.Series(cells, dtype=cells.dtype) for i, cells in enumerate(columns)}
    frame = pd.DataFrame(cells, index=pd.RangeIndex(len(index)))
    frame.index, frame.columns = index, names
    return frame


def _stream_to_json(stream, arrays, name):
    return {"stream": value_to_json(stream.get_state(legacy=False), arrays, name)}


def _stream_from_json(content, arrays):
    state = value_from_json(content, arrays)
    stream = np.random.RandomState(_BIT_GENERATORS[state["bit_generator"]](0))
    stream.set_state(state)
    return stream


def _dtype_to_json(dtype, arrays, name):
    return {"dtype": dtype_to_json(dtype)}


_WRITERS = {
    dict: _dict_to_json,
    np.ndarray: _array_to_json,
    pd.Series: _series_to_json,
    pd.DataFrame: _frame_to_json,
    pd.Index: _index_to_json,
    np.random.RandomState: _stream_to_json,
    np.dtype: _dtype_to_json,
    ExtensionDtype: _dtype_to_json,
}
_READERS = {
    "tuple": lambda content, arrays: tuple(value_from_json(content, arrays)),
    "dict": lambda content, arrays: {
        key: value_from_json(item, arrays) for key, item in content.items()
    },
    "items": lambda content, arrays: dict(_pairs_from_json(content, arrays)),
    "ordered": lambda content, arrays: OrderedDict(_pairs_from_json(content, arrays)),
    "array": _array_from_json,
    "objects": _objects_from_json,
    "column": _column_from_json,
    "range": _range_from_json,
    "index": _index_from_json,
    "levels": _levels_from_json,
    "series": _series_from_json,
    "frame": _frame_from_json,
    "stream": _stream_from_json,
    "dtype": lambda content, arrays: dtype_from_json(content),
}
