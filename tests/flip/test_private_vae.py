import numpy as np
import pytest
import torch

from fairsample.flip.private_vae import PrivateVae, row_losses
from fairsample.training.seeding import seeded, torch_generator

SIZES = [3, 2, 4]


def make_vae(scale=0.5, **options):
    """A module with every weight at random."""
    with seeded(0):
        module = PrivateVae(SIZES, 2, 3, n_latents=2, hidden=5, **options)
        for weight in module.parameters():
            torch.nn.init.normal_(weight, std=scale)
    return module


def make_columns(n, seed=0):
    """Rows of codes, group and class first."""
    rng = np.random.RandomState(seed)
    codes = [rng.randint(0, size, n) for size in [2, 3, *SIZES]]
    return torch.from_numpy(np.column_stack(codes))


def make_noise(n, seed=0):
    return torch.randn(n, 2, generator=torch_generator(seed))


@pytest.mark.parametrize("hide_group", [False, True])
def test_a_rows_loss_reads_no_other_row(hide_group):
    module = make_vae(hide_group=hide_group)
    columns, noise = make_columns(9), make_noise(9)
    together = row_losses(module, columns, noise)
    alone = [row_losses(module, columns[i : i + 1], noise[i : i + 1]) for i in range(9)]
    assert torch.allclose(together, torch.cat(alone), rtol=1e-5)


def test_a_new_module_writes_the_shares_it_was_given():
    module = PrivateVae(SIZES, 2, 3)
    shares = torch.tensor([[0.7, 0.2, 0.1, 0.9, 0.1, 0.25, 0.25, 0.25, 0.25]] * 3)
    shares[1, :3] = torch.tensor([0.1, 0.1, 0.8])
    module.offset.copy_(shares.log())
    label = torch.arange(3).repeat_interleave(4000)
    codes, drawn = module.write(label % 2, label, torch_generator(0))
    assert torch.allclose(drawn, shares[label])
    counted = torch.bincount(codes[label == 1, 0], minlength=3) / 4000
    assert torch.allclose(counted, shares[1, :3], atol=0.03)


def test_columns_are_written_as_they_are_reconstructed():
    # The logits of a column must not read the column itself or later ones.
    module = make_vae()
    columns, noise = make_columns(6), make_noise(6)
    changed = columns.clone()
    changed[:, 4] = (changed[:, 4] + 1) % SIZES[2]
    with torch.no_grad():
        for layer in [module.encoder, module.to_posterior]:
            layer.weight.zero_()
        before, after = (
            module(x, noise).logits.split(SIZES, dim=1) for x in (columns, changed)
        )
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    changed = columns.clone()
    changed[:, 2] = (changed[:, 2] + 1) % SIZES[0]
    after = module(changed, noise).logits.split(SIZES, dim=1)
    assert torch.equal(before[0], after[0])
    assert not torch.isclose(before[2], after[2]).any()


def test_what_is_drawn_has_the_likelihood_that_is_trained():
    # Without latents, frequencies of drawn rows are the probabilities of the loss.
    module = make_vae(scale=1.0)
    with torch.no_grad():
        module.decoder.weight[:, :2] = 0.0
        module.to_posterior.weight.zero_()
        module.to_posterior.bias.zero_()
    n = 60_000
    group, label = torch.ones(n, dtype=torch.long), torch.full((n,), 2)
    codes, _ = module.write(group, label, torch_generator(1))
    rows, counts = codes.unique(dim=0, return_counts=True)
    given = torch.tensor([[1, 2]]).expand(len(rows), 2)
    losses = row_losses(module, torch.cat([given, rows], 1), torch.zeros(len(rows), 2))
    assert torch.allclose(counts / n, (-losses).exp(), atol=0.01)


def test_rows_are_written_without_a_group_that_is_hidden():
    module = make_vae(hide_group=True)
    label = torch.tensor([0, 1, 2])
    drawn = [
        module.write(torch.full((3,), group), label, torch_generator(0))[1]
        for group in (0, 1)
    ]
    assert torch.equal(*drawn)


def test_the_uniform_term_is_least_where_nothing_is_said_of_the_group():
    module = make_vae(hide_group=True)
    columns, noise = make_columns(5), make_noise(5)
    said = row_losses(module, columns, noise)
    with torch.no_grad():
        module.to_group.weight.zero_()
        module.to_group.bias.fill_(3.0)
    assert (row_losses(module, columns, noise) < said).all()


def test_a_dead_parameter_would_be_refused_by_opacus():
    for hide_group in (False, True):
        module = make_vae(hide_group=hide_group)
        row_losses(module, make_columns(4), make_noise(4)).sum().backward()
        assert all(weight.grad is not None for weight in module.parameters())
