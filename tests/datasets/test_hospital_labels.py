"""Nothing later than the prediction time is shown: random hospitals, every label."""

import numpy as np
import pandas as pd
import pytest
from hospital_folder import write_tables

from fairsample.datasets import read_mimic3

HOUR = pd.Timedelta("1h")
N_PATIENTS = 25


def hospital(rng):
    """Return tables in which every code has a name of its own, and these codes.

    The codes: name -> patient, admission (None if the row says none), and when it is
    known for certain.
    """
    stays, known = [], {}
    rows = {"DIAGNOSES_ICD": [], "PRESCRIPTIONS": [], "LABEVENTS": []}
    for patient in range(1, N_PATIENTS + 1):
        start = pd.Timestamp("2100-01-01") + rng.integers(0, 5_000) * HOUR
        for number in range(rng.integers(1, 5)):
            stay = 100 * (patient + 100) + number
            end = start + rng.integers(1, 200) * HOUR + pd.Timedelta("7min")
            stays.append((patient, stay, start, end, int(rng.random() < 0.1)))
            # Overlaps with the next admission are rare, and they happen.
            start = end + rng.choice([-30, 24, 200, 2_000]) * HOUR
    admissions = pd.DataFrame(
        stays,
        columns=[
            *("SUBJECT_ID", "HADM_ID", "ADMITTIME", "DISCHTIME"),
            "HOSPITAL_EXPIRE_FLAG",
        ],
    )
    items = 50
    for patient, stay, start, end, _ in stays:
        rows["DIAGNOSES_ICD"].append((patient, stay, f"d{stay}"))
        known[f"DX:d{stay}"] = patient, stay, end
        for _ in range(6):
            day = (start + rng.random() * (end - start)).floor("D")
            name = f"drug {len(known)}"
            rows["PRESCRIPTIONS"].append((patient, stay, day, name))
            last_moment = day + pd.Timedelta("1D") - pd.Timedelta("1us")
            known[f"RX:{name}"] = patient, stay, min(last_moment, end)
            taken = (start + rng.uniform(-0.2, 1.3) * (end - start)).floor("min")
            items += 1
            admission = stay if rng.random() < 0.5 else None
            rows["LABEVENTS"].append((patient, admission, items, taken, 1.0))
            known[f"LAB:{items}:0"] = patient, admission, taken
    columns = {
        "DIAGNOSES_ICD": ["SUBJECT_ID", "HADM_ID", "ICD9_CODE"],
        "PRESCRIPTIONS": ["SUBJECT_ID", "HADM_ID", "STARTDATE", "DRUG"],
        "LABEVENTS": ["SUBJECT_ID", "HADM_ID", "ITEMID", "CHARTTIME", "VALUENUM"],
    }
    tables = {name: pd.DataFrame(rows[name], columns=columns[name]) for name in rows}
    tables["LABEVENTS"] = tables["LABEVENTS"].astype({"HADM_ID": "Int64"})
    tables["ADMISSIONS"] = admissions.assign(
        ADMISSION_TYPE="EMERGENCY", INSURANCE="Private", ETHNICITY="WHITE"
    )
    tables["PATIENTS"] = pd.DataFrame(
        {"SUBJECT_ID": range(1, N_PATIENTS + 1), "GENDER": "F", "DOB": "2050-01-01"}
    )
    tables["PROCEDURES_ICD"] = pd.DataFrame(
        columns=["SUBJECT_ID", "HADM_ID", "ICD9_CODE"]
    )
    tables["D_LABITEMS"] = pd.DataFrame(columns=["ITEMID", "LABEL"])
    return tables, known


