"""Static columns <-> the events without a time of a MEDS data set."""

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

__all__ = ["as_doubles", "static_columns", "static_events"]

SEPARATOR = "//"


def static_events(statics):
    """Turn static columns into codes, with values where a column is numeric.

    Parameters
    ----------
    statics : DataFrame of shape (n_patients, n_columns)
        Columns of text, categories, truth values, dates or numbers. Missing cells
        make no event.

    Returns
    -------
    DataFrame of shape (n_events, 4)
        `patient` (the row's position), `code` (``"race//White"``, or the column's name
        where it is numeric), `numeric_value` (float32, NaN for text) and `text_value`
        (a number's digits where single precision does not hold it, else None).

    Raises
    ------
    ValueError
        If a column's name contains ``"//"``, which separates name and value.

    See Also
    --------
    static_columns : The way back.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.datasets.meds_statics import static_events
    >>> static_events(pd.DataFrame({"race": ["White", None], "age": [61, 70]}))
       patient         code  numeric_value text_value
    0        0  race//White            NaN       None
    1        0          age           61.0       None
    2        1          age           70.0       None
    """
    unclear = [name for name in statics.columns if SEPARATOR in str(name)]
    if unclear:
        raise ValueError(
            f"Columns {unclear} have {SEPARATOR!r} in their names, which separates "
            "name and value in a code. Rename them."
        )
    of_columns = [
        _events_of(str(name), column.reset_index(drop=True))
        for name, column in statics.items()
    ]
    empty = pd.DataFrame(columns=["patient", "code", "numeric_value", "text_value"])
    events = pd.concat(of_columns) if of_columns else empty
    return events.sort_values("patient", kind="stable", ignore_index=True)


def static_columns(events, n_patients):
    """Gather events without a time into one column for each name.

    A name in capital letters is written small: ``"RACE//WHITE"`` goes to column
    ``race`` as ``"WHITE"``, and ``"HEIGHT//CM"`` with a numeric value to column
    ``height cm``. The last event of a patient and name counts.

    Parameters
    ----------
    events : DataFrame of shape (n_events, 4)
        As from `static_events`, with a RangeIndex.
    n_patients : int
        The number of rows.

    Returns
    -------
    statics : DataFrame of shape (n_patients, n_columns)
        In the order in which the names first occur. Numbers are whole numbers
        (int64) where all are and none is missing; ``"True"`` and ``"False"`` are truth
        values likewise; anything else is text.
    fault : ndarray of str of shape (n_events,), dtype object
        Why an event was not read, empty where it was: it has a name and no value, or a
        number where others of its name have text; or a later event of the patient and
        name says something else.

    See Also
    --------
    static_events : The way there.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.datasets.meds_statics import static_columns, static_events
    >>> people = pd.DataFrame({"RACE": ["WHITE", "ASIAN"], "age": [61, 70]})
    >>> statics, fault = static_columns(static_events(people), 2)
    >>> statics
        race  age
    0  WHITE   61
    1  ASIAN   70
    """
    if events.empty:
        return pd.DataFrame(index=range(n_patients)), np.zeros(0, dtype=object)
    numbers = _numbers_of(events)
    parts = events["code"].str.partition(SEPARATOR)
    is_number = ~np.isnan(numbers)
    names = parts[0].mask(is_number, events["code"].str.replace(SEPARATOR, " "))
    names = names.map(lambda name: name.lower() if name.isupper() else name)
    texts = parts[2].where(parts[1] == SEPARATOR, events["text_value"])
    is_text = texts.notna().to_numpy() & ~is_number
    is_read = is_text | (is_number & ~names.isin(names[is_text]).to_numpy())
    patient = events["patient"].to_numpy()
    columns = {}
    for name, rows in names[is_read].groupby(names[is_read], sort=False).groups.items():
        values = texts[rows].to_numpy(object) if is_text[rows[0]] else numbers[rows]
        columns[name] = _typed(pd.Series(values, index=patient[rows]), n_patients)
    fault = np.where(is_read, "", "static event without a value").astype(object)
    said = pd.Series(np.where(is_text, texts, numbers), dtype=object)[is_read]
    last = said.groupby([patient[is_read], names[is_read]]).transform("last")
    fault[said.index[said != last]] = "replaced by a later static event"
    return pd.DataFrame(columns, index=range(n_patients)), fault


def as_doubles(values):
    """Return numbers in single precision as the shortest decimals that they stand for.

    Parameters
    ----------
    values : array-like of shape (n,)
        Numbers; missing ones are NaN.

    Returns
    -------
    ndarray of float64 of shape (n,)
        7.2 in single precision is 7.2, not 7.199999809.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.datasets.meds_statics import as_doubles
    >>> as_doubles(np.array([7.2, np.nan], dtype=np.float32))
    array([7.2, nan])
    """
    positions, levels = pd.factorize(np.asarray(values, dtype=np.float32))
    return np.append(levels.astype(str).astype(np.float64), np.nan)[positions]


def _events_of(name, column):
    """Return the events of one column."""
    present = column[column.notna()]
    events = pd.DataFrame({"patient": present.index.to_numpy()})
    if is_numeric_dtype(column.dtype) and not is_bool_dtype(column.dtype):
        numbers = present.to_numpy(np.float64)
        single = _in_single_precision(numbers)
        is_lossy = as_doubles(single) != numbers
        texts = np.where(is_lossy, present.astype(str).to_numpy(object), None)
        return events.assign(code=name, numeric_value=single, text_value=texts)
    codes = name + SEPARATOR + present.astype(str)
    missing = np.full(len(present), np.nan, dtype=np.float32)
    texts = np.full(len(present), None, dtype=object)
    return events.assign(
        code=codes.to_numpy(object), numeric_value=missing, text_value=texts
    )


def _numbers_of(events):
    """Return the numeric values, with the digits that single precision lost."""
    single = events["numeric_value"].to_numpy(np.float32, na_value=np.nan)
    digits = pd.to_numeric(events["text_value"], errors="coerce").to_numpy(float)
    is_same = _in_single_precision(digits) == single
    return np.where(is_same, digits, as_doubles(single))


def _in_single_precision(numbers):
    with np.errstate(over="ignore"):  # what is too large becomes infinite
        return numbers.astype(np.float32)


def _typed(by_patient, n_patients):
    """Return one column in the plainest type that holds its values."""
    latest = by_patient[~by_patient.index.duplicated(keep="last")]
    column = latest.reindex(range(n_patients))
    if column.isna().any():
        return column
    if is_numeric_dtype(column.dtype):
        is_whole = bool((column % 1 == 0).all())
        return column.astype(np.int64) if is_whole else column
    is_truth = set(column.unique()) <= {"True", "False"}
    return column == "True" if is_truth else column
