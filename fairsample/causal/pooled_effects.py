"""The mean of the effects of several tables."""

from dataclasses import replace

import numpy as np

from fairsample.causal.effect_meter import effect_cases
from fairsample.metrics.causal_effect import Effect
from fairsample.metrics.causal_effects_by_case import CausalEffectsByCase

__all__ = ["pool_effects"]


def pool_effects(tables):
    """Average the effects of tables of one size.

    Estimators err by a little that depends on the number of rows. Where written rows
    are to be as many as real ones, that little is the same for both only if each table
    has as many rows; their mean has the smaller standard error all the same.

    Parameters
    ----------
    tables : list of CausalEffects or of CausalEffectsByCase
        The effects of each table, of the same cases.

    Returns
    -------
    CausalEffects or CausalEffectsByCase
        With the influence values of all rows, table after table.

    Examples
    --------
    >>> from fairsample.causal.pooled_effects import pool_effects
    >>> from fairsample.metrics import CausalEffects, Effect
    >>> names = ["total_variation", "direct", "indirect", "spurious", "ett"]
    >>> def table(value, influence):
    ...     effect = Effect.of_influence(value, np.array(influence))
    ...     return CausalEffects(**dict.fromkeys(names, effect), n_rows=2)
    >>> mean = pool_effects([table(0.1, [0.3, -0.3]), table(0.3, [0.4, -0.4])])
    >>> mean.direct.value, round(mean.direct.se, 4), mean.n_rows
    (0.2, 0.1768, 4)
    """
    by_case = [effect_cases(effects) for effects in tables]
    pooled = {
        case: _pool([effects[case] for effects in by_case]) for case in by_case[0]
    }
    return pooled[None] if None in pooled else CausalEffectsByCase(pooled)


def _pool(tables):
    first = tables[0]
    if len(tables) == 1:
        return first
    mean = {
        name: Effect.of_influence(
            np.mean([effects.effects[name].value for effects in tables]),
            np.concatenate([effects.effects[name].influence for effects in tables]),
            effect.confidence_level,
        )
        for name, effect in first.effects.items()
    }
    return replace(first, **mean, n_rows=sum(effects.n_rows for effects in tables))
