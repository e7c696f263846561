"""CausalLLMResampler: rows in causal order, whose effects are kept or removed."""

_LAZY = {
    "CausalLLMResampler": "fairsample.causal.resampler",
    "ConditionalChain": "fairsample.causal.chain",
    "HuggingFaceLM": "fairsample.language_models.hugging_face",
    "OpenAICompatible": "fairsample.language_models.endpoint",
    "RowBackend": "fairsample.causal.backend",
    "ScratchLanguageModel": "fairsample.language_models.scratch_language_model",
    "StandardFairnessModel": "fairsample.causal.model",
}

__all__ = list(_LAZY)


def __getattr__(name):
    """Import a public name when it is first asked for: few need torch."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
