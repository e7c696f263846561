"""The skorch net that trains a classifier of patients."""

import torch
import torch.nn.functional as F
from skorch import NeuralNet
from torch import nn

from fairsample.evaluation.splitting import split_cells
from fairsample.training.records import RecordLoader

__all__ = ["PatientNet", "hold_out"]


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

    def predict_proba(self, X):
        """Give the probability of each class of `Patients`, ndarray of (n, n_classes).

        Parameters
        ----------
        X : Patients
            Whom to predict for.
        """
        logits = self.forward(X)
        if logits.shape[1] > 1:
            return logits.softmax(dim=1).numpy()
        return torch.cat([(-logits).sigmoid(), logits.sigmoid()], dim=1).numpy()


def hold_out(patients, fraction, seed):
    """Split patients into a training and a validation part, class by class.

    Parameters
    ----------
    patients : Patients
        All of them.
    fraction : float
        Share that is held out.
    seed : int
        What draws.

    Returns
    -------
    tuple of Patients
        Both parts.
    """
    split = split_cells(patients.outcome, test_size=fraction, random_state=seed)
    return tuple(patients.take(torch.as_tensor(rows)) for rows in split)
