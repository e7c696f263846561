"""Equivalence of effects: intervals, verdicts, joint statements."""

import pickle

import numpy as np
import pandas as pd
import pytest
from made_up_effects import NAMES, effects_of, effects_with_influence, made_up
from scipy.stats import norm

from fairsample.causal import StandardFairnessModel
from fairsample.datasets import load_berkeley
from fairsample.metrics import (
    CausalEffectsByCase,
    Effect,
    EffectEquivalence,
    causal_effects,
    equivalence,
)

REAL = effects_of([-0.14, 0.07, -0.21, 0.0], [0.014, 0.016, 0.01, 0.0])
Z = norm.ppf(0.95)


def one(real, synthetic, margin, **options):
    """Row of the direct effect, of which values and standard errors are given."""
    sides = [made_up({"direct": Effect(*side)}) for side in (real, synthetic)]
    result = equivalence(*sides, margin, effects=["direct"], **options)
    return result.to_frame().loc["direct"]


class TestInterval:
    def test_both_sides_err_against_the_population(self):
        row = one((0.10, 0.03), (0.15, 0.04), 0.2)
        assert row["deviation"] == pytest.approx(0.05)
        assert row["se"] == pytest.approx(0.05)
        assert (row["low"], row["high"]) == pytest.approx(
            (0.05 - Z * 0.05, 0.05 + Z * 0.05)
        )

    def test_one_side_errs_against_the_sample(self):
        row = one((0.10, 0.03), (0.15, 0.04), 0.2, against="sample", alpha=0.025)
        assert row["se"] == pytest.approx(0.04)
        assert row["high"] - row["low"] == pytest.approx(2 * 1.959964 * 0.04)

    def test_same_effects_deviate_by_nothing(self):
        table = equivalence(REAL, REAL).to_frame()
        assert (table["deviation"] == 0).all()
        assert table.index.tolist() == list(NAMES)
        np.testing.assert_allclose(table["low"], -table["high"])

    @pytest.mark.parametrize("against", ["population", "sample"])
    def test_interval_holds_what_it_says(self, against):
        """The source follows every error of the real rows."""
        rng = np.random.default_rng(0)
        held = 0
        for _ in range(400):
            real = 0.1 + rng.normal(scale=0.03)
            synthetic = real + rng.normal(scale=0.02)
            row = one((real, 0.03), (synthetic, 0.02), 1.0, against=against)
            truth = real - 0.1 if against == "population" else 0.0
            held += row["low"] <= truth <= row["high"]
        assert 0.86 < held / 400 < 0.94


class TestVerdict:
    @pytest.mark.parametrize(
        "deviation, verdict",
        [
            (0.0, "equivalent"),
            (0.0835, "equivalent"),
            (-0.0835, "equivalent"),
            (0.0836, "not decidable at this n"),
            (0.1, "not decidable at this n"),
            (-0.1164, "not decidable at this n"),
            (0.1165, "different"),
            (-0.1165, "different"),
        ],
    )
    def test_follows_interval_and_margin(self, deviation, verdict):
        """Margin 0.1, and 1.645 standard errors are 0.01645."""
        row = one((0.3, 0.0), (0.3 + deviation, 0.01), 0.1)
        assert row["verdict"] == verdict

    def test_level_at_the_margin(self):
        """A true deviation of the margin passes with probability alpha at most."""
        rng = np.random.default_rng(1)
        passed = sum(
            one((0.0, 0.01), (rng.normal(0.05, 0.01), 0.0), 0.05)["verdict"]
            == "equivalent"
            for _ in range(400)
        )
        assert passed / 400 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
        assert passed > 0

    def test_little_data_decide_nothing(self):
        few = effects_of([-0.14, 0.07, -0.21, 0.0], 0.2)
        result = equivalence(few, few, 0.02)
        assert set(result.to_frame()["verdict"]) == {"not decidable at this n"}
        assert result.verdict == "not decidable at this n"

    def test_all_together(self):
        exact = effects_of([-0.14, 0.07, -0.21, 0.0], 1e-4)
        off = effects_of([-0.08, 0.13, -0.21, 0.0], 1e-4)
        vague = effects_of([-0.14, 0.07, -0.21, 0.0], [1e-4, 1e-4, 0.1, 1e-4])
        assert equivalence(exact, exact, 0.02).verdict == "equivalent"
        assert equivalence(exact, off, 0.02).verdict == "different"
        assert equivalence(exact, vague, 0.02).verdict == "not decidable at this n"
        assert equivalence(vague, off, 0.02).verdict == "different"
        assert equivalence(exact, off, 0.1).verdict == "equivalent"

    def test_effect_that_is_exactly_nothing(self):
        """No confounder: spurious is 0 on both sides, but for arithmetic."""
        arithmetic = effects_of([-0.14, 0.07, -0.21, 3e-17], [1e-3, 1e-3, 1e-3, 1e-17])
        table = equivalence(REAL, arithmetic, against="sample").to_frame()
        assert table.loc["spurious", "verdict"] == "equivalent"

    def test_undefined_effect_is_not_decided(self):
        row = one((np.nan, np.nan), (0.1, 0.01), None)
        assert row["verdict"] == "not decidable at this n"


