"""The cells of one column <-> JSON values, checked on the way back."""

import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from fairsample.encoding.dtypes import dense_dtype
from fairsample.encoding.schema import ColumnSchema

__all__ = ["JsonColumn", "RejectedRow"]

_MOST_IN_AN_ENUM = 250
_DIGITS_OF_FREE_FLOATS = 6
_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


class RejectedRow(Exception):
    """A written row is not one of the table; the message is the reason."""


@dataclass(frozen=True)
class JsonColumn:
    """How the cells of a column are written as JSON values, and read back.

    A value that is read back is one that could occur: a known category, or a number or
    time within the range of the training values and with no more decimals than they
    have.

    Parameters
    ----------
    schema : ColumnSchema
        What the column is.
    name : str
        What the column is called in JSON.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.language_models.json_cells import JsonColumn
    >>> from fairsample.encoding import ColumnSchema
    >>> ages = pd.Series([31, None, 52], dtype="Int64", name="age")
    >>> column = JsonColumn(ColumnSchema.from_series(ages), "age")
    >>> column.write(ages)
    [31, None, 52]
    >>> column.read(53)
    Traceback (most recent call last):
    ...
    fairsample.language_models.json_cells.RejectedRow: outside the range
    """

    schema: ColumnSchema
    name: str

    @cached_property
    def labels(self):
        """What stands for each category in JSON, no two alike; None for numbers."""
        if self.schema.categories is None:
            return None
        labels, written = [], set()
        for cell in self.schema.categories:
            label = cell if type(cell) in _JSON_TYPES else str(cell)
            if json.dumps(label) in written:
                label = f"{label} ({len(labels)})"
            written.add(json.dumps(label))
            labels.append(label)
        return labels

    @cached_property
    def _positions(self):
        return {json.dumps(label): i for i, label in enumerate(self.labels)}

    @cached_property
    def _range(self):
        ends = self.schema.minimum, self.schema.maximum
        return [end.item() if isinstance(end, np.generic) else end for end in ends]

    @cached_property
    def _is_whole(self):
        """Whether numbers are whole, times whole days."""
        if self.schema.kind == "datetime":
            return all(end == end.normalize() for end in self._range)
        return self.schema.decimals == 0

    def value_schema(self, *, as_enum=True):
        """Give the JSON schema of a cell.

        Parameters
        ----------
        as_enum : bool, default=True
            Whether categories are listed.

        Returns
        -------
        dict
            Of the subset of JSON schema that servers share: a type and an enum.
        """
        types = {"numeric": "integer" if self._is_whole else "number"}
        if self.labels is None:
            types = [types.get(self.schema.kind, "string")]
        else:
            types = sorted({_JSON_TYPES[type(label)] for label in self.labels})
        nothing = ["null"] if self.schema.has_missing else []
        types = [*types, *nothing]
        schema = {"type": types if len(types) > 1 else types[0]}
        if self.labels is not None and as_enum:
            schema["enum"] = [*self.labels, *([None] if nothing else [])]
        return schema

    def describe(self):
        """Say what the column holds.

        Returns
        -------
        dict
            Plain JSON types.
        """
        words = {"name": self.name, "kind": self.schema.kind}
        if self.labels is not None:
            words["values"] = self.labels[:_MOST_IN_AN_ENUM]
        else:
            words["range"] = [self._label(end) for end in self._range]
        if self.schema.kind == "numeric" and self.schema.decimals is not None:
            words["decimals"] = self.schema.decimals
        if self.schema.kind == "timedelta":
            words["format"] = "ISO 8601 duration"
        if self.schema.has_missing:
            words["may_be_null"] = True
        return words

    def write(self, series):
        """Write cells as JSON values.

        Parameters
        ----------
        series : pandas.Series of shape (n,)
            A column like the one that was fitted.

        Returns
        -------
        list of length n
            Strings, numbers, truth values; None for a missing cell.

        Raises
        ------
        ValueError
            If a cell is no value of the column.
        """
        values, missing = self.schema.split(series)
        if self.labels is not None:
            present = iter([self.labels[position] for position in values])
        elif self.schema.kind == "numeric":
            present = map(self._label, values.tolist())
        else:
            present = map(self._label, series[~missing])
        return [None if absent else next(present) for absent in missing]

    def _label(self, value):
        if self.schema.kind == "datetime":
            return (value.date() if self._is_whole else value).isoformat()
        if self.schema.kind == "timedelta":
            return pd.Timedelta(value).isoformat()
        if self._is_whole:
            return int(value)
        if self.schema.decimals is not None:
            return round(float(value), self.schema.decimals)
        return float(f"{value:.{_DIGITS_OF_FREE_FLOATS}g}")

    def read(self, value):
        """Read a JSON value.

        Parameters
        ----------
        value : str, bool, int, float, None, list or dict
            What an answer holds.

        Returns
        -------
        int, float, Timestamp, Timedelta or None
            A number or time, the position of a category, or None for a missing cell.

        Raises
        ------
        RejectedRow
            If it is no value of the column.
        """
        if value is None:
            if not self.schema.has_missing:
                raise RejectedRow("missing value where none is missing")
            return None
        if self.labels is not None:
            return self._read_category(value)
        if self.schema.kind == "numeric":
            return self._read_number(value)
        time = self._read_time(value)
        if not self._range[0] <= time <= self._range[1]:
            raise RejectedRow("outside the range")
        return time

    def _read_category(self, value):
        if isinstance(value, list | dict):
            raise RejectedRow("value of another type")
        position = self._positions.get(json.dumps(value))
        if position is None and isinstance(value, float) and value.is_integer():
            position = self._positions.get(json.dumps(int(value)))
        if position is None:
            raise RejectedRow("unknown category")
        return position

    def _read_number(self, value):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RejectedRow("value of another type")
        (low, high), shown = self._range, map(self._label, self._range)
        # The ends that were shown are rounded, and may lie a little outside.
        if not min(low, next(shown)) <= value <= max(high, next(shown)):
            raise RejectedRow("outside the range")
        if self._is_whole:
            if value != int(value):
                raise RejectedRow("value of another type")
            return int(value)
        if self.schema.decimals is not None:
            value = round(float(value), self.schema.decimals)
        return min(max(float(value), low), high)

    def _read_time(self, value):
        if not isinstance(value, str):
            raise RejectedRow("value of another type")
        reader = pd.Timedelta if self.schema.kind == "timedelta" else pd.Timestamp
        try:
            time = reader(value)
            zone = getattr(dense_dtype(self.schema.dtype), "tz", None)
            if zone is not None:
                known = time.tzinfo is not None
                time = time.tz_convert(zone) if known else time.tz_localize(zone)
            elif getattr(time, "tzinfo", None) is not None:
                time = time.tz_localize(None)
        except (ValueError, OverflowError, TypeError):
            raise RejectedRow("value of another type") from None
        if time is pd.NaT:
            raise RejectedRow("value of another type")
        return time

    def join(self, cells):
        """Put read values into an array of the column's dtype.

        Parameters
        ----------
        cells : list of length n
            What `read` gave.

        Returns
        -------
        numpy.ndarray or pandas.api.extensions.ExtensionArray of shape (n,)
        """
        missing = np.array([cell is None for cell in cells], dtype=bool)
        present = [cell for cell in cells if cell is not None]
        if self.schema.kind in ("datetime", "timedelta"):
            dense = dense_dtype(self.schema.dtype)
            times = pd.Series(present, dtype=None if present else dense)
            values, _ = self.schema.split(times.astype(dense))
        elif self.labels is not None:
            values = np.array(present, dtype=np.int64)
        else:
            dense = dense_dtype(self.schema.dtype)
            values = np.array(present, dtype=getattr(dense, "numpy_dtype", dense))
        return self.schema.join(values, missing)
