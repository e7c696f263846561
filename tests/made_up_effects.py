"""Effects with values and standard errors of one's own."""

import numpy as np

from fairsample.causal.contrasts import Contrast
from fairsample.metrics import CausalEffects, Effect

NAMES = ("total_variation", "direct", "indirect", "spurious")


def made_up(effects, contrast="F against M", sign="additive"):
    """Effects by name, as `causal_effects` returns them."""
    absent = dict.fromkeys((*NAMES, "ett"))
    return CausalEffects(
        **{**absent, **effects},
        contrast=Contrast(contrast, "M", ("F",)),
        outcome="admitted",
        sign=sign,
    )


def effects_of(values, ses, **traits):
    """Effects with the given values and standard errors, in the order of NAMES."""
    ses = np.broadcast_to(ses, len(NAMES))
    pairs = zip(NAMES, values, ses, strict=True)
    return made_up({name: Effect(value, se) for name, value, se in pairs}, **traits)


def effects_with_influence(influence):
    """Effects of 0 whose errors come of an influence array of shape (n, 4)."""
    return made_up(
        {
            name: Effect.of_influence(0.0, column)
            for name, column in zip(NAMES, influence.T, strict=True)
        }
    )
