"""A transformer stack for each kind of input, read out into one logit."""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["ColumnEmbedding", "TransformerStack", "VisitEmbedding", "VisitTransformer"]


class VisitEmbedding(nn.Module):
    """One token for each visit: the sum of its codes, and how recent it is.

    The latest visit is number 0; visits before the latest `max_visits` are left out.

    Parameters
    ----------
    n_codes : int
        Size of the vocabulary.
    max_visits : int
        Most visits read.
    embedding : int
        Width of the tokens.

    Notes
    -----
    Shape: a `RecordBatch` of n patients in; tokens (n, n_steps, embedding), the latest
    visit first, and a bool mask (n, n_steps), False where a patient has no visit, out.

    NOTE[DIFF]: PyHealth's transformer, the paper's downstream model, has no positions,
    so that it takes a history for a set; visits have an order.

    Examples
    --------
    >>> import torch
    >>> from fairsample.training.records import RecordBatch
    >>> from fairsample.predictors.visit_transformer import VisitEmbedding
    >>> batch = RecordBatch(
    ...     columns=torch.empty(2, 0),
    ...     codes=torch.tensor([0, 3, 1]),
    ...     visit_starts=torch.tensor([0, 2, 3]),
    ...     patient=torch.tensor([0, 0, 1]),
    ...     visit_number=torch.tensor([0, 1, 0]),
    ... )
    >>> tokens, present = VisitEmbedding(4, max_visits=8, embedding=16)(batch)
    >>> tokens.shape, present.tolist()
    (torch.Size([2, 2, 16]), [[True, True], [True, False]])
    """

    def __init__(self, n_codes, max_visits, embedding):
        super().__init__()
        self.max_visits = max_visits
        self.code = nn.EmbeddingBag(max(n_codes, 1), embedding, mode="sum")
        self.position = nn.Embedding(max_visits, embedding)
        self.reset_parameters()

    def reset_parameters(self):
        """Start with tokens of about unit length."""
        for table in (self.code, self.position):
            nn.init.normal_(table.weight, std=table.embedding_dim**-0.5)

    def forward(self, batch):
        """Give the tokens, and where there are any."""
        n_visits = torch.bincount(batch.patient, minlength=len(batch))
        recency = n_visits[batch.patient] - 1 - batch.visit_number
        kept = recency < self.max_visits
        patient, recency = batch.patient[kept], recency[kept]
        visits = self.code(batch.codes, batch.visit_starts)[kept]
        visits = visits + self.position(recency)
        n_steps = int(recency.max()) + 1
        tokens = visits.new_zeros(len(batch), n_steps, visits.shape[1])
        present = visits.new_zeros(len(batch), n_steps, dtype=torch.bool)
        tokens[patient, recency], present[patient, recency] = visits, True
        return tokens, present


class ColumnEmbedding(nn.Module):
    """One token for each static column: its level, or its number.

    Parameters
    ----------
    n_categorical : int
        Columns of levels.
    n_levels : int
        Levels of all columns together; level 0 is an unknown one.
    n_numeric : int
        Columns of numbers.
    embedding : int
        Width of the tokens.

    Notes
    -----
    Shape: a `ColumnBatch` of levels (n, n_categorical), from 0 to n_levels, and numbers
    (n, n_numeric, 2), each with its missing indicator, in; tokens
    (n, n_categorical + n_numeric, embedding), and a mask that is True throughout, out.

    Examples
    --------
    >>> import torch
    >>> from fairsample.predictors.patients import ColumnBatch
    >>> from fairsample.predictors.visit_transformer import ColumnEmbedding
    >>> batch = ColumnBatch(torch.tensor([[1, 3], [2, 0]]), torch.randn(2, 1, 2))
    >>> tokens, present = ColumnEmbedding(2, 3, n_numeric=1, embedding=16)(batch)
    >>> tokens.shape
    torch.Size([2, 3, 16])
    """

    def __init__(self, n_categorical, n_levels, n_numeric, embedding):
        super().__init__()
        self.level = nn.Embedding(n_levels + 1, embedding)
        self.number = nn.Parameter(torch.empty(n_numeric, 2, embedding))
        self.column = nn.Parameter(torch.empty(n_categorical + n_numeric, embedding))
        self.reset_parameters()

    def reset_parameters(self):
        """Start with tokens of about unit length; an unknown level adds nothing."""
        for table in (self.level.weight, self.number, self.column):
            nn.init.normal_(table, std=table.shape[-1] ** -0.5)
        with torch.no_grad():
            self.level.weight[0] = 0

    def forward(self, batch):
        """Give the tokens, and that all are there."""
        numbers = batch.numbers.to(self.number.dtype)
        numbers = torch.einsum("nck,cke->nce", numbers, self.number)
        tokens = torch.cat([self.level(batch.levels), numbers], dim=1) + self.column
        return tokens, tokens.new_ones(tokens.shape[:2], dtype=torch.bool)


