"""Scalars and pandas dtypes as plain JSON values, and back, without pickle.

JSON keeps strings, booleans, integers and finite floats apart by itself; every other
scalar is written as a dictionary with one key, the tag of its type.
"""

import datetime
import decimal
import math

import numpy as np
import pandas as pd

__all__ = [
    "dtype_from_json",
    "dtype_to_json",
    "is_json_scalar",
    "scalar_from_json",
    "scalar_to_json",
]

_MISSING = {"None": None, "nan": np.nan, "NA": pd.NA, "NaT": pd.NaT}
_ISO_TYPES = {
    "datetime": datetime.datetime,
    "date": datetime.date,
    "time": datetime.time,
}
_SCALARS = (
    str,
    bytes,
    bool,
    int,
    float,
    np.generic,
    decimal.Decimal,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    pd.Period,
    pd.Interval,
)


def is_json_scalar(value):
    """Whether `scalar_to_json` can write a value.

    Parameters
    ----------
    value : object
        Any cell of a DataFrame.

    Returns
    -------
    bool

    Examples
    --------
    >>> from fairsample.encoding.json_types import is_json_scalar
    >>> is_json_scalar("a"), is_json_scalar(["a"])
    (True, False)
    """
    return isinstance(value, _SCALARS) or any(value is m for m in _MISSING.values())


def scalar_to_json(value):
    """Write a scalar as a JSON value that keeps its type.

    Parameters
    ----------
    value : scalar or tuple of scalars
        A cell, a category or a column name.

    Returns
    -------
    str, bool, int, float or dict

    Raises
    ------
    ValueError
        If the type is not among those that can be read back.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding.json_types import scalar_to_json
    >>> scalar_to_json(3)
    3
    >>> scalar_to_json(pd.NaT)
    {'missing': 'NaT'}
    """
    kind = type(value)
    for name, marker in _MISSING.items():
        if value is marker:
            return {"missing": name}
    if kind in (str, bool, int) or (kind is float and math.isfinite(value)):
        return value
    if kind is float:
        return {"float": repr(value)}
    if isinstance(value, tuple):
        return {"tuple": [scalar_to_json(part) for part in value]}
    if isinstance(value, pd.Timestamp):
        zone = None if value.tz is None else str(value.tz)
        return {"timestamp": [int(value.asm8.view("i8")), value.unit, zone]}
    if isinstance(value, pd.Timedelta):
        return {"timedelta": [int(value.asm8.view("i8")), value.unit]}
    if isinstance(value, pd.Period):
        return {"period": [value.ordinal, value.freqstr]}
    if isinstance(value, pd.Interval):
        ends = [scalar_to_json(value.left), scalar_to_json(value.right)]
        return {"interval": [*ends, value.closed]}
    if isinstance(value, np.datetime64 | np.timedelta64):
        return {"numpy": [value.dtype.str, int(value.view("i8"))]}
    if isinstance(value, np.generic):
        return {"numpy": [value.dtype.str, scalar_to_json(value.item())]}
    if kind is bytes:
        return {"bytes": value.hex()}
    if kind is decimal.Decimal:
        return {"decimal": str(value)}
    if kind is datetime.timedelta:
        return {"duration": [value.days, value.seconds, value.microseconds]}
    for name, iso_type in _ISO_TYPES.items():
        if kind is iso_type:
            return {name: value.isoformat()}
    raise ValueError(
        f"A value of type {kind.__name__} cannot be stored: {value!r}. "
        "Convert the column to strings, numbers or dates."
    )


def scalar_from_json(stored):
    """Read what `scalar_to_json` wrote.

    Parameters
    ----------
    stored : str, bool, int, float or dict
        A JSON value.

    Returns
    -------
    scalar or tuple

    Raises
    ------
    ValueError
        If the tag is unknown.

    Examples
    --------
    >>> from fairsample.encoding.json_types import scalar_from_json
    >>> scalar_from_json({"date": "2024-02-29"})
    datetime.date(2024, 2, 29)
    """
    if not isinstance(stored, dict):
        return stored
    ((tag, content),) = stored.items()
    if tag in _ISO_TYPES:
        return _ISO_TYPES[tag].fromisoformat(content)
    if tag not in _READERS:
        raise ValueError(f"Unknown tag {tag!r} of a stored scalar.")
    return _READERS[tag](content)


