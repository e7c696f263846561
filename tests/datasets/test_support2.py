import pytest

from fairsample.datasets import fetch_support2


@pytest.mark.usefixtures("real_data")
def test_leaks_are_gone_and_columns_are_not_shifted():
    X = fetch_support2().data
    leaks = {"death", "d.time", "slos", "sfdm2", "surv2m", "dnr", "charges", "hospdead"}
    assert leaks.isdisjoint(X.columns)
    assert X["age"].between(18, 102).all()
    assert X["sex"].isin(["male", "female"]).all()
    assert X["race"].value_counts()["other"] == 112 + 42
