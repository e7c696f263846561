"""What reads records and predicts, or readies them for who predicts."""

from fairsample.predictors.visit_vectorizer import VisitVectorizer

__all__ = ["VisitTransformerClassifier", "VisitVectorizer"]


def __getattr__(name):
    """Import the classifier, which needs torch, when it is first asked for."""
    if name != "VisitTransformerClassifier":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from fairsample.predictors.visit_transformer_classifier import (
        VisitTransformerClassifier,
    )

    return VisitTransformerClassifier
