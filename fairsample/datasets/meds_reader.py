"""Patients with visits out of a data set in the Medical Event Data Standard."""

from numbers import Real

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from sklearn.utils._param_validation import validate_params

from fairsample.datasets.completed_years import in_completed_years
from fairsample.datasets.event_visits import beginnings
from fairsample.datasets.meds_folder import MedsFolder
from fairsample.datasets.meds_history import MedsHistory, add_events
from fairsample.datasets.reading_report import ReadingReport
from fairsample.datasets.record_bunch import READER_CONSTRAINTS, record_bunch
from fairsample.datasets.record_filters import RecordFilters
from fairsample.datasets.visit_events import VisitEvents
from fairsample.datasets.wanted_tests import WantedTests
from fairsample.messages import quote

__all__ = ["read_meds"]

_SENSITIVE = ("race", "ethnicity", "gender", "sex")

_TAKEN = ("patient_id", "split", "visits")
_DESCRIPTION = """\
Patients with visits, read from a data set in the Medical Event Data Standard

data: one row per patient: the static columns, age in completed years at the first visit
shown (where births are recorded), and visits, each a list of codes as in the data set;
numeric values are binned codes LAB:<test>:<bin>.
Target: {target}.
"""


@validate_params(
    {
        **READER_CONSTRAINTS,
        "folder": "no_validation",
        "label": [str, None],
        "split": [str, "array-like", None],
        "static": ["array-like", None],
        "visit": [str, Real, "array-like"],
    },
    prefer_skip_nested_validation=True,
)
def read_meds(
    folder,
    *,
    label=None,
    split=None,
    static=None,
    visit="day",
    filters=None,
    labs="all",
    lab_value="last",
    imputation=None,
    n_bins=10,
    min_code_patients=1,
    return_X_y=False,
    verbose=0,
):
    """Read patients with visits from a data set in the Medical Event Data Standard.

    MEDS has one list of events for each subject. Those without a time become static
    columns, the others codes of visits, and numeric values become binned codes of the
    visit's value. With a `label`, only what happened at or before the label's
    prediction time is shown. Death (``MEDS_DEATH``) is never shown: it would tell many
    an outcome.

    The events are streamed three times; memory grows with the visits and their
    different codes, not with the events.

    Parameters
    ----------
    folder : path-like
        The data set's folder, which holds ``data/**/*.parquet``.
    label : str, default=None
        The task: ``labels/<label>.parquet`` or the files in ``labels/<label>``. The
        last label of each subject counts, so that a patient is one row.
    split : str or list of str, default=None
        Splits that are read, such as ``"train"``; None reads all subjects.
    static : list of str, default=None
        Names of static columns, in any case, such as ``["RACE", "GENDER"]``; None takes
        all. ``"RACE//WHITE"`` goes to column ``race`` as ``"WHITE"``.
    visit : "day", float, str or list of str, default="day"
        What makes a visit: a day with an event; windows of so many hours from the
        patient's first event (without an event they are empty visits); or what begins
        with an event whose code begins in one of these ways, such as
        ``"HOSPITAL_ADMISSION"``, and all that happens until the next one. What comes
        before the first is a visit, too.
    filters : RecordFilters or dict, default=None
        Which patients, visits and codes are wanted. MEDS cannot answer
        ``admission_types`` and ``first_icu_stay``, and ``age`` only where births are
        recorded, or there is a static column of numbers ``age``.
    labs : "all", list of str, LabBins or None, default="all"
        Tests (codes with a numeric value) that become codes of visits. The code
        ``"LAB//glucose"`` is the test ``"glucose"``. Fitted bins are used as they are.
    lab_value : {"last", "first", "mean", "min", "max"}, default="last"
        Which value of a test stands for the visit.
    imputation : {"forward", "forward_median"} or None, default=None
        What stands for a test that was not done: nothing, the patient's last earlier
        value, or else the median. For tests measured in half of the patients only.
    n_bins : int, default=10
        About how many bins a test gets.
    min_code_patients : int, default=1
        Codes that fewer patients have are dropped.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    verbose : int, default=0
        Show the progress.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple of (data, target)
        With ``data`` (static columns; where births are recorded ``age``, in completed
        years at the first visit shown; ``visits``),
        ``target`` (n_patients,), the position in ``target_names`` (None without a
        label), ``frame``, ``feature_names``, ``sensitive`` (the first there is of race,
        ethnicity, gender and sex), ``patient_ids`` and ``split`` (both aligned with
        ``data``; None where no split is known), ``lab_bins``, ``descriptions`` (code ->
        text), ``reading`` (:class:`ReadingReport`) and ``DESCR``.

    Raises
    ------
    FileNotFoundError
        If there are no data, or not the labels or splits asked for. The message lists
        what was looked for, and what is there.
    ValueError
        If a file lacks columns, a static column, split or test is not there, a filter
        cannot be answered, or no patient is left.

    See Also
    --------
    write_meds : The way there.
    from_events : Events in a DataFrame.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from fairsample.datasets import read_meds, write_meds
    >>> visits = [[["DX:428"], ["RX:insulin"]], [["DX:250"]]]
    >>> patients = pd.DataFrame({"race": ["White", "Asian"], "visits": visits})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = write_meds(folder, patients, [0, 1])
    ...     bunch = read_meds(folder, label="outcome", filters={"min_visits": 2})
    >>> bunch.frame
        race                    visits  outcome
    0  White  [[DX:428], [RX:insulin]]        0
    >>> bunch.reading
    data: 5 rows read, 3 used; 2 of a patient left out.
    labels/outcome: 2 rows read, 2 used.
    Patients: 2 found, 1 kept; 1 with fewer than 2 visits shown.
    """
    filters = RecordFilters.of(
        filters, cannot_answer=("admission_types", "first_icu_stay")
    )
    if label in _TAKEN:
        raise ValueError(f"The label is called {label!r}: rename its file.")
    meds = MedsFolder(folder)
    reading = ReadingReport()
    reading.add_rows("data", 0)
    patients, cutoff, target_names = _subjects(meds, label, split, reading)
    history = MedsHistory(patients.index, _visit_kind(visit), cutoff)
    for chunk in meds.chunks(verbose=verbose):
        history.add(chunk)
    tests, lab_prefix = WantedTests(labs), getattr(labs, "prefix", "LAB")
    tests.check_found(history.tests(lab_prefix))
    statics = _free_columns(history.statics(static), label)
    table = _shown_visits(history, statics.join(patients), filters, reading)
    history.count_statics(table.patients.index, reading)
    events = VisitEvents(len(table), lab_value=lab_value)
    for chunk in meds.chunks(verbose=verbose):
        add_events(chunk, table, events, reading, tests=tests, lab_prefix=lab_prefix)
    target = "none" if label is None else f"{label}, at the last prediction time"
    return record_bunch(
        table,
        events,
        filters=filters,
        reading=reading,
        sensitive=next((name for name in _SENSITIVE if name in statics), None),
        target_names=target_names,
        description=_DESCRIPTION.format(target=target),
        labs=tests.bins,
        imputation=imputation,
        n_bins=n_bins,
        min_code_patients=min_code_patients,
        target=label,
        beside={"split": "split"},
        return_X_y=return_X_y,
        descriptions=meds.descriptions(),
    )


