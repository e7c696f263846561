"""Patients with visits written as a data set in the Medical Event Data Standard."""

import json
import shutil
from pathlib import Path
from secrets import token_hex

import numpy as np
import pandas as pd

from fairsample import __version__
from fairsample.datasets.meds_statics import SEPARATOR, static_events
from fairsample.encoding.visit_cells import find_visit_column, flatten_visits
from fairsample.messages import quote
from fairsample.validation import check_frame

__all__ = ["EMPTY_VISIT", "write_meds"]

EMPTY_VISIT = f"VISIT{SEPARATOR}EMPTY"
_MEDS_VERSION = "0.4.1"
_VALUE_COLUMNS = {
    "b": ("boolean_value", np.bool_),
    "i": ("integer_value", np.int64),
    "f": ("float_value", np.float32),
    "O": ("categorical_value", object),
}


def write_meds(
    folder,
    X,
    y=None,
    *,
    patient_ids=None,
    splits=None,
    task="outcome",
    lab_bins=None,
    descriptions=None,
    first_day="2000-01-01",
    patients_per_file=10_000,
    random_state=None,
):
    """Write patients with visits as a data set in the Medical Event Data Standard.

    What reads MEDS reads synthetic patients so. The records hold no dates, so the dates
    are made up: the visit `i` of every patient is on the day `i` after `first_day`, and
    neither dates nor the time between visits mean anything.

    Static columns become events without a time, ``"race//White"`` or, for numbers, the
    column's name with a numeric value. Codes of visits are written as they are. With
    `lab_bins`, those of laboratory results become numbers: ``"LAB:glucose:3"`` is
    written as the code ``"LAB//glucose"`` with a value drawn from that bin. A visit
    without codes has one event ``"VISIT//EMPTY"``, so that it stays a visit.

    Parameters
    ----------
    folder : str or path-like
        A new or an empty folder. It appears whole or not at all.
    X : DataFrame of shape (n_patients, n_columns)
        One row per patient: static columns and a column of visits.
    y : array-like of shape (n_patients,), default=None
        The outcome, written as labels with the time of the last visit as prediction
        time: as truth values where it is 0 or 1, else as whole numbers, numbers or
        text.
    patient_ids : array-like of int of shape (n_patients,), default=None
        Subject ids, each once; 0, 1, 2... if not given.
    splits : array-like of str of shape (n_patients,), default=None
        The split of each patient, such as ``"train"``, ``"tuning"`` and
        ``"held_out"``; all are ``"train"`` if not given.
    task : str, default="outcome"
        The outcome's name: labels go to ``labels/<task>.parquet``.
    lab_bins : LabBins, default=None
        Fitted bins, from which values of laboratory results are drawn.
    descriptions : dict of str to str, default=None
        What codes mean, for the table of codes.
    first_day : str or datetime, default="2000-01-01"
        The day of everyone's first visit.
    patients_per_file : int, default=10_000
        The most patients in one file; a patient is in one file only.
    random_state : int, RandomState instance or None, default=None
        What draws the values of laboratory results.

    Returns
    -------
    folder : Path
        The folder, with ``data/0.parquet``, ``labels/<task>.parquet``,
        ``metadata/subject_splits.parquet``, ``metadata/codes.parquet`` and
        ``metadata/dataset.json``.

    Raises
    ------
    ValueError
        If the folder is not empty; if there is not exactly one column of visits, or a
        static column's name contains ``"//"``; if ids are no distinct whole numbers; if
        `y`, `patient_ids` or `splits` have another length than `X` or missing values;
        if a description is no text; or if `task` is no file name.

    See Also
    --------
    read_meds : Reads it back, and MEDS data sets of others.

    Notes
    -----
    MEDS has single precision. A static number that needs more digits has them in
    ``text_value``, from which `read_meds` takes them.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from fairsample.datasets import read_meds, write_meds
    >>> visits = [[["DX:428", "RX:insulin"], []], [["DX:250"]]]
    >>> patients = pd.DataFrame({"race": ["White", "Asian"], "visits": visits})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = write_meds(folder, patients, [0, 1])
    ...     bunch = read_meds(folder, label="outcome")
    >>> bunch.data
        race                        visits
    0  White  [[DX:428, RX:insulin], []]
    1  Asian                  [[DX:250]]
    >>> bunch.target.tolist()
    [0, 1]
    """
    folder = _free_folder(folder)
    flat, statics = _split_columns(X)
    subjects = _subject_ids(patient_ids, len(X))
    order = np.argsort(subjects, kind="stable")
    splits = _aligned("splits", "train" if splits is None else splits, len(X))
    labels = None if y is None else _label_values(y, len(X))
    if Path(task).name != task:
        raise ValueError(f"task is {task!r}, which is no file name.")
    if patients_per_file < 1:
        raise ValueError(f"patients_per_file is {patients_per_file}; give at least 1.")
    first_day = np.datetime64(pd.Timestamp(first_day), "us")
    descriptions = _texts(descriptions)
    events = _events(flat, statics, lab_bins, first_day, random_state)

    files = _data_files(events, subjects, order, patients_per_file)
    files["metadata/subject_splits.parquet"] = {
        "subject_id": ("int64", subjects[order]),
        "split": ("string", splits[order].astype(str)),
    }
    files["metadata/codes.parquet"] = _code_table(events["code"], descriptions)
    if labels is not None:
        n_visits = np.diff(flat.patient_ptr)
        files[f"labels/{task}.parquet"] = {
            "subject_id": ("int64", subjects[order]),
            "prediction_time": ("time", _day(first_day, n_visits[order] - 1)),
            labels[0]: (labels[0], labels[1][order]),
        }
    about = {
        "dataset_name": folder.name,
        "etl_name": "fairsample",
        "etl_version": __version__,
        "meds_version": _MEDS_VERSION,
    }
    _write_whole(folder, files, about)
    return folder


