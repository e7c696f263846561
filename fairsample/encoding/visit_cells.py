"""Cells of a visit column: one patient's visits, each visit its codes."""

from itertools import chain
from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = [
    "FlatVisits",
    "check_visit_cells",
    "find_visit_column",
    "flatten_visits",
    "is_visit_column",
    "nest_visits",
]

_SEQUENCES = (list, tuple, np.ndarray)
_REMEDY = (
    "A visit cell holds the patient's visits in time order, each visit a list of "
    "code strings, e.g. [['DX:428', 'RX:insulin'], ['DX:250']]"
)


class FlatVisits(NamedTuple):
    """The visits of many patients in three flat arrays.

    Attributes
    ----------
    codes : ndarray of shape (n_codes,), dtype object
        All codes (`str`), patient by patient and visit by visit.
    visit_ptr : ndarray of shape (n_visits + 1,), dtype int64
        The codes of visit `v` are ``codes[visit_ptr[v]:visit_ptr[v + 1]]``.
    patient_ptr : ndarray of shape (n_patients + 1,), dtype int64
        The visits of patient `p` are numbered ``patient_ptr[p]`` to
        ``patient_ptr[p + 1] - 1``.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding import flatten_visits
    >>> flat = flatten_visits(pd.Series([[["a", "b"], ["c"]], [["a"]]]))
    >>> flat.visit_ptr.tolist(), flat.patient_ptr.tolist()
    ([0, 2, 3, 4], [0, 2, 3])
    """

    codes: np.ndarray
    visit_ptr: np.ndarray
    patient_ptr: np.ndarray


def is_visit_column(column):
    """Tell whether a column holds visits.

    A column is taken for a visit column as soon as one cell is a list, tuple or
    array: no other kind of column has such cells. Whether every cell is sound is
    the question of :func:`flatten_visits`.

    Parameters
    ----------
    column : Series of shape (n_patients,)
        Any column of a frame.

    Returns
    -------
    bool
        True for a visit column.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding.visit_cells import is_visit_column
    >>> is_visit_column(pd.Series([[["DX:428"]], [["DX:250"], []]]))
    True
    >>> is_visit_column(pd.Series(["DX:428", "DX:250"]))
    False
    """
    if not (column.dtype == object or isinstance(column.dtype, pd.ArrowDtype)):
        return False
    return any(isinstance(cell, _SEQUENCES) for cell in column.tolist())


def find_visit_column(frame):
    """Find the column that holds visits.

    Parameters
    ----------
    frame : DataFrame
        The records.

    Returns
    -------
    label or None
        The column's name.

    Raises
    ------
    ValueError
        If there are several.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding import find_visit_column
    >>> find_visit_column(pd.DataFrame({"sex": ["F"], "stays": [[["DX:428"]]]}))
    'stays'
    """
    visits = [name for name in frame.columns if is_visit_column(frame[name])]
    if len(visits) > 1:
        raise ValueError(
            f"Columns {visits} all hold visits; a record has one history. Merge them: "
            "one visit column, in which a visit lists the codes of all of them."
        )
    return visits[0] if visits else None


def flatten_visits(column):
    """Lay the visits of all patients end to end.

    Parameters
    ----------
    column : Series of shape (n_patients,)
        In each cell the patient's visits in time order, each visit a sequence of
        code strings. Lists, tuples and the arrays that Parquet gives back are all
        taken. A visit may be empty, a history may not.

    Returns
    -------
    FlatVisits
        Codes with the pointers to visits and patients.

    Raises
    ------
    ValueError
        When a cell is missing, is no nested sequence of strings, or has no visit.
        The message names the column and the row.

    See Also
    --------
    nest_visits : The way back.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding.visit_cells import flatten_visits
    >>> flat = flatten_visits(pd.Series([[["a", "b"], []], [("c",)]], name="visits"))
    >>> flat.codes.tolist()
    ['a', 'b', 'c']
    >>> flat.visit_ptr.tolist(), flat.patient_ptr.tolist()
    ([0, 2, 2, 3], [0, 2, 3])
    """
    patients = column.tolist()
    if not (_all_sequences(patients) and all(map(len, patients))):
        _refuse_first_bad_cell(column)
    visits = list(chain.from_iterable(patients))
    if not _all_sequences(visits):
        _refuse_first_bad_cell(column)
    codes = list(chain.from_iterable(visits))
    code_types = set(map(type, codes))
    if not all(issubclass(code_type, str) for code_type in code_types):
        _refuse_first_bad_cell(column)
    if code_types - {str}:
        codes = list(map(str, codes))
    return FlatVisits(
        np.array(codes, dtype=object), _pointers(visits), _pointers(patients)
    )


