"""The skorch net that trains a HALO generator."""

from contextlib import contextmanager

from fairsample.autoregressive import column_nll
from fairsample.fairsynth.likelihood import outcome_loss, visit_nll
from fairsample.training.record_net import RecordNet

__all__ = ["HaloNet"]


class HaloNet(RecordNet):
    """Train `Halo` on `Records`: likelihood, then likelihood and a fairness penalty.

    ``fit`` maximises the likelihood (the plain generator).  Inside
    ``fairness_phase``, ``partial_fit`` adds a penalty to each training loss and draws
    batches in which all (group, outcome) cells are equally frequent.

    Parameters
    ----------
    module : type
        `Halo`; its arguments are given as ``module__...``.
    outcome_weight : float, default=1.0
        Weight of `outcome_loss` beside the likelihood.
    **kwargs : dict
        What `RecordNet` takes.
    """

    def __init__(self, module, *, outcome_weight=1.0, **kwargs):
        self.outcome_weight = outcome_weight
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

    def get_iterator(self, dataset, training=False):
        """Iterate over `RecordBatch` objects, balanced ones under a penalty."""
        if not training or self.penalty_ is None:
            return super().get_iterator(dataset, training)
        return dataset.batches(self.batch_size, balanced=True)

    def train_step_single(self, batch, **fit_params):
        """Compute loss and gradients; the net's passes share the masked weights."""
        with self.module_.weights_kept():
            return super().train_step_single(batch, **fit_params)

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
            penalty = self.penalty_(self.module_)
            self.history.record_batch("train_penalty", self.mean_of_all(penalty))
            loss = loss + penalty
        return loss
