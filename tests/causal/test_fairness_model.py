"""Roles of columns."""

import copy
import json
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone

from fairsample.causal import StandardFairnessModel


def model(**changes):
    given = {
        "sensitive": "race",
        "confounders": ["age", "sex"],
        "mediators": ["priors", "charge"],
        "outcome": "decile",
        "baseline": "White",
        "comparison": "Black",
    }
    return StandardFairnessModel(**{**given, **changes})


class TestRoles:
    def test_order_is_causal(self):
        assert model().order == ("age", "sex", "race", "priors", "charge", "decile")
        assert model(outcome=None).order[-1] == "charge"

    def test_order_with_several_sensitive_columns(self):
        both = StandardFairnessModel(sensitive=["race", "sex"], confounders="age")
        assert both.order == ("age", "race", "sex")
        assert both.sensitive == both.sensitive_columns == ("race", "sex")

    def test_one_name_need_not_be_a_list(self):
        listed = StandardFairnessModel(
            sensitive=["race"], confounders=["age"], mediators=["priors"]
        )
        assert listed == StandardFairnessModel(
            sensitive="race", confounders="age", mediators="priors"
        )
        assert listed.sensitive == "race"

    def test_columns_without_names(self):
        by_position = StandardFairnessModel(
            sensitive=np.int64(0), mediators=np.array([2, 1])
        )
        assert by_position.order == (0, 2, 1)
        assert by_position.check_columns(range(4)) == (3,)

    @pytest.mark.parametrize(
        "changes, message",
        [
            (
                {"mediators": ["age"]},
                "'age' is named both among confounders and mediators",
            ),
            (
                {"confounders": ["race"]},
                "'race' is named both among sensitive columns and conf",
            ),
            (
                {"outcome": "charge"},
                "'charge' is named both among mediators and outcome",
            ),
            ({"confounders": ["age", "age"]}, "'age' is named twice among confou"),
            ({"sensitive": ["race", "race"]}, "'race' is named twice among sens"),
            ({"mediators": {"priors", "charge"}}, "mediators is a set, which has no"),
            ({"sensitive": []}, "sensitive names no column"),
            ({"sensitive": None}, "sensitive has None, which is no name"),
            (
                {"confounders": [["age"]]},
                r"confounders has \['age'\], which is no name",
            ),
        ],
    )
    def test_roles_that_make_no_sense(self, changes, message):
        with pytest.raises(ValueError, match=message):
            model(**changes)

    def test_check_columns_tells_what_has_no_role(self):
        columns = ["race", "charge", "juvenile", "age", "priors", "sex"]
        assert model().check_columns(pd.Index(columns)) == ("juvenile",)

    @pytest.mark.parametrize(
        "columns, message",
        [
            ("race age sex priors", "has 'charge' as mediators, which X does not"),
            ("race sex priors charge", "has 'age' as confounders, which X does not"),
            ("age sex priors charge", "has 'race' as sensitive columns, which X"),
            ("race age sex priors charge decile", "'decile' is a column of X. Drop it"),
            ("race age sex priors charge age", "'age' is in X more than once"),
        ],
    )
    def test_columns_that_do_not_fit(self, columns, message):
        with pytest.raises(ValueError, match=message):
            model().check_columns(columns.split())

    def test_sensitive_values_may_be_given_beside_the_columns(self):
        columns = ["age", "sex", "priors", "charge"]
        assert model().check_columns(columns, sensitive_given=True) == ()


class HasModel(BaseEstimator):
    def __init__(self, fairness_model=None):
        self.fairness_model = fairness_model


class TestValue:
    MODELS = (
        model(),
        model(comparison="each"),
        model(comparison=["Black", "Asian"], outcome=None),
        StandardFairnessModel(sensitive="smokes", baseline=False, comparison=True),
        StandardFairnessModel(
            sensitive=["race", "sex"],
            baseline=("White", 0),
            comparison=[("Black", 0), ("Black", 1)],
        ),
        StandardFairnessModel(sensitive=0, baseline=np.int64(2)),
    )

    @pytest.mark.parametrize("one", MODELS)
    def test_round_trips(self, one):
        stored = json.dumps(one.to_json())
        assert StandardFairnessModel(**json.loads(stored)) == one
        assert pickle.loads(pickle.dumps(one)) == one
        assert copy.deepcopy(one) == one
        assert eval(repr(one)) == one
        assert hash(one) == hash(copy.deepcopy(one))

    def test_clone_of_an_estimator_that_has_one(self):
        cloned = clone(HasModel(model()))
        assert cloned.fairness_model == model()
        assert "StandardFairnessModel(sensitive='race'" in repr(cloned)

    def test_different_models_differ(self):
        assert len(set(self.MODELS)) == len(self.MODELS)
        assert model(confounders=["sex", "age"]) != model()

    def test_cannot_be_changed(self):
        with pytest.raises(FrozenInstanceError):
            model().outcome = "death"

    def test_lists_of_the_caller_are_not_kept(self):
        mediators = ["priors", "charge"]
        one = model(mediators=mediators)
        mediators.append("late")
        assert one == model()

    def test_levels_that_are_no_json(self):
        dated = StandardFairnessModel(
            sensitive="born", baseline=pd.Timestamp("2000-01-01")
        )
        with pytest.raises(ValueError, match="Timestamp.* cannot be written as JSON"):
            dated.to_json()


class TestDescription:
    def test_names_every_column_by_its_role(self):
        lines = model().describe().splitlines()
        assert lines == [
            "Sensitive attribute: race, Black against White.",
            "Confounders, which are not its effects: age, sex.",
            "Mediators, which it acts through: priors, charge.",
            "Outcome: decile.",
        ]

    @pytest.mark.parametrize(
        "baseline, comparison, words",
        [
            (None, None, "its two levels against each other"),
            ("White", None, "the other level against White"),
            (None, "Black", "Black against the other level"),
            ("White", ["Black", "Asian"], "Black; Asian against White"),
            ("White", "each", "each other level against White"),
            ("White", "rest", "all other levels pooled against White"),
        ],
    )
    def test_levels_in_words(self, baseline, comparison, words):
        described = model(baseline=baseline, comparison=comparison).describe()
        assert described.startswith(f"Sensitive attribute: race, {words}.\n")

    def test_roles_that_nothing_plays(self):
        described = StandardFairnessModel(sensitive="sex").describe()
        assert described.count("none") == 2
        assert described.endswith("Outcome: not named.")
