"""Effects as containers and arrays that can be saved, and back."""

from dataclasses import fields

from fairsample.causal.contrasts import Contrast
from fairsample.causal.effect_cases import effect_cases
from fairsample.metrics.causal_effect import Effect
from fairsample.metrics.causal_effects_by_case import CausalEffectsByCase
from fairsample.metrics.causal_effects_result import CausalEffects

__all__ = ["effects_from_state", "effects_to_state"]

_OF_EFFECT = [field.name for field in fields(Effect)]
_OTHERS = ("outcome", "sign", "n_rows", "overlap")


def effects_to_state(effects):
    """Take effects apart.

    Parameters
    ----------
    effects : CausalEffects, CausalEffectsByCase or None
        As measured.

    Returns
    -------
    list of (case, dict) or None
        What `value_to_json` can write.
    """
    if effects is None:
        return None
    return [
        (case, _one_to_state(of_case))
        for case, of_case in effect_cases(effects).items()
    ]


def effects_from_state(state):
    """Put effects together again; see `effects_to_state`."""
    if state is None:
        return None
    cases = {_as_case(case): _one_from_state(of_case) for case, of_case in state}
    return cases[None] if None in cases else CausalEffectsByCase(cases)


def _one_to_state(effects):
    contrast = effects.contrast
    return {
        "effects": {
            name: {part: getattr(effect, part) for part in _OF_EFFECT}
            for name, effect in effects.effects.items()
        },
        "contrast": contrast
        and [contrast.name, contrast.baseline, contrast.comparisons],
        **{name: getattr(effects, name) for name in _OTHERS},
    }


def _one_from_state(state):
    contrast = state["contrast"]
    return CausalEffects(
        **{name: Effect(**parts) for name, parts in state["effects"].items()},
        contrast=contrast and Contrast(*contrast),
        **{name: state[name] for name in _OTHERS},
    )


def _as_case(case):
    return tuple(case) if isinstance(case, list) else case
