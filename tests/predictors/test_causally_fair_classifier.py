import copy
import hashlib
import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from linked_groups import MODEL, fast_classifier, make_groups, true_effects
from resamplers import numpy_state, torch_state
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import estimator_checks_generator

from fairsample import CausallyFairClassifier, StandardFairnessModel, datasets
from fairsample.base import DataWarning
from fairsample.metrics import causal_effects

EFFECTS = ["direct", "indirect", "spurious"]
tolerate_data_warnings = pytest.mark.filterwarnings(
    "ignore::fairsample.base.DataWarning"
)


def hashed(X):
    """Give each row one of two groups that depends on the row alone."""
    rows = [str(row.tolist()).encode() for row in np.asarray(X)]
    return [hashlib.sha256(row).digest()[1] % 2 for row in rows]


@pytest.fixture(scope="module")
def table():
    return make_groups()


@pytest.fixture(scope="module")
def fitted(table):
    return fast_classifier().fit(*table)


def gaps(model):
    return abs(model.effects_ - model.targets_)


def true_effects_of(model):
    def predict(in_b, age, score):
        grid = np.broadcast(age, score)
        frame = pd.DataFrame(
            {
                "age": np.broadcast_to(age, grid.shape).ravel(),
                "group": "B" if in_b else "A",
                "score": np.broadcast_to(score, grid.shape).ravel(),
            }
        )
        return model.predict_proba(frame)[:, 1].reshape(grid.shape)

    return true_effects(predict)


@tolerate_data_warnings
@pytest.mark.parametrize(
    ("estimator", "check"),
    list(
        estimator_checks_generator(
            CausallyFairClassifier(
                hashed,
                hidden_layer_sizes=(8,),
                fairness_weight=0.01,
                learning_rate=0.02,
                batch_size=32,
                max_epochs=20,
                patience=None,
                random_state=0,
            )
        )
    ),
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


class TestEffects:
    def test_all_are_removed(self, fitted):
        assert gaps(fitted).to_numpy().max() < 0.01
        assert (fitted.targets_ == 0).all(axis=None)
        assert max(map(abs, true_effects_of(fitted).values())) < 0.03

    def test_of_the_plain_net_they_stay(self, table):
        plain = fast_classifier(fairness_weight=0).fit(*table)
        true = true_effects_of(plain)
        measured = plain.effects_[1].xs("B against A")
        assert measured.to_dict() == pytest.approx(true, abs=0.03)
        assert min(true.values()) > 0.03

    def test_signal_is_left(self, fitted):
        X, y = make_groups(seed=1)
        for group in "AB":
            of = (X["group"] == group).to_numpy()
            assert roc_auc_score(y[of], fitted.predict_proba(X[of])[:, 1]) > 0.55

    @pytest.mark.parametrize("kept", EFFECTS)
    def test_a_business_necessity_keeps_the_outcomes_effect(self, kept, table):
        model = fast_classifier(business_necessity=[kept]).fit(*table)
        outcome = causal_effects(*table, model=MODEL, random_state=0)
        target = model.targets_.loc[("B against A", kept), 1]
        assert target == pytest.approx(getattr(outcome, kept).value, abs=0.01)
        assert target > 0.05
        assert (model.targets_ != 0).sum(axis=None) == 1
        assert gaps(model).to_numpy().max() < 0.02

    def test_decisions_lose_their_effects_too(self, table):
        X, y = table
        kept = ["direct", "spurious"]
        fair = fast_classifier(business_necessity=kept).fit(X, y)
        plain = fast_classifier(fairness_weight=0).fit(X, y)

        def indirect(model):
            decided = model.predict(X)
            return causal_effects(X, decided, model=MODEL, random_state=0).indirect

        assert indirect(plain).value > 0.15
        assert abs(indirect(fair).value) < 0.05

    def test_more_weight_brings_less_effect(self, table):
        total = [
            gaps(fast_classifier(fairness_weight=weight).fit(*table)).sum(axis=None)
            for weight in (0, 0.05, 2)
        ]
        assert total[0] - 0.03 > total[1] > total[2] + 0.1

    def test_tolerance(self, table):
        model = fast_classifier(tolerance=0.05).fit(*table)
        assert 0.02 < gaps(model).to_numpy().max() < 0.06

    def test_no_sensitive_input(self, table):
        X, y = table
        model = fast_classifier(reads_sensitive=False).fit(X, y)
        swapped = X.assign(group=np.where(X["group"] == "A", "B", "A"))
        assert (model.predict_proba(X) == model.predict_proba(swapped)).all()
        assert model.effects_.loc[("B against A", "direct"), 1] == pytest.approx(0)
        assert gaps(model).to_numpy().max() < 0.02

    def test_without_weight_it_is_the_net_without_penalty(self, table):
        X, y = table
        plain = fast_classifier(fairness_weight=0).fit(X, y)
        kept = fast_classifier(fairness_weight=0, business_necessity="direct")
        other = fast_classifier(fairness_weight=0, tolerance=0.3).fit(X, y)
        assert (other.predict_proba(X) == plain.predict_proba(X)).all()
        assert kept.fit(X, y).effects_.shape == plain.effects_.shape
        bce = plain.net_.history[-1, "train_loss"]
        assert bce == pytest.approx(log_loss(y, plain.predict_proba(X)), abs=0.03)


class TestGroupsAndClasses:
    def test_three_groups_and_three_classes(self):
        X, y = make_groups(900)
        rng = np.random.default_rng(0)
        X["group"] = np.where(rng.random(900) < 0.3, "C", X["group"])
        y = np.where(X["score"] > 1, "high", np.where(y, "mid", "low"))
        each = StandardFairnessModel(
            sensitive="group",
            confounders=["age"],
            mediators=["score"],
            baseline="A",
            comparison="each",
        )
        model = fast_classifier(
            fairness_model=each, business_necessity=["spurious"], fairness_weight=5
        ).fit(X, y)
        assert model.effects_.shape == (6, 3)
        assert model.effects_.columns.tolist() == ["high", "low", "mid"]
        assert model.effects_.index.unique("contrast").tolist() == [
            "B against A",
            "C against A",
        ]
        np.testing.assert_allclose(model.effects_.sum(axis=1), 0, atol=1e-6)
        assert gaps(model).to_numpy().max() < 0.04
        np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)

    def test_intersectional_groups(self):
        X, y = make_groups(600)
        X["sex"] = np.random.default_rng(0).choice(["F", "M"], 600)
        both = StandardFairnessModel(
            sensitive=["group", "sex"],
            confounders=["age"],
            mediators=["score"],
            baseline=("A", "F"),
            comparison=[("B", "F"), ("B", "M")],
        )
        model = fast_classifier(fairness_model=both, max_epochs=5).fit(X, y)
        assert model.effects_.index.unique("contrast").tolist() == [
            "B, F against A, F",
            "B, M against A, F",
        ]
        assert model.predict(X).shape == (600,)

    def test_a_group_that_was_not_there(self, fitted, table):
        X, _ = table
        unseen = X.assign(group="Z")
        assert np.isfinite(fitted.predict_proba(unseen)).all()
        missing = X.assign(group=None)
        assert (fitted.predict_proba(missing) == fitted.predict_proba(unseen)).all()

    def test_missing_groups(self, table):
        X, y = table
        X = X.assign(group=X["group"].where(X["age"] < 1.5))
        with pytest.raises(ValueError, match="missing_sensitive='group'"):
            fast_classifier().fit(X, y)
        model = fast_classifier(missing_sensitive="group", max_epochs=2).fit(X, y)
        assert np.isfinite(model.predict_proba(X)).all()


