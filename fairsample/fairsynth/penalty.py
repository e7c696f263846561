"""The fairness penalty that is added to the generator's likelihood."""

import numpy as np
import torch

from fairsample.fairsynth.likelihood import outcome_readout
from fairsample.fairsynth.objectives import OBJECTIVES, GroupRates, RateObjective

__all__ = ["FairnessPenalty", "plan_pool"]

POOL_ROWS = 1000  # generated records of each group that the penalty looks at
NATS_PER_UNIT = 0.5  # what a unit of unfairness weighs at fairness_weight = 1


class FairnessPenalty:
    """Unfairness of what can be read from generated records, as a loss.

    The records are drawn once from the plain generator, as many of each group, with
    outcomes in the group's own proportions.  The generator reads the outcome from
    them by Bayes' rule (`outcome_readout`), as a model trained on its rows would;
    the objective looks at these probabilities.  Its gradient moves
    p(record | outcome, group), hence also what is generated for a given cell.

    NOTE[DIFF]: the paper's Algorithm 2 counts codes over all positions, which
    measures how long records are; the outcome is what fairness is about.

    NOTE[DIFF]: the gradient runs through the readout only, the records stay as they
    were drawn.  A gradient through soft records would make a disadvantaged group's
    records look positive, its negatives too, which rewards the wrong rows.

    Parameters
    ----------
    records : Records
        Generated records.
    groups : LongTensor of shape (n_records,)
        Their groups, from 0; every group has some.
    group_levels : LongTensor of shape (n_groups, n_classes)
        The level of the group that each cell is generated under: its own, or that of
        all groups where it is too small.
    weight : float
        The fairness weight.
    objective : str or callable
        A name of `OBJECTIVES` or ``(probabilities, groups, labels) -> loss`` on
        tensors of shape (n,); labels are 1 for the positive outcome.
    positive : int, default=None
        The positive outcome; None takes the second of two, and of more each in turn.
    rows_per_group : int, default=64
        Records of each group in a step.
    """

    def __init__(
        self,
        records,
        groups,
        group_levels,
        weight,
        objective,
        *,
        positive=None,
        rows_per_group=64,
    ):
        self.records, self.groups, self.group_levels = records, groups, group_levels
        self.weight, self.rows_per_group = weight, rows_per_group
        self.objective = OBJECTIVES.get(objective, objective)
        n_classes = group_levels.shape[1]
        each_in_turn = [1] if n_classes == 2 else list(range(n_classes))
        self.positives = each_in_turn if positive is None else [positive]
        self.rates = [GroupRates() for _ in self.positives]
        self.draw_weights = self.weigh_draws()

    def weigh_draws(self):
        """Weigh the records of each group, (n_groups, n_records): all that count."""
        weights = torch.nn.functional.one_hot(self.groups).T.double()
        if isinstance(self.objective, RateObjective) and self.objective.of_positives:
            outcome = self.records.columns[:, 1]
            weights = weights / torch.bincount(outcome)[outcome]
        return weights

    def draw_rows(self):
        """Draw the rows of one step, as many of each group: (n,)."""
        rows = torch.multinomial(self.draw_weights, self.rows_per_group, True)
        return rows.flatten()

    def __call__(self, module):
        """Give the weighted loss of one stratified batch."""
        device, rows = module.block_starts.device, self.draw_rows()
        batch, groups = self.records.batch(rows).to(device), self.groups[rows]
        was_training = module.training
        module.eval()  # one dropout mask a class would drown the ratio of classes
        probabilities = outcome_readout(
            module, batch, self.group_levels[groups].to(device)
        )
        module.train(was_training)
        losses = [
            self.loss(probabilities, groups.to(device), batch.columns[:, 1], number)
            for number in range(len(self.positives))
        ]
        return self.weight * NATS_PER_UNIT * torch.stack(losses).mean()

    def loss(self, probabilities, groups, outcomes, number):
        """Give the objective's loss for one positive outcome."""
        positive = self.positives[number]
        probabilities, labels = (
            probabilities[:, positive],
            (outcomes == positive).long(),
        )
        if not isinstance(self.objective, RateObjective):
            return self.objective(probabilities, groups, labels)
        rates = self.objective.rates(probabilities, groups, labels)
        return self.objective.loss(self.rates[number].update(rates))


def plan_pool(counts):
    """Plan the penalty's records: as many of each group, in its own proportions.

    Parameters
    ----------
    counts : ndarray of int of shape (n_groups, n_classes)
        Real rows of the cells.

    Returns
    -------
    ndarray of int of shape (n_records, 2)
        Group and outcome of each record.
    """
    owed = np.ceil(POOL_ROWS * counts / counts.sum(axis=1, keepdims=True))
    group, label = np.indices(counts.shape)
    cells = np.column_stack([group.ravel(), label.ravel()])
    return cells.repeat(owed.astype(int).ravel(), axis=0)
