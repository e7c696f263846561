import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from fairlearn.metrics import demographic_parity_difference
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from fairsample.metrics import (
    FairnessScorer,
    disparate_impact,
    fairness_scorer,
    worst_group_recall,
    worst_group_tpr,
)
from fairsample.metrics.scorers import score_groups


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    n = 240
    X = pd.DataFrame(
        {
            "dose": rng.normal(size=n),
            "race": rng.choice(["A", "B"], n),
            "sex": rng.choice(["F", "M"], n),
        }
    )
    y = (X["dose"] + (X["race"] == "A") + rng.normal(size=n) > 0.5).astype(int)
    return X, y


@pytest.fixture(scope="module")
def model():
    return make_pipeline(
        make_column_transformer((OneHotEncoder(), ["race"]), ("passthrough", ["dose"])),
        LogisticRegression(),
    )


@pytest.fixture(scope="module")
def fitted(model, data):
    return clone(model).fit(*data)


@pytest.mark.parametrize(
    "metric", [disparate_impact, worst_group_tpr, worst_group_recall]
)
@pytest.mark.parametrize("by_name", [True, False])
def test_score_is_the_metric_of_the_predictions(metric, by_name, fitted, data):
    X, y = data
    scorer = fairness_scorer(
        metric.__name__ if by_name else metric, sensitive_features="race"
    )
    expected = metric(y, fitted.predict(X), sensitive_features=X["race"])
    assert scorer(fitted, X, y) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("selector", "columns"),
    [
        ("race", "race"),
        (1, "race"),
        (["race", "sex"], ["race", "sex"]),
        ([False, True, True], ["race", "sex"]),
        (lambda X: X["sex"], "sex"),
    ],
)
def test_columns_of_X(selector, columns, fitted, data):
    X, y = data
    scorer = fairness_scorer(disparate_impact, sensitive_features=selector)
    expected = disparate_impact(y, fitted.predict(X), sensitive_features=X[columns])
    assert scorer(fitted, X, y) == pytest.approx(expected)


def test_column_of_an_array(data):
    X, y = data
    numbers = np.column_stack([X["dose"], X["race"] == "A"])
    model = LogisticRegression().fit(numbers, y)
    scorer = fairness_scorer("worst_group_tpr", sensitive_features=1)
    expected = worst_group_tpr(y, model.predict(numbers), sensitive_features=X["race"])
    assert scorer(model, numbers, y) == pytest.approx(expected)


def test_values_win_over_columns_with_routing_off(fitted, data):
    X, y = data
    scorer = fairness_scorer("disparate_impact", sensitive_features="race")
    expected = disparate_impact(y, fitted.predict(X), sensitive_features=X["sex"])
    assert scorer(fitted, X, y, sensitive_features=X["sex"]) == pytest.approx(expected)
    assert abs(scorer(fitted, X, y) - expected) > 0.1


def test_permuted_groups_change_the_score(fitted, data):
    X, y = data
    scorer = fairness_scorer("disparate_impact")
    permuted = X["race"].sample(frac=1, random_state=0).to_numpy()
    straight = scorer(fitted, X, y, sensitive_features=X["race"])
    assert abs(scorer(fitted, X, y, sensitive_features=permuted) - straight) > 0.2


def test_no_groups(fitted, data):
    with pytest.raises(ValueError, match="No sensitive features reached the scorer"):
        fairness_scorer("disparate_impact")(fitted, *data)


def test_unknown_metric():
    with pytest.raises(ValueError, match="metric='equality' is unknown"):
        fairness_scorer("equality")


def test_missing_values_are_their_own_group_only_when_asked(fitted, data):
    X, y = data
    X = X.assign(unit=X["sex"].where(X["dose"] < 1))
    with pytest.raises(ValueError, match="'unit' .*missing"):
        fairness_scorer("worst_group_tpr", sensitive_features="unit")(fitted, X, y)
    scorer = fairness_scorer(
        "worst_group_tpr", sensitive_features="unit", missing_sensitive="group"
    )
    expected = worst_group_tpr(
        y, fitted.predict(X), sensitive_features=X["unit"].fillna("missing")
    )
    assert scorer(fitted, X, y) == pytest.approx(expected)


def test_metric_params_response_method_and_sign(fitted, data):
    X, y = data

    def mean_probability_gap(y_true, y_prob, *, sensitive_features, power):
        means = pd.Series(y_prob).groupby(np.asarray(sensitive_features)).mean()
        return (means.max() - means.min()) ** power

    scorer = fairness_scorer(
        mean_probability_gap,
        sensitive_features="race",
        response_method="predict_proba",
        greater_is_better=False,
        power=2,
    )
    p = pd.Series(fitted.predict_proba(X)[:, 1])
    means = p.groupby(X["race"]).mean()
    assert scorer(fitted, X, y) == pytest.approx(-((means["A"] - means["B"]) ** 2))


def test_fairlearn_metric(fitted, data):
    X, y = data
    scorer = fairness_scorer(
        demographic_parity_difference,
        sensitive_features="race",
        greater_is_better=False,
    )
    expected = demographic_parity_difference(
        y, fitted.predict(X), sensitive_features=X["race"]
    )
    assert scorer(fitted, X, y) == -expected


