"""Any long table of events: from a frame to patients with visits."""

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import validate_params

from fairsample.datasets.event_visits import EventVisits, beginnings
from fairsample.datasets.reading_report import ReadingReport
from fairsample.datasets.record_bunch import (
    READER_CONSTRAINTS,
    record_bunch,
    refuse_empty,
)
from fairsample.datasets.record_filters import RecordFilters
from fairsample.datasets.row_fates import RowFates
from fairsample.datasets.visit_events import VisitEvents
from fairsample.datasets.visit_table import HOURS, VisitTable
from fairsample.datasets.wanted_tests import WantedTests
from fairsample.messages import quote

__all__ = ["from_events"]

_TABLE = "events"
_DESCRIPTION = """\
Patients with visits, from a table of events

One row per patient: the static columns and visits, each a list of codes. Numeric
results are codes LAB:test:bin.
"""


@validate_params(
    READER_CONSTRAINTS
    | {
        "events": [pd.DataFrame],
        "value": [str, None],
        "static": [pd.DataFrame, None],
        "target": [pd.Series, None],
        "prediction_times": [pd.Series, None],
        "sensitive": [str, None],
        "visit": [str, HOURS, list, tuple],
    },
    prefer_skip_nested_validation=True,
)
def from_events(
    events,
    *,
    patient="patient",
    time="time",
    code="code",
    value="value",
    static=None,
    target=None,
    prediction_times=None,
    sensitive=None,
    visit="day",
    filters=None,
    labs="all",
    lab_value="last",
    imputation=None,
    n_bins=10,
    min_code_patients=1,
    return_X_y=False,
):
    """Make patients with visits of a long table of events.

    A row says that something, `code`, happened to a patient at a time. Rows with a
    value are results of tests and become codes such as ``"LAB:glucose:3"``; the others
    are codes as they stand.

    If there is a `target`, give `prediction_times` as well, unless `events` ends before
    the outcome was known: later events would tell it. What is later than the prediction
    time is not shown, and begins no visit.

    Parameters
    ----------
    events : DataFrame of shape (n_events, n_columns)
        In any order.
    patient, time, code : str, default="patient", "time", "code"
        Columns with the patient's id, the time (datetime, or text in ISO 8601) and the
        code.
    value : str or None, default="value"
        Column with numeric results, missing where a row is a code. It need not be
        there.
    static : DataFrame of shape (n_patients, n_columns), default=None
        Columns of the patients, indexed by their ids. Only these patients are read.
    target : Series of shape (n_patients,), default=None
        Outcomes 0 or 1, indexed by the patients' ids. Patients without are left out.
    prediction_times : Series of datetime, default=None
        When the outcome is predicted, indexed by the patients' ids. Patients without
        are shown whole.
    sensitive : str, default=None
        Column of `static` with the sensitive attribute.
    visit : "day", float, str or sequence of str, default="day"
        What a visit is. ``"day"``: a calendar day on which something happened. A
        number: a window of so many hours, counted from the patient's first event; those
        in which nothing happened are kept until the last event. Another text: the
        column of `events` with the id of the visit. A sequence: an event whose code
        begins in one of these ways begins a visit, together with what happened at the
        same time; what was before the first is a visit, too.
    filters : RecordFilters or dict, default=None
        Which patients and codes are wanted. Age is taken from the column ``age`` of
        `static`; admissions cannot be filtered by type or intensive care.
    labs : "all", sequence of str, LabBins or None, default="all"
        Tests that become codes. With the ``lab_bins`` of other events the same bins are
        used.
    lab_value : {"last", "first", "mean", "min", "max"}, default="last"
        Which value of a test stands for the visit.
    imputation : {"forward", "forward_median"} or None, default=None
        None: a test that was not done has no code. ``"forward"``: the patient's last
        earlier value; ``"forward_median"``: then the median of the test. Only for tests
        done in at least half of the patients.
    n_bins : int, default=10
        About how many bins a test gets.
    min_code_patients : int, default=1
        Codes that fewer patients have are dropped.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple of (data, target)
        ``data`` : DataFrame of shape (n_patients, n_static + 1)
            The columns of `static` and ``visits``.
        ``target`` : Series of shape (n_patients,) or None
            0 or 1.
        ``patient_ids`` : Series of shape (n_patients,)
            The ids.
        ``lab_bins`` : LabBins or None
            Draws values of codes of tests.
        ``reading`` : ReadingReport
            What was read, and what was left out for which reason.
        ``frame``, ``feature_names``, ``target_names``, ``sensitive``, ``DESCR``
            As in scikit-learn's loaders.

    Raises
    ------
    ValueError
        If a column is not there, a patient id is there twice, the target is neither 0
        nor 1, times are numbers, a test is unknown, or no patient is left.

    Warns
    -----
    DataWarning
        If times or values could not be read.

    See Also
    --------
    read_mimic3, read_pic : Readers of whole databases.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.datasets import from_events
    >>> events = pd.DataFrame(
    ...     [
    ...         ("Ann", "2100-01-01 08:00", "DX:428", None),
    ...         ("Ann", "2100-01-01 09:00", "glucose", 7.2),
    ...         ("Ann", "2100-02-01 10:00", "RX:insulin", None),
    ...         ("Bob", "2100-01-05 10:00", "DX:250", None),
    ...     ],
    ...     columns=["patient", "time", "code", "value"],
    ... )
    >>> died = pd.Series({"Ann": 1, "Bob": 0}, name="died")
    >>> patients = from_events(events, target=died)
    >>> patients.data["visits"].tolist()
    [[['DX:428', 'LAB:glucose:0'], ['RX:insulin']], [['DX:250']]]
    >>> patients.reading
    events: 4 rows read, 4 used.
    Patients: 2 found, 2 kept.
    """
    filters = RecordFilters.of(filters, cannot_answer=_unanswered(static))
    columns = {"patient": patient, "time": time, "code": code}
    if value in events:
        columns["value"] = value
    by_id = isinstance(visit, str) and visit != "day"
    if by_id:
        columns["visit"] = visit
    if isinstance(visit, list | tuple):
        visit = beginnings(visit)
    _check_static(static, sensitive)
    rows, fates = _parsed(events, columns)
    reading = ReadingReport()
    patients = _patients(rows["patient"], static, target, reading)
    refuse_empty(patients, reading)
    cutoff = _cutoff(prediction_times, patients.index)
    number = patients.index.get_indexer(rows["patient"])
    when = rows["time"].to_numpy("datetime64[us]")
    fates.leave_out(number < 0, "of a patient left out")
    fates.leave_out(when > cutoff[number], "after the prediction time")
    tests = WantedTests(labs)
    _leave_out_tests(rows, tests, fates)
    used = fates.used()
    rows, number, when = rows.iloc[used], number[used], when[used]
    cut = _cut_by_id if by_id else _cut_by_time
    table, place = cut(rows, number, when, patients, cutoff, visit)
    age = None if filters.age == (None, None) else patients["age"]
    shown = filters.to_visits(table.assign(key=np.arange(len(table))), reading, age=age)
    refuse_empty(shown, reading)
    place = shown.of_key(place, when)
    _count(rows["patient"], used, place, shown, fates, len(events), reading)
    return record_bunch(
        shown,
        _gathered(rows, when, place, len(shown), lab_value),
        filters=filters,
        reading=reading,
        sensitive=sensitive,
        target_names=None if target is None else ["0", "1"],
        description=_DESCRIPTION,
        labs=tests.bins,
        imputation=imputation,
        n_bins=n_bins,
        min_code_patients=min_code_patients,
        target=None if target is None else _name(target),
        return_X_y=return_X_y,
    )


