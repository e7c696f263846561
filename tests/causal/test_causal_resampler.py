"""The rows of CausalLLMResampler have the effects that they ought to have."""

import pickle
from functools import cache

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline
from known_backends import LosesRows
from resamplers import digest, numpy_state, torch_state
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import OneHotEncoder
from structural_models import MODEL, TRUTH, draw_world

from fairsample import CausalLLMResampler, StandardFairnessModel
from fairsample.causal import ConditionalChain
from fairsample.metrics import CausalEffectsByCase, causal_effects

PARTS = ("direct", "indirect", "spurious")
N_ROWS = 4000


@cache
def world():
    return draw_world("A", N_ROWS, seed=0)


def resampler(**parameters):
    quick = {
        "fairness_model": MODEL,
        "llm": ConditionalChain(boosting=False),
        "learner": "linear",
        "n_folds": 2,
        "held_out_fraction": 0.0,
        "random_state": 0,
    }
    return CausalLLMResampler(**{**quick, **parameters})


@cache
def fitted(share, pathways=("direct",)):
    """A resampler of the world, not to be changed."""
    return resampler(fairness_weight=share, pathways=pathways).fit(*world())


def sample_of(fit, n=N_ROWS):
    """Draw from a copy, so that the order of tests does not matter."""
    return pickle.loads(pickle.dumps(fit)).sample(n, random_state=1)


def effects_of(X, y):
    """Measure by other folds than the resampler's own."""
    effects = causal_effects(
        X, y, model=MODEL, learner="linear", n_folds=3, natural=False, random_state=5
    )
    return {name: getattr(effects, name) for name in ("total_variation", *PARTS)}


class TestPreserve:
    """With λ = 0 rows have the effects of the real ones."""

    def test_sampled_effects_are_the_real_ones_within_the_stated_tolerance(self):
        fit = fitted(0.0)
        found = effects_of(*sample_of(fit))
        for name in PARTS:
            real = getattr(fit.effects_real_, name)
            assert abs(found[name].value - real.value) < max(
                0.1 * abs(real.value), real.se
            ), name

    def test_cells_have_the_real_shares_exactly(self):
        fit = fitted(0.0)
        X, y = sample_of(fit)
        np.testing.assert_array_equal(pd.crosstab(X["group"], y), fit.cell_counts_)

    def test_what_is_measured_within_is_nearer_still(self):
        fit = fitted(0.0)
        for name in PARTS:
            real = getattr(fit.effects_real_, name)
            written = getattr(fit.effects_synthetic_, name)
            assert abs(written.value - real.value) < 0.25 * real.se, name
        assert fit.removed_pathways_ == ()
        assert 0.9 < fit.effective_share_ <= 1
        assert fit.equivalence_.to_frame()["verdict"].eq("equivalent").all()


class TestRemove:
    """With λ > 0 the share λ of the named effects is gone, and no other effect."""

    @pytest.mark.parametrize("share", [1.0, 0.5])
    @pytest.mark.parametrize("pathways", [("direct",), ("indirect",), ("spurious",)])
    def test_share_of_the_named_effects_is_gone_from_samples(self, share, pathways):
        fit = fitted(share, pathways)
        found = effects_of(*sample_of(fit))
        for name in PARTS:
            left = 1 - share if name in pathways else 1
            real = getattr(fit.effects_real_, name)
            assert found[name].value == pytest.approx(
                left * TRUTH["A"][name], abs=3 * max(found[name].se, left * real.se)
            ), name
            assert found[name].value == pytest.approx(
                left * real.value, abs=max(0.1 * left * abs(real.value), real.se)
            ), name
        assert fit.removed_pathways_ == pathways

    def test_groups_keep_their_shares_and_classes_change(self):
        fit = fitted(1.0)
        X, y = sample_of(fit)
        cells, real = pd.crosstab(X["group"], y).to_numpy(), fit.cell_counts_.to_numpy()
        np.testing.assert_allclose(cells.sum(axis=1), real.sum(axis=1), atol=2)
        rates, before = (table[:, 1] / table.sum(axis=1) for table in (cells, real))
        assert np.ptp(rates) < np.ptp(before) - 0.8 * TRUTH["A"]["direct"]

    def test_business_necessity_stays(self):
        fit = resampler(
            fairness_weight=1.0, pathways=PARTS, business_necessity=("indirect",)
        ).fit(*world())
        assert fit.removed_pathways_ == ("direct", "spurious")
        found = effects_of(*fit.sample(random_state=1))
        for name, left in zip(PARTS, (0, 1, 0), strict=True):
            real = getattr(fit.effects_real_, name)
            assert abs(found[name].value - left * real.value) < 1.5 * real.se, name

    def test_comparison_is_with_what_is_to_be_left(self):
        compared = fitted(0.5).equivalence_.to_frame()
        real = fitted(0.5).effects_real_
        assert compared.loc["direct", "real"] == pytest.approx(real.direct.value / 2)
        assert compared.loc["indirect", "real"] == pytest.approx(real.indirect.value)
        assert compared.loc["total_variation", "real"] == pytest.approx(
            real.total_variation.value - real.direct.value / 2
        )


