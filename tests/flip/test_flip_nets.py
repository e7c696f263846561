"""What the two nets are trained on, and with which weights."""

import math

import pytest
import torch
from small_table import TINY, mixed_table

from fairsample.autoregressive import column_nll
from fairsample.fairsynth.record_encoder import fit_encoder
from fairsample.flip.alignment_penalty import AlignmentPenalty
from fairsample.flip.latent_rows import LatentRows, encode_rows
from fairsample.flip.network_fitting import (
    align_network,
    count_free_nats,
    fit_plain_network,
    make_vae,
    restore_network,
)
from fairsample.flip.vae import kl_to_normal, kl_to_uniform
from fairsample.training.records import Records
from fairsample.training.seeding import seeded


@pytest.fixture(scope="module")
def table():
    """Levels of all rows, and the sizes of the columns."""
    frame, group, label = mixed_table()
    encoder = fit_encoder(frame, group)
    columns = encoder.encode(frame, group, label).columns
    return columns, [2, 2, *encoder.module_sizes()["block_sizes"]]


@pytest.fixture
def net(table):
    with seeded(0):
        return make_vae(TINY, table[1], [], 0).initialize()


def loss_parts(net, batch):
    with torch.no_grad(), seeded(0):
        made = net.infer(batch)
        loss = net.get_loss(made, None, X=batch, training=True)
    nats = column_nll(made.logits, batch.columns, net.module_.block_sizes)
    rates = kl_to_normal(made.mean, made.log_variance).mean(0)
    return made, nats, rates, float(loss)


def test_loss_is_nats_and_what_the_latents_hold_above_what_is_free(net, table):
    batch = Records(table[0]).batch(torch.arange(50))
    _, nats, rates, loss = loss_parts(net, batch)
    free = rates + torch.arange(len(rates)) - 2
    net.set_params(free_nats=free.tolist())
    _, _, _, freed = loss_parts(net, batch)
    assert loss == pytest.approx(float(nats.sum(1).mean() + rates.sum()), rel=1e-5)
    assert freed == pytest.approx(float(nats.sum(1).mean() + 2 + 1), rel=1e-5)


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_in_the_alignment_phase_the_group_is_hidden_instead(net, table, share):
    batch = Records(table[0]).batch(torch.arange(50))
    plain = loss_parts(net, batch)[3]
    with net.alignment_phase(lambda module: torch.tensor(7.0), share):
        made, nats, rates, loss = loss_parts(net, batch)
    hidden = kl_to_uniform(net.module_.group_logits(made.logits))
    group = (1 - share) * nats[:, 0] + share * hidden
    expected = (group + nats[:, 1:].sum(1)).mean() + rates.sum() + 7
    assert loss == pytest.approx(float(expected), rel=1e-5)
    assert loss_parts(net, batch)[3] == plain


def test_a_rows_loss_reads_no_other_row(net, table):
    """Private training may clip it row by row."""
    columns = table[0][:4]
    other = columns.clone()
    other[0, 2:] = (other[0, 2:] + 1) % torch.tensor(table[1][2:])
    rows = []
    for given in (columns, other):
        with torch.no_grad(), seeded(0):
            made = net.infer(Records(given).batch(torch.arange(4)))
        rows.append(column_nll(made.logits, given, net.module_.block_sizes).sum(1))
    assert rows[0][1:].allclose(rows[1][1:], atol=1e-5)
    assert not rows[0][0].allclose(rows[1][0])


def test_free_nats_are_a_share_of_the_entropy():
    group, fair, constant = torch.arange(8) // 4, torch.arange(8) % 4, torch.zeros(8)
    free = count_free_nats(torch.stack([group, fair, constant], 1), 0.5)
    assert free[0] > 1 + math.log(2)
    assert free[1:] == pytest.approx([math.log(4) / 2, 0])


def test_latents_are_drawn_from_each_rows_posterior():
    mean = torch.arange(6.0).view(3, 2)
    rows = LatentRows(mean, 0.1 * mean, torch.zeros(3), torch.ones(3))
    with seeded(0):
        batch = rows.batch(torch.ones(20_000, dtype=torch.long))
    assert batch.latents.mean(0).allclose(mean[1], atol=0.01)
    assert batch.latents.std(0).allclose(0.1 * mean[1], atol=0.01)
    assert batch.label.eq(1).all() and batch.group.eq(0).all()


