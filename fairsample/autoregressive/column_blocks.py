"""How likely the columns of a table are, each a block of exclusive codes."""

import torch
import torch.nn.functional as F

__all__ = ["at_least_float32", "column_nll"]


def at_least_float32(tensor):
    """Give what a net wrote in half the precision a type that can be summed."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def column_nll(logits, columns, block_sizes):
    """Negative log-likelihood of each column's level.

    Parameters
    ----------
    logits : Tensor of shape (n, sum of block_sizes)
        Logits of all levels, block after block.
    columns : LongTensor of shape (n, n_columns)
        The levels.
    block_sizes : list of int
        Levels of each column.

    Returns
    -------
    Tensor of shape (n, n_columns)
        In nats.
    """
    blocks = at_least_float32(logits).split(block_sizes, dim=1)
    return torch.stack(
        [
            F.cross_entropy(block, columns[:, j], reduction="none")
            for j, block in enumerate(blocks)
        ],
        dim=1,
    )
