"""The published way to write a visit, for comparison of speed only."""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["PublishedHead", "write_visit"]


class PublishedHead(nn.Module):
    """Two square masked layers over the history and the visit's codes.

    Output ``embedding - 1 + c`` is the logit of code c: it reads the history and the
    codes before c. The masks are integers, multiplied onto the weights in every pass.

    Parameters
    ----------
    code_rates : Tensor of shape (n_codes,)
        Probability of each code. The last layer's weights are zero, so that this is
        exactly what is drawn; a pass costs what it costs with any weights.
    embedding : int
        Width of the history.
    """

    def __init__(self, code_rates, embedding):
        super().__init__()
        self.embedding, self.n_codes = embedding, len(code_rates)
        width = embedding + self.n_codes
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        mask = torch.ones(width, width, dtype=torch.int32).tril_()
        self.register_buffer("first_mask", mask)
        self.register_buffer("second_mask", mask.clone())
        with torch.no_grad():
            self.second.weight.zero_()
            self.second.bias[embedding - 1 : -1] = torch.logit(code_rates)

    def forward(self, history, visit):
        """Give the logits of all codes: (n, n_codes)."""
        read = torch.cat([history, visit], dim=1)
        first = self.first.weight * self.first_mask
        hidden = F.relu(F.linear(read, first, self.first.bias))
        second = self.second.weight * self.second_mask
        logits = F.linear(hidden, second, self.second.bias)
        return logits[:, self.embedding - 1 : -1]


@torch.no_grad()
def write_visit(head, history, max_passes=None):
    """Write one visit for each patient of a batch.

    Each pass draws all codes that are still open, finds the first one that anybody
    has, fixes it for everybody and starts over behind it.

    Parameters
    ----------
    head : PublishedHead
        The head.
    history : Tensor of shape (n, embedding)
        Each patient's history.
    max_passes : int, default=None
        Stop early, to measure what a pass costs.

    Returns
    -------
    visit : Tensor of shape (n, n_codes)
        1 for the codes present.
    n_passes : int
        Passes through the head.
    """
    visit = history.new_zeros(len(history), head.n_codes)
    start, n_passes = 0, 0
    while start < head.n_codes and n_passes != max_passes:
        odds = head(history, visit).sigmoid()[:, start:]
        n_passes += 1
        drawn = torch.bernoulli(odds)
        held = drawn.any(dim=0)
        if not held.any():
            break
        first = int(held.int().argmax())
        visit[:, start + first] = drawn[:, first]
        start += first + 1
    return visit, n_passes
