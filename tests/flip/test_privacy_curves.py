"""Curves and epsilons against independent accountants, integrals and known values."""

import math

import numpy as np
import pytest
from scipy.special import ndtr

from fairsample.flip.privacy_curves import (
    ORDERS,
    epsilon_from_rdp,
    gaussian_epsilon,
    order_epsilons,
    sampled_gaussian_rdp,
)


def exact_rdp(rate, noise, order):
    """Integrate the moment of the likelihood ratio on a fine grid."""
    z, step = np.linspace(-40 * noise, order + 40 * noise, 200_001, retstep=True)
    log_ratio = np.logaddexp(
        np.log1p(-rate), np.log(rate) + (2 * z - 1) / (2 * noise**2)
    )
    log_density = -(z**2) / (2 * noise**2) - np.log(noise * np.sqrt(2 * np.pi))
    terms = order * log_ratio + log_density
    peak = terms.max()
    moment = np.exp(terms - peak).sum() * step
    return (peak + np.log(moment)) / (order - 1)


def exact_delta(rate, noise, epsilon):
    """Integrate how far one step of the sampled mechanism exceeds epsilon."""
    z, step = np.linspace(-40 * noise, 1 + 40 * noise, 400_001, retstep=True)
    without = np.exp(-(z**2) / (2 * noise**2)) / (noise * np.sqrt(2 * np.pi))
    taken = np.exp(-((z - 1) ** 2) / (2 * noise**2)) / (noise * np.sqrt(2 * np.pi))
    with_it = (1 - rate) * without + rate * taken
    added = np.maximum(with_it - np.exp(epsilon) * without, 0).sum() * step
    removed = np.maximum(without - np.exp(epsilon) * with_it, 0).sum() * step
    return max(added, removed)


@pytest.mark.parametrize("rate", [1e-3, 0.0131, 0.1, 0.44, 0.7, 0.999])
@pytest.mark.parametrize("noise", [0.11, 0.5, 1.0, 5.0, 30.0])
def test_sampled_curve_is_the_integral(rate, noise):
    curve = sampled_gaussian_rdp(rate, noise)
    for position in (0, 4, 28, 70, 98, 110, 155):
        exact = exact_rdp(rate, noise, ORDERS[position])
        assert curve[position] == pytest.approx(exact, rel=1e-5, abs=5e-11)


@pytest.mark.parametrize("noise", [0.3, 2.0, 40.0, 1e5])
@pytest.mark.parametrize("rate", [0.46, 0.5, 0.54])
def test_near_one_half_the_chord_bounds_the_integral(rate, noise):
    curve = sampled_gaussian_rdp(rate, noise)
    for position in (2, 9, 44, 90, 98, 120):
        order = ORDERS[position]
        exact = exact_rdp(rate, noise, order)
        assert exact * (1 - 1e-6) - 1e-11 <= curve[position]
        if order >= 2:
            assert curve[position] <= 1.13 * exact + 1e-10
        if order == round(order):
            assert curve[position] == pytest.approx(exact, rel=1e-5, abs=1e-10)


@pytest.mark.parametrize("noise", [1e-200, 1e-3, 0.05, 1.0, 1e3, 1e9, 1e200])
@pytest.mark.parametrize("rate", [1e-12, 0.3, 1 - 1e-12])
def test_sampling_never_costs_more_and_no_curve_is_negative(rate, noise):
    curve, unsampled = sampled_gaussian_rdp(rate, noise), sampled_gaussian_rdp(1, noise)
    assert not np.isnan(curve).any()
    assert (curve >= 0).all()
    assert (curve <= unsampled).all()


def test_the_curve_rises_with_the_rate_and_falls_with_the_noise():
    rates = [sampled_gaussian_rdp(rate, 1.5) for rate in (0.01, 0.05, 0.2, 0.4, 0.7, 1)]
    noises = [sampled_gaussian_rdp(0.05, noise) for noise in (0.05, 0.2, 0.8, 3, 50)]
    assert (np.diff(rates, axis=0) > 0).all()
    assert (np.diff(noises, axis=0) < 0).all()


