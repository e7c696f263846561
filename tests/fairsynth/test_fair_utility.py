"""Utility and fairness of predictions that several models made together."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import get_scorer, make_scorer, matthews_corrcoef
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.svm import SVC

from fairsample.fairsynth.candidate_search import fair_utility
from fairsample.fairsynth.fair_utility import (
    N_SCORED_RESAMPLES,
    FairUtility,
    ObjectiveScorer,
    Predictions,
)
from fairsample.fairsynth.group_confusion import GroupConfusion
from fairsample.metrics import fairness_scorer

N_ROWS = 300
FOLDS = [np.arange(0, N_ROWS, 2), np.arange(1, N_ROWS, 2)]


class Rows:
    """Rows of two groups and what models of two folds predict of them."""

    def __init__(self, model, n_classes=2, as_frame=True, seed=0):
        rng = np.random.RandomState(seed)
        self.group = rng.randint(2, size=N_ROWS)
        # Men have more of the last class, so that predictions are unfair.
        self.y = rng.randint(n_classes, size=N_ROWS)
        moved = rng.rand(N_ROWS) < 0.5
        self.y[moved] = ((n_classes - 1) * self.group)[moved]
        X = rng.normal(size=(N_ROWS, 3))
        X[:, 0] += self.y
        self.X = X
        self.values = pd.Series(np.array(["F", "M"])[self.group], name="sex")
        if as_frame:
            self.X = pd.DataFrame(X, columns=list("abc")).assign(man=self.group)
        self.classes = np.array(["dead", "ill", "well"][:n_classes])
        self.labels = self.classes[self.y]
        self.tallies = GroupConfusion(
            self.group, self.y, 2, n_classes, np.random.RandomState(0)
        )
        self.models = []
        self.predictions = self.predict(model)

    def predict(self, model, trained_on=None):
        predictions = Predictions(
            self.X, self.labels, self.values, self.group, self.classes
        )
        for held_out in FOLDS:
            train = np.setdiff1d(np.arange(N_ROWS), held_out)
            if trained_on is not None:
                train = train[np.isin(self.y[train], trained_on)]
            self.models.append(model.fit(self.take(train), self.labels[train]))
            predictions.predict(self.models[-1], held_out)
        return predictions

    def take(self, rows):
        return self.X.iloc[rows] if isinstance(self.X, pd.DataFrame) else self.X[rows]

    def expected(self, score):
        """The mean of what `score` says of the rows drawn."""
        drawn = [self.tallies.drawn_rows(n) for n in range(N_SCORED_RESAMPLES)]
        return np.mean([score(rows) for rows in drawn])

    def measure(self, utility="balanced_accuracy", fairness=("disparate_impact",)):
        goal = fair_utility(utility, "disparate_impact", fairness, [1])
        return goal.measure(self.predictions, self.tallies)


class JustLabels(ClassifierMixin, BaseEstimator):
    """Predicts labels and nothing else."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return self.classes_[(np.asarray(X)[:, 0] > 1).astype(int)]


@pytest.fixture(scope="module")
def rows():
    return Rows(LogisticRegression())


