"""The dtypes of pandas columns: how they are read, and what is missing in them."""

from collections import Counter

import numpy as np
import pandas as pd
from pandas.api import types

__all__ = [
    "as_dtype",
    "category_union",
    "column_kind",
    "dense_column",
    "dense_dtype",
    "is_object_dtype",
    "missing_marker",
    "missing_types",
]

_KINDS = {
    "b": "boolean",
    "i": "numeric",
    "u": "numeric",
    "f": "numeric",
    "M": "datetime",
    "m": "timedelta",
}


def is_object_dtype(dtype):
    """Whether a column is a numpy array of Python objects.

    Parameters
    ----------
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        Dtype of the column.

    Returns
    -------
    bool
    """
    return isinstance(dtype, np.dtype) and dtype.kind == "O"


def dense_dtype(dtype):
    """Name the dtype in which a sparse or Arrow column is read, else the dtype itself.

    Parameters
    ----------
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        Dtype of the column.

    Returns
    -------
    numpy.dtype or pandas.api.extensions.ExtensionDtype

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding.dtypes import dense_dtype
    >>> dense_dtype(pd.SparseDtype("int8", 0))
    dtype('int8')
    """
    if isinstance(dtype, pd.SparseDtype):
        return dtype.subtype
    if not isinstance(dtype, pd.ArrowDtype):
        return dtype
    if dtype.kind in "iufb":
        return pd.array(np.empty(0, dtype=dtype.numpy_dtype)).dtype
    if dtype.kind == "M" and getattr(dtype.pyarrow_dtype, "tz", None):
        return pd.DatetimeTZDtype(dtype.pyarrow_dtype.unit, dtype.pyarrow_dtype.tz)
    return dtype.numpy_dtype if dtype.kind in "mM" else dtype


def dense_column(series):
    """Read a sparse or Arrow column into its dense dtype.

    Parameters
    ----------
    series : pandas.Series
        A column.

    Returns
    -------
    pandas.Series
        The column itself if it is dense.
    """
    dense = dense_dtype(series.dtype)
    if dense is series.dtype:
        return series
    if isinstance(series.dtype, pd.SparseDtype):
        return series.sparse.to_dense()
    return series.astype(dense)


def as_dtype(array, dtype):
    """Put a dense array back into the sparse or Arrow dtype of its column.

    Parameters
    ----------
    array : numpy.ndarray or pandas.api.extensions.ExtensionArray
        An array of ``dense_dtype(dtype)``.
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        Dtype of the column.

    Returns
    -------
    numpy.ndarray or pandas.api.extensions.ExtensionArray
    """
    if isinstance(dtype, pd.SparseDtype):
        return pd.arrays.SparseArray(array, dtype=dtype)
    if isinstance(dtype, pd.ArrowDtype) and array.dtype != dtype:
        return pd.array(array, dtype=dtype)
    return array


def category_union(dtype, other):
    """Join two category dtypes.

    Parameters
    ----------
    dtype, other : pandas.CategoricalDtype
        Of two pieces of a column.

    Returns
    -------
    pandas.CategoricalDtype
        The categories of the first, and then those that only the other has.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding.dtypes import category_union
    >>> ab, bc = pd.CategoricalDtype(["a", "b"]), pd.CategoricalDtype(["c", "b"])
    >>> category_union(ab, bc).categories.tolist()
    ['a', 'b', 'c']
    """
    known = dtype.categories
    new = other.categories.difference(known, sort=False)
    return pd.CategoricalDtype(known.append(new), dtype.ordered)


def column_kind(series):
    """Tell how the values of a column are to be read.

    Parameters
    ----------
    series : pandas.Series
        A column.

    Returns
    -------
    {"numeric", "datetime", "timedelta", "boolean", "categorical"}

    Raises
    ------
    ValueError
        If the column holds complex numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding.dtypes import column_kind
    >>> column_kind(pd.Series([1, None], dtype="Int8"))
    'numeric'
    """
    dtype = dense_dtype(series.dtype)
    if dtype.kind == "c":
        raise ValueError(
            f"Column {series.name!r} holds complex numbers; "
            "give the real and the imaginary part as two columns."
        )
    if is_object_dtype(dtype) and types.infer_dtype(series, skipna=True) == "boolean":
        return "boolean"
    return _KINDS.get(dtype.kind, "categorical")


def missing_types(series):
    """Count what stands for missing values in a column of objects.

    Parameters
    ----------
    series : pandas.Series
        A column, with or without missing values.

    Returns
    -------
    collections.Counter of type to int
        Empty for a column of any other dtype.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding.dtypes import missing_types
    >>> missing_types(pd.Series(["a", None, None], dtype=object))
    Counter({<class 'NoneType'>: 2})
    """
    if not is_object_dtype(dense_dtype(series.dtype)):
        return Counter()
    cells = dense_column(series).to_numpy()
    return Counter(map(type, cells[pd.isna(cells)]))


def missing_marker(dtype, found):
    """Tell what stands for a missing value in a column.

    Parameters
    ----------
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        Dtype of the column.
    found : collections.Counter of type to int
        What `missing_types` counted in it.

    Returns
    -------
    NaN, None, NA or NaT
        The most frequent one in an object column.

    Examples
    --------
    >>> from collections import Counter
    >>> import pandas as pd
    >>> from fairsample.encoding.dtypes import missing_marker
    >>> missing_marker(pd.BooleanDtype(), Counter())
    <NA>
    """
    dtype = dense_dtype(dtype)
    if is_object_dtype(dtype):
        markers = {type(marker): marker for marker in (None, pd.NA, pd.NaT)}
        most = found.most_common(1)
        return markers.get(most[0][0], np.nan) if most else np.nan
    if isinstance(dtype, np.dtype):
        return pd.NaT if dtype.kind in "mM" else np.nan
    return dtype.na_value
