"""What a `CausalLLMResampler` learned, in types that can be saved, and back."""

from dataclasses import asdict
from importlib import import_module

from fairsample.causal.causal_table import CausalTable
from fairsample.causal.curator import CausalCurator
from fairsample.causal.effect_meter import EffectMeter
from fairsample.causal.model import StandardFairnessModel
from fairsample.causal.row_writing import CausalWriter
from fairsample.causal.saved_effects import effects_from_state, effects_to_state
from fairsample.metrics.effect_equivalence import EffectEquivalence

__all__ = [
    "curator_from_state",
    "curator_to_state",
    "results_from_state",
    "results_to_state",
]

BACKENDS = (
    "ConditionalChain",
    "HuggingFaceLM",
    "OpenAICompatible",
    "ScratchLanguageModel",
)
EFFECTS = ("effects_real_", "effects_synthetic_")
COMPARISONS = ("equivalence_", "equivalence_held_out_")

_OF_WRITER = ("n_confounders", "n_mediators", "groups", "frequencies", "cut", "share")
_BY_EFFECT = ("targets", "tolerances", "offsets")
_OF_CURATOR = ("shares", "n_classes", "overgeneration", "least_effective")


def curator_to_state(curator):
    """Take a curator apart.

    Parameters
    ----------
    curator : CausalCurator
        Of a fitted resampler.

    Returns
    -------
    state : dict
        What `value_to_json` can write.
    estimators : list
        Those of scikit-learn that the backend is made of.

    Raises
    ------
    ValueError
        If the backend is of a class that cannot be saved.
    """
    backend, writer = curator.writer.backend, curator.writer
    kind = type(backend).__name__
    if kind not in BACKENDS or not type(backend).__module__.startswith("fairsample."):
        raise ValueError(
            f"The backend, a {kind}, is no class of fairsample, and cannot be saved "
            "without pickle."
        )
    learned = backend.state()
    estimators = learned.pop("estimators", [])
    return {
        "kind": kind,
        "backend": learned,
        "writer": {name: getattr(writer, name) for name in _OF_WRITER},
        "table": asdict(curator.table),
        "model": curator.meter.model.to_json(),
        "seed": curator.meter.seed,
        "outcome": curator.meter.outcome,
        **{name: list(getattr(curator, name).items()) for name in _BY_EFFECT},
        **{name: getattr(curator, name) for name in _OF_CURATOR},
    }, estimators


def curator_from_state(state, estimators, *, groups, classes, learner, n_folds):
    """Put a curator together again.

    Parameters
    ----------
    state, estimators : dict, list
        What `curator_to_state` gave.
    groups : Groups
        The groups.
    classes : ndarray
        The classes.
    learner, n_folds : object, int
        Of the effects.

    Returns
    -------
    CausalCurator
    """
    backend_class = getattr(import_module("fairsample.causal"), state["kind"])
    learned = state["backend"]
    if estimators:
        learned = learned | {"estimators": estimators}
    writer = CausalWriter(backend_class.from_state(learned), **state["writer"])
    model = StandardFairnessModel(**state["model"])
    return CausalCurator(
        writer=writer,
        table=CausalTable(**state["table"]),
        meter=EffectMeter(
            model, groups, classes, learner, n_folds, state["seed"], state["outcome"]
        ),
        **{
            name: {tuple(key): value for key, value in state[name]}
            for name in _BY_EFFECT
        },
        **{name: state[name] for name in _OF_CURATOR},
    )


def results_to_state(results):
    """Write effects and comparisons as containers: dict of attribute to state."""
    effects = {name: effects_to_state(results[name]) for name in EFFECTS}
    return effects | {
        name: results[name] and vars(results[name]) for name in COMPARISONS
    }


def results_from_state(state):
    """Read what `results_to_state` wrote."""
    effects = {name: effects_from_state(state[name]) for name in EFFECTS}
    return effects | {
        name: state[name] and EffectEquivalence(**state[name]) for name in COMPARISONS
    }
