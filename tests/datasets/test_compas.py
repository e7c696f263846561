import gzip
import hashlib
from dataclasses import replace

import pytest

from fairsample.datasets import compas, fetch_compas

ORIGINAL = b"""id,name,first,last,dob,sex,age,race,juv_fel_count,decile_score,\
juv_misd_count,juv_other_count,priors_count,c_case_number,c_charge_degree,\
decile_score,priors_count,two_year_recid
1,"jane, q roe",jane,roe,1980-05-17,Female,33,Other,0,3,1,0,2,13000511CF,F,9,8,1
2,john doe,john,doe,1970-01-01,Male,43,Caucasian,0,1,0,0,0,13000512CF,M,9,8,0
"""


def test_a_download_is_stored_without_identities(tmp_path, loopback, monkeypatch):
    url, _ = loopback((200, ORIGINAL))
    checksum = hashlib.sha256(compas.FILE.canonical(ORIGINAL)).hexdigest()
    monkeypatch.setattr(compas, "FILE", replace(compas.FILE, url=url, sha256=checksum))
    bunch = fetch_compas(data_home=tmp_path)
    (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    stored = gzip.decompress(path.read_bytes()).lower()
    for identity in (b"jane", b"roe", b"doe", b"1980", b"13000511"):
        assert identity not in stored
    assert bunch.data["age"].tolist() == [33, 43]
    assert bunch.data["priors_count"].tolist() == [2, 0]
    assert bunch.decile_score.tolist() == [3, 1]
    assert bunch.target.tolist() == [1, 0]
    assert fetch_compas(data_home=tmp_path).frame.equals(bunch.frame)


def test_another_page_in_its_place_is_refused(tmp_path, loopback, monkeypatch):
    url, _ = loopback((200, b"<html>sign in</html>"))
    monkeypatch.setattr(compas, "FILE", replace(compas.FILE, url=url))
    with pytest.raises(ValueError, match="expected compas data"):
        fetch_compas(data_home=tmp_path)


@pytest.mark.usefixtures("real_data")
def test_rates_by_race():
    bunch = fetch_compas()
    rates = bunch.target.groupby(bunch.data["race"]).mean().round(3)
    assert rates["African-American"] == 0.514
    assert rates["Caucasian"] == 0.394
    assert bunch.decile_score.between(1, 10).all()