def nest_visits(codes, visit_ptr, patient_ptr):
    """Give every patient their visits back as nested lists.

    Parameters
    ----------
    codes : ndarray of shape (n_codes,)
        All codes, patient by patient and visit by visit.
    visit_ptr : ndarray of shape (n_visits + 1,)
        Where each visit begins in `codes`.
    patient_ptr : ndarray of shape (n_patients + 1,)
        Where each patient begins among the visits.

    Returns
    -------
    list of list of list of str
        One cell per patient.

    See Also
    --------
    flatten_visits : The way there.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.encoding.visit_cells import nest_visits
    >>> nest_visits(np.array(["a", "b", "c"], object), [0, 2, 2, 3], [0, 2, 3])
    [[['a', 'b'], []], [['c']]]
    """
    visits = _slices(np.asarray(codes, dtype=object).tolist(), visit_ptr)
    return _slices(visits, patient_ptr)


def check_visit_cells(column):
    """Validate a visit column and return its cells as plain nested lists.

    Parameters
    ----------
    column : Series of shape (n_patients,)
        A visit column, see :func:`flatten_visits`.

    Returns
    -------
    list of list of list of str
        One cell per patient, sharing no list with `column`.

    Raises
    ------
    ValueError
        As :func:`flatten_visits`.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.encoding.visit_cells import check_visit_cells
    >>> check_visit_cells(pd.Series([(("DX:428",), ())], name="visits"))
    [[['DX:428'], []]]
    """
    return nest_visits(*flatten_visits(column))


def _all_sequences(items):
    types = set(map(type, items))
    if not all(issubclass(item_type, _SEQUENCES) for item_type in types):
        return False
    arrays_present = any(issubclass(item_type, np.ndarray) for item_type in types)
    return not arrays_present or all(getattr(item, "ndim", 1) > 0 for item in items)


def _pointers(sequences):
    lengths = np.fromiter(map(len, sequences), dtype=np.int64, count=len(sequences))
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])


def _slices(items, pointers):
    bounds = np.asarray(pointers).tolist()
    return [
        items[start:stop] for start, stop in zip(bounds[:-1], bounds[1:], strict=True)
    ]


def _refuse_first_bad_cell(column):
    for row, (label, cell) in enumerate(
        zip(column.index, column.tolist(), strict=True)
    ):
        fault = _fault(cell)
        if fault:
            place = f"row {row}" if label == row else f"row {row} (index {label!r})"
            raise ValueError(f"Column {column.name!r}, {place}: {fault}")


def _fault(cell):
    if not _all_sequences([cell]):
        if pd.api.types.is_scalar(cell) and pd.isna(cell):
            return (
                "the visits are missing. Drop the patient, or give [[]] for one "
                "visit without codes."
            )
        return f"{_described(cell)} is no list of visits. {_REMEDY}."
    if len(cell) == 0:
        return (
            "the history is empty: a patient needs at least one visit. Drop the "
            "patient, or give [[]] for one visit without codes."
        )
    for number, visit in enumerate(cell):
        if not _all_sequences([visit]):
            return f"visit {number} is {_described(visit)}, no list. {_REMEDY}."
        for code in visit:
            if not isinstance(code, str):
                return (
                    f"visit {number} holds {_described(code)}, no code string. "
                    f"{_REMEDY}."
                )
    return None


def _described(thing):
    shown = repr(thing)
    if len(shown) > 60:
        shown = f"{shown[:57]}..."
    return f"{shown} ({type(thing).__name__})"
