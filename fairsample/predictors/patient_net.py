"""The skorch net that trains a classifier of patients."""

import torch.nn.functional as F
from skorch import NeuralNet
from torch import nn

from fairsample.training.records import RecordLoader

__all__ = ["PatientNet"]


class PatientNet(NeuralNet):
    """Train a module that reads a `PatientBatch` and gives logits.

    One logit stands for two classes, several for as many.

    Parameters
    ----------
    module : type
        Its arguments are given as ``module__...``.
    **kwargs : dict
        What `skorch.NeuralNet` takes.
    """

    def __init__(self, module, **kwargs):
        kwargs.setdefault("criterion", nn.Identity)
        super().__init__(module, **kwargs)

    def get_iterator(self, dataset, training=False):
        """Iterate over `PatientBatch` objects."""
        size = self.batch_size if training else max(self.batch_size, 1024)
        return RecordLoader(dataset, size, shuffle=training)

    def infer(self, x, **fit_params):
        """Run the module on a `PatientBatch`."""
        return self.module_(x.to(self.device), **fit_params)

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Mean nats of a patient's class."""
        outcome = X.outcome.to(y_pred.device)
        if y_pred.shape[1] == 1:
            return F.binary_cross_entropy_with_logits(y_pred[:, 0], outcome.float())
        return F.cross_entropy(y_pred, outcome)
