"""Posteriors of a table's rows, and batches of latents drawn from them."""

from typing import NamedTuple

import torch

from fairsample.training.records import RowDataset

__all__ = ["LatentBatch", "LatentRows", "encode_rows"]


class LatentBatch(NamedTuple):
    """Latents of some rows, and the conditions they stand under.

    Attributes
    ----------
    latents : Tensor of shape (n, n_features)
        Drawn from each row's posterior.
    group, label : LongTensor of shape (n,)
        Conditions.
    """

    latents: torch.Tensor
    group: torch.Tensor
    label: torch.Tensor

    def to(self, device):
        """Move every tensor to a device."""
        return LatentBatch(*(tensor.to(device) for tensor in self))

    def tensors(self):
        """Give all tensors: list."""
        return list(self)

    def every(self, first, step):
        """Take each so manyth row, beginning with the `first`."""
        return LatentBatch(*(tensor[first::step] for tensor in self))


class LatentRows(RowDataset):
    """Rows as posteriors; what `RecordLoader` reads from.

    Parameters
    ----------
    mean, std : Tensor of shape (n, n_features)
        Posterior of each row's latents.
    group, label : LongTensor of shape (n,)
        Conditions.
    """

    def __init__(self, mean, std, group, label):
        self.mean, self.std, self.group, self.label = mean, std, group, label

    def __len__(self):
        return len(self.mean)

    def __getitem__(self, row):
        return self.batch(torch.as_tensor([row]))

    def batch(self, rows):
        """Draw latents of rows, LongTensor of shape (n,): `LatentBatch`."""
        mean, std = self.mean[rows], self.std[rows]
        latents = mean + std * torch.randn_like(mean)
        return LatentBatch(latents, self.group[rows], self.label[rows])

    def moments(self):
        """Mean and standard deviation of latents over all rows: (n_features,) each."""
        within, between = self.std.square().mean(0), self.mean.var(0, correction=0)
        return self.mean.mean(0), (within + between).sqrt()


@torch.no_grad()
def encode_rows(vae, columns, chunk_size=4096):
    """Read the posterior of every row.

    Parameters
    ----------
    vae : TableVae
        Trained.
    columns : LongTensor of shape (n, n_columns)
        Rows, group and outcome first.
    chunk_size : int, default=4096
        Rows encoded side by side.

    Returns
    -------
    LatentRows
        On the CPU.
    """
    device = vae.device
    parts = [vae.encode(chunk.to(device)) for chunk in columns.split(chunk_size)]
    mean = torch.cat([mean.flatten(1) for mean, _ in parts]).cpu()
    log_variance = torch.cat([part.flatten(1) for _, part in parts]).cpu()
    return LatentRows(mean, (log_variance / 2).exp(), columns[:, 0], columns[:, 1])
