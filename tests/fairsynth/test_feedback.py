"""The feedback loop: who sees which rows, what is tried, and how often."""

import numpy as np
import pandas as pd
import pytest
import watched_model
from watched_model import LabelModel, WatchedModel, watched_rows

from fairsample.fairsynth.candidate_search import fair_utility
from fairsample.fairsynth.candidates import COPIES, REAL, Candidate
from fairsample.fairsynth.feedback import Feedback, FeedbackSettings, Scored
from fairsample.fairsynth.training_rows import TrainingRows
from fairsample.groups import resolve_groups
from fairsample.table_form import TableForm

N_ROWS = 240
SYNTHETIC = -1  # who a generated patient is
PLAN = np.array([[0, 30], [60, 90]])


class FakeSupply:
    """Copies rows under another patient's number, and writes down what was asked."""

    def __init__(self, real):
        self.real, self.asked, self.trained_for = real, [], []

    def train(self, candidates):
        self.trained_for += candidates

    def rows(self, candidate, owed, random_state):
        assert candidate in self.trained_for, "workers would each train it"
        self.asked.append((candidate, owed))
        cells = np.repeat(np.arange(owed.size), owed.ravel())
        own = self.real.group * owed.shape[1] + self.real.y
        chosen = [random_state.choice(np.flatnonzero(own == cell)) for cell in cells]
        rows = self.real.X.iloc[chosen].reset_index(drop=True)
        rows.isetitem(0, SYNTHETIC)
        return rows


def make_loop(
    model=None,
    *,
    as_array=False,
    seed=0,
    supply_of=FakeSupply,
    scoring=None,
    **settings,
):
    X, y, group = watched_rows(N_ROWS)
    form, frame = TableForm.read(X.to_numpy() if as_array else X)
    counts = np.bincount(group * 2 + y).reshape(2, 2)
    watched_model.events.clear()
    return Feedback(
        TrainingRows(frame, y, group, counts),
        resolve_groups(X, values=pd.Series(np.array(["F", "M"])[group])),
        classes=np.array(["alive", "died"]),
        table_form=form,
        downstream=model or WatchedModel(),
        goal=fair_utility("balanced_accuracy", "disparate_impact", scoring, [1]),
        settings=FeedbackSettings(**{"n_folds": 3, "n_rounds": 2, **settings}),
        supply_of=supply_of,
        random_state=np.random.RandomState(seed),
    )


def trainings():
    """Who each model was fitted on and then asked about, in the order of training."""
    found = []
    for what, who, *_ in watched_model.events:
        if what == "fit":
            found.append((who, []))
        else:
            found[-1][1].append(who)
    return found


@pytest.fixture(scope="module")
def run():
    """Three rounds of the loop."""
    loop = make_loop(n_rounds=3)
    scored = loop.run()
    return loop, scored, trainings()


class TestWhoSeesWhat:
    def test_supplies_see_the_rows_trained_on_only(self, run):
        loop, *_ = run
        assert len(loop.supplies) == 3
        for (train, held_out), supply in zip(loop.folds, loop.supplies, strict=True):
            seen = supply.real.X["patient"].tolist()
            assert seen == train.tolist()
            assert not set(seen) & set(held_out)
            assert (supply.real.y == loop.real.y[train]).all()
            assert (supply.real.group == loop.real.group[train]).all()

    def test_no_model_is_asked_about_a_row_it_was_fitted_on(self, run):
        for fitted_on, asked_about in run[2]:
            for asked in asked_about:
                assert asked
                assert not {SYNTHETIC, *fitted_on} & set(asked)

    def test_real_rows_come_once_each_whatever_is_added(self, run):
        loop, _, found = run
        for number, (fitted_on, _) in enumerate(found):
            real = [who for who in fitted_on if who != SYNTHETIC]
            assert real == loop.folds[number % 3][0].tolist()

    def test_every_row_is_predicted_once_for_each_draw(self, run):
        _, scored, found = run
        assert len(found) == 3 * sum(one.n_draws for one in scored)
        for first in range(0, len(found), 3):
            asked = [found[first + fold][1][0] for fold in range(3)]
            assert sorted(sum(asked, [])) == list(range(N_ROWS))

    def test_the_first_arm_is_real_rows_alone(self, run):
        has_synthetic = [SYNTHETIC in fitted_on for fitted_on, _ in run[2]]
        assert has_synthetic[:6] == [False] * 3 + [True] * 3
        assert has_synthetic.count(False) == 3 * run[1][0].n_draws

    def test_folds_hold_their_share_of_every_cell(self, run):
        loop, *_ = run
        for supply in loop.supplies:
            assert np.abs(supply.real.counts - loop.real.counts * 2 / 3).max() < 2

    def test_the_real_rows_stay_as_they_are(self, run):
        pd.testing.assert_frame_equal(run[0].real.X, watched_rows(N_ROWS)[0])

    @pytest.mark.parametrize("as_array", [True, False])
    def test_models_get_rows_in_the_callers_form(self, as_array):
        make_loop(as_array=as_array, n_rounds=1).run()
        for _, _, _, X in watched_model.events:
            assert isinstance(X, np.ndarray if as_array else pd.DataFrame)
            if not as_array:
                assert X.dtypes.equals(watched_rows(N_ROWS)[0].dtypes)