class TestAddedRows:
    """What fit_resample puts below the real rows."""

    @pytest.mark.parametrize(
        ("strategy", "share"),
        [
            ("auto", 0.0),
            ("cells", 1.0),
            ({0: 500, 1: 450}, 0.0),
            ({("x0", 0): 300, ("x1", 1): 300}, 0.5),
        ],
        ids=str,
    )
    def test_plans_are_kept(self, strategy, share):
        X, y = draw_world("A", 600, 0)
        fit = resampler(fairness_weight=share, sampling_strategy=strategy)
        X_resampled, y_resampled = fit.fit_resample(X, y)
        owed = np.reshape(list(fit.rows_owed_.values()), (2, 2))
        assert owed.sum() > 0
        np.testing.assert_array_equal(
            pd.crosstab(X_resampled["group"], y_resampled), fit.cell_counts_ + owed
        )
        pd.testing.assert_frame_equal(X_resampled[:600], X)

    def test_proportional_plan_keeps_effects(self):
        fit = resampler(sampling_strategy="proportional")
        X, y = fit.fit_resample(*world())
        np.testing.assert_array_equal(
            np.reshape(list(fit.rows_owed_.values()), (2, 2)), fit.cell_counts_
        )
        found = effects_of(X[fit.synthetic_mask_], y[fit.synthetic_mask_])
        for name in PARTS:
            real = getattr(fit.effects_real_, name)
            assert abs(found[name].value - real.value) < max(
                0.1 * abs(real.value), real.se
            ), name

    def test_proportional_plan_adds_the_world_without_the_effect(self):
        fit = resampler(sampling_strategy="proportional", fairness_weight=1.0)
        X, y = fit.fit_resample(*world())
        assert fit.synthetic_mask_.sum() == N_ROWS
        found = effects_of(X[fit.synthetic_mask_], y[fit.synthetic_mask_])
        assert abs(found["direct"].value) < fit.effects_real_.direct.se
        wanted = found["indirect"].value + found["spurious"].value
        rows = np.reshape(list(fit.rows_owed_.values()), (2, 2))
        rates = rows[:, 1] / rows.sum(axis=1)
        assert rates[1] - rates[0] == pytest.approx(wanted, abs=0.02)

    def test_as_many_rows_as_asked_for(self):
        X, y = draw_world("A", 600, 0)
        for share in (0.0, 1.0):
            fit = resampler(
                sampling_strategy="proportional", n_synthetic=77, fairness_weight=share
            )
            X_resampled, _ = fit.fit_resample(X, y)
            assert len(X_resampled) == 677
            assert sum(fit.sampling_strategy_.values()) == 77


