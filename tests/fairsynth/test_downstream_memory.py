"""Feedback kept and repeated: seeds, memory, copies and folders."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import watched_model
from another_process import run_elsewhere
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from resamplers import digest, numpy_state, torch_state
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from small_cohort import make_cohort, tiny_resampler
from small_feedback import (
    THREE_ARMS,
    make_table,
    one_run,
    same_histories,
    with_feedback,
)
from watched_model import CountedModel

from fairsample import FairSynthResampler
from fairsample.predictors import VisitVectorizer

pytestmark = pytest.mark.filterwarnings("ignore::fairsample.base.DataWarning")


@pytest.fixture(scope="module")
def table():
    return make_table()


@pytest.fixture(scope="module")
def fed_once():
    return one_run()


@pytest.fixture
def fitted(fed_once):
    return copy.deepcopy(fed_once[0])


class TestRepeatability:
    def test_same_seed_same_rows(self, fed_once, table):
        again = clone(fed_once[0])
        assert digest(again.fit_resample(*table)) == digest(fed_once[1])
        assert same_histories(again, fed_once[0])

    def test_another_seed_other_rows(self, table):
        found = {
            digest(
                with_feedback(random_state=seed, n_synthetic=80).fit_resample(*table)
            )
            for seed in (0, 1)
        }
        assert len(found) == 2

    def test_in_another_process(self, fed_once):
        code = (
            "import json\n"
            "from resamplers import digest\n"
            "from small_feedback import one_run\n"
            "resampler, rows = one_run()\n"
            "print(json.dumps([digest(rows), digest(resampler.sample(30))]))\n"
        )
        resampler, rows = copy.deepcopy(fed_once)
        expected = [digest(rows), digest(resampler.sample(30))]
        assert run_elsewhere(code) == expected

    def test_without_a_seed(self, table):
        before = numpy_state(), torch_state()
        with_feedback(random_state=None).fit_resample(*table)
        assert (numpy_state(), torch_state()) == before


class TestMemory:
    WEIGHTS = (0, 3, 0.5)

    @staticmethod
    def run(table, weights, memory, **parameters):
        """Fit at each weight: digests, histories, and models trained, by weight."""
        found = {}
        for weight in weights:
            watched_model.events.clear()
            own = {"downstream": CountedModel(), "memory": memory, **parameters}
            resampler = with_feedback(fairness_weight=weight, **own)
            rows = digest(resampler.fit_resample(*table))
            found[weight] = rows, resampler, len(watched_model.events)
        return found

    @pytest.fixture(scope="class")
    @classmethod
    def kept(cls, table, tmp_path_factory):
        memory = str(tmp_path_factory.mktemp("memory"))
        return memory, cls.run(table, cls.WEIGHTS, memory)

    def test_another_weight_trains_no_more_models(self, kept):
        n_fits = [n for _, _, n in kept[1].values()]
        assert n_fits == [THREE_ARMS, 0, 0]
        told = {one.n_downstream_fits_ for _, one, _ in kept[1].values()}
        assert told == {THREE_ARMS}

    def test_weights_choose_among_the_same_candidates(self, kept):
        resamplers = {weight: one for weight, (_, one, _) in kept[1].items()}
        for weight, resampler in resamplers.items():
            assert same_histories(resampler, resamplers[0])
            history = resampler.feedback_history_
            expected = history["utility"] - weight * (1 - history["objective"])
            assert history["score"].to_numpy() == pytest.approx(expected, abs=1e-6)

    def test_order_of_weights_does_not_matter(self, kept, table, tmp_path):
        backwards = self.run(table, self.WEIGHTS[::-1], str(tmp_path))
        for weight, (rows, resampler, _) in backwards.items():
            assert rows == kept[1][weight][0]
            assert same_histories(resampler, kept[1][weight][1])

    def test_rows_are_those_without_memory(self, kept, table):
        plain = self.run(table, [3], None)
        assert plain[3][0] == kept[1][3][0]
        assert plain[3][2] == THREE_ARMS

    def test_an_equal_frame_is_the_same(self, kept, table):
        X, y = table
        for rebuilt in (X.copy(deep=True), pickle.loads(pickle.dumps(X))):
            found = self.run((rebuilt, y.copy()), [3], kept[0])
            assert found[3][0] == kept[1][3][0]
            assert found[3][2] == 0

    def test_nor_does_what_is_shown(self, kept, table):
        assert self.run(table, [3], kept[0], verbose=1)[3][2] == 0

    def test_what_matters_makes_it_train_anew(self, kept, table):
        X, y = table
        others = [
            {"random_state": 1},
            {"scoring": "worst_group_recall"},
            {"feedback_folds": 3, "max_downstream_fits": 9},
            {"n_synthetic": 40},
            {"sampling_strategy": "groups"},
            {"downstream": CountedModel(C=0.5)},
        ]
        for parameters in others:
            assert self.run(table, [1], kept[0], **parameters)[1][2] > 0, parameters
        moved = X.assign(age=X["age"].where(X.index != 7, 91))
        assert self.run((moved, y), [1], kept[0])[1][2] == THREE_ARMS
        flipped = y.where(y.index != 7, 1 - y)
        assert self.run((X, flipped), [1], kept[0])[1][2] == THREE_ARMS

    def test_visits_are_kept_too(self, tmp_path):
        model = make_pipeline(VisitVectorizer(), CountedModel())
        found = [
            self.run(make_cohort(100), [weight], str(tmp_path), downstream=model)
            for weight in (0, 1)
        ]
        assert [found[weight][weight][2] for weight in (0, 1)] == [THREE_ARMS, 0]

    def test_a_search_over_weights_trains_once_a_fold(self, table, tmp_path):
        watched_model.events.clear()
        resampler = with_feedback(downstream=CountedModel(), memory=str(tmp_path))
        weights = {"fairsynthresampler__fairness_weight": [0, 0.5, 1, 1.5]}
        search = GridSearchCV(
            make_sampling_pipeline(resampler, LogisticRegression()), weights, cv=2
        )
        search.fit(*table)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()
        assert len(watched_model.events) == (2 + 1) * THREE_ARMS


class TestKeeping:
    def test_copies_go_on_alike(self, fitted):
        for other in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
            assert digest(other.sample(30, random_state=4)) == digest(
                fitted.sample(30, random_state=4)
            )
            assert other.rows_owed_ == fitted.rows_owed_
            pd.testing.assert_frame_equal(
                other.feedback_history_, fitted.feedback_history_
            )

    def test_clones_are_unfitted_and_equal(self, fitted):
        other = clone(fitted)
        assert not hasattr(other, "feedback_history_")
        assert other.get_params(deep=False).keys() == fitted.get_params(False).keys()
        assert other.max_downstream_fits == fitted.max_downstream_fits
        assert other.downstream is not fitted.downstream

    def test_the_callers_model_stays_unfitted(self, table):
        model = LogisticRegression()
        with_feedback(downstream=model).fit(*table)
        assert vars(model) == vars(LogisticRegression())

    @pytest.mark.parametrize("downstream", [LogisticRegression(C=0.5), None])
    def test_saved_and_loaded(self, table, tmp_path, downstream):
        pytest.importorskip("skops")
        fitted = with_feedback(downstream=downstream).fit(*table)
        fitted.save(tmp_path / "saved")
        loaded = FairSynthResampler.load(tmp_path / "saved")
        assert repr(loaded.downstream) == repr(downstream)
        assert loaded.rows_owed_ == fitted.rows_owed_
        assert digest(loaded.sample(30)) == digest(fitted.sample(30))
        assert digest(loaded.fit_resample(*table)) == digest(
            clone(fitted).fit_resample(*table)
        )

    def test_refitted_without_a_model_nothing_is_left(self, fitted, table):
        fitted.set_params(downstream=None, sampling_strategy="groups").fit(*table)
        plain = tiny_resampler(sampling_strategy="groups", max_epochs=1).fit(*table)
        assert digest(fitted.sample(30)) == digest(plain.sample(30))
        assert not hasattr(fitted, "feedback_history_")
        assert not hasattr(fitted, "n_downstream_fits_")