class TestInput:
    def test_without_a_fairness_model(self, table):
        X, y = table
        plain = fast_classifier(
            sensitive_features="group", fairness_model=None, max_epochs=2
        )
        with pytest.warns(DataWarning, match="Without a fairness_model"):
            plain.fit(X, y)
        assert plain.fairness_model_.mediators == ("age", "score")

    def test_columns_without_a_role_are_not_read(self, table, fitted):
        X, y = table
        wider = X.assign(noise=np.arange(len(X)))
        model = fast_classifier()
        with pytest.warns(DataWarning, match="without a role .*: 'noise'"):
            model.fit(wider, y)
        assert (model.predict_proba(wider) == fitted.predict_proba(X)).all()

    def test_values_at_call_time(self, table, fitted):
        X, y = table
        rest = X.drop(columns="group")
        model = fast_classifier().fit(rest, y, sensitive_features=X["group"])
        given = model.predict_proba(rest, sensitive_features=X["group"])
        assert (given == fitted.predict_proba(X)).all()
        with pytest.raises(ValueError, match="give those of X too"):
            model.predict(rest)
        blind = fast_classifier(reads_sensitive=False, max_epochs=2)
        blind.fit(rest, y, sensitive_features=X["group"])
        assert blind.predict(rest).shape == (len(X),)

    def test_columns_of_any_type_and_missing_values(self):
        X, y = make_groups(300)
        rng = np.random.default_rng(0)
        X["score"] = X["score"].where(rng.random(300) < 0.8)
        X["ward"] = pd.Categorical(rng.choice(["icu", "north", None], 300))
        X["seen"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(X["age"], unit="D")
        X["smokes"] = pd.array(rng.choice([True, False, None], 300), dtype="boolean")
        mixed = StandardFairnessModel(
            sensitive="group",
            confounders=["age", "ward"],
            mediators=["score", "seen", "smokes"],
        )
        before = X.copy(deep=True)
        model = fast_classifier(fairness_model=mixed, max_epochs=3).fit(X, y)
        assert np.isfinite(model.predict_proba(X)).all()
        pd.testing.assert_frame_equal(X, before)

    def test_visits(self, table):
        X, y = table
        visits = pd.Series([[["a"]]] * len(X), index=X.index, dtype=object)
        with pytest.raises(ValueError, match="Column 'score' holds visits"):
            fast_classifier().fit(X.assign(score=visits), y)

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"business_necessity": ["indrect"]}, "business_necessity names 'indrect'"),
            (
                {"business_necessity": "direct", "reads_sensitive": False},
                "has no direct effect",
            ),
            ({"sensitive_features": "ward"}, "selects 'ward', and the fairness model"),
            ({"device": "abacus"}, "device='abacus' cannot be used"),
            (
                {"fairness_model": StandardFairnessModel(sensitive="grop")},
                "grop",
            ),
        ],
    )
    def test_refused(self, parameters, message, table):
        X, y = table
        X = X.assign(ward=np.where(X["age"] > 0, "icu", "north"))
        with pytest.raises(ValueError, match=message):
            fast_classifier(**parameters).fit(X, y)

    def test_more_groups_than_the_model_compares(self, table):
        X, y = table
        X = X.assign(group=np.where(X["age"] > 1, "C", X["group"]))
        undecided = StandardFairnessModel(sensitive="group", mediators=["score"])
        with pytest.raises(ValueError, match="more than two levels"):
            fast_classifier(fairness_model=undecided).fit(X.drop(columns="age"), y)

    def test_unfitted(self, table):
        with pytest.raises(NotFittedError):
            fast_classifier().predict(table[0])