def _cutoff(prediction_times, ids):
    if prediction_times is None:
        return np.full(len(ids), "NaT", "datetime64[us]")
    given = _by_patient(prediction_times, "prediction_times").reindex(ids)
    times = pd.to_datetime(given, utc=True).dt.tz_localize(None)
    return times.to_numpy().astype("datetime64[us]")


def _cut_by_time(rows, number, when, patients, cutoff, visit):
    """Return the visits, and the visit of each row."""
    begins = None
    if isinstance(visit, tuple):
        begins = rows["code"].astype(str).str.startswith(visit).to_numpy(bool)
    cut = EventVisits(
        len(patients), visit if begins is None else "event", cutoff=cutoff
    )
    cut.add(number, when, begins)
    table = cut.table(patients)
    return table, table.at_time(rows["patient"], when)


def _cut_by_id(rows, number, when, patients, cutoff, _):
    """Return the visits, and the visit of each row."""
    key, _ = pd.factorize(pd.MultiIndex.from_arrays([number, rows["visit"]]))
    spans = pd.DataFrame({"patient": number, "start": when, "end": when, "key": key})
    visits = spans.groupby("key", as_index=False).agg(
        {"patient": "first", "start": "min", "end": "max"}
    )
    table = VisitTable(patients, visits, cutoff=cutoff)
    return table, table.of_key(key, when)


