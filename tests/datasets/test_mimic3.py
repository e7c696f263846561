import itertools
import os
from pathlib import Path

import pandas as pd
import pytest
from hospital_folder import ADMISSIONS, PATIENTS, mimic3_tables, write_tables

from fairsample.datasets import RecordFilters, read_mimic3
from fairsample.datasets.remote import DATA_HOME_VARIABLE
from fairsample.encoding.visit_cells import flatten_visits
from fairsample.validation import DataWarning


@pytest.fixture
def read(tmp_path):
    """Read the three patients, with some tables changed."""
    numbers = itertools.count()

    def read_these(changes=None, *, lower=False, zipped=False, **options):
        tables = mimic3_tables() | (changes or {})
        folder = write_tables(
            tmp_path / str(next(numbers)), tables, lower=lower, zipped=zipped
        )
        return read_mimic3(folder, **options)

    return read_these


def codes_of(bunch, patient):
    """Return the patient's visits without the bins of laboratory results."""
    row = bunch.patient_ids.tolist().index(patient)
    return [
        [c.rpartition(":")[0] if c.startswith("LAB") else c for c in visit]
        for visit in bunch.data["visits"][row]
    ]


def values_of(bunch, patient):
    """Return the results in each visit, drawn back; every bin holds one value."""
    row = bunch.patient_ids.tolist().index(patient)
    return [
        {
            c.split(":")[1]: bunch.lab_bins.draw([c], random_state=0).item()
            for c in visit
            if bunch.lab_bins.is_lab(c)
        }
        for visit in bunch.data["visits"][row]
    ]


def test_everything_is_shown_without_a_label(read):
    bunch = read(label=None)
    assert bunch.target is None
    assert codes_of(bunch, 1) == [
        ["DX:4280", "LAB:Glucose/Blood", "LAB:Lactate", "PX:3893", "RX:insulin"],
        ["DX:V4581", "LAB:Lactate", "PX:9604", "RX:heparin"],
    ]
    assert values_of(bunch, 1) == [
        {"Glucose/Blood": 7.0, "Lactate": 3.0},
        {"Lactate": 9.0},
    ]
    assert values_of(bunch, 2) == [{}, {"Glucose/Urine": 2.0}]
    assert bunch.reading.rows["LABEVENTS"] == {
        "read": 9,
        "no number": 1,
        "outside every admission": 1,
    }


def test_statics_are_those_of_the_last_visit_shown(read):
    bunch = read(label=None)
    assert bunch.data.drop(columns="visits").to_dict("list") == {
        "gender": ["F", "M", "F"],
        "age": [50, 39, 90],
        "ethnicity": ["White", "Asian", "Others"],
        "insurance": ["Medicare", "Private", "Medicare"],
        "admission_type": ["EMERGENCY", "URGENT", "EMERGENCY"],
    }
    assert bunch.raw_ethnicity.tolist()[0] == "WHITE - RUSSIAN"
    assert bunch.data.columns.tolist() == bunch.feature_names
    assert bunch.sensitive == "ethnicity"
    before = read(label="mortality_next_visit")
    assert before.data["insurance"].tolist() == ["Private", "Private"]


def test_mortality_next_visit_shows_all_admissions_but_the_last(read):
    bunch = read()
    assert bunch.patient_ids.tolist() == [1, 2]
    assert bunch.target.tolist() == [1, 0]
    assert codes_of(bunch, 1) == codes_of(read(label=None), 1)[:1]
    assert bunch.frame["mortality_next_visit"].tolist() == [1, 0]
    assert bunch.reading.patients["without a visit before the one to foretell"] == 1


def test_mortality_with_windows_shows_all_windows_but_that_of_the_end(read):
    bunch = read(visit=24)
    assert bunch.patient_ids.tolist() == [1, 2, 3]
    assert bunch.target.tolist() == [1, 0, 1]
    assert [len(visits) for visits in bunch.data["visits"]] == [5 + 8, 3 + 5, 2]
    assert codes_of(bunch, 3) == [["LAB:Lactate", "RX:iron"], []]
    assert values_of(bunch, 3) == [{"Lactate": 4.0}, {}]


def test_discharge_codes_are_in_the_last_window_of_their_admission(read):
    visits = codes_of(read(label=None, visit=24), 1)
    having = [i for i, visit in enumerate(visits) if "DX:4280" in visit]
    assert having == [4]
    assert [i for i, visit in enumerate(visits) if "PX:9604" in visit] == [13]


