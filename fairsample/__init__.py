"""Fair synthetic rows as scikit-learn resamplers."""

__version__ = "0.1.0.dev0"

_LAZY = {
    "CausalLLMResampler": "fairsample.causal",
    "CausallyFairClassifier": "fairsample.predictors",
    "DoublePrioritizedClassifier": "fairsample.oversampling",
    "DoublePrioritizedSampler": "fairsample.oversampling",
    "FairSynthResampler": "fairsample.fairsynth",
    "FlipResampler": "fairsample.flip",
    "GroupRandomOverSampler": "fairsample.oversampling",
    "StandardFairnessModel": "fairsample.causal",
    "TableDomain": "fairsample.flip",
    "VisitTransformerClassifier": "fairsample.predictors",
    "VisitVectorizer": "fairsample.predictors",
}

__all__ = ["__version__", *_LAZY]


def __getattr__(name):
    """Import a public name from its room when it is first asked for."""
    if name not in _LAZY:
        raise AttributeError(f"module 'fairsample' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)


def __dir__():
    """List the public names."""
    return sorted(__all__)
