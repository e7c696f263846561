"""Every logit of a masked network sees what comes before it, and nothing else."""

import pytest
import torch
import torch.nn.functional as F
from small_nets import (
    all_rows,
    as_bags,
    block_net,
    code_net,
    log_odds_of_rows,
    log_odds_of_sets,
)

from fairsample.autoregressive import MaskedAutoregressiveNet

NETS = {
    f"{kind}-{n_blocks}-residual-{context}-context": (kind, n_blocks, context)
    for kind in ("codes", "blocks")
    for n_blocks in (0, 1, 3)
    for context in (0, 4)
}
BLOCK_SIZES = [2, 3, 1, 4]


def make_net(kind, n_blocks, context):
    if kind == "codes":
        net = code_net(6, n_blocks=n_blocks, context_features=context)
    else:
        net = block_net(BLOCK_SIZES, n_blocks=n_blocks, context_features=context)
    return net.double()


@pytest.fixture(params=NETS.values(), ids=NETS)
def net(request):
    return make_net(*request.param)


def random_context(net, n, seed=0):
    if not hasattr(net, "context_to_hidden"):
        return None
    generator = torch.Generator().manual_seed(seed)
    width = net.context_to_hidden.in_features
    return torch.randn(n, width, generator=generator, dtype=torch.float64)


