"""Candidates: how many rows of which cell they owe, and which are tried first."""

import numpy as np
import pytest

from fairsample import planning
from fairsample.fairsynth.candidates import COPIES, REAL, Candidate, first_candidates

COUNTS = np.array([[80, 20, 35], [45, 5, 60], [7, 7, 7]])
SHIFTS = np.array([[0.0, 0.7, -0.4], [0.0, -1.2, 0.3], [0.0, 0.5, 0.5]])


def random_counts(seed):
    rng = np.random.RandomState(seed)
    return rng.randint(1, 400, size=(rng.randint(1, 6), rng.randint(2, 5)))


class TestRowsOwed:
    @pytest.mark.parametrize("seed", range(10))
    def test_without_shifts_classes_of_a_group_become_even(self, seed):
        counts = random_counts(seed)
        groups, classes = (range(n) for n in counts.shape)
        plan = planning.rows_owed("groups", counts, groups, classes)
        expected = np.reshape(list(plan.values()), counts.shape)
        assert expected.any()
        assert (COPIES.rows_owed(counts) == expected).all()
        assert (Candidate("generated").rows_owed(counts) == expected).all()

    @pytest.mark.parametrize("seed", range(10))
    def test_shifts_are_the_log_odds_of_what_comes_out(self, seed):
        counts = random_counts(seed)
        shifts = np.random.RandomState(seed).uniform(-1.5, 1.5, counts.shape)
        owed = Candidate("generated", shifts=shifts.tolist()).rows_owed(counts)
        odds = np.exp(shifts - shifts[:, :1])
        final = counts + owed
        # Either count is at most half a row off.
        assert (np.abs(final - odds * final[:, :1]) <= 0.5 + 0.5 * odds + 1e-9).all()

    @pytest.mark.parametrize("seed", range(10))
    def test_they_are_the_fewest(self, seed):
        counts = random_counts(seed)
        shifts = np.random.RandomState(seed).uniform(-1.5, 1.5, counts.shape)
        owed = Candidate("generated", shifts=shifts.tolist()).rows_owed(counts)
        assert (owed >= 0).all()
        assert (owed.min(axis=1) == 0).all()

    def test_factor_multiplies_what_a_class_becomes(self):
        fewest = Candidate("generated", shifts=SHIFTS.tolist())
        thrice = fewest._replace(factor=3.0).rows_owed(COUNTS)
        final = COUNTS + fewest.rows_owed(COUNTS)
        assert np.abs(COUNTS + thrice - 3 * final).max() <= 2
        assert thrice.min() > 0

    def test_known_value(self):
        owed = Candidate("copies", shifts=[[0, np.log(2)]]).rows_owed(
            np.array([[30, 10]])
        )
        assert owed.tolist() == [[0, 50]]

    def test_empty_cells_are_owed_nothing(self):
        counts = np.array([[30, 0, 10], [0, 0, 5]])
        owed = Candidate("generated", factor=3.0).rows_owed(counts)
        assert owed.tolist() == [[60, 0, 80], [0, 0, 10]]

    def test_real_rows_alone_are_owed_nothing(self):
        owed = REAL.rows_owed(COUNTS)
        assert owed.shape == COUNTS.shape
        assert not owed.any()

    def test_counts_stay_as_they_are(self):
        counts = COUNTS.copy()
        Candidate("generated", factor=3.0, shifts=SHIFTS.tolist()).rows_owed(counts)
        assert (counts == COUNTS).all()


class TestShifts:
    def test_are_rounded_and_hashable(self):
        noise = 1e-5 * np.random.RandomState(0).uniform(-1, 1, SHIFTS.shape)
        shifted = COPIES.with_shifts(SHIFTS + noise)
        assert shifted == COPIES.with_shifts(SHIFTS)
        assert len({shifted, COPIES.with_shifts(SHIFTS), COPIES}) == 2
        assert shifted.source == "copies"
        assert np.array_equal(shifted.shifts_or_zeros(SHIFTS.shape), SHIFTS)

    def test_zeros_have_no_sign(self):
        negative = COPIES.with_shifts(np.full((2, 2), -1e-6))
        assert repr(negative) == repr(COPIES.with_shifts(np.zeros((2, 2))))

    def test_none_are_zeros(self):
        assert not COPIES.shifts_or_zeros((2, 3)).any()
        assert COPIES.shifts_or_zeros((2, 3)).shape == (2, 3)


class TestFirstCandidates:
    def test_are_different_and_generated(self):
        proposed = first_candidates(COUNTS)
        assert len(set(proposed)) == len(proposed)
        assert {candidate.source for candidate in proposed} == {"generated"}

    def test_vary_every_knob(self):
        proposed = first_candidates(COUNTS)
        for knob in ("factor", "dropped", "temperature", "penalty"):
            assert len({getattr(candidate, knob) for candidate in proposed}) > 1, knob

    def test_size_that_is_fixed_is_not_multiplied(self):
        proposed = first_candidates(COUNTS, fixed_size=True)
        assert {candidate.factor for candidate in proposed} == {1.0}
        assert len(set(proposed)) == len(proposed) >= 5

    def test_large_tables_are_not_multiplied(self):
        large = np.array([[30_000, 2_000], [9_000, 800]])
        assert {c.factor for c in first_candidates(large)} == {1.0}
        assert {c.factor for c in first_candidates(large // 20)} == {1.0, 3.0}

    @pytest.mark.parametrize("scale", [1, 30, 100, 1000])
    @pytest.mark.parametrize("minority", [0.01, 0.2, 0.5])
    def test_no_table_grows_beyond_three_times_or_50_000_rows(self, scale, minority):
        counts = np.rint(np.array([[1 - minority, minority]]) * 100 * scale).astype(int)
        for candidate in first_candidates(counts):
            final = counts.sum() + candidate.rows_owed(counts).sum()
            if candidate.factor > 1:
                assert final <= max(50_000, 3 * counts.sum())
