"""A masked network in which every code sees only what comes before it."""

from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import nn

from fairsample.autoregressive.byte_dropout import ByteDropout

__all__ = ["MaskedAutoregressiveNet"]


class MaskedAutoregressiveNet(nn.Module):
    """Logits of all codes in one pass, each from the context and earlier codes only.

    A code has a *degree*, its place in the order of writing; codes of one
    block (the levels of one column) share a degree.  A hidden unit of degree
    ``d`` reads codes of degree below ``d``, a logit of degree ``c`` reads hidden
    units of degree up to ``c``.  The visit's ``code_head`` of HALO (one degree a
    code) and the model of a table's columns (one degree a column) are this module.

    Parameters
    ----------
    code_degrees : sequence of int, length n_codes
        Degree of each code, not decreasing.
    hidden_degrees : sequence of int, length n_hidden
        Degree of each hidden unit, not decreasing.
    context_features : int, default=0
        Width of the context that every logit may read, 0 for none.
    n_blocks : int, default=0
        Residual masked layers between the two masked embeddings.
    dropout : float, default=0.0
        Dropout on the hidden activations.

    References
    ----------
    .. [1] Germain et al., "MADE: Masked Autoencoder for Distribution Estimation",
       ICML 2015.

    Notes
    -----
    Shape:

    - codes: (n_present,) indices of the codes that are present, row after row
    - offsets: (n,) where each row's codes begin
    - context: (n, context_features) or None
    - output: (n, n_codes)

    NOTE[DIFF]: HALO's head is square, (E + V) x (E + V), half of it dead, and its
    mask is applied to an int matrix at each call; this one costs V x n_hidden.
    """

    def __init__(
        self,
        code_degrees,
        hidden_degrees,
        *,
        context_features=0,
        n_blocks=0,
        dropout=0.0,
    ):
        super().__init__()
        code_degrees = torch.as_tensor(code_degrees)
        hidden_degrees = torch.as_tensor(hidden_degrees)
        n_codes, n_hidden = len(code_degrees), len(hidden_degrees)
        self.n_blocks, self.context_features = n_blocks, context_features
        self._kept_weights = None
        self.register_buffer("code_degrees", code_degrees)
        self.register_buffer("hidden_degrees", hidden_degrees)
        self.embedding = nn.Parameter(torch.empty(n_codes, n_hidden))
        self.hidden_bias = nn.Parameter(torch.zeros(n_hidden))
        self.blocks = nn.ModuleList(
            nn.Linear(n_hidden, n_hidden) for _ in range(n_blocks)
        )
        self.readout = nn.Linear(n_hidden, n_codes)
        self.dropout = ByteDropout(dropout)
        if context_features:
            self.context_to_hidden = nn.Linear(context_features, n_hidden, bias=False)
            self.context_to_code = nn.Linear(context_features, n_codes, bias=False)
        self.register_masks()
        self.reset_parameters()

    def register_masks(self):
        """Keep what is allowed as numbers to multiply with, in no saved state."""
        hidden, codes = self.hidden_degrees, self.code_degrees
        masks = {
            "embedding_mask": codes[:, None] < hidden[None, :],
            "block_mask": hidden[:, None] >= hidden[None, :],
            "readout_mask": codes[:, None] >= hidden[None, :],
        }
        for name, mask in masks.items():
            self.register_buffer(name, mask.to(self.embedding.dtype), persistent=False)

    def reset_parameters(self):
        """Draw the input embedding so that a row of codes has unit variance."""
        n_blocks_of_codes = len(torch.unique(self.code_degrees))
        nn.init.normal_(self.embedding, std=min(n_blocks_of_codes, 64) ** -0.5)

    def masked_weights(self):
        """Weights with the forbidden entries at zero: embedding, blocks, readout."""
        embedding = self.embedding * self.embedding_mask
        blocks = [block.weight * self.block_mask for block in self.blocks]
        return embedding, blocks, self.readout.weight * self.readout_mask

    @contextmanager
    def weights_kept(self):
        """Mask the weights once for all passes inside a block, which must not move."""
        self._kept_weights = self.masked_weights()
        try:
            yield
        finally:
            self._kept_weights = None

    def forward(self, codes, offsets, context=None):
        """Give the logits of all codes, teacher-forced on the codes present."""
        embedding, blocks, readout = self._kept_weights or self.masked_weights()
        hidden = F.embedding_bag(codes, embedding, offsets, mode="sum")
        hidden = hidden + self.hidden_bias
        if context is not None:
            hidden = hidden + self.context_to_hidden(context)
        for block, weight in zip(self.blocks, blocks, strict=True):
            step = F.linear(self.dropout(F.relu(hidden)), weight, block.bias)
            hidden = hidden + step
        logits = F.linear(self.dropout(F.relu(hidden)), readout, self.readout.bias)
        return logits if context is None else logits + self.context_to_code(context)