def _free_folder(folder):
    folder = Path(folder).absolute()
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ValueError(
            f"{str(folder)!r} is a file or holds files. Give a new or an empty folder."
        )
    return folder


def _split_columns(X):
    """Return the visits laid end to end, and the other columns."""
    check_frame(X)
    visits = find_visit_column(X)
    if visits is None:
        raise ValueError(
            f"Columns {quote(X.columns)} hold no visits, and MEDS is a list of events. "
            "Give a column with the visits of each patient."
        )
    return flatten_visits(X[visits]), X.drop(columns=visits)


def _aligned(name, values, n_patients):
    """Return values as an array with one for each patient."""
    if isinstance(values, str):
        values = [values] * n_patients
    column = pd.Series(values).reset_index(drop=True)
    if len(column) != n_patients:
        raise ValueError(
            f"{name} has {len(column)} values for {n_patients} patients. Give one for "
            "each."
        )
    if column.isna().any():
        raise ValueError(
            f"{name} is missing for {int(column.isna().sum())} patients. Fill it in, "
            "or leave these patients out."
        )
    return pd.Series(column.to_numpy(dtype=object)).infer_objects().to_numpy()


def _subject_ids(patient_ids, n_patients):
    if patient_ids is None:
        return np.arange(n_patients)
    ids = _aligned("patient_ids", patient_ids, n_patients)
    if ids.dtype.kind not in "iu":
        raise ValueError(
            f"patient_ids such as {ids[0]!r} are no whole numbers, which MEDS asks "
            "for. Number the patients, e.g. with pandas.factorize."
        )
    doubled = ids[pd.Series(ids).duplicated().to_numpy()]
    if len(doubled):
        raise ValueError(
            f"patient_ids {quote(np.unique(doubled).tolist())} occur more than once. "
            "Give each row of X its own."
        )
    return ids.astype(np.int64)


def _label_values(y, n_patients):
    """Return the label column of MEDS that fits the outcome, and its values."""
    values = _aligned("y", y, n_patients)
    kind = "i" if values.dtype.kind == "u" else values.dtype.kind
    if kind in "if" and np.isin(values, [0, 1]).all():
        kind = "b"
    column, dtype = _VALUE_COLUMNS.get(kind, _VALUE_COLUMNS["O"])
    return column, values.astype(str if dtype is object else dtype)


