"""The published generator, densely, for comparison of speed only.

Written from the description of the architecture: a visit is a multi-hot row as wide as
the vocabulary, histories are padded to a fixed length, and the head over the codes of a
visit has two square masked layers.
"""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["PublishedHalo", "PublishedHead"]


class PublishedHead(nn.Module):
    """Two square masked layers over the history and the visit's codes.

    Output ``embedding - 1 + c`` is the logit of code c: it reads the history and the
    codes before c. The masks are integers, multiplied onto the weights in every pass.

    Parameters
    ----------
    n_codes : int
        Width of a visit.
    embedding : int
        Width of the history.

    Notes
    -----
    Shape: history (..., embedding) and visit (..., n_codes) in, logits (..., n_codes)
    out.
    """

    def __init__(self, n_codes, embedding):
        super().__init__()
        self.embedding, self.n_codes = embedding, n_codes
        width = embedding + n_codes
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        mask = torch.ones(width, width, dtype=torch.int32).tril_()
        self.register_buffer("first_mask", mask)
        self.register_buffer("second_mask", mask.clone())

    @torch.no_grad()
    def draw_at(self, code_rates):
        """Make these the probabilities of the codes; a pass costs what it did."""
        self.second.weight.zero_()
        self.second.bias[self.embedding - 1 : -1] = torch.logit(code_rates)
        return self

    def forward(self, history, visit):
        """Give the logits of all codes."""
        read = torch.cat([history, visit], dim=-1)
        first = self.first.weight * self.first_mask
        hidden = F.relu(F.linear(read, first, self.first.bias))
        second = self.second.weight * self.second_mask
        logits = F.linear(hidden, second, self.second.bias)
        return logits[..., self.embedding - 1 : -1]


class PublishedBlock(nn.Module):
    """A GPT-2 block that normalises first: attention with a mask, feed-forward."""

    def __init__(self, embedding, n_heads, n_steps):
        super().__init__()
        self.n_heads = n_heads
        self.attention_norm = nn.LayerNorm(embedding)
        self.query_key_value = nn.Linear(embedding, 3 * embedding)
        self.attention_out = nn.Linear(embedding, embedding)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(embedding),
            nn.Linear(embedding, 4 * embedding),
            nn.GELU(approximate="tanh"),
            nn.Linear(4 * embedding, embedding),
        )
        causal = torch.ones(n_steps, n_steps, dtype=torch.bool).tril_()
        self.register_buffer("causal", causal)

    def forward(self, steps):
        """Transform the steps, (n, n_steps, embedding)."""
        n, n_steps, embedding = steps.shape
        query, key, value = (
            part.view(n, n_steps, self.n_heads, -1).transpose(1, 2)
            for part in self.query_key_value(self.attention_norm(steps)).chunk(3, -1)
        )
        scores = query @ key.transpose(2, 3) / query.shape[3] ** 0.5
        scores = scores.masked_fill(~self.causal[:n_steps, :n_steps], -torch.inf)
        mixed = (scores.softmax(3) @ value).transpose(1, 2)
        steps = steps + self.attention_out(mixed.reshape(n, n_steps, embedding))
        return steps + self.feed_forward(steps)


class PublishedHalo(nn.Module):
    """Transformer over padded multi-hot rows, and the head over each next row.

    Parameters
    ----------
    width : int
        Codes, labels, and what marks start, end and padding.
    n_steps : int
        Rows of each history, padding among them.
    embedding, n_layers, n_heads : int
        Sizes of the transformer.
    """

    def __init__(self, width, n_steps, *, embedding, n_layers, n_heads):
        super().__init__()
        self.step_embedding = nn.Linear(width, embedding, bias=False)
        self.position = nn.Embedding(n_steps, embedding)
        self.blocks = nn.Sequential(
            *(PublishedBlock(embedding, n_heads, n_steps) for _ in range(n_layers))
        )
        self.norm = nn.LayerNorm(embedding)
        self.head = PublishedHead(width, embedding)

    def forward(self, steps):
        """Give the logits of rows 1, 2, ...: (n, n_steps - 1, width)."""
        place = torch.arange(steps.shape[1], device=steps.device)
        embedded = self.step_embedding(steps) + self.position(place)
        history = self.norm(self.blocks(embedded))
        return self.head(history[:, :-1], steps[:, 1:])

    def loss(self, steps, counted):
        """Mean binary cross-entropy; rows that do not count stay in the mean as 0.

        Parameters
        ----------
        steps : Tensor of shape (n, n_steps, width)
            Multi-hot rows.
        counted : Tensor of shape (n, n_steps - 1, 1)
            1 for the rows whose codes are learned.
        """
        odds = self(steps).sigmoid() * counted
        return F.binary_cross_entropy(odds, steps[:, 1:] * counted)
