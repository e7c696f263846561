import numpy as np
import pytest
from scipy.special import softmax

from fairsample.causal.curation import select_rows, tilt


def some_moments(n=2000, k=3, seed=0):
    return np.random.RandomState(seed).standard_normal((n, k)) @ np.triu(
        np.ones((k, k))
    )


def test_weighted_means_are_the_aim():
    moments = some_moments()
    aim = moments.mean(axis=0) + np.array([0.1, -0.2, 0.05])
    tilting = tilt(moments, aim)
    assert tilting.reached == 1
    np.testing.assert_allclose(tilting.weights @ moments, aim, atol=1e-4)


def test_weights_are_exponential_in_the_moments():
    moments = some_moments()
    weights = tilt(moments, moments.mean(axis=0) + 0.1).weights
    design = np.column_stack([moments, np.ones(len(moments))])
    fitted = design @ np.linalg.lstsq(design, np.log(weights), rcond=None)[0]
    np.testing.assert_allclose(fitted, np.log(weights), atol=1e-8)


def test_nothing_to_move_leaves_equal_weights():
    moments = some_moments()
    tilting = tilt(moments, moments.mean(axis=0))
    np.testing.assert_allclose(tilting.weights, 1 / len(moments), rtol=1e-6)
    assert tilting.effective == pytest.approx(1)


def test_known_exponential_family():
    values = np.arange(5.0)
    aim = softmax(0.7 * values) @ values
    weights = tilt(values[:, None], np.array([aim]), least_effective=0).weights
    np.testing.assert_allclose(weights, softmax(0.7 * values), rtol=1e-3)


def test_guard_stops_where_too_few_rows_would_count():
    moments = some_moments(k=1)
    tilting = tilt(moments, moments.mean(axis=0) + 5, least_effective=0.5)
    assert 0.5 <= tilting.effective < 0.51
    assert 0 < tilting.reached < 1
    assert tilting.weights @ moments > moments.mean(axis=0)


def test_aim_outside_all_rows_is_approached_within_the_guard():
    moments = some_moments(k=2)
    tilting = tilt(moments, np.array([1e6, 0.0]))
    assert tilting.effective >= 0.5
    assert tilting.reached < 1e-3 or tilting.weights @ moments[:, 0] > 0


@pytest.mark.parametrize("extra", [np.zeros, np.ones])
def test_constant_moment_is_no_hindrance(extra):
    moments = np.column_stack([some_moments(k=1), extra(2000)])
    aim = moments.mean(axis=0) + np.array([0.2, 0.0])
    np.testing.assert_allclose(tilt(moments, aim).weights @ moments, aim, atol=1e-4)


def test_no_moment_at_all():
    weights = tilt(np.empty((4, 0)), np.empty(0)).weights
    assert weights.tolist() == [0.25] * 4


def test_chosen_rows_have_the_weighted_means_far_within_chance():
    moments = some_moments(n=6000)
    weights = tilt(moments, moments.mean(axis=0) + 0.15).weights
    chosen = select_rows(weights, moments, 2000, np.random.RandomState(0))
    chance = moments.std(axis=0) / np.sqrt(2000)
    miss = np.abs(moments[chosen].mean(axis=0) - weights @ moments)
    assert (miss < 0.1 * chance).all()


def test_chosen_rows_are_distinct_and_as_many_as_asked_for():
    moments = some_moments(n=100)
    weights = np.full(100, 0.01)
    for n_rows in (0, 1, 99, 100):
        chosen = select_rows(weights, moments, n_rows, np.random.RandomState(0))
        assert len(np.unique(chosen)) == len(chosen) == n_rows


def test_heavier_rows_are_chosen_more_often():
    weights = np.repeat([4.0, 1.0], 500)
    chosen = select_rows(weights, np.empty((1000, 0)), 100, np.random.RandomState(0))
    assert 68 <= (chosen < 500).sum() <= 92


def test_choice_is_that_of_the_seed():
    moments, weights = some_moments(n=300), np.full(300, 1 / 300)
    chosen = [
        select_rows(weights, moments, 50, np.random.RandomState(seed)).tolist()
        for seed in (0, 0, 1)
    ]
    assert chosen[0] == chosen[1] != chosen[2]
