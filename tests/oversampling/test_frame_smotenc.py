import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE, SMOTENC
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils.estimator_checks import (
    check_param_validation,
)
from imblearn.utils.estimator_checks import (
    estimator_checks_generator as imblearn_checks,
)
from resamplers import mixed_frame, numpy_state
from sklearn.utils.estimator_checks import (
    estimator_checks_generator as sklearn_checks,
)

from fairsample.oversampling import FrameSMOTENC


@pytest.mark.parametrize(
    "sampler, check",
    [
        pytest.param(sampler, check, id=getattr(check, "func", check).__name__)
        for generator in (imblearn_checks, sklearn_checks)
        for sampler, check in list(generator(FrameSMOTENC(random_state=0)))
    ],
)
def test_estimator_checks(sampler, check):
    check(sampler)


def test_parameters_are_validated():
    check_param_validation("FrameSMOTENC", FrameSMOTENC(random_state=0))


@pytest.fixture(scope="module")
def balanced():
    X, y = mixed_frame()
    before = X.copy(deep=True), y.copy(deep=True), numpy_state()
    sampler = FrameSMOTENC(random_state=0)
    return sampler, X, y, before, sampler.fit_resample(X, y)


class TestMixedFrame:
    """A frame with a column of every type and missing values."""

    def test_real_rows_are_first_and_unchanged(self, balanced):
        sampler, X, y, (X_before, y_before, state), (X_all, y_all) = balanced
        pd.testing.assert_frame_equal(X, X_before)
        pd.testing.assert_frame_equal(
            X_all.iloc[: len(X)], X_before.reset_index(drop=True)
        )
        pd.testing.assert_series_equal(
            y_all.iloc[: len(y)], y_before.reset_index(drop=True)
        )
        assert numpy_state() == state
        expected = np.arange(len(X_all)) >= len(X)
        np.testing.assert_array_equal(sampler.synthetic_mask_, expected)

    def test_classes_are_even_and_columns_as_they_were(self, balanced):
        _, X, y, _, (X_all, y_all) = balanced
        assert isinstance(balanced[0], BaseOverSampler)
        assert y_all.value_counts().nunique() == 1
        pd.testing.assert_series_equal(X_all.dtypes, X.dtypes)
        assert y_all.dtype == y.dtype

    def test_only_values_that_could_occur(self, balanced):
        _, X, _, _, (X_all, _) = balanced
        for name, drawn in X_all.iloc[len(X) :].items():
            if name in ("int", "Int64", "float32"):
                assert drawn.notna().all()
                assert drawn.between(X[name].min(), X[name].max()).all()
            else:
                assert set(drawn.dropna()) <= set(X[name].dropna())
        new = X_all.drop(columns=["int", "Int64", "float32"]).iloc[len(X) :]
        assert new.isna().any(axis=None)

    def test_same_seed_same_rows(self, balanced):
        _, X, y, _, (X_all, _) = balanced
        again, _ = FrameSMOTENC(random_state=0).fit_resample(X, y)
        pd.testing.assert_frame_equal(again, X_all)
        other, _ = FrameSMOTENC(random_state=1).fit_resample(X, y)
        assert not other.equals(X_all)


def test_rows_are_those_of_smotenc():
    X, y = mixed_frame()
    X = X[["int", "race", "sex"]]
    ours, _ = FrameSMOTENC(random_state=5).fit_resample(X, y)
    coded = X.assign(
        race=pd.Categorical(pd.factorize(X["race"])[0]),
        sex=pd.Categorical(pd.factorize(X["sex"])[0]),
        int=X["int"].astype(float),
    )
    theirs, _ = SMOTENC([1, 2], random_state=5).fit_resample(coded, y)
    np.testing.assert_array_equal(ours["int"], np.rint(theirs["int"]))
    levels = pd.factorize(X["race"])[1]
    assert ours["race"].tolist() == levels.take(theirs["race"].astype(int)).tolist()


def test_numbers_alone_go_to_smote():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), np.repeat([0, 1], [45, 15])
    ours, y_ours = FrameSMOTENC(random_state=0, k_neighbors=3).fit_resample(X, y)
    theirs, y_theirs = SMOTE(random_state=0, k_neighbors=3).fit_resample(X, y)
    np.testing.assert_allclose(ours, theirs)
    np.testing.assert_array_equal(y_ours, y_theirs)


def test_categories_alone():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.choice(list("xyz"), 60), "b": rng.random(60) < 0.5})
    y = np.repeat(["no", "yes"], [40, 20])
    X_all, y_all = FrameSMOTENC(random_state=0).fit_resample(X, y)
    assert (y_all == "yes").sum() == 40
    assert X_all.dtypes.equals(X.dtypes)


def test_a_number_that_is_always_missing_stays_missing():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"empty": np.nan, "dose": rng.normal(size=60), "sex": ["F"] * 60})
    X_all, _ = FrameSMOTENC(random_state=0).fit_resample(X, np.repeat([0, 1], [40, 20]))
    assert X_all["empty"].isna().all()
    assert len(X_all) == 80


@pytest.mark.parametrize("n_synthetic", [0, 7, 300])
def test_size(n_synthetic):
    X, y = mixed_frame()
    sampler = FrameSMOTENC(n_synthetic=n_synthetic, random_state=0)
    X_all, y_all = sampler.fit_resample(X, y)
    assert len(X_all) == len(y_all) == len(X) + n_synthetic
    assert sum(sampler.sampling_strategy_.values()) == n_synthetic
    assert sampler.fit(X, y).sampling_strategy_["died"] == n_synthetic


def test_a_size_is_shared_by_the_plan():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"dose": rng.normal(size=100), "sex": rng.choice(["F", "M"], 100)})
    y = np.repeat(["a", "b", "c"], [60, 30, 10])
    sampler = FrameSMOTENC(n_synthetic=16, random_state=0).fit(X, y)
    assert dict(sampler.sampling_strategy_) == {"a": 0, "b": 6, "c": 10}


def test_visits_are_refused():
    X = pd.DataFrame({"age": [1, 2], "visits": [[["a"]], [["b"]]]})
    with pytest.raises(ValueError, match="between the visits in 'visits'. Drop"):
        FrameSMOTENC().fit_resample(X, [0, 1])


def test_too_few_neighbours():
    X = pd.DataFrame({"dose": np.arange(20.0), "sex": ["F", "M"] * 10})
    with pytest.raises(ValueError, match="n_neighbors"):
        FrameSMOTENC().fit_resample(X, np.repeat([0, 1], [17, 3]))
