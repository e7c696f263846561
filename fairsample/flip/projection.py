"""Soft rows whose pair tables are the ones asked for.

The relaxed projection of Aydore et al. (ICML 2021, arXiv 2103.06641): a soft row has a
distribution over the codes of each column; the pair tables of N of them are one matrix
product, differentiable, and are fitted to given tables by gradient descent. It reads
the tables only: on private tables it is post-processing.
"""

import numpy as np
import torch
from tqdm import trange

from fairsample.training.seeding import torch_generator

__all__ = ["project"]

SPREAD = 1.0  # of the first logits about the one-ways'; rows start out different
SCALE = 1e4  # of the loss: shares are small, and Adam's epsilon should not be felt


def project(
    tables, one_ways, n_rows, *, n_steps, learning_rate=0.3, seed, device, verbose=0
):
    """Fit soft rows to the pair tables of one class.

    Parameters
    ----------
    tables : PairTables
        Shares, of one class: ``values`` of shape (n_codes, n_codes).
    one_ways : ndarray of shape (n_codes,)
        The share of each code in its column, from which rows start.
    n_rows : int
        How many soft rows.
    n_steps : int
        Steps of Adam, on a cosine schedule.
    learning_rate : float, default=0.3
        The highest.
    seed : int
        Where rows start.
    device : str
        Where torch works.
    verbose : int, default=0
        1 shows a progress bar.

    Returns
    -------
    ndarray of float32 of shape (n_rows, n_codes)
        Probabilities; those of a column's codes sum to 1.
    """
    sizes = np.diff(tables.starts).tolist()
    target = torch.as_tensor(tables.values, device=device)
    measured = torch.ones_like(target)
    for block in tables.blocks():
        measured[block, block] = 0.0
    start = torch.as_tensor(one_ways, dtype=torch.float32).clamp(min=1e-6).log()
    drawn = torch.randn(n_rows, len(start), generator=torch_generator(seed))
    logits = (start + SPREAD * drawn).to(device).requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=learning_rate, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    for _ in trange(n_steps, desc="projection", unit="step", disable=not verbose):
        soft = _soften(logits, sizes)
        residual = (soft.T @ soft / n_rows - target) * measured
        optimizer.zero_grad()
        (SCALE * residual.square().sum()).backward()
        optimizer.step()
        schedule.step()
    return _soften(logits.detach(), sizes).numpy(force=True)


def _soften(logits, sizes):
    """Softmax over the codes of each column."""
    return torch.cat([part.softmax(1) for part in logits.split(sizes, dim=1)], dim=1)
