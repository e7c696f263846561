"""Codes merged and split again."""

import numpy as np
import pytest

from fairsample.flip.merged_codes import MergedCodes

N_CODES = 40


def merged_codes(kind, n_merged=8, n_classes=3):
    counts = np.random.RandomState(0).gamma(0.5, 100, (n_classes, N_CODES))
    n_ordered = {"ordered": N_CODES, "unordered": 0, "both": N_CODES - 2}[kind]
    return MergedCodes(counts, np.arange(N_CODES) < n_ordered, n_merged)


@pytest.mark.parametrize("kind", ["ordered", "unordered", "both"])
class TestAnyColumn:
    """What holds with an order, without one and in between."""

    def test_what_is_split_merges_to_the_same(self, kind):
        merged = merged_codes(kind)
        rng = np.random.RandomState(1)
        codes = np.tile(np.arange(merged.n_codes), 200)
        split = merged.split(codes, rng.randint(0, 3, len(codes)), rng)
        np.testing.assert_array_equal(merged.merge(split), codes)
        assert len(np.unique(split)) > merged.n_codes

    def test_codes_are_no_more_than_asked_for_and_all_in_use(self, kind):
        merged = merged_codes(kind)
        assert merged.n_codes <= 8 + 2 * (kind == "both")
        assert set(merged.merged_of) == set(range(merged.n_codes))

    def test_merged_counts(self, kind):
        merged = merged_codes(kind)
        for c, counts in enumerate(merged.counts):
            wanted = np.bincount(merged.merged_of, weights=counts)
            np.testing.assert_allclose(merged.merged_counts[c], wanted)

    def test_split_draws_in_the_shares_of_the_class(self, kind):
        merged = merged_codes(kind)
        n = 20_000
        for c, counts in enumerate(merged.counts):
            members = np.flatnonzero(merged.merged_of == 3)
            wanted = counts[members] / counts[members].sum()
            drawn = merged.split(np.full(n, 3), np.full(n, c), np.random.RandomState(c))
            found = np.bincount(drawn, minlength=N_CODES)[members] / n
            error = np.sqrt(wanted * (1 - wanted) / n)
            assert (np.abs(found - wanted) < 4.5 * error + 1e-6).all()

    def test_few_codes_stay_as_they_are(self, kind):
        merged = merged_codes(kind, n_merged=N_CODES)
        codes = np.arange(N_CODES)
        label = codes % 3
        np.testing.assert_array_equal(merged.merge(codes), codes)
        split = merged.split(codes, label, np.random.RandomState(0))
        np.testing.assert_array_equal(split, codes)

    def test_state(self, kind):
        merged = merged_codes(kind)
        again = MergedCodes(**merged.to_state())
        np.testing.assert_array_equal(again.merged_of, merged.merged_of)
        codes = np.zeros(50, dtype=int)
        np.testing.assert_array_equal(
            again.split(codes, codes, np.random.RandomState(0)),
            merged.split(codes, codes, np.random.RandomState(0)),
        )


def test_neighbours_are_merged_into_parts_of_like_mass():
    merged = merged_codes("ordered")
    assert (np.diff(merged.merged_of) >= 0).all()
    mass = (merged.counts / merged.counts.sum(axis=1, keepdims=True)).sum(axis=0)
    parts = np.bincount(merged.merged_of, weights=mass)
    assert (parts <= mass.sum() / 8 + mass.max()).all()


def test_missing_values_beside_an_order_are_merged_with_nothing():
    merged = merged_codes("both")
    assert np.bincount(merged.merged_of)[merged.merged_of[-2:]].tolist() == [1, 1]


def test_the_rarest_are_merged_where_there_is_no_order():
    counts = np.array([[50.0, 1, 30, 2, 90, 3]])
    merged = MergedCodes(counts, np.zeros(6, dtype=bool), 4)
    assert merged.merged_of.tolist() == [0, 3, 1, 3, 2, 3]


def test_codes_of_a_rare_class_are_kept():
    counts = np.array([[500.0, 400, 300, 200, 0], [0, 0, 0, 0, 9]])
    merged = MergedCodes(counts, np.zeros(5, dtype=bool), 3)
    assert np.sum(merged.merged_of == merged.merged_of[4]) == 1


@pytest.mark.parametrize("mass", [[1, 1, 1, 0], [0, 0, 5, 0, 0, 0], [0, 0, 0]])
def test_codes_without_mass_make_no_part_of_their_own(mass):
    merged = MergedCodes(
        np.array([mass], dtype=float), np.ones(len(mass), dtype=bool), 2
    )
    assert merged.n_codes <= 2


def test_a_class_without_any_of_a_merged_code_takes_the_shares_of_all():
    counts = np.array([[0.0, 0, 10], [30, 10, 0]])
    merged = MergedCodes(counts, np.ones(3, dtype=bool), 2)
    assert merged.merged_of.tolist() == [0, 0, 1]
    n = 8000
    drawn = merged.split(
        np.zeros(n, dtype=int), np.zeros(n, dtype=int), np.random.RandomState(0)
    )
    assert abs(np.mean(drawn == 0) - 0.75) < 0.02
    assert set(drawn) == {0, 1}


def test_codes_that_nobody_has_are_alike():
    counts = np.array([[0.0, 0, 0, 10], [0, 0, 0, 10]])
    merged = MergedCodes(counts, np.ones(4, dtype=bool), 2)
    assert merged.merged_of.tolist() == [0, 0, 0, 1]
    n = 9000
    drawn = merged.split(
        np.zeros(n, dtype=int), np.ones(n, dtype=int), np.random.RandomState(0)
    )
    np.testing.assert_allclose(np.bincount(drawn) / n, 1 / 3, atol=0.02)
