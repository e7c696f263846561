"""How large FLIP's network is and how it is trained."""

from typing import NamedTuple

__all__ = ["NetworkSettings"]

STEPS = 1750  # of the autoencoder's optimiser


class NetworkSettings(NamedTuple):
    """Sizes and training of `FlipNetwork`; None is settled by the number of rows.

    Attributes
    ----------
    width, n_layers, n_heads, n_latents : int
        Of the autoencoder; see `TableVae`.
    units_per_column : int or None
        Hidden units of its detokenizer for each column.
    hidden, n_blocks : int
        Of the denoiser.
    latent_share : float
        Share of each column's entropy that its latents hold.
    batch_size : int or None
        Rows a step of the autoencoder; the denoiser has twice as many.
    max_epochs : int or None
        Passes of the autoencoder over the rows.
    denoiser_epochs, fairness_epochs : int or None
        Passes of the denoiser, and of the autoencoder under the alignment penalty; None
        takes four times and a seventh of `max_epochs`.
    learning_rate : float
        Highest one of the autoencoder, and of the denoiser.
    n_steps : int
        Of the sampler.
    max_levels, n_bins : int or None
        See :class:`~fairsample.encoding.TableEncoder`.
    device : str
        Where torch works.
    """

    width: int = 32
    n_layers: int = 1
    n_heads: int = 4
    n_latents: int = 4
    units_per_column: int | None = None
    hidden: int = 256
    n_blocks: int = 3
    latent_share: float = 0.25
    batch_size: int | None = None
    max_epochs: int | None = None
    denoiser_epochs: int | None = None
    fairness_epochs: int | None = None
    learning_rate: float = 2e-3
    n_steps: int = 18
    max_levels: int | None = None
    n_bins: int | None = None
    device: str = "cpu"

    def settled(self, n_rows, n_columns):
        """Settle what is left open, by the size of the table: NetworkSettings.

        Examples
        --------
        >>> from fairsample.flip.network_settings import NetworkSettings
        >>> settled = NetworkSettings().settled(32_561, 16)
        >>> settled.batch_size, settled.max_epochs, settled.units_per_column
        (256, 14, 32)
        """
        batch_size = self.batch_size
        if batch_size is None:
            batch_size = 32 if n_rows < 2000 else 64
            while batch_size < 512 and batch_size * 128 * 2**0.5 < n_rows:
                batch_size *= 2

        epochs = self.max_epochs
        if epochs is None:
            epochs = min(max(-(-STEPS * batch_size // n_rows), 14), 40)
        units = min(max(512 // n_columns, 8), 64)
        return self._replace(
            batch_size=batch_size,
            units_per_column=self.units_per_column or units,
            max_epochs=epochs,
            denoiser_epochs=self.denoiser_epochs or 4 * epochs,
            fairness_epochs=self.fairness_epochs or -(-epochs // 7),
        )
