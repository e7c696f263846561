"""Text cells as numbers, times and categories; what cannot be read is marked."""

import re

import numpy as np
import pandas as pd

__all__ = ["as_cells"]

_PIECE, _FEW = 1024, 32
_WHOLE = re.compile(r"[+-]?\d{1,30}(\.0*)?")
_LARGEST = np.iinfo(np.int64).max
_HAS_ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)$")
_SAID_TO_BE_MISSING = ["NA", "N/A", "NaN", "nan", "NULL", "null", "None", "\\N", "NaT"]


def as_cells(column, kind):
    """Parse a column of text.

    Parameters
    ----------
    column : pyarrow Array of shape (n,)
        Bytes or text.
    kind : {"text", "integer", "number", "time"}
        What the cells say. Times are ISO 8601; a time zone is converted to UTC.

    Returns
    -------
    cells : array of shape (n,)
        int64 with -1, float64 with NaN, ``datetime64[us]`` with NaT for what is
        missing; or a pyarrow ``DictionaryArray`` of text.
    unparseable : ndarray of bool of shape (n,), or None
        Where a cell says something else; None if nowhere.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from fairsample.datasets.table_cells import as_cells
    >>> cells, unparseable = as_cells(pa.array([b"7", b"8.0", None, b"x"]), "integer")
    >>> cells, unparseable
    (array([ 7,  8, -1, -1]), array([False, False, False,  True]))
    """
    text = _as_text(column)
    if kind == "text":
        return text.dictionary_encode(), None
    cells, bad = _parsed(text, kind, [_PIECE, _FEW])
    return cells, bad if bad.any() else None


def _parsed(text, kind, lengths):
    """Parse cells; where that fails, ever shorter pieces of them."""
    fast = _FAST[kind](text)
    if fast is not None:
        return fast, np.zeros(len(fast), dtype=bool)
    if not lengths:
        return _one_by_one(text, kind)
    pieces = [
        _parsed(text.slice(start, lengths[0]), kind, lengths[1:])
        for start in range(0, len(text), lengths[0])
    ]
    return tuple(map(np.concatenate, zip(*pieces, strict=True)))


def _one_by_one(text, kind):
    """Parse a few cells of which at least one is not as it should be."""
    said = pd.Series(text.to_numpy(zero_copy_only=False), dtype=object).str.strip()
    said = said.mask(said.isin([*_SAID_TO_BE_MISSING, ""]))
    if kind == "time":
        parsed = pd.to_datetime(said, errors="coerce", format="ISO8601", utc=True)
        cells = parsed.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
        return cells, np.isnat(cells) & said.notna().to_numpy()
    if kind == "integer":
        numbers = [_integer(text) for text in said]
        bad = np.array([number is None for number in numbers], dtype=bool)
        filled = [-1 if number is None else number for number in numbers]
        cells = np.array(filled, dtype=np.int64)
    else:
        cells = pd.to_numeric(said, errors="coerce").to_numpy(np.float64, copy=True)
        bad = ~np.isfinite(cells)
        cells[bad] = np.nan
    return cells, bad & said.notna().to_numpy()


def _integer(text):
    """Return a cell as an integer, exactly; None if it is none or too large."""
    if not isinstance(text, str) or not _WHOLE.fullmatch(text):
        return None
    number = int(text.partition(".")[0])
    return number if abs(number) <= _LARGEST else None


def _as_text(column):
    import pyarrow as pa

    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:  # not UTF-8
        cells = [
            None if cell is None else cell.decode("utf-8", errors="replace")
            for cell in column.to_pylist()
        ]
        return pa.array(cells, pa.string())


def _integers(text):
    """Return the cells as integers, None if one is something else."""
    import pyarrow as pa

    try:
        numbers = text.cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    return numbers.fill_null(-1).to_numpy(zero_copy_only=False)


def _numbers(text):
    """Return the cells as finite numbers, None if one is something else."""
    import pyarrow as pa

    try:
        numbers = text.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    cells = numbers.to_numpy(zero_copy_only=False)
    unusual = np.count_nonzero(~np.isfinite(cells)) - numbers.null_count
    return cells.astype(np.float64, copy=False) if unusual == 0 else None


def _times(text):
    """Return the cells as times, None if one is something else."""
    import pyarrow as pa

    said = text.drop_null()
    first = said[0].as_py() if len(said) else ""
    zone = "UTC" if _HAS_ZONE.search(first) else None
    try:
        times = text.cast(pa.timestamp("us", tz=zone))
    except pa.ArrowInvalid:
        return None
    numbers = times.cast(pa.int64()).fill_null(np.iinfo(np.int64).min)
    return numbers.to_numpy(zero_copy_only=False).view("datetime64[us]")


_FAST = {"integer": _integers, "number": _numbers, "time": _times}
