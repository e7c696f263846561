"""What may be written in each column of a row, as regular expressions."""

import re

from fairsample.language_models.cell_text import MISSING

__all__ = ["RowGrammar", "column_patterns", "number_pattern", "time_pattern"]

_YEAR = r"[0-9]{4}"
_LEAP_YEAR = (
    r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|"
    r"(?:[02468][048]|[13579][26])00)"
)
_DATE = (
    rf"(?:{_YEAR}-(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|"
    rf"{_YEAR}-(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|"
    rf"{_YEAR}-02-(?:0[1-9]|1[0-9]|2[0-8])|{_LEAP_YEAR}-02-29)"
)
_CLOCK = r"(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?)?"
_CALENDAR = f'"{_DATE}{_CLOCK}"'


class RowGrammar:
    """The grammar of a table's rows, one column at a time.

    The keys of a row are fixed, so only values are left to be written: a category that
    occurred, a number within the bounds and with the decimals of its column, a time
    within the bounds, or null where values were missing. Each value ends with the comma
    or brace that follows it, so that its end is seen.

    Parameters
    ----------
    text : RowText
        How rows are written.

    Examples
    --------
    >>> import re
    >>> import pandas as pd
    >>> from fairsample.language_models.row_grammar import RowGrammar
    >>> from fairsample.language_models.row_text import RowText
    >>> frame = pd.DataFrame({"age": range(18, 90, 3), "sex": ["F", None] * 12})
    >>> grammar = RowGrammar(RowText.from_frame(frame, max_levels=2))
    >>> grammar.matches(0, " 44,"), grammar.matches(0, " 88,")
    (True, False)
    >>> grammar.matches(1, " null}"), grammar.matches(1, ' "M"}')
    (True, False)
    """

    def __init__(self, text):
        self.text = text

    def patterns(self, position):
        """Give regular expressions that the piece of a value matches, all of them.

        Parameters
        ----------
        position : int
            Which column.

        Returns
        -------
        tuple of str
        """
        column, end = self.text.columns[position], re.escape(self.text.end(position))
        return tuple(f" (?:{pattern}){end}" for pattern in column_patterns(column))

    def matches(self, position, piece):
        """Whether a text is the piece of a value."""
        return all(re.fullmatch(p, piece) for p in self.patterns(position))

    def lark(self, position):
        """Give the grammar of the piece of a value, in llguidance's variant of Lark."""
        patterns = [
            pattern.replace("/", r"\/").replace("\n", r"\n")
            for pattern in self.patterns(position)
        ]
        return f"start: VALUE\nVALUE: {' & '.join(f'/{p}/' for p in patterns)}\n"


def column_patterns(text):
    """Give regular expressions that a column's values match, all of them.

    Parameters
    ----------
    text : ColumnText
        How the column is written.

    Returns
    -------
    patterns : tuple of str
    """
    missing = [MISSING] if text.column.has_missing else []
    if text.levels is not None:
        return ("|".join([*map(re.escape, text.levels), *missing]),)
    low, high = text.bounds
    if low.startswith('"'):
        between = time_pattern(low, high)
        return tuple("|".join([p, *missing]) for p in (between, _CALENDAR))
    return ("|".join([number_pattern(low, high), *missing]),)


def number_pattern(low, high):
    r"""Match the numbers between two, written with as many decimals as they are.

    Parameters
    ----------
    low, high : str
        Numbers like ``"-3"``, ``"0.25"`` or ``"12e-15"``; of one form.

    Returns
    -------
    pattern : str
        Of a number without leading zeros, and without a negative zero.

    Examples
    --------
    >>> from fairsample.language_models.row_grammar import number_pattern
    >>> number_pattern("18", "90")
    '1[8-9]|[2-8][0-9]|90'
    >>> number_pattern("-0.5", "1.5")
    '\\-0\\.[1-5]|0\\.[0-9]|1\\.[0-5]'
    """
    mantissa, _, exponent = low.partition("e")
    n_decimals = len(mantissa.partition(".")[2])
    suffix = re.escape(f"e{exponent}") if exponent else ""
    low, high = (int(text.partition("e")[0].replace(".", "")) for text in (low, high))
    magnitudes = []
    if low < 0:
        magnitudes.append((r"\-", max(1, -high), -low))
    if high >= 0:
        magnitudes.append(("", max(0, low), high))
    parts = []
    for sign, least, greatest in magnitudes:
        for digits in _digits_between(least, greatest, n_decimals + 1):
            if n_decimals:
                digits = (*digits[:-n_decimals], r"\.", *digits[-n_decimals:])
            parts.append(sign + "".join(digits) + suffix)
    return "|".join(parts)


def time_pattern(low, high):
    r"""Match the times between two; that they are in the calendar is not said.

    Parameters
    ----------
    low, high : str
        ISO 8601 of one length, in quotes.

    Returns
    -------
    pattern : str

    Examples
    --------
    >>> from fairsample.language_models.row_grammar import time_pattern
    >>> time_pattern('"2024-11"', '"2025-12"')
    '"2024\\-1[1-9]"|"2024\\-[2-9][0-9]"|"2025\\-0[0-9]"|"2025\\-1[0-2]"'
    """
    only_digits = ["".join(filter(str.isdigit, text)) for text in (low, high)]
    parts = []
    for digits in _digits_of_one_length(*only_digits):
        left = iter(digits)
        parts.append("".join(next(left) if c.isdigit() else re.escape(c) for c in low))
    return "|".join(parts)


def _digits_between(least, greatest, n_digits):
    """Match counts between two, by digits: with no more zeros in front than needed."""
    found = []
    for length in range(n_digits, max(n_digits, len(str(greatest))) + 1):
        start = 0 if length == n_digits else 10 ** (length - 1)
        low, high = max(least, start), min(greatest, 10**length - 1)
        if low <= high:
            ends = str(low).zfill(length), str(high).zfill(length)
            found += _digits_of_one_length(*ends)
    return found


def _digits_of_one_length(low, high):
    """Match what lies between two strings of digits: list of tuples of classes."""
    if set(low) <= {"0"} and set(high) <= {"9"}:
        return [("[0-9]",) * len(low)]
    first, last, rest = low[0], high[0], len(low) - 1
    if first == last:
        return [(first, *tail) for tail in _digits_of_one_length(low[1:], high[1:])]
    found, start, end = [], int(first), int(last)
    if set(low[1:]) - {"0"}:
        tails = _digits_of_one_length(low[1:], "9" * rest)
        found += [(first, *tail) for tail in tails]
        start += 1
    if set(high[1:]) - {"9"}:
        end -= 1
    if start <= end:
        between = str(start) if start == end else f"[{start}-{end}]"
        found.append((between, *("[0-9]",) * rest))
    if end < int(last):
        tails = _digits_of_one_length("0" * rest, high[1:])
        found += [(last, *tail) for tail in tails]
    return found
