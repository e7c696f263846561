"""One token for each column of a table, and the way tokens mix."""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["ColumnTokenizer", "TokenTransformer"]


class ColumnTokenizer(nn.Module):
    """Embed each column's level as a token.

    Parameters
    ----------
    block_sizes : sequence of int, length n_columns
        Levels of each column.
    width : int
        Features of a token.

    Notes
    -----
    Shape: (n, n_columns) levels in, (n, n_columns, width) out.

    NOTE[DIFF]: the paper multiplies a vector by a numeric cell.  Here numbers come as
    levels (values that recur, quantile bins for the rest), so that a zero or a cap is a
    token of its own and a table of any kinds of columns is read alike.
    """

    def __init__(self, block_sizes, width):
        super().__init__()
        sizes = torch.as_tensor(block_sizes)
        self.register_buffer("block_starts", sizes.cumsum(0) - sizes, persistent=False)
        self.embedding = nn.Embedding(int(sizes.sum()), width)

    def forward(self, columns):
        """Embed levels, (n, n_columns)."""
        return self.embedding(columns + self.block_starts)


class TransformerBlock(nn.Module):
    """Self-attention over all tokens and a feed-forward layer, each with a residual.

    Notes
    -----
    Shape: input and output (n, n_tokens, width).
    """

    def __init__(self, width, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 4 * width),
            nn.SiLU(),
            nn.Linear(4 * width, width),
        )

    def attend(self, tokens):
        """Let every token read all others."""
        n, n_tokens, width = tokens.shape
        query, key, value = (
            part.view(n, n_tokens, self.n_heads, width // self.n_heads).transpose(1, 2)
            for part in self.query_key_value(tokens).chunk(3, dim=-1)
        )
        mixed = F.scaled_dot_product_attention(query, key, value)
        return self.attention_out(mixed.transpose(1, 2).reshape(n, n_tokens, width))

    def forward(self, tokens):
        """Transform the tokens."""
        tokens = tokens + self.attend(self.attention_norm(tokens))
        return tokens + self.feed_forward(tokens)


class TokenTransformer(nn.Module):
    """Some transformer blocks over tokens that know which column they are.

    Parameters
    ----------
    n_tokens, width, n_layers, n_heads : int
        Sizes; `n_heads` divides `width`.

    Notes
    -----
    Shape: input and output (n, n_tokens, width).
    """

    def __init__(self, n_tokens, width, n_layers, n_heads):
        if width % n_heads:
            raise ValueError(f"n_heads={n_heads} does not divide width={width}.")
        super().__init__()
        self.position = nn.Parameter(0.02 * torch.randn(n_tokens, width))
        self.blocks = nn.Sequential(
            *(TransformerBlock(width, n_heads) for _ in range(n_layers))
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens):
        """Transform the tokens."""
        return self.norm(self.blocks(tokens + self.position))