class TestShifts:
    """The plan that a fold scores has not seen the fold's rows."""

    @pytest.mark.parametrize("fold", range(3))
    def test_held_out_rows_have_no_part_in_the_shifts_of_their_fold(self, fold):
        found = []
        for turned in (False, True):
            loop = make_loop(n_rounds=1)
            loop.run()
            scores = loop.log_scores[COPIES]
            if turned:
                held_out = loop.folds[fold][1]
                scores[held_out] = scores[held_out][:, ::-1]
            found.append(loop.fold_shifts[loop._propose(COPIES)[0]])
        before, after = found
        for number in range(3):
            assert (before[number] == after[number]).all() == (number == fold)

    def test_shifts_of_folds_are_near_those_of_all_rows(self, run):
        loop, *_ = run
        assert loop.fold_shifts
        for candidate, by_fold in loop.fold_shifts.items():
            assert len(by_fold) == 3
            pooled = candidate.shifts_or_zeros((2, 2))
            assert np.abs(np.mean(by_fold, axis=0) - pooled).max() < 0.8


class TestRows:
    def test_are_planned_on_the_rows_trained_on(self, run):
        loop, *_ = run
        for fold, supply in enumerate(loop.supplies):
            assert len(supply.asked) > 20
            for candidate, owed in supply.asked:
                if candidate.shifts:
                    own = loop.fold_shifts[candidate][fold]
                    candidate = candidate.with_shifts(own)
                assert (owed == candidate.rows_owed(supply.real.counts)).all()

    def test_are_asked_for_the_same_candidates_in_every_fold(self, run):
        asked = [[c for c, _ in supply.asked] for supply in run[0].supplies]
        assert asked[0] == asked[1] == asked[2]


