"""The frontier of an estimator, cross-validated over λ beside its rivals."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline
from joblib import parallel_config
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.preprocessing import OneHotEncoder

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

from drawn_points import xy  # noqa: E402
from resamplers import numpy_state  # noqa: E402
from weighted_copies import WeightedCopies  # noqa: E402

from fairsample import FairSynthResampler  # noqa: E402
from fairsample.metrics import disparate_impact, fairness_scorer  # noqa: E402
from fairsample.plots import FairnessFrontierDisplay  # noqa: E402

from_estimator = FairnessFrontierDisplay.from_estimator
LAMBDA = "weightedcopies__fairness_weight"


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def rows():
    rng = np.random.RandomState(0)
    n = 300
    sex = rng.choice(["F", "M"], n, p=[0.4, 0.6])
    dose = rng.normal(size=n)
    odds = 1 / (1 + np.exp(-(dose + np.where(sex == "M", 0.0, -1.2))))
    X = pd.DataFrame({"sex": sex, "dose": dose}, index=rng.permutation(n))
    return X, pd.Series((rng.rand(n) < odds).astype(int), index=X.index)


def pipeline(resampler):
    encode = make_column_transformer(
        (OneHotEncoder(), ["sex"]), remainder="passthrough"
    )
    return make_pipeline(resampler, encode, LogisticRegression())


def weighted(sensitive_features="sex"):
    return pipeline(WeightedCopies(sensitive_features, random_state=0))


def test_frontier_is_that_of_a_grid_search(rows):
    display = from_estimator(weighted(), *rows, fairness_weights=[2, 0, 1], cv=2)
    scoring = {
        "balanced_accuracy": "balanced_accuracy",
        "disparate_impact": fairness_scorer(
            "disparate_impact", sensitive_features="sex"
        ),
    }
    search = GridSearchCV(
        weighted(), {LAMBDA: [0, 1, 2]}, scoring=scoring, cv=2, refit=False
    ).fit(*rows)
    expected = FairnessFrontierDisplay.from_cv_results(search)
    pd.testing.assert_frame_equal(display.frontier, expected.frontier)
    assert display.frontier["fairness"].nunique() == 3
    np.testing.assert_allclose(
        xy(display.frontier_)[:, 0], search.cv_results_["mean_test_balanced_accuracy"]
    )


def test_rivals_are_tested_on_the_same_folds(rows):
    """A rival that is the estimator at λ = 1 lies where that lies."""
    twin = weighted().set_params(**{LAMBDA: 1.0})
    unseeded = StratifiedKFold(2, shuffle=True)
    display = from_estimator(
        weighted(), *rows, fairness_weights=[0, 1], cv=unseeded, rivals={"twin": twin}
    )
    np.testing.assert_array_equal(display.rivals.loc["twin"], display.frontier.loc[1.0])


def test_rivals_need_know_nothing_of_groups(rows):
    rivals = {
        "real": make_pipeline(*[s for _, s in weighted().steps[1:]]),
        "copies": pipeline(RandomOverSampler(random_state=0)),
    }
    display = from_estimator(
        weighted(), *rows, fairness_weights=[1], cv=2, rivals=rivals
    )
    assert list(display.rivals_) == ["real", "copies"]
    expected = cross_validate(
        rivals["copies"], *rows, scoring="balanced_accuracy", cv=2
    )
    found = xy(display.rivals_["copies"])[0, 0]
    assert found == pytest.approx(expected["test_score"].mean())


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_values_give_what_columns_give(rows, n_jobs):
    X, y = rows
    rivals = {"copies": pipeline(RandomOverSampler(random_state=0))}
    options = {"fairness_weights": [0, 1], "cv": 2, "rivals": rivals}
    by_column = from_estimator(weighted(), X, y, **options)
    with parallel_config("threading"):
        by_value = from_estimator(
            weighted(None), X, y, sensitive_features=X["sex"], n_jobs=n_jobs, **options
        )
    pd.testing.assert_frame_equal(by_value.frontier, by_column.frontier)
    pd.testing.assert_frame_equal(by_value.rivals, by_column.rivals)
    assert not sklearn.get_config()["enable_metadata_routing"]


def test_columns_of_the_score_need_not_be_those_of_the_estimator(rows):
    X, y = rows
    X = X.assign(dosed=X["dose"] > 0)
    by_sex, by_dose = (
        from_estimator(
            weighted(), X, y, sensitive_features=name, fairness_weights=[1], cv=2
        ).frontier
        for name in (None, "dosed")
    )
    assert by_dose.loc[1, "fairness"] < by_sex.loc[1, "fairness"] - 0.2
    assert by_dose.loc[1, "utility"] == by_sex.loc[1, "utility"]


def test_scorers_of_the_caller(rows):
    display = from_estimator(
        weighted(),
        *rows,
        fairness_weights=[1],
        utility="neg_log_loss",
        fairness=fairness_scorer("worst_group_tpr"),
        cv=2,
    )
    assert display.ax_.get_xlabel().startswith("neg log loss ")
    assert display.ax_.get_ylabel().startswith("worst group tpr ")
    assert display.frontier.loc[1, "utility"] < 0
    assert 0 < display.frontier.loc[1, "fairness"] < 1


def test_scorer_that_takes_routed_values(rows):
    """A scorer of scikit-learn's own; its name is not known."""
    X, y = rows
    with sklearn.config_context(enable_metadata_routing=True):
        routed = make_scorer(disparate_impact).set_score_request(
            sensitive_features=True
        )
    display = from_estimator(
        weighted(),
        X,
        y,
        sensitive_features=X["sex"],
        fairness_weights=[1],
        fairness=routed,
        cv=2,
    )
    named = from_estimator(weighted(), X, y, fairness_weights=[1], cv=2)
    pd.testing.assert_frame_equal(display.frontier, named.frontier)
    assert display.ax_.get_ylabel().startswith("fairness ")


