"""FairSynthResampler with a downstream model: what is added, and by what plan."""

import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import balanced_accuracy_score
from small_cohort import make_cohort, tiny_resampler
from small_feedback import (
    N_FOLDS,
    N_ROWS,
    check_added_rows,
    linear,
    make_table,
    one_run,
    with_feedback,
)

from fairsample import GroupRandomOverSampler
from fairsample.fairsynth import resampler as resampler_module
from fairsample.fairsynth.candidates import COPIES, REAL, Candidate
from fairsample.fairsynth.generator import RecordGenerator
from fairsample.fairsynth.net import HaloNet
from fairsample.metrics import disparate_impact

pytestmark = pytest.mark.filterwarnings("ignore::fairsample.base.DataWarning")


@pytest.fixture(scope="module")
def table():
    return make_table()


@pytest.fixture(scope="module")
def fed_once():
    return one_run()


@pytest.fixture
def force(monkeypatch):
    """Make the loop choose a candidate that nothing was scored for."""

    def choose(candidate):
        def forced(scored, fairness_weight, *, tolerance):
            return scored[0]._replace(candidate=candidate)

        monkeypatch.setattr(resampler_module, "choose", forced)

    return choose


class TestResult:
    def test_rows_are_those_owed(self, fed_once, table):
        check_added_rows(fed_once[0], *table, fed_once[1])

    def test_plan_is_that_of_the_choice(self, fed_once):
        history = fed_once[0].feedback_history_
        assert history["chosen"].sum() == 1
        chosen = history[history["chosen"]].iloc[0]
        assert chosen["plan"] == fed_once[0].rows_owed_
        assert chosen["n_synthetic"] == fed_once[0].synthetic_mask_.sum()

    def test_history_tells_every_round(self, fed_once):
        resampler, _ = fed_once
        history = resampler.feedback_history_
        assert history["source"][:2].tolist() == ["none", "copies"]
        assert set(history["round"]) == {1, 2}
        assert (history["round"].diff().dropna() >= 0).all()
        assert resampler.n_downstream_fits_ == N_FOLDS * history["n_draws"].sum()
        assert resampler.n_downstream_fits_ == resampler.max_downstream_fits
        score = history["utility"] - (1 - history["objective"])
        assert history["score"].to_numpy() == pytest.approx(score, abs=1e-6)

    def test_the_choice_is_no_worse_than_the_plain_arms(self, fed_once):
        history = fed_once[0].feedback_history_
        chosen = history[history["chosen"]].iloc[0]
        plain = history[:2]
        best = plain.loc[plain["score"].idxmax()]
        assert chosen["utility"] >= best["utility"] - 0.02
        assert chosen["score"] >= best["score"]

    def test_a_generator_is_there_whatever_was_chosen(self, fed_once):
        fitted = copy.deepcopy(fed_once[0])
        X, y = fitted.sample(50)
        assert len(X) == len(y) == 50
        assert fitted.synthetic_mask_.all()
        assert isinstance(fitted.net_, HaloNet)

    def test_fit_plans_the_same(self, fed_once, table):
        alone = clone(fed_once[0]).fit(*table)
        assert alone.rows_owed_ == fed_once[0].rows_owed_
        assert not alone.synthetic_mask_.any()


