"""What CausalLLMResampler says to bad input, and to roles that nobody stated."""

import numpy as np
import pandas as pd
import pytest
from known_backends import LosesRows, NeverFitted
from structural_models import MODEL, draw_world

from fairsample import CausalLLMResampler, StandardFairnessModel
from fairsample.base import DataWarning
from fairsample.causal import ConditionalChain


@pytest.fixture(scope="module")
def table():
    return draw_world("A", 600, seed=0)


def resampler(llm=None, **parameters):
    quick = {
        "fairness_model": MODEL,
        "llm": llm or NeverFitted(),
        "learner": "linear",
        "n_folds": 2,
        "held_out_fraction": 0.0,
        "random_state": 0,
    }
    return CausalLLMResampler(**{**quick, **parameters})


def model(**roles):
    given = {"sensitive": "group", "confounders": ["z"], "mediators": ["w"]}
    return StandardFairnessModel(**{**given, **roles})


class TestRefused:
    """Each fault is named before a backend is fitted."""

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"fairness_weight": 1.5}, "fairness_weight.*range.*1.5"),
            ({"fairness_weight": -0.1}, "fairness_weight.*range.*-0.1"),
            ({"pathways": "sideways"}, "pathways.*sideways"),
            ({"pathways": ("direct", "sideways")}, "pathways names 'sideways'"),
            ({"business_necessity": ["detour"]}, "business_necessity names 'detour'"),
            (
                {"fairness_weight": 0.5, "business_necessity": "direct"},
                "fairness_weight=0.5 has nothing to remove.*business necessity",
            ),
            ({"fairness_weight": 0.5, "pathways": ()}, "nothing to remove"),
            ({"learner": "magic"}, "learner.*magic"),
            ({"n_folds": 400}, "n_folds=400 needs at least 800"),
            ({"llm": "magic"}, "llm.*magic"),
            ({"llm": MODEL}, "llm.*fit"),
            ({"device": "magic"}, "device='magic'"),
            ({"overgeneration": 0.5}, "overgeneration.*0.5"),
            ({"held_out_fraction": 0.9}, "held_out_fraction.*0.9"),
            ({"fairness_model": model(mediators=[])}, "without a role.*'w'"),
            (
                {"fairness_model": model(mediators=["w", "dose"])},
                "'dose' as mediators, which X does not have",
            ),
            (
                {"fairness_model": model(baseline="x7")},
                "'x7', which is no level.*'x0'.*'x1'",
            ),
        ],
    )
    def test_parameters(self, table, parameters, message):
        with pytest.raises(ValueError, match=message):
            resampler(**parameters).fit(*table)

    def test_sensitive_features_that_are_not_those_of_the_model(self, table):
        X, y = table
        X = X.assign(sex=np.arange(600) % 2)
        with pytest.raises(ValueError, match="are 'sex', and .* sensitive='group'"):
            resampler(sensitive_features="sex").fit(X, y)

    def test_values_beside_the_column(self, table):
        X, y = table
        with pytest.raises(ValueError, match="given as values.*'group'.*Drop them"):
            resampler().fit(X, y, sensitive_features=X["group"])

    def test_three_levels_and_no_comparison(self, table):
        X, y = table
        X = X.assign(group=np.where(X["z"] > 1, "x2", X["group"]))
        with pytest.raises(ValueError, match=r"more than two levels, 'x0' \(\d+ rows"):
            resampler(fairness_model=model()).fit(X, y)

    @pytest.mark.filterwarnings("ignore:Groups and classes:UserWarning")
    def test_outcome_that_is_constant_in_a_group(self, table):
        X, y = table
        with pytest.raises(ValueError, match="constant, 1, in all .* comparison 'x1'"):
            resampler().fit(X, y.where(X["group"] == "x0", 1))

    def test_visits(self, table):
        X, y = table
        X = X.assign(w=[[["a"]], [["b"], ["a"]]] * 300)
        with pytest.raises(ValueError, match="plain tables, and 'w' hold visits"):
            resampler().fit(X, y)

    def test_backend_that_writes_nothing(self, table):
        with pytest.raises(RuntimeError, match="LosesRows wrote none of the .*'lost'"):
            resampler(LosesRows(0.0)).fit(*table)


