import json

import numpy as np
import pytest
from structural_models import MODEL, draw_world

from fairsample import StandardFairnessModel
from fairsample.causal.saved_effects import effects_from_state, effects_to_state
from fairsample.encoding.json_values import value_from_json, value_to_json
from fairsample.metrics import CausalEffectsByCase, causal_effects


def there_and_back(effects):
    arrays = {}
    text = json.dumps(value_to_json(effects_to_state(effects), arrays, "effects"))
    return effects_from_state(value_from_json(json.loads(text), arrays))


def measured(X, y, model=MODEL, **options):
    return causal_effects(
        X, y, model=model, learner="linear", n_folds=2, random_state=0, **options
    )


def same(found, wanted):
    assert repr(found) == repr(wanted)
    assert found.contrast == wanted.contrast
    assert (found.n_rows, found.sign, found.outcome) == (
        wanted.n_rows,
        wanted.sign,
        wanted.outcome,
    )
    assert found.effects.keys() == wanted.effects.keys()
    for name, effect in wanted.effects.items():
        assert found.effects[name] == effect
        np.testing.assert_array_equal(found.effects[name].influence, effect.influence)
    np.testing.assert_equal(vars_of(found.overlap), vars_of(wanted.overlap))


def vars_of(overlap):
    return overlap if isinstance(overlap, dict) else repr(overlap)


@pytest.mark.parametrize("sign", ["additive", "book"])
@pytest.mark.parametrize("natural", [True, False])
def test_one_contrast(natural, sign):
    effects = measured(*draw_world("A", 400, 0), natural=natural, sign=sign)
    same(there_and_back(effects), effects)


def test_cases_of_contrasts_and_classes():
    X, _ = draw_world("A", 600, 0)
    rng = np.random.RandomState(0)
    X["group"] = rng.choice(["x0", "x1", "x2"], 600)
    y = rng.choice(["a", "b", "c"], 600)
    model = StandardFairnessModel(
        sensitive="group",
        confounders=["z"],
        mediators=["w"],
        baseline="x0",
        comparison="each",
    )
    effects = measured(X, y, model, natural=False)
    found = there_and_back(effects)
    assert isinstance(found, CausalEffectsByCase)
    assert list(found) == list(effects)
    for case in effects:
        same(found[case], effects[case])


def test_intersectional_levels_stay_tuples():
    X, y = draw_world("A", 600, 0)
    X["sex"] = np.random.RandomState(0).choice(["F", "M"], 600)
    model = StandardFairnessModel(
        sensitive=["group", "sex"],
        confounders=["z"],
        mediators=["w"],
        baseline=("x0", "F"),
        comparison="rest",
    )
    effects = measured(X, y, model, natural=False)
    found = there_and_back(effects)
    assert found.contrast == effects.contrast
    assert isinstance(found.contrast.comparisons[0], tuple)


def test_nothing_measured():
    assert effects_to_state(None) is None
    assert effects_from_state(None) is None
