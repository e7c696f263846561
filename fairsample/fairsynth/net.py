"""The skorch net that trains a HALO generator."""

from contextlib import contextmanager

import torch
from skorch import NeuralNet

from fairsample.fairsynth.likelihood import column_nll, outcome_loss, visit_nll
from fairsample.training.records import RecordLoader

__all__ = ["HaloNet"]


class HaloNet(NeuralNet):
    """Train `Halo` on `Records`: likelihood, then likelihood and a fairness penalty.

    ``fit`` maximises the likelihood (the plain generator).  Inside
    ``fairness_phase``, ``partial_fit`` adds a penalty to each training loss and draws
    batches in which all (group, outcome) cells are equally frequent.

    Parameters
    ----------
    module : type
        `Halo`; its arguments are given as ``module__...``.
    validation_fraction : float, default=0.1
        Share of patients held out for early stopping; 0 for none.
    outcome_weight : float, default=1.0
        Weight of `outcome_loss` beside the likelihood.
    **kwargs : dict
        What `skorch.NeuralNet` takes.
    """

    def __init__(
        self, module, *, validation_fraction=0.1, outcome_weight=1.0, **kwargs
    ):
        self.validation_fraction = validation_fraction
        self.outcome_weight = outcome_weight
        kwargs.setdefault("criterion", torch.nn.Identity)
        kwargs.setdefault("train_split", True)
        super().__init__(module, **kwargs)

    def initialize(self):
        """Initialise everything; a new net has no penalty."""
        self.penalty_ = None
        return super().initialize()

    @contextmanager
    def fairness_phase(self, penalty):
        """Add ``penalty(module) -> loss`` to the training losses inside a block."""
        self.penalty_ = penalty
        try:
            yield self
        finally:
            self.penalty_ = None

    def get_split_datasets(self, X, y=None, **fit_params):
        """Hold out whole patients."""
        n_valid = int(self.validation_fraction * len(X))
        if not n_valid:
            return X, None
        order = torch.randperm(len(X))
        return X.take(order[n_valid:].sort()[0]), X.take(order[:n_valid].sort()[0])

    def get_iterator(self, dataset, training=False):
        """Iterate over `RecordBatch` objects."""
        if not training:
            return RecordLoader(dataset, max(self.batch_size, 1024))
        balanced = self.penalty_ is not None
        return RecordLoader(dataset, self.batch_size, shuffle=True, balanced=balanced)

    def infer(self, x, **fit_params):
        """Run the module on a `RecordBatch`."""
        return self.module_(x.to(self.device), **fit_params)

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Mean nats of a patient's columns and of a visit, plus the penalty."""
        column_logits, visit_logits = y_pred
        batch = X.to(column_logits.device)
        columns = column_nll(column_logits, batch.columns, self.module_.block_sizes)
        loss = columns.sum(1).mean()
        if visit_logits is not None:
            loss = loss + visit_nll(visit_logits, batch).mean()
        if self.outcome_weight:
            loss = loss + self.outcome_weight * outcome_loss(
                self.module_, batch, y_pred
            )
        if training and self.penalty_ is not None:
            loss = loss + self.penalty_(self.module_)
        return loss
