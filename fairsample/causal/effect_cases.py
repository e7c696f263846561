"""Effects by case, whether there is one or several."""

from collections.abc import Mapping

__all__ = ["effect_cases", "have_same_cases"]


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


def have_same_cases(effects, others):
    """Tell whether both were measured, for the same contrasts and classes.

    Parameters
    ----------
    effects, others : CausalEffects, CausalEffectsByCase or None
        As measured; rows without a group or class have fewer cases.

    Returns
    -------
    bool
    """
    cases = set(effect_cases(effects))
    return bool(cases) and cases == set(effect_cases(others))
