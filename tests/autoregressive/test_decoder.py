"""Steps read what came before them only, all at once or one at a time."""

import pytest
import torch

from fairsample.autoregressive import CausalDecoder
from fairsample.training.seeding import seeded

N_STEPS = 5


@pytest.fixture(scope="module")
def decoder():
    with seeded(0):
        module = CausalDecoder(N_STEPS, 12, n_layers=3, n_heads=2, dropout=0.5)
    return module.double().eval().requires_grad_(False)


@pytest.fixture
def steps():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(4, N_STEPS, 12, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("place", range(N_STEPS))
def test_a_step_moves_itself_and_later_steps_only(decoder, steps, place):
    before = decoder(steps)
    steps[:, place] += 1
    after = decoder(steps)
    moved = (before != after).any(dim=2).all(dim=0)
    assert moved.tolist() == [step >= place for step in range(N_STEPS)]


@pytest.mark.parametrize("n_given", range(1, N_STEPS))
def test_step_by_step_is_what_the_whole_gives(decoder, steps, n_given):
    whole, past = decoder(steps), decoder.nothing_past(len(steps))
    found = [decoder.go_on(steps[:, :n_given], past)]
    for place in range(n_given, N_STEPS):
        found.append(decoder.go_on(steps[:, place : place + 1], past))
    assert past.n_steps == N_STEPS
    torch.testing.assert_close(torch.cat(found, dim=1), whole)


def test_rows_that_go_on_without_the_others(decoder, steps):
    past = decoder.nothing_past(len(steps))
    decoder.go_on(steps[:, :2], past)
    kept = torch.tensor([True, False, False, True])
    part = past.of(kept)
    found = decoder.go_on(steps[kept, 2:3], part)
    torch.testing.assert_close(found, decoder(steps)[kept, 2:3])
    assert (past.n_steps, part.n_steps) == (2, 3)


def test_several_steps_after_others_are_refused(decoder, steps):
    past = decoder.nothing_past(len(steps))
    decoder.go_on(steps[:, :1], past)
    with pytest.raises(ValueError, match="2 steps at once after 1 others"):
        decoder.go_on(steps[:, 1:3], past)


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ValueError, match="n_heads=5 does not divide embedding=12"):
        CausalDecoder(N_STEPS, 12, n_layers=1, n_heads=5, dropout=0.0)