def test_search_by_column_equals_search_by_routing(model, data):
    X, y = data
    grid = {"logisticregression__C": [1e-3, 1.0]}
    arguments = {"cv": 3, "error_score": "raise", "refit": "di"}
    by_column = GridSearchCV(
        model,
        grid,
        scoring={
            "di": fairness_scorer("disparate_impact", sensitive_features="race"),
            "f1": "f1",
        },
        **arguments,
    ).fit(X, y)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = GridSearchCV(
            model,
            grid,
            scoring={"di": fairness_scorer("disparate_impact"), "f1": "f1"},
            **arguments,
        ).fit(X, y, sensitive_features=X["race"])
        stock = GridSearchCV(
            model,
            grid,
            scoring=make_scorer(disparate_impact).set_score_request(
                sensitive_features=True
            ),
            cv=3,
            error_score="raise",
        ).fit(X, y, sensitive_features=X["race"])
    scores = by_column.cv_results_["mean_test_di"]
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(routed.cv_results_["mean_test_di"], scores)
    np.testing.assert_allclose(stock.cv_results_["mean_test_score"], scores)


def test_single_scorer_in_a_search(model, data):
    X, y = data
    search = GridSearchCV(
        model,
        {"logisticregression__C": [1.0]},
        scoring=fairness_scorer("worst_group_recall", sensitive_features="race"),
        cv=[(np.arange(120), np.arange(120, 240))],
        error_score="raise",
    ).fit(X, y)
    fitted = clone(model).fit(X[:120], y[:120])
    expected = worst_group_recall(
        y[120:], fitted.predict(X[120:]), sensitive_features=X["race"][120:]
    )
    assert search.cv_results_["mean_test_score"][0] == pytest.approx(expected)


@pytest.mark.usefixtures("routing")
class TestRouting:
    def test_routed_values_win_over_columns(self, model, data):
        X, y = data
        scorers = {
            "column": fairness_scorer("disparate_impact", sensitive_features="race"),
            "none": fairness_scorer("disparate_impact"),
        }
        results = cross_validate(
            model,
            X,
            y,
            scoring=scorers,
            params={"sensitive_features": X["sex"]},
            error_score="raise",
        )
        np.testing.assert_array_equal(results["test_column"], results["test_none"])

    def test_columns_serve_where_nothing_is_routed(self, model, data):
        scorer = fairness_scorer("disparate_impact", sensitive_features="race")
        scores = cross_validate(model, *data, scoring=scorer, error_score="raise")
        assert np.isfinite(scores["test_score"]).all()

    def test_request_can_be_withdrawn_and_renamed(self, model, data):
        X, y = data
        by_column = fairness_scorer("disparate_impact", sensitive_features="race")
        kept = by_column.set_score_request(sensitive_features=False)
        renamed = fairness_scorer("disparate_impact").set_score_request(
            sensitive_features="race_of_row"
        )
        results = cross_validate(
            model,
            X,
            y,
            scoring={"kept": kept, "renamed": renamed},
            params={"race_of_row": X["race"]},
            error_score="raise",
        )
        np.testing.assert_array_equal(results["test_kept"], results["test_renamed"])

    def test_request_survives_clone_and_pickle(self):
        scorer = fairness_scorer("disparate_impact").set_score_request(
            sensitive_features="race_of_row"
        )
        for copy in (clone(scorer), pickle.loads(pickle.dumps(scorer))):
            assert copy.get_metadata_routing().score.requests == {
                "sensitive_features": "race_of_row"
            }


@pytest.mark.parametrize("metric", ["worst_group_tpr", "worst_group_recall"])
def test_known_groups_reach_a_scorer_that_names_no_columns(fitted, data, metric):
    X, y = data
    values = X["sex"]
    by_values = fairness_scorer(metric)
    by_race = fairness_scorer(metric, sensitive_features="race")
    expected = by_values(fitted, X, y, sensitive_features=values)
    assert score_groups(by_values, fitted, X, y, values) == expected
    assert score_groups(by_race, fitted, X, y, values) == by_race(fitted, X, y)
    assert by_race(fitted, X, y) != expected


def test_known_groups_are_no_matter_to_other_scorers(fitted, data):
    X, y = data

    def share_right(model, X, y):
        return np.mean(model.predict(X) == y)

    expected = share_right(fitted, X, y)
    for scorer in (share_right, sklearn.metrics.get_scorer("accuracy")):
        assert score_groups(scorer, fitted, X, y, X["sex"]) == pytest.approx(expected)


def test_values_dropped_by_a_search_without_routing_raise(model, data):
    X, y = data
    search = GridSearchCV(
        model,
        {"logisticregression__C": [1.0]},
        scoring=fairness_scorer("disparate_impact"),
        error_score="raise",
    )
    with pytest.raises((ValueError, TypeError), match="sensitive_features"):
        search.fit(X, y, sensitive_features=X["race"])


def test_clone_pickle_and_repr(fitted, data):
    scorer = fairness_scorer(
        "worst_group_tpr", sensitive_features="race", min_group_size=5
    )
    assert "sensitive_features='race'" in repr(scorer)
    assert "worst_group_tpr" in repr(scorer)
    for copy in (clone(scorer), pickle.loads(pickle.dumps(scorer))):
        assert isinstance(copy, FairnessScorer)
        assert copy(fitted, *data) == scorer(fitted, *data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert GridSearchCV(fitted, {}, scoring=scorer)._repr_html_()
    assert clone(GridSearchCV(fitted, {}, scoring=scorer)).scoring.metric_params == {
        "min_group_size": 5
    }