class TestWithoutModel:
    """Roles are assumed, with a warning; what cannot be measured is no fault."""

    @staticmethod
    def assumed(**parameters):
        llm = ConditionalChain(boosting=False)
        return resampler(llm, fairness_model=None, **parameters)

    def test_all_columns_are_mediators_and_that_is_said(self, table):
        X, y = table
        fit = self.assumed(sensitive_features="group")
        with pytest.warns(DataWarning, match="No fairness_model is given") as warned:
            fit.fit(X, y)
        assert len(warned) == 1
        text = str(warned[0].message)
        assert "the largest group, 'x1', as the baseline" in text
        assert "StandardFairnessModel(sensitive='group'" in text
        assert fit.effects_real_.spurious.value == 0
        assert fit.effects_real_.contrast.baseline == "x1"
        assert fit.backend_.order_ == ["group", "z", "w", "y"]

    @pytest.mark.filterwarnings("ignore:No fairness_model:UserWarning")
    @pytest.mark.filterwarnings("ignore:Groups and classes:UserWarning")
    def test_effects_that_cannot_be_measured_are_warned_of(self, table):
        X, y = table
        y = y.where(X["group"] == "x0", 1)
        fit = self.assumed(sensitive_features="group", fairness_weight=1.0)
        with pytest.warns(DataWarning, match="not measured.*constant, 1, in all"):
            fit.fit(X, y)
        assert fit.effects_real_ is fit.effects_synthetic_ is fit.equivalence_ is None
        assert repr(fit.report()).startswith("No effect of the sensitive attribute")
        assert "Empty" not in repr(fit.report())
        assert "<table" not in fit.report()._repr_html_()
        assert len(fit.sample(9)[0]) == 9

    @pytest.mark.filterwarnings("ignore:No fairness_model:UserWarning")
    def test_a_learner_that_is_none_is_no_matter_of_data(self, table):
        with pytest.raises(ValueError, match="learner.*magic"):
            self.assumed(sensitive_features="group", learner="magic").fit(*table)

    @pytest.mark.filterwarnings("ignore:No fairness_model:UserWarning")
    def test_other_levels_are_pooled(self, table):
        X, y = table
        X = X.assign(group=np.resize(["p", "q", "r", "p"], 600))
        fit = self.assumed(sensitive_features="group").fit(X, y)
        assert fit.effects_real_.contrast.baseline == "p"
        assert fit.effects_real_.contrast.comparisons == ("q", "r")


class TestForms:
    """Arrays, positions and values given at call time."""

    @staticmethod
    def array(table):
        X, y = table
        return X.assign(group=(X["group"] == "x1") * 1.0).to_numpy(), y.to_numpy()

    def test_array_whose_columns_are_numbers(self, table):
        roles = model(sensitive=1, confounders=[0], mediators=[2])
        fit = resampler(ConditionalChain(boosting=False), fairness_model=roles)
        X, y = self.array(table)
        fit.fit(X, y)
        drawn, _ = fit.sample(20)
        assert isinstance(drawn, np.ndarray)
        assert set(drawn[:, 1]) == {0.0, 1.0}

    def test_sensitive_column_by_position(self, table):
        fit = resampler(ConditionalChain(boosting=False), sensitive_features=1)
        assert fit.fit(*table).groups_ == ["x0", "x1"]

    def test_values_take_the_place_of_the_column(self, table):
        X, y = table
        fit = resampler(ConditionalChain(boosting=False))
        values = X["group"].rename("another name")
        fit.fit(X.drop(columns="group"), y, sensitive_features=values)
        drawn, _ = fit.sample(9, conditions={"another name": "x1"})
        assert list(drawn) == ["z", "w"]
        assert fit.sensitive_features_.tolist() == ["x1"] * 9

    def test_rows_without_a_group_make_one(self, table):
        X, y = table
        X = X.assign(group=X["group"].mask(np.arange(600) % 5 == 0))
        roles = model(baseline="x0", comparison="rest")
        fit = resampler(
            ConditionalChain(boosting=False),
            fairness_model=roles,
            missing_sensitive="group",
        ).fit(X, y)
        assert fit.groups_ == ["x0", "x1", "missing"]
        drawn, _ = fit.sample(8, conditions={"group": "missing"})
        assert drawn["group"].isna().all()

    @pytest.mark.parametrize("value", ["k", np.nan])
    @pytest.mark.filterwarnings("ignore:Columns with:UserWarning")
    def test_column_that_says_nothing(self, table, value):
        X, y = table
        X = X.assign(nothing=value)
        roles = model(confounders=["z", "nothing"])
        fit = resampler(ConditionalChain(boosting=False), fairness_model=roles)
        drawn, _ = fit.fit(X, y).sample(7)
        pd.testing.assert_series_equal(
            drawn["nothing"], X["nothing"].iloc[:7], check_exact=True
        )

    @pytest.mark.parametrize("fraction", [0.0, 0.05])
    def test_auto_is_a_chain_where_there_is_nothing_to_judge_by(self, table, fraction):
        fit = resampler("auto", held_out_fraction=fraction).fit(*table)
        assert fit.backend_name_ == "chain"
        assert fit.held_out_loss_ == {}
