"""What `causal_effects` refuses, before anything is fitted."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from structural_models import MODEL, draw_world

from fairsample.causal import StandardFairnessModel
from fairsample.metrics import causal_effects

X, Y = draw_world("A", 100, seed=0)


class NeverFitted(LogisticRegression):
    def fit(self, X, y):
        raise AssertionError("fitted before the input was checked")


def refuse(message, X=X, y=Y, model=MODEL, **options):
    options = {"learner": NeverFitted()} | options
    with pytest.raises(ValueError, match=message):
        causal_effects(X, y, model=model, **options)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"method": "plug_in"}, "method='plug_in'.*one_step"),
        ({"sign": "negative"}, "sign='negative'"),
        ({"n_folds": 0}, "n_folds=0"),
        ({"n_folds": 2.5}, "n_folds=2.5"),
        ({"overlap_clip": 0.5}, "overlap_clip=0.5"),
        ({"confidence_level": 95}, "confidence_level=95"),
        ({"outcome_type": "ordinal"}, "outcome_type='ordinal'"),
        ({"pos_label": 2}, "pos_label=2 is none of the classes of 'y', 0, 1"),
        ({"pos_label": 1, "outcome_type": "numeric"}, "pos_label"),
        ({"learner": "forest"}, "learner='forest' is unknown"),
        ({"learner": LogisticRegression}, "learner=.* is neither"),
        ({"learner": LinearSVC()}, "no predict_proba. Wrap it"),
        (
            {"learner": (NeverFitted(), NeverFitted())},
            "one classifier and one regressor",
        ),
        ({"sensitive_features": ["a", "b"]}, "have 2 rows and X has 100"),
    ],
)
def test_parameters_out_of_range(options, message):
    refuse(message, **options)


@pytest.mark.parametrize(
    "y, options, message",
    [
        (Y.astype(float).where(Y.index != 3), {}, "'y' has missing values, in 1 rows"),
        (Y[:50], {}, "'y' has 50 rows and X has 100"),
        (np.zeros((100, 2)), {}, r"one column. Got the shape \(100, 2\)"),
        (np.full(100, "no"), {}, "'y' has no values but 'no'"),
        (pd.to_datetime(Y), {}, "'y' holds times"),
        (
            X["w"].mask(X["w"] > 1, np.inf).rename("cost"),
            {},
            "'cost' contains infinity",
        ),
        (X["w"].rename("cost"), {}, "classifier, and the outcome is a number"),
        (
            np.resize(list("abc"), 100),
            {"outcome_type": "binary"},
            "'a', 'b', 'c'.*wants",
        ),
        (np.resize(list("ab"), 100), {"outcome_type": "numeric"}, "not read as"),
        (
            X["group"].where(X.index % 9 > 0, "x0").eq("x1"),
            {},
            r"P\(group = True\) is constant, 0, in all .* baseline 'x0'",
        ),
    ],
)
def test_outcomes_without_an_effect_to_measure(y, options, message):
    refuse(message, y=y, **options)


def test_a_missing_sensitive_value():
    refuse(
        "'group' has missing values", X=X.assign(group=X["group"].where(X["z"] > -1))
    )


def test_a_role_that_x_does_not_have():
    model = StandardFairnessModel(sensitive="group", confounders=["age"])
    refuse("'age' as confounders", model=model)


def test_three_levels_without_a_comparison():
    X3 = X.assign(group=np.resize(["a", "b", "c"], 100))
    model = StandardFairnessModel(sensitive="group", mediators=["w"])
    refuse("more than two levels.*'a'.*comparison", X=X3, model=model)


def test_a_group_with_too_few_rows():
    few = X["group"].eq("x1").cumsum().lt(6) & X["group"].eq("x1")
    X_few = X.assign(group=few.map({True: "x1", False: "x0"}))
    refuse("comparison 'x1' has 5 rows, and n_folds=5 needs at least 10", X=X_few)


def test_a_class_that_a_group_does_not_have():
    y = np.where(X["group"] == "x0", np.resize(["a", "b"], 100), "c")
    y = np.where(np.arange(100) % 7 == 0, "a", y)
    refuse(r"P\(y = 'b'\) is constant, 0, .* comparison 'x1'", y=y)


def test_cells_that_are_no_covariates():
    refuse("'w' contains infinity", X=X.assign(w=X["w"].mask(X["w"] > 1, np.inf)))
    visits = pd.Series([[["DX:1"]]] * 100)
    refuse("'w' holds visits.*VisitVectorizer", X=X.assign(w=visits))
