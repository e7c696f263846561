"""Admissions that cannot be read: no label is made up without them."""

import pytest
from hospital_folder import mimic3_tables, write_tables

from fairsample.datasets import read_mimic3
from fairsample.encoding.visit_cells import flatten_visits
from fairsample.validation import DataWarning


@pytest.fixture
def read_lines(tmp_path):
    """Read the three patients, with lines added to a table."""

    def read_these(table, *lines, changes=None, **options):
        folder = write_tables(tmp_path / "lines", mimic3_tables() | (changes or {}))
        with open(folder / f"{table}.csv", "a") as file:
            file.writelines(f"{line}\n" for line in lines)
        return read_mimic3(folder, **options)

    return read_these


@pytest.mark.parametrize("label", [None, "mortality_next_visit"])
@pytest.mark.parametrize(
    "line",
    [
        "2,203,2110-06-01 06:00:00,1,ASIAN - CHINESE,URGENT,Private",
        "2,203,2110-06-01 06:00:00,2110-06-02 06:00:00,1,ASIAN,URGENT,Private,more",
        '2,203,2110-06-01 06:00:00,2110-06-02 06:00:00,1,ASIAN,URGENT,"Private',
    ],
)
def test_the_patient_of_a_malformed_admission_is_left_out(read_lines, line, label):
    with pytest.warns(DataWarning, match="ADMISSIONS: 1 malformed line"):
        bunch = read_lines("ADMISSIONS", line, label=label)
    assert 2 not in set(bunch.patient_ids)
    assert bunch.reading.patients["with an admission that cannot be read"] == 1


@pytest.mark.parametrize(
    "line",
    [
        "203",
        "203,2110-06-01 06:00:00,2110-06-02 06:00:00,1,ASIAN,URGENT,Private",
        "x,203,2110-06-01 06:00:00,2110-06-02 06:00:00,1,ASIAN,URGENT,Private",
        ",203,2110-06-01 06:00:00,2110-06-02 06:00:00,1,ASIAN,URGENT,Private",
    ],
)
def test_an_admission_of_who_knows_whom_is_refused(read_lines, line):
    with pytest.raises(ValueError, match=r"ADMISSIONS.csv has 1 .* whose admission"):
        read_lines("ADMISSIONS", line)


@pytest.mark.parametrize("line", ["1,101,,0", "1,101,soon,0", "1,101", None])
def test_an_icu_stay_without_a_time_leaves_the_patient_out(read_lines, recwarn, line):
    icu = mimic3_tables()["ICUSTAYS"].assign(N=0)
    bunch = read_lines(
        "ICUSTAYS",
        *([line] if line else []),
        changes={"ICUSTAYS": icu.iloc[1:]},
        label=None,
        filters={"first_icu_stay": True},
    )
    assert bunch.patient_ids.tolist() == ([2, 3] if line else [1, 2, 3])
    recwarn.clear()


def test_an_open_quote_hides_no_diagnosis(read_lines):
    lines = ['1,101,"428', "1,101,5849", "2,201,5850"]
    with pytest.warns(DataWarning, match="DIAGNOSES_ICD: 1 malformed line"):
        bunch = read_lines("DIAGNOSES_ICD", *lines, label=None)
    assert {"DX:5849", "DX:5850"} <= set(flatten_visits(bunch.data["visits"]).codes)