def _gathered(rows, when, place, n_visits, lab_value):
    """Return the events of the visits that are shown."""
    gathered = VisitEvents(n_visits, lab_value=lab_value)
    names = rows["code"].to_numpy(dtype=object)
    values = rows["value"].to_numpy(np.float64)
    is_test = ~np.isnan(values)
    codes = np.flatnonzero((place >= 0) & ~is_test)
    tests = np.flatnonzero((place >= 0) & is_test)
    gathered.add_codes(place[codes], names[codes])
    gathered.add_results(place[tests], names[tests], values[tests], when[tests])
    return gathered


def _unanswered(static):
    has_age = static is not None and "age" in static
    return ("admission_types", "first_icu_stay", *(() if has_age else ("age",)))


def _parsed(events, columns):
    """Return the columns under their own names, and which rows cannot be used."""
    missing = [name for name in columns.values() if name not in events]
    if missing:
        raise ValueError(
            f"events lacks the columns {quote(missing)}; it has "
            f"{quote(events.columns, limit=30)}. Name the columns."
        )
    rows = pd.DataFrame({role: events[name] for role, name in columns.items()})
    rows = rows.reset_index(drop=True)
    if pd.api.types.is_numeric_dtype(rows["time"]):
        raise ValueError(
            f"Column {columns['time']!r} holds numbers, no times. Convert them, e.g. "
            "with pandas.to_datetime(..., unit='h')."
        )
    given = rows.get("value", pd.Series(np.nan, index=rows.index))
    time = pd.to_datetime(rows["time"], errors="coerce", format="ISO8601", utc=True)
    value = pd.to_numeric(given, errors="coerce").astype(np.float64)
    value = value.where(np.isfinite(value))
    fates = RowFates(len(rows))
    for role in ("patient", "code", "visit"):
        if role in rows:
            fates.leave_out(rows[role].isna().to_numpy(), f"no {role}")
    fates.leave_out((time.isna() & rows["time"].notna()).to_numpy(), "unparseable time")
    fates.leave_out(time.isna().to_numpy(), "no time")
    fates.leave_out((value.isna() & given.notna()).to_numpy(), "unparseable number")
    return rows.assign(time=time.dt.tz_localize(None), value=value), fates


def _check_static(static, sensitive):
    names = [] if static is None else list(static.columns)
    if sensitive is not None and sensitive not in names:
        raise ValueError(
            f"static has no column {sensitive!r}. It has {quote(names) or 'none'}."
        )
    if "visits" in names:
        raise ValueError("static has a column 'visits'. Give it another name.")


def _patients(ids, static, target, reading):
    """Return the columns and the outcome of the patients that are read."""
    if static is not None:
        patients = _by_patient(static, "static")
    elif target is not None:
        patients = pd.DataFrame(index=_by_patient(target, "target").index)
    else:
        patients = pd.DataFrame(index=pd.Index(ids.dropna().unique()).sort_values())
    reading.add_patients(len(patients))
    if target is None:
        return patients
    outcome = _by_patient(target, "target").reindex(patients.index)
    reading.leave_out_patients("without a target", outcome.isna().sum())
    outcome = outcome.dropna()
    if not outcome.isin([0, 1]).all():
        raise ValueError("target must be 0 or 1 (or missing) for every patient.")
    if _name(target) in patients:
        raise ValueError(f"static has the column {_name(target)!r} of the target.")
    return patients.loc[outcome.index].assign(**{_name(target): outcome.astype(int)})


def _by_patient(given, name):
    if not given.index.is_unique:
        raise ValueError(f"A patient id is there twice in the index of {name}.")
    return given


def _name(target):
    return "target" if target.name is None else str(target.name)


def _leave_out_tests(rows, tests, fates):
    """Leave out results of tests that are not asked for."""
    is_test = rows["value"].notna().to_numpy()
    number, names = pd.factorize(rows["code"].where(is_test).astype(object))
    tests.check_found(map(str, names))
    unwanted = np.array([str(name) not in tests for name in names] + [False])
    fates.leave_out(is_test & unwanted[number], "test not asked for")


def _count(ids, used, place, table, fates, n_rows, reading):
    """Count the rows that have no place among the visits shown."""
    lost = used[place < 0]
    kept = table.patients.index.get_indexer(ids)[place < 0] >= 0
    for rows, reason in (
        (lost[~kept], "of a patient left out"),
        (lost[kept], "outside the shown visits"),
    ):
        where = np.zeros(n_rows, dtype=bool)
        where[rows] = True
        fates.leave_out(where, reason)
    reading.add_rows(_TABLE, n_rows, fates.counts())
