"""Settings of the feedback: refused early where wrong, idle without a model."""

import numpy as np
import pandas as pd
import pytest
from resamplers import digest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC
from small_cohort import tiny_resampler
from small_feedback import make_table, with_feedback
from watched_model import CountedModel

from fairsample.fairsynth.net import HaloNet


@pytest.fixture(scope="module")
def table():
    return make_table()


@pytest.fixture
def never_train(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("trained on bad input")

    monkeypatch.setattr(HaloNet, "fit", refuse)
    monkeypatch.setattr(CountedModel, "fit", refuse)


class TestWithoutModel:
    def test_the_new_parameters_change_nothing(self, table):
        plain = tiny_resampler(max_epochs=1)
        others = tiny_resampler(
            max_epochs=1,
            scoring=["worst_group_recall", "equal_opportunity"],
            utility="roc_auc",
            utility_tolerance=0.5,
            feedback_rounds=7,
            feedback_folds=2,
            max_downstream_fits=1,
        )
        assert digest(others.fit_resample(*table)) == digest(plain.fit_resample(*table))
        assert not hasattr(others, "feedback_history_")


class Unfittable(BaseEstimator):
    """Predicts, but cannot learn."""

    def predict(self, X):
        return np.zeros(len(X))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"scoring": "nonsense"}, "nonsense"),
        ({"scoring": []}, "names nothing"),
        ({"scoring": ["disparate_impact", "f1"]}, "names 'f1'"),
        ({"scoring": 3}, "The 'scoring' parameter"),
        ({"utility": "nonsense"}, "nonsense"),
        ({"utility": None}, "The 'utility' parameter"),
        ({"utility_tolerance": -1}, "The 'utility_tolerance' parameter"),
        ({"feedback_rounds": 0}, "The 'feedback_rounds' parameter"),
        ({"feedback_folds": 1}, "The 'feedback_folds' parameter"),
        ({"max_downstream_fits": 0}, "The 'max_downstream_fits' parameter"),
        ({"max_downstream_fits": 1}, "max_downstream_fits=1"),
        ({"downstream": Unfittable()}, "The 'downstream' parameter"),
        ({"downstream": "logistic"}, "The 'downstream' parameter"),
        ({"pos_label": 7}, "pos_label=7"),
    ],
)
def test_wrong_parameters_are_refused_before_training(
    table, never_train, parameters, message
):
    own = {"downstream": CountedModel(), **parameters}
    with pytest.raises(ValueError, match=message):
        with_feedback(**own).fit_resample(*table)


class OnlyLabels(BaseEstimator):
    """A model that predicts, and tells neither classes nor scores."""

    def fit(self, X, y):
        self.model_ = LogisticRegression(max_iter=500).fit(X, y)
        return self

    def predict(self, X):
        return self.model_.predict(X)


class TestModelsWithoutScores:
    """They are scored by what they predict, and nothing is shifted."""

    def test_labels_only(self, table):
        resampler = with_feedback(
            downstream=OnlyLabels(), max_downstream_fits=None, feedback_rounds=2
        )
        resampler.fit_resample(*table)
        assert set(resampler.feedback_history_["shifts"]) == {()}

    def test_one_against_one(self, table):
        y = pd.Series(np.random.RandomState(0).randint(0, 4, len(table[0])))
        model = SVC(decision_function_shape="ovo")
        resampler = with_feedback(downstream=model).fit(table[0], y)
        assert set(resampler.feedback_history_["shifts"]) == {()}


def test_memory_names_what_it_cannot_keep(table, tmp_path):
    unnamed = make_pipeline(FunctionTransformer(lambda X: X), LogisticRegression())
    resampler = with_feedback(downstream=unnamed, memory=str(tmp_path))
    with pytest.raises(ValueError, match=r"lambda.*or memory=None"):
        resampler.fit(*table)
