"""The small variational autoencoder that is trained on private rows."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from fairsample.autoregressive import column_nll
from fairsample.flip.vae import kl_to_normal, kl_to_uniform

__all__ = ["PrivateReconstruction", "PrivateVae", "row_losses"]

N_GIVEN = 2  # group and class come first; they are given, not written


class PrivateReconstruction(NamedTuple):
    """What the autoencoder makes of rows.

    Attributes
    ----------
    mean, log_variance : Tensor of shape (n, n_latents)
        Posterior of the latents.
    logits : Tensor of shape (n, n_codes)
        Logits of all codes, column after column.
    group_logits : Tensor of shape (n, n_groups) or None
        What the latents say of the group, where it is hidden.
    """

    mean: torch.Tensor
    log_variance: torch.Tensor
    logits: torch.Tensor
    group_logits: torch.Tensor | None


class PrivateVae(nn.Module):
    """Rows of codes to a few latents and back, small enough to learn under noise.

    Latents are N(0, I) beforehand, so that no prior has to be learned from rows. What
    noise leaves of a gradient is a share of its norm, which all parameters divide; so
    the network has few, and starts from what is known: the shares of each column's
    codes within each class.  To these it adds what the latents, the group, and the
    columns already written say, the latter linearly (see
    `~fairsample.flip.vae.TableVae` for why columns are written one after the other).

    All its layers are `torch.nn.Linear`, which read one row at a time.

    Parameters
    ----------
    block_sizes : list of int, length n_columns
        Codes of each column, without group and class.
    n_groups, n_classes : int
        Values of group and class.
    n_latents : int, default=4
        Latents of a row.
    hidden : int, default=32
        Hidden units of encoder and decoder.
    hide_group : bool, default=False
        Whether rows are written without the group, which the latents then have to be
        silent on: the paper's uniform term takes the place of its reconstruction.

    Notes
    -----
    Shape: (n, 2 + n_columns) codes, group and class first, and (n, n_latents) standard
    normal numbers in; a `PrivateReconstruction` out.
    """

    def __init__(
        self,
        block_sizes,
        n_groups,
        n_classes,
        *,
        n_latents=4,
        hidden=32,
        hide_group=False,
    ):
        super().__init__()
        self.block_sizes, self.n_latents = list(block_sizes), n_latents
        self.n_groups, self.n_classes = n_groups, n_classes
        n_codes, n_given = sum(block_sizes), n_groups * n_classes
        self.hide_group = hide_group
        if hide_group:
            n_given = n_classes
            self.to_group = nn.Linear(hidden, n_groups)
        self.encoder = nn.Linear(n_codes + n_groups + n_classes, hidden)
        self.to_posterior = nn.Linear(hidden, 2 * n_latents)
        self.decoder = nn.Linear(n_latents + n_given, hidden)
        self.to_codes = nn.Linear(hidden, n_codes)
        before = torch.tensor([0, *block_sizes[:-1]]).cumsum(0).tolist()
        self.writers = nn.ModuleList(
            nn.Linear(n_given + place, size, bias=False)
            for place, size in zip(before, block_sizes, strict=True)
        )
        self.register_buffer("offset", torch.zeros(n_classes, n_codes))
        with torch.no_grad():
            self.to_posterior.weight.mul_(0.3)
            for layer in [self.to_codes, *self.writers]:
                for parameter in layer.parameters():
                    parameter.zero_()

    def one_hot(self, columns):
        """Code rows (n, n_columns), without group and class, as (n, n_codes)."""
        blocks = zip(columns.unbind(1), self.block_sizes, strict=True)
        return torch.cat(
            [F.one_hot(column, size) for column, size in blocks], 1
        ).float()

    def given(self, group, label):
        """Code what rows are written under: (n, n_given)."""
        if self.hide_group:
            return F.one_hot(label, self.n_classes).float()
        cell = group * self.n_classes + label
        return F.one_hot(cell, self.n_groups * self.n_classes).float()

    def encode(self, codes, group, label):
        """Give mean and log variance of the latents, (n, n_latents) each."""
        known = F.one_hot(group, self.n_groups), F.one_hot(label, self.n_classes)
        hidden = F.silu(self.encoder(torch.cat([codes, *known], dim=1)))
        mean, log_variance = self.to_posterior(hidden).chunk(2, dim=1)
        return mean, log_variance.clamp(-8, 2)

    def decode(self, latents, given):
        """Give the decoder's hidden units: (n, hidden)."""
        return F.silu(self.decoder(torch.cat([latents, given], dim=1)))

    def forward(self, columns, noise):
        """Reconstruct rows from latents that `noise` draws from the posterior."""
        group, label = columns[:, 0], columns[:, 1]
        codes, given = self.one_hot(columns[:, N_GIVEN:]), self.given(group, label)
        mean, log_variance = self.encode(codes, group, label)
        hidden = self.decode(mean + noise * (log_variance / 2).exp(), given)
        seen = torch.cat([given, codes], dim=1)
        written = [layer(seen[:, : layer.in_features]) for layer in self.writers]
        logits = self.offset[label] + self.to_codes(hidden) + torch.cat(written, dim=1)
        group_logits = self.to_group(hidden) if self.hide_group else None
        return PrivateReconstruction(mean, log_variance, logits, group_logits)

    @torch.no_grad()
    def write(self, group, label, generator):
        """Write rows from latents of N(0, I).

        Parameters
        ----------
        group, label : LongTensor of shape (n,)
            What the rows are written under.
        generator : torch.Generator
            Randomness.

        Returns
        -------
        codes : LongTensor of shape (n, n_columns)
            Without group and class.
        probabilities : Tensor of shape (n, n_codes)
            What they were drawn from.
        """
        shape, device = (len(label), self.n_latents), label.device
        latents = torch.randn(shape, generator=generator, device=device)
        given = self.given(group, label)
        logits = self.offset[label] + self.to_codes(self.decode(latents, given))
        seen, codes, probabilities = given, [], []
        for layer, start in zip(
            self.writers, logits.split(self.block_sizes, dim=1), strict=True
        ):
            chances = (start + layer(seen)).softmax(dim=1)
            code = torch.multinomial(chances, 1, generator=generator)[:, 0]
            seen = torch.cat([seen, F.one_hot(code, chances.shape[1])], dim=1)
            codes.append(code)
            probabilities.append(chances)
        return torch.stack(codes, dim=1), torch.cat(probabilities, dim=1)


def row_losses(module, columns, noise, beta=1.0):
    """Give each row's loss, which reads no other row.

    Parameters
    ----------
    module : PrivateVae
        The autoencoder.
    columns : LongTensor of shape (n, 2 + n_columns)
        Codes, group and class first.
    noise : Tensor of shape (n, n_latents)
        Standard normal.
    beta : float, default=1.0
        Weight of the divergence of the posterior to N(0, I).

    Returns
    -------
    Tensor of shape (n,)
        The negative evidence lower bound in nats; where the group is hidden, the
        divergence of what is said of it to uniform is added.
    """
    written = module(columns, noise)
    nats = column_nll(written.logits, columns[:, N_GIVEN:], module.block_sizes).sum(1)
    posterior = written.mean[:, None], written.log_variance[:, None]
    losses = nats + beta * kl_to_normal(*posterior).sum(1)
    if written.group_logits is None:
        return losses
    return losses + kl_to_uniform(written.group_logits)
