"""What is shown of a patient's admissions, until when, and what is to be foretold."""

import numpy as np

from fairsample.datasets.visit_table import VisitTable

__all__ = ["HOSPITAL_LABELS", "shown_visits"]

HOSPITAL_LABELS = {
    "mortality_next_visit": ["alive", "died"],
    "in_hospital_mortality": ["alive", "died"],
    "readmission": ["not readmitted", "readmitted"],
}
_HOUR = 3_600_000_000


def shown_visits(found, label, hours, observation_hours, readmission_days, reading):
    """Choose the visits that are shown, each patient's prediction time and the label.

    Parameters
    ----------
    found : HospitalStays
        All admissions.
    label : str or None
        One of `HOSPITAL_LABELS`.
    hours : float or None
        Length of the windows; None if an admission is a visit.
    observation_hours : float
        How much is shown of the admission in which death is foretold.
    readmission_days : float
        Longest time from discharge to the next admission.
    reading : ReadingReport
        Counts who is left out.

    Returns
    -------
    VisitTable
        With a column of `patients` that is called like the label. Every patient has a
        visit.
    """
    stays = found.stays[found.stays["counts"]].assign(whole=True)
    patient = stays["patient"].to_numpy()
    is_last = _last_of_patients(stays)
    left_out = np.full(len(found.patients), "without an admission that counts", object)
    left_out[patient] = ""
    cutoff = np.full(len(found.patients), "NaT", "datetime64[us]")
    patients = found.patients
    if label is not None:
        if label == "readmission":
            stays, known, target, fault = _up_to_index(stays, is_last, readmission_days)
        else:
            stays, known, target, fault = _before_the_end(
                stays, is_last, label, hours, observation_hours
            )
        cutoff[patient[is_last]] = known
        left_out[patient[is_last]] = fault
        labels = np.zeros(len(patients), dtype=np.int64)
        labels[patient[is_last]] = target
        patients = patients.assign(**{label: labels})
    for reason in np.unique(left_out[left_out != ""]):
        reading.leave_out_patients(reason, (left_out == reason).sum())
    kept = left_out == ""
    stays = _until(stays[kept[stays["patient"]]], cutoff)
    stays = stays.assign(patient=(np.cumsum(kept) - 1)[stays["patient"]])
    table = VisitTable(patients[kept], stays, cutoff=cutoff[kept])
    return table if hours is None else table.in_windows(hours)


def _last_of_patients(stays):
    """Return which admission is the last: that of the death, else by its start."""
    last = stays.reset_index(drop=True).sort_values(["patient", "died"], kind="stable")
    is_last = np.zeros(len(stays), dtype=bool)
    is_last[last.drop_duplicates("patient", keep="last").index] = True
    return is_last


def _until(stays, cutoff):
    """Show admissions until the prediction time, as if nobody knew how long they are.

    How many windows an admission has would tell when it ended.
    """
    limit = cutoff[stays["patient"]]
    start, end = (stays[side].to_numpy("datetime64[us]") for side in ("start", "end"))
    goes_on = end > limit
    stays = stays.assign(end=np.where(goes_on, limit, end), whole=~goes_on)
    return stays[~(start > limit)]


def _up_to_index(stays, is_last, readmission_days):
    """Show the admissions up to the index: the last that another one follows.

    The only admission of a patient is an index, too.
    """
    patient = stays["patient"].to_numpy()
    position = np.arange(len(stays))
    is_followed = stays["next_start"].notna().to_numpy()
    index = np.full(patient.max(initial=-1) + 1, -1)
    np.maximum.at(index, patient, np.where(is_followed, position, -1))
    last = np.flatnonzero(is_last)
    of_patient = np.where(index[patient[last]] >= 0, index[patient[last]], last)
    ends = stays["end"].to_numpy("datetime64[us]")[of_patient]
    gap = stays["next_start"].to_numpy("datetime64[us]")[of_patient] - ends
    target = gap <= np.timedelta64(int(24 * readmission_days * _HOUR), "us")
    fault = np.where(
        stays["died"].to_numpy()[of_patient], "whose index admission ended in death", ""
    )
    index[patient[last]] = of_patient
    return stays[position <= index[patient]], ends, target, fault


def _before_the_end(stays, is_last, label, hours, observation_hours):
    """Show the last admission until the prediction time, the earlier ones whole."""
    start, end = (stays[side].to_numpy("datetime64[us]") for side in ("start", "end"))
    start_of_last, end_of_last = start[is_last], end[is_last]
    fault = np.full(len(start_of_last), "", object)
    if label == "in_hospital_mortality":
        cut = start_of_last + np.timedelta64(int(observation_hours * _HOUR), "us")
        reason = f"whose last admission ended within {observation_hours:g} hours"
        fault[end_of_last <= cut] = reason
    elif hours is None:
        cut = start_of_last
    else:
        window = np.timedelta64(int(hours * _HOUR), "us")
        n_windows = np.maximum(-(-(end_of_last - start_of_last) // window), 1)
        cut = start_of_last + (n_windows - 1) * window
    patient = stays["patient"].to_numpy()
    of_patient = np.zeros(patient.max(initial=-1) + 1, dtype="datetime64[us]")
    of_patient[patient[is_last]] = cut
    shown = (start < of_patient[patient]) | (~is_last & (start == of_patient[patient]))
    n_before = np.bincount(patient, weights=shown)[patient[is_last]]
    fault[n_before == 0] = "without a visit before the one to foretell"
    return stays[shown], cut, stays["died"].to_numpy()[is_last], fault
