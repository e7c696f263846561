from itertools import chain

import pytest

from fairsample.datasets import diabetes130, fetch_diabetes130

COLUMNS = (
    "encounter_id,patient_nbr,race,gender,age,admission_type_id,"
    "discharge_disposition_id,admission_source_id,time_in_hospital,num_lab_procedures,"
    "num_procedures,num_medications,number_outpatient,number_emergency,"
    "number_inpatient,diag_1,diag_2,diag_3,number_diagnoses,max_glu_serum,A1Cresult,"
    "metformin,insulin,change,diabetesMed,readmitted"
)
VALUES = (
    "1,7,Asian,Male,[60-70),1,1,7,3,44,0,16,0,0,0,250.83,?,428,9,None,>8,"
    "No,Up,Ch,Yes,NO"
)
ENCOUNTER = dict(zip(COLUMNS.split(","), VALUES.split(","), strict=True))
CODES = [
    "DX:250.83",
    "DX:428",
    "RX:insulin:Up",
    "LAB:A1C:>8",
    "ADM:1",
    "SRC:7",
    "LOS:3-4",
    "LABS:40-59",
    "PROCS:0",
    "MEDS:15-19",
    "OUT:0",
    "EMER:0",
    "INP:0",
    "NDX:9+",
]


@pytest.fixture
def fetch(tmp_path, put_file, monkeypatch):
    """Fetch from a file with the given encounters."""

    def fetch_these(*encounters, records="patients"):
        lines = [",".join((ENCOUNTER | changes).values()) for changes in encounters]
        content = "\n".join([COLUMNS, *lines, ""]).encode()
        file = put_file(diabetes130.FILE, content)
        monkeypatch.setattr(diabetes130, "FILE", file)
        return fetch_diabetes130(records=records, data_home=tmp_path)

    return fetch_these


def test_codes_of_a_visit(fetch):
    bunch = fetch({}, {"encounter_id": "2"})
    assert bunch.data["visits"].tolist() == [[CODES, CODES]]


def test_visits_are_in_order_and_the_last_one_gives_target_and_statics(fetch):
    bunch = fetch(
        {"encounter_id": "10", "age": "[70-80)", "readmitted": ">30", "diag_1": "3"},
        {"encounter_id": "9", "diag_1": "2"},
        {"encounter_id": "1", "diag_1": "1"},
    )
    (visits,) = bunch.data["visits"]
    assert [visit[0] for visit in visits] == ["DX:1", "DX:2", "DX:3"]
    assert bunch.target.tolist() == [1]
    assert bunch.data["age"].tolist() == ["[70-80)"]


def test_earlier_readmissions_change_nothing(fetch):
    first = fetch({"readmitted": "<30"}, {"encounter_id": "2"})
    second = fetch({"readmitted": "NO"}, {"encounter_id": "2"})
    assert first.frame.equals(second.frame)


@pytest.mark.parametrize("disposition", ["11", "13", "14", "19", "20", "21"])
@pytest.mark.parametrize("records", ["patients", "encounters"])
def test_death_and_hospice_are_left_out(fetch, disposition, records):
    bunch = fetch(
        {},
        {"encounter_id": "2"},
        {"encounter_id": "3", "patient_nbr": "8"},
        {
            "encounter_id": "2",
            "patient_nbr": "8",
            "discharge_disposition_id": disposition,
        },
        records=records,
    )
    expected = [7] if records == "patients" else [7, 8]
    assert bunch.patient_ids.tolist() == expected


def test_missing_race_is_its_own_group_of_patients(fetch):
    bunch = fetch({}, {"encounter_id": "2", "race": "?"})
    assert bunch.data["race"].tolist() == ["Unknown"]


def test_encounters_are_the_first_with_known_race(fetch):
    bunch = fetch(
        {"encounter_id": "3", "readmitted": "<30"},
        {"encounter_id": "1", "race": "?"},
        {"encounter_id": "2", "age": "[50-60)"},
        records="encounters",
    )
    assert bunch.data["age"].tolist() == ["[50-60)"]
    assert bunch.target.tolist() == [0]
    assert bunch.data["admission_type_id"].tolist() == ["1"]


def test_a_repeated_diagnosis_counts_once(fetch):
    bunch = fetch({"diag_2": "428"}, {"encounter_id": "2", "diag_3": "250.83"})
    for visit in bunch.data["visits"][0]:
        assert len(visit) == len(set(visit))


@pytest.mark.parametrize(
    ("count", "code"),
    [
        ("1", "LOS:1"),
        ("4", "LOS:3-4"),
        ("5", "LOS:5-7"),
        ("8", "LOS:8+"),
        ("14", "LOS:8+"),
    ],
)
def test_bins(fetch, count, code):
    visits = fetch({"time_in_hospital": count}, {"encounter_id": "2"}).data["visits"][0]
    assert [found for found in visits[0] if found.startswith("LOS")] == [code]


@pytest.mark.usefixtures("real_data")
def test_patients_of_the_real_file():
    bunch = fetch_diabetes130(records="patients")
    assert bunch.data.columns.tolist() == ["race", "gender", "age", "visits"]
    assert len(bunch.data) == bunch.patient_ids.nunique() == 16_341
    assert bunch.target.sum() == 5_480
    assert bunch.data["race"].value_counts()["Unknown"] == 218
    n_visits = bunch.data["visits"].map(len)
    assert n_visits.min() == 2
    assert n_visits.sum() == 45_694
    codes = set(chain.from_iterable(chain.from_iterable(bunch.data["visits"])))
    assert {code.split(":")[0] for code in codes} == {
        *("DX", "RX", "LAB", "ADM", "SRC"),
        *("LOS", "LABS", "PROCS", "MEDS", "OUT", "EMER", "INP", "NDX"),
    }
    assert not [code for code in codes if "nan" in code or code.endswith(("No", "?"))]
