"""Effects by case, whether there is one or several."""

from collections.abc import Mapping

__all__ = ["effect_cases"]


def effect_cases(effects):
    """Give effects by case: one, called None, where there is one contrast and outcome.

    Parameters
    ----------
    effects : CausalEffects, CausalEffectsByCase or None
        As measured; None where nothing could be.

    Returns
    -------
    dict of case to CausalEffects
    """
    if effects is None:
        return {}
    return dict(effects) if isinstance(effects, Mapping) else {None: effects}
