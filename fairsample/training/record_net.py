"""The skorch net of whatever learns from records."""

import torch
from skorch import NeuralNet

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
        return X.split(self.validation_fraction)

    def get_iterator(self, dataset, training=False):
        """Iterate over batches, in a new order in each epoch of training."""
        if training:
            return dataset.batches(self.batch_size, shuffle=True)
        return dataset.batches(max(self.batch_size, _FEWEST_VALIDATED))
