"""BlockSampler draws what the teacher-forced logits say."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from small_nets import all_rows, as_bags, block_net, log_odds_of_rows

from fairsample.autoregressive import BlockSampler, draw_codes

BLOCK_SIZES = [3, 2, 4, 1, 2]
N_ROWS = 100_000
UNLIKELY = 1e-4  # a p-value that a correct sampler hardly ever falls below


@pytest.fixture(params=[0, 1, 3], ids=lambda n: f"{n} residual")
def net(request):
    return block_net(BLOCK_SIZES, n_blocks=request.param)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def nothing_given(n):
    return torch.empty(n, 0, dtype=torch.long)


def counts_of(rows):
    """How often each of `all_rows` was drawn."""
    number = np.ravel_multi_index(rows.T.numpy(), BLOCK_SIZES)
    return np.bincount(number, minlength=len(all_rows(BLOCK_SIZES)))


def p_value(counts, probabilities):
    probabilities = probabilities.double().numpy()
    expected = counts.sum() * probabilities / probabilities.sum()
    common = expected > 5
    assert common.sum() > 1
    counts, expected = (
        np.append(rows[common], rows[~common].sum()) for rows in (counts, expected)
    )
    return chisquare(counts + 1e-9, expected + 1e-9).pvalue


@pytest.mark.parametrize("temperature", [0.7, 1.0, 2.0])
def test_all_rows_come_as_often_as_their_logits_say(net, temperature):
    drawn = BlockSampler(net, BLOCK_SIZES).draw(
        nothing_given(N_ROWS), N_ROWS, generator(), temperature
    )
    log_odds = log_odds_of_rows(net, BLOCK_SIZES, temperature).sum(1)
    assert p_value(counts_of(drawn), log_odds.exp()) > UNLIKELY


def test_this_would_notice_a_wrong_temperature():
    net = block_net(BLOCK_SIZES)
    drawn = BlockSampler(net, BLOCK_SIZES).draw(
        nothing_given(N_ROWS), N_ROWS, generator(), 1.1
    )
    log_odds = log_odds_of_rows(net, BLOCK_SIZES).sum(1)
    assert p_value(counts_of(drawn), log_odds.exp()) < UNLIKELY


@pytest.mark.parametrize("given", [[2], [1, 0], [0, 1, 3]])
def test_given_blocks_stay_and_the_others_follow_them(net, given):
    wanted = torch.tensor(given).expand(N_ROWS, -1)
    drawn = BlockSampler(net, BLOCK_SIZES).draw(wanted, N_ROWS, generator())
    assert drawn[:, : len(given)].equal(wanted)
    rows = all_rows(BLOCK_SIZES)
    agrees = (rows[:, : len(given)] == torch.tensor(given)).all(1)
    log_odds = log_odds_of_rows(net, BLOCK_SIZES)[agrees, len(given) :].sum(1)
    assert float(log_odds.exp().sum()) == pytest.approx(1, abs=1e-5)
    assert p_value(counts_of(drawn)[agrees.numpy()], log_odds.exp()) > UNLIKELY


def test_each_row_follows_what_is_given_for_it(net):
    wanted = all_rows(BLOCK_SIZES[:2]).repeat(20_000, 1)
    drawn = BlockSampler(net, BLOCK_SIZES).draw(wanted, len(wanted), generator())
    assert drawn[:, :2].equal(wanted)
    log_odds = log_odds_of_rows(net, BLOCK_SIZES)[:, 2:].sum(1)
    assert p_value(counts_of(drawn), log_odds.exp()) > UNLIKELY


def test_everything_given(net):
    rows = all_rows(BLOCK_SIZES)
    assert BlockSampler(net, BLOCK_SIZES).draw(rows, len(rows), generator()).equal(rows)


def test_cold_draws_are_the_likeliest_codes(net):
    drawn = BlockSampler(net, BLOCK_SIZES).draw(
        nothing_given(50), 50, generator(), temperature=1e-4
    )
    log_odds = log_odds_of_rows(net, BLOCK_SIZES, temperature=1e-4).sum(1)
    assert drawn.equal(all_rows(BLOCK_SIZES)[log_odds.argmax()].expand(50, -1))


def test_one_generator_one_stream(net):
    sampler = BlockSampler(net, BLOCK_SIZES)
    stream = generator(1)
    first, second = (sampler.draw(nothing_given(99), 99, stream) for _ in range(2))
    assert not first.equal(second)
    assert sampler.draw(nothing_given(99), 99, generator(1)).equal(first)


def test_no_rows(net):
    drawn = BlockSampler(net, BLOCK_SIZES).draw(nothing_given(0), 0, generator())
    assert drawn.shape == (0, len(BLOCK_SIZES))


def test_rows_follow_their_context():
    sizes = [3, 2]
    net = block_net(sizes, n_blocks=1, context_features=2)
    contexts = torch.tensor([[2.0, -1.0], [-1.0, 1.0]])
    rows = all_rows(sizes)
    codes, offsets = as_bags((rows + torch.tensor([0, 3])).tolist())
    for context in contexts:
        drawn = BlockSampler(net, sizes).draw(
            nothing_given(N_ROWS),
            N_ROWS,
            generator(),
            context=context.expand(N_ROWS, -1),
        )
        logits = net(codes, offsets, context.expand(len(rows), -1))
        log_odds = sum(
            block.log_softmax(1).gather(1, rows[:, [j]])[:, 0]
            for j, block in enumerate(logits.split(sizes, dim=1))
        )
        counts = np.bincount(2 * drawn[:, 0] + drawn[:, 1], minlength=6)
        assert p_value(counts, log_odds.exp()) > UNLIKELY


class TestDrawCodes:
    def test_as_often_as_their_odds_say(self):
        odds = torch.tensor([0.0625, 0.0, 0.5625, 0.375])
        drawn = draw_codes(odds.log().expand(N_ROWS, -1), generator())
        counts = drawn.bincount(minlength=4)
        assert counts[1] == 0
        assert chisquare(counts[odds > 0], N_ROWS * odds[odds > 0]).pvalue > UNLIKELY

    def test_a_net_that_has_diverged(self):
        with pytest.raises(ValueError, match="diverged.*lower learning_rate"):
            draw_codes(torch.tensor([[0.0, torch.nan]]), generator())

    def test_no_code_without_odds_at_either_end(self, monkeypatch):
        odds = torch.tensor([[0.0, 0.3, 0.7, 0.0]]).expand(2, -1)
        ends = torch.tensor([[0.0], [1.0]])  # 1 is what rounding can make of a draw
        monkeypatch.setattr(torch, "rand", lambda *_, **__: ends)
        assert draw_codes(odds.log(), generator()).tolist() == [1, 2]


def test_unseen_codes_move_nothing(net):
    given = torch.arange(3).repeat(2000)[:, None]
    drawn = BlockSampler(net, BLOCK_SIZES, n_unseen=3).draw(given, 6000, generator())
    again = BlockSampler(net, BLOCK_SIZES, n_unseen=3).draw(
        torch.zeros_like(given), 6000, generator()
    )
    assert drawn[:, 0].equal(given[:, 0])
    assert drawn[:, 1:].equal(again[:, 1:])
