"""Patients with visits out of a Synthea export."""

import numpy as np
from sklearn.utils._param_validation import StrOptions, validate_params

from fairsample.datasets.completed_years import in_completed_years
from fairsample.datasets.reading_report import ReadingReport
from fairsample.datasets.record_bunch import DAYS, READER_CONSTRAINTS, record_bunch
from fairsample.datasets.record_filters import RecordFilters
from fairsample.datasets.synthea_tables import SyntheaTables
from fairsample.datasets.synthea_visits import SyntheaVisits, add_rows
from fairsample.datasets.visit_events import VisitEvents
from fairsample.datasets.visit_table import HOURS
from fairsample.datasets.wanted_tests import WantedTests

__all__ = ["read_synthea"]

_STATICS = ["gender", "race", "ethnicity", "marital"]
_DAY = np.timedelta64(1, "D").astype("timedelta64[us]")

_DESCRIPTION = """\
Synthetic patients of Synthea, read from its CSV files

SIMULATED by Synthea: no row is a person.

data: one row per patient: gender, race, ethnicity, marital, age in completed years at
the first visit shown, and visits, each a list of codes: DX: (conditions, SNOMED CT),
RX: (medications, RxNorm), PX: (procedures, SNOMED CT), ALLERGY:, IMM: (immunizations,
CVX), ENC: (class of the encounter) and LAB:<LOINC>:<bin> (numeric observations).
Target: {target}. Sensitive: race (also gender, ethnicity).
"""


