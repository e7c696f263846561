import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import balanced_accuracy_score, f1_score

from fairsample.oversampling.unit_search import (
    CalibratedModel,
    UnitSearch,
    best_of_top_three,
    choose_threshold,
)


@pytest.mark.parametrize("seed", range(5))
def test_best_of_top_three_against_sorting(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.random((2, 12))
    listed = sorted(range(12), key=lambda i: first[i], reverse=True)[:3]
    assert best_of_top_three(first, second) == max(listed, key=lambda i: second[i])


def test_short_lists_and_ties():
    assert best_of_top_three([0.5], [0.1]) == 0
    assert best_of_top_three([0.5, 0.5, 0.5, 0.5], [0, 1, 0, 2]) == 1


@pytest.mark.parametrize("seed", range(5))
def test_threshold_follows_the_rule(seed):
    rng = np.random.default_rng(seed)
    of_class = rng.random(80) < 0.3
    probability = np.clip(0.3 * of_class + rng.random(80) * 0.7, 0, 1)
    grid = np.arange(21) / 20
    with_scores = [
        (
            f1_score(of_class, probability >= t - 1e-12, zero_division=0),
            balanced_accuracy_score(of_class, probability >= t - 1e-12),
            t,
        )
        for t in grid
    ]
    top = sorted(with_scores, key=lambda row: -row[0])[:3]
    chosen = choose_threshold(probability, of_class)
    assert chosen == pytest.approx(max(top, key=lambda row: row[1])[2])


class _WeightReader(ClassifierMixin, BaseEstimator):
    """Scores rows by their one feature and remembers what it was trained on."""

    def fit(self, X, y):
        self.trained_on_ = X["row"].to_numpy()
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        p = X["score"].to_numpy()
        return np.column_stack([1 - p, p])


@pytest.fixture
def search():
    rng = np.random.default_rng(0)
    n = 80
    of_class = rng.random(n) < 0.4
    X = pd.DataFrame({"row": np.arange(n), "score": rng.random(n) / 2 + of_class / 2})
    train, held_out = np.arange(0, n, 2), np.arange(1, n, 2)
    return UnitSearch(_WeightReader(), X, of_class, of_class, 1, train, held_out)


def test_units_are_copies_of_training_rows_only(search):
    in_group = np.arange(80) % 5 == 0
    models, table = search.best_model(in_group, [1, 2, 6])
    assert table["units"].tolist() == [1, 2, 6]
    assert table["chosen"].sum() == 1
    target = [i for i in search.train if in_group[i] and search.of_class[i]]
    for units in (1, 2, 6):
        model, _ = search.best_model(in_group, [units])
        counts = np.bincount(model.estimator.trained_on_, minlength=80)
        assert not counts[search.held_out].any()
        assert (counts[target] == units).all()
        assert counts.sum() == 40 + (units - 1) * len(target)


def test_plain_model(search):
    assert search.plain_model().estimator.trained_on_.tolist() == list(search.train)


def test_calibration_is_monotone_and_honest():
    rng = np.random.default_rng(0)
    score = rng.random(4000)
    of_class = rng.random(4000) < score**2
    X = pd.DataFrame({"row": 0, "score": score})
    model = CalibratedModel.calibrate(_WeightReader().fit(X, of_class), 1, X, of_class)
    probability = model.probability(X)
    assert (np.diff(probability[np.argsort(score)]) >= 0).all()
    assert np.abs(probability - score**2).mean() < 0.03
    assert model.probability(pd.DataFrame({"score": [-1.0, 9.0]})).tolist() == [
        probability.min(),
        probability.max(),
    ]


def test_column_of_the_other_class():
    X = pd.DataFrame({"row": 0, "score": [0.1, 0.2, 0.8, 0.9]})
    of_class = np.array([True, True, False, False])
    estimator = _WeightReader().fit(X, of_class)
    model = CalibratedModel.calibrate(estimator, 0, X, of_class)
    assert model.score(X).tolist() == pytest.approx([0.9, 0.8, 0.2, 0.1])
    assert (model.probability(X) >= model.threshold).tolist() == of_class.tolist()