class TestMargin:
    def test_default_is_a_tenth_or_the_standard_error(self):
        table = equivalence(REAL, REAL).to_frame()
        np.testing.assert_allclose(table["margin"], [0.014, 0.016, 0.021, 0.0])

    def test_standard_error_as_margin_cannot_be_shown_of_a_population(self):
        exact = effects_of([-0.14, 0.07, -0.21, 0.0], 0.0)
        verdicts = equivalence(REAL, exact).to_frame()["verdict"]
        assert verdicts["direct"] == "not decidable at this n"
        assert equivalence(REAL, exact, against="sample").verdict == "equivalent"

    def test_number_and_dict(self):
        assert set(equivalence(REAL, REAL, 0.05).to_frame()["margin"]) == {0.05}
        margins = equivalence(REAL, REAL, {"direct": 0.05}).to_frame()["margin"]
        assert margins["direct"] == 0.05
        assert margins["indirect"] == pytest.approx(0.021)

    @pytest.mark.parametrize(
        "margin, message",
        [
            (0, "number above 0. Got 0"),
            (-0.1, "number above 0. Got -0.1"),
            (np.nan, "number above 0. Got nan"),
            (np.inf, "number above 0. Got inf"),
            ("10%", "number above 0. Got '10%'"),
            ({"direct": 0}, "margin of 'direct' is a number above 0"),
            ({"Direct": 0.1}, "margin names 'Direct'; the effects are 'total_variat"),
        ],
    )
    def test_margins_that_are_refused(self, margin, message):
        with pytest.raises(ValueError, match=message):
            equivalence(REAL, REAL, margin)