def test_same_seed_same_predictions_and_global_streams_untouched(table, fitted):
    states = torch_state(), numpy_state()
    again = fast_classifier().fit(*table)
    assert (again.predict_proba(table[0]) == fitted.predict_proba(table[0])).all()
    assert (torch_state(), numpy_state()) == states


def test_one_row_tells_as_much_as_many(fitted, table):
    X, _ = table
    alone = np.vstack([fitted.predict_proba(X[row : row + 1]) for row in range(5)])
    np.testing.assert_allclose(alone, fitted.predict_proba(X)[:5], rtol=0, atol=1e-12)


def test_pickle_keeps_no_rows(fitted, table):
    X, _ = table
    saved = pickle.dumps(fitted)
    for again in (pickle.loads(saved), copy.deepcopy(fitted)):
        assert (again.predict_proba(X) == fitted.predict_proba(X)).all()
    assert fitted.net_.penalty_ is None
    assert clone(fitted).get_params()["fairness_model"] == MODEL


def test_search_over_the_weight_in_a_pipeline(table):
    pipeline = make_pipeline(FunctionTransformer(), fast_classifier(max_epochs=3))
    search = GridSearchCV(
        pipeline,
        {"causallyfairclassifier__fairness_weight": [0, 2]},
        cv=2,
        scoring="roc_auc",
        error_score="raise",
    ).fit(*table)
    assert search.best_score_ > 0.6


def test_routed_values(table):
    X, y = table
    with sklearn.config_context(enable_metadata_routing=True):
        scores = cross_validate(
            fast_classifier(max_epochs=2, reads_sensitive=False),
            X.drop(columns="group"),
            y,
            cv=2,
            params={"sensitive_features": X["group"]},
            error_score="raise",
        )
    assert np.isfinite(scores["test_score"]).all()


@pytest.mark.slow
def test_compas():
    try:
        compas = datasets.fetch_compas(download_if_missing=False)
    except FileNotFoundError:
        pytest.skip("the COMPAS file is not here")
    roles = StandardFairnessModel(
        sensitive="race",
        confounders=["age", "sex"],
        mediators=[
            "juv_fel_count",
            "juv_misd_count",
            "juv_other_count",
            "priors_count",
            "c_charge_degree",
        ],
        baseline="Caucasian",
        comparison="African-American",
    )
    train = np.random.default_rng(0).random(len(compas.data)) < 0.5
    model = CausallyFairClassifier(
        fairness_model=roles,
        business_necessity=["direct", "spurious"],
        random_state=0,
    ).fit(compas.data[train], compas.target[train])
    held_out = compas.data[~train]
    predicted = model.predict_proba(held_out)[:, 1]
    effects = causal_effects(held_out, predicted, model=roles, random_state=0)
    assert abs(effects.indirect.value) < 0.015
    assert effects.spurious.value > 0.03
    assert roc_auc_score(compas.target[~train], predicted) > 0.67
