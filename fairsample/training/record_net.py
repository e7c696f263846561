"""The skorch net of whatever learns from records."""

import torch
from skorch import NeuralNet

from fairsample.training.device import this_process
from fairsample.training.seeding import seeded
from fairsample.training.shared_steps import SharedSteps

__all__ = ["RecordNet"]

_FEWEST_VALIDATED = 1024  # rows at once where nothing is learned from them


class RecordNet(NeuralNet):
    """Train on batches of `Records`, with some rows held out or none.

    Parameters
    ----------
    module : type
        What is trained; its arguments are given as ``module__...``.
    validation_fraction : float, default=0.1
        Share of rows held out for early stopping; 0 for none.
    accelerate : bool, default=False
        Whether the processes of accelerate take each step together.
    **kwargs : dict
        What `skorch.NeuralNet` takes.
    """

    def __init__(self, module, *, validation_fraction=0.1, accelerate=False, **kwargs):
        self.validation_fraction = validation_fraction
        self.accelerate = accelerate
        kwargs.setdefault("criterion", torch.nn.Identity)
        kwargs.setdefault("train_split", True)
        super().__init__(module, **kwargs)

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Join the other processes, if there are to be any."""
        super().on_train_begin(net, X=X, y=y, **kwargs)
        self.shared_steps_ = None
        if self.accelerate:
            self.shared_steps_ = SharedSteps(this_process())
            with seeded(0, self.device):  # what is read of latents is drawn
                first, _ = next(iter(X.batches(_FEWEST_VALIDATED)))
            self.shared_steps_.begin(self.module_, len(X), first)

    def on_train_end(self, net, **kwargs):
        """Leave the other processes."""
        super().on_train_end(net, **kwargs)
        self.shared_steps_ = None

    def mean_of_all(self, loss):
        """Average a loss over all processes: float."""
        steps = self.shared_steps_
        return (loss if steps is None else steps.mean(loss)).item()

    def get_split_datasets(self, X, y=None, **fit_params):
        """Hold out whole rows."""
        return X.split(self.validation_fraction)

    def get_iterator(self, dataset, training=False):
        """Iterate over batches, in a new order in each epoch of training."""
        if training:
            return dataset.batches(self.batch_size, shuffle=True)
        return dataset.batches(max(self.batch_size, _FEWEST_VALIDATED))

    def train_step_single(self, batch, **fit_params):
        """Compute loss and gradients of a batch, alone or with other processes."""
        if self.shared_steps_ is None:
            return super().train_step_single(batch, **fit_params)
        step, loss = self._share_of_step(batch, training=True)
        self.shared_steps_.backward(loss, self.module_.parameters())
        return step

    def validation_step(self, batch, **fit_params):
        """Compute the loss of a batch, alone or with other processes."""
        if self.shared_steps_ is None:
            return super().validation_step(batch, **fit_params)
        with torch.no_grad():
            return self._share_of_step(batch, training=False)[0]

    def _share_of_step(self, batch, training):
        """Run on this process's rows: skorch's step, and the loss to go back from."""
        self._set_training(training)
        X, y = batch
        steps = self.shared_steps_
        part, weight = steps.share(X, len(y))
        with steps.draws(self.device), steps.accelerator.autocast():
            y_pred = self.infer(part)
            loss = weight * self.get_loss(y_pred, None, X=part, training=training)
        return {"loss": steps.mean(loss), "y_pred": y_pred}, loss