@validate_params(
    {
        **READER_CONSTRAINTS,
        "folder": "no_validation",
        "label": [StrOptions({"mortality_next_year"}), None],
        "horizon_days": [DAYS],
        "visit": [StrOptions({"encounter", "day"}), HOURS],
    },
    prefer_skip_nested_validation=True,
)
def read_synthea(
    folder,
    *,
    label="mortality_next_year",
    horizon_days=365,
    visit="encounter",
    filters=None,
    labs="all",
    lab_value="last",
    imputation=None,
    n_bins=10,
    min_code_patients=1,
    return_X_y=False,
    verbose=0,
):
    """Read patients with visits from the CSV files of Synthea.

    Synthea simulates patients; names, addresses and numbers of papers, simulated as
    well, are never read. Nothing of the day of death or later is shown, such as a death
    certificate.

    A patient is seen up to an index visit. With ``label="mortality_next_year"`` this is
    the last visit that ended before death, or, of those who live, the last one that
    ended at least `horizon_days` before the end of the data (the latest event of all).
    The target is whether the patient died within `horizon_days` after it. So those who
    die are seen closer to the end of the data than those who live: codes that are in
    use for a few years only would tell.

    Parameters
    ----------
    folder : path-like
        Where ``patients.csv`` lies and at least one of ``conditions``, ``medications``,
        ``procedures``, ``allergies``, ``immunizations``, ``encounters`` and
        ``observations``, as ``.csv`` or ``.csv.gz``.
    label : "mortality_next_year" or None, default="mortality_next_year"
        The target; None shows all visits before death.
    horizon_days : float, default=365
        The time in which death counts.
    visit : "encounter", "day" or float, default="encounter"
        What makes a visit: an encounter; a day with an event; windows of so many hours
        from the patient's first event, such as 8766 for years (windows without an event
        are empty visits).
    filters : RecordFilters or dict, default=None
        Which patients, visits and codes are wanted. Synthea cannot answer
        ``admission_types`` and ``first_icu_stay``.
    labs : "all", str, list of str, LabBins or None, default="all"
        Numeric observations that become codes of visits, by their LOINC code. Fitted
        bins are used as they are.
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
        With ``data`` (``gender``, ``race``, ``ethnicity``, ``marital``, ``age`` in
        completed years at the first visit shown, ``visits``), ``target`` (n_patients,)
        in {0, 1} (None without a label), ``frame``, ``feature_names``,
        ``target_names``, ``sensitive``, ``patient_ids`` (aligned with ``data``),
        ``lab_bins``, ``descriptions`` (code -> text), ``reading``
        (:class:`ReadingReport`) and ``DESCR``.

    Raises
    ------
    FileNotFoundError
        If patients.csv or all other tables are missing. The message lists what was
        looked for, and what is there.
    ValueError
        If columns are missing, a filter cannot be answered, a test is unknown, or no
        patient is left.

    See Also
    --------
    read_meds : Reads another format of events.

    References
    ----------
    .. [1] J. Walonoski et al., "Synthea: An approach, method, and software mechanism
       for generating synthetic patients and the synthetic electronic health care
       record", JAMIA, 2018, :doi:`10.1093/jamia/ocx079`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from fairsample.datasets import read_synthea
    >>> people = '''Id,BIRTHDATE,DEATHDATE,GENDER,RACE
    ... ann,1950-01-01,,F,white
    ... bob,1960-01-01,2020-06-01,M,asian'''
    >>> conditions = '''START,PATIENT,ENCOUNTER,CODE,DESCRIPTION
    ... 2018-05-01,ann,e1,44054006,Diabetes
    ... 2020-01-01,bob,e2,22298006,Myocardial infarction
    ... 2021-01-01,ann,e3,38341003,Hypertension'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "patients.csv").write_text(people)
    ...     _ = Path(folder, "conditions.csv").write_text(conditions)
    ...     bunch = read_synthea(folder)
    >>> bunch.frame[["gender", "race", "age", "visits", "mortality_next_year"]]
      gender   race  age             visits  mortality_next_year
    0      F  white   68  [[DX:44054006]]                    0
    1      M  asian   60  [[DX:22298006]]                    1
    >>> bunch.reading
    patients.csv: 2 rows read, 2 used.
    conditions.csv: 3 rows read, 2 used; 1 after the last visit shown.
    Patients: 2 found, 2 kept.
    """
    filters = RecordFilters.of(
        filters, cannot_answer=("admission_types", "first_icu_stay")
    )
    source = SyntheaTables(folder, verbose=verbose)
    reading, tests = ReadingReport(), WantedTests(labs)
    patients = source.patients(reading)
    visits = SyntheaVisits(patients, visit)
    is_listed = visit == "encounter" and "encounters" in source.events
    for name in ["encounters"] if is_listed else source.events:
        for rows in source.rows(name, patients.index):
            visits.add(rows)
    horizon = None if label is None else horizon_days * _DAY
    shown = visits.shown(horizon, reading)
    shown = filters.to_visits(shown, reading, birth=patients["birthdate"])
    every, events = visits.table(), VisitEvents(len(shown), lab_value=lab_value)
    descriptions, found = {}, set()
    for name in source.events:
        for rows in source.rows(name, patients.index):
            add_rows(rows, name, every, shown, events, reading, tests=tests)
            descriptions |= rows.descriptions()
            found |= rows.tests()
        source.count(name, reading)
    tests.check_found(found)
    shown.patients = _features(shown, label, horizon)
    died = f"death within {horizon_days} days after the last visit shown"
    return record_bunch(
        shown,
        events,
        filters=filters,
        reading=reading,
        sensitive="race",
        target_names=None if label is None else ["alive", "died"],
        description=_DESCRIPTION.format(target="none" if label is None else died),
        labs=tests.bins,
        imputation=imputation,
        n_bins=n_bins,
        min_code_patients=min_code_patients,
        target=label,
        return_X_y=return_X_y,
        descriptions=descriptions,
    )


def _features(shown, label, horizon):
    """Return the static columns and the label of the patients shown."""
    patients = in_completed_years(shown.patients)
    features = patients[[*_STATICS, "age"]]
    if label is None:
        return features
    index = shown.visits.groupby("patient")["end"].max().to_numpy("datetime64[us]")
    death = patients["deathdate"].to_numpy().astype("datetime64[us]")
    return features.assign(**{label: (death - index <= horizon).astype(int)})