def _visit_kind(visit):
    if visit == "day" or isinstance(visit, Real):
        return visit
    return beginnings(visit)


def _free_columns(statics, label):
    """Return the static columns, but for those that tell the label, in any case."""
    taken = [name for name in statics if name in _TAKEN]
    if taken:
        raise ValueError(
            f"Static columns {quote(taken)} have names that are taken. Name the "
            f"columns you want: static={[n for n in statics if n not in taken]!r}."
        )
    told = "" if label is None else label.lower()
    return statics[[name for name in statics if name.lower() != told]]


def _subjects(meds, label, split, reading):
    """Return the subjects that are read with split and label, and their cutoff."""
    ids = meds.subject_ids()
    reading.add_patients(len(ids))
    splits = meds.splits(needed=split is not None)
    if splits is None:
        splits = pd.Series(None, index=ids, dtype=object)
    patients = pd.DataFrame({"split": splits.reindex(ids)})
    if split is not None:
        patients = _in_splits(patients, split, reading)
    if label is None:
        return patients, None, None
    labels = meds.labels(label)
    patients, labels = _without_conflicts(labels, label, patients, reading)
    labels = _last_labels(labels, label, patients.index, reading)
    kept = patients.index.isin(labels.index)
    reading.leave_out_patients("without a label", (~kept).sum())
    patients = patients[kept]
    labels = labels.loc[patients.index]
    values, target_names = _classes(labels["value"], label)
    return patients.assign(**{label: values}), labels["prediction_time"], target_names


def _in_splits(patients, split, reading):
    wanted = [split] if isinstance(split, str) else list(split)
    there = patients["split"].dropna().unique()
    unknown = [name for name in wanted if name not in there]
    if unknown:
        raise ValueError(
            f"Splits {quote(unknown)} are not there. There are {quote(there)}."
        )
    kept = patients["split"].isin(wanted)
    reading.leave_out_patients("of another split", (~kept).sum())
    return patients[kept]


def _without_conflicts(labels, label, patients, reading):
    """Leave out subjects who have different labels at their last prediction time."""
    last_time = labels.groupby("subject_id")["prediction_time"].transform("max")
    last = labels[labels["prediction_time"] == last_time]
    n_values = last.groupby("subject_id")["value"].nunique()
    conflicting = n_values.index[n_values > 1]
    kept = ~patients.index.isin(conflicting)
    reading.leave_out_patients("with different last labels", (~kept).sum())
    lost = labels["subject_id"].isin(conflicting)
    reason = {"of a patient with different last labels": lost.sum()}
    reading.add_rows(f"labels/{label}", lost.sum(), reason)
    return patients[kept], labels[~lost]


def _last_labels(labels, label, ids, reading):
    """Return the last label of each subject that is read, and count the others."""
    is_known = labels["subject_id"].isin(ids)
    known = labels[is_known].sort_values("prediction_time", kind="stable")
    last = known.drop_duplicates("subject_id", keep="last").set_index("subject_id")
    reading.add_rows(
        f"labels/{label}",
        len(labels),
        {
            "of a patient left out": (~is_known).sum(),
            "earlier label of the same subject": len(known) - len(last),
        },
    )
    return last


def _classes(values, label):
    """Return labels as numbers from 0 on, and what they stand for."""
    values = values.infer_objects()
    if is_bool_dtype(values.dtype) or values.isin([0, 1]).all():
        return values.astype(int), [f"no {label}", label]
    codes, classes = pd.factorize(values, sort=True)
    return codes, [str(name) for name in classes]


def _shown_visits(history, patients, filters, reading):
    """Return the visits shown of the patients who pass the filters on time."""
    table = history.visits.table(patients)
    if history.birth.notna().any():
        table = filters.to_visits(table, reading, birth=history.birth)
        table.patients = in_completed_years(table.patients)
        return table
    if "age" in patients and is_numeric_dtype(patients["age"].dtype):
        return filters.to_visits(table, reading, age=patients["age"])
    RecordFilters.of(filters, cannot_answer=("age",))
    return filters.to_visits(table, reading)
