"""A model of the dose alone, and what the small groups of the tests are measured by."""

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

SIZES = {"min_group_size": 5, "min_class_size": 2}


def by_dose(model=None):
    return make_pipeline(
        make_column_transformer(("passthrough", make_column_selector("dose"))),
        LogisticRegression() if model is None else model,
    )
