"""Shifts of the log odds: they undo what is known to be wrong, and nothing else."""

import numpy as np
import pytest

from fairsample.fairsynth import shifts as shifts_module
from fairsample.fairsynth.fair_utility import FairUtility
from fairsample.fairsynth.group_confusion import GroupConfusion, balanced_accuracy
from fairsample.fairsynth.shifts import propose_shifts

OFFSET = 0.8


@pytest.fixture
def no_ridge(monkeypatch):
    """Shifts cost nothing in themselves."""
    monkeypatch.setattr(shifts_module, "RIDGE", 0)


def calibrated_scores(sizes, offsets, n_classes=2, seed=0):
    """Groups, labels and log scores, those of the last class off in each group."""
    rng = np.random.RandomState(seed)
    groups = np.repeat(np.arange(len(sizes)), sizes)
    logits = rng.normal(scale=1.5, size=(len(groups), n_classes))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (rng.rand(len(groups), 1) > chances.cumsum(axis=1)).sum(axis=1)
    logits[:, -1] += np.asarray(offsets)[groups]
    return groups, labels, logits


def tally(groups, labels, n_classes=2):
    random_state = np.random.RandomState(0)
    return GroupConfusion(groups, labels, groups.max() + 1, n_classes, random_state)


def propose(groups, labels, scores, *, measure=None, start=None, weight=1.0):
    tallies = tally(groups, labels, scores.shape[1])
    if measure is None:
        positives = [1] if scores.shape[1] == 2 else list(range(scores.shape[1]))
        goal = FairUtility("balanced_accuracy", ["disparate_impact"], positives)
        measure = goal.proxy(weight, tallies)
    if start is None:
        start = np.zeros((len(tallies.rows), scores.shape[1]))
    return propose_shifts(scores, tallies, measure, start)


def mean_balanced_accuracy(confusion):
    return float(balanced_accuracy(confusion).mean())


class TestKnownTruth:
    @pytest.mark.parametrize("offset", [-OFFSET, OFFSET])
    def test_an_offset_of_one_group_is_undone(self, no_ridge, offset):
        rows = calibrated_scores([3000, 3000], [0, offset])
        found = propose(*rows)
        assert found[1, 1] - found[0, 1] == pytest.approx(-offset, abs=0.2)

    def test_with_the_ridge_mostly(self):
        found = propose(*calibrated_scores([3000, 3000], [0, -OFFSET]))
        assert 0.3 < found[1, 1] - found[0, 1] < OFFSET + 0.2

    def test_an_offset_of_all_groups_is_undone(self, no_ridge):
        rows = calibrated_scores([2000, 2000], [-OFFSET, -OFFSET])
        found = propose(*rows, measure=mean_balanced_accuracy)
        assert found[:, 1] == pytest.approx([OFFSET, OFFSET], abs=0.25)

    def test_of_three_classes(self, no_ridge):
        rows = calibrated_scores([3000, 3000], [0, -OFFSET], n_classes=3)
        found = propose(*rows, measure=mean_balanced_accuracy)
        assert found[1] == pytest.approx([0, 0, OFFSET], abs=0.25)
        assert found[0] == pytest.approx([0, 0, 0], abs=0.25)

    def test_what_is_proposed_is_better(self):
        groups, labels, scores = calibrated_scores([400, 300, 200], [0, -1, 0.7])
        tallies = tally(groups, labels)
        measure = FairUtility("accuracy", ["disparate_impact"], [1]).proxy(1, tallies)
        found = propose(groups, labels, scores, measure=measure)
        before = measure(tallies.count(scores.argmax(axis=1)))
        after = measure(tallies.count((scores + found[groups]).argmax(axis=1)))
        assert after > before + 0.1

    def test_weight_pulls_towards_equal_rates(self):
        """Base rates differ, so equal rates cost utility."""
        rng = np.random.RandomState(0)
        groups = np.repeat([0, 1], 2000)
        logit = rng.normal(scale=1.5, size=4000) + np.where(groups == 1, -1.0, 1.0)
        labels = (rng.rand(4000) < 1 / (1 + np.exp(-logit))).astype(int)
        scores = np.column_stack([-logit / 2, logit / 2])
        little, much = (propose(groups, labels, scores, weight=w) for w in (0.1, 3))
        assert much[1, 1] - much[0, 1] > little[1, 1] - little[0, 1] + 0.3


class TestNothingToGain:
    def test_fair_and_calibrated(self):
        found = propose(*calibrated_scores([3000, 3000], [0, 0]))
        assert np.abs(found).max() <= 0.1

    def test_constant_measure(self):
        rows = calibrated_scores([300, 300], [0, OFFSET])
        assert not propose(*rows, measure=lambda confusion: 1.0).any()

    def test_constant_measure_pulls_back_what_was_shifted(self):
        """The ridge is on the whole shift, not on what is added to it."""
        rows = calibrated_scores([300, 300], [0, 0])
        start = np.array([[0, 1.0], [0, -0.6]])
        found = propose(*rows, measure=lambda confusion: 1.0, start=start)
        assert np.abs(found).max() < 0.1

    def test_start_stays_where_it_is_best(self, no_ridge):
        rows = calibrated_scores([300, 300], [0, 0])
        start = np.array([[0, 1.0], [0, -0.6]])
        found = propose(*rows, measure=lambda confusion: 1.0, start=start)
        assert np.array_equal(found, start)
        assert start.tolist() == [[0, 1.0], [0, -0.6]]


class TestBounds:
    @pytest.mark.parametrize("n_classes", [2, 4])
    def test_first_class_is_never_shifted(self, n_classes):
        rows = calibrated_scores([500, 300], [1, -2], n_classes)
        found = propose(*rows)
        assert found.any()
        assert not found[:, 0].any()

    @pytest.mark.parametrize("begin", [0.0, 1.2])
    def test_shifts_are_bounded(self, no_ridge, begin):
        """However far the scores are off, and wherever the search begins."""
        rows = calibrated_scores([1000, 1000], [-5, 5])
        start = np.array([[0, begin], [0, -begin]])
        found = propose(*rows, start=start)
        assert 1.2 < np.abs(found).max() <= shifts_module.LARGEST_SHIFT + 1e-9

    def test_small_groups_get_the_mean_of_the_others(self, no_ridge):
        rows = calibrated_scores([900, 300, 40], [-OFFSET, OFFSET, 3])
        found = propose(*rows)
        assert found[0, 1] != found[1, 1]
        assert found[2] == pytest.approx((3 * found[0] + found[1]) / 4)

    def test_where_all_are_small_the_two_largest_are_shifted(self, no_ridge):
        found = propose(*calibrated_scores([60, 40, 20], [-2, 2, 0]))
        assert found[0, 1] > found[1, 1]
        assert found[2] == pytest.approx((3 * found[0] + 2 * found[1]) / 5)
