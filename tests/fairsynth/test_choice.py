"""The choice among scored candidates: never worse than the plain arms."""

from collections import OrderedDict

import numpy as np
import pytest

from fairsample.fairsynth import choice
from fairsample.fairsynth.candidates import COPIES, REAL, Candidate
from fairsample.fairsynth.choice import choose, history
from fairsample.fairsynth.feedback import Scored

WEIGHTS = [0, 1e-3, 0.1, 0.5, 1, 1.2, 1.5, 3, 10, 1e6]
GENERATED = Candidate("generated")
SEEDS = range(20)


@pytest.fixture
def no_luck(monkeypatch):
    """Candidates need not be better than the plain arms by more than nothing."""
    monkeypatch.setattr(choice, "DRAW_NOISE", 0)


def scored(
    candidate,
    utility,
    fairness,
    worst_recall=0.5,
    round=1,
    n_draws=1,
    lowest_recall=None,
):
    """A candidate whose measures differ between resamples, but not on average."""
    noise = np.linspace(-0.1, 0.1, 5)
    return Scored(
        candidate,
        round,
        n_draws,
        utility + noise,
        fairness - noise,
        worst_recall + noise,
        (worst_recall if lowest_recall is None else lowest_recall) + noise,
    )


def random_list(seed, plain=(REAL, COPIES)):
    rng = np.random.RandomState(seed)
    candidates = [
        *plain,
        *(GENERATED.with_shifts([[0, number]]) for number in range(rng.randint(1, 30))),
    ]
    return [
        scored(candidate, 0.6 + rng.normal(scale=0.03), rng.uniform(0.5, 1))
        for candidate in candidates
    ]


def utility(one):
    return one.utility.mean()


def fairness(one):
    return one.fairness.mean()


def floor_of(plain, weight, tolerance=0.02):
    """What is left of the utility of the plain arm that is worth most."""
    return utility(max(plain, key=lambda one: one.score(weight).mean())) - tolerance


class TestChoose:
    @pytest.mark.parametrize("seed", SEEDS)
    @pytest.mark.parametrize("plain", [(REAL, COPIES), (COPIES,)])
    def test_no_plain_arm_is_worth_more(self, seed, plain):
        candidates = random_list(seed, plain)
        for weight in WEIGHTS:
            chosen = choose(candidates, weight, tolerance=0.02)
            assert utility(chosen) >= floor_of(candidates[: len(plain)], weight)
            for one in candidates[: len(plain)]:
                assert chosen.score(weight).mean() >= one.score(weight).mean()

    @pytest.mark.parametrize("seed", SEEDS)
    def test_nor_is_any_other_candidate(self, no_luck, seed):
        candidates = random_list(seed)
        for weight in WEIGHTS:
            chosen = choose(candidates, weight, tolerance=0.02)
            floor = floor_of(candidates[:2], weight)
            best = max(
                one.score(weight).mean() for one in candidates if utility(one) >= floor
            )
            assert chosen.score(weight).mean() == best

    @pytest.mark.parametrize("seed", SEEDS)
    def test_fairness_never_falls_as_its_weight_grows(self, seed):
        found = [
            fairness(choose(random_list(seed), weight, tolerance=0.02))
            for weight in WEIGHTS
        ]
        assert found == sorted(found)

    def test_it_does_grow(self):
        found = {
            fairness(choose(random_list(seed), weight, tolerance=0.1)) > 0.95
            for seed in SEEDS
            for weight in (0, 1e6)
        }
        assert found == {True, False}

    @pytest.mark.parametrize("seed", SEEDS)
    def test_without_weight_the_best_utility_is_taken(self, no_luck, seed):
        candidates = random_list(seed)
        chosen = choose(candidates, 0, tolerance=0.02)
        assert utility(chosen) == max(map(utility, candidates))

    def test_a_unit_of_unfairness_is_worth_the_weight(self, no_luck):
        """Here .1 of fairness costs .01 of utility."""
        plain = scored(COPIES, 0.7, 0.8)
        fairer = scored(GENERATED, 0.69, 0.9)
        for weight, expected in [(0.09, plain), (0.11, fairer)]:
            assert choose([plain, fairer], weight, tolerance=0.02) is expected

    @pytest.mark.parametrize("weight", WEIGHTS)
    @pytest.mark.parametrize("source", ["copies", "generated"])
    def test_a_constant_predictor_never_wins(self, weight, source):
        constant = scored(Candidate(source, factor=9.0), 0.5, 1.0, 0.0)
        candidates = [
            scored(REAL, 0.6, 0.4),
            scored(COPIES, 0.65, 0.6),
            scored(GENERATED, 0.64, 0.7),
            constant,
        ]
        for plain in (candidates[:2], candidates[:1], candidates[1:2]):
            chosen = choose([*plain, *candidates[2:]], weight, tolerance=0.02)
            assert chosen is not constant

    @pytest.mark.parametrize("weight", WEIGHTS)
    def test_nor_where_nothing_predicts_well(self, weight):
        """Its utility is within the tolerance of the plain arms there."""
        constant = scored(Candidate("generated", factor=9.0), 0.5, 1.0, 0.0)
        candidates = [scored(REAL, 0.51, 0.7), scored(COPIES, 0.515, 0.7), constant]
        assert choose(candidates, weight, tolerance=0.02) is not constant

    @pytest.mark.parametrize("weight", WEIGHTS)
    def test_nor_where_it_is_a_plain_arm(self, weight):
        """Rare outcomes: a model of the real rows alone predicts none of them."""
        constant, copies = scored(REAL, 0.5, 1.0, 0.0), scored(COPIES, 0.65, 0.6)
        assert choose([constant, copies], weight, tolerance=0.02) is copies

    @pytest.mark.parametrize("weight", WEIGHTS)
    def test_nor_where_copies_have_a_group_that_is_never_found(self, weight):
        constant = scored(REAL, 0.5, 1.0, 0.0)
        memorised = scored(COPIES, 0.55, 0.88, 0.04, lowest_recall=0.1)
        assert choose([constant, memorised], weight, tolerance=0.1) is memorised

    @pytest.mark.parametrize("weight", WEIGHTS)
    def test_nor_where_groups_cannot_be_measured(self, weight):
        constant = scored(REAL, 0.5, 1.0, 1.0, lowest_recall=0.0)
        copies = scored(COPIES, 0.51, 0.83, 1.0)
        assert choose([constant, copies], weight, tolerance=0.1) is copies

    def test_where_all_are_constant_copies_are_added(self):
        arms = [scored(REAL, 0.5, 1.0, 0.0), scored(COPIES, 0.5, 1.0, 0.0)]
        assert choose(arms, 1, tolerance=0.02) is arms[1]

    @pytest.mark.parametrize("seed", SEEDS)
    def test_among_candidates_the_best_is_chosen(self, seed):
        candidates = random_list(seed)
        for weight in WEIGHTS:
            chosen = choose(candidates, weight, tolerance=0.02)
            floor = floor_of(candidates[:2], weight)
            allowed = [one for one in candidates[2:] if utility(one) >= floor]
            if chosen.candidate not in (REAL, COPIES):
                best = max(one.score(weight).mean() for one in allowed)
                assert chosen.score(weight).mean() == best

    @pytest.mark.parametrize("plain", [REAL, COPIES])
    def test_between_equals_the_plain_arm_is_chosen(self, plain):
        candidates = [scored(GENERATED, 0.701, 0.8), scored(plain, 0.7, 0.8)]
        for weight in (0, 1, 3):
            assert choose(candidates, weight, tolerance=0.02) is candidates[1]

    def test_the_more_draws_the_smaller_the_luck(self):
        plain = scored(COPIES, 0.7, 0.8)
        found = []
        for n_draws in (1, 4, 100):
            better = scored(GENERATED, 0.712, 0.8, n_draws=n_draws)
            found.append(choose([plain, better], 1, tolerance=0.02) is better)
        assert found == [False, True, True]

    def test_tolerance_is_what_may_be_lost(self):
        plain = scored(COPIES, 0.7, 0.6)
        fairer = scored(GENERATED, 0.66, 0.8)
        fairest = scored(GENERATED._replace(dropped=0.1), 0.61, 1.0)
        found = [
            choose([plain, fairer, fairest], 10, tolerance=tolerance)
            for tolerance in (0, 0.03, 0.05, 0.1)
        ]
        assert [found.index(one) for one in found] == [0, 0, 2, 3]
        assert found[0] is plain

    def test_real_rows_do_not_shut_out_copies(self):
        """Copies cost .03 of utility here, and are worth it."""
        real, copies = scored(REAL, 0.79, 0.2), scored(COPIES, 0.76, 0.65)
        assert choose([real, copies], 1, tolerance=0.02) is copies
        assert choose([real, copies], 0, tolerance=0.02) is real

    def test_tolerance_is_against_the_plain_arms(self):
        """That a candidate is more useful makes no other one worse."""
        useful, fair = scored(GENERATED, 0.8, 0.6), scored(COPIES, 0.65, 0.9)
        assert choose([fair, useful], 10, tolerance=0.02) is fair


