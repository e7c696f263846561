"""Distance of a prediction's causal effects from their targets, as a loss."""

import torch

from fairsample.predictors.patients import PatientBatch

__all__ = ["CausalPenalty"]

_STIFFNESS = 5.0  # curvature of the loss near the target, per squared effect
_MULTIPLIER_STEP = 0.1  # of the stiffness, in each training step
_SHARPNESS = 4.0  # of soft decisions, per standard deviation of logits
_MOST_ROWS = 16_384


class CausalPenalty:
    """λ times the sum of all effects' distances from their targets.

    An effect of a known function is a weighted sum of its values, with weights that
    are estimated once, before training. The training loss is a smooth form of
    λ |effect - target|: the largest of m (effect - target) over multipliers m within
    [-λ, λ], less a quadratic that holds m near a running estimate of the best one. An
    absolute value's own gradient never gets small; each step would overshoot the
    target, and the net that overshoots least is the one that predicts nothing.

    Effects of decisions, of the class with the largest probability, are measured on
    soft decisions.

    Parameters
    ----------
    rows : PatientBatch of n_evaluated rows
        Where the predictor is evaluated.
    weights : ndarray of shape (n_effects, n_evaluated)
        Each effect is a weighted sum of predictions; each row sums to 0.
    targets : ndarray of shape (n_effects, n_probabilities)
        The effects that there should be on the probability of each class, or of the
        second of two.
    fairness_weight : float
        λ.
    of_decisions : ndarray of bool of shape (n_effects,), default=None
        Effects that decisions are not to have either; None stands for none.
    tolerance : float, default=0.0
        A distance that counts as none.

    Examples
    --------
    >>> import torch
    >>> from fairsample.predictors.causal_penalty import CausalPenalty
    >>> from fairsample.predictors.patients import ColumnBatch, PatientBatch
    >>> numbers = torch.tensor([0.0, 1.0, 2.0, 3.0]).reshape(4, 1, 1)
    >>> columns = ColumnBatch(torch.empty(4, 0, dtype=torch.long), numbers)
    >>> penalty = CausalPenalty(
    ...     PatientBatch({"static": columns}, torch.zeros(4)),
    ...     weights=[[-0.5, -0.5, 0.5, 0.5]],
    ...     targets=[[0.0]],
    ...     fairness_weight=2.0,
    ... )
    >>> def module(batch):
    ...     return batch.inputs["static"].numbers[:, 0]
    >>> penalty.effects(module)
    tensor([[0.3012]], dtype=torch.float64)
    >>> penalty.distance(module)
    tensor(0.3012)
    """

    def __init__(
        self,
        rows,
        weights,
        targets,
        fairness_weight,
        *,
        of_decisions=None,
        tolerance=0.0,
    ):
        to = {"dtype": torch.float32, "device": rows.outcome.device}
        self.rows = rows
        self.fairness_weight, self.tolerance = fairness_weight, tolerance
        self.weights = torch.tensor(weights, **to)
        self.targets = torch.tensor(targets, **to)
        if of_decisions is None:
            of_decisions = [False] * len(self.weights)
        self.of_decisions = torch.tensor(of_decisions, device=to["device"])
        n_gaps = len(self.weights) + int(self.of_decisions.sum())
        self.multipliers = torch.zeros(n_gaps, self.targets.shape[1], **to)

    def __call__(self, module):
        """Give the training loss, and move the multipliers."""
        gaps = self._gaps(module, *self._draw_rows())
        with torch.no_grad():
            pull = self._within(self.multipliers + _STIFFNESS * gaps)
            step = _MULTIPLIER_STEP * _STIFFNESS * gaps
            self.multipliers = self._within(self.multipliers + step)
        return (pull * gaps).sum()

    def effects(self, module):
        """Measure all effects on probabilities: (n_effects, n_probabilities)."""
        with torch.no_grad():
            return self.weights.to(torch.double) @ _probabilities(
                module(self.rows).double()
            )

    def distance(self, module):
        """Sum up all distances from targets, without a gradient."""
        with torch.no_grad():
            return self._gaps(module, self.rows, self.weights).abs().sum()

    def _within(self, multipliers):
        return multipliers.clamp(-self.fairness_weight, self.fairness_weight)

    def _gaps(self, module, rows, weights):
        """Effects less targets, where they are beyond the tolerance."""
        logits = module(rows)
        gaps = [weights @ _centred(_probabilities(logits)) - self.targets]
        if self.of_decisions.any():
            decisions = _centred(_soft_decisions(logits))
            gaps.append(weights[self.of_decisions] @ decisions)
        gaps = torch.cat(gaps)
        return gaps.sign() * (gaps.abs() - self.tolerance).relu()

    def _draw_rows(self):
        """Draw rows where there are many, those that weigh more the more often."""
        if self.weights.shape[1] <= _MOST_ROWS:
            return self.rows, self.weights
        share = self.weights.abs()
        share = (share / share.sum(dim=1, keepdim=True)).mean(dim=0)
        drawn = torch.multinomial(share, _MOST_ROWS, replacement=True)
        rows = {name: part.take(drawn) for name, part in self.rows.inputs.items()}
        weights = self.weights[:, drawn] / (share[drawn] * _MOST_ROWS)
        return PatientBatch(rows, self.rows.outcome[drawn]), weights


def _probabilities(logits):
    return logits.sigmoid() if logits.shape[1] == 1 else logits.softmax(dim=1)


def _soft_decisions(logits):
    spread = (logits - logits.mean(dim=0)).std().detach().clamp(min=1e-6)
    return _probabilities(_SHARPNESS / spread * logits)


def _centred(values):
    """Take the mean off, which weights of sum 0 do not see, but their draws do."""
    return values - values.mean(dim=0).detach()