def _events(flat, statics, lab_bins, first_day, random_state):
    """Return all events by patient and time; static ones have no time."""
    codes, numbers = _codes_and_values(flat.codes, lab_bins, random_state)
    visit = np.repeat(np.arange(len(flat.visit_ptr) - 1), np.diff(flat.visit_ptr))
    empty = np.flatnonzero(np.diff(flat.visit_ptr) == 0)
    visit = np.r_[visit, empty]
    missing = np.full(len(empty), np.nan)
    patient = np.searchsorted(flat.patient_ptr, visit, side="right") - 1
    timed = pd.DataFrame(
        {
            "patient": patient,
            "time": _day(first_day, visit - flat.patient_ptr[patient]),
            "code": np.r_[codes, np.full(len(empty), EMPTY_VISIT, dtype=object)],
            "numeric_value": np.r_[numbers, missing].astype(np.float32),
            "text_value": np.full(len(visit), None, dtype=object),
        }
    )
    static = static_events(statics)
    static = static.assign(time=np.full(len(static), "NaT", dtype="datetime64[us]"))
    events = pd.concat([static[timed.columns], timed]) if len(static) else timed
    return events.sort_values(
        ["patient", "time"], kind="stable", na_position="first", ignore_index=True
    )


def _codes_and_values(codes, lab_bins, random_state):
    """Return codes and numbers, laboratory results being drawn from their bins."""
    numbers = np.full(len(codes), np.nan)
    if lab_bins is None:
        return codes, numbers
    position, distinct = pd.factorize(codes)
    is_lab = np.array([lab_bins.is_lab(code) for code in distinct], dtype=bool)[
        position
    ]
    numbers[is_lab] = lab_bins.draw(codes[is_lab], random_state)
    test = lab_bins.edges_["test"].reindex(distinct).to_numpy(object)[position]
    written = codes.copy()
    written[is_lab] = lab_bins.prefix + SEPARATOR + test[is_lab]
    return written, numbers


def _day(first_day, number):
    return first_day + number.astype("timedelta64[D]")


def _data_files(events, subjects, order, patients_per_file):
    """Return the columns of each data file, the subjects ascending."""
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    place_of_event = place[events["patient"].to_numpy()]
    rows = np.argsort(place_of_event, kind="stable")
    events = events.iloc[rows]
    first_places = np.arange(0, len(order) + patients_per_file, patients_per_file)
    bounds = np.searchsorted(place_of_event[rows], first_places)
    files = {}
    for number, (start, stop) in enumerate(zip(bounds, bounds[1:], strict=False)):
        part = events.iloc[start:stop]
        files[f"data/{number}.parquet"] = {
            "subject_id": ("int64", subjects[part["patient"]]),
            "time": ("time", part["time"].to_numpy("datetime64[us]")),
            "code": ("string", part["code"].to_numpy(object)),
            "numeric_value": ("float_value", part["numeric_value"].to_numpy(float)),
            "text_value": ("large_string", part["text_value"].to_numpy(object)),
        }
    return files


def _texts(descriptions):
    """Return what codes mean, refusing what is no text."""
    if not isinstance(descriptions, dict | None):
        raise ValueError(f"descriptions takes a dict; got {descriptions!r}.")
    wrong = {
        code: text
        for code, text in (descriptions or {}).items()
        if not isinstance(text, str | None)
    }
    if wrong:
        code, text = next(iter(wrong.items()))
        raise ValueError(
            f"descriptions gives {text!r} for the code {code!r}, which is no text. "
            "Give a text, or leave the code out."
        )
    return descriptions or {}


def _code_table(codes, descriptions):
    distinct = np.sort(codes.unique())
    return {
        "code": ("string", distinct),
        "description": ("string", [descriptions.get(code) for code in distinct]),
        "parent_codes": ("strings", [None] * len(distinct)),
    }


def _write_whole(folder, files, about):
    """Write aside, then put the folder in place in one step."""
    from pyarrow import parquet

    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = folder.with_name(f".{folder.name}-{token_hex(4)}")
    staging.mkdir()
    try:
        for name, columns in files.items():
            path = staging / name
            path.parent.mkdir(exist_ok=True)
            parquet.write_table(_arrow_table(columns), path)
        text = json.dumps(about, indent=2)
        (staging / "metadata" / "dataset.json").write_text(text, encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _arrow_table(columns):
    import pyarrow as pa

    types = {
        "int64": pa.int64(),
        "integer_value": pa.int64(),
        "boolean_value": pa.bool_(),
        "float_value": pa.float32(),
        "categorical_value": pa.string(),
        "string": pa.string(),
        "strings": pa.list_(pa.string()),
        "large_string": pa.large_string(),
        "time": pa.timestamp("us"),
    }
    arrays = {
        name: pa.array(values, type=types[kind], from_pandas=True)
        for name, (kind, values) in columns.items()
    }
    return pa.table(arrays)
