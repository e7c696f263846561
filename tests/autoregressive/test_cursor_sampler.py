"""CursorSampler draws what a loop over all codes, one full pass each, would draw."""

import numpy as np
import pytest
import torch
from scipy.stats import chi2_contingency, chisquare
from small_nets import code_net, log_odds_of_sets

from fairsample.autoregressive import CursorSampler

N_CODES = 5
N_ROWS = 100_000
UNLIKELY = 1e-4  # a p-value that a correct sampler hardly ever falls below


@pytest.fixture(scope="module")
def net():
    return code_net(N_CODES)


@pytest.fixture(scope="module")
def contexts():
    return torch.randn(4, 3, generator=generator(7))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def number_of_sets(row, code, n):
    """Which of `all_sets` each row has."""
    number = torch.zeros(n, dtype=torch.long)
    return number.index_add(0, row, 2**code).numpy()


def counts_of_sets(row, code, n):
    return np.bincount(number_of_sets(row, code, n), minlength=2**N_CODES)


def reference_loop(net, context, uniform, temperature=1.0, first=False):
    """Draw code by code, with a full pass through the network for each."""
    present = torch.zeros_like(uniform, dtype=torch.bool)
    with torch.no_grad():
        for code in range(present.shape[1]):
            row, chosen = torch.where(present)
            offsets = torch.searchsorted(row, torch.arange(len(present)))
            odds = (net(chosen, offsets, context)[:, code] / temperature).sigmoid()
            present[:, code] = uniform[:, code] < odds
            if first and code == 0:
                present[:, 0] = True
    return torch.where(present)


@pytest.mark.parametrize(
    ("window", "temperature"),
    [(1, 1.0), (2, 1.0), (3, 1.0), (N_CODES, 1.0), (256, 1.0), (2, 0.6), (256, 1.8)],
)
def test_all_sets_come_as_often_as_their_logits_say(net, contexts, window, temperature):
    each = N_ROWS // len(contexts)
    row, code = CursorSampler(net, window).draw(
        contexts.repeat_interleave(each, 0), generator(), temperature
    )
    for number, context in enumerate(contexts):
        of_context = row // each == number
        counts = counts_of_sets(row[of_context] % each, code[of_context], each)
        odds = log_odds_of_sets(net, context, temperature).exp().double()
        assert chisquare(counts, each * odds / odds.sum()).pvalue > UNLIKELY


@pytest.mark.parametrize("window", [2, N_CODES])
@pytest.mark.parametrize("first", [False, True])
def test_same_distribution_as_the_reference_loop(net, contexts, window, first):
    context = contexts.repeat(N_ROWS // len(contexts), 1)
    fast = CursorSampler(net, window).draw(context, generator(), first=first)
    uniform = torch.rand(N_ROWS, N_CODES, generator=generator(1))
    plain = reference_loop(net, context, uniform, first=first)
    counts = np.array([counts_of_sets(*found, N_ROWS) for found in (fast, plain)])
    counts = counts[:, counts.sum(0) > 0]
    assert counts.shape[1] == 2 ** (N_CODES - first)
    assert chi2_contingency(counts).pvalue > UNLIKELY


def test_this_would_notice_codes_that_ignore_each_other(net, contexts):
    context = contexts[:1].expand(N_ROWS, -1)
    row, code = CursorSampler(net).draw(context, generator())
    counts = counts_of_sets(row, code, N_ROWS)
    present = np.arange(2**N_CODES)[:, None] >> np.arange(N_CODES) & 1
    rates = counts @ present / N_ROWS
    independent = np.where(present, rates, 1 - rates).prod(1)
    assert chisquare(counts, N_ROWS * independent).pvalue < UNLIKELY


@pytest.mark.parametrize(("window", "first"), [(1, False), (37, True), (200, False)])
def test_a_wide_vocabulary_with_the_same_luck(window, first):
    """Given the same uniform numbers, loop and cursor find the very same codes."""
    net = code_net(200, units_per_code=1, context_features=8)
    with torch.no_grad():
        net.readout.bias -= 3
    context = torch.randn(40, 8, generator=generator(3))
    row, code = CursorSampler(net, window).draw(context, generator(), 1.3, first)
    uniform = torch.rand(40, 200, generator=generator())
    plain = reference_loop(net, context, uniform, 1.3, first)
    assert len(plain[0]) > 40 * 10
    order = torch.argsort(row * 200 + code)
    assert torch.stack([row, code])[:, order].equal(torch.stack(plain))


def test_codes_of_a_row_come_sorted_and_once(net, contexts):
    row, code = CursorSampler(net, 2).draw(contexts.repeat(500, 1), generator())
    for number in range(2000):
        codes = code[row == number].tolist()
        assert codes == sorted(set(codes))


def test_first_code_can_be_given(net, contexts):
    with torch.no_grad():
        never = code_net(N_CODES)
        never.readout.bias[0] = -30
    row, code = CursorSampler(never).draw(contexts, generator(), first=True)
    assert row[code == 0].sort()[0].tolist() == [0, 1, 2, 3]
    _, code = CursorSampler(never).draw(contexts, generator())
    assert 0 not in code


@pytest.mark.parametrize("window", [2, 256])
def test_all_codes_or_none(contexts, window):
    net = code_net(N_CODES)
    with torch.no_grad():
        net.readout.bias[:] = 60
        row, code = CursorSampler(net, window).draw(contexts, generator())
        assert len(code) == 4 * N_CODES
        assert row.bincount().tolist() == [N_CODES] * 4
        net.readout.bias[:] = -60
        row, code = CursorSampler(net, window).draw(contexts, generator())
    assert len(row) == len(code) == 0
    assert row.dtype == code.dtype == torch.long


def test_no_rows(net):
    row, code = CursorSampler(net).draw(torch.empty(0, 3), generator())
    assert len(row) == len(code) == 0


def test_one_generator_one_stream(net, contexts):
    sampler, stream = CursorSampler(net), generator(1)
    context = contexts.repeat(50, 1)
    first, second = (torch.stack(sampler.draw(context, stream)) for _ in range(2))
    assert first.shape != second.shape or not first.equal(second)
    assert torch.stack(sampler.draw(context, generator(1))).equal(first)


def test_neither_context_nor_network_is_changed(net, contexts):
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    context = contexts.clone()
    CursorSampler(net, 2).draw(context, generator())
    assert context.equal(contexts)
    assert all(before[name].equal(now) for name, now in net.state_dict().items())


def test_residual_layers_are_refused():
    with pytest.raises(ValueError, match="without residual layers"):
        CursorSampler(code_net(N_CODES, n_blocks=1))