class TestChosenSets:
    def test_real_rows_alone(self, table, force):
        force(REAL)
        resampler = with_feedback()
        X, y = resampler.fit_resample(*table)
        pd.testing.assert_frame_equal(X, table[0])
        assert set(resampler.rows_owed_.values()) == {0}
        assert len(resampler.sample(20)[0]) == 20

    def test_copies(self, table, force):
        force(COPIES)
        resampler = with_feedback()
        result = resampler.fit_resample(*table)
        check_added_rows(resampler, *table, result)
        copier = GroupRandomOverSampler("race", random_state=0).fit(*table)
        assert resampler.rows_owed_ == copier.rows_owed_
        known = {tuple(row) for row in table[0].assign(died=table[1]).to_numpy()}
        added = result[0].assign(died=result[1])[N_ROWS:]
        assert {tuple(row) for row in added.to_numpy()} <= known

    @pytest.mark.parametrize("penalty", [0.0, 1.0])
    def test_generated_rows(self, table, force, penalty):
        candidate = Candidate("generated", 2.0, 0.25, 0.8, penalty)
        candidate = candidate.with_shifts([[0, 0.4], [0, -0.3]])
        force(candidate)
        resampler = with_feedback(max_downstream_fits=3 * N_FOLDS)
        result = resampler.fit_resample(*table)
        check_added_rows(resampler, *table, result)
        owed = np.reshape(list(resampler.rows_owed_.values()), (2, 2))
        counts = resampler.cell_counts_.to_numpy()
        assert (owed == candidate.rows_owed(counts)).all()
        # One epoch of likelihood, and one under the penalty.
        assert len(resampler.net_.history) == 1 + (penalty > 0)

    def test_columns_are_like_the_real_ones(self, table, force):
        force(Candidate("generated"))
        X, _ = with_feedback(max_downstream_fits=3 * N_FOLDS).fit_resample(*table)
        assert X.dtypes.equals(table[0].dtypes)
        assert X["dose"][N_ROWS:].nunique() > 10


class TestWhatFoldsSee:
    def test_generators_learn_from_the_rows_trained_on(self, table, monkeypatch):
        seen, fit = [], RecordGenerator.fit

        def record(rows, recipe, **training):
            seen.append(set(rows.X["patient"]))
            return fit(rows, recipe, **training)

        monkeypatch.setattr(RecordGenerator, "fit", record)
        X = table[0].assign(patient=np.arange(N_ROWS))
        with_feedback().fit(X, table[1])
        *folds, last = seen
        assert last == set(range(N_ROWS))
        assert len(folds) == N_FOLDS
        assert not folds[0] & folds[1]
        assert folds[0] | folds[1] == last


class TestData:
    def test_many_classes_and_labels(self):
        X, _ = make_table(240)
        dose = X["dose"] + np.random.RandomState(1).normal(size=240)
        y = pd.cut(dose, [-9, 0, 1, 9], labels=["well", "ill", "dead"])
        resampler = with_feedback()
        check_added_rows(resampler, X, y, resampler.fit_resample(X, y))
        assert resampler.feedback_history_["objective"].between(0.05, 0.999).all()

    def test_positive_class_decides_what_is_fair(self, table):
        X, y = table
        found = [
            with_feedback(
                pos_label=label,
                scoring="worst_group_tpr",
                max_downstream_fits=3 * N_FOLDS,
            )
            .fit(X, y)
            .feedback_history_["objective"]
            .tolist()
            for label in (None, 1, 0)
        ]
        assert found[0] == found[1] != found[2]

    def test_intersectional_groups(self, table):
        X = table[0].assign(sex=np.random.RandomState(3).choice(["F", "M"], N_ROWS))
        resampler = with_feedback(["race", "sex"], downstream=linear())
        check_added_rows(resampler, X, table[1], resampler.fit_resample(X, table[1]))
        assert len(resampler.rows_owed_) == 8

    def test_groups_given_as_values(self, table):
        race = table[0]["race"]
        X = table[0].drop(columns="race")
        resampler = with_feedback(None)
        result = resampler.fit_resample(X, table[1], sensitive_features=race)
        check_added_rows(resampler, X, table[1], result)
        assert resampler.groups_ == [0, 1]

    @pytest.mark.parametrize("model", [LogisticRegression(), RidgeClassifier()])
    def test_arrays(self, table, model):
        X = table[0].to_numpy(dtype=np.float32)
        y = table[1].to_numpy()
        resampler = with_feedback(0, downstream=model)
        result = resampler.fit_resample(X, y)
        assert result[0].dtype == np.float32
        check_added_rows(resampler, X, y, result)

    def test_lists(self, table):
        X = table[0].to_numpy(dtype=float).tolist()
        y = table[1].tolist()
        resampler = with_feedback(0, downstream=LogisticRegression())
        rows, labels = resampler.fit_resample(X, y)
        assert rows[:N_ROWS] == X
        assert labels[:N_ROWS] == y

    def test_visits(self):
        X, y = make_cohort(160)
        resampler = with_feedback(downstream=linear())
        check_added_rows(resampler, X, y, resampler.fit_resample(X, y))
        assert resampler.sample(5)[0]["visits"].map(len).min() >= 1

    def test_a_class_of_one_row(self, table):
        y = table[1].copy()
        y[0] = 2
        resampler = with_feedback(scoring="roc_auc_ovr", pos_label=1)
        check_added_rows(resampler, table[0], y, resampler.fit_resample(table[0], y))


