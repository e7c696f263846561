import numpy as np
import pytest

from fairsample.datasets import simulate_icu_effects
from fairsample.datasets.icu_effects import BASELINE, TRUE_EFFECTS
from fairsample.datasets.icu_mechanisms import (
    ETHNICITIES,
    draw_confounders,
    draw_mediators,
    mortality_probability,
)

NAMES = ("total_variation", "direct", "indirect", "spurious")
PUBLISHED_RATES = {
    "White": 359 / 3464,
    "Black": 27 / 487,
    "Hispanic": 11 / 186,
    "Asian": 9 / 165,
    "Others": 83 / 698,
}
GROUPS = [group for group in ETHNICITIES if group != BASELINE]


@pytest.mark.parametrize("group", GROUPS)
def test_true_effects_agree_with_simulated_interventions(group):
    simulated = simulate_icu_effects(group, n_draws=40_000, random_state=7)
    for name in NAMES:
        error = np.hypot(simulated[f"{name}_se"], TRUE_EFFECTS[group][f"{name}_se"])
        assert abs(simulated[name] - TRUE_EFFECTS[group][name]) < 4 * error
        assert TRUE_EFFECTS[group][f"{name}_se"] < 1e-4


@pytest.mark.parametrize("group", GROUPS)
def test_effects_add_up(group):
    for effects in (TRUE_EFFECTS[group], simulate_icu_effects(group, n_draws=1000)):
        parts = sum(effects[name] for name in NAMES[1:])
        np.testing.assert_allclose(effects["total_variation"], parts, atol=1e-12)


@pytest.mark.parametrize("group", GROUPS)
def test_total_variation_is_the_published_difference(group):
    published = PUBLISHED_RATES[group] - PUBLISHED_RATES[BASELINE]
    assert abs(TRUE_EFFECTS[group]["total_variation"] - published) < 5e-4


def independent_risk(ethnicities, seed, n_draws=40_000):
    """Return the mean risk with no random number shared between the arms."""
    rng = np.random.default_rng(seed)
    z, w, y = (np.full(n_draws, ETHNICITIES.index(name)) for name in ethnicities)
    confounders = draw_confounders(z, rng)
    mediators = draw_mediators(w, confounders, rng)
    risk = mortality_probability(y, confounders, mediators)
    return risk.mean(), risk.std() / np.sqrt(n_draws)


@pytest.mark.parametrize(
    ("name", "reached", "left"),
    [
        ("direct", ("White", "White", "Black"), ("White", "White", "White")),
        ("indirect", ("White", "Black", "Black"), ("White", "White", "Black")),
        ("spurious", ("Black", "Black", "Black"), ("White", "Black", "Black")),
    ],
)
def test_definitions_of_the_paths(name, reached, left):
    there, there_se = independent_risk(reached, seed=1)
    here, here_se = independent_risk(left, seed=2)
    error = np.hypot(there_se, here_se)
    assert abs(there - here - TRUE_EFFECTS["Black"][name]) < 4 * error


def test_a_group_does_not_differ_from_itself():
    effects = simulate_icu_effects("Asian", baseline="Asian", n_draws=500)
    assert set(effects.values()) == {0.0}


def test_reversed_comparison_reverses_the_total_variation():
    there = simulate_icu_effects("Others", n_draws=20_000, random_state=0)
    back = simulate_icu_effects(
        "White", baseline="Others", n_draws=20_000, random_state=0
    )
    np.testing.assert_allclose(there["total_variation"], -back["total_variation"])


def test_more_draws_than_a_batch_are_all_used():
    one = simulate_icu_effects("Black", n_draws=20_000, random_state=0)
    three = simulate_icu_effects("Black", n_draws=45_000, random_state=0)
    ratio = one["total_variation_se"] / three["total_variation_se"]
    assert ratio == pytest.approx(1.5, abs=0.1)


def test_unknown_group_is_refused():
    with pytest.raises(ValueError, match="'group' parameter"):
        simulate_icu_effects("Martian")
