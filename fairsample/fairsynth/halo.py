"""HALO: a transformer over visits with a masked head over each visit's codes."""

from contextlib import ExitStack, contextmanager

import torch
from torch import nn
from torch.distributions import Bernoulli

from fairsample.autoregressive import CausalDecoder, MaskedAutoregressiveNet

__all__ = ["Halo"]


class Halo(nn.Module):
    """The generator: a masked head over columns, then visits one after the other.

    The first two columns are the group and the outcome, so that any cell can be
    given as a condition; the other columns follow in the table's order.  A table
    without visits is one visit whose columns are blocks of exclusive codes.

    Parameters
    ----------
    block_sizes : sequence of int
        Levels of each column, group and outcome first.
    n_codes : int, default=0
        Codes of the visits' vocabulary; code 0 is END, the vocabulary follows.
    code_rates : sequence of float of length n_codes + 1, default=None
        Share of visits that hold each code: where its logit starts, and how many
        hidden units lie around it (in proportion to its entropy).
    max_visits : int, default=0
        Longest history.
    units_per_column, embedding, n_layers, n_heads, hidden : int
        Sizes of the column head, the visit transformer and the code head.
    dropout : float, default=0.1
        Dropout everywhere.

    Notes
    -----
    Shape: a `RecordBatch` of n patients and n_visits visits in; a pair of logits out,
    (n, sum of block_sizes) and (n_visits, n_codes + 1) or None.

    NOTE[DIFF]: the FairSynth paper's Appendix A normalises after the residual;
    normalising before it (`CausalDecoder`) trains without warm-up at CPU-sized widths.
    """

    def __init__(
        self,
        block_sizes,
        *,
        n_codes=0,
        code_rates=None,
        max_visits=0,
        units_per_column=48,
        embedding=128,
        n_layers=2,
        n_heads=4,
        hidden=256,
        dropout=0.1,
    ):
        super().__init__()
        sizes = torch.as_tensor(block_sizes)
        column = torch.arange(len(sizes))
        self.block_sizes = list(block_sizes)
        self.n_codes, self.max_visits = n_codes, max_visits
        self.register_buffer("block_starts", sizes.cumsum(0) - sizes)
        self.column_head = MaskedAutoregressiveNet(
            column.repeat_interleave(sizes),
            column.repeat_interleave(units_per_column),
            n_blocks=1,
            dropout=dropout,
        )
        if max_visits:
            self.prefix_embedding = nn.Sequential(
                nn.EmbeddingBag(int(sizes.sum()), embedding, mode="sum"),
                nn.GELU(),
                nn.Linear(embedding, embedding),
            )
            self.visit_embedding = nn.EmbeddingBag(n_codes + 1, embedding, mode="sum")
            # Step 0 is the prefix: static columns, group and outcome.
            self.visit_transformer = CausalDecoder(
                max_visits + 1, embedding, n_layers, n_heads, dropout
            )
            rates = torch.as_tensor(code_rates).clamp(1e-6, 1 - 1e-6)
            self.code_head = MaskedAutoregressiveNet(
                torch.arange(n_codes + 1),
                spread_degrees(rates, hidden),
                context_features=2 * embedding,
                dropout=dropout,
            )
            with torch.no_grad():
                self.code_head.readout.bias.copy_(torch.logit(rates))

    @contextmanager
    def weights_kept(self):
        """Mask the weights of both heads once for all passes inside a block."""
        with ExitStack() as kept:
            kept.enter_context(self.column_head.weights_kept())
            if self.max_visits:
                kept.enter_context(self.code_head.weights_kept())
            yield

    def column_codes(self, columns):
        """Give each column's level its own number over all columns: (n, n_columns)."""
        return columns + self.block_starts

    def embed_prefix(self, columns):
        """Embed group, outcome and static columns: (n, embedding)."""
        return self.prefix_embedding(self.column_codes(columns))

    def histories(self, batch):
        """Give what each visit is written from: (n_visits, 2 * embedding).

        The history and, beside it, the prefix: group and outcome shift the codes
        of each visit directly, a weak signal that the history alone would lose.
        """
        prefix = self.embed_prefix(batch.columns)
        visits = self.visit_embedding(batch.codes, batch.visit_starts)
        n_steps = int(batch.visit_number.max()) + 2
        steps = visits.new_zeros(len(prefix), n_steps, prefix.shape[1])
        steps[:, 0] = prefix
        steps[batch.patient, batch.visit_number + 1] = visits
        history = self.visit_transformer(steps[:, :-1])
        history = history[batch.patient, batch.visit_number]
        return torch.cat([history, prefix[batch.patient]], dim=1)

    def column_logits(self, columns):
        """Give the logits of every column's levels: (n, sum of block_sizes)."""
        starts = torch.arange(
            0, columns.numel(), columns.shape[1], device=columns.device
        )
        return self.column_head(self.column_codes(columns).flatten(), starts)

    def forward(self, batch):
        """Give the logits of the columns and of the visits' codes."""
        columns = self.column_logits(batch.columns)
        if not batch.has_visits:
            return columns, None
        history = self.histories(batch)
        return columns, self.code_head(batch.codes, batch.visit_starts, history)


def spread_degrees(rates, hidden):
    """Spread hidden units over the order of codes by entropy; the first sees none."""
    reach = Bernoulli(probs=rates.double()).entropy().cumsum(0)
    wanted = torch.linspace(0, float(reach[-1]), hidden, dtype=torch.float64)
    return torch.searchsorted(reach, wanted).clamp(max=len(rates) - 1)
