"""Both ways to give sensitive features, inside pipelines and searches."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from fairlearn.metrics import demographic_parity_ratio
from imblearn.pipeline import Pipeline
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairsample import GroupRandomOverSampler

STRATEGIES = {"fair__sampling_strategy": ["groups", "cells", "parity"]}


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.fixture(scope="module")
def data():
    rng = np.random.RandomState(0)
    n = 900
    sex = rng.choice(["F", "M"], n, p=[0.35, 0.65])
    race = rng.choice(["A", "B"], n, p=[0.7, 0.3])
    age = rng.normal(50, 10, n)
    dose = rng.normal(size=n)
    logit = 0.08 * (age - 50) + dose + np.where(sex == "M", 0.5, -0.8) - 0.6
    y = (rng.rand(n) < 1 / (1 + np.exp(-logit))).astype(int)
    return pd.DataFrame({"sex": sex, "race": race, "age": age, "dose": dose}), y


def pipeline(selector, **options):
    encode = ColumnTransformer(
        [
            ("sensitive", OneHotEncoder(), ["sex", "race"]),
            ("numbers", StandardScaler(), ["age", "dose"]),
        ]
    )
    return Pipeline(
        [
            ("fair", GroupRandomOverSampler(selector, random_state=0)),
            ("encode", encode),
            ("model", LogisticRegression()),
        ],
        **options,
    )


class SexParity:
    """A scorer that reads the groups from a column; picklable, as n_jobs needs."""

    def __call__(self, estimator, X, y):
        return demographic_parity_ratio(
            y, estimator.predict(X), sensitive_features=X["sex"]
        )


def routed_parity():
    return make_scorer(demographic_parity_ratio).set_score_request(
        sensitive_features=True
    )


def search(estimator, parity, **options):
    return GridSearchCV(
        estimator,
        STRATEGIES,
        scoring={"accuracy": "accuracy", "parity": parity},
        refit="parity",
        cv=3,
        error_score="raise",
        **options,
    )


def scores(fitted_search):
    results = fitted_search.cv_results_
    return np.array([results["mean_test_accuracy"], results["mean_test_parity"]])


@pytest.fixture(scope="module")
def scores_by_name(data):
    """What the recipe without routing scores."""
    X, y = data
    return scores(search(pipeline("sex"), SexParity()).fit(X, y))


def test_strategies_matter(scores_by_name):
    assert np.ptp(scores_by_name, axis=1).min() > 0


def test_routed_values_score_as_the_column_does(data, scores_by_name, routing):
    X, y = data
    found = search(pipeline(None), routed_parity())
    found.fit(X, y, sensitive_features=X["sex"])
    np.testing.assert_array_equal(scores(found), scores_by_name)


def test_by_name_sampler_with_a_routed_scorer(data, scores_by_name, routing):
    X, y = data
    found = search(pipeline("sex"), routed_parity())
    found.fit(X, y, sensitive_features=X["sex"])
    np.testing.assert_array_equal(scores(found), scores_by_name)


def test_by_name_with_routing_on(data, scores_by_name, routing):
    X, y = data
    found = search(pipeline("sex"), SexParity()).fit(X, y)
    np.testing.assert_array_equal(scores(found), scores_by_name)


def test_two_processes(data, scores_by_name):
    X, y = data
    found = search(pipeline("sex"), SexParity(), n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(scores(found), scores_by_name)


def test_two_processes_with_routing(data, scores_by_name, routing):
    X, y = data
    found = search(pipeline(None), routed_parity(), n_jobs=2)
    found.fit(X, y, sensitive_features=X["sex"])
    np.testing.assert_array_equal(scores(found), scores_by_name)


def test_routed_values_win_over_the_column(data, routing):
    X, y = data
    fitted = pipeline("sex").fit(X, y, sensitive_features=X["race"])
    assert fitted["fair"].groups_ == ["A", "B"]
    expected = pipeline("race").fit(X, y)
    np.testing.assert_array_equal(fitted["model"].coef_, expected["model"].coef_)


@pytest.mark.parametrize("columns", [["sex", "race"], [0, 1]])
def test_several_columns(data, columns, routing):
    X, y = data
    by_name = pipeline(columns).fit(X, y)
    routed = pipeline(None).fit(X, y, sensitive_features=X[["sex", "race"]])
    assert by_name["fair"].groups_ == routed["fair"].groups_
    assert by_name["fair"].groups_ == [("F", "A"), ("F", "B"), ("M", "A"), ("M", "B")]
    np.testing.assert_array_equal(by_name["model"].coef_, routed["model"].coef_)


def test_several_features_routed_to_sampler_and_scorer(data, routing):
    X, y = data
    found = search(pipeline(None), routed_parity())
    found.fit(X, y, sensitive_features=X[["sex", "race"]])
    assert np.isfinite(scores(found)).all()


def test_feature_that_is_not_in_X(data, routing):
    X, y = data
    numbers = X[["age", "dose"]]
    model = Pipeline(
        [
            ("scale", StandardScaler()),
            ("fair", GroupRandomOverSampler(random_state=0)),
            ("model", LogisticRegression()),
        ]
    )
    fitted = model.fit(numbers, y, sensitive_features=X["sex"])
    assert fitted["fair"].groups_ == ["F", "M"]
    found = search(model, routed_parity()).fit(
        numbers, y, sensitive_features=X["sex"].to_numpy()
    )
    assert np.isfinite(scores(found)).all()


def test_cross_validate_with_and_without_routing(data):
    X, y = data
    plain = cross_validate(
        pipeline("sex"), X, y, scoring=SexParity(), cv=3, error_score="raise"
    )
    with sklearn.config_context(enable_metadata_routing=True):
        routed = cross_validate(
            pipeline(None),
            X,
            y,
            scoring=routed_parity(),
            cv=3,
            params={"sensitive_features": X["sex"]},
            error_score="raise",
        )
    np.testing.assert_array_equal(plain["test_score"], routed["test_score"])


def test_memory(data, tmp_path, scores_by_name):
    X, y = data
    found = search(pipeline("sex", memory=str(tmp_path)), SexParity())
    np.testing.assert_array_equal(scores(found.fit(X, y)), scores_by_name)
    np.testing.assert_array_equal(scores(found.fit(X, y)), scores_by_name)
    assert any(tmp_path.rglob("*.pkl"))


def test_memory_with_routing(data, tmp_path, routing):
    X, y = data
    model = pipeline(None, memory=str(tmp_path))
    by_sex = model.fit(X, y, sensitive_features=X["sex"])["fair"].groups_
    by_race = model.fit(X, y, sensitive_features=X["race"])["fair"].groups_
    assert (by_sex, by_race) == (["F", "M"], ["A", "B"])


def test_dropped_values_raise(data):
    X, y = data
    with pytest.raises(ValueError, match="No sensitive features were given") as error:
        pipeline(None).fit(X, y)
    assert "enable_metadata_routing=True" in str(error.value)
    with pytest.raises(ValueError, match="No sensitive features were given"):
        pipeline(None).fit(X, y, fair__sensitive_features=X["sex"])


def test_dropped_values_leave_the_selected_columns(data):
    X, y = data
    fitted = pipeline("sex").fit(X, y, fair__sensitive_features=X["race"])
    assert fitted["fair"].groups_ == ["F", "M"]


def test_column_that_an_encoder_took_away(data):
    X, y = data
    model = Pipeline(
        [
            ("encode", OneHotEncoder()),
            ("fair", GroupRandomOverSampler("sex")),
            ("model", LogisticRegression()),
        ]
    )
    model.set_params(encode__sparse_output=False)
    with pytest.raises(ValueError, match="'sex', which X does not have") as error:
        model.fit(X[["sex", "race"]], y)
    assert "enable_metadata_routing" in str(error.value)


def test_sampler_as_the_last_step(data, routing):
    X, y = data
    model = Pipeline(
        [("pass", "passthrough"), ("fair", GroupRandomOverSampler(random_state=0))]
    )
    X_resampled, y_resampled = model.fit_resample(X, y, sensitive_features=X["sex"])
    expected = GroupRandomOverSampler("sex", random_state=0).fit_resample(X, y)
    pd.testing.assert_frame_equal(X_resampled, expected[0])
    np.testing.assert_array_equal(y_resampled, expected[1])


def test_request_is_there_without_a_call_and_can_be_withdrawn(data, routing):
    X, y = data
    sampler = clone(GroupRandomOverSampler("sex", random_state=0))
    request = sampler.get_metadata_routing()
    assert request.fit_resample.requests == {"sensitive_features": True}
    assert request.fit.requests == {"sensitive_features": True}
    sampler.set_fit_resample_request(sensitive_features=False)
    model = Pipeline([("fair", sampler), ("model", _GroupReader())])
    model.fit(X, y, sensitive_features=X["race"])
    assert model["fair"].groups_ == ["F", "M"]


class _GroupReader(BaseEstimator):
    """A last step that asks for the sensitive features itself."""

    __metadata_request__fit = {"sensitive_features": True}

    def fit(self, X, y, sensitive_features=None):
        self.n_values_ = len(sensitive_features)
        return self
