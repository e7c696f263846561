"""Cross-fitting and stacking of nuisances."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeRegressor

from fairsample.metrics.causal_features import CovariateForms
from fairsample.metrics.causal_learners import NuisanceLearner
from fairsample.metrics.causal_nuisances import CrossFitting, assign_folds


def fitting(learner, folds):
    read = NuisanceLearner.read(learner, binary_outcome=False)
    return CrossFitting(read, folds, np.random.RandomState(0))


def numbers(n_rows):
    return CovariateForms(pd.DataFrame({"a": np.arange(n_rows, dtype=float)}))


def test_no_row_is_predicted_by_what_was_fitted_on_it():
    """A learner by heart knows noise again, unless it has not seen the row."""
    rng = np.random.default_rng(0)
    noise, everybody = rng.normal(size=300), np.ones(300, dtype=bool)
    by_heart = DecisionTreeRegressor()
    folds = rng.integers(0, 5, 300)
    unseen = fitting(by_heart, folds).mean(numbers(300), noise, everybody)
    assert abs(np.corrcoef(unseen, noise)[0, 1]) < 0.2
    seen = fitting(by_heart, np.zeros(300, dtype=int))
    assert np.allclose(seen.mean(numbers(300), noise, everybody), noise)


def test_predictions_by_every_fold():
    folds, everybody = np.arange(60) % 3, np.ones(60, dtype=bool)
    one = fitting("linear", folds)
    target = np.arange(60.0) + folds
    by_fold = one.mean(numbers(60), target, everybody, by_fold=True)
    assert by_fold.shape == (3, 60) and np.isfinite(by_fold).all()
    assert np.array_equal(
        one.own_fold(by_fold), one.mean(numbers(60), target, everybody)
    )


def test_what_each_fold_learns_may_differ():
    folds, everybody = np.arange(60) % 3, np.ones(60, dtype=bool)
    target = np.repeat([[1.0], [2.0], [3.0]], 60, axis=1)
    predicted = fitting("linear", folds).mean(numbers(60), target, everybody)
    assert predicted == pytest.approx(folds + 1.0)


@pytest.mark.parametrize("shape, better", [("line", 1), ("steps", 0)])
def test_stacking_prefers_what_predicts_unseen_rows(shape, better):
    rng = np.random.default_rng(0)
    a = rng.normal(size=800)
    signal = a if shape == "line" else 2.0 * (np.abs(a) < 0.7)
    target = signal + 0.5 * rng.normal(size=800)
    forms, everybody = CovariateForms(pd.DataFrame({"a": a})), np.ones(800, dtype=bool)
    folds = rng.integers(0, 5, 800)
    stacked, *alone = (
        fitting(name, folds).mean(forms, target, everybody)
        for name in ("stacked", "boosting", "linear")
    )
    errors = [np.mean((one - signal) ** 2) for one in alone]
    assert np.argmin(errors) == better
    assert np.mean((stacked - signal) ** 2) < 1.1 * min(errors)


def test_folds_have_the_same_groups_and_alike_outcomes():
    rng = np.random.default_rng(0)
    group, y = rng.random(1000) < 0.2, rng.normal(size=1000)
    folds = assign_folds(group, y, 5, np.random.RandomState(0))
    sizes = np.bincount(folds)
    assert sizes.max() - sizes.min() <= 1
    shares = [group[folds == fold].sum() for fold in range(5)]
    assert max(shares) - min(shares) <= 1
    means = [y[group & (folds == fold)].mean() for fold in range(5)]
    assert np.ptp(means) < 0.1
    other = assign_folds(group, y, 5, np.random.RandomState(1))
    assert not np.array_equal(folds, other)


def test_categories_beyond_two_hundred_are_pooled():
    names = pd.Series([f"c{i}" for i in range(300)] * 2 + ["often"] * 50)
    forms = CovariateForms(pd.DataFrame({"code": names}))
    codes = forms.codes[:, 0]
    assert codes.max() <= 200
    assert (codes[-50:] == codes[-1]).all() and (codes[:-50] != codes[-1]).all()
    assert forms.scaled.shape[1] <= 201


def test_missing_values_are_seen():
    frame = pd.DataFrame({"dose": [1.0, np.nan, 3.0], "drug": ["a", None, "b"]})
    forms = CovariateForms(frame)
    assert forms.is_category.tolist() == [False, True]
    assert np.isnan(forms.codes[1]).all()
    assert np.isfinite(forms.scaled).all()
    assert forms.scaled[:, -3:].tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]


def test_a_regressor_alone_gives_probabilities():
    learner = NuisanceLearner.read(Ridge(), binary_outcome=True)
    one = CrossFitting(learner, np.arange(90) % 3, np.random.RandomState(0))
    everybody = np.ones(90, dtype=bool)
    target = (np.arange(90) > 10).astype(float)
    predicted = one.probability(numbers(90), target, everybody)
    assert predicted.min() >= 0 and predicted.max() == 1
