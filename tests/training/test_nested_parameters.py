import pytest
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from fairsample.training.nested_parameters import (
    parameters_named,
    set_parameters_named,
)

OUTER, INNER = "baggingclassifier__n_jobs", "baggingclassifier__estimator__n_jobs"


@pytest.fixture
def model():
    return make_pipeline(BaggingClassifier(LogisticRegression(), n_jobs=2))


def test_found_at_any_depth(model):
    assert set(parameters_named(model, "n_jobs")) == {OUTER, INNER}
    assert parameters_named(model, "n_jobs", unset=True) == [INNER]


def test_the_whole_name_counts(model):
    assert parameters_named(model, "jobs") == []
    assert parameters_named(model, "estimator__n_jobs") == []


def test_set_at_any_depth(model):
    assert set_parameters_named(model, "n_jobs", 5) is model
    assert (model.get_params()[OUTER], model.get_params()[INNER]) == (5, 5)


def test_set_where_there_is_none(model):
    set_parameters_named(model, "n_jobs", 5, unset=True)
    assert (model.get_params()[OUTER], model.get_params()[INNER]) == (2, 5)


def test_nothing_of_that_name(model):
    before = model.get_params()
    set_parameters_named(model, "n_synthetic", 5)
    assert model.get_params() == before