class TestSimultaneous:
    def critical(self, influence, **options):
        sides = effects_with_influence(influence), effects_with_influence(influence)
        table = equivalence(*sides, 1.0, simultaneous=True, **options).to_frame()
        values = (table["high"] - table["deviation"]) / table["se"]
        assert values.max() == pytest.approx(values.min())
        return values.iloc[0]

    @pytest.mark.parametrize("against", ["population", "sample"])
    def test_independent_errors(self, against):
        influence = np.kron(np.eye(4), [1.0, -1.0]).T
        expected = norm.ppf((1 + 0.9 ** (1 / 4)) / 2)
        found = self.critical(influence, against=against)
        assert found == pytest.approx(expected, abs=0.015)

    def test_one_error_in_all(self):
        shared = np.outer(np.random.default_rng(0).normal(size=50), [1, 2, -1, 0.1])
        assert self.critical(shared) == pytest.approx(Z, abs=0.015)

    def test_effect_without_error_costs_nothing(self):
        influence = np.kron(np.eye(4), [1.0, -1.0]).T
        influence[:, 3] = 0
        sides = effects_with_influence(influence), effects_with_influence(influence)
        table = equivalence(*sides, 1.0, simultaneous=True).to_frame()
        assert table.loc["spurious", ["low", "high"]].tolist() == [0, 0]
        found = (table["high"] / table["se"])["direct"]
        assert found == pytest.approx(norm.ppf((1 + 0.9 ** (1 / 3)) / 2), abs=0.015)

    def test_sides_of_different_length(self):
        rng = np.random.default_rng(0)
        real = effects_with_influence(rng.normal(size=(60, 4)))
        synthetic = effects_with_influence(rng.normal(size=(90, 4)))
        single = equivalence(real, synthetic, 1.0).to_frame()
        joint = equivalence(real, synthetic, 1.0, simultaneous=True).to_frame()
        assert (joint["high"] > single["high"]).all()
        again = equivalence(real, synthetic, 1.0, simultaneous=True).to_frame()
        pd.testing.assert_frame_equal(joint, again)

    def test_no_error_anywhere(self):
        still = effects_with_influence(np.zeros((5, 4)))
        assert equivalence(still, still, simultaneous=True).verdict == "equivalent"

    def test_global_random_numbers_are_not_touched(self):
        np.random.seed(0)  # noqa: NPY002
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        influence = np.random.default_rng(0).normal(size=(60, 4))
        self.critical(influence)
        np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


class TestCases:
    OTHER = effects_of([0.3, 0.1, 0.1, 0.1], 0.001)

    def test_each_case_is_compared_with_its_own(self):
        real = CausalEffectsByCase({"Black": REAL, "Asian": self.OTHER})
        synthetic = CausalEffectsByCase({"Asian": self.OTHER, "Black": REAL})
        table = equivalence(real, synthetic).to_frame()
        assert table.index.names == ["case", "effect"]
        assert len(table) == 8
        assert (table["deviation"] == 0).all()
        pd.testing.assert_frame_equal(
            table.loc["Black"], equivalence(REAL, REAL).to_frame()
        )

    def test_cases_of_contrast_and_class(self):
        """The index is that of the effects' own table."""
        cases = CausalEffectsByCase(
            {("Black", 0): REAL, ("Black", 1): self.OTHER, ("Asian", 0): REAL}
        )
        table = equivalence(cases, cases).to_frame()
        assert table.index.names == cases.to_frame().index.names
        assert table.index[5] == ("Black", 1, "direct")

    def test_joint_intervals_are_wider_for_more_cases(self):
        influence = np.random.default_rng(0).normal(size=(60, 8))
        one, two = (effects_with_influence(part) for part in np.hsplit(influence, 2))
        alone = equivalence(one, one, 1.0, simultaneous=True).to_frame()
        cases = {"A": one, "B": two}
        both = equivalence(cases, cases, 1.0, simultaneous=True).to_frame()
        assert (both.loc["A", "high"] > alone["high"]).all()

    def test_cases_that_differ(self):
        with pytest.raises(
            ValueError, match="has the cases 'A', the synthetic side 'B"
        ):
            equivalence({"A": REAL}, {"B": REAL})
        with pytest.raises(ValueError, match="effects of several cases and the other"):
            equivalence({"A": REAL}, REAL)


