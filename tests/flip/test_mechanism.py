"""What a mechanism costs each group, and what it refuses."""

import json
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from fairsample.flip.mechanism import Mechanism
from fairsample.flip.privacy_curves import ORDERS, sampled_gaussian_rdp

BY_SEX = {"F": (0.03, 4.0), "M": (0.01, 2.0)}


def test_steps_multiply_the_curve():
    once = Mechanism("a", "rows", 3.0, sample_rate=0.02)
    often = Mechanism("a", "rows", 3.0, sample_rate=0.02, n_steps=700)
    np.testing.assert_allclose(often.rdp(), 700 * once.rdp(), rtol=1e-12)


def test_without_sampling_the_curve_is_exact():
    mechanism = Mechanism("a", "rows", 3.0, n_steps=5)
    np.testing.assert_allclose(mechanism.rdp(), 5 * ORDERS / 18, rtol=1e-14)
    assert mechanism.mu_squared() == pytest.approx(5 / 9, rel=1e-14)


def test_a_group_pays_at_its_own_rate_and_noise():
    mechanism = Mechanism("steps", "gradients", n_steps=10, groups=BY_SEX)
    np.testing.assert_allclose(
        mechanism.rdp("F"), 10 * sampled_gaussian_rdp(0.03, 4.0), rtol=1e-12
    )
    np.testing.assert_allclose(
        mechanism.rdp("M"), 10 * sampled_gaussian_rdp(0.01, 2.0), rtol=1e-12
    )
    worst = np.maximum(mechanism.rdp("F"), mechanism.rdp("M"))
    np.testing.assert_array_equal(mechanism.rdp(), worst)
    assert mechanism.for_group("M") == Mechanism("steps", "gradients", 2.0, 0.01, 10)


def test_there_is_no_gaussian_equal_under_sampling():
    assert Mechanism("a", "rows", 3.0, sample_rate=0.5).mu_squared() == np.inf
    mixed = Mechanism("a", "rows", groups={"F": (1.0, 2.0), "M": (0.1, 2.0)})
    assert mixed.mu_squared("F") == 0.25
    assert mixed.mu_squared("M") == mixed.mu_squared() == np.inf


def test_all_groups_pay_alike_where_none_is_named():
    mechanism = Mechanism("counts", "rows of each cell", 3.0)
    assert mechanism.for_group("anyone") is mechanism
    np.testing.assert_array_equal(mechanism.rdp("anyone"), mechanism.rdp())


def test_an_unknown_group_is_refused_not_free():
    mechanism = Mechanism("steps", "gradients", groups=BY_SEX)
    for ask in (mechanism.for_group, mechanism.rdp, mechanism.mu_squared):
        with pytest.raises(ValueError, match="'steps' says nothing of the group 'X'"):
            ask("X")


@pytest.mark.parametrize("noise", [0.0, -1.0, np.inf, np.nan, None, "2"])
def test_noise_must_be_positive_and_finite(noise):
    with pytest.raises(ValueError, match="'a': noise_multiplier must be positive"):
        Mechanism("a", "rows", noise)
    with pytest.raises(ValueError, match="group 'F': noise_multiplier must be"):
        Mechanism("a", "rows", groups={"F": (0.1, noise)})


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.01, np.nan, None])
def test_rates_must_be_probabilities(rate):
    with pytest.raises(ValueError, match=r"sample_rate must be in \(0, 1\]"):
        Mechanism("a", "rows", 1.0, sample_rate=rate)
    with pytest.raises(ValueError, match=r"group 'F': sample_rate must be in"):
        Mechanism("a", "rows", groups={"F": (rate, 1.0)})


@pytest.mark.parametrize("n_steps", [0, -1, 2.5, np.nan])
def test_steps_must_be_counted(n_steps):
    with pytest.raises(ValueError, match="'a': n_steps must be 1 or more"):
        Mechanism("a", "rows", 1.0, n_steps=n_steps)


@pytest.mark.parametrize("delta", [-1e-9, 1.0, np.nan])
def test_delta_must_be_a_probability(delta):
    with pytest.raises(ValueError, match=r"'a': delta must be in \[0, 1\)"):
        Mechanism("a", "rows", 1.0, delta=delta)


def test_groups_leave_no_second_word():
    for also in ({"noise_multiplier": 9.0}, {"sample_rate": 0.001}):
        with pytest.raises(ValueError, match="leave out sample_rate and noise_mult"):
            Mechanism("a", "rows", groups=BY_SEX, **also)
    with pytest.raises(ValueError, match="groups is empty"):
        Mechanism("a", "rows", groups={})


def test_costs_cannot_be_changed_afterwards():
    given = dict(BY_SEX)
    mechanism = Mechanism("a", "rows", groups=given)
    given["F"] = (1e-6, 1e6)
    assert mechanism.groups == BY_SEX
    with pytest.raises(FrozenInstanceError):
        mechanism.n_steps = 1


@pytest.mark.parametrize(
    "mechanism",
    [
        Mechanism("a", "rows", 2.0, delta=1e-7),
        Mechanism("a", "rows", np.float32(2.3), np.float64(0.1), np.int64(30)),
        Mechanism(
            "b",
            "rows",
            n_steps=7,
            groups={("F", 1): (0.1, 2.0), ("M", np.int64(2)): (1, 3)},
        ),
        Mechanism("c", "rows", groups={True: (0.1, 1 / 3), 2.5: (0.2, 1e300)}),
    ],
)
def test_json_and_pickle_bring_it_back(mechanism):
    written = json.loads(json.dumps(mechanism.to_json(), allow_nan=False))
    assert Mechanism.from_json(written) == mechanism
    assert pickle.loads(pickle.dumps(mechanism)) == mechanism