class TestPredictions:
    @pytest.mark.parametrize("n_classes", [2, 3])
    @pytest.mark.parametrize("as_frame", [True, False])
    @pytest.mark.parametrize("model", [LogisticRegression(), RidgeClassifier(), SVC()])
    def test_each_fold_is_predicted_by_its_model(self, model, as_frame, n_classes):
        rows = Rows(model, n_classes, as_frame)
        predictions = rows.predictions
        for held_out in FOLDS:
            train = np.setdiff1d(np.arange(N_ROWS), held_out)
            model.fit(rows.take(train), rows.labels[train])
            expected = model.predict(rows.take(held_out))
            assert (rows.classes[predictions.codes[held_out]] == expected).all()
        if predictions.response_method == "predict_proba":
            assert predictions.scores[held_out] == pytest.approx(
                model.predict_proba(rows.take(held_out))
            )

    @pytest.mark.parametrize("n_classes", [2, 3])
    @pytest.mark.parametrize("model", [LogisticRegression(), RidgeClassifier(), SVC()])
    def test_the_largest_log_score_is_the_prediction(self, model, n_classes):
        predictions = Rows(model, n_classes).predictions
        assert np.isfinite(predictions.log_scores()).all()
        assert (predictions.log_scores().argmax(axis=1) == predictions.codes).all()

    def test_log_scores_of_probabilities(self, rows):
        chances = rows.predictions.scores
        assert rows.predictions.log_scores() == pytest.approx(np.log(chances))

    def test_a_decision_value_is_the_difference_of_two_scores(self):
        rows = Rows(RidgeClassifier())
        scores = rows.predictions.log_scores()
        model = RidgeClassifier().fit(rows.take(FOLDS[0]), rows.labels[FOLDS[0]])
        decision = model.decision_function(rows.take(FOLDS[1]))
        assert (scores[:, 1] - scores[:, 0])[FOLDS[1]] == pytest.approx(decision)

    def test_labels_alone_give_no_scores(self):
        rows = Rows(JustLabels())
        assert rows.predictions.log_scores() is None
        assert 0.5 < rows.measure()[0].mean() < 1
        assert rows.measure(fairness="accuracy")[1].mean() > 0.5

    def test_a_threshold_of_its_own_gives_no_scores(self):
        model = FixedThresholdClassifier(LogisticRegression(), threshold=0.7)
        rows = Rows(model)
        assert rows.predictions.response_method == "predict_proba"
        assert rows.predictions.log_scores() is None
        same = FixedThresholdClassifier(LogisticRegression(), threshold=0.5)
        assert Rows(same).predictions.log_scores() is not None

    @pytest.mark.parametrize("model", [LogisticRegression(), SVC()])
    def test_a_class_that_a_fold_does_not_know_is_never_predicted(self, model):
        rows = Rows(model, n_classes=3)
        predictions = rows.predict(model, trained_on=[0, 2])
        assert set(predictions.codes) == {0, 2}
        log_scores = predictions.log_scores()
        assert (log_scores.argmax(axis=1) == predictions.codes).all()

    def test_its_probability_is_zero(self):
        rows = Rows(LogisticRegression(), n_classes=3)
        rows.predictions = rows.predict(LogisticRegression(), trained_on=[0, 2])
        assert (rows.predictions.scores[:, 1] == 0).all()
        assert np.isfinite(rows.measure(utility="roc_auc_ovr")[0]).all()


