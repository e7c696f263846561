"""Synthea exports, old and new, to patients with visits."""

import gzip
import os
from itertools import chain
from pathlib import Path

import pandas as pd
import pytest

from fairsample.base import DataWarning
from fairsample.datasets import read_synthea

pytest.importorskip("pyarrow")

NEW = {
    "patients": """\
Id,BIRTHDATE,DEATHDATE,SSN,FIRST,LAST,MARITAL,RACE,ETHNICITY,GENDER,ADDRESS
ann,1950-01-01,,999-11,Ann123,Ray456,M,white,nonhispanic,F,1 Secret Lane
bob,1960-06-01,2020-06-01T15:00:00Z,999-22,Bob123,Moe456,,asian,hispanic,M,2 Hidden Way
cat,1970-01-01,2020-09-01T15:00:00Z,999-33,Cat123,Lo456,S,black,nonhispanic,F,3 Dark Row
dan,2010-01-01,,999-44,Dan123,Fox456,,white,nonhispanic,M,4 Lost Road
""",
    "encounters": """\
Id,START,STOP,PATIENT,ENCOUNTERCLASS,CODE,DESCRIPTION
e1,2018-05-01T08:00:00Z,2018-05-01T09:00:00Z,ann,ambulatory,185,Check
e2,2019-05-01T08:00:00Z,2019-05-03T09:00:00Z,ann,inpatient,185,Stay
e3,2021-05-01T08:00:00Z,2021-05-01T09:00:00Z,ann,ambulatory,185,Check
e4,2020-05-20T08:00:00Z,2020-05-20T09:00:00Z,bob,emergency,50849002,Emergency
e5,2020-06-01T15:00:00Z,2020-06-01T15:30:00Z,bob,wellness,308646001,Death Certification
e6,2018-01-01T08:00:00Z,2018-01-01T09:00:00Z,cat,ambulatory,185,Check
""",
    "conditions": """\
START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION
2018-05-01,,ann,e1,44054006,Diabetes
2021-05-01,,ann,e3,38341003,Hypertension
2020-05-20,,bob,e4,22298006,Infarction
2018-01-01,,cat,e6,195662009,Pharyngitis
2020-05-20,,bob,e1,1,Wrong encounter
2020-05-20,,bob,e99,2,No encounter
2020-05-20,,eve,e4,3,No patient
""",
    "observations": """\
DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,VALUE,UNITS,TYPE
2018-05-01T08:10:00Z,ann,e1,8302-2,Body Height,170.5,cm,numeric
2018-05-01T08:20:00Z,ann,e1,72166-2,Smoking,Never smoker,,text
2019-05-02T08:00:00Z,ann,e2,4548-4,HbA1c,6.5,%,numeric
2020-05-20T08:30:00Z,bob,e4,4548-4,HbA1c,9.5,%,numeric
2020-06-01T15:10:00Z,bob,e5,69453-9,Cause of Death,1,,numeric
""",
    "immunizations": """\
DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION
2018-05-01T08:30:00Z,ann,e1,140,Influenza
""",
}


@pytest.fixture
def write(tmp_path):
    def write_folder(tables=NEW, **changes):
        folder = tmp_path / f"synthea{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name, text in {**tables, **changes}.items():
            if text is not None:
                (folder / f"{name}.csv").write_text(text)
        return folder

    return write_folder


def visits_of(bunch):
    return dict(zip(bunch.patient_ids, bunch.data["visits"], strict=True))


def test_encounters_of_a_new_export(write):
    bunch = read_synthea(write())
    height = bunch.lab_bins.encode(["8302-2"], [170.5])
    low, high = bunch.lab_bins.encode(["4548-4"] * 2, [6.5, 9.5])
    assert visits_of(bunch) == {
        "ann": [
            ["DX:44054006", "ENC:ambulatory", "IMM:140", *height],
            ["ENC:inpatient", low],
        ],
        "bob": [["DX:22298006", "ENC:emergency", high]],
        "cat": [["DX:195662009", "ENC:ambulatory"]],
    }
    assert bunch.target.tolist() == [0, 1, 0]
    assert bunch.data["age"].tolist() == [68, 59, 48]
    assert bunch.data["marital"].tolist() == ["M", "Unknown", "S"]
    assert bunch.descriptions["DX:22298006"] == "Infarction"
    assert (bunch.sensitive, list(bunch.target_names)) == ("race", ["alive", "died"])


