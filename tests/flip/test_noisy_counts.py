import numpy as np
import pytest
from scipy.stats import norm
from scripted_noise import ScriptedNoise

from fairsample.flip.noisy_counts import (
    frequent_values,
    joint_multiplier,
    noisy_counts,
    onto_total,
    smooth_counts,
    threshold_of,
)


def test_neighbours_differ_by_one_in_one_cell():
    cells = np.random.RandomState(0).randint(0, 9, 100)
    with_all = noisy_counts(cells, 9, 5.0, ScriptedNoise())
    for row in range(100):
        without = noisy_counts(np.delete(cells, row), 9, 5.0, ScriptedNoise())
        assert np.abs(with_all - without).sum() == 1


def test_every_cell_gets_noise_of_the_standard_deviation_asked_for():
    noise = ScriptedNoise()
    noisy_counts(np.array([1, 1]), 5, 3.5, noise)
    assert noise.asked == [(5, 3.5)]


@pytest.mark.parametrize("delta", [0.05, 0.2])
def test_a_single_record_is_listed_with_the_chance_that_was_paid_for(delta):
    noise, n_tries = ScriptedNoise(seed=0), 20_000
    listed = len(frequent_values(np.arange(n_tries), 10.0, delta, noise)[0])
    chance = delta / (1 + delta)
    assert abs(listed / n_tries - chance) < 4 * np.sqrt(chance / n_tries)


def test_the_threshold_is_exact_in_both_directions():
    std, delta = 7.0, 1e-7
    chance = norm.sf((threshold_of(std, delta) - 1) / std)
    assert chance / (1 - chance) == pytest.approx(delta, rel=1e-6)


def test_frequent_values_are_those_above_the_threshold_with_their_counts():
    values = np.repeat([7, 3, 5], [100, 40, 80])
    frequent, counts = frequent_values(values, 10.0, 1e-6, ScriptedNoise())
    assert 40 < threshold_of(10.0, 1e-6) < 80
    np.testing.assert_array_equal(frequent, [5, 7])
    np.testing.assert_array_equal(counts, [80, 100])


def test_multipliers_add_up_as_inverse_squares():
    assert joint_multiplier([3.0]) == 3.0
    assert joint_multiplier([3.0, 4.0]) == pytest.approx(2.4)


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_counts_of_a_total(seed):
    rng = np.random.RandomState(seed)
    counts, total = rng.normal(2, 5, 30), 40.0
    nearest = onto_total(counts, total)
    assert nearest.min() >= 0 and nearest.sum() == pytest.approx(total)
    distance = ((nearest - counts) ** 2).sum()
    for _ in range(200):
        other = rng.dirichlet(np.full(30, 0.3)) * total
        step = nearest + 0.01 * (other - nearest)
        assert ((step - counts) ** 2).sum() >= distance - 1e-9


def test_counts_that_need_nothing_stay():
    np.testing.assert_allclose(onto_total(np.array([3.0, 0.0, 4.0]), 7.0), [3, 0, 4])


@pytest.mark.parametrize("n", [1, 2, 3, 7, 74, 256])
def test_smoothing_keeps_the_sum_and_what_is_flat(n):
    counts = np.random.RandomState(n).normal(50, 10, n)
    assert smooth_counts(counts, 10.0).sum() == pytest.approx(counts.sum())
    np.testing.assert_allclose(smooth_counts(np.full(n, 5.0), 10.0), np.full(n, 5.0))


def test_smoothing_keeps_what_stands_out_and_evens_out_the_rest():
    truth = np.where(np.arange(100) < 50, 200.0, 40.0)
    truth[[30, 77]] = 2000.0
    noisy = truth + np.random.RandomState(0).normal(0, 15, 100)
    smooth = smooth_counts(noisy, 15.0)
    assert np.abs(smooth - truth).sum() < 0.5 * np.abs(noisy - truth).sum()
    assert smooth[30] > 1900 and smooth[77] > 1900


def test_without_noise_nothing_is_smoothed():
    counts = np.random.RandomState(0).poisson(5, 37).astype(float)
    np.testing.assert_allclose(smooth_counts(counts, 0.0), counts)
    np.testing.assert_allclose(smooth_counts(counts, 1e-9), counts)