def test_classes_that_are_not_numbers(rows):
    X, y = rows
    names = y.map({0: "lived", 1: "survived not"})
    display = from_estimator(weighted(), X, names, fairness_weights=[1], cv=2)
    expected = from_estimator(weighted(), X, y, fairness_weights=[1], cv=2)
    pd.testing.assert_frame_equal(display.frontier, expected.frontier)


@pytest.mark.filterwarnings("ignore::fairsample.base.DataWarning")
def test_fairsynth(rows, tmp_path):
    tiny = FairSynthResampler(
        "sex", max_epochs=1, fairness_epochs=1, memory=str(tmp_path), random_state=0
    )
    display = from_estimator(
        pipeline(tiny),
        *rows,
        fairness_weights=[0, 8],
        utility="neg_log_loss",
        cv=2,
        name="tiny",
    )
    assert display.frontier.index.tolist() == [0, 8]
    assert display.frontier_.get_label() == "tiny"
    assert display.frontier["utility"].nunique() == 2


def test_estimator_and_data_are_left_alone(rows):
    X, y = rows
    estimator, before = weighted(), X.copy()
    state = numpy_state()
    parameters = repr(estimator)
    from_estimator(estimator, X, y, fairness_weights=[0], cv=2)
    assert repr(estimator) == parameters
    assert not hasattr(estimator[0], "groups_")
    pd.testing.assert_frame_equal(X, before)
    assert numpy_state() == state


class TestRefused:
    """Before anything is fitted."""

    @pytest.fixture(autouse=True)
    def _no_fits(self, monkeypatch):
        def fit(*args, **kwargs):
            raise AssertionError("fitted")

        monkeypatch.setattr(WeightedCopies, "_fit_resample", fit)

    @pytest.mark.parametrize(
        "weights, message",
        [([], "fairness_weights is empty"), ([0, "1"], "'1', which is no number")],
    )
    def test_weights(self, rows, weights, message):
        with pytest.raises(ValueError, match=message):
            from_estimator(weighted(), *rows, fairness_weights=weights)

    def test_estimator_without_a_weight(self, rows):
        with pytest.raises(ValueError, match="is called 'fairness_weight'"):
            from_estimator(LogisticRegression(), *rows, sensitive_features="sex")

    def test_no_sensitive_features(self, rows):
        with pytest.raises(ValueError, match="No sensitive features"):
            from_estimator(weighted(None), *rows)

    def test_values_of_another_length(self, rows):
        X, y = rows
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            from_estimator(weighted(None), X, y, sensitive_features=X["sex"][:-1])

    def test_the_same_score_twice(self, rows):
        with pytest.raises(ValueError, match="are both 'f1'"):
            from_estimator(weighted(), *rows, utility="f1", fairness="f1")

    def test_more_than_two_classes(self, rows):
        X, y = rows
        with pytest.raises(ValueError, match="3 classes; give fairness as fairness_sc"):
            from_estimator(weighted(), X, np.arange(len(y)) % 3)


def test_failing_fits_are_told(rows):
    X, y = rows
    missing = X.assign(dose=X["dose"].where(X["dose"] < 1))
    with pytest.raises(ValueError, match="contains NaN"):
        from_estimator(weighted(), missing, y, fairness_weights=[0], cv=2)