def test_windows_that_are_not_kept_take_their_events_with_them(read):
    everything = codes_of(read(label=None, visit=24), 1)
    last = read(label=None, visit=24, filters={"max_visits": 11})
    assert codes_of(last, 1) == everything[-11:]
    assert last.reading.rows["LABEVENTS"]["outside the shown visits"] == 2


def test_in_hospital_mortality_shows_the_first_hours_without_discharge_codes(read):
    bunch = read(label="in_hospital_mortality")
    assert bunch.target.tolist() == [1, 0, 1]
    assert codes_of(bunch, 1)[1] == ["LAB:Lactate", "RX:heparin"]
    assert codes_of(bunch, 3) == [["LAB:Lactate", "RX:iron"]]
    assert values_of(bunch, 3) == [{"Lactate": 4.0}]
    short = read(label="in_hospital_mortality", observation_hours=72)
    assert short.patient_ids.tolist() == [1, 2]
    reason = "whose last admission ended within 72 hours"
    assert short.reading.patients[reason] == 1


def test_a_prescription_counts_at_the_end_of_its_day(read):
    shown = read(label="in_hospital_mortality", observation_hours=37.9)
    assert "RX:heparin" not in codes_of(shown, 1)[1]  # 2100-03-02, until 23:54
    shown = read(label="in_hospital_mortality", observation_hours=38.1)
    assert "RX:heparin" in codes_of(shown, 1)[1]


def test_a_prescription_of_the_day_of_discharge_is_known_at_discharge(read):
    drugs = mimic3_tables()["PRESCRIPTIONS"]
    drugs.loc[2, "STARTDATE"] = "2110-05-04"
    shown = read({"PRESCRIPTIONS": drugs}, label="readmission")
    assert codes_of(shown, 2) == [["DX:25000", "PX:3893", "RX:insulin"]]


def test_readmission_shows_the_admissions_up_to_the_index(read):
    bunch = read(label="readmission")
    assert bunch.patient_ids.tolist() == [1, 2]
    assert bunch.target.tolist() == [0, 1]  # after 56 and 16 days
    assert [len(visits) for visits in bunch.data["visits"]] == [1, 1]
    assert bunch.reading.patients["whose index admission ended in death"] == 1
    assert read(label="readmission", readmission_days=15).target.tolist() == [0, 0]


def test_readmission_counts_admissions_that_a_filter_does_not_show(read):
    bunch = read(label="readmission", filters={"admission_types": ["EMERGENCY"]})
    assert dict(zip(bunch.patient_ids, bunch.target, strict=True)) == {2: 1}


def test_first_icu_stay_and_types_choose_admissions(read):
    icu = mimic3_tables()["ICUSTAYS"].iloc[[1, 2, 3]]
    bunch = read({"ICUSTAYS": icu}, label=None, filters={"first_icu_stay": True})
    assert bunch.patient_ids.tolist() == [1, 2]
    assert [visits[0][0] for visits in bunch.data["visits"]] == ["DX:V4581", "DX:25000"]
    bunch = read(label=None, filters=RecordFilters(admission_types=["URGENT"]))
    assert bunch.patient_ids.tolist() == [2]


def test_admissions_after_death_are_left_out(read):
    donor = ADMISSIONS.iloc[[4]].assign(
        HADM_ID=302, ADMITTIME="2120-01-03 20:00:00", DISCHTIME="2120-01-04 00:00:00"
    )
    bunch = read({"ADMISSIONS": pd.concat([ADMISSIONS, donor])})
    assert bunch.patient_ids.tolist() == [1, 2]
    assert bunch.reading.rows["ADMISSIONS"]["after the patient's death"] == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [("DISCHTIME", "soon"), ("ADMITTIME", None), ("HOSPITAL_EXPIRE_FLAG", None)],
)
def test_a_patient_with_an_unreadable_admission_is_left_out(read, column, value):
    admissions = ADMISSIONS.astype({column: object})
    admissions.loc[1, column] = value
    if value == "soon":
        with pytest.warns(DataWarning, match="ADMISSIONS: 1 unparseable time"):
            bunch = read({"ADMISSIONS": admissions}, label=None)
    else:
        bunch = read({"ADMISSIONS": admissions}, label=None)
    assert bunch.patient_ids.tolist() == [2, 3]
    assert bunch.reading.patients["with an admission that cannot be read"] == 1


