"""Diabetes-130: hospital encounters of patients with diabetes, or their histories."""

from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import StrOptions, validate_params

from fairsample.datasets.public_table import FETCH_CONSTRAINTS, PublicTable
from fairsample.datasets.remote import RemoteFile
from fairsample.encoding.visit_cells import nest_visits

__all__ = ["fetch_diabetes130"]

FILE = RemoteFile(
    dataset="diabetes130",
    name="diabetic_data.csv",
    url=(
        "https://archive.ics.uci.edu/static/public/296/"
        "diabetes+130-us+hospitals+for+years+1999-2008.zip"
    ),
    sha256="0689e7ec031237dc63031b938805c48377748761a3b26acab621567afa24df97",
    member="diabetic_data.csv",
)

_OUTCOME = ["patient_nbr", "readmitted"]
_DIED_OR_HOSPICE = [11, 13, 14, 19, 20, 21]
_ENCOUNTER_COLUMNS = [
    "race",
    "gender",
    "age",
    "time_in_hospital",
    "num_lab_procedures",
    "num_procedures",
    "num_medications",
    "number_outpatient",
    "number_emergency",
    "number_inpatient",
    "number_diagnoses",
    "max_glu_serum",
    "A1Cresult",
    "insulin",
    "change",
    "diabetesMed",
    "admission_type_id",
    "discharge_disposition_id",
    "admission_source_id",
]
_DIAGNOSES = ["diag_1", "diag_2", "diag_3"]
_RESULTS = {"LAB:A1C": "A1Cresult", "LAB:GLU": "max_glu_serum"}
_ADMISSION = {"ADM": "admission_type_id", "SRC": "admission_source_id"}
# Lowest value of each bin: round numbers, chosen without looking at the data.
_COUNTS = {
    "LOS": ("time_in_hospital", [1, 2, 3, 5, 8]),
    "LABS": ("num_lab_procedures", [0, 20, 40, 60, 80]),
    "PROCS": ("num_procedures", [0, 1, 2, 4]),
    "MEDS": ("num_medications", [0, 5, 10, 15, 20, 30]),
    "OUT": ("number_outpatient", [0, 1, 2, 4]),
    "EMER": ("number_emergency", [0, 1, 2, 4]),
    "INP": ("number_inpatient", [0, 1, 2, 4]),
    "NDX": ("number_diagnoses", [0, 4, 6, 8, 9]),
}

_DESCRIPTION = """\
Diabetes 130-US hospitals, 1999-2008

101,766 encounters of 71,518 patients with diabetes. Target: readmitted at any later
time. Sensitive: race (also gender, age). Encounters that ended in death or hospice
(discharge dispositions 11, 13, 14, 19, 20, 21) are left out, since nobody is
readmitted from there. There are no dates; encounter_id orders a patient's encounters.

records="encounters": the first encounter of each patient with known race, as a table.
records="patients": patients with two encounters or more, their visits as code lists;
the target is that of the last encounter, and no visit says who was readmitted.

Licence: CC BY 4.0 (UCI Machine Learning Repository), doi 10.24432/C5230J.
Cite: Strack, B. et al. (2014). Impact of HbA1c measurement on hospital readmission
rates: analysis of 70,000 clinical database patient records. BioMed Research
International 2014:781670, doi 10.1155/2014/781670
"""

_TABLE = PublicTable(
    csv={"keep_default_na": False, "na_values": "?", "low_memory": False},
    target="readmitted",
    target_names=["not readmitted", "readmitted"],
    sensitive="race",
    beside={"patient_ids": "patient_nbr"},
    description=_DESCRIPTION,
)


@validate_params(
    {**FETCH_CONSTRAINTS, "records": [StrOptions({"encounters", "patients"})]},
    prefer_skip_nested_validation=True,
)
def fetch_diabetes130(
    *,
    records="encounters",
    data_home=None,
    download_if_missing=True,
    return_X_y=False,
    as_frame=True,
    n_retries=3,
    delay=1.0,
):
    """Load Diabetes-130: which patients with diabetes are readmitted to hospital.

    The sensitive column is ``race``. Encounters that ended in death or hospice are
    left out. Readmission is never among the features, not even that of earlier
    encounters.

    Parameters
    ----------
    records : {"encounters", "patients"}, default="encounters"
        ``"encounters"``: a table with the first encounter of each patient whose race
        is known. ``"patients"``: one row for each of the 16,341 patients with two
        encounters or more: ``race`` (``"Unknown"`` when missing), ``gender`` and
        ``age`` band at the last encounter, and ``visits``, a list of visits in time
        order, each a list of codes such as ``"DX:250.83"`` (diagnosis, ICD-9),
        ``"RX:insulin:Up"`` (medication and its change), ``"LAB:A1C:>8"``,
        ``"ADM:1"``, ``"SRC:7"`` (type and source of the admission) and ``"LOS:3-4"``
        (days in hospital; further binned counts: LABS, PROCS, MEDS, OUT, EMER, INP,
        NDX). What was not measured or not prescribed has no code.
    data_home : str or path-like, default=None
        Folder with one subfolder per data set; see the notes.
    download_if_missing : bool, default=True
        If False, raise when the file is not there instead of downloading it.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Return pandas objects; otherwise numpy arrays.
    n_retries : int, default=3
        Further attempts after a failed download.
    delay : float, default=1.0
        Seconds between attempts.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple of (data, target)
        With ``data``, ``target`` (n_samples,) in {0, 1}, ``frame``,
        ``feature_names``, ``target_names``, ``sensitive``, ``patient_ids``
        (n_samples,) and ``DESCR``.

    Raises
    ------
    FileNotFoundError
        If the file is not there and must not be downloaded.
    ConnectionError
        If the download fails.
    ValueError
        If the file does not have the expected checksum.

    See Also
    --------
    make_icu_cohort : Simulated patients with visits; needs no file.

    Notes
    -----
    ``data_home=None`` means the folder in the environment variable
    ``FAIRSAMPLE_DATA``, to which nothing is ever downloaded, else
    ``~/fairsample_data``.

    References
    ----------
    .. [1] B. Strack et al., "Impact of HbA1c measurement on hospital readmission
       rates", BioMed Research International, 2014, :doi:`10.1155/2014/781670`.

    Examples
    --------
    Not run as a test, since it needs the file.

    >>> from fairsample.datasets import fetch_diabetes130
    >>> patients = fetch_diabetes130(records="patients")  # doctest: +SKIP
    >>> patients.data.shape  # doctest: +SKIP
    (16341, 4)
    """
    prepare = _first_encounters if records == "encounters" else _patients
    table = replace(_TABLE, prepare=prepare)
    return table.fetch(
        [FILE], data_home, download_if_missing, return_X_y, as_frame, n_retries, delay
    )


