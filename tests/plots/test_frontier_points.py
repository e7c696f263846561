"""The frontier of a search over λ, from exact scores."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

from drawn_points import bar_lengths, xy  # noqa: E402

from fairsample.plots import FairnessFrontierDisplay  # noqa: E402

from_cv_results = FairnessFrontierDisplay.from_cv_results
SCORES = {
    "balanced_accuracy": [[0.70, 0.72], [0.74, 0.76], [0.73, 0.73]],
    "disparate_impact": [[0.80, 0.90], [0.50, 0.60], [0.70, 0.72]],
}
WEIGHTS = [1, 0, 0.5]
LAMBDA = "fairsynth__fairness_weight"


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def results_of(params, scores):
    """What a search over these parameters writes, for scores by row and fold."""
    results = {"params": params}
    for name, values in scores.items():
        for fold, column in enumerate(np.transpose(values)):
            results[f"split{fold}_test_{name}"] = column
        results[f"mean_test_{name}"] = np.mean(values, axis=1)
        results[f"std_test_{name}"] = np.std(values, axis=1)
    return results


@pytest.fixture
def cv_results():
    return results_of([{LAMBDA: weight} for weight in WEIGHTS], SCORES)


@pytest.fixture
def crossed():
    """A search over λ and C, the rows of C = 10 worse by .1 in everything."""
    params = [{LAMBDA: w, "model__C": C} for C in (1, 10) for w in WEIGHTS]
    scores = {k: np.vstack([v, np.subtract(v, 0.1)]) for k, v in SCORES.items()}
    return results_of(params, scores)


class TestFrontier:
    def test_means_over_folds_in_the_order_of_the_weights(self, cv_results):
        display = from_cv_results(cv_results)
        np.testing.assert_allclose(
            xy(display.frontier_), [[0.75, 0.55], [0.73, 0.71], [0.71, 0.85]]
        )
        assert display.frontier.index.tolist() == [0, 0.5, 1]
        assert display.frontier.index.name == "fairness_weight"
        labels = [label.get_text() for label in display.weight_labels_]
        assert labels == ["λ=0", "λ=0.5", "λ=1"]
        assert display.rivals_ == {}

    def test_bars_are_standard_deviations_of_folds(self, cv_results):
        utility, fairness = bar_lengths(from_cv_results(cv_results).frontier_)
        sd = np.sqrt(2) * 0.01
        np.testing.assert_allclose(utility, [sd, 0, sd], atol=1e-12)
        np.testing.assert_allclose(fairness, [5 * sd, sd, 5 * sd], atol=1e-12)

    def test_axes_are_named_after_the_scores(self, cv_results):
        axes = from_cv_results(cv_results).ax_
        assert axes.get_xlabel() == "balanced accuracy (higher is better)"
        assert axes.get_ylabel() == "disparate impact (higher is fairer)"

    def test_frame_of_results_is_as_good_as_the_dict(self, cv_results):
        frame = pd.DataFrame(cv_results)
        pd.testing.assert_frame_equal(
            from_cv_results(frame).frontier, from_cv_results(cv_results).frontier
        )

    def test_fold_that_could_not_be_measured_is_left_out(self, cv_results):
        cv_results["split1_test_disparate_impact"] = np.array([0.9, np.nan, 0.72])
        display = from_cv_results(cv_results)
        assert display.frontier.loc[0, "fairness"] == 0.5
        assert bar_lengths(display.frontier_)[1][0] == 0
        assert display.frontier.loc[0, "utility"] == 0.75

    def test_negative_scores_are_drawn_as_they_are(self, cv_results):
        for fold in (0, 1):
            name = f"split{fold}_test_"
            cv_results[name + "neg_log_loss"] = -cv_results[name + "balanced_accuracy"]
        display = from_cv_results(cv_results, utility="neg_log_loss")
        np.testing.assert_allclose(xy(display.frontier_)[:, 0], [-0.75, -0.73, -0.71])

    def test_results_are_left_alone(self, cv_results):
        before = {key: np.array(value) for key, value in cv_results.items()}
        from_cv_results(cv_results)
        assert before.keys() == cv_results.keys()
        assert all(np.array_equal(cv_results[key], before[key]) for key in before)


class TestParameters:
    def test_any_parameter_can_be_the_weight(self, cv_results):
        cv_results["params"] = [{"remover__alpha": weight} for weight in WEIGHTS]
        display = from_cv_results(cv_results, fairness_weight="remover__alpha")
        assert display.frontier.index.tolist() == [0, 0.5, 1]

    def test_weight_of_a_bare_estimator(self, cv_results):
        cv_results["params"] = [{"fairness_weight": weight} for weight in WEIGHTS]
        assert len(from_cv_results(cv_results).frontier) == 3

    def test_name_must_end_with_the_whole_word(self, cv_results):
        cv_results["params"] = [{"unfairness_weight": weight} for weight in WEIGHTS]
        with pytest.raises(ValueError, match="None of the parameters 'unfairness_we"):
            from_cv_results(cv_results)

    def test_two_weights_are_ambiguous(self, cv_results):
        cv_results["params"] = [
            {"a__fairness_weight": weight, "b__fairness_weight": 1}
            for weight in WEIGHTS
        ]
        with pytest.raises(ValueError, match="fairness_weight='a__fairness_weight'"):
            from_cv_results(cv_results)
        found = from_cv_results(cv_results, fairness_weight="a__fairness_weight")
        assert len(found.frontier) == 3

    def test_weight_that_was_not_searched(self, cv_results):
        with pytest.raises(ValueError, match="fairness_weight='x' is none of 'fairsy"):
            from_cv_results(cv_results, fairness_weight="x")

    @pytest.mark.parametrize("weight", [None, "much", np.nan])
    def test_weight_that_is_no_number(self, cv_results, weight):
        cv_results["params"][1] = {LAMBDA: weight}
        with pytest.raises(ValueError, match="which is no number"):
            from_cv_results(cv_results)

    def test_other_parameters_must_be_fixed(self, crossed):
        with pytest.raises(
            ValueError, match=r"model__C \(1, 10\).*fixed_params=\{'model__C': 1\}"
        ):
            from_cv_results(crossed)

    def test_fixed_parameters_choose_the_rows(self, crossed, cv_results):
        at_1 = from_cv_results(crossed, fixed_params={"model__C": 1}).frontier
        at_10 = from_cv_results(crossed, fixed_params={"model__C": 10}).frontier
        pd.testing.assert_frame_equal(at_1, from_cv_results(cv_results).frontier)
        np.testing.assert_allclose(at_1["utility"] - at_10["utility"], 0.1)

    def test_values_that_are_estimators(self, crossed):
        models = {1: LogisticRegression(), 10: LogisticRegression(C=10)}
        crossed["params"] = [
            {LAMBDA: cell[LAMBDA], "model": models[cell["model__C"]]}
            for cell in crossed["params"]
        ]
        found = from_cv_results(crossed, fixed_params={"model": models[10]}).frontier
        assert found.loc[0, "utility"] == pytest.approx(0.65)

    def test_values_that_are_arrays_of_different_lengths(self, crossed):
        priors = {1: np.array([0.5, 0.5]), 10: np.array([0.2, 0.3, 0.5])}
        crossed["params"] = [
            {LAMBDA: cell[LAMBDA], "priors": priors[cell["model__C"]]}
            for cell in crossed["params"]
        ]
        found = from_cv_results(crossed, fixed_params={"priors": priors[10]}).frontier
        assert found.loc[0, "utility"] == pytest.approx(0.65)

    def test_parameters_that_vary_with_the_weight_need_no_fixing(self, cv_results):
        for number, cell in enumerate(cv_results["params"]):
            cell["model__C"] = number
        assert len(from_cv_results(cv_results).frontier) == 3

    @pytest.mark.parametrize(
        "fixed, message",
        [
            ({"model__C": 5}, "model__C=5; tried were 1, 10"),
            ({"model__K": 5}, "names 'model__K'; searched were"),
        ],
    )
    def test_fixed_parameters_that_were_not_searched(self, crossed, fixed, message):
        with pytest.raises(ValueError, match=message):
            from_cv_results(crossed, fixed_params=fixed)

    def test_fixed_parameters_that_never_meet(self, crossed):
        for cell in crossed["params"]:
            cell["model__K"] = cell["model__C"]
        with pytest.raises(ValueError, match="No row of the search has all of"):
            from_cv_results(crossed, fixed_params={"model__C": 1, "model__K": 10})

    def test_iterations_of_a_halving_search(self, cv_results):
        cv_results["params"] = [{LAMBDA: 1}, {LAMBDA: 0}, {LAMBDA: 1}]
        with pytest.raises(ValueError, match="same fairsynth__fairness_weight several"):
            from_cv_results(cv_results)


class TestScores:
    def test_score_that_is_not_there(self, cv_results):
        with pytest.raises(
            ValueError,
            match="no test scores of 'f1', only of 'balanced_accuracy', 'disparate_",
        ):
            from_cv_results(cv_results, utility="f1")

    def test_search_with_one_score(self):
        params = [{LAMBDA: weight} for weight in WEIGHTS]
        one = results_of(params, {"score": SCORES["balanced_accuracy"]})
        with pytest.raises(ValueError, match=r"only of 'score'.*as in scoring="):
            from_cv_results(one)

    def test_score_that_is_nan_in_every_fold(self, cv_results):
        for fold in (0, 1):
            cv_results[f"split{fold}_test_disparate_impact"] = np.array([0.9, 0.8, 0])
            cv_results[f"split{fold}_test_disparate_impact"][2] = np.nan
        with pytest.raises(ValueError, match="'disparate_impact' of λ=0.5 is NaN in"):
            from_cv_results(cv_results)

    def test_search_that_is_not_fitted(self):
        search = GridSearchCV(LogisticRegression(), {"C": [1]})
        with pytest.raises(NotFittedError):
            from_cv_results(search)


class TestRivals:
    @pytest.fixture
    def scores(self):
        return {
            "real": {
                "test_balanced_accuracy": np.array([0.60, 0.62]),
                "test_disparate_impact": np.array([0.30, 0.40]),
                "fit_time": np.array([1.0, 1.0]),
            },
            "copies": {
                "test_balanced_accuracy": np.array([0.71, 0.69]),
                "test_disparate_impact": np.array([np.nan, 0.65]),
            },
        }

    def check(self, display):
        assert list(display.rivals_) == ["real", "copies"]
        np.testing.assert_allclose(xy(display.rivals_["real"]), [[0.61, 0.35]])
        np.testing.assert_allclose(xy(display.rivals_["copies"]), [[0.70, 0.65]])
        sd = np.sqrt(2) * 0.01
        np.testing.assert_allclose(
            bar_lengths(display.rivals_["real"]), [[sd], [5 * sd]]
        )

    def test_cross_validated(self, cv_results, scores):
        self.check(from_cv_results(cv_results, rivals=scores))

    def test_points(self, cv_results, scores):
        points = from_cv_results(cv_results, rivals=scores).rivals
        self.check(from_cv_results(cv_results, rivals=points.assign(note="later")))

    def test_comparison(self, cv_results, scores):
        records = [
            (name, seed, key.removeprefix("test_"), value)
            for name, of_rival in scores.items()
            for key, values in of_rival.items()
            for seed, value in enumerate(values)
        ]
        columns = ["augmenter", "seed", "metric", "value"]
        comparison = pd.DataFrame(records, columns=columns)
        self.check(from_cv_results(cv_results, rivals=comparison))

    def test_rival_without_the_score(self, cv_results, scores):
        del scores["copies"]["test_disparate_impact"]
        with pytest.raises(
            ValueError, match="'copies' was not scored on 'disparate_impact', only on"
        ):
            from_cv_results(cv_results, rivals=scores)

    @pytest.mark.parametrize(
        "rivals, message",
        [
            (pd.DataFrame({"utility": [1.0]}), "DataFrame with the columns 'utility'"),
            ([1.0], "got list"),
        ],
    )
    def test_rivals_that_are_nothing_of_the_kind(self, cv_results, rivals, message):
        with pytest.raises(ValueError, match=message):
            from_cv_results(cv_results, rivals=rivals)
