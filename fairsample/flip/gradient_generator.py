"""Rows drawn from an autoencoder that was trained on private rows."""

import numpy as np
import torch
from sklearn.utils import check_random_state

from fairsample.encoding import TableEncoder
from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.merged_codes import MergedCodes
from fairsample.flip.private_vae import PrivateVae
from fairsample.training.estimator_seeds import draw_seed
from fairsample.training.seeding import seeded, torch_generator

__all__ = ["GradientGenerator", "class_shares"]

ROWS_AT_ONCE = 8192
CALIBRATION_ROWS = 20_000
CALIBRATION_ROUNDS = 6
CALIBRATION_PACE = 0.7


class GradientGenerator:
    """Draw rows of any group and class; of the rows trained on, nothing is left.

    Parameters
    ----------
    encoder : TableEncoder
        Values of the columns <-> codes.
    merged : list of MergedCodes
        Of each column.
    sizes : dict
        Arguments of `PrivateVae`, without ``block_sizes``.
    weights : dict of str to ndarray
        Its weights.
    cell_counts : ndarray of float of shape (n_groups, n_classes)
        Rows of each group and class, with noise.
    ledger : PrivacyLedger
        What was paid.
    independence : float, default=0.0
        See `with_independence`.
    outside : dict of column to float, default=None
        About how many values lie outside the domain; of interest after a fit only.
    """

    def __init__(
        self,
        encoder,
        merged,
        sizes,
        weights,
        cell_counts,
        ledger,
        independence=0.0,
        outside=None,
    ):
        self.encoder, self.merged, self.sizes = encoder, merged, sizes
        self.cell_counts, self.ledger = cell_counts, ledger
        self.independence, self.outside = independence, outside or {}
        with seeded(0):
            self.vae = PrivateVae([one.n_codes for one in merged], **sizes)
        tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
        self.vae.load_state_dict(tensors)
        self.vae.requires_grad_(False)

    def with_independence(self, independence):
        """Take away what the group tells of the columns, as post-processing.

        Parameters
        ----------
        independence : float
            The share of rows whose columns are those of a group drawn from their class;
            1 leaves nothing of what the group tells within a class.

        Returns
        -------
        GradientGenerator
            Another one with the same network.
        """
        parts = {**self._parts(), "independence": independence}
        return GradientGenerator(**parts, outside=self.outside)

    def calibrate(self):
        """Set the shares of each column's codes within each class to the noisy ones.

        Returns
        -------
        GradientGenerator
            The same one, changed.
        """
        vae, generator = self.vae, torch_generator(0)
        shares = class_shares(self.merged)
        per_class = np.maximum(self.cell_counts.T, 1e-9)
        per_class = torch.from_numpy(per_class / per_class.sum(axis=1, keepdims=True))
        for _ in range(CALIBRATION_ROUNDS):
            for label, (wanted, of_groups) in enumerate(
                zip(shares, per_class, strict=True)
            ):
                group = torch.multinomial(
                    of_groups, CALIBRATION_ROWS, replacement=True, generator=generator
                )
                _, drawn = vae.write(group, torch.full_like(group, label), generator)
                ratio = wanted / drawn.mean(0).clamp_min(1e-6)
                vae.offset[label] += CALIBRATION_PACE * ratio.log().clamp(-1, 1)
        return self

    def draw(self, group, label, random_state=None):
        """Draw a row for each group and class asked for.

        Parameters
        ----------
        group, label : array of int of shape (n_rows,)
            Codes.
        random_state : int, RandomState instance or None
            What draws.

        Returns
        -------
        DataFrame of shape (n_rows, n_columns)
            The columns that were released, of their dtypes.
        """
        group, label = np.asarray(group), np.asarray(label)
        random_state = check_random_state(random_state)
        generator = torch_generator(draw_seed(random_state))
        written_as = torch.from_numpy(self._exchange(group, label, random_state))
        given = torch.stack([written_as, torch.from_numpy(label)], dim=1).long()
        codes = [
            self.vae.write(*part.unbind(1), generator)[0].numpy()
            for part in given.split(ROWS_AT_ONCE)
        ]
        codes = np.concatenate(codes)
        for j, one in enumerate(self.merged):
            codes[:, j] = one.split(codes[:, j], label, random_state)
        return self.encoder.inverse_transform(codes, random_state)

    def _exchange(self, group, label, random_state):
        """Draw groups to write as: of a share of rows, any group of their class."""
        until = np.maximum(self.cell_counts, 0).cumsum(axis=0)
        rank = random_state.random_sample(len(group)) * until[-1, label]
        of_class = (rank >= until[:-1, label]).sum(axis=0)
        exchanged = random_state.random_sample(len(group)) < self.independence
        return np.where(exchanged, of_class, group)

    def _parts(self):
        weights = self.vae.state_dict()
        return {
            "encoder": self.encoder,
            "merged": self.merged,
            "sizes": self.sizes,
            "weights": {name: w.numpy().copy() for name, w in weights.items()},
            "cell_counts": self.cell_counts,
            "ledger": self.ledger,
            "independence": self.independence,
        }

    def state(self):
        """Give everything in types that `SavedToFolder` writes: dict."""
        return {
            **self._parts(),
            "encoder": self.encoder.to_json(),
            "merged": [one.to_state() for one in self.merged],
            "ledger": self.ledger.to_json(),
        }

    @classmethod
    def from_state(cls, state):
        """Rebuild a generator from `state`."""
        parts = {
            **state,
            "encoder": TableEncoder.from_json(state["encoder"]),
            "merged": [MergedCodes(**one) for one in state["merged"]],
            "ledger": PrivacyLedger.from_json(state["ledger"]),
        }
        return cls(**parts)


def class_shares(merged):
    """Give the noisy shares of each column's codes: Tensor (n_classes, n_codes)."""
    shares = [one.merged_counts + 1 for one in merged]
    shares = [counts / counts.sum(axis=1, keepdims=True) for counts in shares]
    return torch.from_numpy(np.concatenate(shares, axis=1)).float()