def expected_of(stays, label, visit):
    """Return the prediction time, the target and the admissions shown, one by one."""
    alive = list(stays.sort_values(["ADMITTIME", "DISCHTIME"]).itertuples())
    deaths = [stay for stay in alive if stay.HOSPITAL_EXPIRE_FLAG]
    if deaths:
        death = min(deaths, key=lambda stay: stay.DISCHTIME)
        alive = [s for s in alive if s is death or s.ADMITTIME < death.DISCHTIME]
    last = [stay for stay in alive if stay.HOSPITAL_EXPIRE_FLAG or stay is alive[-1]]
    last = max(last, key=lambda stay: stay.HOSPITAL_EXPIRE_FLAG)
    if label == "readmission":
        index = alive[-2] if len(alive) > 1 else last
        if index.HOSPITAL_EXPIRE_FLAG:
            return None
        gap = alive[-1].ADMITTIME - index.DISCHTIME
        soon = len(alive) > 1 and gap <= 30 * 24 * HOUR
        shown = alive[: alive.index(index) + 1]
        return index.DISCHTIME, int(soon), shown
    moment = last.ADMITTIME
    if label == "in_hospital_mortality":
        moment += 48 * HOUR
        if moment >= last.DISCHTIME:
            return None
    elif visit != "admission":
        while moment + visit * HOUR < last.DISCHTIME:
            moment += visit * HOUR
    shown = [stay for stay in alive if moment >= stay.ADMITTIME]
    if moment == last.ADMITTIME:
        shown.remove(last)
    return (moment, last.HOSPITAL_EXPIRE_FLAG, shown) if shown else None


@pytest.mark.parametrize("visit", ["admission", 24, 7.5])
@pytest.mark.parametrize(
    "label", ["mortality_next_visit", "in_hospital_mortality", "readmission"]
)
def test_no_code_later_than_the_prediction_time_and_none_missing(
    tmp_path, label, visit
):
    tables, known = hospital(np.random.default_rng(7))
    bunch = read_mimic3(write_tables(tmp_path, tables), label=label, visit=visit)
    of_patient = {
        patient: expected_of(stays, label, visit)
        for patient, stays in tables["ADMISSIONS"].groupby("SUBJECT_ID")
    }
    labelled = {p: expected for p, expected in of_patient.items() if expected}
    assert bunch.patient_ids.tolist() == list(labelled)
    assert bunch.target.tolist() == [target for _, target, _ in labelled.values()]
    n_shown = 0
    for patient, visits in zip(bunch.patient_ids, bunch.data["visits"], strict=True):
        moment, _, stays = labelled[patient]
        shown = {code for visit in visits for code in visit}
        n_shown += len(shown)
        later = {c for c in shown if known[c][0] == patient and known[c][2] > moment}
        assert not later
        assert all(known[code][0] == patient for code in shown)
        keys = {stay.HADM_ID for stay in stays}
        certain = {
            code
            for code, (owner, stay, when) in known.items()
            if owner == patient and stay in keys and when <= moment
        }
        by_time = {
            code
            for code, (owner, stay, when) in known.items()
            if owner == patient
            and stay is None
            and when <= moment
            and any(s.ADMITTIME <= when <= s.DISCHTIME for s in stays)
        }
        assert shown == certain | by_time
    assert n_shown > 100


@pytest.mark.parametrize("visit", ["admission", 24])
@pytest.mark.parametrize(
    "label", ["mortality_next_visit", "in_hospital_mortality", "readmission"]
)
def test_what_happens_later_changes_nothing_that_is_shown(tmp_path, label, visit):
    tables, known = hospital(np.random.default_rng(8))
    before = read_mimic3(write_tables(tmp_path / "a", tables), label=label, visit=visit)
    moments = {
        patient: (expected_of(stays, label, visit) or [pd.Timestamp.max])[0]
        for patient, stays in tables["ADMISSIONS"].groupby("SUBJECT_ID")
    }
    for name, column, prefix in (
        ("DIAGNOSES_ICD", "ICD9_CODE", "DX"),
        ("PRESCRIPTIONS", "DRUG", "RX"),
    ):
        table = tables[name]
        later = [
            known[f"{prefix}:{code}"][2] > moments[patient]
            for code, patient in zip(table[column], table["SUBJECT_ID"], strict=True)
        ]
        tables[name] = table[~np.array(later)]
    labs = tables["LABEVENTS"]
    later = labs["CHARTTIME"] > labs["SUBJECT_ID"].map(moments)
    assert later.any()
    tables["LABEVENTS"] = labs.assign(VALUENUM=labs["VALUENUM"].where(~later, 99.0))
    after = read_mimic3(write_tables(tmp_path / "b", tables), label=label, visit=visit)
    pd.testing.assert_frame_equal(before.frame, after.frame)