class TestRounds:
    def test_first_are_plain_arms_and_unshifted_candidates(self, run):
        first = [one.candidate for one in run[1] if one.round == 1]
        assert first[:2] == [REAL, COPIES]
        assert {candidate.source for candidate in first[2:]} == {"generated"}
        assert {candidate.shifts for candidate in first} == {()}

    def test_later_ones_shift_the_odds(self, run):
        later = [one.candidate for one in run[1] if one.round > 1]
        assert {one.round for one in run[1]} == {1, 2, 3}
        assert all(candidate.shifts for candidate in later)
        assert np.any([candidate.shifts for candidate in later])

    def test_shifts_make_predictions_fairer(self, run):
        """The groups' base rates differ, and so do the rates of the plain arms."""
        fairness = {
            number: max(one.fairness.mean() for one in run[1] if one.round <= number)
            for number in (1, 2)
        }
        assert fairness[2] > fairness[1] + 0.05

    def test_survivors_and_plain_arms_are_drawn_again(self, run):
        drawn = {one.candidate: one.n_draws for one in run[1]}
        assert drawn[REAL] == drawn[COPIES] == 2
        shifted = [n_draws for one, n_draws in drawn.items() if one.shifts]
        assert min(shifted) == 1
        assert max(shifted) >= 2

    def test_candidates_are_all_different(self, run):
        assert len({one.candidate for one in run[1]}) == len(run[1])

    def test_one_round_tries_the_first_ones_only(self, run):
        scored = make_loop(n_rounds=1).run()
        expected = [one.candidate for one in run[1] if one.round == 1]
        assert [one.candidate for one in scored] == expected
        assert {one.n_draws for one in scored} == {1}

    def test_labels_alone_propose_no_shifts(self):
        """There is nothing to propose by, so the best are drawn again."""
        scored = make_loop(LabelModel()).run()
        assert {one.candidate.shifts for one in scored} == {()}
        assert {one.round for one in scored} == {1}
        assert {one.n_draws for one in scored} == {1, 2}

    def test_measures_are_of_resamples(self, run):
        for one in run[1]:
            for values in (one.utility, one.fairness, one.worst_recall):
                assert values.shape == (50,)
                assert ((values >= 0) & (values <= 1)).all()

    def test_scoring_decides_what_is_proposed(self):
        shifts = [
            {s.candidate.shifts for s in make_loop(scoring=scoring, max_fits=39).run()}
            for scoring in ("disparate_impact", "worst_group_tpr")
        ]
        assert shifts[0] != shifts[1]


class TestBudget:
    @pytest.mark.parametrize("max_fits", [3, 5, 6, 17, 31])
    def test_is_never_exceeded(self, max_fits):
        loop = make_loop(max_fits=max_fits)
        scored = loop.run()
        n_fits = len(trainings())
        assert loop.n_fits == n_fits == 3 * sum(one.n_draws for one in scored)
        assert max_fits - 3 < n_fits <= max_fits

    def test_fits_are_counted_without_one(self, run):
        loop, scored, found = run
        assert loop.n_fits == len(found) == 3 * sum(one.n_draws for one in scored)

    @pytest.mark.parametrize("n_folds", [2, 5])
    def test_counts_models_of_folds(self, n_folds):
        loop = make_loop(max_fits=20, n_folds=n_folds)
        loop.run()
        assert loop.n_fits == len(trainings()) == 20

    def test_plain_arms_come_first(self):
        scored = make_loop(max_fits=6).run()
        assert [one.candidate for one in scored] == [REAL, COPIES]


class TestFixedPlan:
    @pytest.fixture(scope="class")
    @classmethod
    def fixed(cls):
        loop = make_loop(plan=PLAN, n_rounds=3)
        return loop, loop.run()

    def test_is_kept_by_all_candidates(self, fixed):
        loop, scored = fixed
        for one in scored:
            owed = loop.settings.rows_owed(one.candidate, loop.real.counts)
            assert (owed == PLAN).all()

    def test_is_kept_in_every_fold(self, fixed):
        for supply in fixed[0].supplies:
            assert supply.asked
            for _, owed in supply.asked:
                assert np.abs(owed - PLAN * 2 / 3).max() < 1

    def test_real_rows_alone_are_no_candidate(self, fixed):
        candidates = [one.candidate for one in fixed[1]]
        assert COPIES in candidates
        assert REAL not in candidates
        assert {candidate.shifts for candidate in candidates} == {()}
        assert {candidate.factor for candidate in candidates} == {1.0}

    def test_what_no_fold_row_can_teach_is_not_asked_for(self):
        settings = FeedbackSettings(n_folds=3, n_rounds=1, plan=PLAN)
        owed = settings.rows_owed(COPIES, np.array([[5, 0], [5, 5]]), 0.5)
        assert owed.tolist() == [[0, 0], [30, 45]]


