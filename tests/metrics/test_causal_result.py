"""Effects as objects: intervals, tables, words, copies."""

import copy
import pickle

import numpy as np
import pytest
from scipy.stats import norm
from structural_models import draw_world

from fairsample.causal import StandardFairnessModel
from fairsample.metrics import Effect, causal_effects

X, Y = draw_world("A", 400, seed=6)
X["group"] = np.where(np.arange(400) % 5 == 0, "<i>&", X["group"])
OPTIONS = {"learner": "linear", "random_state": 0}


def model_of(comparison, baseline="x0"):
    return StandardFairnessModel(
        sensitive="group",
        confounders=["z"],
        mediators=["w"],
        baseline=baseline,
        comparison=comparison,
    )


EFFECTS = causal_effects(X, Y, model=model_of("<i>&"), confidence_level=0.9, **OPTIONS)
BY_CASE = causal_effects(X, Y, model=model_of("each"), natural=False, **OPTIONS)


def test_an_effect_has_a_normal_interval():
    effect = Effect(0.3, se=0.1, confidence_level=0.9)
    assert effect.ci == pytest.approx((0.3 - 0.1645, 0.3 + 0.1645), abs=1e-4)
    assert effect.p_value == pytest.approx(2 * norm.sf(3))
    assert effect.excludes(0) and not effect.excludes(0.3)
    assert "influence" not in repr(effect)


def test_an_effect_that_is_zero_by_definition():
    effect = Effect(0.0, se=0.0)
    assert (effect.z, effect.p_value, effect.ci) == (0, 1, (0, 0))
    assert Effect(-1.0, se=0.0).z == -np.inf


def test_the_table_has_every_effect():
    frame = EFFECTS.to_frame()
    assert list(frame) == ["value", "se", "low", "high", "p_value"]
    for name, row in frame.iterrows():
        effect = getattr(EFFECTS, name)
        assert (row["value"], row["se"]) == (effect.value, effect.se)
        assert (row["low"], row["high"]) == effect.ci
    assert effect.confidence_level == 0.9


def test_words_tell_what_is_compared():
    lines = repr(EFFECTS).splitlines()
    assert lines[0] == f"<i>& against x0: effects on P(y = 1), {EFFECTS.n_rows} rows"
    assert lines[1].split() == ["value", "90", "%", "interval"]
    (direct,) = [line for line in lines if line.startswith("  direct")]
    assert f"{EFFECTS.direct.value:+.3f}"[:-1] in direct
    assert len({len(line) for line in lines[1:12]}) == 1
    assert lines[-1] == "total variation = direct + indirect + spurious"
    book = causal_effects(X, Y, model=model_of("x1"), sign="book", **OPTIONS)
    assert "total variation = direct - indirect - spurious" in repr(book)


def test_html_is_escaped_and_whole():
    for one in (EFFECTS, BY_CASE):
        html = one._repr_html_()
        assert "<i>&" not in html and "&lt;i&gt;&amp;" in html
        assert html.count("<div>") == html.count("</div>")
        assert html.count("<table") == html.count("</table>") > 0
        assert "http" not in html and "<script" not in html


def test_effects_by_case_are_a_mapping():
    assert list(BY_CASE) == ["<i>& against x0", "x1 against x0"]
    frame = BY_CASE.to_frame()
    assert frame.index.names == ["case", "effect"]
    one = BY_CASE["x1 against x0"]
    assert frame.loc[("x1 against x0", "direct"), "value"] == one.direct.value
    assert repr(one) in repr(BY_CASE)


@pytest.mark.parametrize("effects", [EFFECTS, BY_CASE], ids=["one", "by case"])
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]
)
def test_copies_are_alike(effects, copied):
    assert repr(copied(effects)) == repr(effects)
    frame = copied(effects).to_frame()
    assert frame.equals(effects.to_frame())


def test_sums_of_effects_have_the_errors_of_their_covariance():
    covariance = EFFECTS.covariance()
    for name, effect in EFFECTS.effects.items():
        assert covariance.loc[name, name] == pytest.approx(effect.se**2)
    both = EFFECTS.combine({"direct": 1, "spurious": -2})
    weights = np.array([1, -2])
    part = covariance.loc[["direct", "spurious"], ["direct", "spurious"]].to_numpy()
    assert both.se == pytest.approx(np.sqrt(weights @ part @ weights))
    assert both.value == EFFECTS.direct.value - 2 * EFFECTS.spurious.value
    assert both.confidence_level == 0.9
    parts = EFFECTS.combine({"direct": 1, "indirect": 1, "spurious": 1})
    assert parts.se == pytest.approx(EFFECTS.total_variation.se, rel=1e-9)


@pytest.mark.parametrize("coefficients", [{"directly": 1}, {}])
def test_sums_of_unknown_effects(coefficients):
    with pytest.raises(ValueError, match="coefficients names .* choose from.*'direct'"):
        EFFECTS.combine(coefficients)
