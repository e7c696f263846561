"""What reads records and predicts, or readies them for who predicts."""

from fairsample.predictors.visit_vectorizer import VisitVectorizer

_NEED_TORCH = {
    "CausallyFairClassifier": "fairsample.predictors.causally_fair_classifier",
    "VisitTransformerClassifier": "fairsample.predictors.visit_transformer_classifier",
}

__all__ = [*_NEED_TORCH, "VisitVectorizer"]


def __getattr__(name):
    """Import a classifier, which needs torch, when it is first asked for."""
    if name not in _NEED_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_NEED_TORCH[name]), name)
