"""The likelihood of a row's levels, against log-softmax block by block."""

import torch
from tiny_generators import random_columns

from fairsample.autoregressive import column_nll

BLOCK_SIZES = (2, 3, 1, 4)


def test_column_nll_is_cross_entropy_block_by_block():
    columns = random_columns(30, BLOCK_SIZES)
    logits = torch.randn(30, 10, generator=torch.Generator().manual_seed(0))
    found = column_nll(logits, columns, list(BLOCK_SIZES))
    assert found.shape == (30, 4)
    start = 0
    for column, size in enumerate(BLOCK_SIZES):
        log_p = logits[:, start : start + size].log_softmax(1)
        expected = -log_p[range(30), columns[:, column]]
        torch.testing.assert_close(found[:, column], expected)
        start += size
    assert not found[:, 2].any()
