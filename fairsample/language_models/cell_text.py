"""The text of the cells of one column: JSON values in one form each."""

import json
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairsample.encoding.dtypes import dense_dtype
from fairsample.encoding.schema import ColumnSchema

__all__ = ["MISSING", "ColumnText"]

MISSING = "null"
_SIGNIFICANT_DIGITS = 4
_MOST_DIGITS = 15
_MOST_DECIMALS = 9
_RESOLUTIONS = ("D", "h", "m", "s", "ms", "us", "ns")


@dataclass(frozen=True)
class ColumnText:
    """How the cells of a column are written, in one way each.

    Numbers have the decimals that the column has; those with more than six keep about
    four significant digits, and reading draws the rest. Datetimes are ISO 8601 at the
    column's resolution, timedeltas counts of it. A missing value is null.

    Parameters
    ----------
    column : ColumnSchema
        What the column is.
    levels : tuple of str or None
        The text of every value that may be written; None for all between the bounds.
    bounds : tuple of str or None
        The text of the least and the greatest number or time; None for other kinds.
    exponent : int or None
        Power of ten that numbers are multiples of; None for numbers that are written
        in full, and for other kinds.
    resolution : str or None
        Numpy's name of the unit that times are multiples of.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.language_models.cell_text import ColumnText
    >>> from fairsample.encoding import ColumnSchema
    >>> days = pd.Series(pd.to_datetime(["2024-02-29", None, "2024-03-01"]))
    >>> text = ColumnText.from_series(days, ColumnSchema.from_series(days))
    >>> list(text.write(days))
    ['"2024-02-29"', 'null', '"2024-03-01"']
    >>> text.read(['"2024-03-01"']).to_list()
    [Timestamp('2024-03-01 00:00:00')]
    """

    column: ColumnSchema
    levels: tuple | None = None
    bounds: tuple | None = None
    exponent: int | None = None
    resolution: str | None = None

    @classmethod
    def from_series(cls, series, column, max_levels=128):
        """Choose how a column is written.

        Parameters
        ----------
        series : pandas.Series of shape (n,)
            The column.
        column : ColumnSchema
            Its schema.
        max_levels : int, default=128
            Up to this many distinct numbers or times are the only ones.

        Returns
        -------
        ColumnText
        """
        if column.is_all_missing:
            return cls(column, levels=())
        if column.categories is not None:
            return cls(column, levels=_category_texts(column.categories))
        values = np.unique(column.split(series)[0])
        few = len(values) <= max_levels
        if column.kind == "numeric":
            exponent = _exponent_of(values, column.decimals, few)
            text = cls(column, exponent=exponent)
        else:
            text = cls(column, resolution=_resolution_of(values, column.dtype))
        ends = text._value_texts(values[[0, -1]])
        levels = tuple(text._value_texts(values)) if few else None
        return cls(column, levels, tuple(ends), text.exponent, text.resolution)

    @property
    def is_coarse(self):
        """Whether numbers are written with fewer digits than they have."""
        return (
            self.column.kind == "numeric"
            and self.column.decimals is None
            and self.exponent is not None
        )

    def write(self, series):
        """Write cells.

        Parameters
        ----------
        series : pandas.Series of shape (n,)
            A column like the one that was fitted.

        Returns
        -------
        texts : ndarray of str of shape (n,)

        Raises
        ------
        ValueError
            If a category was never seen, a value is of another kind, or one is missing
            where none was.
        """
        values, missing = self.column.split(series)
        if missing.any() and not self.column.has_missing:
            raise ValueError(
                f"Column {self.column.name!r} has missing values, and had none in the "
                "fitted frame. Impute them, or fit on a frame with some."
            )
        texts = np.full(len(missing), MISSING, dtype=object)
        if self.column.categories is None:
            texts[~missing] = self._value_texts(values)
        elif len(values):
            texts[~missing] = np.array(self.levels, dtype=object)[values]
        return texts

    def _value_texts(self, values):
        """Write numbers or ticks: list of str."""
        if not len(values):
            return []
        if self.column.kind != "numeric":
            ticks = values.astype(f"{self._dtype.kind}8[{self._unit}]")
            times = ticks.astype(f"{self._dtype.kind}8[{self.resolution}]")
            if self._counts_times(times):
                return [str(count) for count in times.astype(np.int64).tolist()]
            iso = np.datetime_as_string(times)
            return [f'"{text}"' for text in iso.tolist()]
        if self.exponent is None:
            return [str(value) for value in values + 0.0]  # never -0.0
        if values.dtype.kind == "f":
            values = np.rint(values.astype(np.float64) * 10.0**-self.exponent)
        return [_decimal(int(count), self.exponent) for count in values.tolist()]

    def _counts_times(self, times):
        """Whether times are written as counts, having no four digits for the year."""
        if self._dtype.kind == "m":
            return True
        if self.bounds is not None:
            return not self.bounds[0].startswith('"')
        years = times.astype("M8[Y]").astype(np.int64) + 1970
        return not ((years >= 1) & (years <= 9999)).all()

    def read(self, texts, random_state=None):
        """Read cells.

        Parameters
        ----------
        texts : sequence of str, length n
            What `write` gives.
        random_state : RandomState instance, default=None
            Draws the digits that were not written; None leaves them 0.

        Returns
        -------
        pandas.Series of shape (n,)
            A column of the fitted dtype, without a name.

        Raises
        ------
        ValueError
            If a text stands for no value of the column.
        """
        missing = np.array([text == MISSING for text in texts], dtype=bool)
        present = [text for text in texts if text != MISSING]
        if missing.any() and not self.column.has_missing:
            raise ValueError(f"Column {self.column.name!r} holds no missing values.")
        if self.levels is not None:
            codes = {text: code for code, text in enumerate(self.levels)}
            for text in present:
                if text not in codes:
                    raise ValueError(
                        f"Column {self.column.name!r} holds no {text}; it holds "
                        f"{', '.join(list(codes)[:10])}."
                    )
        if self.column.categories is not None:
            values = np.array([codes[text] for text in present], dtype=np.int64)
        else:
            values = self._values_of(present)
        if self.is_coarse:
            values = self._with_digits(values, random_state)
        return pd.Series(self.column.join(values, missing), dtype=self.column.dtype)

    def _values_of(self, texts):
        """Read numbers or ticks, and check that they lie within the bounds."""
        if not texts:
            return np.empty(0, dtype=np.int64)
        try:
            values = self._parsed(texts)
        except (ValueError, OverflowError):
            raise ValueError(
                f"Column {self.column.name!r} holds {self.column.kind} values, not "
                f"all of {', '.join(texts[:5])}."
            ) from None
        low, high = self._parsed(self.bounds)
        for text, value in zip(texts, values.tolist(), strict=True):
            if not low <= value <= high:
                raise ValueError(
                    f"Column {self.column.name!r} holds no {text}; it lies between "
                    f"{self.bounds[0]} and {self.bounds[1]}."
                )
        return values

    def _parsed(self, texts):
        if self.column.kind == "numeric":
            if self._dtype.kind == "f":
                return np.array([float(text) for text in texts], dtype=np.float64)
            dtype = np.uint64 if self._dtype.kind == "u" else np.int64
            return np.array([int(text) for text in texts], dtype=dtype)
        counts = [
            np.datetime64(text.strip('"'), self.resolution)
            if text.startswith('"')
            else np.int64(text)
            for text in texts
        ]
        kind = self._dtype.kind
        times = np.array(counts, dtype=f"{kind}8[{self.resolution}]")
        return times.astype(f"{kind}8[{self._unit}]").astype(np.int64)

    def _with_digits(self, values, random_state):
        if random_state is not None:
            half = 0.5 * 10.0**self.exponent
            values = values + random_state.uniform(-half, half, len(values))
        low, high = float(self.column.minimum), float(self.column.maximum)
        return np.clip(values, low, high)

    @property
    def _dtype(self):
        return dense_dtype(self.column.dtype)

    @property
    def _unit(self):
        return _unit_of(self._dtype)

    def to_json(self):
        """Write everything but the schema as plain JSON types: dict."""
        return {
            "levels": None if self.levels is None else list(self.levels),
            "bounds": None if self.bounds is None else list(self.bounds),
            "exponent": self.exponent,
            "resolution": self.resolution,
        }

    @classmethod
    def from_json(cls, column, stored):
        """Read what `to_json` wrote, given the schema."""
        tuples = {
            name: None if stored[name] is None else tuple(stored[name])
            for name in ("levels", "bounds")
        }
        return cls(column, **stored | tuples)


