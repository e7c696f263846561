"""The generator as the resampler uses it: frames in, frames out."""

from functools import partial

import numpy as np
import torch
from sklearn.utils.validation import check_memory
from tqdm import tqdm

from fairsample.fairsynth.fitting import (
    NetSettings,
    fine_tune,
    fit_plain_generator,
    restore_generator,
    train_plain_generator,
)
from fairsample.fairsynth.generation import generate_records
from fairsample.fairsynth.penalty import FairnessPenalty, plan_pool
from fairsample.fairsynth.record_encoder import RecordEncoder, encoder_for
from fairsample.fairsynth.small_cells import SmallCells
from fairsample.training.device import ACCELERATE, usable_device
from fairsample.training.estimator_seeds import draw_seed
from fairsample.training.net_state import net_state
from fairsample.training.seeding import torch_generator

__all__ = ["RecordGenerator"]


class RecordGenerator:
    """A HALO generator with what stands between it and frames.

    Parameters
    ----------
    encoder : RecordEncoder
        Frames <-> records.
    small_cells : SmallCells
        Cells that are learned and generated without their group.
    settings : NetSettings
        Of the net.
    net : HaloNet
        The trained net.
    """

    def __init__(self, encoder, small_cells, settings, net):
        self.encoder, self.small_cells = encoder, small_cells
        self.settings, self.net = settings, net

    @classmethod
    def fit(cls, rows, recipe, *, memory=None, callbacks=(), verbose=0):
        """Train the plain generator, or find the same training in the memory.

        Parameters
        ----------
        rows : TrainingRows or DiskRows
            What it learns from.
        recipe : GeneratorRecipe
            How.
        memory : str, joblib.Memory or None
            Where trained nets are kept.
        callbacks, verbose
            Of the net; with callbacks the memory is not used.

        Returns
        -------
        RecordGenerator
            Not yet trained under a penalty.
        """
        options, seed = recipe.options, recipe.seeds.plain
        small_cells = SmallCells.find(rows.counts, recipe.min_cell_size)
        encoder = encoder_for(rows.n_rows, options.max_levels, options.n_bins)
        encoder = rows.fit(encoder)
        settings = options.settings(encoder, small_cells, rows.n_rows)
        records = rows.encode(encoder, small_cells, seed)
        callbacks = list(callbacks)
        alone = options.device != ACCELERATE  # else all have to find it, or none
        if memory is None or callbacks or not alone:
            state = train_plain_generator(records, settings, seed, callbacks, verbose)
        else:
            train = check_memory(memory).cache(
                fit_plain_generator, ignore=["callbacks", "verbose"]
            )
            state = train(records.arrays(), settings, seed, verbose=verbose)
        net = restore_generator(state, settings, callbacks, verbose)
        return cls(encoder, small_cells, settings, net)

    def fine_tune(self, rows, recipe, fairness_weight):
        """Train on under the penalty.

        Parameters
        ----------
        rows : TrainingRows or DiskRows
            What it was fitted to.
        recipe : GeneratorRecipe
            How it was fitted.
        fairness_weight : float
            Weight of the penalty, above 0.

        Returns
        -------
        RecordGenerator
            The same one, changed.
        """
        seeds = recipe.seeds
        records = rows.encode(self.encoder, self.small_cells, seeds.plain)
        pool_group, pool_label = plan_pool(rows.counts).T
        penalty = FairnessPenalty(
            self._write(pool_group, pool_label, seeds.pool),
            torch.as_tensor(pool_group),
            torch.as_tensor(self.small_cells.group_levels),
            fairness_weight,
            recipe.objective,
            positive=recipe.positive,
            rows_per_group=max(self.net.batch_size // len(rows.counts), 16),
        )
        self.net = fine_tune(self.net, records, penalty, self.settings, seeds.fair)
        return self

    def draw(self, group, label, random_state, temperature=1.0, verbose=0):
        """Write a row for each group and class asked for: DataFrame of n_rows rows."""
        seed = draw_seed(random_state)
        records = self._write(group, label, seed, temperature, verbose)
        return self.encoder.decode(records, group, random_state)

    def _write(self, group, label, seed, temperature=1.0, verbose=0):
        module = self.net.module_
        device = module.block_starts.device
        given = np.column_stack([self.small_cells.pool(group, label), label])
        return generate_records(
            module,
            torch.as_tensor(given),
            torch_generator(seed, device),
            temperature=temperature,
            progress=partial(tqdm, desc="generating", disable=not verbose),
        )

    def state(self):
        """Give everything learned in types that `SavedToFolder` writes: dict."""
        return {
            "encoder": self.encoder.to_json(),
            "small_cells": self.small_cells.mask,
            "settings": self.settings._asdict(),
            "net": net_state(self.net),
        }

    @classmethod
    def from_state(cls, state):
        """Rebuild a generator from `state`."""
        settings = NetSettings(**state["settings"])
        settings = settings._replace(device=usable_device(settings.device))
        return cls(
            RecordEncoder.from_json(state["encoder"]),
            SmallCells(state["small_cells"]),
            settings,
            restore_generator(state["net"], settings),
        )
