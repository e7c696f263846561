"""Cells that are too small to be held out, to be measured, or to be written."""

import numpy as np
import pandas as pd
import pytest

from fairsample import CausalLLMResampler, StandardFairnessModel
from fairsample.base import DataWarning
from fairsample.causal import ConditionalChain

pytestmark = pytest.mark.filterwarnings("ignore::fairsample.base.DataWarning")


def some_rows(n=400, seed=0):
    rng = np.random.RandomState(seed)
    sex = rng.choice(["F", "M"], n)
    job = rng.standard_normal(n) + (sex == "M")
    X = pd.DataFrame({"age": rng.standard_normal(n), "sex": sex, "job": job})
    y = np.where(rng.random_sample(n) < 1 / (1 + np.exp(-job)), "a", "b").astype(object)
    return X, y


def resampler(**options):
    roles = {"sensitive": "sex", "confounders": ["age"], "mediators": ["job"]}
    model = StandardFairnessModel(**roles, **options)
    return CausalLLMResampler(
        fairness_model=model,
        fairness_weight=1.0,
        llm=ConditionalChain(boosting=False),
        learner="linear",
        random_state=0,
    )


def test_a_class_that_cannot_be_held_out_stops_nothing():
    X, y = some_rows()
    for sex in "FM":
        y[np.flatnonzero(X["sex"] == sex)[:6]] = "c"
    fitted = resampler().fit(X, y)
    assert fitted.equivalence_held_out_ is None
    assert list(fitted.effects_synthetic_) == ["a", "b", "c"]
    assert fitted.equivalence_ is not None


def test_a_group_that_cannot_be_held_out_stops_nothing():
    X, y = some_rows()
    few = np.append(np.flatnonzero(y == "a")[:8], np.flatnonzero(y == "b")[:8])
    X.loc[few, "sex"] = "X"
    fitted = resampler(baseline="F", comparison="each").fit(X, y)
    assert fitted.equivalence_held_out_ is None
    assert len(fitted.effects_real_) == 2


def test_all_cells_may_be_small():
    rng = np.random.RandomState(0)
    site, y = np.repeat(np.arange(30), 14).astype(str), np.tile([0, 1], 210)
    X = pd.DataFrame({"site": site, "dose": rng.standard_normal(420) + y})
    model = StandardFairnessModel(
        sensitive="site", mediators=["dose"], baseline="0", comparison="rest"
    )
    fitted = CausalLLMResampler(
        fairness_model=model, llm="chain", learner="linear", n_folds=2, random_state=0
    ).fit(X, y)
    assert fitted.utility_ == {}
    assert len(fitted.sample(20)[0]) == 20


@pytest.mark.filterwarnings("default::fairsample.base.DataWarning")
def test_values_that_are_columns_of_X_as_well_are_told_of():
    X, y = some_rows()
    writer = resampler().set_params(fairness_model=None, llm="chain")
    with pytest.warns(DataWarning, match="'sex': given as values .* Drop them from X"):
        writer.fit(X, y, sensitive_features=X["sex"])
