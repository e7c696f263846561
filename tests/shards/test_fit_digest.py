"""The same fit and the same conditions have one digest, others another one."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.tree import DecisionTreeClassifier

from fairsample import FairSynthResampler, GroupRandomOverSampler
from fairsample.shards import digest_of_conditions, digest_of_fit

X = pd.DataFrame({"sex": ["F", "M", "M"] * 40, "age": range(120)})
Y = pd.Series([0, 1, 1, 0] * 30, name="died")


@pytest.fixture(scope="module")
def fitted():
    resampler = FairSynthResampler("sex", max_epochs=1, random_state=0)
    return resampler.fit(X, Y)


@pytest.fixture
def again(fitted):
    """Another resampler with the same fit."""
    resampler = clone(fitted)
    vars(resampler).update(vars(fitted))
    return resampler


@pytest.mark.parametrize(
    ("parameters", "same"),
    [
        ({"verbose": 1}, True),
        ({"memory": "kept"}, True),
        ({"random_state": 7}, True),
        ({"device": "cuda:1"}, True),
        ({"temperature": 0.5}, False),
        ({"objective": "equal_opportunity"}, False),
        ({"downstream": DecisionTreeClassifier(max_depth=2)}, False),
    ],
)
def test_parameters_with_an_effect(fitted, again, parameters, same):
    again.set_params(**parameters)
    assert (digest_of_fit(again) == digest_of_fit(fitted)) == same


def test_parameters_of_estimators(again):
    found = {
        digest_of_fit(again.set_params(downstream=DecisionTreeClassifier(max_depth=n)))
        for n in (2, 2, 3)
    }
    assert len(found) == 2


def test_one_weight_of_the_net_makes_a_difference(fitted, again):
    state = again._fitted_state()
    weights = state["_generator"]["net"]["weights"]
    name = min(name for name in weights if weights[name].dtype.kind == "f")
    changed = weights[name].copy()
    changed.flat[0] += 1e-3
    weights[name] = changed
    again._fitted_state = lambda: state
    assert digest_of_fit(again) != digest_of_fit(fitted)


def test_seconds_of_the_fit_make_none(fitted, again):
    state = again._fitted_state()
    state["_generator"]["net"]["history"] = []
    again._fitted_state = lambda: state
    assert digest_of_fit(again) == digest_of_fit(fitted)


def test_rows_that_are_copied():
    changed = X.assign(age=X["age"].replace(119, 118))
    first, same, other = (
        digest_of_fit(GroupRandomOverSampler("sex").fit(table, Y))
        for table in (X, X, changed)
    )
    assert first == same != other


def test_conditions():
    frame = pd.DataFrame({"sex": ["F", "M"], "died": [0, 1]})
    assert digest_of_conditions(None) is None
    assert digest_of_conditions({"sex": "F", "died": 1}) == digest_of_conditions(
        {"died": 1, "sex": "F"}
    )
    assert digest_of_conditions(frame) == digest_of_conditions(frame.set_axis([5, 6]))
    digests = [
        digest_of_conditions(conditions)
        for conditions in (
            {"sex": "F"},
            {"sex": "M"},
            {"sex": None},
            {"sex": np.nan},
            {"died": "F"},
            frame,
            frame[::-1],
            frame[["sex"]],
        )
    ]
    assert len(set(digests)) == len(digests)
