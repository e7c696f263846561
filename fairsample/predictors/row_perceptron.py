"""A multi-layer perceptron that reads columns of levels and of numbers."""

import torch
from torch import nn

__all__ = ["RowPerceptron"]


class RowPerceptron(nn.Module):
    """Give the logits of rows: one-hot levels and scaled numbers, then hidden layers.

    Parameters
    ----------
    inputs : dict of str to dict
        For each part of a `PatientBatch` the sizes of its columns: ``n_categorical``,
        ``n_levels`` and ``n_numeric``.
    n_outputs : int
        Logits of a row.
    hidden_layer_sizes : sequence of int
        Width of each hidden layer; none makes a linear model.

    Notes
    -----
    Shape: a `PatientBatch` of n rows without visits in, logits (n, n_outputs) out.

    Examples
    --------
    >>> import torch
    >>> from fairsample.predictors.patients import ColumnBatch, PatientBatch
    >>> from fairsample.predictors.row_perceptron import RowPerceptron
    >>> columns = ColumnBatch(torch.tensor([[1], [0]]), torch.randn(2, 3, 2))
    >>> sizes = {"n_categorical": 1, "n_levels": 4, "n_numeric": 3}
    >>> module = RowPerceptron({"static": sizes}, 1, hidden_layer_sizes=[8])
    >>> module(PatientBatch({"static": columns}, torch.zeros(2))).shape
    torch.Size([2, 1])
    """

    def __init__(self, inputs, n_outputs, hidden_layer_sizes=(64, 32)):
        super().__init__()
        first, *wider = [*hidden_layer_sizes, n_outputs]
        self.levels = nn.ModuleDict(
            {
                name: nn.EmbeddingBag(sizes["n_levels"] + 1, first, mode="sum")
                for name, sizes in inputs.items()
            }
        )
        self.numbers = nn.ModuleDict(
            {
                name: nn.Linear(2 * sizes["n_numeric"], first, bias=False)
                for name, sizes in inputs.items()
                if sizes["n_numeric"]
            }
        )
        self.bias = nn.Parameter(torch.zeros(first))
        self.n_columns = sum(
            sizes["n_categorical"] + sizes["n_numeric"] for sizes in inputs.values()
        )
        self.hidden = nn.ModuleList()
        for width in wider:
            self.hidden.append(nn.Linear(first, width))
            first = width
        self.reset_parameters()

    def reset_parameters(self):
        """Start as a linear layer on that many columns does; unknown levels add 0."""
        bound = max(self.n_columns, 1) ** -0.5
        for part in (*self.levels.values(), *self.numbers.values()):
            nn.init.uniform_(part.weight, -bound, bound)
        with torch.no_grad():
            for table in self.levels.values():
                table.weight[0] = 0

    def forward(self, batch):
        """Give the logits."""
        total = self.bias.expand(len(batch), -1)
        for name, columns in batch.inputs.items():
            if columns.levels.shape[1]:
                total = total + self.levels[name](columns.levels)
            if name in self.numbers:
                numbers = columns.numbers.to(self.bias.dtype).flatten(1)
                total = total + self.numbers[name](numbers)
        for layer in self.hidden:
            total = layer(torch.relu(total))
        return total
