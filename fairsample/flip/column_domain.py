"""What is publicly known of one column."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from fairsample.encoding.json_types import (
    is_json_scalar,
    scalar_from_json,
    scalar_to_json,
)
from fairsample.messages import quote

__all__ = ["ColumnDomain"]

_SCALES = ("linear", "log")


@dataclass(frozen=True)
class ColumnDomain:
    """What a column may hold, as far as it is publicly known.

    Parameters
    ----------
    bounds : tuple of 2 or None
        Least and greatest value of a column of numbers, times or durations.
    categories : tuple or None
        The values, in any column but one of times. The first stands in for a value
        that is not among them where none may be missing.
    missing : bool or None
        Whether values may be missing; None if that is to be found out.
    step : number, Timedelta, str or None
        Distance of neighbouring values, which are the lower bound and whole steps
        above it. Of times a Timedelta or its text. None if that is to be found out.
    scale : {"linear", "log"}
        Whether the values spread evenly between the bounds, or crowd at the lower one.

    See Also
    --------
    TableDomain : The domains of a table's columns.

    Examples
    --------
    >>> from fairsample.flip.column_domain import ColumnDomain
    >>> ColumnDomain.from_declaration("age", {"bounds": [17, 90]}).bounds
    (17, 90)
    """

    bounds: tuple | None = None
    categories: tuple | None = None
    missing: bool | None = None
    step: object = None
    scale: str = "linear"

    @classmethod
    def from_declaration(cls, name, declaration):
        """Read what a user declared.

        Parameters
        ----------
        name : scalar
            The column, for messages.
        declaration : dict or ColumnDomain
            Some of the parameters, values as `to_json` writes them or as they are.

        Returns
        -------
        ColumnDomain

        Raises
        ------
        ValueError
            If the declaration contradicts itself. The message names the column.
        """
        if isinstance(declaration, cls):
            return declaration
        known = [entry.name for entry in dataclasses.fields(cls)]
        if not isinstance(declaration, Mapping):
            raise ValueError(
                f"The domain of column {name!r} is a dict with some of the keys "
                f"{quote(known)}, not {declaration!r}."
            )
        unknown = [key for key in declaration if key not in known]
        if unknown:
            raise ValueError(
                f"The domain of column {name!r} has unknown keys: {quote(unknown)}. "
                f"Known are {quote(known)}."
            )
        given = {key: value for key, value in declaration.items() if value is not None}
        _check_options(name, given)
        if "bounds" in given:
            given["bounds"] = _read_bounds(name, given["bounds"])
        if "categories" in given:
            given["categories"] = _read_categories(name, given["categories"])
        if "step" in given:
            given["step"] = _read_step(name, given["step"])
        return cls(**given)

    @property
    def is_complete(self):
        """Whether bounds or categories are known."""
        return self.bounds is not None or self.categories is not None

    def to_json(self):
        """Write the domain as plain JSON types, as a user would declare it.

        Returns
        -------
        dict
        """
        stored = {
            entry.name: getattr(self, entry.name)
            for entry in dataclasses.fields(self)
            if getattr(self, entry.name) != entry.default
        }
        for key in ("bounds", "categories"):
            if key in stored:
                stored[key] = [scalar_to_json(value) for value in stored[key]]
        if "step" in stored:
            stored["step"] = scalar_to_json(stored["step"])
        return stored


def _check_options(name, given):
    for key in ("bounds", "step", "scale"):
        if "categories" in given and key in given:
            raise ValueError(
                f"The domain of column {name!r} has both 'categories' and {key!r}. "
                "Leave one out."
            )
    if given.get("missing") not in (None, True, False):
        raise ValueError(
            f"'missing' of column {name!r} is true or false, not {given['missing']!r}."
        )
    if given.get("scale", "linear") not in _SCALES:
        raise ValueError(
            f"The scale of column {name!r} is one of {quote(_SCALES)}, not "
            f"{given['scale']!r}."
        )


def _read_bounds(name, bounds):
    if isinstance(bounds, str | Mapping) or not hasattr(bounds, "__len__"):
        bounds = ()
    bounds = tuple(_scalar(name, bound) for bound in bounds)
    if len(bounds) != 2:
        raise ValueError(
            f"The bounds of column {name!r} are two: the least and the greatest value."
        )
    for bound in bounds:
        if isinstance(bound, bool) or pd.isna(bound) or bound in (math.inf, -math.inf):
            raise ValueError(
                f"The bounds of column {name!r} are finite values, not {bound!r}."
            )
    check_order(name, bounds)
    return bounds


def check_order(name, bounds):
    """Refuse bounds of which the lower one is above the upper, if they compare.

    Parameters
    ----------
    name : scalar
        The column.
    bounds : tuple of 2
        Its bounds.

    Raises
    ------
    ValueError
        If the lower one is above the upper one.
    """
    try:
        is_reversed = bounds[0] > bounds[1]
    except TypeError:
        raise ValueError(
            f"The bounds {list(bounds)!r} of column {name!r} are of two types."
        ) from None
    if is_reversed:
        raise ValueError(
            f"The lower bound {bounds[0]!r} of column {name!r} is above the upper one, "
            f"{bounds[1]!r}. Swap them."
        )


def _read_categories(name, categories):
    if isinstance(categories, str | Mapping) or not hasattr(categories, "__iter__"):
        raise ValueError(
            f"The categories of column {name!r} are a list, not {categories!r}."
        )
    categories = tuple(_scalar(name, category) for category in categories)
    if not categories:
        raise ValueError(
            f"The categories of column {name!r} are empty. List its values."
        )
    seen = set()
    for category in categories:
        if pd.isna(category):
            raise ValueError(
                f"{category!r} is no category of column {name!r}. Leave it out and "
                "declare 'missing': true."
            )
        key = isinstance(category, bool), category
        if key in seen:
            raise ValueError(
                f"Category {category!r} of column {name!r} is repeated. List it once."
            )
        seen.add(key)
    return categories


def _read_step(name, step):
    step = _scalar(name, step)
    try:
        is_positive = pd.Timedelta(step) > pd.Timedelta(0)
    except (TypeError, ValueError):
        is_positive = False
    if isinstance(step, int | float) and not isinstance(step, bool):
        is_positive = 0 < step < math.inf
    if not is_positive:
        raise ValueError(
            f"The step of column {name!r} is a positive number, or for times a text "
            f"such as '1D', not {step!r}."
        )
    return step


def _scalar(name, value):
    """Take a value as it is or as JSON has it, a number of numpy as Python's."""
    if isinstance(value, dict):
        value = scalar_from_json(value)
    if not is_json_scalar(value):
        raise ValueError(
            f"{value!r} in the domain of column {name!r} is no value of a table."
        )
    is_plain = hasattr(value, "dtype") and value.dtype.kind in "iufb"
    return value.item() if is_plain else value