class AttentionBlock(nn.Module):
    """Self-attention and a feed-forward layer, each with a residual.

    Notes
    -----
    Shape: tokens (n, n_steps, embedding) and a mask (n, n_steps), False where nothing
    is to be read, in; the first `n_read` tokens, transformed, out.

    NOTE[DIFF]: the FairSynth paper's Appendix A normalises after the residual;
    normalising before it trains without warm-up.
    """

    def __init__(self, embedding, n_heads, dropout):
        super().__init__()
        self.n_heads = n_heads
        self.attention_norm = nn.LayerNorm(embedding)
        self.query = nn.Linear(embedding, embedding)
        self.key_value = nn.Linear(embedding, 2 * embedding)
        self.attention_out = nn.Linear(embedding, embedding)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(embedding),
            nn.Linear(embedding, 4 * embedding),
            nn.GELU(),
            nn.Linear(4 * embedding, embedding),
            nn.Dropout(dropout),
        )
        self.dropout = nn.Dropout(dropout)

    def attend(self, tokens, present, n_read):
        """Let the first tokens attend to all that are there."""
        query = self.query(tokens[:, :n_read])
        key, value = self.key_value(tokens).chunk(2, dim=-1)
        mixed = F.scaled_dot_product_attention(
            *(self.by_head(part) for part in (query, key, value)),
            attn_mask=present[:, None, None],
        )
        return self.attention_out(mixed.transpose(1, 2).flatten(2))

    def by_head(self, tokens):
        """Split (n, n_steps, embedding) into heads: (n, n_heads, n_steps, -1)."""
        return tokens.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)

    def forward(self, tokens, present, n_read=None):
        """Transform the first tokens."""
        mixed = self.attend(self.attention_norm(tokens), present, n_read)
        read = tokens[:, :n_read] + self.dropout(mixed)
        return read + self.feed_forward(read)


class TransformerStack(nn.Module):
    """Read a sequence of tokens into one vector, by way of a learned first token.

    Parameters
    ----------
    embedding : int
        Width of the tokens.
    n_layers, n_heads : int
        Blocks, and attention heads in each.
    dropout : float
        Dropout of tokens and in the blocks.

    Notes
    -----
    Shape: tokens (n, n_steps, embedding) and a mask (n, n_steps) in; (n, embedding)
    out. The last block transforms the first token alone, the only one that is read.

    NOTE[DIFF]: PyHealth reads the first visit's place out, whatever stands there; a
    token of its own favours no visit and no column.

    Examples
    --------
    >>> import torch
    >>> from fairsample.predictors.visit_transformer import TransformerStack
    >>> stack = TransformerStack(16, n_layers=2, n_heads=4, dropout=0.1)
    >>> stack(torch.randn(5, 3, 16), torch.ones(5, 3, dtype=torch.bool)).shape
    torch.Size([5, 16])
    """

    def __init__(self, embedding, n_layers, n_heads, dropout):
        super().__init__()
        self.first = nn.Parameter(torch.empty(embedding))
        self.blocks = nn.ModuleList(
            AttentionBlock(embedding, n_heads, dropout) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(embedding)
        self.dropout = nn.Dropout(dropout)
        self.reset_parameters()

    def reset_parameters(self):
        """Start with a first token of about unit length."""
        nn.init.normal_(self.first, std=len(self.first) ** -0.5)

    def forward(self, tokens, present):
        """Give what the first token has read."""
        tokens = torch.cat([self.first.expand(len(tokens), 1, -1), tokens], dim=1)
        tokens, present = self.dropout(tokens), F.pad(present, (1, 0), value=True)
        for block in self.blocks[:-1]:
            tokens = block(tokens, present)
        return self.norm(self.blocks[-1](tokens, present, n_read=1)).squeeze(1)


class VisitTransformer(nn.Module):
    """Read each input by its own stack: visits, static columns, sensitive features.

    Parameters
    ----------
    inputs : dict of str to dict
        What each stack reads: under ``"visits"`` the `n_codes` and `max_visits` of a
        `VisitEmbedding`, under any other name the `n_categorical`, `n_levels` and
        `n_numeric` of a `ColumnEmbedding`.
    n_outputs : int, default=1
        Logits.
    embedding, n_layers, n_heads : int, default=128, 1, 4
        Sizes of every stack.
    dropout : float, default=0.3
        Dropout everywhere.

    Notes
    -----
    Shape: a `PatientBatch` of n patients in; logits (n, n_outputs) out.

    Examples
    --------
    >>> import torch
    >>> from fairsample.predictors.patients import ColumnBatch, PatientBatch
    >>> from fairsample.predictors.visit_transformer import VisitTransformer
    >>> race = ColumnBatch(torch.tensor([[1], [2]]), torch.empty(2, 0, 2))
    >>> module = VisitTransformer(
    ...     {"sensitive": {"n_categorical": 1, "n_levels": 2, "n_numeric": 0}}
    ... )
    >>> module(PatientBatch({"sensitive": race}, torch.tensor([0, 1]))).shape
    torch.Size([2, 1])
    """

    def __init__(
        self,
        inputs,
        n_outputs=1,
        *,
        embedding=128,
        n_layers=1,
        n_heads=4,
        dropout=0.3,
    ):
        if embedding % n_heads:
            raise ValueError(
                f"embedding must be a multiple of n_heads. Got embedding={embedding} "
                f"and n_heads={n_heads}."
            )
        super().__init__()
        kinds = dict.fromkeys(inputs, ColumnEmbedding) | {"visits": VisitEmbedding}
        self.embeddings = nn.ModuleDict(
            {
                name: kinds[name](**sizes, embedding=embedding)
                for name, sizes in inputs.items()
            }
        )
        self.stacks = nn.ModuleDict(
            {
                name: TransformerStack(embedding, n_layers, n_heads, dropout)
                for name in inputs
            }
        )
        self.readout = nn.Linear(len(inputs) * embedding, n_outputs)

    def forward(self, batch):
        """Give the logits."""
        read = [
            stack(*self.embeddings[name](batch.inputs[name]))
            for name, stack in self.stacks.items()
        ]
        return self.readout(torch.cat(read, dim=1))
