"""Steps that several processes take together, each on its share of a batch."""

import torch
from torch._utils import _flatten_dense_tensors, _unflatten_dense_tensors

from fairsample.training.seeding import seeded

__all__ = ["SharedSteps"]


class SharedSteps:
    """What one process does so that all of them take the step of the whole batch.

    Every process reads every batch and learns from its own share of the rows; losses
    and gradients are averaged. With what depends on the batch by its mean only, and
    without dropout, weights and losses are those of a single process.

    Gradients are averaged once they are complete, in one message: the nets are small.
    `DistributedDataParallel`, which accelerate wraps modules in, hides what losses ask
    of them and takes one forward pass a step.

    Parameters
    ----------
    accelerator : accelerate.Accelerator
        Of this process. Its mixed precision and its compiler are used.
    """

    def __init__(self, accelerator):
        self.accelerator = accelerator

    @property
    def is_alone(self):
        """Whether there is no other process."""
        return self.accelerator.num_processes == 1

    def begin(self, module, n_rows, first):
        """Compile the module if asked to, and see that all processes begin alike.

        Parameters
        ----------
        module : torch.nn.Module
            What is trained.
        n_rows : int
            Rows that it is trained on.
        first : RecordBatch or LatentBatch
            The first of them, in their order.

        Raises
        ------
        ValueError
            If the processes have other weights or other rows.
        """
        plugin = self.accelerator.state.dynamo_plugin
        if plugin.backend.value != "NO":
            module.compile(**plugin.to_kwargs())
        if self.is_alone:
            return
        from accelerate.utils import gather_object

        mine = [n_rows, *map(_fingerprint, [*module.parameters(), *first.tensors()])]
        everyone = gather_object([mine])
        if any(theirs != mine for theirs in everyone):
            raise ValueError(
                "The processes of accelerate begin with other weights or other rows. "
                "Give all of them the same rows, and an integer as random_state."
            )

    def share(self, batch, n_rows):
        """Take this process's rows of a batch, and what its mean loss weighs.

        Parameters
        ----------
        batch : RecordBatch or LatentBatch
            Of `n_rows` rows.
        n_rows : int
            Rows of the batch. Where they do not go round, all take all of them.

        Returns
        -------
        part : RecordBatch or LatentBatch
        weight : float
            1 on the average of all processes.
        """
        number, n_shares = (
            self.accelerator.process_index,
            self.accelerator.num_processes,
        )
        if n_rows < n_shares:
            return batch, 1.0
        part = batch.every(number, n_shares)
        return part, len(range(number, n_rows, n_shares)) * n_shares / n_rows

    def draws(self, device):
        """Let each process draw apart inside a block, and all alike after it."""
        seed = int(torch.randint(2**62, ())) + self.accelerator.process_index
        return seeded(seed, device)

    def backward(self, loss, parameters):
        """Leave in every process the gradients of the mean loss."""
        loss.backward()
        if self.is_alone:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = self.accelerator.reduce(_flatten_dense_tensors(gradients), "mean")
        averaged = _unflatten_dense_tensors(flat, gradients)
        for gradient, mean in zip(gradients, averaged, strict=True):
            gradient.copy_(mean)

    def mean(self, loss):
        """Average a loss over all processes: Tensor, scalar."""
        loss = loss.detach()
        return loss if self.is_alone else self.accelerator.reduce(loss, "mean")


def _fingerprint(tensor):
    """Sum a tensor so that the order of its numbers counts: float."""
    numbers = tensor.detach().cpu().double().flatten()
    return float(numbers @ (torch.arange(len(numbers)) % 97 + 1.0).double())
