import pytest

from fairsample.datasets import fetch_german_credit, german_credit

ROWS = b"""\
A11 6 A34 A43 1169 A65 A75 4 A92 A101 4 A121 67 A143 A152 2 A173 1 A192 A201 1
A12 48 A32 A43 5951 A61 A73 2 A93 A101 2 A121 22 A143 A152 1 A173 1 A191 A201 2
"""


@pytest.mark.parametrize("rows", [ROWS, ROWS.replace(b"\n", b" \n")])
def test_sex_and_outcome(tmp_path, put_file, monkeypatch, rows):
    file = put_file(german_credit.FILE, rows)
    monkeypatch.setattr(german_credit, "FILE", file)
    X, y = fetch_german_credit(data_home=tmp_path, return_X_y=True)
    assert X["sex"].tolist() == ["female", "male"]
    assert y.tolist() == [1, 0]
    assert "a9" not in X
    assert X["a13"].tolist() == [67, 22]


@pytest.mark.usefixtures("real_data")
def test_number_of_women():
    assert fetch_german_credit().data["sex"].eq("female").sum() == 310
