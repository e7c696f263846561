"""A causal transformer: every step reads itself and the steps before it."""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import nn

from fairsample.autoregressive.byte_dropout import ByteDropout

__all__ = ["CausalDecoder", "PastSteps"]


@dataclass
class PastSteps:
    """Keys and values of the steps so far, with room for those to come.

    Steps come first, so that a step more is written without moving those before it.

    Attributes
    ----------
    keys, values : list of Tensor of shape (most_steps, n, n_heads, width)
        Of each block.
    n_steps : int
        Steps that are there.
    """

    keys: list
    values: list
    n_steps: int = 0

    def of(self, rows):
        """Keep some rows (mask or positions): PastSteps."""
        there = slice(self.n_steps)
        kept = PastSteps([], [], self.n_steps)
        for mine, theirs in ((self.keys, kept.keys), (self.values, kept.values)):
            for tensor in mine:
                chosen = tensor[there, rows]
                room = tensor.new_empty(len(tensor), *chosen.shape[1:])
                room[there] = chosen
                theirs.append(room)
        return kept


class DecoderBlock(nn.Module):
    """Causal self-attention and a feed-forward layer, each with a residual.

    Notes
    -----
    Shape: input and output (n, n_steps, embedding).
    """

    def __init__(self, embedding, n_heads, dropout):
        super().__init__()
        self.n_heads = n_heads
        self.attention_norm = nn.LayerNorm(embedding)
        self.query_key_value = nn.Linear(embedding, 3 * embedding)
        self.attention_out = nn.Linear(embedding, embedding)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(embedding),
            nn.Linear(embedding, 4 * embedding),
            nn.GELU(),
            nn.Linear(4 * embedding, embedding),
            ByteDropout(dropout),
        )
        self.dropout = ByteDropout(dropout)

    def heads(self, steps):
        """Give query, key and value of each head: (n, n_steps, n_heads, width) each."""
        parts = self.query_key_value(self.attention_norm(steps)).chunk(3, dim=-1)
        return [part.unflatten(-1, (self.n_heads, -1)) for part in parts]

    def add(self, steps, mixed):
        """Add what attention has mixed, (n, n_steps, n_heads, width), and go on."""
        steps = steps + self.dropout(self.attention_out(mixed.flatten(2)))
        return steps + self.feed_forward(steps)

    def forward(self, steps):
        """Transform all steps of a sequence."""
        query, key, value = self.heads(steps)
        return self.add(steps, _mix(query, key, value))

    def go_on(self, steps, keys, values, n_past):
        """Transform the steps after some that are past, and keep keys and values."""
        query, key, value = self.heads(steps)
        n_now = n_past + steps.shape[1]
        keys[n_past:n_now], values[n_past:n_now] = (
            part.transpose(0, 1) for part in (key, value)
        )
        if n_past:
            return self.add(steps, _mix_last(query, keys[:n_now], values[:n_now]))
        return self.add(steps, _mix(query, key, value))


def _mix(query, key, value):
    """Mix values causally; all are (n, n_steps, n_heads, width)."""
    by_head = (part.transpose(1, 2) for part in (query, key, value))
    mixed = F.scaled_dot_product_attention(*by_head, is_causal=query.shape[1] > 1)
    return mixed.transpose(1, 2)


def _mix_last(query, keys, values):
    """Mix values for the last step alone; a matrix product is slower for so little."""
    scale = query.shape[-1] ** -0.5
    share = (query[:, 0] * scale * keys).sum(-1).softmax(0)
    return (share[..., None] * values).sum(0)[:, None]


class CausalDecoder(nn.Module):
    """Decoder of a sequence, whole or step by step.

    Parameters
    ----------
    n_steps : int
        Longest sequence.
    embedding : int
        Width of a step.
    n_layers, n_heads : int
        Blocks, and attention heads in each; `n_heads` divides `embedding`.
    dropout : float
        Dropout of the steps and in the blocks.

    Notes
    -----
    Shape: input and output (n, n_steps, embedding); the output of a step depends on
    this step and those before it.

    Examples
    --------
    >>> import torch
    >>> from fairsample.autoregressive import CausalDecoder
    >>> decoder = CausalDecoder(5, 16, n_layers=2, n_heads=4, dropout=0.0).eval()
    >>> steps = torch.randn(3, 5, 16)
    >>> whole = decoder(steps)
    >>> with torch.no_grad():
    ...     past = decoder.nothing_past(3)
    ...     first = decoder.go_on(steps[:, :4], past)
    ...     last = decoder.go_on(steps[:, 4:], past)
    >>> torch.allclose(torch.cat([first, last], dim=1), whole, atol=1e-5)
    True
    """

    def __init__(self, n_steps, embedding, n_layers, n_heads, dropout):
        if embedding % n_heads:
            raise ValueError(
                f"n_heads={n_heads} does not divide embedding={embedding}."
            )
        super().__init__()
        self.position = nn.Embedding(n_steps, embedding)
        self.blocks = nn.ModuleList(
            DecoderBlock(embedding, n_heads, dropout) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(embedding)
        self.dropout = ByteDropout(dropout)

    def place(self, steps, n_past=0):
        """Add to each step where it stands."""
        return self.dropout(steps + self.position.weight[n_past:][: steps.shape[1]])

    def forward(self, steps):
        """Give the steps' output."""
        steps = self.place(steps)
        for block in self.blocks:
            steps = block(steps)
        return self.norm(steps)

    def nothing_past(self, n):
        """Begin sequences of n rows step by step: PastSteps."""
        weight, n_heads = self.position.weight, self.blocks[0].n_heads
        shape = len(weight), n, n_heads, weight.shape[1] // n_heads
        keys, values = (
            [weight.new_empty(shape) for _ in self.blocks] for _ in range(2)
        )
        return PastSteps(keys, values)

    def go_on(self, steps, past):
        """Give the output of the next steps; `past` learns of them.

        Several steps at once come first only, when nothing is past.
        """
        n_past = past.n_steps
        if n_past and steps.shape[1] > 1:
            raise ValueError(f"{steps.shape[1]} steps at once after {n_past} others.")
        steps = self.place(steps, n_past)
        for block, keys, values in zip(
            self.blocks, past.keys, past.values, strict=True
        ):
            steps = block.go_on(steps, keys, values, n_past)
        past.n_steps = n_past + steps.shape[1]
        return self.norm(steps)