def test_rows_of_one_admission_that_differ_leave_the_patient_out(read):
    same, other = ADMISSIONS.iloc[[3]], ADMISSIONS.iloc[[3]]
    bunch = read({"ADMISSIONS": pd.concat([ADMISSIONS, same])}, label=None)
    assert bunch.patient_ids.tolist() == [1, 2, 3]
    assert bunch.reading.rows["ADMISSIONS"]["repeated admission"] == 1
    other = other.assign(HOSPITAL_EXPIRE_FLAG=1)
    bunch = read({"ADMISSIONS": pd.concat([ADMISSIONS, other])}, label=None)
    assert bunch.patient_ids.tolist() == [1, 3]
    assert bunch.reading.rows["ADMISSIONS"] == {
        "read": 6,
        "rows of one admission that differ": 2,
    }
    of_another = ADMISSIONS.iloc[[3]].assign(SUBJECT_ID=1)
    bunch = read({"ADMISSIONS": pd.concat([ADMISSIONS, of_another])}, label=None)
    assert bunch.patient_ids.tolist() == [3]


def test_ids_that_cannot_be_read_are_counted_and_warned_of(read):
    tables = mimic3_tables()
    diagnoses = tables["DIAGNOSES_ICD"].astype(object)
    diagnoses.loc[0, "HADM_ID"], diagnoses.loc[1, "SUBJECT_ID"] = "zz", "x"
    labs = tables["LABEVENTS"].astype(object)
    labs.loc[0, "HADM_ID"], labs.loc[1, "HADM_ID"] = "zz", "1" + "0" * 29
    with pytest.warns(
        DataWarning, match="DIAGNOSES_ICD: 2 unparseable id; LABEVENTS: 2 unparseable"
    ):
        bunch = read({"DIAGNOSES_ICD": diagnoses, "LABEVENTS": labs}, label=None)
    assert bunch.reading.n_used("DIAGNOSES_ICD") == 3
    assert values_of(bunch, 1) == [{"Glucose/Blood": 7.0}, {"Lactate": 9.0}]


def test_either_case_gzip_and_floats_as_ids_are_the_same(read):
    expected = read()
    for form in ({"lower": True}, {"zipped": True}, {"lower": True, "zipped": True}):
        assert read(**form).frame.equals(expected.frame)
    labs = mimic3_tables()["LABEVENTS"].astype({"HADM_ID": float, "ITEMID": float})
    assert read({"LABEVENTS": labs}).frame.equals(expected.frame)


def test_rows_of_another_patient_or_an_unknown_admission_are_counted(read):
    tables = mimic3_tables()
    more = pd.DataFrame({"SUBJECT_ID": [2, 1, 9], "HADM_ID": [101, 999, 101]})
    diagnoses = pd.concat([tables["DIAGNOSES_ICD"], more.assign(ICD9_CODE="5849")])
    bunch = read({"DIAGNOSES_ICD": diagnoses}, label=None)
    assert bunch.reading.rows["DIAGNOSES_ICD"] == {
        "read": 8,
        "admission of another patient": 1,
        "unknown admission": 1,
        "of a patient left out": 1,
    }
    assert "DX:5849" not in flatten_visits(bunch.data["visits"]).codes


def test_unparseable_rows_are_counted_and_warned_of_once(read):
    labs = mimic3_tables()["LABEVENTS"].astype(
        {"CHARTTIME": object, "VALUENUM": object}
    )
    labs.loc[0, "CHARTTIME"] = "yesterday"
    labs.loc[1, "VALUENUM"] = "high"
    with pytest.warns(DataWarning, match="1 unparseable number, 1 unparseable") as told:
        bunch = read({"LABEVENTS": labs}, label=None)
    assert len(told) == 1
    assert bunch.reading.n_used("LABEVENTS") == 5


def test_missing_files_are_all_named(tmp_path):
    write_tables(tmp_path, {"PATIENTS": PATIENTS, "NOTES": PATIENTS})
    with pytest.raises(FileNotFoundError, match="ADMISSIONS") as error:
        read_mimic3(tmp_path)
    for name in ("DIAGNOSES_ICD.csv[.gz]", "LABEVENTS", "D_LABITEMS", "'NOTES.csv'"):
        assert name in str(error.value)
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        read_mimic3(tmp_path / "nowhere")