def test_moments_are_those_of_drawn_latents():
    with seeded(0):
        mean, std = (
            torch.randn(5000, 3) * torch.tensor([1.0, 2, 0]),
            torch.rand(5000, 3),
        )
        rows = LatentRows(mean, std, torch.zeros(5000), torch.zeros(5000))
        drawn = rows.batch(torch.arange(5000).repeat(20)).latents
    centre, spread = rows.moments()
    assert centre.allclose(drawn.mean(0), atol=0.02)
    assert spread.allclose(drawn.std(0), rtol=0.02)


def test_rows_are_encoded_in_chunks_alike(net, table):
    whole, parts = (encode_rows(net.module_, table[0], size) for size in (1000, 37))
    assert whole.mean.allclose(parts.mean, atol=1e-5)
    assert whole.std.allclose(parts.std, atol=1e-5)
    assert whole.label.equal(table[0][:, 1])


def test_both_losses_fall(table):
    columns, sizes = table
    settings = TINY._replace(max_epochs=8, denoiser_epochs=8)
    state = fit_plain_network(columns.numpy(), sizes, settings, 0)
    for part in state.values():
        losses = [epoch["train_loss"] for epoch in part["history"]]
        assert len(losses) == 8
        assert losses[-1] < losses[0]


def test_the_penalty_draws_groups_alike_often_and_moves_the_encoder(net, table):
    columns = table[0]
    rare = torch.cat([columns[columns[:, 0] == 0], columns[columns[:, 0] == 1][:5]])
    penalty = AlignmentPenalty(net.module_, rare, 2.0, rows_per_group=30)
    with seeded(0):
        assert rare[penalty.draw_rows(), 0].bincount().tolist() == [30, 30]
        penalty(net.module_).backward()
    moved = net.module_.to_posterior.weight.grad
    assert moved.isfinite().all() and moved.abs().sum() > 0
    assert all(not p.requires_grad for p in penalty.anchor.parameters())


def test_the_penalty_is_an_anchor_plus_weight_times_misalignment(net, table):
    losses = []
    for weight in (0.0, 1.0, 3.0):
        with seeded(0), torch.no_grad():
            losses.append(
                float(AlignmentPenalty(net.module_, table[0], weight)(net.module_))
            )
    assert losses[0] < 0.5
    assert losses[1] > losses[0]
    assert losses[2] - losses[0] == pytest.approx(3 * (losses[1] - losses[0]), rel=1e-3)


@pytest.mark.parametrize("n_groups", [1, 3])
def test_the_penalty_takes_any_number_of_groups(n_groups):
    with seeded(0):
        net = make_vae(TINY, [n_groups, 2, 3], [], 0).initialize()
        columns = torch.stack([torch.arange(60) % size for size in (n_groups, 2, 3)], 1)
        loss = AlignmentPenalty(net.module_, columns, 1.0, rows_per_group=8)(
            net.module_
        )
    assert loss.isfinite()


def test_alignment_changes_both_nets_and_not_the_state_it_began_with(table):
    columns, sizes = table
    state = fit_plain_network(columns.numpy(), sizes, TINY, 0)
    before = {
        k: v["weights"]["encoder.norm.weight" if k == "vae" else "enter.weight"].copy()
        for k, v in state.items()
    }
    aligned = align_network(state, columns.numpy(), sizes, TINY, 4.0, 0)
    for name, key in (("vae", "encoder.norm.weight"), ("denoiser", "enter.weight")):
        assert (state[name]["weights"][key] == before[name]).all()
        assert (aligned[name]["weights"][key] != before[name]).any()


def test_a_restored_network_is_the_one_that_was_trained(table):
    columns, sizes = table
    state = fit_plain_network(columns.numpy(), sizes, TINY, 0)
    vae, denoiser = restore_network(state, sizes, TINY)
    assert not denoiser.module_.centre.eq(0).all()
    mean, _ = vae.module_.encode(columns[:3])
    again = restore_network(state, sizes, TINY)[0].module_.encode(columns[:3])[0]
    assert mean.equal(again)