def _at_risk(encounters):
    """Return the encounters after which one can be readmitted, and whether one was."""
    died_or_hospice = encounters["discharge_disposition_id"].isin(_DIED_OR_HOSPICE)
    is_readmitted = encounters["readmitted"].ne("NO")
    return encounters.assign(readmitted=is_readmitted)[~died_or_hospice]


def _first_encounters(encounters):
    """Return one table row per patient: the first encounter with known race."""
    at_risk = _at_risk(encounters)
    first = (
        at_risk[at_risk["race"].notna()]
        .sort_values("encounter_id")
        .drop_duplicates("patient_nbr")
        .reset_index(drop=True)
    )
    codes = [name for name in _ENCOUNTER_COLUMNS if name.endswith("_id")]
    return first[[*_ENCOUNTER_COLUMNS, *_OUTCOME]].astype(dict.fromkeys(codes, str))


def _patients(encounters):
    """Return one row per patient with two encounters or more, with the visits."""
    at_risk = _at_risk(encounters)
    several = at_risk["patient_nbr"].duplicated(keep=False)
    ordered = at_risk[several].sort_values(
        ["patient_nbr", "encounter_id"], ignore_index=True
    )
    is_last = ~ordered["patient_nbr"].duplicated(keep="last")
    last = ordered[is_last].reset_index(drop=True)
    rows = last[["race", "gender", "age", *_OUTCOME]].fillna({"race": "Unknown"})
    first_visits = np.r_[0, np.flatnonzero(is_last) + 1]
    rows["visits"] = nest_visits(*_visit_codes(ordered), first_visits)
    return rows


def _visit_codes(encounters):
    """Return the codes of all encounters end to end, and where each one's begin."""
    slots = [
        *_diagnosis_codes(encounters),
        *_medication_codes(encounters),
        *(
            _codes(prefix, encounters[column], encounters[column].ne("None"))
            for prefix, column in _RESULTS.items()
        ),
        *(_codes(prefix, encounters[column]) for prefix, column in _ADMISSION.items()),
        *(
            _codes(prefix, _binned(encounters[column], lowest))
            for prefix, (column, lowest) in _COUNTS.items()
        ),
    ]
    codes = np.column_stack(slots)
    present = pd.notna(codes)
    return codes[present], np.r_[0, present.sum(axis=1).cumsum()]


def _diagnosis_codes(encounters):
    """Return a slot per diagnosis column; a repeated diagnosis counts once."""
    for position, column in enumerate(_DIAGNOSES):
        is_new = encounters[column].notna()
        for earlier in _DIAGNOSES[:position]:
            is_new &= encounters[column] != encounters[earlier]
        yield _codes("DX", encounters[column], is_new)


def _medication_codes(encounters):
    """Return a slot per medication, empty where it was not prescribed."""
    start = encounters.columns.get_loc("metformin")
    stop = encounters.columns.get_loc("change")
    for name in encounters.columns[start:stop]:
        yield _codes(f"RX:{name}", encounters[name], encounters[name].ne("No"))


def _codes(prefix, values, present=None):
    """Return ``prefix:value`` as an object array, None where not present."""
    codes = (prefix + ":" + values.astype(str)).to_numpy(dtype=object)
    return codes if present is None else np.where(present, codes, None)


def _binned(counts, lowest):
    """Return the label of each count's bin: ``"3"``, ``"5-7"`` or ``"8+"``."""
    labels = [
        str(low) if high == low + 1 else f"{low}-{high - 1}"
        for low, high in zip(lowest, lowest[1:], strict=False)
    ]
    labels.append(f"{lowest[-1]}+")
    position = np.searchsorted(lowest, counts.to_numpy(), side="right") - 1
    return pd.Series(np.array(labels, dtype=object)[position], index=counts.index)