def test_every_row_is_accounted_for(write):
    counts = read_synthea(write()).reading.to_frame()["n"]
    assert counts[counts > 0].to_dict() == {
        ("patients.csv", "read"): 4,
        ("patients.csv", "used"): 4,
        ("conditions.csv", "read"): 7,
        ("conditions.csv", "used"): 3,
        ("conditions.csv", "unknown patient"): 1,
        ("conditions.csv", "unknown encounter"): 1,
        ("conditions.csv", "encounter of another patient"): 1,
        ("conditions.csv", "after the last visit shown"): 1,
        ("immunizations.csv", "read"): 1,
        ("immunizations.csv", "used"): 1,
        ("encounters.csv", "read"): 6,
        ("encounters.csv", "used"): 4,
        ("encounters.csv", "on the day of death or later"): 1,
        ("encounters.csv", "after the last visit shown"): 1,
        ("observations.csv", "read"): 5,
        ("observations.csv", "used"): 3,
        ("observations.csv", "no number"): 1,
        ("observations.csv", "on the day of death or later"): 1,
        ("patients", "found"): 4,
        ("patients", "kept"): 3,
        ("patients", "without a visit that can be shown"): 1,
    }


def test_death_counts_within_the_horizon_only(write):
    bunch = read_synthea(write(), horizon_days=1000)
    assert bunch.patient_ids.tolist() == ["ann", "bob", "cat"]
    assert bunch.target.tolist() == [0, 1, 1]
    assert len(visits_of(bunch)["ann"]) == 1


def test_without_a_label_all_visits_before_death_are_shown(write):
    bunch = read_synthea(write(), label=None)
    assert [len(visits) for visits in visits_of(bunch).values()] == [3, 1, 1]
    assert bunch.target is None
    assert "mortality_next_year" not in bunch.frame


@pytest.mark.parametrize("visit", ["encounter", "day", 24, 8766])
def test_nothing_of_the_day_of_death_or_later_tells_the_outcome(write, visit):
    lived = NEW["patients"].replace("2020-06-01T15:00:00Z", "")
    lived = read_synthea(
        write(patients=lived, encounters=NEW["encounters"].replace("2021", "2022")),
        visit=visit,
    )
    died = read_synthea(write(), visit=visit)
    seen_alive = set(chain(*visits_of(lived)["bob"]))
    seen_dead = set(chain(*visits_of(died)["bob"]))
    assert "ENC:wellness" in seen_alive
    assert "ENC:wellness" not in seen_dead
    assert not [code for code in seen_dead if "69453-9" in code]


@pytest.mark.parametrize(
    "options", [{"visit": 1e300}, {"visit": 1e-9}, {"horizon_days": 1e300}]
)
def test_times_out_of_range_are_refused(write, options):
    with pytest.raises(ValueError, match=f"'{next(iter(options))}' parameter"):
        read_synthea(write(), **options)


def test_an_encounter_that_ends_with_death_is_not_shown(write):
    stay = "e7,2020-05-31T08:00:00Z,2020-06-01T15:00:00Z,bob,inpatient,1,Last stay\n"
    last = NEW["conditions"] + "2020-05-31,,bob,e7,5,In the last stay\n"
    bunch = read_synthea(write(encounters=NEW["encounters"] + stay, conditions=last))
    assert visits_of(bunch) == visits_of(read_synthea(write()))


def test_who_lives_is_seen_up_to_the_horizon(write):
    for horizon, n_visits in (728, 2), (730, 1):
        bunch = read_synthea(write(), horizon_days=horizon)
        assert len(visits_of(bunch)["ann"]) == n_visits


@pytest.mark.parametrize("visit", ["encounter", "day", 24])
def test_the_last_year_of_those_who_live_changes_nothing(write, visit):
    first = read_synthea(write(), visit=visit)
    future = NEW["conditions"] + "2021-04-01,,ann,e3,777,Future\n"
    second = read_synthea(write(conditions=future), visit=visit)
    pd.testing.assert_frame_equal(first.frame, second.frame)