class TestFixedPlans:
    @pytest.mark.parametrize(
        "strategy", ["cells", "proportional", "minority", {(1, 1): 100}]
    )
    def test_are_kept(self, table, strategy):
        plan = tiny_resampler(
            "race", sampling_strategy=strategy, fairness_weight=0, max_epochs=1
        ).fit(*table)
        resampler = with_feedback(sampling_strategy=strategy)
        result = resampler.fit_resample(*table)
        assert resampler.rows_owed_ == plan.rows_owed_
        check_added_rows(resampler, *table, result)
        assert "none" not in set(resampler.feedback_history_["source"])

    @pytest.mark.parametrize("n_synthetic", [0, 1, 77])
    def test_size(self, table, n_synthetic):
        resampler = with_feedback(n_synthetic=n_synthetic, max_downstream_fits=18)
        check_added_rows(resampler, *table, resampler.fit_resample(*table))
        assert resampler.synthetic_mask_.sum() == n_synthetic
        assert set(resampler.feedback_history_["n_synthetic"]) == {n_synthetic}

    def test_size_where_classes_are_even(self, table):
        """The plan is the loop's, so that "auto" owing nothing does not matter."""
        y = pd.Series(np.arange(N_ROWS) % 2)
        resampler = with_feedback(n_synthetic=40)
        check_added_rows(resampler, table[0], y, resampler.fit_resample(table[0], y))
        assert resampler.synthetic_mask_.sum() == 40


class TestKnownTruth:
    """Base rates of .35 and .1, which even classes in each group do not hide."""

    @staticmethod
    def draw(n, seed):
        rng = np.random.RandomState(seed)
        race = rng.choice(["A", "B"], n, p=[0.6, 0.4])
        y = (rng.rand(n) < np.where(race == "A", 0.35, 0.1)).astype(int)
        dose = (rng.normal(size=n) + 1.5 * y).round(2)
        return pd.DataFrame({"race": race, "dose": dose}), pd.Series(y, name="died")

    def measure(self, resampler, train):
        """Fairness and utility, on fresh rows, of a model of what comes out."""
        X, y = self.draw(5000, seed=100)
        predicted = linear().fit(*resampler.fit_resample(*train)).predict(X)
        fairness = disparate_impact(y, predicted, sensitive_features=X["race"])
        return fairness, balanced_accuracy_score(y, predicted)

    def test_the_model_becomes_fairer_than_with_copies(self):
        copier = GroupRandomOverSampler("race", random_state=0)
        ours = with_feedback(
            downstream=linear(),
            scoring="disparate_impact",
            fairness_weight=1,
            utility_tolerance=0.03,
            max_downstream_fits=2 * 20,
            learning_rate=0.01,
            max_epochs=5,
        )
        tables = [self.draw(1500, seed) for seed in (2, 3)]
        (copies_fair, copies_useful), (our_fair, our_useful) = (
            np.mean([self.measure(resampler, table) for table in tables], axis=0)
            for resampler in (copier, ours)
        )
        assert our_fair > copies_fair + 0.05
        assert our_useful > copies_useful - 0.03
