"""How a generator is trained, whatever the rows."""

from typing import NamedTuple

from fairsample.fairsynth.fitting import NetSettings
from fairsample.fairsynth.training_plan import units_per_column
from fairsample.training.device import ACCELERATE, check_device
from fairsample.training.estimator_seeds import draw_seed

__all__ = ["GeneratorOptions", "GeneratorRecipe", "GeneratorSeeds"]


class GeneratorSeeds(NamedTuple):
    """What is random in training.

    Attributes
    ----------
    plain, pool, fair : int
        Of the likelihood, of the penalty's records, and of the training under it.
    """

    plain: int
    pool: int
    fair: int

    @classmethod
    def draw(cls, random_state):
        """Draw all three, whether or not all are needed."""
        return cls(*(draw_seed(random_state) for _ in range(3)))


class GeneratorOptions(NamedTuple):
    """What a user says about the generator; see `FairSynthResampler`."""

    embedding: int | None
    hidden: int | None
    n_layers: int
    n_heads: int
    dropout: float
    max_epochs: int | None
    batch_size: int | None
    learning_rate: float
    fairness_epochs: int | None
    validation_fraction: float
    patience: int
    max_levels: int | None
    n_bins: int | None
    device: str

    @classmethod
    def of(cls, resampler):
        """Read them from a resampler's parameters."""
        return cls(*(getattr(resampler, name) for name in cls._fields))

    def check(self):
        """Refuse what training would stumble over later.

        Raises
        ------
        ValueError
            If torch does not know the device, or the heads do not divide the width.
        """
        check_device(self.device, shared=True)
        if self.embedding is not None and self.embedding % self.n_heads:
            raise ValueError(
                f"embedding={self.embedding} is not a multiple of "
                f"n_heads={self.n_heads}."
            )
        if self.embedding is None and 64 % self.n_heads:
            raise ValueError(
                f"n_heads={self.n_heads} does not divide 64, the default embedding; "
                "set embedding to a multiple of it."
            )

    def settings(self, encoder, small_cells, n_rows):
        """Settle what is left open, by the data: NetSettings."""
        sizes = encoder.module_sizes()
        sizes["block_sizes"] = [
            small_cells.n_group_levels,
            small_cells.mask.shape[1],
            *sizes["block_sizes"],
        ]
        sizes["units_per_column"] = units_per_column(len(sizes["block_sizes"]), n_rows)
        embedding, hidden = (64, 256) if n_rows < 5000 else (128, 512)
        sizes["embedding"] = self.embedding or embedding
        sizes["hidden"] = self.hidden or hidden
        for name in ("n_layers", "n_heads", "dropout"):
            sizes[name] = getattr(self, name)
        return NetSettings(
            module=sizes,
            learning_rate=self.learning_rate,
            validation_fraction=self.validation_fraction,
            patience=self.patience,
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            fairness_epochs=self.fairness_epochs,
            device=self.device,
        )


class GeneratorRecipe(NamedTuple):
    """How a generator is trained, whatever the rows.

    Attributes
    ----------
    options : GeneratorOptions
        What the user says.
    min_cell_size : int
        Rows below which a cell is pooled with the other groups'.
    seeds : GeneratorSeeds
        What is random.
    objective : str or callable
        Of the penalty.
    positive : int or None
        The positive class of the penalty.
    """

    options: GeneratorOptions
    min_cell_size: int
    seeds: GeneratorSeeds
    objective: object
    positive: int | None

    @classmethod
    def of(cls, resampler, goal):
        """Read it from a resampler's parameters, checked, and draw its seeds."""
        options = GeneratorOptions.of(resampler)
        options.check()
        if resampler.downstream is not None and options.device == ACCELERATE:
            raise ValueError(
                f"device={ACCELERATE!r} with downstream=: each process would choose "
                "for itself what is added. Take 'auto', 'cpu' or 'cuda'."
            )
        return cls(
            options,
            resampler.min_cell_size,
            GeneratorSeeds.draw(resampler.random_state_),
            resampler.objective,
            None if resampler.pos_label is None else goal.positives[0],
        )