def test_an_old_export_has_dates_only_and_needs_no_encounters(tmp_path):
    tables = {
        "PATIENTS": "ID,BIRTHDATE,DEATHDATE,GENDER,RACE,ETHNICITY\nann,1950-01-01,,F,"
        "white,irish\nbob,1950-01-01,2012-03-01,M,black,african\n",
        "Conditions": "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION\n"
        "2010-01-01,,ann,e1,11,One\n2012-01-02,,ann,e2,12,Two\n"
        "2012-03-01,,bob,e4,13,Last\n2012-02-01,,bob,e3,11,One\n",
        "medications": "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,COST\n"
        "2010-01-01,,ann,e1,21,Drug,1.5\n2013-01-02,,ann,e5,22,Drug,1.5\n",
        "procedures": "DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION\n"
        "2010-01-01,ann,e1,31,Cut\n",
    }
    for name, text in tables.items():
        (tmp_path / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
    bunch = read_synthea(tmp_path)
    assert visits_of(bunch) == {
        "ann": [["DX:11", "PX:31", "RX:21"], ["DX:12"]],
        "bob": [["DX:11"]],
    }
    assert bunch.target.tolist() == [0, 1]
    assert bunch.lab_bins is None


def test_days_and_windows(write):
    by_day = visits_of(read_synthea(write(), visit="day", labs=None))
    assert by_day["ann"][1:] == [["ENC:inpatient"], []]
    by_year = visits_of(read_synthea(write(), visit=8766, labs=None))
    assert [len(visits) for visits in by_year.values()] == [2, 1, 1]


def test_names_and_addresses_are_nowhere(write):
    bunch = read_synthea(write())
    everything = repr({name: str(value) for name, value in bunch.items()})
    everything += bunch.frame.to_json()
    for secret in ("999-", "Ann123", "Ray456", "Secret Lane"):
        assert secret not in everything


def test_filters_and_tests(write):
    bunch = read_synthea(
        write(), filters={"age": (60, None), "min_visits": 2}, labs=["4548-4"]
    )
    assert bunch.patient_ids.tolist() == ["ann"]
    assert list(bunch.lab_bins.bins_) == ["4548-4"]
    again = read_synthea(write(), labs=bunch.lab_bins)
    assert again.lab_bins is bunch.lab_bins
    with pytest.raises(ValueError, match=r"tests 'LDL'. There are '4548-4'"):
        read_synthea(write(), labs="LDL")
    with pytest.raises(ValueError, match="cannot answer the filters 'first_icu_stay'"):
        read_synthea(write(), filters={"first_icu_stay": True})


def test_what_cannot_be_read_is_told(write):
    conditions = NEW["conditions"] + "someday,,ann,e1,5,Bad\n,,ann,e1,5,Bad\nann\n"
    patients = NEW["patients"] + "fay,long ago,,,,,,white,nonhispanic,F,\n"
    with pytest.warns(
        DataWarning, match=r"patients.csv: 1 unparseable time; conditions.csv"
    ):
        bunch = read_synthea(write(conditions=conditions, patients=patients))
    rows = bunch.reading.rows["conditions.csv"]
    assert (rows["unparseable time"], rows["no time"], rows["malformed line"]) == (
        1,
        1,
        1,
    )
    assert rows["read"] == 10
    assert "fay" not in set(bunch.patient_ids)


def test_partial_folders_say_what_is_missing_and_what_is_there(write):
    with pytest.raises(
        FileNotFoundError, match=r"patients.csv.*holds 'conditions.csv'"
    ):
        read_synthea(write({"conditions": NEW["conditions"]}))
    with pytest.raises(FileNotFoundError, match=r"conditions.csv.*observations.csv"):
        read_synthea(write({"patients": NEW["patients"]}))
    bare = "START,PATIENT\n"
    with pytest.raises(ValueError, match=r"conditions.csv lacks.*'code'"):
        read_synthea(write(conditions=bare))


def test_patients_twice_count_once(write):
    twice = NEW["patients"] + NEW["patients"].splitlines()[1] + "\n"
    bunch = read_synthea(write(patients=twice))
    assert bunch.patient_ids.is_unique
    assert bunch.reading.rows["patients.csv"]["repeated patient"] == 1


def test_the_californian_patients(real_data):
    folder = Path(os.environ["FAIRSAMPLE_DATA"]) / "synthea_ca1k"
    bunch = read_synthea(folder)
    assert bunch.data.shape == (971, 6)
    assert bunch.target.sum() == 62
    visits = bunch.data["visits"]
    assert visits.map(len).sum() == 25_742
    conditions = pd.read_csv(folder / "conditions.csv.gz", dtype=str)
    patient = bunch.patient_ids[100]
    expected = conditions[conditions["PATIENT"] == patient].groupby("ENCOUNTER")
    listed = {frozenset("DX:" + group["CODE"]) for _, group in expected}
    shown = [{c for c in visit if c.startswith("DX:")} for visit in visits[100]]
    assert {frozenset(codes) for codes in shown if codes} <= listed
    assert set(bunch.data["race"]) == {"white", "hispanic", "asian", "black", "native"}


@pytest.mark.parametrize("visit", ["encounter", "day", 24])
def test_folders_without_a_visit_say_why_nobody_is_left(write, visit):
    tables = {name: NEW[name] for name in ("patients", "conditions")}
    tables["conditions"] = "START,PATIENT,ENCOUNTER,CODE\n2018-05-01,eve,,1\n"
    with pytest.raises(ValueError, match="(?s)No patient is left.*unknown patient"):
        read_synthea(write(tables), visit=visit)
    tables["conditions"] = "START,PATIENT,ENCOUNTER,CODE\n"
    with pytest.raises(ValueError, match="No patient is left"):
        read_synthea(write(tables), visit=visit)
