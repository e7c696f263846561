"""Settings of the feedback: refused early where wrong, idle without a model."""

import numpy as np
import pytest
from resamplers import digest
from sklearn.base import BaseEstimator
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
