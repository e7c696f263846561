import pickle

import numpy as np
import pytest
import torch
from another_process import run_elsewhere
from sick_cohort import make_cohort, tiny_classifier
from sklearn.base import clone
from skorch.callbacks import Callback

from fairsample import VisitTransformerClassifier


class _SeeDatasets(Callback):
    """Write down the outcomes of the training and the validation rows."""

    def __init__(self, seen):
        self.seen = seen

    def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        valid = None if dataset_valid is None else dataset_valid.outcome.numpy()
        self.seen.append((dataset_train.outcome.numpy(), valid))
        self.seen[:] = self.seen[:1]


class _SeeLearningRate(Callback):
    """Write down the learning rate of each epoch."""

    def __init__(self, seen):
        self.seen = seen

    def on_epoch_begin(self, net, **kwargs):
        self.seen.append(net.optimizer_.param_groups[0]["lr"])


@pytest.fixture(scope="module")
def cohort():
    return make_cohort()


@pytest.fixture(scope="module")
def fitted(cohort):
    return tiny_classifier("race").fit(*cohort)


class TestTraining:
    def test_early_stopping_keeps_the_best_epoch(self, cohort):
        X, _ = cohort
        noise = np.random.default_rng(99).integers(0, 2, len(X))
        model = tiny_classifier(
            patience=2, max_epochs=40, validation_fraction=0.3, learning_rate=0.05
        ).fit(X, noise)
        losses = model.net_.history[:, "valid_loss"]
        best = int(np.argmin(losses))
        assert len(losses) == best + 3 < 40

    def test_validation_rows_are_of_every_class(self, cohort):
        X, _ = cohort
        y = np.r_[np.ones(10), np.zeros(len(X) - 10)]
        seen = []
        model = tiny_classifier(
            patience=2, max_epochs=1, callbacks=[_SeeDatasets(seen)]
        )
        model.fit(X, y)
        ((train, valid),) = seen
        assert np.bincount(train).tolist() == [99, 9]
        assert np.bincount(valid).tolist() == [11, 1]

    @pytest.mark.parametrize(
        "parameters", [{"patience": None}, {"patience": 2, "validation_fraction": 0}]
    )
    def test_without_early_stopping_all_rows_train(self, parameters, cohort):
        seen = []
        model = tiny_classifier(
            max_epochs=2, callbacks=[_SeeDatasets(seen)], **parameters
        ).fit(*cohort)
        assert [len(train) for train, _ in seen] == [120]
        assert len(model.net_.history) == 2
        assert "valid_loss" not in model.net_.history[-1]

    def test_the_papers_single_epoch(self, cohort):
        model = VisitTransformerClassifier(
            "race", n_heads=1, dropout=0.5, max_epochs=1, patience=None
        ).fit(*cohort)
        assert len(model.net_.history) == 1
        assert model.net_.module_.readout.in_features == 3 * 128
        assert model.net_.module_.readout.out_features == 1
        (group,) = model.net_.optimizer_.param_groups
        assert type(model.net_.optimizer_) is torch.optim.Adam
        assert group["weight_decay"] == 0
        assert model.net_.history[0, "event_lr"] == 0.001
        assert model.net_.batch_size == 64

    def test_learning_rate_falls_after_the_first_epoch(self, cohort):
        rates = []
        tiny_classifier(
            learning_rate=0.08,
            learning_rate_decay=0.5,
            max_epochs=3,
            callbacks=[_SeeLearningRate(rates)],
        ).fit(*cohort)
        assert rates == pytest.approx([0.08, 0.04, 0.02])

    def test_silent_unless_asked(self, cohort, capsys):
        tiny_classifier(max_epochs=2, patience=1).fit(*cohort)
        assert capsys.readouterr() == ("", "")
        tiny_classifier(max_epochs=1, verbose=2).fit(*cohort)
        assert "train_loss" in capsys.readouterr().out


class TestRandomness:
    def test_same_seed_same_predictions(self, fitted, cohort):
        X, y = cohort
        again = tiny_classifier("race").fit(X, y).predict_proba(X)
        assert (again == fitted.predict_proba(X)).all()
        other = tiny_classifier("race", random_state=1).fit(X, y).predict_proba(X)
        assert not (again == other).any()

    def test_same_seed_in_another_process(self, fitted, cohort, tmp_path):
        X, y = cohort
        with open(tmp_path / "model.pickle", "wb") as file:
            pickle.dump((clone(fitted), X, y), file)
        program = (
            "import pickle, sys; model, X, y = pickle.load(open(sys.argv[1], 'rb'));"
            "import json; print(json.dumps(model.fit(X, y).predict_proba(X).tolist()))"
        )
        there = run_elsewhere(program, tmp_path / "model.pickle")
        np.testing.assert_allclose(there, fitted.predict_proba(X), rtol=0, atol=1e-6)

    def test_global_generators_are_left_alone(self, cohort):
        X, y = cohort
        before = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
        tiny_classifier(max_epochs=1, patience=1).fit(X, y).predict(X)
        tiny_classifier(max_epochs=1, random_state=None).fit(X, y)
        after = np.random.get_state()[1], torch.get_rng_state()  # noqa: NPY002
        assert (before[0] == after[0]).all()
        assert before[1].equal(after[1])

    def test_a_random_state_object_advances(self, cohort):
        X, y = cohort
        state = np.random.RandomState(0)
        first, second = (
            tiny_classifier(max_epochs=1, random_state=state).fit(X, y) for _ in "12"
        )
        assert not (first.predict_proba(X) == second.predict_proba(X)).any()