def test_filters_by_code_do_not_look_ahead(tmp_path):
    tables, _ = hospital(np.random.default_rng(9))
    folder = write_tables(tmp_path, tables)
    everybody = read_mimic3(folder, label="mortality_next_visit")
    seen = {c for visits in everybody.data["visits"] for v in visits for c in v}
    stays = tables["ADMISSIONS"]
    later = [f"DX:d{stay}" for stay in stays["HADM_ID"] if f"DX:d{stay}" not in seen]
    earlier = [f"DX:d{stay}" for stay in stays["HADM_ID"] if f"DX:d{stay}" in seen]
    with pytest.raises(ValueError, match="No patient is left"):
        read_mimic3(folder, filters={"with_codes": later})
    kept = read_mimic3(folder, filters={"with_codes": earlier[:1]})
    assert kept.patient_ids.tolist() == [int(earlier[0][4:]) // 100 - 100]


def two_stays(end, *, died=11, more=()):
    """Return tables of a patient with a stay of that end and one of two weeks.

    And of a patient who is the same in every one of them.
    """
    tables, _ = hospital(np.random.default_rng(0))
    stays = [
        (1, 10, "2100-01-01", end),
        (1, 11, "2100-01-05", "2100-01-20"),
        (2, 20, "2100-01-01", "2100-01-03"),
        (2, 21, "2100-02-01", "2100-02-05"),
        *more,
    ]
    columns = ["SUBJECT_ID", "HADM_ID", "ADMITTIME", "DISCHTIME"]
    frame = pd.DataFrame(stays, columns=columns).assign(
        ADMISSION_TYPE="EMERGENCY", INSURANCE="Private", ETHNICITY="WHITE"
    )
    frame["HOSPITAL_EXPIRE_FLAG"] = (frame["HADM_ID"] == died).astype(int)
    for name in ("DIAGNOSES_ICD", "PRESCRIPTIONS", "LABEVENTS"):
        tables[name] = tables[name].iloc[:0]
    return tables | {"ADMISSIONS": frame}


@pytest.mark.parametrize("visit", ["admission", 24])
@pytest.mark.parametrize("label", ["mortality_next_visit", "in_hospital_mortality"])
def test_the_length_of_an_overlapping_stay_does_not_tell_when_it_ends(
    tmp_path, label, visit
):
    options = {"label": label, "visit": visit}
    seen = []
    for end in ("2100-01-21", "2100-01-30", "2100-03-30"):
        folder = write_tables(tmp_path / end, two_stays(end))
        seen.append(read_mimic3(folder, **options).frame)
    pd.testing.assert_frame_equal(seen[0], seen[1])
    pd.testing.assert_frame_equal(seen[0], seen[2])
    if label == "in_hospital_mortality" and visit == 24:
        assert len(seen[0]["visits"][0]) == 6 + 2


def test_admissions_within_the_one_that_ends_in_death_are_no_donors(tmp_path):
    tables = two_stays(
        "2100-03-05", died=10, more=[(1, 12, "2100-02-01", "2100-02-03")]
    )
    folder = write_tables(tmp_path, tables)
    everything = read_mimic3(folder, label=None)
    assert [len(visits) for visits in everything.data["visits"]] == [3, 2]
    assert everything.reading.rows["ADMISSIONS"] == {"read": 5}
    deaths = read_mimic3(folder, label="in_hospital_mortality")
    assert dict(zip(deaths.patient_ids, deaths.target, strict=True)) == {1: 1, 2: 0}
    assert len(deaths.data["visits"][0]) == 1
    again = two_stays("2100-03-05", died=10, more=[(1, 12, "2100-03-05", "2100-03-06")])
    bunch = read_mimic3(write_tables(tmp_path / "again", again), label=None)
    assert bunch.reading.rows["ADMISSIONS"]["after the patient's death"] == 1
