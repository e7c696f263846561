"""The variational autoencoder between a table's rows and latents."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from fairsample.autoregressive import BlockSampler, MaskedAutoregressiveNet
from fairsample.flip.tokenizer import ColumnTokenizer, TokenTransformer

__all__ = ["Reconstruction", "TableVae", "kl_to_normal", "kl_to_uniform"]

SEEN_WHOLE = 0.75
GROUP = 0  # the first column; the outcome is the second


class Reconstruction(NamedTuple):
    """What the autoencoder makes of rows.

    Attributes
    ----------
    mean, log_variance : Tensor of shape (n, n_columns, n_latents)
        Posterior of the latents.
    tokens : Tensor of shape (n, n_columns, width)
        Output of the decoder.
    logits : Tensor of shape (n, sum of block_sizes)
        Logits of all levels, block after block.
    """

    mean: torch.Tensor
    log_variance: torch.Tensor
    tokens: torch.Tensor
    logits: torch.Tensor


class TableVae(nn.Module):
    """Tokens, transformer encoder, latents, transformer decoder, detokenizer.

    A row is the levels of its columns: group, outcome, then the table's columns.  The
    encoder reads all of them, the group too, as the paper has it.

    NOTE[DIFF]: TabSyn's detokenizer writes each column from the latents alone, and
    where the latents leave two levels open it combines levels that never occur
    together.  This one (`MaskedAutoregressiveNet`) writes one column after the other,
    from the latents and from what it has written, the outcome first.  The group is
    hidden from it: nothing is written from the group but through the latents.  In a
    quarter of the training rows other columns are hidden too, so that the latents have
    to say what they would have said.

    Parameters
    ----------
    block_sizes : sequence of int, length n_columns
        Levels of each column, group and outcome first.
    width, n_layers, n_heads : int
        Sizes of encoder and decoder, which are alike.
    n_latents : int
        Latents of each column.
    units_per_column : int
        Hidden units of the detokenizer for each column.

    Notes
    -----
    Shape: (n, n_columns) levels in, a `Reconstruction` out.

    References
    ----------
    .. [1] Zhang et al., "Mixed-Type Tabular Data Synthesis with Score-based Diffusion
       in Latent Space", ICLR 2024.
    .. [2] Hyrup et al., "Achieving Hilbert-Schmidt Independence Under Renyi
       Differential Privacy for Fair and Private Data Generation", arXiv:2508.21815.
    """

    def __init__(
        self,
        block_sizes,
        *,
        width=32,
        n_latents=4,
        n_layers=1,
        n_heads=4,
        units_per_column=32,
    ):
        super().__init__()
        self.block_sizes = list(block_sizes)
        self.n_columns, self.n_latents = len(self.block_sizes), n_latents
        sizes = self.n_columns, width, n_layers, n_heads
        self.tokenizer = ColumnTokenizer(block_sizes, width)
        self.encoder = TokenTransformer(*sizes)
        self.to_posterior = nn.Linear(width, 2 * n_latents)
        self.from_latents = nn.Linear(n_latents, width)
        self.decoder = TokenTransformer(*sizes)
        column = torch.arange(self.n_columns)
        self.detokenizer = MaskedAutoregressiveNet(
            column.repeat_interleave(torch.tensor(self.block_sizes)),
            column.repeat_interleave(units_per_column),
            context_features=self.n_columns * width,
            n_blocks=1,
        )
        with torch.no_grad():
            self.to_posterior.weight.mul_(0.1)

    @property
    def device(self):
        """Where the module is."""
        return self.tokenizer.embedding.weight.device

    def encode(self, columns):
        """Give mean and log variance of the latents: (n, n_columns, n_latents) each."""
        tokens = self.encoder(self.tokenizer(columns))
        mean, log_variance = self.to_posterior(tokens).chunk(2, dim=-1)
        return mean, log_variance.clamp(-8, 2)

    def decode(self, latents):
        """Give the decoder's tokens: (n, n_columns, width)."""
        return self.decoder(self.from_latents(latents))

    def detokenize(self, tokens, columns, seen):
        """Give the logits of all levels, block after block.

        Parameters
        ----------
        tokens : Tensor of shape (n, n_columns, width)
            From `decode`.
        columns : LongTensor of shape (n, n_columns)
            Levels; for each column, the earlier ones that are seen count.
        seen : BoolTensor of shape (n, n_columns)
            Which of them are seen.

        Returns
        -------
        Tensor of shape (n, sum of block_sizes)
        """
        codes = columns + self.tokenizer.block_starts
        n_seen = seen.sum(1)
        starts = n_seen.cumsum(0) - n_seen
        return self.detokenizer(codes[seen], starts, tokens.flatten(1))

    def forward(self, columns):
        """Reconstruct rows from latents drawn from their posterior."""
        mean, log_variance = self.encode(columns)
        noise = torch.randn_like(mean)
        tokens = self.decode(mean + noise * (log_variance / 2).exp())
        logits = self.detokenize(tokens, columns, self.draw_seen(columns))
        return Reconstruction(mean, log_variance, tokens, logits)

    @staticmethod
    def draw_seen(columns):
        """Draw what the detokenizer sees: most rows whole but for the group."""
        n = len(columns)
        share = torch.rand(n, 1, device=columns.device)
        seen = torch.rand(columns.shape, device=columns.device) < share
        seen |= torch.rand(n, 1, device=columns.device) < SEEN_WHOLE
        seen[:, GROUP] = False
        return seen

    @torch.no_grad()
    def write(self, latents, group, label, generator):
        """Write rows from latents; only the outcome is read of what is given.

        Parameters
        ----------
        latents : Tensor of shape (n, n_columns, n_latents)
            Drawn from a prior or a posterior.
        group, label : LongTensor of shape (n,)
            What the first two columns hold.
        generator : torch.Generator
            Randomness.

        Returns
        -------
        LongTensor of shape (n, n_columns)
            Levels.
        """
        sampler = BlockSampler(
            self.detokenizer, self.block_sizes, n_unseen=self.block_sizes[GROUP]
        )
        given = torch.stack([group, label], dim=1)
        context = self.decode(latents).flatten(1)
        return sampler.draw(given, len(given), generator, context=context)

    def group_logits(self, logits):
        """Pick the group's logits: (n, n_groups)."""
        return logits[:, : self.block_sizes[GROUP]]


def kl_to_normal(mean, log_variance):
    """Kullback-Leibler divergence of diagonal normals to N(0, I), in nats.

    Parameters
    ----------
    mean, log_variance : Tensor of shape (n, n_columns, n_latents)
        Posterior of the latents.

    Returns
    -------
    Tensor of shape (n, n_columns)
    """
    return (mean.square() + log_variance.exp() - 1 - log_variance).sum(2) / 2


def kl_to_uniform(logits):
    """Kullback-Leibler divergence of softmax(logits), (n, k), to uniform: (n,)."""
    log_odds = F.log_softmax(logits, dim=1)
    return (log_odds.exp() * log_odds).sum(1) + math.log(logits.shape[1])
