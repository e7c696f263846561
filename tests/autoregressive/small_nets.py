"""Small masked networks with uneven odds, and all that they can write."""

from itertools import product

import torch

from fairsample.autoregressive import MaskedAutoregressiveNet
from fairsample.training.seeding import seeded


def code_net(n_codes, *, context_features=3, units_per_code=4, seed=0, **options):
    """A head over single codes, some of whose hidden units read nothing."""
    return _uneven_net(
        torch.arange(n_codes),
        torch.arange(n_codes).repeat_interleave(units_per_code),
        seed,
        context_features=context_features,
        **options,
    )


def block_net(block_sizes, *, units_per_block=4, seed=0, **options):
    """A head over blocks of exclusive codes."""
    blocks = torch.arange(len(block_sizes))
    return _uneven_net(
        blocks.repeat_interleave(torch.as_tensor(block_sizes)),
        blocks.repeat_interleave(units_per_block),
        seed,
        **options,
    )


def _uneven_net(code_degrees, hidden_degrees, seed, **options):
    with seeded(seed), torch.no_grad():
        net = MaskedAutoregressiveNet(code_degrees, hidden_degrees, **options)
        for parameter in net.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return net.eval().requires_grad_(False)


def as_bags(sets):
    """Lay sets of codes end to end: codes and offsets."""
    lengths = torch.tensor([0, *map(len, sets)])
    codes = torch.tensor([code for chosen in sets for code in chosen], dtype=torch.long)
    return codes, lengths.cumsum(0)[:-1]


def all_sets(n_codes):
    """All sets of codes; set number i holds code c if bit c of i is set."""
    return [
        [code for code in range(n_codes) if number >> code & 1]
        for number in range(2**n_codes)
    ]


def log_odds_of_sets(net, context, temperature=1.0):
    """Log-probability of each of `all_sets` from one context: (2 ** n_codes,)."""
    sets = all_sets(len(net.code_degrees))
    present = torch.zeros(len(sets), len(net.code_degrees), dtype=context.dtype)
    for number, chosen in enumerate(sets):
        present[number, chosen] = 1
    logits = net(*as_bags(sets), context.expand(len(sets), -1)) / temperature
    signs = 2 * present - 1
    return torch.nn.functional.logsigmoid(signs * logits).sum(1)


def all_rows(block_sizes):
    """All rows of one code a block: (product of block sizes, n_blocks)."""
    return torch.tensor(list(product(*map(range, block_sizes))))


def log_odds_of_rows(net, block_sizes, temperature=1.0):
    """Log-probability that each block of `all_rows` adds: (n_rows, n_blocks)."""
    rows = all_rows(block_sizes)
    starts = torch.tensor([0, *block_sizes[:-1]]).cumsum(0)
    logits = net(*as_bags((rows + starts).tolist())) / temperature
    log_odds = [block.log_softmax(1) for block in logits.split(block_sizes, dim=1)]
    return torch.stack(
        [block.gather(1, rows[:, [j]])[:, 0] for j, block in enumerate(log_odds)], dim=1
    )
