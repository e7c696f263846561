"""The published way to write a visit, for comparison of speed only."""

import torch

__all__ = ["write_visit"]


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
