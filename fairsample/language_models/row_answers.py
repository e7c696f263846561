"""What a language model answered -> rows that may be kept, the rest by reason."""

import json
import re
from collections import Counter

from fairsample.language_models.json_cells import RejectedRow
from fairsample.language_models.row_schema import OTHER_FIELDS

__all__ = ["NO_ROW", "answered_objects", "read_answer"]

_UNREADABLE = "unreadable answer"
NO_ROW = frozenset({_UNREADABLE, OTHER_FIELDS})  # reasons: the format was not followed

_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_MOST_STARTS = 20
_BETWEEN_ROWS = " \t\r\n,"


def read_answer(text, schema, names, n_asked, *, numbered):
    """Read the rows of an answer, and drop whatever is none.

    Parameters
    ----------
    text : str
        The answer, which may be anything.
    schema : RowSchema
        What rows are.
    names : list
        The columns that were asked for.
    n_asked : int
        How many rows were.
    numbered : bool
        Whether rows have numbers from 1 on. Two different rows of one number are
        dropped both, since it cannot be known which of them is meant.

    Returns
    -------
    rows : dict of int to list
        Cells by the row's number, or by the order of rows without numbers.
    rejected : collections.Counter
        How many rows were not written, or were but are dropped, by reason.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.language_models.row_answers import read_answer
    >>> from fairsample.language_models.row_schema import RowSchema
    >>> schema = RowSchema(pd.DataFrame({"age": [31, 52]}))
    >>> answer = '{"rows": [{"age": 40}, {"age": 90}, {"a'
    >>> read_answer(answer, schema, ["age"], 3, numbered=False)
    ({1: [40]}, Counter({'outside the range': 1, 'not written': 1}))
    """
    objects = answered_objects(text)
    if objects is None:
        return {}, Counter({_UNREADABLE: n_asked})
    rows, rejected, ambiguous = {}, Counter(), set()
    for written in objects:
        try:
            number, cells = _read_row(written, schema, names, numbered)
        except RejectedRow as reason:
            rejected[str(reason)] += 1
            continue
        number = len(rows) + 1 if number is None else number
        if not 1 <= number <= n_asked:
            rejected["not asked for"] += 1
        elif number in rows:
            rejected["number written twice"] += 1
            if rows[number] != cells:
                ambiguous.add(number)
        else:
            rows[number] = cells
    for number in ambiguous:
        del rows[number]
        rejected["number written twice"] += 1
    if len(objects) < n_asked:
        rejected["not written"] += n_asked - len(objects)
    return rows, rejected


def _read_row(written, schema, names, numbered):
    if not numbered:
        return None, schema.read_row(written, names)
    if not isinstance(written, dict) or schema.number_field not in written:
        raise RejectedRow(OTHER_FIELDS)
    fields = dict(written)
    number = fields.pop(schema.number_field)
    if type(number) is not int:
        raise RejectedRow("not asked for")
    return number, schema.read_row(fields, names)


def answered_objects(text):
    """Find the rows in an answer: in bare JSON, among words, or cut off.

    Parameters
    ----------
    text : str
        The answer.

    Returns
    -------
    list or None
        What stands where rows should stand; None if nothing can be read.

    Examples
    --------
    >>> from fairsample.language_models.row_answers import answered_objects
    >>> answered_objects('Here you are: [{"age": 40}]. Anything else?')
    [{'age': 40}]
    >>> answered_objects("I cannot do that.") is None
    True
    """
    text = _THOUGHTS.sub("", text)
    starts = [found.start() for found in re.finditer(r"[\[{]", text)]
    for start in starts[:_MOST_STARTS]:
        whole = _decoded(text, start)
        if whole is not None:
            rows = _rows_in(whole[0])
            if rows is not None:
                return rows
        elif text[start] == "[":
            rows = _rows_before_the_cut(text, start + 1)
            if rows:
                return rows
    return None


def _rows_in(value):
    if isinstance(value, list):
        return value if any(isinstance(row, dict) for row in value) else None
    for rows in (value.get("rows"), *value.values()):
        if isinstance(rows, list):
            return rows
    return [value] if value else None


def _rows_before_the_cut(text, start):
    """Read objects one by one until one is not complete."""
    rows = []
    while True:
        while start < len(text) and text[start] in _BETWEEN_ROWS:
            start += 1
        decoded = _decoded(text, start) if text[start : start + 1] == "{" else None
        if decoded is None:
            return rows
        row, start = decoded
        rows.append(row)


def _decoded(text, start):
    try:
        return _STRICT.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None


def _refuse(constant):
    raise ValueError(f"{constant} is no JSON number.")


_STRICT = json.JSONDecoder(parse_constant=_refuse)
