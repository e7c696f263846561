"""Which part of the autoencoder reads what, and its losses."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from fairsample.autoregressive import column_nll
from fairsample.flip.tokenizer import TokenTransformer
from fairsample.flip.vae import TableVae, kl_to_normal, kl_to_uniform
from fairsample.training.seeding import seeded

BLOCK_SIZES = (2, 3, 4, 5)
N_ROWS = 9
SIZES = {"width": 8, "n_latents": 2, "n_heads": 2, "units_per_column": 6}


def tiny_vae(block_sizes=BLOCK_SIZES, **sizes):
    """An autoencoder whose weights were drawn far enough from zero to matter."""
    with seeded(0), torch.no_grad():
        vae = TableVae(block_sizes, **{**SIZES, **sizes})
        for parameter in vae.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return vae.requires_grad_(False)


def random_rows(block_sizes=BLOCK_SIZES, n=N_ROWS):
    with seeded(1):
        return torch.stack([torch.randint(size, (n,)) for size in block_sizes], dim=1)


@pytest.fixture(scope="module")
def vae():
    return tiny_vae()


@pytest.fixture(scope="module")
def columns():
    return random_rows()


@pytest.fixture(scope="module")
def tokens(vae):
    with seeded(2):
        return torch.randn(N_ROWS, len(BLOCK_SIZES), SIZES["width"])


def all_seen(columns):
    return torch.ones_like(columns).bool()


def blocks_that_move(vae, tokens, columns, changed):
    """Columns whose logits move when a column takes its next level."""
    other = columns.clone()
    other[:, changed] = (other[:, changed] + 1) % BLOCK_SIZES[changed]
    before, after = (
        vae.detokenize(tokens, rows, all_seen(rows)).split(BLOCK_SIZES, dim=1)
        for rows in (columns, other)
    )
    pairs = zip(before, after, strict=True)
    return [j for j, (a, b) in enumerate(pairs) if not a.allclose(b, atol=1e-6)]


def test_shapes(vae, columns):
    with seeded(0):
        made = vae(columns)
    assert made.mean.shape == made.log_variance.shape == (N_ROWS, 4, 2)
    assert made.tokens.shape == (N_ROWS, 4, 8)
    assert made.logits.shape == (N_ROWS, sum(BLOCK_SIZES))


@pytest.mark.parametrize(
    ("changed", "moved"), [(0, [1, 2, 3]), (1, [2, 3]), (2, [3]), (3, [])]
)
def test_a_column_moves_those_written_after_it(vae, tokens, columns, changed, moved):
    assert blocks_that_move(vae, tokens, columns, changed) == moved


def test_the_group_moves_the_logits_through_the_latents_only(columns):
    """With an encoder that is blind, rows of another group have the same logits."""
    blind = tiny_vae()
    blind.tokenizer.embedding.weight.zero_()
    made = []
    for changed in (None, 0, 1):
        rows = columns.clone()
        if changed is not None:
            rows[:, changed] = (rows[:, changed] + 1) % BLOCK_SIZES[changed]
        with seeded(0):
            made.append(blind(rows).logits)
    assert made[1].equal(made[0])
    assert not made[2].allclose(made[0])


def test_what_is_not_seen_moves_nothing(vae, tokens, columns):
    nothing = torch.zeros_like(columns).bool()
    logits = vae.detokenize(tokens, columns, nothing)
    assert vae.detokenize(tokens, (columns * 0), nothing).allclose(logits)


def test_every_latent_moves_every_column(vae, columns):
    latents = torch.zeros(N_ROWS, 4, 2)
    logits = vae.detokenize(vae.decode(latents), columns, all_seen(columns))
    for column in range(4):
        moved = latents.clone()
        moved[:, column] += 1
        after = vae.detokenize(vae.decode(moved), columns, all_seen(columns))
        for a, b in zip(
            logits.split(BLOCK_SIZES, 1), after.split(BLOCK_SIZES, 1), strict=True
        ):
            assert not a.allclose(b, atol=1e-5)


def test_the_encoder_reads_every_column(vae, columns):
    mean, _ = vae.encode(columns)
    for column, size in enumerate(BLOCK_SIZES):
        other = columns.clone()
        other[:, column] = (other[:, column] + 1) % size
        assert not vae.encode(other)[0].allclose(mean, atol=1e-5)


def test_rows_do_not_read_each_other(vae, columns):
    whole = vae.encode(columns)[0]
    alone = torch.cat([vae.encode(row)[0] for row in columns.split(1)])
    assert alone.allclose(whole, atol=1e-5)


def test_three_quarters_of_the_rows_are_seen_whole_but_for_the_group(vae):
    with seeded(0):
        seen = vae.draw_seen(torch.zeros(20_000, 7, dtype=torch.long))
    assert not seen[:, 0].any()
    # the others: each number of columns from 0 to 6 alike often
    share = seen[:, 1:].all(1).float().mean().item()
    assert share == pytest.approx(0.75 + 0.25 / 7, abs=0.02)
    assert (~seen).all(1).float().mean().item() == pytest.approx(0.25 / 7, abs=0.01)


def test_written_rows_are_as_frequent_as_their_logits_say(vae):
    n = 40_000
    latents = torch.full((n, 4, 2), 0.4)
    group, label = torch.ones(2, n, dtype=torch.long)
    stream = torch.Generator().manual_seed(0)
    written = vae.write(latents, group, label, stream)
    assert written[:, :2].eq(1).all()
    rows, counts = written.unique(dim=0, return_counts=True)
    seen = all_seen(rows)
    seen[:, 0] = False
    logits = vae.detokenize(vae.decode(latents[: len(rows)]), rows, seen)
    nats = column_nll(logits, rows, vae.block_sizes)
    expected = (-nats[:, 2:].sum(1)).exp()
    assert (counts / n).allclose(expected, atol=0.01)


def test_kl_to_normal():
    with seeded(0):
        mean, log_variance = torch.randn(2, 5, 3, 4)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0, 1))
    assert kl_to_normal(mean, log_variance).allclose(expected.sum(2))


def test_kl_to_uniform():
    logits = torch.tensor([[2.0, 2, 2], [1000, 0, 0]])
    expected = torch.tensor([0, math.log(3)])
    assert kl_to_uniform(logits).allclose(expected, atol=1e-6)


def test_group_logits(vae):
    logits = torch.arange(14.0)[None]
    assert vae.group_logits(logits).equal(torch.tensor([[0.0, 1.0]]))


def test_heads_have_to_divide_the_width():
    with pytest.raises(ValueError, match="n_heads=3 does not divide width=8"):
        TokenTransformer(4, 8, 1, 3)
