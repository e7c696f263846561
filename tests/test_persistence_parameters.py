"""Which parameters of a resampler are saved, and which are given again."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
import sklearn
from imblearn.over_sampling import SMOTE
from resamplers import digest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from fairsample import FairSynthResampler, GroupRandomOverSampler

RESAMPLERS = {
    "FairSynthResampler": FairSynthResampler(),
    "GroupRandomOverSampler": GroupRandomOverSampler(),
}


def first_column(X):
    return X[:, 0]


def drawn_race(X):
    return X["race"]


def table():
    rng = np.random.RandomState(0)
    X = pd.DataFrame(
        {
            "race": rng.choice(["A", "B"], 400),
            "age": rng.randint(0, 90, 400),
            "sex": rng.rand(400) < 0.5,
        }
    )
    return X, pd.Series(np.where(rng.rand(400) < 0.3, "died", "lived"))


def same_rows(first, second):
    X, y = first
    assert digest((pd.DataFrame(X), y)) == digest((pd.DataFrame(second[0]), second[1]))


class TestParametersThatAreCode:
    """Callables and callbacks are recorded by name, and given again."""

    @pytest.mark.parametrize(
        ("name", "parameters", "described"),
        [
            (
                "GroupRandomOverSampler",
                {"sensitive_features": first_column},
                r"sensitive_features \(test_persistence_parameters.first_column\)",
            ),
            (
                "GroupRandomOverSampler",
                {"sensitive_features": lambda X: X["race"]},
                r"sensitive_features \(test_persist.*<lambda>\)",
            ),
            (
                "FairSynthResampler",
                {"sensitive_features": drawn_race, "objective": print},
                r"objective \(builtins.print\), sensitive_features \(test_persist",
            ),
            (
                "FairSynthResampler",
                {"callbacks": [SMOTE, ("name", object())]},
                r"callbacks \(\[imblearn.*SMOTE, builtins.tuple\]\)",
            ),
            (
                "GroupRandomOverSampler",
                {"sampling_strategy": {"died": first_column}},
                r"sampling_strategy \(builtins.dict\)",
            ),
        ],
    )
    def test_have_to_be_given_again(self, tmp_path, name, parameters, described):
        resampler = clone(RESAMPLERS[name]).set_params(**parameters)
        resampler.save(tmp_path / "saved")
        call = ", ".join(f"{key}=..." for key in sorted(parameters))
        with pytest.raises(ValueError, match=described) as error:
            type(resampler).load(tmp_path / "saved")
        path = str(tmp_path / "saved")
        assert f"Give them again: {name}.load({path!r}, {call})." in str(error.value)
        loaded = type(resampler).load(tmp_path / "saved", **parameters)
        assert loaded.get_params() == resampler.get_params()

    def test_a_fitted_selector_goes_on(self, tmp_path):
        X, y = table()
        X = X[["sex", "age"]].to_numpy()
        resampler = GroupRandomOverSampler(first_column, random_state=0)
        resampler.fit(X, y)
        resampler.save(tmp_path / "saved")
        loaded = GroupRandomOverSampler.load(
            tmp_path / "saved", sensitive_features=first_column
        )
        same_rows(loaded.sample(), resampler.sample())
        same_rows(loaded.fit_resample(X, y), resampler.fit_resample(X, y))

    def test_others_cannot_be_changed_by_the_way(self, tmp_path):
        GroupRandomOverSampler("race").save(tmp_path / "saved")
        for name in ("n_synthetic", "sensitive_features", "no_such_parameter"):
            with pytest.raises(ValueError, match=f"^{name}: .* here none. .* set_para"):
                GroupRandomOverSampler.load(tmp_path / "saved", **{name: 3})


@pytest.mark.parametrize(
    "parameters",
    [
        {"sampling_strategy": {("A", "died"): 90, ("B", "died"): 80}},
        {"sampling_strategy": {"died": 150}},
        {"sampling_strategy": 0.75, "n_synthetic": 7},
        {"sensitive_features": ["race", "sex"], "sampling_strategy": "parity"},
        {"sensitive_features": [0]},
        {"sensitive_features": [True, False, False]},
        {"sensitive_features": np.array([True, False, False])},
        {"sensitive_features": ("race", "sex"), "missing_sensitive": "group"},
        {"random_state": None},
        {"random_state": np.int64(3)},
    ],
    ids=str,
)
def test_parameters_that_are_values(tmp_path, parameters):
    X, y = table()
    resampler = GroupRandomOverSampler("race", random_state=0)
    resampler.set_params(**parameters)
    resampler.fit(X, y)
    resampler.save(tmp_path / "saved")
    loaded = GroupRandomOverSampler.load(tmp_path / "saved")
    for name, value in resampler.get_params().items():
        assert type(getattr(loaded, name)) is type(value)
        np.testing.assert_equal(getattr(loaded, name), value)
    same_rows(loaded.sample(), resampler.sample())


def test_a_random_state_goes_on_where_it_was(tmp_path):
    X, y = table()
    stream = np.random.RandomState(5)
    stream.normal(size=3)
    resampler = GroupRandomOverSampler("race", random_state=stream)
    resampler.save(tmp_path / "saved")
    loaded = GroupRandomOverSampler.load(tmp_path / "saved")
    assert loaded.random_state is not stream
    same_rows(loaded.fit_resample(X, y), resampler.fit_resample(X, y))


def test_metadata_requests(tmp_path):
    with sklearn.config_context(enable_metadata_routing=True):
        resampler = GroupRandomOverSampler("race").set_fit_resample_request(
            sensitive_features="groups"
        )
    resampler.save(tmp_path / "saved")
    loaded = GroupRandomOverSampler.load(tmp_path / "saved")
    wanted = resampler.get_metadata_routing()
    assert repr(loaded.get_metadata_routing()) == repr(wanted)
    assert loaded.get_metadata_routing().fit.requests == {"sensitive_features": True}


class WithEstimator(GroupRandomOverSampler):
    """A resampler with a scikit-learn part."""

    def __init__(self, sensitive_features=None, *, downstream=None):
        super().__init__(sensitive_features)
        self.downstream = downstream


class OwnEstimator(LogisticRegression):
    """Code that skops does not know."""


class TestEstimators:
    """Scikit-learn parts are written by skops."""

    def test_come_back(self, tmp_path):
        skops = pytest.importorskip("skops")
        assert skops
        X = np.arange(20.0)[:, None]
        model = make_pipeline(StandardScaler(), LogisticRegression(C=3))
        model.fit(X, X.ravel() > 7)
        resampler = WithEstimator("race", downstream=model)
        resampler.model_ = model[-1]
        resampler.save(tmp_path / "saved")
        loaded = WithEstimator.load(tmp_path / "saved")
        np.testing.assert_array_equal(
            loaded.downstream.predict_proba(X), model.predict_proba(X)
        )
        assert loaded.downstream[-1].C == loaded.model_.C == 3
        assert len(list((tmp_path / "saved").glob("*.skops"))) == 2

    @pytest.mark.parametrize(
        "estimator",
        [OwnEstimator(), FunctionTransformer(first_column)],
        ids=["class", "function"],
    )
    def test_those_that_are_code_are_given_again(self, tmp_path, estimator):
        pytest.importorskip("skops")
        WithEstimator("race", downstream=estimator).save(tmp_path / "saved")
        with pytest.raises(ValueError, match=r"downstream \(.*\.(Own|Function)"):
            WithEstimator.load(tmp_path / "saved")
        loaded = WithEstimator.load(tmp_path / "saved", downstream=estimator)
        assert loaded.downstream is estimator

    def test_need_skops(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "skops.io", None)
        with pytest.raises(ImportError, match=r"skops: pip install .*\[persist\]"):
            WithEstimator("race", downstream=StandardScaler()).save(tmp_path / "saved")
        assert not (tmp_path / "saved").exists()
        WithEstimator("race").save(tmp_path / "saved")
        assert WithEstimator.load(tmp_path / "saved").downstream is None


def test_parameters_of_another_version_are_named(tmp_path):
    WithEstimator("race").save(tmp_path / "saved")
    path = tmp_path / "saved" / "resampler.json"
    stored = json.loads(path.read_text())
    stored["parameters"]["gone"] = 1
    path.write_text(json.dumps({**stored, "fairsample": "0.0.9"}))
    with pytest.raises(ValueError, match=r"0\.0\.9, where WithEstimator .* 'gone'"):
        WithEstimator.load(tmp_path / "saved")
