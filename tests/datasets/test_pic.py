import pytest
from hospital_folder import pic_tables, write_tables

from fairsample.datasets import read_pic


@pytest.fixture(params=["1.0", "1.1"])
def folder(request, tmp_path):
    return write_tables(tmp_path / "pic", pic_tables(request.param))


def test_both_versions_give_the_same_children(folder):
    bunch = read_pic(folder, label=None)
    assert bunch.data.drop(columns="visits").to_dict("list") == {
        "gender": ["F", "M", "F"],
        "age_band": ["0-27 days", "2-5 years", "12 years and older"],
        "insurance": ["Medicare", "Private", "Medicare"],
    }
    assert bunch.sensitive == "gender"
    first, second = bunch.data["visits"][1]
    assert first == ["DX:J18.9", "RX:insulin"]
    assert second == ["DX:X99", "LAB:Glucose/Urine:0", "RX:iron"]


def test_labels_are_made_as_for_mimic(folder):
    assert read_pic(folder).target.tolist() == [1, 0]
    assert read_pic(folder, label="readmission").target.tolist() == [0, 1]
    bunch = read_pic(folder, label="in_hospital_mortality", visit=24)
    assert bunch.target.tolist() == [1, 0, 1]
    codes = [code for visit in bunch.data["visits"][2] for code in visit]
    assert codes == ["LAB:Lactate:2", "RX:iron"]


def test_ages_are_filtered_in_fractions_of_years(folder):
    bunch = read_pic(folder, label=None, filters={"age": (None, 0.1)})
    assert bunch.patient_ids.tolist() == [1]


def test_what_the_database_does_not_have_is_refused(folder):
    with pytest.raises(ValueError, match="cannot answer the filters 'admission_types'"):
        read_pic(folder, filters={"admission_types": ["EMERGENCY"]})
    with pytest.raises(ValueError, match="PIC has no tables 'procedures'"):
        read_pic(folder, tables=["procedures"])


def test_a_drug_column_of_either_version_is_asked_for(tmp_path):
    tables = pic_tables("1.0")
    tables["PRESCRIPTIONS"] = tables["PRESCRIPTIONS"].drop(columns="DRUG_NAME")
    with pytest.raises(ValueError, match="drug_name_en or drug_name"):
        read_pic(write_tables(tmp_path, tables))
