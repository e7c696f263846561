"""MIMIC-III: from the folder of CSV files to patients with visits."""

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import validate_params

from fairsample.datasets.hospital_layout import MIMIC3
from fairsample.datasets.hospital_reader import HOSPITAL_CONSTRAINTS, HospitalReader
from fairsample.datasets.phenotypes import phenotypes

__all__ = ["read_mimic3"]

_ETHNICITIES = {
    "WHITE": "White",
    "PORTUGUESE": "White",
    "MIDDLE EASTERN": "White",
    "BLACK": "Black",
    "CARIBBEAN ISLAND": "Black",
    "HISPANIC": "Hispanic",
    "SOUTH AMERICAN": "Hispanic",
    "ASIAN": "Asian",
}

_DESCRIPTION = """\
MIMIC-III Clinical Database, patients with visits

One row per patient: gender, age, ethnicity, insurance, admission_type and visits, each
a list of codes: DX: (ICD-9 diagnosis), PX: (ICD-9 procedure), RX: (drug), LAB:test:bin.
Sensitive: ethnicity (also gender, age, insurance). Only what was known at the time of
prediction is shown.

Johnson, A. et al. (2016). MIMIC-III, a freely accessible critical care database.
Scientific Data 3:160035, doi 10.1038/sdata.2016.35. The data are used under the
agreement under which they were obtained.
"""