class TestFixedSize:
    @pytest.mark.parametrize("n_synthetic", [7, 100])
    def test_every_candidate_adds_that_many(self, n_synthetic):
        loop = make_loop(n_synthetic=n_synthetic)
        scored = loop.run()
        assert REAL not in [one.candidate for one in scored]
        assert any(one.candidate.shifts for one in scored)
        for one in scored:
            owed = loop.settings.rows_owed(one.candidate, loop.real.counts)
            assert owed.sum() == n_synthetic
        for (train, _), supply in zip(loop.folds, loop.supplies, strict=True):
            expected = round(n_synthetic * len(train) / N_ROWS)
            assert {owed.sum() for _, owed in supply.asked} == {expected}

    def test_even_classes_are_added_to_as_they_are(self):
        settings = FeedbackSettings(n_folds=3, n_rounds=1, n_synthetic=30)
        owed = settings.rows_owed(COPIES, np.array([[40, 40], [10, 10]]))
        assert owed.tolist() == [[12, 12], [3, 3]]

    def test_proportions_are_the_candidates(self):
        settings = FeedbackSettings(n_folds=3, n_rounds=1, n_synthetic=50)
        counts = np.array([[80, 20], [45, 5]])
        assert settings.rows_owed(COPIES, counts).tolist() == [[0, 30], [0, 20]]
        shifted = COPIES.with_shifts([[0, -5], [0, 0]])
        assert settings.rows_owed(shifted, counts)[1].tolist() == [0, 1]

    def test_more_rows_than_the_plan_keep_even_classes_even(self):
        settings = FeedbackSettings(n_folds=3, n_rounds=1, n_synthetic=350)
        counts = np.array([[80, 20], [45, 5], [0, 7]])
        owed = settings.rows_owed(COPIES, counts)
        assert owed.sum() == 350
        final = counts + owed
        assert final[2, 0] == 0
        assert np.abs(final[:2, 0] - final[:2, 1]).max() <= 1
        assert final[0, 0] / final[1, 0] == pytest.approx(80 / 45, rel=0.02)

    def test_none(self):
        scored = make_loop(n_synthetic=0, max_fits=9).run()
        assert len(scored) == 3


class TestSeeds:
    def test_same_stream_same_result(self):
        one, same, other = (
            make_loop(seed=seed, max_fits=39).run() for seed in (0, 0, 1)
        )
        assert any(s.candidate.shifts for s in one)
        assert [s.candidate for s in one] == [s.candidate for s in same]
        for a, b in zip(one, same, strict=True):
            assert a.utility.tolist() == b.utility.tolist()
            assert a.fairness.tolist() == b.fairness.tolist()
        assert one[0].utility.tolist() != other[0].utility.tolist()

    def test_models_without_a_seed_get_one(self):
        model = WatchedModel()
        make_loop(model, max_fits=6).run()
        seeds = [seed for what, _, seed, _ in watched_model.events if what == "fit"]
        assert None not in seeds
        assert len(set(seeds)) == 6
        assert model.random_state is None
        assert not hasattr(model, "classes_")

    def test_a_seed_of_their_own_is_kept(self):
        make_loop(WatchedModel(random_state=5), max_fits=6).run()
        assert {seed for _, _, seed, _ in watched_model.events} == {5}


class TestScored:
    def scored(self, n_draws, value):
        values = np.full(4, value)
        return Scored(COPIES, 1, n_draws, values, values / 2, values / 4, values / 8)

    def test_score_is_utility_minus_what_unfairness_costs(self):
        assert self.scored(1, 0.8).score(0).tolist() == [0.8] * 4
        assert self.scored(1, 0.8).score(2) == pytest.approx(0.8 - 2 * 0.6)

    def test_draws_are_averaged(self):
        joined = self.scored(3, 0.8).joined(self.scored(1, 0.4))
        assert joined.n_draws == 4
        assert joined.utility == pytest.approx(0.7)
        assert joined.fairness == pytest.approx(0.35)
        assert joined.worst_recall == pytest.approx(0.175)

    def test_of_fixed_settings(self):
        free = FeedbackSettings(n_folds=2, n_rounds=1)
        assert not free.fixes_size
        assert free._replace(n_synthetic=0).fixes_size
        assert free._replace(plan=PLAN).fixes_size
        counts = np.array([[9, 3]])
        generated = Candidate("generated", factor=2.0)
        assert free.rows_owed(generated, counts, 0.5).tolist() == [[9, 15]]
