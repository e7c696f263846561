"""FLIP's generator as the resampler uses it: frames in, frames out."""

import numpy as np
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_memory

from fairsample.fairsynth.record_encoder import RecordEncoder, fit_encoder
from fairsample.flip.diffusion import draw_latents
from fairsample.flip.network_fitting import (
    align_network,
    fit_plain_network,
    hidden_share,
    restore_network,
)
from fairsample.flip.network_settings import NetworkSettings
from fairsample.training.device import usable_device
from fairsample.training.estimator_seeds import draw_seed
from fairsample.training.net_state import net_state
from fairsample.training.precision import fast_matmul
from fairsample.training.records import Records
from fairsample.training.seeding import torch_generator

__all__ = ["FlipNetwork"]

ROWS_AT_ONCE = 4096


class FlipNetwork:
    """Autoencoder and denoiser with what stands between them and frames.

    Parameters
    ----------
    encoder : RecordEncoder
        Frames <-> levels of columns.
    cell_counts : ndarray of int of shape (n_groups, n_classes)
        Fitted rows of each cell.
    settings : NetworkSettings
        Settled ones.
    state : dict
        Weights of both nets; see `fit_plain_network`.
    fairness_weight : float, default=0.0
        The weight that the network was aligned with.
    """

    def __init__(self, encoder, cell_counts, settings, state, fairness_weight=0.0):
        self.encoder, self.cell_counts = encoder, cell_counts
        self.settings, self.fairness_weight = settings, fairness_weight
        self.set_nets(state)

    def set_nets(self, state):
        """Take the weights of both nets."""
        self.vae, self.denoiser = restore_network(
            state, self.block_sizes, self.settings
        )

    @property
    def schema(self):
        """Kinds and dtypes of the columns: `TableSchema`."""
        return self.encoder.schema

    @property
    def block_sizes(self):
        """Levels of each column, group and outcome first: list of int."""
        written = self.encoder.module_sizes()["block_sizes"]
        return [*self.cell_counts.shape, *written]

    @classmethod
    def fit(
        cls,
        frame,
        group,
        label,
        *,
        settings,
        seed,
        memory=None,
        callbacks=(),
        verbose=0,
    ):
        """Train without a fairness term, or find the same training in the memory.

        Parameters
        ----------
        frame : DataFrame of shape (n, n_features)
            Rows to learn from.
        group, label : ndarray of int of shape (n,)
            Codes from 0; every code up to the highest occurs.
        settings : NetworkSettings
            What is None is settled by the size of the table.
        seed : int
            Torch's randomness.
        memory : str, joblib.Memory or None
            Where trained nets are kept.
        callbacks, verbose
            Of both nets; with callbacks the memory is not used.

        Returns
        -------
        FlipNetwork
        """
        encoder = fit_encoder(frame, group, settings.max_levels, settings.n_bins)
        columns = encoder.encode(frame, group, label).columns.numpy()
        counts = np.zeros((max(group) + 1, max(label) + 1), dtype=np.int64)
        np.add.at(counts, (group, label), 1)
        settings = settings.settled(*columns.shape)
        sizes = [*counts.shape, *encoder.module_sizes()["block_sizes"]]
        callbacks = list(callbacks)
        memory = check_memory(None if callbacks else memory)
        train = memory.cache(fit_plain_network, ignore=["callbacks", "verbose"])
        state = train(columns, sizes, settings, seed, callbacks, verbose)
        return cls(encoder, counts, settings, state)

    def align(
        self, frame, group, label, fairness_weight, *, seed, callbacks=(), verbose=0
    ):
        """Train on until groups are alike; the rows are those that it was fitted to.

        Parameters
        ----------
        frame, group, label
            As in `fit`.
        fairness_weight : float
            Weight of the alignment, above 0. `draw` gives ``min(fairness_weight / 4,
            1)`` of the rows the columns of a group drawn from their class.
        seed : int
            Torch's randomness.
        callbacks, verbose
            As in `fit`.

        Returns
        -------
        FlipNetwork
            The same one, changed.
        """
        columns = self.encoder.encode(frame, group, label).columns.numpy()
        state = align_network(
            self.net_states(),
            columns,
            self.block_sizes,
            self.settings,
            fairness_weight,
            seed,
            callbacks,
            verbose,
        )
        self.set_nets(state)
        self.fairness_weight = fairness_weight
        return self

    def draw(self, group, label, random_state=None):
        """Write a row for each group and class asked for.

        Parameters
        ----------
        group, label : array of int of shape (n_rows,)
            Codes as fitted.
        random_state : int, RandomState instance or None
            Randomness.

        Returns
        -------
        DataFrame of shape (n_rows, n_features)
            Columns and dtypes as fitted.
        """
        group, label = np.asarray(group), np.asarray(label)
        seed = draw_seed(random_state)
        random_state = check_random_state(draw_seed(random_state))
        written_as = self.exchange_groups(group, label, random_state)
        generator = torch_generator(seed, self.vae.module_.device)
        with fast_matmul():
            columns = self.write(written_as, label, generator)
        columns[:, 0] = torch.as_tensor(group)
        return self.encoder.decode(Records(columns), group, random_state)

    def exchange_groups(self, group, label, random_state):
        """Draw groups to write as: of a share of rows, any group of their class."""
        share = hidden_share(self.fairness_weight)
        until = self.cell_counts.cumsum(0)
        rank = random_state.random_sample(len(group)) * until[-1, label]
        of_class = (rank >= until[:, label]).sum(0)
        exchanged = random_state.random_sample(len(group)) < share
        return np.where(exchanged, of_class, group)

    @torch.no_grad()
    def write(self, group, label, generator):
        """Write levels for groups and labels, (n,): LongTensor (n, n_columns)."""
        vae, denoiser = self.vae.module_, self.denoiser.module_
        given = torch.as_tensor(np.column_stack([group, label])).to(vae.device)
        written = [torch.empty(0, len(self.block_sizes), dtype=torch.int64)]
        for group, label in (part.unbind(1) for part in given.split(ROWS_AT_ONCE)):
            latents = draw_latents(
                denoiser, group, label, generator, self.settings.n_steps
            )
            latents = latents.view(len(group), vae.n_columns, vae.n_latents)
            written.append(vae.write(latents, group, label, generator).cpu())
        return torch.cat(written)

    def net_states(self):
        """Give the weights and histories of both nets."""
        return {"vae": net_state(self.vae), "denoiser": net_state(self.denoiser)}

    def state(self):
        """Give everything learned in types that `SavedToFolder` writes: dict."""
        return {
            "encoder": self.encoder.to_json(),
            "cell_counts": self.cell_counts,
            "settings": self.settings._asdict(),
            "nets": self.net_states(),
            "fairness_weight": self.fairness_weight,
        }

    @classmethod
    def from_state(cls, state):
        """Rebuild a network from `state`."""
        settings = NetworkSettings(**state["settings"])
        return cls(
            RecordEncoder.from_json(state["encoder"]),
            state["cell_counts"],
            settings._replace(device=usable_device(settings.device)),
            state["nets"],
            state["fairness_weight"],
        )