def random_sets(net, n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.rand(n, len(net.code_degrees), generator=generator) < 0.5
    return [torch.where(row)[0].tolist() for row in chosen]


def with_code_switched(sets, code):
    return [sorted({*chosen} ^ {code}) for chosen in sets]


def test_codes_move_later_logits_only(net):
    sets, context = random_sets(net, 200), random_context(net, 200)
    degrees, before = net.code_degrees, net(*as_bags(sets), context)
    for code in range(len(degrees)):
        after = net(*as_bags(with_code_switched(sets, code)), context)
        moved = (after != before).any(0)
        assert moved.tolist() == (degrees > degrees[code]).tolist()


def test_jacobian_by_the_codes_present_is_strictly_triangular(net):
    contexts = random_context(net, 60)
    embedding, blocks, readout = net.masked_weights()

    def logits(present):
        hidden = present @ embedding + net.hidden_bias
        if context is not None:
            hidden = hidden + net.context_to_hidden(context)
        for block, weight in zip(net.blocks, blocks, strict=True):
            hidden = hidden + F.linear(F.relu(hidden), weight, block.bias)
        found = F.linear(F.relu(hidden), readout, net.readout.bias)
        return found if context is None else found + net.context_to_code(context)

    present = torch.zeros(len(net.code_degrees), dtype=torch.float64)
    jacobian = torch.zeros(len(present), len(present), dtype=torch.float64)
    for row, chosen in enumerate(random_sets(net, 60)):
        context = None if contexts is None else contexts[row]
        present.zero_()[chosen] = 1
        own = None if contexts is None else contexts[[row]]
        torch.testing.assert_close(logits(present), net(*as_bags([chosen]), own)[0])
        jacobian += torch.autograd.functional.jacobian(logits, present).abs()
    sees = net.code_degrees[:, None] > net.code_degrees[None, :]
    assert ((jacobian > 0) == sees).all()


@pytest.mark.parametrize("kind", ["codes", "blocks"])
@pytest.mark.parametrize("n_blocks", [0, 1, 3])
def test_context_moves_every_logit(kind, n_blocks):
    net = make_net(kind, n_blocks, context=4)
    sets, context = random_sets(net, 30), random_context(net, 30)
    before = net(*as_bags(sets), context)
    after = net(*as_bags(sets), random_context(net, 30, seed=1))
    assert (before != after).all()


def test_rows_do_not_see_each_other(net):
    sets, context = random_sets(net, 30), random_context(net, 30)
    together = net(*as_bags(sets), context)
    for row in (0, 7, 29):
        own = None if context is None else context[[row]]
        torch.testing.assert_close(net(*as_bags([sets[row]]), own)[0], together[row])


def test_odds_of_all_sets_sum_to_one():
    for n_blocks in (0, 2):
        net = make_net("codes", n_blocks, 4)
        log_odds = log_odds_of_sets(net, random_context(net, 1))
        assert float(log_odds.exp().sum()) == pytest.approx(1, abs=1e-12)
        assert float(log_odds.exp().max()) < 0.5


def test_odds_of_all_rows_sum_to_one():
    for n_blocks in (0, 2):
        net = make_net("blocks", n_blocks, 0)
        log_odds = log_odds_of_rows(net, BLOCK_SIZES)
        assert len(log_odds) == len(all_rows(BLOCK_SIZES)) == 24
        assert float(log_odds.sum(1).exp().sum()) == pytest.approx(1, abs=1e-12)


def test_forbidden_weights_never_learn(net):
    """What the mask hides has no gradient; what it shows is the weight itself."""
    masked = net.masked_weights()
    context = random_context(net, 30)
    net.requires_grad_()
    net(*as_bags(random_sets(net, 30)), context).square().sum().backward()
    codes, hidden = net.code_degrees, net.hidden_degrees
    pairs = [
        (net.embedding, masked[0], codes[:, None] < hidden[None, :]),
        (net.readout.weight, masked[2], codes[:, None] >= hidden[None, :]),
    ]
    for block, shown in zip(net.blocks, masked[1], strict=True):
        pairs.append((block.weight, shown, hidden[:, None] >= hidden[None, :]))
    for weight, shown, allowed in pairs:
        assert (~allowed).any()
        assert shown[~allowed].eq(0).all()
        assert shown[allowed].equal(weight[allowed])
        assert weight.grad[~allowed].eq(0).all()
        assert weight.grad[allowed].ne(0).any()


def test_rows_without_codes():
    net = code_net(6, context_features=0)
    empty = torch.empty(0, dtype=torch.long)
    nothing = net(empty, torch.tensor([0, 0]))
    mixed = net(*as_bags([[], [2, 4], []]))
    torch.testing.assert_close(nothing[0], nothing[1])
    torch.testing.assert_close(mixed[[0, 2]], nothing)
    assert not torch.allclose(mixed[1], nothing[0])


def test_dropout_rests_in_evaluation():
    net = block_net([3, 3, 3], n_blocks=1, dropout=0.5)
    bags = as_bags([[0, 3, 6], [1, 4, 8]])
    assert net(*bags).equal(net(*bags))
    net.train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        assert not net(*bags).equal(net(*bags))


@pytest.mark.parametrize("n_columns", [4, 30])
def test_embedded_rows_start_with_unit_variance(n_columns):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = MaskedAutoregressiveNet(
            torch.arange(n_columns).repeat_interleave(5), torch.zeros(4000)
        )
    rows = net.embedding.detach().view(n_columns, 5, 4000)[:, 2].sum(0)
    assert float(rows.var()) == pytest.approx(1, abs=0.1)


class TestKeptWeights:
    def test_passes_and_gradients_are_the_same_to_the_bit(self, net):
        net.requires_grad_()
        codes, offsets = as_bags(random_sets(net, 9))
        context = random_context(net, 9)

        def gradients():
            first = net(codes, offsets, context)
            loss = (first * net(codes, offsets, context).sigmoid()).sum()
            return first, *torch.autograd.grad(loss, [*net.parameters()])

        alone = gradients()
        with net.weights_kept():
            kept = gradients()
        assert all(a.equal(b) for a, b in zip(alone, kept, strict=True))

    def test_weights_are_read_anew_after_the_block(self, net):
        codes, offsets = as_bags(random_sets(net, 9))
        context = random_context(net, 9)
        with pytest.raises(KeyError), net.weights_kept():
            before = net(codes, offsets, context)
            raise KeyError
        with torch.no_grad():
            net.readout.weight += 1
        assert not net(codes, offsets, context).equal(before)
