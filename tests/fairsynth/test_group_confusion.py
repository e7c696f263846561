"""Confusion counts on resamples: what they count, and the measures made of them."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix

from fairsample import metrics
from fairsample.fairsynth import group_confusion
from fairsample.fairsynth.group_confusion import (
    FAIRNESS,
    MIN_CLASS_SIZE,
    MIN_GROUP_SIZE,
    GroupConfusion,
    accuracy,
    balanced_accuracy,
    group_fairness,
)

N_ROWS = 900
RATES = {
    name: getattr(metrics, name)
    for name in ("disparate_impact", "worst_group_tpr", "worst_group_recall")
}


def three_groups(n_classes=2, seed=0):
    """Groups, labels, and predictions that are right in most rows."""
    rng = np.random.RandomState(seed)
    groups = rng.choice(3, N_ROWS, p=[0.5, 0.3, 0.2])
    labels = rng.randint(n_classes, size=N_ROWS)
    kept = rng.rand(N_ROWS) < np.array([0.8, 0.7, 0.6])[groups]
    return groups, labels, np.where(kept, labels, rng.randint(n_classes, size=N_ROWS))


def tally(groups, labels, n_classes=2, seed=0):
    n_groups = groups.max() + 1
    random_state = np.random.RandomState(seed)
    return GroupConfusion(groups, labels, n_groups, n_classes, random_state)


def measure(name, groups, labels, predicted, positives=(1,)):
    """Mean over the resamples."""
    tallies = tally(groups, labels, labels.max() + 1)
    confusion = tallies.count(predicted)
    return group_fairness(name, confusion, tallies, list(positives)).mean()


@pytest.fixture
def unshrunk(monkeypatch):
    """Rates as they are."""
    monkeypatch.setattr(group_confusion, "PSEUDO_ROWS", 0)


class TestResamples:
    def test_every_cell_keeps_its_share(self):
        groups, labels, _ = three_groups(n_classes=3)
        tallies = tally(groups, labels, n_classes=3)
        for number in range(len(tallies.weights[0])):
            rows = tallies.drawn_rows(number)
            for cell in range(9):
                n = ((groups == cell // 3) & (labels == cell % 3)).sum()
                drawn = (groups[rows] == cell // 3) & (labels[rows] == cell % 3)
                assert drawn.sum() == round(n / 2)

    def test_are_different(self):
        tallies = tally(*three_groups()[:2])
        rows = {tallies.drawn_rows(n).tobytes() for n in range(50)}
        assert len(rows) == 50

    def test_a_lone_row_is_in_all_of_them(self):
        groups, labels, _ = three_groups()
        labels[0] = 2
        tallies = tally(groups, labels, n_classes=3)
        assert all((tallies.drawn_rows(n) == 0).sum() == 1 for n in range(50))

    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_counts_are_confusion_matrices_of_the_drawn_rows(self, n_classes):
        groups, labels, predicted = three_groups(n_classes)
        tallies = tally(groups, labels, n_classes)
        confusion = tallies.count(predicted)
        assert confusion.shape == (50, 3, n_classes, n_classes)
        for number in (0, 1, 49):
            rows = tallies.drawn_rows(number)
            for group in range(3):
                of_group = rows[groups[rows] == group]
                expected = confusion_matrix(
                    labels[of_group], predicted[of_group], labels=range(n_classes)
                )
                assert (confusion[number, group] == expected).all()

    def test_one_group_is_counted_alone_as_among_all(self):
        groups, labels, predicted = three_groups(n_classes=3)
        tallies = tally(groups, labels, n_classes=3)
        for group in range(3):
            alone = tallies.of_group(group, predicted[groups == group])
            assert (alone == tallies.count(predicted)[:, group]).all()

    def test_the_seed_decides(self):
        groups, labels, _ = three_groups()
        rows = [tally(groups, labels, seed=s).drawn_rows(0).tolist() for s in (1, 1, 2)]
        assert rows[0] == rows[1] != rows[2]


class TestUtility:
    @pytest.mark.parametrize("n_classes", [2, 4])
    def test_constant_and_perfect_predictions(self, n_classes):
        groups, labels, _ = three_groups(n_classes)
        tallies = tally(groups, labels, n_classes)
        for label in range(n_classes):
            constant = tallies.count(np.full(N_ROWS, label))
            assert (balanced_accuracy(constant) == 1 / n_classes).all()
        assert (balanced_accuracy(tallies.count(labels)) == 1).all()
        assert (accuracy(tallies.count(labels)) == 1).all()

    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_is_that_of_scikit_learn_on_the_drawn_rows(self, n_classes):
        groups, labels, predicted = three_groups(n_classes)
        tallies = tally(groups, labels, n_classes)
        confusion = tallies.count(predicted)
        for number in (0, 30):
            rows = tallies.drawn_rows(number)
            truth, guess = labels[rows], predicted[rows]
            assert balanced_accuracy(confusion)[number] == pytest.approx(
                balanced_accuracy_score(truth, guess)
            )
            assert accuracy(confusion)[number] == pytest.approx(
                accuracy_score(truth, guess)
            )


class TestFairness:
    @pytest.mark.parametrize("name", RATES)
    def test_is_that_of_the_metrics_on_the_drawn_rows(self, unshrunk, name):
        groups, labels, predicted = three_groups()
        tallies = tally(groups, labels)
        found = group_fairness(name, tallies.count(predicted), tallies, [1])
        for number in (0, 30):
            rows = tallies.drawn_rows(number)
            expected = RATES[name](
                labels[rows], predicted[rows], sensitive_features=groups[rows]
            )
            assert found[number] == pytest.approx(expected)

    def test_equal_opportunity_is_one_minus_the_gap(self, unshrunk):
        groups, labels, predicted = three_groups()
        tallies = tally(groups, labels)
        found = group_fairness(
            "equal_opportunity", tallies.count(predicted), tallies, [1]
        )
        rows = tallies.drawn_rows(7)
        of_class = rows[labels[rows] == 1]
        rates = [predicted[of_class[groups[of_class] == g]].mean() for g in range(3)]
        assert found[7] == pytest.approx(1 - (max(rates) - min(rates)))

    @pytest.mark.parametrize("name", RATES)
    def test_classes_count_as_positive_in_turn(self, unshrunk, name):
        groups, labels, predicted = three_groups(n_classes=3)
        tallies = tally(groups, labels, n_classes=3)
        confusion = tallies.count(predicted)
        rows = tallies.drawn_rows(3)
        expected = [
            RATES[name](
                labels[rows] == positive,
                predicted[rows] == positive,
                sensitive_features=groups[rows],
            )
            for positive in range(3)
        ]
        found = group_fairness(name, confusion, tallies, [0, 1, 2])
        assert found[3] == pytest.approx(np.mean(expected))
        alone = group_fairness(name, confusion, tallies, [2])
        assert alone[3] == pytest.approx(expected[2])

    def test_of_a_constant_predictor(self):
        groups, labels, _ = three_groups()
        constant = np.ones(N_ROWS, dtype=int)
        assert measure("disparate_impact", groups, labels, constant) == 1
        assert measure("equal_opportunity", groups, labels, constant) == 1
        assert measure("worst_group_recall", groups, labels, constant) == 0

    @pytest.mark.parametrize("name", FAIRNESS)
    def test_of_a_perfect_predictor_with_equal_base_rates(self, name):
        groups = np.repeat([0, 1], 200)
        labels = np.tile([0, 1], 200)
        assert measure(name, groups, labels, labels) == pytest.approx(1)


class TestSmallGroups:
    @pytest.mark.parametrize("name", FAIRNESS)
    @pytest.mark.parametrize("counts", [False, True])
    def test_are_left_out(self, name, counts):
        n_small = MIN_GROUP_SIZE if counts else MIN_GROUP_SIZE - 1
        groups = np.repeat([0, 1, 2], [300, 300, n_small])
        labels = np.arange(len(groups)) % 2
        predicted = np.where(groups == 2, 1 - labels, labels)
        predicted[(groups == 2) & (np.arange(len(groups)) % 6 < 4)] = 0
        value = measure(name, groups, labels, predicted)
        assert (value < 0.9) == counts

    @pytest.mark.parametrize("name", FAIRNESS)
    def test_but_not_the_two_largest(self, unshrunk, name):
        """Where all are small, of three groups the smallest is left out."""
        groups = np.repeat([0, 1, 2], [40, 35, 30])
        labels = np.arange(len(groups)) % 2
        for odd_one, counts in [(1, True), (2, False)]:
            predicted = np.where(groups == odd_one, 0, labels)
            assert (measure(name, groups, labels, predicted) < 0.9) == counts

    @pytest.mark.parametrize("counts", [False, True])
    def test_few_rows_of_a_class_are_left_out_of_its_recall(self, counts):
        n_positive = MIN_CLASS_SIZE if counts else MIN_CLASS_SIZE - 1
        groups = np.repeat([0, 1], [200, 100])
        labels = np.arange(300) % 2
        labels[200:] = np.arange(100) < n_positive
        predicted = np.where(groups == 1, 0, labels)
        for name in ("worst_group_tpr", "worst_group_recall", "equal_opportunity"):
            assert (measure(name, groups, labels, predicted) < 0.9) == counts
        # Who is selected can still be compared.
        assert measure("disparate_impact", groups, labels, predicted) < 0.9

    def test_negatives_of_all_classes_count_together(self):
        """Six of either: as many as `worst_group_recall` asks for."""
        groups = np.repeat([0, 1], [300, 60])
        labels = np.append(np.arange(300) % 3, np.repeat([0, 1, 2], [6, 6, 48]))
        predicted = np.where(groups == 1, 2, labels)
        value = measure("worst_group_recall", groups, labels, predicted, [2])
        expected = metrics.worst_group_recall(
            labels == 2,
            predicted == 2,
            sensitive_features=groups,
            min_class_size=MIN_CLASS_SIZE,
        )
        assert expected == 0
        assert value < 0.9

    @pytest.mark.parametrize("name", ["disparate_impact", "equal_opportunity"])
    def test_with_nobody_to_compare_all_is_fair(self, name):
        labels = np.arange(300) % 2
        assert measure(name, np.zeros(300, dtype=int), labels, 1 - labels) == 1

    @pytest.mark.parametrize("name", ["worst_group_tpr", "worst_group_recall"])
    def test_with_too_few_to_measure_nobody_is_wronged(self, name):
        groups = np.repeat([0, 1], 2 * (MIN_CLASS_SIZE - 1))
        labels = np.arange(len(groups)) % 2
        assert measure(name, groups, labels, 1 - labels) == 1


class TestShrinkage:
    def test_moves_rates_towards_the_pooled_one(self, monkeypatch):
        groups = np.repeat([0, 1], [600, 60])
        labels = np.arange(660) % 2
        predicted = np.where(groups == 1, 0, labels)  # nobody of the small group
        values = []
        for pseudo_rows in (0, 20, 200, 1e9):
            monkeypatch.setattr(group_confusion, "PSEUDO_ROWS", pseudo_rows)
            values.append(measure("worst_group_tpr", groups, labels, predicted))
        assert values[0] == 0
        assert values == sorted(values)
        # Of 165 positives drawn 150 are found; 10 pseudo-rows join 15 that are not.
        assert values[1] == pytest.approx(150 / 165 * 10 / 25)
        assert values[3] == pytest.approx(150 / 165)

    def test_hardly_moves_large_groups(self, monkeypatch):
        groups, labels, predicted = (np.tile(a, 20) for a in three_groups())
        shrunk = measure("disparate_impact", groups, labels, predicted)
        monkeypatch.setattr(group_confusion, "PSEUDO_ROWS", 0)
        plain = measure("disparate_impact", groups, labels, predicted)
        assert shrunk != plain
        assert shrunk == pytest.approx(plain, abs=0.003)