def _timestamp(content):
    ticks, unit, zone = content
    stamp = pd.Timestamp(np.datetime64(ticks, unit))
    return stamp if zone is None else stamp.tz_localize("UTC").tz_convert(zone)


def _numpy_scalar(content):
    dtype, item = content
    if np.dtype(dtype).kind in "mM":
        return np.int64(item).view(dtype)
    return np.dtype(dtype).type(scalar_from_json(item))


_READERS = {
    "missing": _MISSING.__getitem__,
    "float": float,
    "tuple": lambda parts: tuple(scalar_from_json(part) for part in parts),
    "timestamp": _timestamp,
    "timedelta": lambda content: pd.Timedelta(np.timedelta64(*content)),
    "period": lambda content: pd.Period(ordinal=content[0], freq=content[1]),
    "interval": lambda content: pd.Interval(
        scalar_from_json(content[0]), scalar_from_json(content[1]), content[2]
    ),
    "numpy": _numpy_scalar,
    "bytes": bytes.fromhex,
    "decimal": decimal.Decimal,
    "duration": lambda content: datetime.timedelta(*content),
}


def dtype_to_json(dtype):
    """Write a dtype of a DataFrame column as a JSON value.

    Parameters
    ----------
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        The dtype, with the categories, order, storage, fill value or zone it carries.

    Returns
    -------
    str or dict

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding.json_types import dtype_to_json
    >>> dtype_to_json(pd.Int64Dtype())
    'Int64'
    >>> dtype_to_json(pd.CategoricalDtype([1, 2], ordered=True))["values"]
    [1, 2]
    """
    if isinstance(dtype, pd.CategoricalDtype):
        if dtype.categories is None:
            return {"category": None, "ordered": bool(dtype.ordered)}
        return {
            "category": dtype_to_json(dtype.categories.dtype),
            "values": [scalar_to_json(value) for value in dtype.categories],
            "ordered": bool(dtype.ordered),
        }
    if isinstance(dtype, pd.StringDtype):
        return {"string": dtype.storage, "missing": scalar_to_json(dtype.na_value)}
    if isinstance(dtype, pd.SparseDtype):
        fill = scalar_to_json(dtype.fill_value)
        return {"sparse": dtype_to_json(dtype.subtype), "fill": fill}
    if isinstance(dtype, pd.ArrowDtype):
        return {"arrow": str(dtype.pyarrow_dtype)}
    return str(dtype)


def dtype_from_json(stored):
    """Read what `dtype_to_json` wrote.

    Parameters
    ----------
    stored : str or dict
        A JSON value.

    Returns
    -------
    numpy.dtype or pandas.api.extensions.ExtensionDtype

    Examples
    --------
    >>> from fairsample.encoding.json_types import dtype_from_json
    >>> dtype_from_json("datetime64[s, Europe/Paris]")
    datetime64[s, Europe/Paris]
    """
    if isinstance(stored, str):
        return pd.api.types.pandas_dtype(stored)
    if "category" in stored:
        categories = None
        if stored["category"] is not None:
            values = [scalar_from_json(value) for value in stored["values"]]
            categories = pd.Index(values, dtype=dtype_from_json(stored["category"]))
        return pd.CategoricalDtype(categories, ordered=stored["ordered"])
    if "string" in stored:
        missing = scalar_from_json(stored["missing"])
        if missing is pd.NA:
            return pd.StringDtype(stored["string"])
        return pd.StringDtype(stored["string"], na_value=missing)
    if "sparse" in stored:
        fill = scalar_from_json(stored["fill"])
        return pd.SparseDtype(dtype_from_json(stored["sparse"]), fill)
    if stored["arrow"] in ("string", "large_string"):
        import pyarrow

        return pd.ArrowDtype(getattr(pyarrow, stored["arrow"])())
    return pd.ArrowDtype.construct_from_string(f"{stored['arrow']}[pyarrow]")
