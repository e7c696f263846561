"""FairSynthResampler on patients with visits: what it takes, gives back and keeps."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from another_process import run_elsewhere
from resamplers import digest, numpy_state, torch_state
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from skorch.callbacks import Callback
from small_cohort import CODES, WARDS, make_cohort, make_visits, tiny_resampler

from fairsample.fairsynth.net import HaloNet

N = 240


@pytest.fixture(scope="module")
def cohort():
    return make_cohort(N)


@pytest.fixture(scope="module")
def fitted_once(cohort):
    resampler = tiny_resampler(sampling_strategy="cells", n_synthetic=500)
    before = numpy_state(), torch_state()
    rows = resampler.fit_resample(*cohort)
    assert (numpy_state(), torch_state()) == before
    return resampler, rows


@pytest.fixture
def fitted(fitted_once):
    return copy.deepcopy(fitted_once[0])


@pytest.fixture
def synthetic(fitted_once):
    X, y = fitted_once[1]
    return X.iloc[N:], y.iloc[N:]


@pytest.fixture
def never_train(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("trained on bad input")

    monkeypatch.setattr(HaloNet, "fit", refuse)


class TestSyntheticPatients:
    def test_visits_are_lists_of_lists_of_known_codes(self, synthetic):
        cells = synthetic[0]["visits"]
        assert {type(cell) for cell in cells} == {list}
        assert {type(visit) for cell in cells for visit in cell} == {list}
        codes = [code for cell in cells for visit in cell for code in visit]
        assert {type(code) for code in codes} == {str}
        assert set(codes) == set(CODES)

    def test_histories_have_one_to_the_most_visits(self, synthetic):
        assert set(synthetic[0]["visits"].map(len)) == {1, 2, 3, 4}

    def test_visits_hold_a_code_once(self, synthetic):
        for cell in synthetic[0]["visits"]:
            for visit in cell:
                assert len(visit) == len(set(visit))

    def test_all_levels_of_every_category_occur(self, synthetic):
        X, y = synthetic
        assert set(X["ward"]) == set(WARDS)
        assert set(X["race"]) == {"A", "B", "C", "D"}
        assert set(y) == {0, 1}

    def test_are_not_copies(self, synthetic, cohort):
        real = set(cohort[0].astype(str).agg("|".join, axis=1))
        drawn = set(synthetic[0].astype(str).agg("|".join, axis=1))
        assert len(drawn) > 400
        assert len(drawn & real) < 0.1 * len(drawn)

    def test_every_patient_of_a_batch_has_its_outcome(self, fitted):
        wanted = pd.DataFrame({"died": [0, 1, 1] * 30, "race": ["D", "A", "C"] * 30})
        X, y = fitted.sample(conditions=wanted)
        assert y.tolist() == wanted["died"].tolist()
        assert X["race"].tolist() == wanted["race"].tolist()
        assert X["visits"].map(len).min() >= 1

    def test_cold_samples_vary_less(self, fitted):
        conditions = {"race": "A", "died": 1}
        n_kinds = []
        for temperature in (0.1, 1.0):
            fitted.set_params(temperature=temperature)
            X, _ = fitted.sample(100, conditions=conditions, random_state=0)
            n_kinds.append(X["visits"].map(str).nunique())
        assert n_kinds[0] < 0.7 * n_kinds[1]


class TestInput:
    @pytest.mark.parametrize(
        ("cell", "message"),
        [
            ([], "'visits'.*row 7"),
            (None, "'visits'.*row 7"),
            (np.nan, "'visits'.*row 7"),
            ("DX:428", "'visits'.*row 7"),
            (["DX:428"], "'visits'.*row 7"),
            ([["DX:428"], None], "'visits'.*row 7"),
            ([["DX:428", 3]], "'visits'.*row 7"),
            ([[["DX:428"]]], "'visits'.*row 7"),
        ],
    )
    def test_bad_cells_are_named_before_training(
        self, cohort, never_train, cell, message
    ):
        X = cohort[0].copy()
        X.at[7, "visits"] = cell
        with pytest.raises(ValueError, match=message):
            tiny_resampler().fit_resample(X, cohort[1])

    def test_two_visit_columns(self, cohort, never_train):
        X = cohort[0].assign(labs=cohort[0]["visits"])
        with pytest.raises(ValueError, match=r"'visits', 'labs'.*one visit column"):
            tiny_resampler().fit_resample(X, cohort[1])

    def test_frames_from_parquet(self, cohort, fitted_once, tmp_path):
        cohort[0].to_parquet(tmp_path / "cohort.parquet")
        X = pd.read_parquet(tmp_path / "cohort.parquet")
        assert isinstance(X["visits"][0], np.ndarray)
        resampler = clone(fitted_once[0])
        X_resampled, y_resampled = resampler.fit_resample(X, cohort[1])
        assert X_resampled["visits"].iloc[0] is X["visits"].iloc[0]
        expected, y_expected = fitted_once[1]
        pd.testing.assert_frame_equal(X_resampled.iloc[N:], expected.iloc[N:])
        pd.testing.assert_series_equal(y_resampled, y_expected)

    def test_visits_alone(self, cohort):
        X = cohort[0][["visits"]]
        resampler = tiny_resampler(None)
        X_resampled, y_resampled = resampler.fit_resample(
            X, cohort[1], sensitive_features=cohort[0]["race"]
        )
        assert list(X_resampled.columns) == ["visits"]
        assert resampler.sensitive_features_.nunique() == 4
        assert len(X_resampled) == len(y_resampled) > N

    def test_nothing_but_the_sensitive_column(self, cohort):
        resampler = tiny_resampler(sampling_strategy="cells")
        X, y = resampler.fit_resample(cohort[0][["race"]], cohort[1])
        assert np.ptp(pd.crosstab(X["race"], y).to_numpy()) == 0

    def test_what_is_given_stays_as_it_is(self, cohort):
        before = copy.deepcopy(cohort)
        tiny_resampler(max_epochs=1).fit_resample(*cohort)
        pd.testing.assert_frame_equal(cohort[0], before[0])
        pd.testing.assert_series_equal(cohort[1], before[1])

    def test_three_classes(self, cohort):
        stage = np.random.RandomState(1).choice(["I", "II", "III"], N)
        resampler = tiny_resampler(sampling_strategy="cells")
        X, y = resampler.fit_resample(cohort[0], stage)
        assert pd.crosstab(X["race"], y).shape == (4, 3)
        assert np.ptp(pd.crosstab(X["race"], y).to_numpy()) == 0

    def test_unfitted(self):
        with pytest.raises(NotFittedError):
            tiny_resampler().sample(3)


class TestReproducibility:
    def test_clone_and_refit(self, cohort, fitted_once):
        resampler, rows = fitted_once
        assert digest(clone(resampler).fit_resample(*cohort)) == digest(rows)

    def test_another_process_and_hash_seed(self, fitted_once):
        code = (
            "import json, resamplers, small_cohort as s\n"
            "r = s.tiny_resampler(sampling_strategy='cells', n_synthetic=500)\n"
            f"print(json.dumps([resamplers.digest(r.fit_resample(*s.make_cohort({N}))),"
            " resamplers.digest(r.sample(30))]))"
        )
        resampler, rows = copy.deepcopy(fitted_once)
        expected = [digest(rows), digest(resampler.sample(30))]
        assert run_elsewhere(code) == expected

    def test_copies_go_on_alike(self, fitted):
        pickled, copied = pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)
        for seed in (None, 5):
            expected = digest(fitted.sample(40, random_state=seed))
            assert digest(pickled.sample(40, random_state=seed)) == expected
            assert digest(copied.sample(40, random_state=seed)) == expected

    def test_sampling_leaves_torch_and_numpy_alone(self, fitted):
        before = numpy_state(), torch_state()
        fitted.sample(30)
        fitted.sample(30, random_state=3)
        assert (numpy_state(), torch_state()) == before

    def test_torchs_own_seed_does_not_matter(self, cohort, fitted_once):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(99)
            found = digest(clone(fitted_once[0]).fit_resample(*cohort))
        assert found == digest(fitted_once[1])


class CountEpochs(Callback):
    """Tell how often it was called, and with what."""

    def __init__(self):
        self.losses_ = []

    def on_epoch_end(self, net, **kwargs):
        self.losses_.append(net.history[-1, "train_loss"])


class TestNet:
    def test_history_of_both_phases(self, fitted):
        history = fitted.net_.history
        assert len(history) == 2 + 1
        assert history[:, "epoch"] == [1, 2, 3]
        assert np.isfinite(history[:, ("train_loss", "valid_loss")]).all()

    def test_likelihood_is_learned(self, cohort):
        """A column that repeats another one, and a code that it comes with."""
        X = cohort[0].assign(again=cohort[0]["ward"])
        X["visits"] = [[[ward], ["DX:428"]] for ward in X["ward"]]
        resampler = tiny_resampler(fairness_weight=0, max_epochs=20).fit(X, cohort[1])
        losses = resampler.net_.history[:, "valid_loss"]
        assert min(losses) < losses[0] - 1
        X, _ = resampler.sample(300, random_state=0)
        assert (X["again"] == X["ward"]).mean() > 0.8
        first_visit = X["visits"].str[0].map(set)
        assert (
            np.mean([w in v for w, v in zip(X["ward"], first_visit, strict=True)]) > 0.6
        )

    def test_callbacks_are_called(self, cohort):
        callback = CountEpochs()
        resampler = tiny_resampler(callbacks=[callback]).fit(*cohort)
        assert resampler.callbacks == [callback]
        assert callback.losses_ == resampler.net_.history[:, "train_loss"]

    def test_validation_can_be_left_out(self, cohort):
        resampler = tiny_resampler(validation_fraction=0).fit(*cohort)
        assert "valid_loss" not in resampler.net_.history[0]

    def test_training_stops_early(self, cohort):
        resampler = tiny_resampler(
            fairness_weight=0, max_epochs=40, learning_rate=0.5, patience=1
        )
        history = resampler.fit(*cohort).net_.history
        assert len(history) < 40

    def test_sizes_can_be_chosen(self, cohort):
        resampler = tiny_resampler(embedding=12, n_layers=3, n_heads=3, hidden=20)
        module = resampler.fit(*cohort).net_.module_
        assert module.visit_embedding.weight.shape == (len(CODES) + 1, 12)
        assert len(module.visit_transformer.blocks) == 3
        assert module.visit_transformer.blocks[0].n_heads == 3
        assert module.code_head.embedding.shape == (len(CODES) + 1, 20)

    def test_a_few_million_parameters_by_default(self):
        """The vocabulary is wide and the patients are many; few epochs are enough."""
        rng = np.random.RandomState(0)
        visits = [
            [[f"DX:{code}" for code in rng.randint(0, 3000, 8)]] for _ in range(600)
        ]
        X = pd.DataFrame(
            {
                "sex": rng.choice(["F", "M"], 600),
                "visits": pd.Series(visits, dtype=object),
            }
        )
        sizes = {"max_epochs": 1, "batch_size": 600, "fairness_weight": 0}
        resampler = tiny_resampler("sex", **sizes, embedding=None, hidden=None)
        resampler.fit(X, rng.randint(0, 2, 600))
        n_parameters = sum(p.numel() for p in resampler.net_.module_.parameters())
        assert 100_000 < n_parameters < 5_000_000

    def test_silent_unless_asked(self, cohort, capfd):
        tiny_resampler().fit_resample(*cohort)
        assert capfd.readouterr() == ("", "")

    def test_progress(self, cohort, capfd):
        tiny_resampler(verbose=1).fit_resample(*cohort)
        assert "generating" in capfd.readouterr().err


class TestMemory:
    """The first phase does not depend on λ, and is trained once."""

    @pytest.fixture
    def n_fits(self, monkeypatch):
        fits, fit = [], HaloNet.fit

        def count(self, *args, **kwargs):
            fits.append(1)
            return fit(self, *args, **kwargs)

        monkeypatch.setattr(HaloNet, "fit", count)
        return fits

    def test_one_training_for_all_weights(self, cohort, tmp_path, n_fits):
        resampler = tiny_resampler(memory=str(tmp_path))
        found = {}
        for weight in (0, 0.5, 2.0, 0):
            resampler.set_params(fairness_weight=weight)
            found[weight] = digest(resampler.fit_resample(*cohort))
        assert len(n_fits) == 1
        assert len(set(found.values())) == 3
        for weight in (0, 2.0):
            fresh = tiny_resampler(fairness_weight=weight)
            assert digest(fresh.fit_resample(*cohort)) == found[weight]

    def test_other_data_or_seeds_are_trained_anew(self, cohort, tmp_path, n_fits):
        resampler = tiny_resampler(memory=str(tmp_path), fairness_weight=0)
        resampler.fit(*cohort)
        resampler.set_params(random_state=1).fit(*cohort)
        resampler.fit(cohort[0][:-1], cohort[1][:-1])
        resampler.set_params(hidden=20).fit(cohort[0][:-1], cohort[1][:-1])
        assert len(n_fits) == 4


def test_visits_can_be_made_without_codes():
    """Histories of empty visits beside others."""
    rng = np.random.RandomState(0)
    visits = make_visits(60, rng)
    visits[:30] = pd.Series([[[], []]] * 30)
    X = pd.DataFrame({"race": rng.choice(["A", "B"], 60), "visits": visits})
    X_resampled, _ = tiny_resampler(sampling_strategy="cells").fit_resample(
        X, np.arange(60) % 2
    )
    assert X_resampled["visits"].map(len).min() >= 1
