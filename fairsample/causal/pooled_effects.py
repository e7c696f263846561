"""The mean of the effects of several tables, or of several measurements of one."""

from dataclasses import replace

import numpy as np

from fairsample.causal.effect_cases import effect_cases
from fairsample.metrics.causal_effect import Effect
from fairsample.metrics.causal_effects_by_case import CausalEffectsByCase

__all__ = ["average_effects", "pool_effects"]


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
    return _by_case(_combine(tables, np.concatenate, sum))


def average_effects(measurements):
    """Average measurements of the same rows, each with folds of its own.

    Parameters
    ----------
    measurements : list of CausalEffects or of CausalEffectsByCase
        Of the same rows and cases.

    Returns
    -------
    CausalEffects or CausalEffectsByCase
        With the mean influence values.
    """

    def mean(parts):
        return np.mean(parts, axis=0)

    return _by_case(_combine(measurements, mean, max))


def _by_case(cases):
    return cases[None] if None in cases else CausalEffectsByCase(cases)


def _combine(tables, join, count):
    """Take means of values, and join influence values: dict of case to effects."""
    by_case = [effect_cases(effects) for effects in tables]
    if len(tables) == 1:
        return by_case[0]
    combined = {}
    for case, first in by_case[0].items():
        parts = [effects[case].effects for effects in by_case]
        mean = {
            name: Effect.of_influence(
                np.mean([part[name].value for part in parts]),
                join([part[name].influence for part in parts]),
                effect.confidence_level,
            )
            for name, effect in first.effects.items()
        }
        n_rows = count(effects[case].n_rows for effects in by_case)
        combined[case] = replace(first, **mean, n_rows=n_rows)
    return combined
