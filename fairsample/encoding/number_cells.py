"""The numbers and times of a pandas column <-> plain numpy arrays."""

import numpy as np
import pandas as pd

from fairsample.encoding.dtypes import as_dtype, dense_column, dense_dtype

__all__ = ["falls_on_local_days", "numbers_to_array", "split_numbers"]


def split_numbers(series, dtype, wall_clock=False):
    """Take the values of a numeric, datetime or timedelta column apart.

    Parameters
    ----------
    series : pandas.Series of shape (n,)
        A column.
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        Dtype of the column that was fitted.
    wall_clock : bool, default=False
        Whether zoned datetimes count local time.

    Returns
    -------
    values : ndarray of shape (n_present,)
        Numbers; times as ticks of the dtype's unit.
    missing : ndarray of bool of shape (n,)
        Which cells are missing.

    Raises
    ------
    ValueError
        If a value is infinite, or the column is of another kind.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding.number_cells import split_numbers
    >>> split_numbers(pd.Series([3, None], dtype="Int64"), pd.Int64Dtype())
    (array([3]), array([False,  True]))
    """
    series, dtype = dense_column(series), dense_dtype(dtype)
    if dtype.kind in "mM":
        return _split_times(series, dtype, wall_clock)
    if series.dtype.kind not in "iufb":
        series = _parsed(series)
    if series.dtype.kind != "f":
        missing = series.isna().to_numpy()
        return series[~missing].to_numpy(dtype=_plain(series.dtype)), missing
    numbers = series.to_numpy(dtype=_plain(series.dtype), na_value=np.nan)
    if np.isinf(numbers).any():
        raise ValueError(
            f"Column {series.name!r} holds infinite values. "
            "Replace them by missing values or by a finite cap."
        )
    missing = np.isnan(numbers)
    numbers = numbers[~missing]
    return numbers.astype(np.float64) if numbers.itemsize > 8 else numbers, missing


def _parsed(series):
    """Read numbers out of a column of objects, or say which cell is none."""
    for cell in series.dropna():
        if not isinstance(cell, int | float | np.number):
            raise ValueError(
                f"Column {series.name!r} was fitted on numbers and holds {cell!r}. "
                "Convert it to numbers."
            )
    return series.astype(np.float64)


def _split_times(series, dtype, wall_clock):
    missing = series.isna().to_numpy()
    present = series[~missing]
    if len(present) == 0:
        return np.empty(0, dtype=np.int64), missing
    zone, given_zone = getattr(dtype, "tz", None), getattr(series.dtype, "tz", None)
    if series.dtype.kind != dtype.kind or (zone is None) != (given_zone is None):
        raise ValueError(
            f"Column {series.name!r} was fitted as {dtype} and is {series.dtype}. "
            "Convert it to the dtype that was fitted."
        )
    if zone is not None:
        local = present.dt.tz_convert(zone if wall_clock else "UTC")
        present = local.dt.tz_localize(None)
    return present.dt.as_unit(_unit(dtype)).to_numpy().astype(np.int64), missing


def numbers_to_array(values, missing, dtype, wall_clock=False):
    """Put the numbers of a column back into an array of its dtype.

    Parameters
    ----------
    values : ndarray of shape (n_present,)
        Numbers; times as ticks of the dtype's unit.
    missing : ndarray of bool of shape (n,)
        Which cells are missing.
    dtype : numpy.dtype or pandas.api.extensions.ExtensionDtype
        Dtype of the column.
    wall_clock : bool, default=False
        Whether zoned datetimes count local time.

    Returns
    -------
    numpy.ndarray or pandas.api.extensions.ExtensionArray of shape (n,)

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.encoding.number_cells import numbers_to_array
    >>> numbers_to_array(np.array([3]), np.array([False, True]), pd.Int64Dtype())
    <IntegerArray>
    [3, <NA>]
    Length: 2, dtype: Int64
    """
    dense = dense_dtype(dtype)
    if dense.kind in "mM":
        return as_dtype(_times(values, missing, dense, wall_clock), dtype)
    array = np.zeros(len(missing), dtype=_plain(dense))
    array[~missing] = values
    if not isinstance(dense, np.dtype):
        array = pd.array(array, dtype=dense)
        array[missing] = pd.NA
    elif missing.any():
        array[missing] = np.nan
    return as_dtype(array, dtype)


def _times(values, missing, dtype, wall_clock):
    ticks = np.full(len(missing), np.iinfo(np.int64).min)
    ticks[~missing] = values
    times = ticks.view(f"{dtype.kind}8[{_unit(dtype)}]")
    zone = getattr(dtype, "tz", None)
    if zone is None:
        return times
    times = pd.Series(times).dt
    if not wall_clock:
        return times.tz_localize("UTC").dt.tz_convert(zone).array
    summer = np.ones(len(ticks), dtype=bool)
    local = times.tz_localize(zone, ambiguous=summer, nonexistent="shift_forward")
    return local.array


def falls_on_local_days(series):
    """Whether all values of a zoned datetime column are midnights of local time.

    Parameters
    ----------
    series : pandas.Series
        A column.

    Returns
    -------
    bool

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding.number_cells import falls_on_local_days
    >>> days = pd.date_range("2024-03-31", periods=2, tz="Europe/Paris")
    >>> falls_on_local_days(pd.Series(days))
    True
    """
    series = dense_column(series)
    zone = getattr(series.dtype, "tz", None)
    present = series.dropna()
    if zone is None or len(present) == 0:
        return False
    local = present.dt.tz_localize(None)
    if not (local == local.dt.normalize()).all():
        return False
    ticks, missing = split_numbers(present, present.dtype, wall_clock=True)
    again = numbers_to_array(ticks, missing, present.dtype, wall_clock=True)
    return bool((present.array == again).all())


def _plain(dtype):
    """Name the numpy dtype under a nullable one."""
    return dtype if isinstance(dtype, np.dtype) else dtype.numpy_dtype


def _unit(dtype):
    return dtype.unit if hasattr(dtype, "unit") else np.datetime_data(dtype)[0]
