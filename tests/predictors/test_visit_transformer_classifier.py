import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sick_cohort import make_cohort, tiny_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import estimator_checks_generator

from fairsample import VisitVectorizer
from fairsample.metrics import fairness_scorer


def make_sequences(n, seed):
    """Patients with A and B, in an order that makes the class, among other codes."""
    rng = np.random.default_rng(seed)
    a_first, cells = rng.random(n) < 0.5, []
    for forward in a_first:
        visits = [[rng.choice(["c", "d"])] for _ in range(rng.integers(3, 5))]
        places = np.sort(rng.choice(len(visits) - 1, 2, replace=False))
        for place, code in zip(places, "AB" if forward else "BA", strict=True):
            visits[place].append(code)
        cells.append(visits)
    return pd.DataFrame({"visits": pd.Series(cells, dtype=object)}), a_first


@pytest.fixture(scope="module")
def cohort():
    return make_cohort()


@pytest.fixture(scope="module")
def fitted(cohort):
    return tiny_classifier("race").fit(*cohort)


@pytest.mark.parametrize(
    ("estimator", "check"),
    list(estimator_checks_generator(tiny_classifier(max_epochs=30, batch_size=64))),
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_learns_an_order_that_counts_do_not_tell():
    (X, y), (unseen, truth) = make_sequences(600, 0), make_sequences(300, 1)
    counts = make_pipeline(VisitVectorizer(), LogisticRegression()).fit(X, y)
    assert roc_auc_score(truth, counts.predict_proba(unseen)[:, 1]) < 0.6
    model = tiny_classifier(max_epochs=8).fit(X, y)
    assert roc_auc_score(truth, model.predict_proba(unseen)[:, 1]) > 0.9


def test_reads_codes_and_columns_of_unseen_patients(fitted):
    X, y = make_cohort(300, seed=1)
    assert fitted.score(X, y) > 0.9


def test_probabilities_belong_to_the_sorted_classes(fitted, cohort):
    X, _ = cohort
    probabilities = fitted.predict_proba(X)
    assert fitted.classes_.tolist() == ["sick", "well"]
    assert probabilities.shape == (len(X), 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=0, atol=1e-15)
    well = fitted.predict(X) == "well"
    assert (well == (probabilities[:, 1] > 0.5)).all()
    assert fitted.net_.module_.readout.out_features == 1


@pytest.mark.parametrize(
    "labels",
    [["b", "a"], [True, False], [-1, 1], [2.0, 1.0], pd.Categorical(["x", "w"])],
    ids=str,
)
def test_labels_of_any_type(labels, cohort):
    X, outcome = cohort
    y = np.asarray(labels)[(outcome == "sick").astype(int)]
    model = tiny_classifier().fit(X, pd.Series(y))
    assert set(model.predict(X)) == set(np.asarray(labels))
    assert model.score(X, y) > 0.8


def test_three_classes(cohort):
    X, _ = cohort
    y = X["ward"].fillna("elsewhere")
    model = tiny_classifier().fit(X, y)
    assert model.classes_.tolist() == ["elsewhere", "icu", "north"]
    assert model.score(X, y) > 0.9
    assert model.net_.module_.readout.out_features == 3
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_one_row_tells_as_much_as_many(fitted, cohort):
    X, _ = cohort
    together = fitted.predict_proba(X)
    alone = np.vstack([fitted.predict_proba(X[row : row + 1]) for row in range(10)])
    np.testing.assert_allclose(alone, together[:10], rtol=0, atol=1e-12)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(
        fitted.predict_proba(X.iloc[order]), together[order], rtol=0, atol=1e-12
    )


def test_codes_and_levels_that_were_not_there(fitted, cohort):
    X, _ = cohort
    strange = X.assign(
        ward="elsewhere",
        race="unknown",
        visits=pd.Series([[["zzz"], ["a"]]] * len(X), dtype=object, index=X.index),
    )
    known = strange.assign(
        visits=pd.Series([[[], ["a"]]] * len(X), dtype=object, index=X.index)
    )
    probabilities = fitted.predict_proba(strange)
    assert np.isfinite(probabilities).all()
    assert (probabilities == fitted.predict_proba(known)).all()


def test_all_values_missing(fitted, cohort):
    X, _ = cohort
    missing = X[:1].assign(ward=None, race=None, age=np.nan)
    assert np.isfinite(fitted.predict_proba(missing)).all()


def test_histories_longer_than_any_before(fitted, cohort):
    X, _ = cohort
    longer = X.assign(visits=X["visits"].map(lambda cell: [["f"]] * 50 + cell[-3:]))
    latest = X.assign(visits=X["visits"].map(lambda cell: ([["f"]] * 3 + cell)[-3:]))
    assert (fitted.predict_proba(longer) == fitted.predict_proba(latest)).all()


def test_max_visits_and_min_df(cohort):
    X, y = cohort
    rare = X.assign(visits=X["visits"].map(lambda cell: [*cell[:-1], [*cell[-1]]]))
    rare["visits"].iloc[0][-1].append("rare")
    model = tiny_classifier(max_visits=1, min_df=2, max_epochs=1).fit(rare, y)
    assert model.encoder_.vocabulary_.tolist() == list("abcdef")
    last = X.assign(visits=X["visits"].map(lambda cell: cell[-1:]))
    assert (model.predict_proba(X) == model.predict_proba(last)).all()


class TestSensitiveFeatures:
    @pytest.mark.parametrize(
        "selector",
        [
            "race",
            ["race"],
            0,
            -4,
            [True, False, False, False],
            pytest.param(lambda X: X[["race"]], id="callable"),
        ],
    )
    def test_selectors(self, selector, cohort):
        X, y = cohort
        model = tiny_classifier(selector, max_epochs=1).fit(X, y)
        sizes = model.encoder_.sizes_
        assert sizes["sensitive"]["n_levels"] == 2
        assert sizes["static"]["n_categorical"] == (3 if callable(selector) else 2) - 1
        assert list(model.net_.module_.stacks) == ["visits", "static", "sensitive"]
        assert model.predict_proba(X).shape == (len(X), 2)

    def test_none_reads_all_columns_as_static(self, cohort):
        model = tiny_classifier(max_epochs=1).fit(*cohort)
        assert model.encoder_.sizes_["static"]["n_categorical"] == 2
        assert list(model.net_.module_.stacks) == ["visits", "static"]

    def test_several_of_any_type_and_nothing_else(self, cohort):
        X, y = cohort
        model = tiny_classifier(["race", "age"], max_epochs=1)
        model.fit(X[["race", "age"]], y)
        assert list(model.net_.module_.stacks) == ["sensitive"]

    @pytest.mark.parametrize(
        ("selector", "message"),
        [
            ("rcae", r"sensitive_features='rcae' does not fit X, .*'race', 'ward'"),
            (["race", "rcae"], "does not fit X"),
            (9, "does not fit X"),
            ([True, False], "does not fit X"),
            ([], "selects no column"),
            (["race", "race"], "selects a column twice"),
            ("visits", "selects the visit column"),
            (lambda X: [1, 2], r"gave 2 rows for 120"),
        ],
    )
    def test_bad_selectors(self, selector, message, cohort):
        with pytest.raises(ValueError, match=message):
            tiny_classifier(selector).fit(*cohort)


def test_caller_keeps_their_records(cohort):
    X, y = make_cohort()
    before = copy.deepcopy(X)
    tiny_classifier("race", max_epochs=1).fit(X, y).predict(X)
    pd.testing.assert_frame_equal(X, before)


def test_pickle_and_deepcopy(fitted, cohort):
    X, _ = cohort
    expected = fitted.predict_proba(X)
    for again in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        assert (again.predict_proba(X) == expected).all()


def test_search_calibration_and_pipeline(cohort):
    X, y = cohort
    model = make_pipeline(FunctionTransformer(), tiny_classifier("race"))
    search = GridSearchCV(
        model,
        {"visittransformerclassifier__n_layers": [1, 2]},
        cv=2,
        scoring="roc_auc",
        error_score="raise",
    ).fit(X, y)
    assert search.best_score_ > 0.8
    calibrated = CalibratedClassifierCV(tiny_classifier("race"), cv=2).fit(X, y)
    assert roc_auc_score(y == "well", calibrated.predict_proba(X)[:, 1]) > 0.9


def test_fairness_scorer_reads_it_like_any_other(cohort):
    scores = cross_validate(
        tiny_classifier("race"),
        *cohort,
        cv=2,
        scoring=fairness_scorer(
            "disparate_impact", sensitive_features="race", pos_label="sick"
        ),
        error_score="raise",
    )
    assert np.isfinite(scores["test_score"]).all()


def test_frames_without_visits_and_arrays():
    X, y = make_cohort()
    numbers = X[["age"]].assign(sick=(y == "sick").astype(float))
    from_frame = tiny_classifier().fit(numbers, y)
    from_array = tiny_classifier().fit(numbers.to_numpy(), y)
    expected = from_frame.predict_proba(numbers)
    assert (from_array.predict_proba(numbers.to_numpy()) == expected).all()
    assert from_frame.score(numbers, y) == 1


def test_visits_alone():
    X, y = make_cohort()
    model = tiny_classifier().fit(X[["visits"]], y)
    assert list(model.net_.module_.stacks) == ["visits"]


def test_no_code_is_frequent_enough(cohort):
    X, y = cohort
    model = tiny_classifier(min_df=1000, max_epochs=1).fit(X, y)
    assert len(model.encoder_.vocabulary_) == 0
    assert np.isfinite(model.predict_proba(X)).all()


class TestBadInput:
    def test_visit_cell(self):
        X, y = make_cohort()
        X["visits"] = X["visits"].astype(object)
        X.iat[1, 3] = None
        with pytest.raises(ValueError, match=r"Column 'visits', row 1 .*missing"):
            tiny_classifier().fit(X, y)

    def test_two_visit_columns(self, cohort):
        X, y = cohort
        with pytest.raises(ValueError, match=r"\['visits', 'drugs'\] all hold visits"):
            tiny_classifier().fit(X.assign(drugs=X["visits"]), y)

    def test_one_class(self, cohort):
        X, _ = cohort
        with pytest.raises(ValueError, match="y has one class only, 'well'"):
            tiny_classifier().fit(X, ["well"] * len(X))

    @pytest.mark.parametrize("missing", [None, np.nan])
    def test_missing_outcome(self, missing, cohort):
        X, y = cohort
        y = y.astype(object)
        y[3] = missing
        with pytest.raises(ValueError, match=r"missing values|contains NaN"):
            tiny_classifier().fit(X, y)

    def test_embedding_and_heads(self, cohort):
        with pytest.raises(ValueError, match="multiple of n_heads"):
            tiny_classifier(embedding=10, n_heads=4).fit(*cohort)

    def test_device(self, cohort):
        with pytest.raises(ValueError, match="device='abacus' cannot be used"):
            tiny_classifier(device="abacus").fit(*cohort)

    def test_columns_that_changed(self, fitted, cohort):
        X, _ = cohort
        with pytest.raises(ValueError, match="feature names"):
            fitted.predict(X.drop(columns="age"))

    def test_unfitted(self, cohort):
        with pytest.raises(NotFittedError):
            tiny_classifier().predict(cohort[0])