class TestSettings:
    """Levels, classes, sensitive features and seeds."""

    def test_three_levels_each_against_the_baseline(self):
        X, y = draw_world("A", 1500, 0)
        third = np.random.RandomState(0).random_sample(1500) < 0.3
        X["group"] = np.where(third, "x2", X["group"])
        model = StandardFairnessModel(
            sensitive="group",
            confounders=["z"],
            mediators=["w"],
            baseline="x0",
            comparison="each",
        )
        fit = resampler(fairness_model=model, fairness_weight=1.0).fit(X, y)
        assert isinstance(fit.effects_real_, CausalEffectsByCase)
        assert list(fit.effects_real_) == ["x1 against x0", "x2 against x0"]
        for case, effects in fit.effects_synthetic_.items():
            real = fit.effects_real_[case]
            assert abs(effects.direct.value) < 0.5 * real.direct.se
            assert abs(effects.indirect.value - real.indirect.value) < real.indirect.se
        assert "x2 against x0: direct" in fit.report().to_frame().index

    def test_classes_each_have_effects(self):
        X, y = draw_world("A", 2000, 0)
        y = np.where(X["w"] > 1.2, "c", np.where(y == 1, "b", "a"))
        fit = resampler().fit(X, y)
        assert set(fit.effects_real_) == {"a", "b", "c"}
        totals = [one.total_variation.value for one in fit.effects_synthetic_.values()]
        assert sum(totals) == pytest.approx(0, abs=1e-9)
        drawn = np.unique(fit.sample(2000)[1], return_counts=True)[1]
        np.testing.assert_array_equal(drawn, fit.cell_counts_.sum())

    def test_two_sensitive_features_given_as_values(self):
        X, y = draw_world("A", 800, 0)
        sex = np.random.RandomState(0).choice(["F", "M"], 800)
        given = pd.DataFrame({"group": X["group"], "sex": sex})
        model = StandardFairnessModel(
            sensitive=["group", "sex"],
            confounders=["z"],
            mediators=["w"],
            baseline=("x0", "M"),
            comparison=("x1", "F"),
        )
        fit = resampler(fairness_model=model)
        X_resampled, _ = fit.fit_resample(X[["z", "w"]], y, sensitive_features=given)
        assert list(X_resampled) == ["z", "w"]
        assert fit.groups_ == [("x0", "F"), ("x0", "M"), ("x1", "F"), ("x1", "M")]
        assert np.isfinite(fit.effects_synthetic_.direct.value)
        fit.sample(5, conditions={"sex": "F", "group": "x1"})
        assert (fit.sensitive_features_ == ["x1", "F"]).all(axis=None)

    def test_columns_may_be_called_like_group_and_outcome(self):
        X, y = draw_world("A", 400, 0)
        X = X.rename(columns={"z": "y", "w": "group_"})
        model = StandardFairnessModel(
            sensitive="group", confounders=["y"], mediators=["group_"]
        )
        fit = resampler(fairness_model=model).fit(X, y)
        drawn, _ = fit.sample(100)
        assert list(drawn) == list(X)
        assert drawn["y"].between(X["y"].min(), X["y"].max()).all()

    def test_caller_data_model_recipe_and_streams_are_left_alone(self):
        X, y = draw_world("A", 400, 0)
        X_before, y_before = X.copy(), y.copy()
        recipe = ConditionalChain(boosting=False)
        before = numpy_state(), torch_state()
        fit = resampler(llm=recipe, fairness_weight=0.5, random_state=None)
        fit.fit_resample(X, y)
        fit.sample(10)
        pd.testing.assert_frame_equal(X, X_before)
        pd.testing.assert_series_equal(y, y_before)
        assert (numpy_state(), torch_state()) == before
        assert not hasattr(recipe, "conditionals_")
        assert fit.backend_ is not recipe

    def test_seed_decides_everything(self):
        X, y = draw_world("A", 400, 0)

        def rows(seed):
            fit = resampler(random_state=seed, held_out_fraction=0.2)
            return digest(fit.fit_resample(X, y)), digest(fit.sample(40))

        assert rows(0) == rows(0)
        assert rows(0)[0] != rows(1)[0]

    def test_rows_are_not_copies(self):
        X, _ = world()
        drawn, _ = sample_of(fitted(0.0))
        both = drawn.round(6).merge(X.round(6), on=list(X))
        assert len(both) < 0.02 * N_ROWS


@pytest.fixture(scope="module")
def checked():
    """With rows held out; not to be changed."""
    return resampler(held_out_fraction=0.2, fairness_weight=1.0).fit(*world())


