"""The skorch net of whatever learns from records."""

import torch
from skorch import NeuralNet

from fairsample.training.records import RecordLoader

__all__ = ["RecordNet"]

_FEWEST_VALIDATED = 1024  # rows at once where nothing is learned from them


class RecordNet(NeuralNet):
    """Train on what `RecordLoader` gives, with some rows held out or none.

    Parameters
    ----------
    module : type
        What is trained; its arguments are given as ``module__...``.
    validation_fraction : float, default=0.1
        Share of rows held out for early stopping; 0 for none.
    **kwargs : dict
        What `skorch.NeuralNet` takes.
    """

    def __init__(self, module, *, validation_fraction=0.1, **kwargs):
        self.validation_fraction = validation_fraction
        kwargs.setdefault("criterion", torch.nn.Identity)
        kwargs.setdefault("train_split", True)
        super().__init__(module, **kwargs)

    def get_split_datasets(self, X, y=None, **fit_params):
        """Hold out whole rows."""
        n_valid = int(self.validation_fraction * len(X))
        if not n_valid:
            return X, None
        order = torch.randperm(len(X))
        return X.take(order[n_valid:].sort()[0]), X.take(order[:n_valid].sort()[0])

    def get_iterator(self, dataset, training=False):
        """Iterate over batches, in a new order in each epoch of training."""
        if training:
            return RecordLoader(dataset, self.batch_size, shuffle=True)
        return RecordLoader(dataset, max(self.batch_size, _FEWEST_VALIDATED))
