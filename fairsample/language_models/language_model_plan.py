"""How large a language model of rows is and how long it trains, by the data."""

import math
from typing import NamedTuple

__all__ = ["LanguageModelPlan"]

STEPS = 600  # optimiser steps that a table needs, however small


class LanguageModelPlan(NamedTuple):
    """Sizes and training of a `CausalTransformer`; None is settled by the rows.

    Attributes
    ----------
    embedding, n_layers, n_heads : int
        Of the decoder.
    dropout : float
        Everywhere.
    batch_size, max_epochs : int
        Of training.
    """

    embedding: int | None = None
    n_layers: int = 2
    n_heads: int = 4
    dropout: float | None = None
    batch_size: int | None = None
    max_epochs: int | None = None

    def settled(self, n_rows):
        """Settle what is left open by the number of rows: LanguageModelPlan.

        Examples
        --------
        >>> from fairsample.language_models.language_model_plan import LanguageModelPlan
        >>> plan = LanguageModelPlan().settled(32_561)
        >>> plan.embedding, plan.batch_size, plan.max_epochs
        (64, 256, 12)
        """
        batch_size = self.batch_size
        if batch_size is None:
            batch_size = 2 ** int(math.log2(1.5 * n_rows**0.5))
        epochs = self.max_epochs
        if epochs is None:
            epochs = min(max(-(-STEPS * batch_size // n_rows), 12), 20)
        dropout = self.dropout
        if dropout is None:
            dropout = 0.1 if n_rows < 10_000 else 0.05
        return self._replace(
            embedding=self.embedding or 64,
            dropout=dropout,
            batch_size=batch_size,
            max_epochs=epochs,
        )