def test_a_curve_cannot_be_changed_in_the_store():
    with pytest.raises(ValueError, match="read-only"):
        sampled_gaussian_rdp(0.1, 2.0)[0] = 0.0


@pytest.mark.parametrize("rate", [0.01, 0.2, 0.48, 0.8])
@pytest.mark.parametrize("noise", [0.6, 1.0, 3.0])
@pytest.mark.parametrize("delta", [1e-5, 1e-3])
def test_one_sampled_step_keeps_its_delta(rate, noise, delta):
    epsilon = epsilon_from_rdp(sampled_gaussian_rdp(rate, noise), delta)
    assert exact_delta(rate, noise, epsilon) <= delta


@pytest.mark.filterwarnings("ignore:Optimal order is the smallest")
@pytest.mark.parametrize("noise", [0.05, 0.5, 2.0, 20.0, 300.0])
@pytest.mark.parametrize("delta", [0.05, 1e-5, 1e-12])
def test_conversion_is_that_of_opacus(noise, delta):
    rdp_module = pytest.importorskip("opacus.accountants.analysis.rdp")
    curve = ORDERS / (2 * noise**2)
    positions = slice(1, -1)  # opacus warns where the first or last order is best
    theirs = min(
        rdp_module.get_privacy_spent(
            orders=float(order), rdp=float(value), delta=delta
        )[0]
        for order, value in zip(ORDERS[positions], curve[positions], strict=True)
        if not np.isnan(value)
    )
    ours = order_epsilons(curve, delta)[positions].min()
    assert ours == pytest.approx(max(theirs, 0), rel=1e-12)


def test_a_fixed_order_costs_no_less_than_the_best():
    curve = sampled_gaussian_rdp(0.02, 1.0) * 500
    by_order = [epsilon_from_rdp(curve, 1e-5, order) for order in ORDERS]
    assert min(by_order) == epsilon_from_rdp(curve, 1e-5)
    assert by_order == order_epsilons(curve, 1e-5).tolist()


@pytest.mark.parametrize("delta", [1e-12, 1e-5, 0.02])
@pytest.mark.parametrize("mu", [1e-3, 0.05, 0.7, 1.0, 4.0, 30.0, 300.0])
def test_gaussian_epsilon_is_the_exact_one(mu, delta):
    dp_accounting = pytest.importorskip("dp_accounting")
    ours = gaussian_epsilon(mu**2, delta)
    theirs = dp_accounting.get_epsilon_gaussian(1 / mu, delta, tol=1e-10)
    assert ours == pytest.approx(theirs, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("mu", [0.2, 1.0, 3.0])
def test_gaussian_epsilon_meets_its_delta(mu):
    epsilon = gaussian_epsilon(mu**2, 1e-4)
    delta = ndtr(mu / 2 - epsilon / mu) - np.exp(epsilon) * ndtr(-mu / 2 - epsilon / mu)
    assert delta == pytest.approx(1e-4, rel=1e-9)


def test_gaussian_epsilon_at_the_ends():
    assert gaussian_epsilon(0.0, 1e-5) == 0
    just_hidden = 1e-5 * np.sqrt(2 * np.pi)  # mu at which delta is 1e-5 without epsilon
    assert gaussian_epsilon((0.999 * just_hidden) ** 2, 1e-5) == 0
    assert gaussian_epsilon((1.001 * just_hidden) ** 2, 1e-5) > 0
    assert gaussian_epsilon(math.inf, 1e-5) == math.inf
    assert gaussian_epsilon(1e8, 1e-5) == pytest.approx(5e7, rel=0.01)
    assert 0 < gaussian_epsilon(1e-20, 1e-11) < gaussian_epsilon(1e-19, 1e-11)


@pytest.mark.parametrize("noise", [0.1, 0.4, 1.0, 4.0, 25.0])
@pytest.mark.parametrize("delta", [1e-9, 1e-5, 1e-2])
def test_the_exact_epsilon_is_below_the_curve(noise, delta):
    exact = gaussian_epsilon(noise**-2, delta)
    by_curve = epsilon_from_rdp(ORDERS / (2 * noise**2), delta)
    assert exact <= by_curve <= 1.4 * exact + 0.05
