"""Which levels of a sensitive attribute are held against each other."""

from dataclasses import dataclass

import numpy as np

from fairsample.messages import quote

__all__ = [
    "Contrast",
    "compared_in_words",
    "contrasts_of_levels",
    "read_comparison",
    "read_level",
]

_EACH = "each"
_REST = "rest"


@dataclass(frozen=True)
class Contrast:
    """Two sides of a sensitive attribute that are held against each other.

    Parameters
    ----------
    name : str
        What it is called, as "Female against Male".
    baseline : scalar or tuple
        The level on one side; a tuple for several sensitive columns.
    comparisons : tuple
        The level on the other side, or the levels that are pooled there.

    See Also
    --------
    StandardFairnessModel.contrasts : Makes the contrasts of a model.

    Examples
    --------
    >>> from fairsample.causal.contrasts import Contrast
    >>> Contrast("Female against Male", baseline="Male", comparisons=("Female",))
    Contrast(name='Female against Male', baseline='Male', comparisons=('Female',))
    """

    name: str
    baseline: object
    comparisons: tuple


def contrasts_of_levels(sensitive, levels, baseline, comparison, counts=None):
    """Resolve what is to be compared against the levels that there are.

    Parameters
    ----------
    sensitive : str
        What messages call the sensitive attribute.
    levels : sequence
        The levels in the data, in any order.
    baseline : scalar, tuple or None
        The level to compare with.
    comparison : tuple of levels, "each", "rest" or None
        The levels to compare, each against the baseline.
    counts : sequence of int, default=None
        Rows of each level; they make messages clearer.

    Returns
    -------
    list of Contrast
        One for each comparison. Two levels need nothing named: the first in sorted
        order is then the baseline, of truth values False.

    Raises
    ------
    ValueError
        If there are fewer than two levels, or more than two and it is not said which
        to compare; if a level is not there.

    Examples
    --------
    >>> from fairsample.causal.contrasts import contrasts_of_levels
    >>> [contrast.name for contrast in contrasts_of_levels("sex", "MF", None, None)]
    ['M against F']
    """
    levels = list(levels)
    listed = _listed(levels, counts)
    if len(levels) < 2:
        raise ValueError(
            f"Sensitive attribute {sensitive} has one level only, {listed}. There is "
            "nothing to compare: choose an attribute that varies."
        )
    named = comparison if isinstance(comparison, tuple) else ()
    wanted = named if baseline is None else (baseline, *named)
    unknown = [level for level in wanted if level not in levels]
    if unknown:
        raise ValueError(
            f"baseline and comparison name {quote(unknown)}, which is no level of the "
            f"sensitive attribute {sensitive}. Its levels are {listed}."
        )
    if isinstance(comparison, str) and comparison in levels:
        raise ValueError(
            f"comparison={comparison!r} is a level of {sensitive} and also a word for "
            f"several levels. Write [{comparison!r}] for the level, or rename it."
        )
    if baseline is None:
        baseline = _only_baseline(sensitive, levels, named, listed, counts)
    others = [level for level in _sorted(levels) if level != baseline]
    if comparison is None and len(others) > 1:
        raise _nothing_named(sensitive, listed, baseline, others)
    if comparison == _REST and len(others) > 1:
        name = f"all others against {_in_words(baseline)}"
        return [Contrast(name, baseline, tuple(others))]
    return [
        Contrast(
            f"{_in_words(level)} against {_in_words(baseline)}", baseline, (level,)
        )
        for level in named or others
    ]


def _only_baseline(sensitive, levels, named, listed, counts):
    """Find the baseline where the levels leave no choice."""
    if len(levels) > 2:
        largest = levels[0]
        if counts is not None:
            largest = max(zip(counts, levels, strict=True), key=lambda one: one[0])[1]
        others = [level for level in levels if level != largest]
        raise _nothing_named(sensitive, listed, largest, others)
    if len(named) > 1:
        raise ValueError(
            f"comparison names both levels of {sensitive}, {listed}; name the one that "
            "is to be compared with the other."
        )
    return next(level for level in _sorted(levels) if level not in named)