class TestRefused:
    @pytest.mark.parametrize(
        "traits, message",
        [
            (
                {"contrast": "M against F"},
                "compares 'F against M', the synthetic side 'M aga",
            ),
            ({"sign": "book"}, "has the signs 'additive', the synthetic side 'book'"),
        ],
    )
    def test_sides_that_mean_different_things(self, traits, message):
        with pytest.raises(ValueError, match=message):
            equivalence(REAL, effects_of([0, 0, 0, 0], 0.1, **traits))

    @pytest.mark.parametrize(
        "options, message",
        [
            ({"alpha": 0}, "alpha is between 0 and 0.5"),
            ({"alpha": 0.5}, "alpha is between 0 and 0.5"),
            ({"against": "rows"}, "against is 'population' or 'sample'. Got 'rows'"),
            ({"effects": "direct"}, "effects is a list of names. Got 'direct'"),
            ({"effects": []}, "effects is a list of names"),
            ({"effects": ["ett"]}, "real side has no effect 'ett'"),
            ({"simultaneous": True}, "needs the influence of each row"),
        ],
    )
    def test_options(self, options, message):
        with pytest.raises(ValueError, match=message):
            equivalence(REAL, REAL, **options)


class TestShown:
    def test_in_words(self):
        text = repr(equivalence(REAL, effects_of([-0.12, 0.07, -0.19, 0], 0.002), 0.05))
        lines = text.splitlines()
        assert lines[0] == "Synthetic against real effects: equivalent"
        assert lines[1].startswith("  total variation: -0.12 for -0.14, off by +0.02 [")
        assert lines[1].endswith("margin 0.05: equivalent")
        assert "intervals hold 90 %, each effect by itself." in lines[5]
        assert "estimates for the population" in lines[6]

    def test_real_effect_that_could_be_nothing(self):
        vague = effects_of([-0.14, 0.03, -0.21, 0.0], [0.014, 0.016, 0.01, 0.0])
        lines = repr(equivalence(vague, REAL)).splitlines()
        found = [line.endswith("is not distinguishable from 0") for line in lines[1:5]]
        assert found == [False, True, False, False]

    def test_terms(self):
        influence = np.random.default_rng(0).normal(size=(60, 4))
        real = effects_with_influence(influence)
        result = equivalence(
            real, real, alpha=0.025, against="sample", simultaneous=True
        )
        assert "0.025 each; intervals hold 95 %, all effects jointly" in repr(result)
        assert "those of the real rows at hand, and fixed" in repr(result)

    def test_cases_are_named(self):
        cases = {"Af_Am against White": REAL}
        text = repr(equivalence(cases, cases))
        assert "\n  Af_Am against White, direct: 0.07 for 0.07" in text

    @pytest.mark.parametrize("sides", [REAL, {"a < b": REAL}])
    def test_html(self, sides):
        html = equivalence(sides, sides)._repr_html_()
        assert html.count("<tr") >= 5
        assert "not decidable at this n" in html
        assert "a < b" not in html

    def test_table_is_a_copy(self):
        result = equivalence(REAL, REAL)
        table = result.to_frame()
        table["verdict"] = "equivalent"
        assert result.verdict != "equivalent"

    def test_pickle(self):
        result = equivalence(REAL, REAL)
        again = pickle.loads(pickle.dumps(result))
        assert isinstance(again, EffectEquivalence)
        assert repr(again) == repr(result)


@pytest.fixture
def berkeley():
    model = StandardFairnessModel(
        sensitive="gender", mediators=["department"], baseline="Male"
    )

    def measured(rows):
        X, y = rows[["gender", "department"]], rows["admitted"]
        options = {"learner": "linear", "natural": False, "random_state": 0}
        return causal_effects(X, y, model=model, **options)

    return load_berkeley().frame, measured


def test_effects_of_rows(berkeley):
    """Resampled rows keep the effects of their sample; a shuffled outcome does not."""
    rows, measured = berkeley
    real = measured(rows)
    drawn = measured(rows.sample(20_000, replace=True, random_state=0))
    kept = equivalence(real, drawn, 0.06, against="sample", simultaneous=True)
    assert kept.verdict == "equivalent"
    shuffled = rows.assign(
        admitted=rows["admitted"].sample(frac=1, random_state=0).to_numpy()
    )
    verdicts = equivalence(real, measured(shuffled)).to_frame()["verdict"]
    assert verdicts["total_variation"] == verdicts["indirect"] == "different"
    assert verdicts["spurious"] == "equivalent"