@validate_params(HOSPITAL_CONSTRAINTS, prefer_skip_nested_validation=True)
def read_mimic3(
    folder,
    *,
    label="mortality_next_visit",
    visit="admission",
    filters=None,
    labs="all",
    lab_value="last",
    imputation=None,
    n_bins=10,
    min_code_patients=1,
    tables=("diagnoses", "procedures", "prescriptions", "labs"),
    charts=None,
    observation_hours=48,
    readmission_days=30,
    return_X_y=False,
    verbose=0,
):
    """Read patients with visits from a folder of MIMIC-III.

    Nothing that became known after the prediction time is shown: neither codes nor
    results, nor filters by codes. Diagnoses and procedures have no time and are coded
    after discharge, so those of an admission that is shown in part are left out. A
    prescription is dated by day and counts at the end of that day. A laboratory result
    has the time at which the specimen was taken; it came some time later.

    A row of a file is never dropped in silence: ``reading`` counts what was read and
    why rows were not used. A patient with an admission that cannot be read is left out
    as a whole, since the label would be wrong without it. An admission after the
    patient's death (a donor's account) is left out.

    Files may be gzipped, names and columns of either case, and columns that are not
    read may be missing. Long tables are read in chunks: memory is bounded by visits
    times tests, not by rows.

    Parameters
    ----------
    folder : path-like
        Where the files lie: ADMISSIONS, PATIENTS, and DIAGNOSES_ICD, PROCEDURES_ICD,
        PRESCRIPTIONS, LABEVENTS with D_LABITEMS, as `tables` asks for them.
    label : {"mortality_next_visit", "in_hospital_mortality", "readmission"} or None, \
default="mortality_next_visit"
        What is predicted. Deaths are those in hospital (``hospital_expire_flag``).

        ``"mortality_next_visit"``: death in the last admission, predicted when it
        begins; all earlier ones are shown. With windows as visits, death in the last
        admission, predicted when the window begins in which the stay ends; all windows
        before it are shown. Patients without a visit before that have no label.
        ``"in_hospital_mortality"``: death in the last admission, predicted
        `observation_hours` after it began; earlier admissions are shown whole, the last
        one until then. Patients whose last admission ended within these hours are left
        out.
        ``"readmission"``: whether another admission begins within `readmission_days` of
        the discharge from the index admission, predicted at this discharge. The index
        is the last but one admission, or the only one; patients who died in it are left
        out. Later deaths outside hospital are not known, and count as not readmitted.
        None: all visits are shown and ``target`` is None.
    visit : "admission" or float, default="admission"
        What a visit is: an admission, or a window of so many hours, counted from the
        start of the admission; the last window ends with the stay. Windows without
        codes are kept. Diagnoses, procedures and what happened after discharge belong
        to the last window, what happened before the admission to the first.
    filters : RecordFilters or dict, default=None
        Which patients, admissions and codes are wanted. Admissions that a filter lets
        not count are neither shown nor predicted; readmission counts all.
    labs : "all", sequence, LabBins or None, default="all"
        Tests of LABEVENTS that become codes: labels, names or item ids, where a label
        stands for all items that share it. With the ``lab_bins`` of another reading the
        same bins are used. None: LABEVENTS is not read.
    lab_value : {"last", "first", "mean", "min", "max"}, default="last"
        Which value of a test stands for the visit.
    imputation : {"forward", "forward_median"} or None, default=None
        None: a test that was not done has no code, which is information in itself.
        ``"forward"``: the patient's last earlier value; ``"forward_median"``: then the
        median of the test. Only for tests done in at least half of the patients.
    n_bins : int, default=10
        About how many bins a test gets, see
        :class:`~fairsample.encoding.LabBins`.
    min_code_patients : int, default=1
        Codes that fewer patients have are dropped.
    tables : sequence of str, default=("diagnoses", "procedures", "prescriptions", \
"labs")
        Kinds of events that are read.
    charts : sequence or None, default=None
        Items of CHARTEVENTS that are read as tests, too: labels or item ids. None:
        CHARTEVENTS need not be there.
    observation_hours : float, default=48
        See `label`.
    readmission_days : float, default=30
        See `label`.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    verbose : int, default=0
        Show the progress on every file.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple of (data, target)
        ``data`` : DataFrame of shape (n_patients, 6)
            ``gender``, ``age`` (completed years at the first visit shown; everybody
            above 89 is 90), ``ethnicity`` (White, Black, Hispanic, Asian, Others),
            ``insurance``, ``admission_type`` (all as in the last visit shown) and
            ``visits``: in time order, each a list of codes such as ``"DX:4280"``,
            ``"PX:3893"``, ``"RX:insulin"``, ``"LAB:Glucose/Blood:3"``.
        ``target`` : Series of shape (n_patients,) or None
            0 or 1.
        ``patient_ids`` : Series of shape (n_patients,)
            The subject ids.
        ``raw_ethnicity`` : Series of shape (n_patients,)
            Ethnicity as recorded.
        ``phenotypes`` : DataFrame of shape (n_patients, 25)
            Which of the 25 benchmark phenotypes the diagnoses in ``data`` mean; there
            if diagnoses are read.
        ``lab_bins`` : LabBins or None
            Draws values of laboratory codes.
        ``reading`` : ReadingReport
            What was read, and what was left out for which reason.
        ``frame``, ``feature_names``, ``target_names``, ``sensitive``, ``DESCR``
            As in scikit-learn's loaders; ``sensitive`` is ``"ethnicity"``.

    Raises
    ------
    FileNotFoundError
        If files are not there: one message lists them all, and what the folder holds.
    ValueError
        If columns are not there (one message lists them for all tables), a parameter
        is out of range, a test is unknown, or no patient is left.
    ImportError
        If pyarrow is not installed.

    Warns
    -----
    DataWarning
        If lines, times or numbers could not be read.

    See Also
    --------
    read_pic : The paediatric database of the same form.
    RecordFilters : Which patients are wanted.
    phenotypes : What the diagnoses mean.

    Examples
    --------
    Not run as a test, since it needs the files.

    >>> from fairsample.datasets import read_mimic3
    >>> icu = read_mimic3(
    ...     "mimic-iii", label="in_hospital_mortality", filters={"age": (18, None)}
    ... )  # doctest: +SKIP
    >>> icu.reading  # doctest: +SKIP
    """
    reader = HospitalReader(
        layout=MIMIC3,
        statics=_statics,
        sensitive="ethnicity",
        description=_DESCRIPTION,
        label=label,
        visit=visit,
        filters=filters,
        labs=labs,
        lab_value=lab_value,
        imputation=imputation,
        n_bins=n_bins,
        min_code_patients=min_code_patients,
        tables=tuple(tables),
        charts=charts,
        observation_hours=observation_hours,
        readmission_days=readmission_days,
        verbose=verbose,
        beside={"raw_ethnicity": "ethnicity_raw"},
    )
    bunch = reader.read(folder)
    if "diagnoses" in reader.tables:
        bunch.phenotypes = phenotypes(bunch.data["visits"])
    return (bunch.data, bunch.target) if return_X_y else bunch


def _statics(patients, last_visits):
    raw = last_visits["ethnicity"]
    return pd.DataFrame(
        {
            "gender": patients["gender"],
            "age": np.floor(patients["age"]).astype(np.int64),
            "ethnicity": raw.map(_grouped_ethnicity),
            "insurance": last_visits["insurance"],
            "admission_type": last_visits["admission_type"],
            "ethnicity_raw": raw,
        }
    )


def _grouped_ethnicity(raw):
    """Return White, Black, Hispanic, Asian or Others."""
    for beginning, group in _ETHNICITIES.items():
        if raw.upper().startswith(beginning):
            return group
    return "Others"
