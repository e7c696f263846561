"""The fairness penalty that is added to the generator's likelihood."""

import torch

from fairsample.fairsynth.likelihood import outcome_readout
from fairsample.fairsynth.objectives import OBJECTIVES, GroupRates, RateObjective

__all__ = ["FairnessPenalty"]

NATS_PER_UNIT = 1.0  # what a unit of unfairness weighs at fairness_weight = 1


class FairnessPenalty:
    """Unfairness of what can be read from generated records, as a loss.

    The records are drawn once from the plain generator, as many of each group, with
    outcomes in the group's own proportions.  The generator reads the outcome from
    them by Bayes' rule (`outcome_readout`), as a model trained on its rows would;
    the objective looks at these probabilities.  Its gradient moves
    p(record | outcome, group), hence also what is generated for a given cell.

    NOTE[DIFF]: the paper's Algorithm 2 counts codes over all positions, which
    measures how long records are; the outcome is what fairness is about.

    Parameters
    ----------
    records : Records
        Generated records, any number of groups, the same number of each.
    weight : float
        The fairness weight.
    objective : str or callable
        A name of `OBJECTIVES` or ``(probabilities, groups, labels) -> loss`` on
        tensors of shape (n,); labels are 1 for the positive outcome.
    n_classes : int
        Number of outcomes. With two, the second is the positive one; with more,
        each is in turn and the losses are averaged.
    rows_per_group : int, default=64
        Records of each group in a step.
    """

    def __init__(self, records, weight, objective, n_classes, rows_per_group=64):
        self.records, self.weight, self.n_classes = records, weight, n_classes
        self.objective = OBJECTIVES.get(objective, objective)
        self.rows_per_group = rows_per_group
        self.positives = [1] if n_classes == 2 else list(range(n_classes))
        self.rates = [GroupRates() for _ in self.positives]
        group = records.columns[:, 0]
        self.rows_of_group = [torch.where(group == g)[0] for g in group.unique()]

    def draw_rows(self):
        """Draw the rows of one step, as many of each group."""
        return torch.cat(
            [
                rows[torch.randint(len(rows), (self.rows_per_group,))]
                for rows in self.rows_of_group
            ]
        )

    def __call__(self, module):
        """Give the weighted loss of one stratified batch."""
        device = module.block_starts.device
        batch = self.records.batch(self.draw_rows()).to(device)
        was_training = module.training
        module.eval()  # one dropout mask a class would drown the ratio of classes
        probabilities = outcome_readout(module, batch, self.n_classes)
        module.train(was_training)
        _, group = batch.columns[:, 0].unique(return_inverse=True)
        outcome = batch.columns[:, 1]
        losses = [
            self.loss(probabilities[:, positive], group, (outcome == positive).long(), i)
            for i, positive in enumerate(self.positives)
        ]
        return self.weight * NATS_PER_UNIT * torch.stack(losses).mean()

    def loss(self, probabilities, groups, labels, number):
        """Give the objective's loss for one positive outcome."""
        if not isinstance(self.objective, RateObjective):
            return self.objective(probabilities, groups, labels)
        rates = self.objective.rates(probabilities, groups, labels)
        return self.objective.loss(self.rates[number].update(rates))
