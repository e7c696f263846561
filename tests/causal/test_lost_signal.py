"""A generator that has lost the signal is never reported as fair."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from known_backends import IndependentColumns
from made_up_effects import effects_of
from structural_models import MODEL, draw_world

from fairsample import CausalLLMResampler
from fairsample.base import DataWarning
from fairsample.causal import ConditionalChain
from fairsample.causal.signal import measure_utility, warn_of_lost_signal

ALL = ("direct", "indirect", "spurious")


def resampler(llm, **parameters):
    quick = {
        "fairness_model": MODEL,
        "llm": llm,
        "learner": "linear",
        "n_folds": 2,
        "held_out_fraction": 0.2,
        "random_state": 0,
    }
    return CausalLLMResampler(**{**quick, **parameters})


class TestWriterOfIndependentColumns:
    """Nothing that it writes has an effect, and that is no virtue."""

    @pytest.mark.parametrize(
        ("share", "pathways"), [(0.0, ("direct",)), (1.0, ("direct",)), (1.0, ALL)]
    )
    def test_guard_fires_on_what_models_learn(self, share, pathways):
        fit = resampler(IndependentColumns(), fairness_weight=share, pathways=pathways)
        with pytest.warns(DataWarning) as warned:
            fit.fit(*draw_world("A", 2000, 0))
        texts = [str(one.message) for one in warned]
        (lost,) = [text for text in texts if "have lost signal" in text]
        assert "models trained on written rows reach an area" in lost
        assert "is not fairness" in lost
        assert fit.utility_["synthetic"] < fit.utility_["real"] - 0.05
        if pathways != ALL:
            assert "the indirect effect is" in lost
            assert "the spurious effect is" in lost

    def test_guard_fires_on_other_effects_where_no_rows_are_held_out(self):
        fit = resampler(
            IndependentColumns(), fairness_weight=1.0, held_out_fraction=0.0
        )
        with pytest.warns(DataWarning) as warned:
            fit.fit(*draw_world("A", 2000, 0))
        texts = [str(one.message) for one in warned]
        assert (
            sum("have lost signal: the spurious effect" in text for text in texts) == 1
        )
        assert sum("are not what they ought to be" in text for text in texts) == 1
        assert fit.equivalence_.to_frame().loc["spurious", "verdict"] == "different"

    def test_guard_is_silent_where_the_signal_is_kept(self):
        chain = ConditionalChain(boosting=False)
        resampler(chain, fairness_weight=1.0).fit(*draw_world("A", 2000, 0))


def _settings(removed=(), share=0.0):
    return SimpleNamespace(
        left=lambda name: 1 - share if name in removed else 1.0,
    )


class TestWarning:
    """Which effects and areas are worth a warning."""

    real = effects_of([0.3, 0.1, 0.1, 0.1], 0.02)

    @pytest.mark.parametrize(
        ("written", "removed"),
        [
            ([0.0, 0.0, 0.1, 0.1], ("direct",)),
            ([0.24, 0.06, 0.09, 0.09], ()),
        ],
    )
    def test_removed_or_weaker_effects_are_not_lost(self, written, removed):
        written = effects_of(written, 0.02)
        warn_of_lost_signal(self.real, written, {}, _settings(removed, 1.0))

    @pytest.mark.parametrize("value", [0.04, -0.2])
    def test_effects_that_were_to_stay_are(self, value):
        written = effects_of([0.3, 0.0, value, 0.1], 0.02)
        with pytest.warns(DataWarning, match=f"the indirect effect is {value:g}, not"):
            warn_of_lost_signal(self.real, written, {}, _settings(("direct",), 1.0))

    def test_effects_that_real_rows_do_not_tell_are_not(self):
        real = effects_of([0.3, 0.1, 0.1, 0.1], 0.06)
        written = effects_of([0.0, 0.0, 0.0, 0.0], 0.06)
        warn_of_lost_signal(real, written, {}, _settings())

    @pytest.mark.parametrize(
        ("area", "se", "warns"),
        [(0.74, 0.001, True), (0.74, 0.04, False), (0.785, 0.001, False)],
    )
    def test_area_under_the_curve(self, area, se, warns):
        utility = {"real": 0.8, "synthetic": area, "se": se}
        if warns:
            with pytest.warns(DataWarning, match="0.740 on unseen.*on real rows 0.800"):
                warn_of_lost_signal(None, None, utility, _settings())
        else:
            warn_of_lost_signal(None, None, utility, _settings())


class TestUtility:
    """The area under the curve of unseen rows."""

    @staticmethod
    def rows(n, seed):
        rng = np.random.RandomState(seed)
        dose = rng.normal(size=n)
        ill = rng.random_sample(n) < 1 / (1 + np.exp(-2 * dose))
        return pd.DataFrame({"dose": dose, "ill": np.where(ill, "yes", "no")})

    def test_shuffled_outcome_teaches_nothing(self):
        real, held_out = self.rows(800, 0), self.rows(400, 1)
        rng = np.random.RandomState(0)
        lost = real.assign(ill=rng.permutation(real["ill"].to_numpy()))
        found = measure_utility(real, lost, held_out, "ill", rng)
        assert found["real"] > 0.8
        assert abs(found["synthetic"] - 0.5) < 0.15

    def test_error_is_that_of_as_many_rows(self):
        found = measure_utility(
            self.rows(300, 0),
            self.rows(300, 1),
            self.rows(400, 2),
            "ill",
            np.random.RandomState(0),
        )
        areas = [
            measure_utility(
                self.rows(300, 0),
                self.rows(300, 1),
                self.rows(400, seed),
                "ill",
                np.random.RandomState(0),
            )["real"]
            for seed in range(3, 11)
        ]
        assert 0.4 < np.std(areas) / found["se"] < 2

    def test_one_class_held_out_tells_nothing(self):
        real = self.rows(200, 0)
        alone = real[real["ill"] == "yes"]
        found = measure_utility(real, real, alone, "ill", np.random.RandomState(0))
        assert found == {}
