"""The Paediatric Intensive Care database: from its folder to patients with visits."""

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import validate_params

from fairsample.datasets.hospital_layout import PIC
from fairsample.datasets.hospital_reader import HOSPITAL_CONSTRAINTS, HospitalReader

__all__ = ["read_pic"]

_AGE_BANDS = {
    0: "0-27 days",
    28 / 365.2425: "28 days-11 months",
    1: "1 year",
    2: "2-5 years",
    6: "6-11 years",
    12: "12 years and older",
}

_DESCRIPTION = """\
Paediatric Intensive Care database (PIC), patients with visits

One row per patient: gender, age_band, insurance and visits, each a list of codes: DX:
(ICD-10 diagnosis), RX: (drug), LAB:test:bin. Sensitive: gender (also age_band,
insurance); nearly all patients have the same ethnicity. Only what was known at the time
of prediction is shown.

Zeng, X. et al. (2020). PIC, a paediatric-specific intensive care database. Scientific
Data 7:14, doi 10.1038/s41597-020-0355-4. The data are used under the agreement under
which they were obtained.
"""


@validate_params(HOSPITAL_CONSTRAINTS, prefer_skip_nested_validation=True)
def read_pic(
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
    tables=("diagnoses", "prescriptions", "labs"),
    charts=None,
    observation_hours=48,
    readmission_days=30,
    return_X_y=False,
    verbose=0,
):
    """Read patients with visits from a folder of the PIC database, 1.0 or 1.1.

    The sensitive attribute is gender. Ethnicity is nearly constant in this database (98
    to 99 of 100 patients), so that nothing can be said about fairness between ethnic
    groups from it; it is not read, and never made up.

    What is shown, what is counted, and how visits and labels are made is the same as in
    :func:`read_mimic3`. There are no admission types to filter by and no coded
    procedures.

    Parameters
    ----------
    folder : path-like
        Where the files lie: ADMISSIONS, PATIENTS, and DIAGNOSES_ICD with
        D_ICD_DIAGNOSES, PRESCRIPTIONS, LABEVENTS with D_LABITEMS, as `tables` asks for
        them.
    label : {"mortality_next_visit", "in_hospital_mortality", "readmission"} or None, \
default="mortality_next_visit"
        What is predicted, and from when on nothing is shown.
    visit : "admission" or float, default="admission"
        What a visit is: an admission, or a window of so many hours, counted from the
        start of the admission.
    filters : RecordFilters or dict, default=None
        Which patients, admissions and codes are wanted. Ages are in years; fractions
        are welcome.
    labs : "all", sequence, LabBins or None, default="all"
        Tests of LABEVENTS that become codes: English labels, names or item ids.
    lab_value : {"last", "first", "mean", "min", "max"}, default="last"
        Which value of a test stands for the visit.
    imputation : {"forward", "forward_median"} or None, default=None
        What is put in place of tests that were not done.
    n_bins : int, default=10
        About how many bins a test gets.
    min_code_patients : int, default=1
        Codes that fewer patients have are dropped.
    tables : sequence of str, default=("diagnoses", "prescriptions", "labs")
        Kinds of events that are read.
    charts : sequence or None, default=None
        Items of CHARTEVENTS that are read as tests, too.
    observation_hours : float, default=48
        For ``"in_hospital_mortality"``: how much is shown of the last admission.
    readmission_days : float, default=30
        For ``"readmission"``: longest time from discharge to the next admission.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    verbose : int, default=0
        Show the progress on every file.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple of (data, target)
        ``data`` : DataFrame of shape (n_patients, 4)
            ``gender``, ``age_band`` (at the first visit shown: 0-27 days, 28 days-11
            months, 1 year, 2-5 years, 6-11 years, 12 years and older), ``insurance``
            (in the last visit shown) and ``visits``: in time order, each a list of
            codes such as ``"DX:J18.9"``, ``"RX:ambroxol"``, ``"LAB:Lactate:3"``.
            Diagnoses are the ICD-10 codes that D_ICD_DIAGNOSES gives for the national
            ones; a national code without one stays as it is. Drugs have English names.
        ``target`` : Series of shape (n_patients,) or None
            0 or 1.
        ``patient_ids`` : Series of shape (n_patients,)
            The subject ids.
        ``lab_bins`` : LabBins or None
            Draws values of laboratory codes.
        ``reading`` : ReadingReport
            What was read, and what was left out for which reason.
        ``frame``, ``feature_names``, ``target_names``, ``sensitive``, ``DESCR``
            As in scikit-learn's loaders; ``sensitive`` is ``"gender"``.

    Raises
    ------
    FileNotFoundError
        If files are not there: one message lists them all, and what the folder holds.
    ValueError
        If columns are not there, a parameter is out of range, a filter cannot be
        answered, a test is unknown, or no patient is left.
    ImportError
        If pyarrow is not installed.

    Warns
    -----
    DataWarning
        If lines, times or numbers could not be read.

    See Also
    --------
    read_mimic3 : Tells what the labels and the visits are.

    Examples
    --------
    Not run as a test, since it needs the files.

    >>> from fairsample.datasets import read_pic
    >>> children = read_pic("pic/V1.1.0", label="in_hospital_mortality", visit=12)
    ... # doctest: +SKIP
    >>> children.data["age_band"].value_counts()  # doctest: +SKIP
    """
    bunch = HospitalReader(
        layout=PIC,
        statics=_statics,
        sensitive="gender",
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
    ).read(folder)
    return (bunch.data, bunch.target) if return_X_y else bunch


def _statics(patients, last_visits):
    edges, names = list(_AGE_BANDS), np.array(list(_AGE_BANDS.values()), dtype=object)
    band = np.searchsorted(edges, patients["age"].clip(lower=0), side="right") - 1
    return pd.DataFrame(
        {
            "gender": patients["gender"],
            "age_band": names[band],
            "insurance": last_visits["insurance"],
        }
    )