class TestScorers:
    @pytest.mark.parametrize(
        "name", ["balanced_accuracy", "accuracy", "f1_macro", "roc_auc", "neg_log_loss"]
    )
    def test_agree_with_the_model_on_the_drawn_rows(self, rows, name):
        """One model for all rows, which the scorer can be called with."""
        model = LogisticRegression().fit(rows.X, rows.labels)
        rows.predictions.predict(model, np.arange(N_ROWS))
        try:
            scorer = get_scorer(name)
            expected = rows.expected(
                lambda drawn: scorer(model, rows.take(drawn), rows.labels[drawn])
            )
            assert rows.predictions.score(scorer, np.arange(N_ROWS)) == pytest.approx(
                scorer(model, rows.X, rows.labels)
            )
            utility = rows.measure(utility=name)[0]
            assert utility[:N_SCORED_RESAMPLES].mean() == pytest.approx(expected)
            assert utility.shape == (50,)
        finally:
            rows.predictions = rows.predict(LogisticRegression())

    @pytest.mark.parametrize("model", [LogisticRegression(), RidgeClassifier(), SVC()])
    def test_rank_by_whatever_the_model_gives(self, model):
        rows = Rows(model)
        assert rows.measure(utility="roc_auc")[0].mean() > 0.7

    def test_callable_utility(self, rows):
        scorer = make_scorer(matthews_corrcoef)
        expected = rows.expected(
            lambda drawn: matthews_corrcoef(
                rows.labels[drawn], rows.classes[rows.predictions.codes[drawn]]
            )
        )
        assert rows.measure(utility=scorer)[0].mean() == pytest.approx(expected)

    def test_any_function_of_model_rows_and_labels(self, rows):
        seen = []

        def scorer(model, X, y):
            seen.append((X, y))
            return (model.predict(X) == y).mean()

        found = rows.measure(fairness=scorer)[1]
        assert found[:10] == pytest.approx(rows.measure("accuracy")[0][:10])
        drawn = rows.tallies.drawn_rows(0)
        pd.testing.assert_frame_equal(seen[0][0], rows.X.iloc[drawn])
        assert (seen[0][1] == rows.labels[drawn]).all()

    @pytest.mark.parametrize("columns", [None, "man"])
    def test_fairness_scorers_get_the_groups(self, rows, columns):
        scorer = fairness_scorer(
            "disparate_impact", sensitive_features=columns, pos_label="ill"
        )
        found = rows.measure(fairness=scorer)[1]

        def ratio(drawn):
            chosen, man = rows.predictions.codes[drawn] == 1, rows.group[drawn] == 1
            rates = [chosen[man].mean(), chosen[~man].mean()]
            return min(rates) / max(rates)

        assert found.mean() == pytest.approx(rows.expected(ratio))

    def test_intersectional_groups_reach_them(self, rows):
        seen = []

        def gap(y_true, y_pred, *, sensitive_features):
            seen.append(sensitive_features)
            return 0.5

        predictions = Predictions(
            rows.X,
            rows.labels,
            pd.DataFrame({"sex": rows.group, "old": rows.group}),
            rows.group,
            rows.classes,
        )
        assert predictions.score(fairness_scorer(gap), np.array([4, 4, 7])) == 0.5
        assert list(seen[0].columns) == ["sex", "old"]
        assert seen[0]["sex"].tolist() == rows.group[[4, 4, 7]].tolist()


class TestGroups:
    @pytest.mark.parametrize(
        "fairness",
        ["disparate_impact", "worst_group_recall", fairness_scorer("worst_group_tpr")],
    )
    def test_are_those_of_the_rows(self, rows, fairness):
        """Groups that are shuffled among the rows make fairness another one."""
        if callable(fairness):
            fairness = fairness_scorer("worst_group_tpr", pos_label="ill")
        shuffled = np.random.RandomState(1).permutation(rows.group)
        other = Predictions(
            rows.X,
            rows.labels,
            pd.Series(np.array(["F", "M"])[shuffled]),
            shuffled,
            rows.classes,
        )
        other.codes, other.scores = rows.predictions.codes, rows.predictions.scores
        other.response_method = rows.predictions.response_method
        tallies = GroupConfusion(shuffled, rows.y, 2, 2, np.random.RandomState(0))
        goal = fair_utility("accuracy", None, fairness, [1])
        true = goal.measure(rows.predictions, rows.tallies)
        wrong = goal.measure(other, tallies)
        assert wrong[1].mean() > true[1].mean() + 0.05
        assert wrong[0].mean() == pytest.approx(true[0].mean(), abs=0.02)


