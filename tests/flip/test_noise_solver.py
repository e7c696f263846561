"""Noise for a budget: never over it, never much more than it asks for."""

import numpy as np
import pytest

from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.mechanism import Mechanism
from fairsample.flip.noise_solver import _scale, clip_scales, solve_noise
from fairsample.flip.secure_noise import SecureNoise

DELTA = 1e-5
COUNTS = Mechanism("counts", "rows of each group", 10.0)
LISTS = Mechanism("lists", "frequent values", 20.0, delta=1e-6)
BY_SEX = Mechanism(
    "VAE", "gradients", n_steps=500, groups={"F": (0.03, 5.0), "M": (0.01, 5.0)}
)


def ledger_of(*mechanisms, order=None):
    ledger = PrivacyLedger(DELTA, order=order)
    for mechanism in mechanisms:
        ledger.add(mechanism)
    return ledger


def total(ledger, noise, *, groups=None, **described):
    if groups is None:
        described["noise_multiplier"] = noise
    else:
        described["groups"] = {group: (rate, noise) for group, rate in groups.items()}
    return ledger.copy().add(Mechanism("more", "rows", **described)).epsilon()


CASES = {
    "one release": {},
    "many releases": {"n_steps": 40},
    "steps": {"sample_rate": 0.0265, "n_steps": 2000},
    "half of the rows": {"sample_rate": 0.5, "n_steps": 100},
    "threshold": {"delta": 3e-6},
    "balanced groups": {"groups": {"F": 0.0265, "M": 0.0131}, "n_steps": 300},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("epsilon", [0.5, 4.0])
@pytest.mark.parametrize("before", [[], [COUNTS, LISTS]])
def test_noise_is_enough_and_no_more(case, epsilon, before):
    ledger = ledger_of(*before)
    noise = solve_noise(ledger, epsilon, **CASES[case])
    assert total(ledger, noise, **CASES[case]) <= epsilon
    assert total(ledger, noise * (1 - 1.5e-4), **CASES[case]) > epsilon
    assert ledger.mechanisms == tuple(before)


def test_known_values():
    empty = PrivacyLedger(DELTA)
    assert solve_noise(empty, 1.0) == pytest.approx(3.7306, rel=1e-4)
    pooled = solve_noise(empty, 1.0, sample_rate=512 / 29276, n_steps=2000)
    assert pooled == pytest.approx(3.30, rel=0.01)
    by_sex = {"F": 0.0265, "M": 0.0131}
    assert solve_noise(empty, 1.0, groups=by_sex, n_steps=2000) == pytest.approx(
        4.92, rel=0.01
    )
    small = solve_noise(empty, 1.0, sample_rate=0.432, n_steps=2000)
    assert small == pytest.approx(78.8, rel=0.01)


@pytest.mark.parametrize("epsilon", [1e-3, 0.02, 60.0, 5000.0])
@pytest.mark.parametrize("described", [{}, {"sample_rate": 0.05, "n_steps": 20}])
def test_far_budgets(epsilon, described):
    ledger = PrivacyLedger(0.001)
    noise = solve_noise(ledger, epsilon, **described)
    assert total(ledger, noise, **described) <= epsilon
    assert total(ledger, noise * (1 - 2e-4), **described) > epsilon


def test_noise_falls_with_epsilon_and_rises_with_what_is_asked():
    empty = PrivacyLedger(DELTA)
    by_epsilon = [
        solve_noise(empty, epsilon, sample_rate=0.02, n_steps=500)
        for epsilon in (0.5, 1, 4)
    ]
    by_steps = [
        solve_noise(empty, 1.0, sample_rate=0.02, n_steps=n) for n in (1, 30, 999)
    ]
    by_rate = [
        solve_noise(empty, 1.0, sample_rate=rate, n_steps=500)
        for rate in (0.005, 0.02, 0.1, 1)
    ]
    spent = [
        solve_noise(ledger_of(*[COUNTS] * n), 1.0, sample_rate=0.02, n_steps=500)
        for n in (0, 1, 3)
    ]
    assert (np.diff(by_epsilon) < 0).all()
    for rising in (by_steps, by_rate, spent):
        assert (np.diff(rising) > 0).all()


def test_the_group_that_pays_most_decides():
    ledger, groups = ledger_of(BY_SEX), {"M": 0.04, "F": 0.02}
    noise = solve_noise(ledger, 2.0, groups=groups, n_steps=500)
    added = Mechanism(
        "more", "rows", n_steps=500, groups={g: (groups[g], noise) for g in groups}
    )
    by_group = ledger.copy().add(added).epsilon_by_group()
    assert max(by_group.values()) == pytest.approx(2.0, rel=1e-3)
    assert max(by_group.values()) <= 2.0
    alone = [
        solve_noise(ledger.for_group(g), 2.0, sample_rate=groups[g], n_steps=500)
        for g in groups
    ]
    assert noise == pytest.approx(max(alone), rel=2e-4)


def test_a_fixed_order_asks_for_no_less_noise():
    steps, planned = {"sample_rate": 0.03, "n_steps": 500}, ledger_of(COUNTS, order=6)
    best = solve_noise(ledger_of(COUNTS), 3.0, **steps)
    fixed = solve_noise(planned, 3.0, **steps)
    assert fixed > best
    assert total(planned, fixed, **steps) <= 3.0


def test_what_is_spent_is_spent():
    ledger = ledger_of(Mechanism("pairs", "counts", 2.0))
    with pytest.raises(ValueError, match="An epsilon of 1 leaves no room .* 1.99"):
        solve_noise(ledger, 1.0)
    with pytest.raises(ValueError, match="larger epsilon or delta"):
        solve_noise(ledger, ledger.epsilon())
    with pytest.raises(ValueError, match="leaves no room"):
        solve_noise(ledger, ledger.epsilon() * (1 + 1e-14))
    assert solve_noise(ledger, ledger.epsilon() * 1.001) > 20


def test_sampled_steps_need_room_for_the_conversion_of_the_curve():
    ledger = ledger_of(Mechanism("pairs", "counts", 2.0))
    with pytest.raises(ValueError, match="leaves no room"):
        solve_noise(ledger, ledger.epsilon() * 1.01, sample_rate=0.01, n_steps=10)


def test_a_delta_that_is_not_left_is_refused():
    with pytest.raises(ValueError, match="larger delta"):
        solve_noise(ledger_of(LISTS), 2.0, delta=DELTA)


@pytest.mark.parametrize("epsilon", [0, -1, np.inf, np.nan])
def test_epsilon_must_be_positive(epsilon):
    with pytest.raises(ValueError, match="epsilon must be positive and finite"):
        solve_noise(PrivacyLedger(DELTA), epsilon)


@pytest.mark.parametrize("described", [{"sample_rate": 0}, {"n_steps": 0}])
def test_what_no_mechanism_can_be_is_refused(described):
    with pytest.raises(ValueError, match=next(iter(described))):
        solve_noise(PrivacyLedger(DELTA), 1.0, **described)


@pytest.mark.parametrize("before", [[], [COUNTS], [COUNTS, BY_SEX]])
def test_scaled_clips_spend_every_group_in_full(before):
    ledger, rates = ledger_of(*before), {"F": 0.0265, "M": 0.0131}
    noise, scales = clip_scales(ledger, 3.0, rates, n_steps=1000)
    assert max(scales.values()) == 1
    groups = {group: (rates[group], noise / scales[group]) for group in rates}
    added = Mechanism("steps", "gradients", n_steps=1000, groups=groups)
    by_group = ledger.copy().add(added).epsilon_by_group()
    assert all(2.998 < epsilon <= 3.0 for epsilon in by_group.values())
    one_clip = solve_noise(ledger, 3.0, groups=rates, n_steps=1000)
    assert noise < one_clip
    assert noise / scales["F"] == pytest.approx(one_clip, rel=2e-4)


def test_scales_are_rounded_towards_more_noise():
    least, noises = 2.5, np.random.default_rng(0).uniform(2.5, 9, 300)
    back = np.array([least / _scale(least, noise) for noise in noises])
    assert (back >= noises).all()
    np.testing.assert_allclose(back, noises, rtol=1e-15)


def test_scaled_clips_are_about_the_ledgers_groups():
    with pytest.raises(
        ValueError, match="groups 'F', and the ledger is about 'F', 'M'"
    ):
        clip_scales(ledger_of(BY_SEX), 3.0, {"F": 0.1}, n_steps=10)


def test_solved_noise_hides_a_count_exactly_as_much_as_promised():
    epsilon, delta, n_draws = 0.5, 0.1, 200_000
    noise = solve_noise(PrivacyLedger(delta), epsilon)
    without = np.sort(SecureNoise().normal(n_draws, noise))
    with_it = np.sort(1 + SecureNoise().normal(n_draws, noise))
    thresholds = np.linspace(-noise, 3 * noise, 200)
    above = [
        1 - np.searchsorted(each, thresholds) / n_draws for each in (with_it, without)
    ]
    reached = (above[0] - np.exp(epsilon) * above[1]).max()
    assert delta - 0.015 < reached < delta + 0.015
