"""Fairness objectives as differentiable losses over soft predictions.

Algorithm 1 of the FairSynth paper walks over patients, updates a statistic of each
group and turns the statistics into a loss.  Here the statistics are soft rates.

NOTE[DIFF]: Algorithm 2 of the paper counts probabilities above one half; a count has
no gradient (training with and without it is the same, bit for bit), a soft rate has.
"""

from typing import NamedTuple

import torch

__all__ = [
    "OBJECTIVES",
    "GroupRates",
    "RateObjective",
    "check_objective",
    "soft_max",
    "soft_min",
]

SHARPNESS = 20.0  # of the soft extremes: rates .05 apart count about 3 to 1


def soft_min(rates):
    """Mean of the rates, weighted towards the lowest: a smooth minimum."""
    return (torch.softmax(-SHARPNESS * rates, 0) * rates).sum()


def soft_max(rates):
    """Mean of the rates, weighted towards the highest: a smooth maximum."""
    return (torch.softmax(SHARPNESS * rates, 0) * rates).sum()


def disparate_impact_loss(rates):
    """1 - lowest / highest selection rate (paper, Algorithm 2)."""
    return 1 - soft_min(rates) / soft_max(rates).clamp(min=1e-6)


def worst_group_loss(rates):
    """1 - lowest rate (minimax fairness)."""
    return 1 - soft_min(rates)


def gap_loss(rates):
    """Highest - lowest rate."""
    return soft_max(rates) - soft_min(rates)


class RateObjective(NamedTuple):
    """An objective that is a loss of group rates.

    Attributes
    ----------
    loss : callable
        ``(rates of shape (n_groups,)) -> loss``.
    of_positives : bool
        Whether rates are taken over the positives of a group (true positive
        rates) or over all its rows (selection rates).
    """

    loss: callable
    of_positives: bool

    def rates(self, probabilities, groups, labels):
        """Soft rate of each group, the mean probability: (n_groups,).

        NaN, without gradient, for a group that has no rows to take it over.
        """
        counted = labels == 1 if self.of_positives else torch.ones_like(labels).bool()
        n_groups = int(groups.max()) + 1
        groups, probabilities = groups[counted], probabilities[counted]
        counts = torch.bincount(groups, minlength=n_groups)
        sums = probabilities.new_zeros(n_groups).index_add(0, groups, probabilities)
        return (sums / counts.clamp(min=1)).masked_fill(counts == 0, torch.nan)


OBJECTIVES = {
    "disparate_impact": RateObjective(disparate_impact_loss, of_positives=False),
    "worst_group_tpr": RateObjective(worst_group_loss, of_positives=True),
    "equal_opportunity": RateObjective(gap_loss, of_positives=True),
}


class GroupRates:
    """Running rates: their values are smoothed over steps, their gradients are not.

    A small group's rate in one batch is noisy; the loss sees the running rate, and
    each batch still moves it with its own full gradient.  A group without a rate in a
    batch (NaN) keeps its running one; before its first, the loss does not see it.

    Parameters
    ----------
    momentum : float, default=0.8
        Weight of what was there before.
    """

    def __init__(self, momentum=0.8):
        self.momentum, self.running = momentum, None

    def update(self, rates):
        """Give running values that carry the gradient of `rates`: (n_known_groups,)."""
        now = rates.detach()
        before = now if self.running is None else self.running
        before = torch.where(before.isnan(), now, before)
        now = torch.where(now.isnan(), before, now)
        self.running = self.momentum * before + (1 - self.momentum) * now
        step = torch.where(rates.isnan(), 0.0, rates - now)
        return (self.running + step)[~self.running.isnan()]


def check_objective(objective, n_groups):
    """Try a caller's objective before anything is trained.

    Parameters
    ----------
    objective : callable
        ``(probabilities, groups, labels) -> loss`` on tensors of shape (n,).
    n_groups : int
        Groups there are.

    Raises
    ------
    ValueError
        If the loss is no finite scalar tensor that depends on the probabilities.
    """
    groups = torch.arange(n_groups).repeat_interleave(16)
    labels = torch.arange(16).repeat(n_groups) % 2
    probabilities = torch.linspace(0.1, 0.9, len(groups), requires_grad=True)
    loss = objective(probabilities, groups, labels)
    if (
        not isinstance(loss, torch.Tensor)
        or loss.numel() != 1
        or not loss.requires_grad
    ):
        raise ValueError(
            f"objective returned {loss!r}; it has to return a tensor of one number "
            "that depends on the probabilities it was given."
        )
    if not torch.isfinite(loss):
        raise ValueError(f"objective returned {loss.item()}; it has to be finite.")
