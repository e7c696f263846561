"""A small causal transformer whose tokens are a table's columns."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from fairsample.autoregressive import CausalDecoder, draw_codes

__all__ = ["CausalTransformer"]

N_WAVES = 8  # of the curve over the ranks of a column's levels


class LevelVectors(nn.Module):
    """A vector for each level of each column.

    It is the level's own vector and, in a column with an order, a point of a smooth
    curve over the ranks of the levels: what is learned of a level tells of those near
    it, and on few rows, where own vectors decay, the curve is most of what there is.

    Parameters
    ----------
    block_sizes : sequence of int, length n_columns
        Levels of each column.
    level_ranks : sequence of float, length sum of block_sizes
        Where in its column each level stands, from 0 to 1; NaN where it has no order.
    width : int
        Length of the vectors.
    own_std, curve_std : float
        How the two parts start.

    Notes
    -----
    Shape: nothing in, (sum of block_sizes, width) out.
    """

    def __init__(self, block_sizes, level_ranks, width, own_std, curve_std):
        super().__init__()
        self.block_sizes = list(block_sizes)
        ranks = torch.as_tensor(level_ranks, dtype=torch.get_default_dtype())
        n_waves = 0 if ranks.isnan().all() else N_WAVES
        number = torch.arange(1, n_waves + 1)
        waves = (2 / number).sqrt() * torch.cos(math.pi * number * ranks[:, None])
        self.register_buffer("waves", waves.nan_to_num(), persistent=False)
        n_columns = len(self.block_sizes)
        self.own = nn.Parameter(own_std * torch.randn(len(ranks), width))
        self.curves = nn.Parameter(curve_std * torch.randn(n_columns, n_waves, width))

    def forward(self):
        """Give the vectors of all levels."""
        blocks = self.waves.split(self.block_sizes)
        curves = [
            waves @ curve for waves, curve in zip(blocks, self.curves, strict=True)
        ]
        return self.own + torch.cat(curves)


class CausalTransformer(nn.Module):
    """Write the columns of a table one after the other, each from those before it.

    A language model of rows: the token before column ``j`` is the level of column
    ``j - 1``, and its output is read by the readout of column ``j``, which knows the
    levels of that column alone. So no row can be malformed, and what is written goes
    on from any first columns that are given.

    Parameters
    ----------
    block_sizes : sequence of int, length n_columns
        Levels of each column, in the order of writing.
    level_ranks : sequence of float, length sum of block_sizes, default=None
        Where in its column each level stands, from 0 to 1; NaN, as None is throughout,
        where there is no order.
    level_counts : sequence of int, length sum of block_sizes, default=None
        Training rows of each level: where its logit starts.
    embedding, n_layers, n_heads : int, default=64, 2, 4
        Sizes of the decoder.
    dropout : float, default=0.1
        Dropout everywhere.

    Notes
    -----
    Shape: (n, n_columns) levels in, (n, sum of block_sizes) logits out.

    Examples
    --------
    >>> import torch
    >>> from fairsample.language_models.causal_transformer import CausalTransformer
    >>> module = CausalTransformer([2, 3], embedding=8).eval()
    >>> module(torch.tensor([[0, 2], [1, 0]])).shape
    torch.Size([2, 5])
    >>> given = torch.tensor([[0], [1], [1]])
    >>> module.write(given, 2, torch.Generator().manual_seed(0)).shape
    torch.Size([3, 2])
    """

    def __init__(
        self,
        block_sizes,
        *,
        level_ranks=None,
        level_counts=None,
        embedding=64,
        n_layers=2,
        n_heads=4,
        dropout=0.1,
    ):
        super().__init__()
        self.block_sizes = list(block_sizes)
        sizes = torch.as_tensor(self.block_sizes)
        n_levels = int(sizes.sum())
        ranks = [math.nan] * n_levels if level_ranks is None else level_ranks
        counts = torch.ones(n_levels) if level_counts is None else level_counts
        counts = torch.as_tensor(counts) + 0.5
        levels = self.block_sizes, ranks, embedding
        self.register_buffer("block_starts", sizes.cumsum(0) - sizes, persistent=False)
        self.first = nn.Parameter(0.5 * torch.randn(embedding))
        self.embedding = LevelVectors(*levels, own_std=0.5, curve_std=0.25)
        self.decoder = CausalDecoder(len(sizes), embedding, n_layers, n_heads, dropout)
        self.readout = LevelVectors(*levels, own_std=0.02, curve_std=0.0)
        self.readout_bias = nn.Parameter(
            torch.cat([(c / c.sum()).log() for c in counts.split(self.block_sizes)])
        )

    def tokens(self, columns):
        """Embed the first columns, (n, n_given), behind a token that begins the row."""
        codes = columns + self.block_starts[: columns.shape[1]]
        first = self.first.expand(len(columns), 1, -1)
        return torch.cat([first, F.embedding(codes, self.embedding())], dim=1)

    def forward(self, columns):
        """Give the logits of all levels, teacher-forced on the row."""
        steps = self.decoder(self.tokens(columns[:, :-1]))
        readout = self.readout().split(self.block_sizes)
        bias = self.readout_bias.split(self.block_sizes)
        logits = map(F.linear, steps.unbind(1), readout, bias)
        return torch.cat(list(logits), dim=1)

    @torch.no_grad()
    def write(self, given, until, generator):
        """Go on with rows, keeping keys and values of the columns before.

        Parameters
        ----------
        given : LongTensor of shape (n, n_given)
            Levels of the first columns.
        until : int
            Columns that the rows have in the end.
        generator : torch.Generator
            Randomness, on the module's device.

        Returns
        -------
        LongTensor of shape (n, until)
            Levels.
        """
        readout = self.readout().split(self.block_sizes)
        bias = self.readout_bias.split(self.block_sizes)
        embedding = self.embedding().split(self.block_sizes)
        columns, past = list(given.unbind(1)), self.decoder.nothing_past(len(given))
        steps = self.tokens(given)
        for j in range(len(columns), until):
            steps = self.decoder.go_on(steps, past)
            logits = F.linear(steps[:, -1], readout[j], bias[j])
            columns.append(draw_codes(logits, generator))
            steps = F.embedding(columns[-1], embedding[j])[:, None]
        return torch.stack(columns, dim=1)
