import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import estimator_checks_generator

from fairsample.oversampling import DoublePrioritizedClassifier
from fairsample.validation import DataWarning


def _cohort(seed, n=1500):
    """In group B the sign of the effect differs, so that it needs its own model."""
    rng = np.random.default_rng(seed)
    race = rng.choice(["A", "B", "C"], n, p=[0.7, 0.2, 0.1])
    dose = rng.normal(size=n)
    sign = np.where(race == "B", -1, 1)
    died = sign * dose + rng.normal(scale=0.5, size=n) > 0.9
    X = pd.DataFrame({"dose": dose, "race": race}, index=rng.permutation(n))
    return X, pd.Series(np.where(died, "yes", "no"), index=X.index)


class _OnDose(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.model_ = LogisticRegression().fit(X[["dose"]], y)
        self.classes_ = self.model_.classes_
        self.index_ = X.index
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(X[["dose"]])


@pytest.fixture(scope="module")
def data():
    return _cohort(0)


@pytest.fixture(scope="module")
def fitted(data):
    return DoublePrioritizedClassifier(
        _OnDose(), sensitive_features="race", units=(1, 4, 20), random_state=0
    ).fit(*data)


def test_units_follow_the_rule_group_by_group(fitted):
    table = fitted.selection_
    assert table["group"].tolist() == ["B"] * 3 + ["C"] * 3
    for group, rows in table.groupby("group"):
        top = rows.nlargest(3, "balanced_accuracy")
        expected = top.loc[top["average_precision"].idxmax()]
        assert expected["chosen"]
        assert rows["chosen"].sum() == 1
        assert fitted.units_[group] == expected["units"]
        assert fitted.thresholds_[group] == expected["threshold"]


def test_rows_are_routed_to_their_groups_model(fitted):
    X, _ = _cohort(1, n=300)
    probability = fitted.predict_proba(X)
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    for group in "ABC":
        members = (X["race"] == group).to_numpy()
        alone = fitted.predict_proba(X[members])
        np.testing.assert_array_equal(alone, probability[members])
        estimator = fitted.models_.get(group, fitted.baseline_)
        raw = estimator.predict_proba(X[members])[:, 1]
        order = np.argsort(raw)
        assert (np.diff(probability[members, 1][order]) >= 0).all()
    as_if_white = X.assign(race="A")
    assert not np.allclose(fitted.predict_proba(as_if_white), probability)


def test_predict_is_the_groups_threshold(fitted):
    X, _ = _cohort(1, n=300)
    for group in "BC":
        members = X[X["race"] == group]
        expected = np.where(
            fitted.predict_proba(members)[:, 1] >= fitted.thresholds_[group],
            "yes",
            "no",
        )
        np.testing.assert_array_equal(fitted.predict(members), expected)


def test_one_row_can_be_predicted(fitted):
    X, _ = _cohort(1, n=20)
    whole = fitted.predict(X)
    single = [fitted.predict(X.iloc[[i]])[0] for i in range(20)]
    assert single == whole.tolist()


def test_group_that_the_plain_model_fails_gains(data, fitted):
    X, y = _cohort(2, n=4000)
    members = X["race"] == "C"
    plain = _OnDose().fit(*data)
    plain_labels = plain.classes_[plain.predict_proba(X[members]).argmax(axis=1)]
    before = recall_score(y[members], plain_labels, pos_label="yes")
    after = recall_score(y[members], fitted.predict(X[members]), pos_label="yes")
    assert after > before + 0.1


def test_held_out_rows_train_no_model(data):
    X, y = data
    model = DoublePrioritizedClassifier(
        _OnDose(), sensitive_features="race", units=(1, 3), random_state=0
    ).fit(X, y)
    trained = [set(m.index_) for m in (*model.models_.values(), model.baseline_)]
    assert all(rows == trained[0] for rows in trained)
    assert 0.7 < len(trained[0]) / len(X) < 0.8


def test_unknown_and_missing_groups_get_the_baseline(fitted):
    X, _ = _cohort(1, n=50)
    baseline = fitted.predict_proba(X.assign(race="A"))
    for unknown in ("Z", None):
        X["race"] = pd.Series([unknown] * 50, index=X.index, dtype=object)
        np.testing.assert_array_equal(fitted.predict_proba(X), baseline)


def test_values_win_over_columns(fitted, data):
    X, y = data
    by_value = clone(fitted).set_params(sensitive_features=None)
    by_value.fit(X, y, sensitive_features=X["race"])
    np.testing.assert_array_equal(
        by_value.predict(X, sensitive_features=X["race"].to_numpy()), fitted.predict(X)
    )
    shuffled = X["race"].sample(frac=1, random_state=0).to_numpy()
    assert (fitted.predict(X, sensitive_features=shuffled) != fitted.predict(X)).any()
    with pytest.raises(ValueError, match="given to fit as values"):
        by_value.predict(X)
    with pytest.raises(ValueError, match="have the shape"):
        by_value.predict(X, sensitive_features=shuffled[:3])


def test_intersectional_groups(data):
    X, y = data
    X = X.assign(old=np.arange(len(X)) % 2 == 0)
    model = DoublePrioritizedClassifier(
        _OnDose(),
        sensitive_features=["race", "old"],
        groups=[("B", True)],
        units=[8],
        random_state=0,
    ).fit(X, y)
    assert list(model.models_) == [("B", True)]
    served = model.predict_proba(X)
    baseline = model.predict_proba(X.assign(race="nowhere"))
    differs = (served != baseline).any(axis=1)
    members = (X["race"] == "B") & X["old"]
    assert differs[members].any()
    assert not differs[~members].any()


def test_calibration_on_the_group(data, fitted):
    own = clone(fitted).set_params(calibration="group").fit(*data)
    X, y = data
    members = X["race"] == "B"
    observed = (y[members] == "yes").mean()
    predicted = own.predict_proba(X[members])[:, 1].mean()
    assert predicted == pytest.approx(observed, abs=0.06)
    assert not np.allclose(own.predict_proba(X), fitted.predict_proba(X))


def test_minority_may_be_the_first_class(data):
    X, y = data
    swapped = y.map({"yes": "a dead", "no": "b alive"})
    arguments = {"sensitive_features": "race", "units": (1, 4), "random_state": 0}
    first = DoublePrioritizedClassifier(_OnDose(), **arguments).fit(X, swapped)
    second = DoublePrioritizedClassifier(_OnDose(), **arguments).fit(X, y)
    assert first.minority_class_ == "a dead"
    agree = (first.predict(X) == "a dead") == (second.predict(X) == "yes")
    assert agree.mean() > 0.99
    np.testing.assert_allclose(
        first.predict_proba(X)[:, 0], second.predict_proba(X)[:, 1], atol=0.02
    )


def test_small_group_is_served_by_the_baseline(data):
    X, y = data
    kept = X["race"].ne("C") | y.eq("no")
    with pytest.warns(DataWarning, match="'C'"):
        model = DoublePrioritizedClassifier(
            _OnDose(), sensitive_features="race", units=(1, 2), random_state=0
        ).fit(X[kept], y[kept])
    assert list(model.models_) == ["B"]


def test_cross_validation_by_column(data):
    model = DoublePrioritizedClassifier(
        _OnDose(), sensitive_features="race", units=(1, 4), random_state=0
    )
    scores = cross_val_score(model, *data, cv=2, error_score="raise")
    assert (scores > 0.7).all()


def test_fit_takes_routed_values(data):
    X, y = data
    values = X["race"].rename("race")
    model = DoublePrioritizedClassifier(_OnDose(), units=(1, 4), random_state=0)
    pipeline = make_pipeline(FunctionTransformer(), model)
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline.fit(X, y, sensitive_features=values)
        routed = pipeline.predict(X, sensitive_features=values)
    by_column = clone(model).set_params(sensitive_features="race").fit(X, y)
    np.testing.assert_array_equal(routed, by_column.predict(X))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"groups": ["Z"]}, "groups names 'Z'; the groups are 'A', 'B', 'C'"),
        ({"units": []}, "units must be whole numbers"),
        ({"units": [0, 1]}, "units must be whole numbers"),
        ({"units": [1.5]}, "units must be whole numbers"),
        ({"calibration": "none"}, "'calibration' parameter"),
        ({"validation_size": 1.0}, "'validation_size' parameter"),
        ({"sensitive_features": None}, "No sensitive features were given"),
        ({"sensitive_features": "ward"}, "sensitive_features names 'ward'"),
    ],
)
def test_bad_parameters(arguments, message, data):
    arguments = {"sensitive_features": "race", **arguments}
    with pytest.raises(ValueError, match=message):
        DoublePrioritizedClassifier(_OnDose(), **arguments).fit(*data)


def test_two_classes_wanted(data):
    X, y = data
    model = DoublePrioritizedClassifier(_OnDose(), sensitive_features="race")
    with pytest.raises(ValueError, match="Only binary classification is supported"):
        model.fit(X, np.arange(len(X)) % 3)
    with pytest.raises(ValueError, match="with 1 classes"):
        model.fit(X, ["no"] * len(X))


def test_same_seed_same_model_and_pickle(data, fitted):
    again = clone(fitted).fit(*data)
    pd.testing.assert_frame_equal(again.selection_, fitted.selection_)
    back = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(back.predict(data[0]), fitted.predict(data[0]))


def _first_column_high(X):
    column = np.asarray(X)[:, 0].astype(float)
    return column > np.nanmedian(column)


@pytest.mark.parametrize(
    ("estimator", "check"),
    list(
        estimator_checks_generator(
            DoublePrioritizedClassifier(
                LogisticRegression(),
                sensitive_features=_first_column_high,
                units=(1, 3),
                random_state=0,
            )
        )
    ),
)
def test_estimator_checks(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)