def _category_texts(cells):
    """Write categories, each in another way: tuple of str."""
    texts = {}
    for place, cell in enumerate(cells):
        text = _category_text(cell)
        if text in texts:
            named = f"{cell} ({type(cell).__name__} {place})"
            text = json.dumps(named, ensure_ascii=not _is_unicode(named))
        texts[text] = cell
    return tuple(texts)


def _category_text(cell):
    plain = type(cell) in (str, bool, int) or (
        type(cell) is float and math.isfinite(cell)
    )
    text = cell if plain else str(cell)
    escaped = isinstance(text, str) and not _is_unicode(text)
    return json.dumps(text, ensure_ascii=escaped)


def _is_unicode(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decimal(count, exponent):
    """Write count * 10**exponent, with all decimals or with an exponent."""
    if exponent == 0:
        return str(count)
    if exponent > 0 or exponent < -_MOST_DECIMALS:
        return f"{count}e{exponent}"
    digits = str(abs(count)).zfill(1 - exponent)
    return f"{'-' * (count < 0)}{digits[:exponent]}.{digits[exponent:]}"


def _exponent_of(values, decimals, few):
    """Choose the power of ten that numbers are written in multiples of."""
    if decimals is not None:
        return -decimals
    if few:
        return None
    values = values.astype(np.float64)
    # Halves, since the whole range of float64 is no float64.
    low, high = np.quantile(values / 2, [0.1, 0.9])
    greatest = np.abs(values).max()
    spread = 2 * min(high - low, np.finfo(float).max / 4) or greatest
    finest = math.floor(math.log10(greatest)) + 1 - _MOST_DIGITS
    wanted = math.floor(math.log10(spread)) + 1 - _SIGNIFICANT_DIGITS
    return max(finest, wanted, -300)


def _resolution_of(ticks, dtype):
    """Choose the coarsest unit that all times are multiples of."""
    dtype = dense_dtype(dtype)
    times = ticks.astype(f"{dtype.kind}8[{_unit_of(dtype)}]")
    for unit in _RESOLUTIONS:
        if unit != "h" or dtype.kind == "m":
            coarse = times.astype(f"{dtype.kind}8[{unit}]")
            if (coarse.astype(times.dtype) == times).all():
                return unit
    return _unit_of(dtype)


def _unit_of(dtype):
    return dtype.unit if hasattr(dtype, "unit") else np.datetime_data(dtype)[0]
