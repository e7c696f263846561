"""A causal transformer: every step reads itself and the steps before it."""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["CausalDecoder"]


class DecoderBlock(nn.Module):
    """Causal self-attention and a feed-forward layer, each with a residual.

    Notes
    -----
    Shape: input and output (n, n_steps, embedding); ``past`` is a pair of keys
    and values of shape (n, n_heads, n_past, embedding / n_heads), or None.
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
            nn.Dropout(dropout),
        )
        self.dropout = nn.Dropout(dropout)

    def attend(self, steps, past):
        """Attend to the steps so far; give the result and all keys and values."""
        n, n_steps, width = steps.shape
        query, key, value = (
            part.view(n, n_steps, self.n_heads, width // self.n_heads).transpose(1, 2)
            for part in self.query_key_value(steps).chunk(3, dim=-1)
        )
        if past is not None:
            key = torch.cat([past[0], key], dim=2)
            value = torch.cat([past[1], value], dim=2)
        mixed = F.scaled_dot_product_attention(
            query, key, value, is_causal=past is None and n_steps > 1
        )
        return self.attention_out(mixed.transpose(1, 2).reshape(n, n_steps, width)), (
            key,
            value,
        )

    def forward(self, steps, past=None):
        """Transform the steps; give them and the keys and values to keep."""
        mixed, present = self.attend(self.attention_norm(steps), past)
        steps = steps + self.dropout(mixed)
        return steps + self.feed_forward(steps), present


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
    this step and those before it. ``past`` is what an earlier call gave beside its
    output, for each block keys and values: then the one step given goes on from there.

    Examples
    --------
    >>> import torch
    >>> from fairsample.autoregressive import CausalDecoder
    >>> decoder = CausalDecoder(5, 16, n_layers=2, n_heads=4, dropout=0.0).eval()
    >>> steps = torch.randn(3, 5, 16)
    >>> whole, _ = decoder(steps)
    >>> _, past = decoder(steps[:, :4])
    >>> last, _ = decoder(steps[:, 4:], past)
    >>> torch.allclose(last, whole[:, 4:], atol=1e-5)
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
        self.dropout = nn.Dropout(dropout)

    def forward(self, steps, past=None):
        """Give the steps' output, and per block the keys and values of all steps."""
        n_past = 0 if past is None else past[0][0].shape[2]
        place = torch.arange(n_past, n_past + steps.shape[1], device=steps.device)
        steps, present = self.dropout(steps + self.position(place)), []
        for number, block in enumerate(self.blocks):
            steps, kept = block(steps, None if past is None else past[number])
            present.append(kept)
        return self.norm(steps), present
