"""What reads records and predicts, or readies them for who predicts."""

from fairsample.predictors.visit_vectorizer import VisitVectorizer

__all__ = ["VisitVectorizer"]
