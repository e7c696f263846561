"""Noise has the law it claims, and nothing that could draw it again."""

import copy
import os
import pickle
import random

import numpy as np
import pytest
import torch
from scipy import stats

from fairsample.flip.secure_noise import SecureNoise

N_DRAWS = 100_000


def test_normal_draws_are_normal():
    draws = SecureNoise().normal((4, N_DRAWS // 4), 3.0) / 3
    assert draws.shape == (4, N_DRAWS // 4)
    assert draws.dtype == np.float64
    assert stats.kstest(draws.ravel(), "norm").pvalue > 1e-6
    assert abs(draws.mean()) < 6 / np.sqrt(N_DRAWS)
    assert draws.var() == pytest.approx(1, abs=6 * np.sqrt(2 / N_DRAWS))
    assert stats.kurtosis(draws.ravel()) == pytest.approx(0, abs=0.1)
    assert 3.5 < np.abs(draws).max() < 7.5


def test_draws_are_independent():
    draws = SecureNoise().normal(N_DRAWS, 1.0)
    for lag in (1, 2, N_DRAWS // 2):
        correlation = np.corrcoef(draws[:-lag], draws[lag:])[0, 1]
        assert abs(correlation) < 6 / np.sqrt(len(draws) - lag)
        squares = np.corrcoef(draws[:-lag] ** 2, draws[lag:] ** 2)[0, 1]
        assert abs(squares) < 8 / np.sqrt(len(draws) - lag)


def test_each_element_has_its_own_standard_deviation():
    draws = SecureNoise().normal((N_DRAWS // 5, 2), [0.5, 40.0])
    assert draws.std(axis=0) == pytest.approx([0.5, 40.0], rel=0.05)


def test_uniform_draws_are_uniform():
    draws = SecureNoise().uniform((2, N_DRAWS // 2))
    assert draws.min() >= 0
    assert draws.max() < 1
    assert stats.kstest(draws.ravel(), "uniform").pvalue > 1e-6
    rate = (SecureNoise().uniform(N_DRAWS) < 0.02).mean()
    assert rate == pytest.approx(0.02, abs=6 * np.sqrt(0.02 / N_DRAWS))


@pytest.mark.parametrize("bits, value", [(b"\x00", 0.0), (b"\xff", 1 - 2.0**-53)])
def test_no_bits_make_an_infinite_or_impossible_draw(monkeypatch, bits, value):
    monkeypatch.setattr(os, "urandom", lambda n_bytes: bits * n_bytes)
    assert SecureNoise().uniform(3).tolist() == [value] * 3
    drawn = SecureNoise().normal(3, 1.0)
    assert np.isfinite(drawn).all()
    assert np.abs(drawn).max() < 18


@pytest.mark.parametrize("std", [0.01, 0.3, 1.0, 5.7, 1000.0, 3e7])
def test_noise_lies_on_a_grid_with_every_integer(std):
    draws = SecureNoise().normal(1000, std)
    grid = min(2.0 ** (np.floor(np.log2(std)) - 20), 1.0)
    assert (draws / grid == np.round(draws / grid)).all()
    assert (np.mod(draws / grid, 2) == 1).any()
    assert len(np.unique(draws)) > 980
    for count in (1, 12_345):
        assert ((draws + count) - count == draws).all()


def test_noisy_counts_of_neighbours_have_the_same_last_bits():
    drawn = [count + SecureNoise().normal(500, 2.0) for count in (3, 4, 0, 70_001)]
    for noisy in drawn:
        assert (np.mod(noisy, 2.0**-19) == 0).all()


def test_shapes():
    assert SecureNoise().normal((), 1.0).shape == ()
    assert SecureNoise().normal(0, 1.0).shape == (0,)
    assert SecureNoise().normal((2, 0, 3), 1.0).shape == (2, 0, 3)
    assert SecureNoise().uniform((2, 3)).shape == (2, 3)


@pytest.mark.parametrize("std", [0.0, -1.0, np.inf, np.nan, [1.0, 0.0]])
def test_no_noise_is_refused(std):
    with pytest.raises(ValueError, match="std must be positive and finite"):
        SecureNoise().normal(2, std)


def test_no_seed_is_taken():
    with pytest.raises(TypeError):
        SecureNoise(0)
    with pytest.raises(TypeError):
        SecureNoise(random_state=0)


def seed_everything():
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)


def draw_everywhere():
    return random.random(), np.random.random(), torch.rand(1).item()  # noqa: NPY002


def test_global_seeds_neither_decide_nor_move():
    drawn = []
    for _ in range(2):
        seed_everything()
        noise = SecureNoise()
        drawn.append(noise.normal(5, 1.0).tolist() + noise.uniform(5).tolist())
        generator = noise.torch_generator()
        drawn[-1] += torch.randn(5, generator=generator).tolist()
    assert not set(drawn[0]) & set(drawn[1])
    after = draw_everywhere()
    seed_everything()
    assert after == draw_everywhere()


def test_copies_and_pickles_hold_nothing_to_draw_again():
    noise = SecureNoise()
    noise.normal(3, 1.0)
    written = pickle.dumps(noise)
    assert written == pickle.dumps(SecureNoise())
    assert len(written) < 100
    for again in (pickle.loads(written), copy.deepcopy(noise), copy.copy(noise)):
        assert again.normal(3, 1.0).tolist() != noise.normal(3, 1.0).tolist()
    with pytest.raises(AttributeError):
        noise.seed = 3


def test_all_randomness_is_the_systems(monkeypatch):
    def known_bits(n_bytes):
        return np.random.RandomState(n_bytes).bytes(n_bytes)

    monkeypatch.setattr(os, "urandom", known_bits)
    first, second = SecureNoise(), SecureNoise()
    assert first.normal(9, 1.0).tolist() == second.normal(9, 1.0).tolist()
    assert first.uniform(9).tolist() == second.uniform(9).tolist()
    streams = [
        torch.rand(9, generator=each.torch_generator()) for each in (first, second)
    ]
    assert torch.equal(*streams)


def test_a_torch_generator_starts_from_a_full_random_state():
    states = [SecureNoise().torch_generator().get_state() for _ in range(2)]
    words = [each.numpy()[24 : 24 + 8 * 624].view(np.uint64) for each in states]
    assert len(np.unique(np.concatenate(words))) > 1240
    assert (np.concatenate(words) < 2**32).all()
    bits = np.unpackbits(np.concatenate(words).astype(np.uint32).view(np.uint8))
    assert bits.mean() == pytest.approx(0.5, abs=6 * 0.5 / np.sqrt(len(bits)))
    from_seed = torch.Generator().manual_seed(int(words[0][0])).get_state()
    assert not torch.equal(from_seed, states[0])


def test_a_torch_generator_draws_normals():
    generator = SecureNoise().torch_generator()
    draws = torch.normal(0, 2.0, (N_DRAWS,), generator=generator).double() / 2
    assert stats.kstest(draws.numpy(), "norm").pvalue > 1e-6


def test_a_torch_that_keeps_its_state_elsewhere_is_refused(monkeypatch):
    class Moved:
        def manual_seed(self, seed):
            return self

        def get_state(self):
            return torch.zeros(5056, dtype=torch.uint8)

    monkeypatch.setattr(torch, "Generator", lambda device: Moved())
    with pytest.raises(RuntimeError, match="cannot be set in full"):
        SecureNoise().torch_generator()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_torch_generator_of_a_gpu_draws_normals():
    draws = [
        torch.randn(
            N_DRAWS, generator=SecureNoise().torch_generator("cuda"), device="cuda"
        )
        for _ in range(2)
    ]
    assert not torch.equal(*draws)
    assert stats.kstest(draws[0].double().cpu().numpy(), "norm").pvalue > 1e-6