class TestResults:
    """Reports, checks on held-out rows, and what is kept."""

    def test_held_out_rows_judge(self, checked):
        assert set(checked.utility_) == {"real", "synthetic", "se"}
        assert 0.65 < checked.utility_["real"] < 0.8
        assert abs(checked.utility_["real"] - checked.utility_["synthetic"]) < 0.03
        held_out = checked.equivalence_held_out_.to_frame()
        assert list(held_out.index) == ["total_variation", *PARTS]
        assert held_out.loc["direct", "real"] == 0
        assert not held_out["verdict"].eq("different").any()

    def test_report_says_it_in_words(self, checked):
        report = checked.report()
        text = repr(report)
        assert "100 % of the direct effect is to be removed" in text
        assert "Written by ConditionalChain" in text
        assert f"{checked.utility_['synthetic']:.3f}" in text
        table = report.to_frame()
        assert table.loc["direct", "target"] == 0
        assert table.loc["direct", "real"] == checked.effects_real_.direct.value
        table.loc["direct", "real"] = 7
        assert report.to_frame().loc["direct", "real"] != 7
        html = report._repr_html_()
        assert html.startswith("<div>")
        assert "spurious" in html

    def test_report_of_preserving(self):
        text = repr(fitted(0.0).report())
        assert "All effects of the sensitive attribute are to stay" in text
        assert "ROC" not in text

    def test_saved_and_loaded(self, checked, tmp_path):
        checked.save(tmp_path / "saved")
        loaded = CausalLLMResampler.load(tmp_path / "saved")
        assert loaded.fairness_model == MODEL
        assert repr(loaded.report()) == repr(checked.report())
        assert repr(loaded.effects_real_) == repr(checked.effects_real_)
        np.testing.assert_array_equal(
            loaded.effects_synthetic_.direct.influence,
            checked.effects_synthetic_.direct.influence,
        )
        assert digest(loaded.sample(300, random_state=4)) == digest(
            checked.sample(300, random_state=4)
        )

    def test_pickled(self, checked):
        again = pickle.loads(pickle.dumps(checked))
        assert digest(again.sample(99, random_state=4)) == digest(
            checked.sample(99, random_state=4)
        )
        assert repr(again.report()) == repr(checked.report())

    def test_backends_of_others_cannot_be_saved_but_pickled(self, tmp_path):
        fit = resampler(llm=LosesRows(1.0)).fit(*draw_world("A", 400, 0))
        with pytest.raises(ValueError, match="LosesRows, is no class of fairsample"):
            fit.save(tmp_path / "saved")
        assert len(pickle.loads(pickle.dumps(fit)).sample(5)[0]) == 5

    def test_rows_that_do_not_come_are_counted_and_made_up_for(self):
        X, y = draw_world("A", 1000, 0)
        fit = resampler(llm=LosesRows(0.9), sampling_strategy="cells")
        X_resampled, y_resampled = fit.fit_resample(X, y)
        assert np.ptp(pd.crosstab(X_resampled["group"], y_resampled)) == 0
        assert fit.rejected_["lost"] > 0
        assert "Rejected rows: lost:" in repr(fit.report())
        assert len(fit.sample(500)[0]) == 500


class TestSearch:
    """A search over λ in a pipeline."""

    def test_more_weight_leaves_a_smaller_direct_effect_of_predictions(self):
        def minus_direct_effect(estimator, X, y):
            effects = causal_effects(
                X,
                estimator.predict(X),
                model=MODEL,
                learner="linear",
                n_folds=2,
                natural=False,
                random_state=0,
            )
            return -abs(effects.direct.value)

        X, y = draw_world("A", 1500, 0)
        pipeline = make_pipeline(
            resampler(sampling_strategy="proportional", n_synthetic=5000),
            make_column_transformer(
                (OneHotEncoder(), ["group"]), remainder="passthrough"
            ),
            LogisticRegression(),
        )
        search = GridSearchCV(
            pipeline,
            {"causalllmresampler__fairness_weight": [0.0, 1.0]},
            scoring=minus_direct_effect,
            cv=2,
            error_score="raise",
        ).fit(X, y)
        assert search.best_params_ == {"causalllmresampler__fairness_weight": 1.0}
        kept, removed = search.cv_results_["mean_test_score"]
        assert removed > kept + 0.1
