"""Karras' preconditioning, and Heun's sampler against a known answer."""

import math

import pytest
import torch
from scipy.stats import kstest

from fairsample.flip.diffusion import (
    SIGMA_DATA,
    LatentDenoiser,
    denoising_loss,
    draw_latents,
    draw_noise_levels,
    noise_schedule,
)
from fairsample.training.seeding import seeded


class ExactDenoiser:
    """The best estimate when clean latents are normal, with a mean for each group."""

    n_features = 3
    means = torch.tensor([-1.0, 2.0])
    variance = 0.3

    def conditions(self, sigma, group, label):
        return self.means[group][:, None]

    def denoise(self, noisy, sigma, conditions, number):
        mean = conditions[number]
        return mean + self.variance / (self.variance + sigma**2) * (noisy - mean)

    def from_scale(self, latents):
        return latents


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def make_denoiser(**sizes):
    with seeded(0):
        return LatentDenoiser(4, 2, 3, **{"hidden": 16, "n_blocks": 2, **sizes})


def test_sampler_draws_what_an_exact_denoiser_says():
    group = torch.arange(2).repeat_interleave(20_000)
    drawn = draw_latents(ExactDenoiser(), group, group, generator(), n_steps=40)
    for g, mean in enumerate(ExactDenoiser.means.tolist()):
        rows = drawn[group == g]
        assert float(rows.mean()) == pytest.approx(mean, abs=0.02)
        assert float(rows.var()) == pytest.approx(ExactDenoiser.variance, rel=0.03)
        assert float(torch.corrcoef(rows.T)[0, 1]) == pytest.approx(0, abs=0.03)


def test_rows_share_the_embedding_of_their_conditions():
    denoiser, noisy = make_denoiser(), torch.randn(6, 4, generator=generator())
    with torch.no_grad():
        for weights in denoiser.parameters():
            weights.normal_(generator=generator(1))
        group, label = (
            torch.tensor([0, 1, 1, 0, 0, 1]),
            torch.tensor([2, 0, 1, 2, 2, 0]),
        )
        sigma = torch.full((6, 1), 0.7)
        pairs = torch.tensor([[0, 1, 1], [2, 0, 1]])
        shared = denoiser.denoise(
            noisy,
            sigma[:1],
            denoiser.conditions(sigma[:3], *pairs),
            torch.tensor([0, 1, 2, 0, 0, 1]),
        )
        torch.testing.assert_close(shared, denoiser(noisy, sigma, group, label))


def test_sampler_is_of_second_order():
    """Halving the steps' length takes the error down about fourfold."""
    group = torch.zeros(50, dtype=torch.long)
    exact, *rough = (
        draw_latents(ExactDenoiser(), group, group, generator(), n_steps=n)
        for n in (2000, 20, 40)
    )
    error = [float((drawn - exact).abs().max()) for drawn in rough]
    assert error[1] < error[0] / 3


def test_schedule_falls_from_the_highest_level_to_none():
    levels = noise_schedule(10)
    assert len(levels) == 11
    assert levels[0] == pytest.approx(80)
    assert float(levels[-2]) == pytest.approx(0.002, rel=1e-3)
    assert levels[-1] == 0
    assert (levels.diff() < 0).all()


def test_noise_levels_are_lognormal_and_stratified():
    with seeded(0):
        levels = draw_noise_levels(4000)
    logs = ((levels.log() + 1.2) / 1.2)[:, 0].double()
    assert kstest(logs.numpy(), "norm").statistic < 1 / 4000 + 1e-3
    assert levels.shape == (4000, 1)


def test_preconditioning():
    """A net that says 0 leaves c_skip of what is noisy; its loss is 1 a feature."""
    denoiser = make_denoiser()
    torch.nn.init.zeros_(denoiser.leave[1].weight)
    torch.nn.init.zeros_(denoiser.leave[1].bias)
    sigma = torch.tensor([[0.01], [0.5], [50.0]])
    given = torch.zeros(3, dtype=torch.long)
    noisy = torch.ones(3, 4)
    share = SIGMA_DATA**2 / (sigma**2 + SIGMA_DATA**2)
    assert denoiser(noisy, sigma, given, given).allclose(share * noisy)
    with seeded(0):
        clean = SIGMA_DATA * torch.randn(100_000, 4)
        noisy = clean + sigma[1] * torch.randn_like(clean)
    share = SIGMA_DATA**2 / (sigma[1] ** 2 + SIGMA_DATA**2)
    loss = denoising_loss(share * noisy, clean, sigma[1:2])
    assert float(loss.mean()) == pytest.approx(1, rel=0.02)


def test_a_rows_loss_reads_no_other_row():
    estimate, clean = torch.zeros(3, 2), torch.ones(3, 2)
    sigma = torch.tensor([[0.1], [1.0], [10.0]])
    before = denoising_loss(estimate, clean, sigma)
    clean[0] = 100
    after = denoising_loss(estimate, clean, sigma)
    assert after[1:].equal(before[1:])
    assert after[0] > before[0]


def test_scale_there_and_back():
    denoiser = make_denoiser()
    mean = torch.tensor([1.0, 2, 3, 4])
    denoiser.standardise(mean, torch.tensor([1.0, 2, 3, 0]))
    raw = torch.randn(5, 4, generator=generator())
    assert denoiser.from_scale(denoiser.to_scale(raw)).allclose(raw, atol=1e-5)
    assert denoiser.to_scale(mean[None] + torch.tensor([1.0, 2, 3, 0])).allclose(
        torch.tensor([[0.5, 0.5, 0.5, 0]])
    )


def test_conditions_and_noise_move_the_estimate():
    denoiser = make_denoiser()
    with torch.no_grad():
        for parameter in denoiser.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator())
    noisy, zero, one = torch.ones(1, 4), torch.tensor([0]), torch.tensor([1])
    sigma = torch.tensor([[1.0]])
    base = denoiser(noisy, sigma, zero, zero)
    assert not base.allclose(denoiser(noisy, sigma, one, zero))
    assert not base.allclose(denoiser(noisy, sigma, zero, one))
    assert not base.allclose(denoiser(noisy, 2 * sigma, zero, zero))


def test_one_generator_one_stream():
    group = torch.zeros(7, dtype=torch.long)
    draws = [
        draw_latents(make_denoiser(), group, group, generator(seed), n_steps=3)
        for seed in (0, 0, 1)
    ]
    assert draws[0].equal(draws[1])
    assert not draws[0].equal(draws[2])
    assert draws[0].isfinite().all()


def test_frequencies_tell_noise_levels_apart():
    frequencies = make_denoiser().frequencies
    phase = torch.tensor([[math.log(0.002)], [math.log(80.0)]]) / 4 * frequencies
    assert float((phase.sin()[0] - phase.sin()[1]).abs().max()) > 0.5