def test_missing_columns_are_all_named(read):
    changes = {
        "LABEVENTS": mimic3_tables()["LABEVENTS"].drop(columns="VALUENUM"),
        "ADMISSIONS": ADMISSIONS.drop(columns=["DISCHTIME", "INSURANCE"]),
    }
    with pytest.raises(ValueError, match="'dischtime', 'insurance'") as error:
        read(changes)
    assert "LABEVENTS.csv lacks the columns 'valuenum'" in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filters": {"agee": (1, 2)}}, "Unknown filters: 'agee'. There are 'age'"),
        ({"labs": ["Lactat"]}, "no 'Lactat'. Similar: 'Lactate'"),
        ({"tables": ["lab"]}, "MIMIC-III has no tables 'lab'"),
        (
            {"filters": {"age": (200, None)}},
            "No patient is left(.|\n)*younger than 200",
        ),
        ({"label": "death"}, "'label' parameter"),
        ({"visit": 0}, "'visit' parameter"),
        ({"visit": 1e300}, "'visit' parameter"),
        ({"visit": 1e-5}, "'visit' parameter"),
        ({"visit": 1e-12}, "'visit' parameter"),
        ({"observation_hours": 1e10}, "'observation_hours' parameter"),
        ({"readmission_days": 1e9}, "'readmission_days' parameter"),
        ({"filters": {"first_icu_stay": "no"}}, "first_icu_stay takes True or False"),
        ({"charts": ["Heart Rate"]}, "CHARTEVENTS"),
    ],
)
def test_wrong_parameters(read, options, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        read(**options)


def test_chosen_tests_by_label_name_or_item(read):
    for labs in (["Glucose"], ["Glucose/Blood", "Glucose/Urine"], [51, "52"]):
        bunch = read(label=None, labs=labs)
        assert set(bunch.lab_bins.bins_) == {"Glucose/Blood", "Glucose/Urine"}
    assert bunch.reading.rows["LABEVENTS"]["test not asked for"] == 6
    assert read(label=None, labs=None).lab_bins is None
    again = read(label=None, labs=read(label=None, labs=["Lactate"]).lab_bins)
    assert set(again.lab_bins.bins_) == {"Lactate"}


def test_charts_are_tests_and_errors_are_left_out(read):
    labs = mimic3_tables()["LABEVENTS"]
    charts = labs.assign(ITEMID=[220, 221] * 4 + [220], ERROR=[1] + [0] * 8)
    items = pd.DataFrame({"ITEMID": [220, 221], "LABEL": ["Heart Rate", "Lactate"]})
    bunch = read(
        {"CHARTEVENTS": charts, "D_ITEMS": items}, label=None, charts=[220, 221]
    )
    assert {"Heart Rate", "Lactate/221"} <= set(bunch.lab_bins.bins_)
    assert bunch.reading.rows["CHARTEVENTS"]["marked as an error"] == 1


def test_return_X_y(read):
    X, y = read(return_X_y=True)
    assert X.shape == (2, 6)
    assert y.tolist() == [1, 0]


def test_phenotypes_are_those_of_the_shown_diagnoses(read):
    bunch = read(label="in_hospital_mortality")
    found = bunch.phenotypes["Congestive heart failure; nonhypertensive"]
    assert found.tolist() == [True, False, False]
    assert bunch.phenotypes.shape == (3, 25)
    assert not bunch.phenotypes.loc[2].any()


def test_the_real_demo(real_data):
    demo_folder = Path(os.environ[DATA_HOME_VARIABLE]) / "mimic3demo"
    bunch = read_mimic3(demo_folder, label=None)
    assert bunch.data.shape == (100, 6)
    assert bunch.data["visits"].map(len).sum() == 129
    assert bunch.reading.n_used("DIAGNOSES_ICD") == 1_761
    assert bunch.reading.rows["LABEVENTS"]["read"] == 76_074
    deaths = read_mimic3(demo_folder, label="in_hospital_mortality")
    assert deaths.target.value_counts().to_dict() == {0: 57, 1: 29}
    windows = read_mimic3(demo_folder, visit=24, filters={"age": (18, None)})
    assert len(windows.data) == 89
    for read_one in (bunch, deaths, windows):
        frame = read_one.reading.to_frame()["n"]
        for table in read_one.reading.rows:
            counts = frame[table]
            assert counts["read"] == counts.drop("read").sum()
