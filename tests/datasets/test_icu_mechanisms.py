import numpy as np
import pytest

from fairsample.datasets.icu_mechanisms import (
    CONDITIONS,
    ETHNICITIES,
    LABS,
    MAX_VISITS,
    draw_confounders,
    draw_mediators,
    mortality_probability,
    random_generator,
)

N_PATIENTS = 2_000


def draw(ethnicity, seed=0):
    rng = np.random.default_rng(seed)
    group = np.full(N_PATIENTS, ETHNICITIES.index(ethnicity))
    confounders = draw_confounders(group, rng)
    return group, confounders, draw_mediators(group, confounders, rng)


def test_nothing_is_recorded_after_the_last_visit():
    _, _, mediators = draw("White")
    beyond = np.arange(MAX_VISITS) >= mediators.n_visits[:, None]
    assert not mediators.recorded[beyond].any()
    assert not mediators.vasopressor[beyond].any()
    assert np.isnan(mediators.labs[beyond]).all()
    assert mediators.n_visits.min() == 1
    assert mediators.n_visits.max() <= MAX_VISITS


def test_risk_depends_only_on_what_the_table_shows():
    group, confounders, mediators = draw("Black")
    risk = mortality_probability(group, confounders, mediators)
    rows = np.arange(N_PATIENTS)
    last = mediators.n_visits - 1
    chronic = np.array([condition.chronic for condition in CONDITIONS])
    only_last_labs = np.full_like(mediators.labs, np.nan)
    only_last_labs[rows, last] = mediators.labs[rows, last]
    flattened = np.zeros_like(mediators.recorded)
    flattened[rows, last] = np.where(
        chronic, mediators.recorded.any(axis=1), mediators.recorded[rows, last]
    )
    reduced = mediators._replace(labs=only_last_labs, recorded=flattened)
    np.testing.assert_array_equal(
        mortality_probability(group, confounders, reduced), risk
    )


def test_bins_hold_their_lower_edge():
    lactate = LABS[0]
    np.testing.assert_array_equal(lactate.bin_of([0.9, 1.0, 3.9, 4.0]), [0, 1, 3, 4])


def test_each_direct_cause_moves_the_risk():
    group, confounders, mediators = draw("White")
    risk = mortality_probability(group, confounders, mediators)
    older = confounders._replace(age=confounders.age + 10)
    assert (mortality_probability(group, older, mediators) > risk).all()
    shock = mediators._replace(vasopressor=np.ones_like(mediators.vasopressor))
    assert (mortality_probability(group, confounders, shock) >= risk).all()
    other = np.full(N_PATIENTS, ETHNICITIES.index("Asian"))
    assert (mortality_probability(other, confounders, mediators) < risk).mean() > 0.9


@pytest.mark.parametrize("seed", [3, np.random.RandomState(3)])
def test_random_generator_is_seeded(seed):
    first = random_generator(seed)
    again = random_generator(3 if seed == 3 else np.random.RandomState(3))
    assert first.random() == again.random()
