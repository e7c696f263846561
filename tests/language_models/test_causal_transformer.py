"""Every column is written from those before it, with and without a cache."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from tiny_generators import all_columns, random_columns

from fairsample.autoregressive import column_nll
from fairsample.language_models import causal_transformer
from fairsample.language_models.causal_transformer import N_WAVES, CausalTransformer
from fairsample.training.seeding import seeded

BLOCK_SIZES = [2, 3, 1, 4]
N_LEVELS = sum(BLOCK_SIZES)
STARTS = np.r_[0, np.cumsum(BLOCK_SIZES)]
NO_ORDER = float("nan")
RANKS = [*[NO_ORDER] * 2, 0.2, 0.5, 0.8, NO_ORDER, 0.1, 0.4, 0.8, NO_ORDER]


def make_module(spread=0.3, **options):
    with seeded(0), torch.no_grad():
        module = CausalTransformer(
            BLOCK_SIZES, level_ranks=RANKS, embedding=8, n_heads=2, **options
        )
        for parameter in module.parameters():
            parameter += spread * torch.randn_like(parameter)
    return module.double().eval().requires_grad_(False)


@pytest.fixture(scope="module")
def module():
    return make_module()


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def block(column):
    return slice(STARTS[column], STARTS[column + 1])


def share_of_rows(module):
    """Probability of each row that can be written: (n_rows,)."""
    rows = all_columns(BLOCK_SIZES)
    return rows, (-column_nll(module(rows), rows, BLOCK_SIZES).sum(1)).exp()


@pytest.mark.parametrize("column", [0, 1, 3])
def test_logits_see_earlier_columns_only(module, column):
    rows = random_columns(50, BLOCK_SIZES)
    other = rows.clone()
    other[:, column] = (other[:, column] + 1) % BLOCK_SIZES[column]
    before, after = module(rows), module(other)
    for later in range(len(BLOCK_SIZES)):
        same = (before[:, block(later)] == after[:, block(later)]).all(1)
        assert same.all() if later <= column else not same.any()


def test_rows_are_independent_of_each_other(module):
    rows = random_columns(6, BLOCK_SIZES)
    alone = torch.cat([module(row[None]) for row in rows])
    torch.testing.assert_close(module(rows), alone)


def test_probabilities_of_all_rows_sum_to_one(module):
    assert float(share_of_rows(module)[1].sum()) == pytest.approx(1)


@pytest.mark.parametrize("n_given", range(4))
def test_cached_odds_are_the_teacher_forced_ones(module, monkeypatch, n_given):
    rows, used = random_columns(40, BLOCK_SIZES, seed=3), []

    def replay(logits, generator):
        used.append(logits.softmax(1))
        return rows[:, n_given + len(used) - 1]

    monkeypatch.setattr(causal_transformer, "draw_codes", replay)
    written = module.write(rows[:, :n_given], 4, generator())
    assert written.equal(rows)
    logits = module(rows)
    for column, odds in enumerate(used, start=n_given):
        expected = logits[:, block(column)].softmax(1)
        torch.testing.assert_close(odds, expected)
    assert len(used) == 4 - n_given


def test_rows_are_written_as_often_as_they_are_likely(module):
    rows, shares = share_of_rows(module)
    written = module.write(torch.empty(20_000, 0, dtype=torch.long), 4, generator())
    counts = (written[:, None] == rows).all(2).sum(0).numpy()
    assert counts.sum() == 20_000
    assert chisquare(counts, 20_000 * shares.numpy()).pvalue > 0.001


def test_columns_after_the_last_wanted_are_not_written(module):
    given = random_columns(5, BLOCK_SIZES)[:, :1]
    written = module.write(given, 2, generator())
    assert written.shape == (5, 2)
    assert written[:, :1].equal(given)
    assert module.write(written, 2, generator()).equal(written)


def test_training_starts_at_the_frequencies():
    counts = [30, 10, 0, 5, 5, 7, 1, 1, 1, 97]
    module = make_module(spread=0.0, level_counts=counts)
    module.readout.own.zero_()
    logits = module(random_columns(3, BLOCK_SIZES))
    for column in range(4):
        expected = np.array(counts[block(column)]) + 0.5
        expected = np.tile(expected / expected.sum(), (3, 1))
        found = logits[:, block(column)].softmax(1).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_levels_with_an_order_lie_on_curves(module):
    vectors = module.embedding() - module.embedding.own
    ranked = ~torch.tensor(RANKS).isnan()
    assert vectors[ranked].any(1).all()
    assert not vectors[~ranked].any()
    first, second = vectors[2], 0
    for k in range(N_WAVES):
        wave = (2 / (k + 1)) ** 0.5 * np.cos(np.pi * (k + 1) * 0.2)
        second = second + wave * module.embedding.curves[1, k]
    torch.testing.assert_close(first, second, rtol=0, atol=1e-5)


def test_without_any_order_there_is_no_curve():
    with seeded(0):
        module = CausalTransformer([2, 2], embedding=8)
    assert module.embedding.curves.numel() == 0
    assert module(torch.tensor([[0, 1]])).shape == (1, 4)


def test_weights_hold_nothing_that_sizes_tell():
    names = {name for name, _ in make_module().named_parameters()}
    assert set(make_module().state_dict()) == names
