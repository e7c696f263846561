import pytest

from fairsample.datasets import fetch_rhc


@pytest.mark.usefixtures("real_data")
def test_no_outcome_or_date_among_the_features():
    X = fetch_rhc().data
    leaks = {"death", "death_d30", "dthdte", "lstctdte", "dschdte", "survial_d30"}
    assert leaks.isdisjoint(X.columns)
    assert X["race"].value_counts().to_dict() == {
        "White": 4460,
        "Black": 920,
        "Other": 355,
    }