def _nothing_named(sensitive, listed, baseline, others):
    return ValueError(
        f"Sensitive attribute {sensitive} has more than two levels, {listed}. Say "
        "which to compare in the StandardFairnessModel: for example "
        f"baseline={baseline!r} with comparison={others[0]!r} for one level, a list "
        f"for several or {_EACH!r} for all, each against the baseline, or {_REST!r} "
        "for all others pooled."
    )


def _listed(levels, counts):
    if counts is None:
        return quote(levels)
    named = [
        f"{level!r} ({count:,} rows)"
        for level, count in zip(levels, counts, strict=True)
    ]
    shown = ", ".join(named[:10])
    return shown if len(named) <= 10 else f"{shown} and {len(named) - 10} more"


def _sorted(levels):
    try:
        return sorted(levels)
    except TypeError:
        return sorted(levels, key=lambda level: (type(level).__name__, str(level)))


def compared_in_words(baseline, comparison):
    """Say which levels are compared before it is known what levels there are.

    Parameters
    ----------
    baseline, comparison : object
        As `read_level` and `read_comparison` return them.

    Returns
    -------
    str

    Examples
    --------
    >>> from fairsample.causal.contrasts import compared_in_words
    >>> compared_in_words("White", "rest")
    'all other levels pooled against White'
    """
    against = "the other level" if baseline is None else _in_words(baseline)
    if comparison is None and baseline is None:
        return "its two levels against each other"
    if comparison is None:
        compared = "the other level"
    elif comparison == _REST:
        compared = "all other levels pooled"
    elif comparison == _EACH:
        compared = "each other level"
    else:
        compared = "; ".join(map(_in_words, comparison))
    return f"{compared} against {against}"


def read_level(level, sensitive, name):
    """Bring a level to the form that groups have.

    Parameters
    ----------
    level : scalar, sequence or None
        The level.
    sensitive : tuple of str
        The sensitive columns.
    name : str
        The parameter, for messages.

    Returns
    -------
    scalar, tuple or None
        A tuple for several sensitive columns.

    Raises
    ------
    ValueError
        If there is not one value for each sensitive column.

    Examples
    --------
    >>> from fairsample.causal.contrasts import read_level
    >>> read_level(["Black", "F"], ("race", "sex"), "baseline")
    ('Black', 'F')
    """
    if level is None:
        return None
    nested = isinstance(level, list | tuple | np.ndarray)
    parts = tuple(map(_python_scalar, level if nested else [level]))
    if nested != (len(sensitive) > 1) or len(parts) != len(sensitive):
        form = "one value"
        if len(sensitive) > 1:
            form = f"a tuple of {len(sensitive)} values"
        raise ValueError(
            f"{name} has {level!r}; a level of {quote(sensitive)} is {form}."
        )
    return parts if nested else parts[0]


def read_comparison(comparison, sensitive):
    """Bring to one form what is to be compared with the baseline.

    Parameters
    ----------
    comparison : scalar, tuple, list of levels, "each", "rest" or None
        As `StandardFairnessModel` takes it.
    sensitive : tuple of str
        The sensitive columns.

    Returns
    -------
    tuple of levels, "each", "rest" or None

    Raises
    ------
    ValueError
        If a level does not suit the sensitive columns, or is named twice.

    Examples
    --------
    >>> from fairsample.causal.contrasts import read_comparison
    >>> read_comparison("Black", ("race",))
    ('Black',)
    """
    if comparison is None:
        return None
    if isinstance(comparison, str) and comparison in (_EACH, _REST):
        return comparison
    several = isinstance(comparison, list | tuple | np.ndarray)
    if several and len(sensitive) > 1:
        several = all(isinstance(level, list | tuple) for level in comparison)
    if several and len(comparison) == 0:
        raise ValueError(f"comparison is empty; name a level, {_EACH!r} or {_REST!r}.")
    levels = tuple(
        read_level(level, sensitive, "comparison")
        for level in (comparison if several else [comparison])
    )
    if len(set(levels)) < len(levels):
        raise ValueError(f"comparison names a level twice: {quote(levels)}.")
    return levels


def _python_scalar(value):
    return value.item() if isinstance(value, np.generic) else value


def _in_words(level):
    return ", ".join(map(str, level)) if isinstance(level, tuple) else str(level)