class TestHistory:
    @pytest.fixture(scope="class")
    @classmethod
    def table(cls):
        shifted = Candidate("generated", 3.0, 0.1, 0.8, 1.0).with_shifts([[0, 0.5]])
        candidates = [
            scored(REAL, 0.7, 0.6),
            scored(COPIES, 0.69, 0.7),
            scored(shifted, 0.68, 0.9, round=2).joined(scored(shifted, 0.68, 0.9)),
        ]

        def plan_of(candidate):
            n_rows = {"none": 0, "copies": 5, "generated": 20}[candidate.source]
            return OrderedDict({("F", 0): 0, ("F", 1): n_rows})

        return history(candidates, 0.5, COPIES, plan_of)

    def test_has_a_row_for_each_candidate(self, table):
        assert table["source"].tolist() == ["none", "copies", "generated"]
        assert table["round"].tolist() == [1, 1, 2]
        assert table["n_draws"].tolist() == [1, 1, 2]

    def test_tells_plans_and_what_they_add(self, table):
        assert table["n_synthetic"].tolist() == [0, 5, 20]
        assert dict(table["plan"][2]) == {("F", 0): 0, ("F", 1): 20}

    def test_tells_what_candidates_are(self, table):
        knobs = ["factor", "dropped", "temperature", "penalty", "shifts"]
        assert table.loc[2, knobs].tolist() == [3.0, 0.1, 0.8, 1.0, ((0, 0.5),)]

    def test_tells_scores_and_their_parts(self, table):
        assert table["utility"].tolist() == pytest.approx([0.7, 0.69, 0.68])
        assert table["objective"].tolist() == pytest.approx([0.6, 0.7, 0.9])
        assert table["worst_group_recall"].tolist() == pytest.approx([0.5] * 3)
        expected = table["utility"] - 0.5 * (1 - table["objective"])
        assert table["score"].tolist() == pytest.approx(expected.tolist())

    def test_tells_which_was_chosen(self, table):
        assert table["chosen"].tolist() == [False, True, False]
