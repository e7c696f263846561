"""Torch is seeded inside a block, and the caller notices nothing."""

import numpy as np
import pytest
import torch
from resamplers import numpy_state, torch_state

from fairsample.training.seeding import seeded, torch_generator


def test_same_seed_same_numbers():
    drawn = []
    for seed in (3, 3, 4):
        with seeded(seed):
            drawn.append(torch.cat([torch.rand(5), torch.randperm(9).float()]))
    assert drawn[0].equal(drawn[1])
    assert not drawn[0].equal(drawn[2])


def test_same_numbers_as_torch_gives_for_the_seed():
    with seeded(12):
        found = torch.randn(4)
    assert found.equal(torch.randn(4, generator=torch.Generator().manual_seed(12)))


def test_callers_streams_go_on_untouched():
    before = numpy_state(), torch_state()
    with seeded(0):
        torch.rand(3)
    assert (numpy_state(), torch_state()) == before


def test_callers_stream_is_restored_after_an_error():
    before = torch_state()
    with pytest.raises(RuntimeError, match="stop"), seeded(0):
        torch.rand(3)
        raise RuntimeError("stop")
    assert torch_state() == before


def test_blocks_can_be_nested():
    with seeded(1):
        torch.rand(1)
        expected = torch.rand(2)
    with seeded(1):
        torch.rand(1)
        with seeded(2):
            torch.rand(7)
        assert torch.rand(2).equal(expected)


def test_work_on_the_cpu_leaves_gpus_alone(monkeypatch):
    seeds = []
    for name in ("manual_seed", "manual_seed_all"):
        monkeypatch.setattr(torch.cuda, name, seeds.append)
    with seeded(0), seeded(0, torch.device("cpu")):
        torch.rand(1)
    assert seeds == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_callers_gpu_stream_goes_on_untouched():
    before = torch.cuda.get_rng_state().tolist(), torch_state()
    with seeded(0, "cuda"):
        first = torch.rand(3, device="cuda")
    with seeded(0, "cuda:0"):
        assert torch.rand(3, device="cuda").equal(first)
    assert (torch.cuda.get_rng_state().tolist(), torch_state()) == before


def test_a_generator_of_its_own():
    before = torch_state()
    stream = np.random.RandomState(0)
    drawn = [
        torch.rand(5, generator=torch_generator(state))
        for state in (0, 0, 1, stream, stream)
    ]
    assert drawn[0].equal(drawn[1])
    assert drawn[0].equal(drawn[3])
    assert not drawn[0].equal(drawn[2])
    assert not drawn[3].equal(drawn[4])
    assert torch_state() == before