class TestGoal:
    def test_named_measures_are_averaged(self, rows):
        names = ["disparate_impact", "worst_group_recall"]
        each = [rows.measure(fairness=name)[1] for name in names]
        assert each[0].mean() != each[1].mean()
        assert rows.measure(fairness=names)[1] == pytest.approx(np.mean(each, axis=0))

    def test_worst_recall_is_always_told(self, rows):
        found = rows.measure(fairness="worst_group_recall")
        assert found[2].tolist() == found[1].tolist()
        assert rows.measure(fairness="accuracy")[2].tolist() == found[1].tolist()

    def test_positive_class_decides(self):
        rows = Rows(LogisticRegression(), n_classes=3)
        values = [
            FairUtility("accuracy", ["worst_group_tpr"], positives)
            .measure(rows.predictions, rows.tallies)[1]
            .mean()
            for positives in ([0], [1], [2], [0, 1, 2])
        ]
        assert len(set(values)) == 4
        assert values[3] == pytest.approx(np.mean(values[:3]))

    def test_shifts_are_searched_for_what_the_user_wants(self, rows):
        named = fair_utility("accuracy", None, ["worst_group_tpr"], [1])
        assert named.proposed_by == ["worst_group_tpr"]
        assert fair_utility("accuracy", None, "roc_auc", [1]).proposed_by == [
            "disparate_impact",
            "worst_group_recall",
        ]

    @pytest.mark.parametrize("weight", [0, 2])
    def test_proxy_adds_weighted_fairness_to_balanced_accuracy(self, rows, weight):
        utility, fairness, *_ = rows.measure()
        goal = fair_utility("accuracy", None, "disparate_impact", [1])
        confusion = rows.tallies.count(rows.predictions.codes)
        found = goal.proxy(weight, rows.tallies)(confusion)
        assert found == pytest.approx((utility + weight * fairness).mean())

    @pytest.mark.parametrize(
        "name", ["disparate_impact", "worst_group_tpr", "equal_opportunity"]
    )
    def test_objective_stands_where_no_scoring_is(self, rows, name):
        by_objective = fair_utility("accuracy", name, None, [1])
        by_scoring = fair_utility("accuracy", None, name, [1])
        assert by_objective.fairness == by_scoring.fairness == [name]


class TestObjective:
    @staticmethod
    def gap(probabilities, groups, labels):
        return (
            probabilities[groups == 1].mean() - probabilities[groups == 0].mean()
        ) ** 2

    def test_is_a_loss_of_the_probabilities(self, rows):
        goal = fair_utility("accuracy", self.gap, None, [1])
        assert isinstance(goal.fairness, ObjectiveScorer)
        found = goal.measure(rows.predictions, rows.tallies)[1]

        def expected(drawn):
            chance, man = rows.predictions.scores[drawn, 1], rows.group[drawn] == 1
            return 1 - (chance[man].mean() - chance[~man].mean()) ** 2

        assert found.mean() == pytest.approx(rows.expected(expected))

    def test_gets_labels_of_each_positive_class_in_turn(self):
        rows = Rows(LogisticRegression(), n_classes=3)
        seen = []

        def objective(probabilities, groups, labels):
            seen.append((probabilities, groups, labels))
            return torch.tensor(float(len(seen)))

        scorer = ObjectiveScorer(objective)
        drawn = rows.tallies.drawn_rows(0)
        assert scorer(rows.predictions, drawn, [0, 2]) == 1 - 1.5
        for positive, (probabilities, groups, labels) in zip([0, 2], seen, strict=True):
            assert (labels.numpy() == (rows.y[drawn] == positive)).all()
            assert (groups.numpy() == rows.group[drawn]).all()
            assert (
                probabilities.numpy() == rows.predictions.scores[drawn, positive]
            ).all()

    def test_scoring_wins(self):
        goal = fair_utility("accuracy", self.gap, ["worst_group_tpr"], [1])
        assert goal.fairness == ["worst_group_tpr"]

    @pytest.mark.parametrize("model", [RidgeClassifier(), JustLabels()])
    def test_needs_probabilities(self, model):
        rows = Rows(model)
        goal = fair_utility("accuracy", self.gap, None, [1])
        with pytest.raises(ValueError, match=r"no predict_proba\. Give scoring="):
            goal.measure(rows.predictions, rows.tallies)


class TestUnknownNames:
    @pytest.mark.parametrize(
        ("scoring", "message"),
        [
            ("nonsense", "nonsense"),
            ([], "names nothing"),
            (["disparate_impact", "accuracy"], "names 'accuracy'; a list is made of"),
            (["worst_group_recall", "rocauc"], "names 'rocauc'"),
            ([fairness_scorer("disparate_impact")], "scorers are given alone"),
        ],
    )
    def test_of_scoring(self, scoring, message):
        with pytest.raises(ValueError, match=message):
            fair_utility("accuracy", "disparate_impact", scoring, [1])

    @pytest.mark.parametrize("utility", ["nonsense", "disparate_impact"])
    def test_of_utility(self, utility):
        with pytest.raises(ValueError, match=utility):
            fair_utility(utility, "disparate_impact", None, [1])
