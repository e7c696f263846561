"""Effects that are known exactly."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from structural_models import MODEL, REVERSED_TRUTH, TRUTH, draw_world

from fairsample.causal import StandardFairnessModel
from fairsample.datasets import load_berkeley
from fairsample.metrics import causal_effects


def berkeley_effects(baseline, **options):
    X, y = load_berkeley(return_X_y=True)
    model = StandardFairnessModel(
        sensitive="gender", mediators=["department"], baseline=baseline
    )
    effects = causal_effects(
        X, y, model=model, learner=DecisionTreeClassifier(), n_folds=1, **options
    )
    rate = y.groupby([X["department"], X["gender"]]).mean().unstack()
    share = X.groupby("gender")["department"].value_counts(normalize=True).unstack(0)
    return effects, rate, share


@pytest.mark.parametrize("baseline, other", [("Male", "Female"), ("Female", "Male")])
def test_a_saturated_learner_gives_the_closed_form(baseline, other):
    effects, rate, share = berkeley_effects(baseline)
    direct = (share[baseline] * (rate[other] - rate[baseline])).sum()
    indirect = ((share[other] - share[baseline]) * rate[other]).sum()
    assert effects.direct.value == pytest.approx(direct, abs=1e-12)
    assert effects.indirect.value == pytest.approx(indirect, abs=1e-12)
    assert effects.spurious.value == effects.spurious.se == 0
    assert effects.total_variation.value == pytest.approx(direct + indirect, abs=1e-12)


def test_berkeley_as_published():
    effects, _, _ = berkeley_effects("Male")
    for name, value in load_berkeley().true_effects.items():
        assert getattr(effects, name).value == pytest.approx(value, abs=1e-6)
    effects, _, _ = berkeley_effects("Female")
    assert effects.direct.value == pytest.approx(-0.001088, abs=1e-6)
    assert effects.indirect.value == pytest.approx(0.142733, abs=1e-6)


def test_without_confounders_natural_effects_are_the_counterfactual_ones():
    effects, _, _ = berkeley_effects("Male")
    assert effects.natural_direct.value == effects.direct.value
    assert effects.natural_indirect.value == effects.indirect.value
    assert effects.total_effect.value == effects.total_variation.value
    assert effects.experimental_spurious_baseline.value == 0


@pytest.mark.parametrize("learner", ["stacked", "linear", "boosting"])
@pytest.mark.parametrize("world", TRUTH)
def test_truth_is_within_four_standard_errors(world, learner):
    X, y = draw_world(world, 3000, seed=7)
    effects = causal_effects(X, y, model=MODEL, learner=learner, random_state=0)
    for name, truth in TRUTH[world].items():
        effect = effects.effects[name]
        assert abs(effect.value - truth) < 4 * effect.se, name
        assert 0 < effect.se < 0.2


@pytest.mark.parametrize("world", REVERSED_TRUTH)
def test_truth_with_the_other_baseline(world):
    X, y = draw_world(world, 5000, seed=8)
    model = StandardFairnessModel(
        sensitive="group", confounders=["z"], mediators=["w"], baseline="x1"
    )
    effects = causal_effects(
        X, y, model=model, learner="linear", natural=False, random_state=0
    )
    for name, truth in REVERSED_TRUTH[world].items():
        effect = effects.effects[name]
        assert abs(effect.value - truth) < 4 * effect.se, name


@pytest.mark.parametrize(
    "learner",
    [
        (LogisticRegression(), DummyRegressor()),
        (DummyClassifier(strategy="prior"), LinearRegression()),
    ],
    ids=["blind to the outcome", "blind to the groups"],
)
def test_one_of_the_two_nuisances_may_be_wrong(learner):
    X, y = draw_world("L", 10_000, seed=9)
    effects = causal_effects(
        X, y, model=MODEL, learner=learner, natural=False, random_state=0
    )
    for name in ("direct", "indirect", "spurious"):
        effect = effects.effects[name]
        assert abs(effect.value - TRUTH["L"][name]) < 4 * effect.se, name
        assert effect.se < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("world", TRUTH)
def test_intervals_cover_as_often_as_they_say(world):
    """Of 300 draws; the share that holds the truth has a standard error of 0.013."""
    names = ("total_variation", "direct", "indirect", "spurious", "ett")
    covered = {name: [] for name in names}
    for seed in range(50_000, 50_300):
        X, y = draw_world(world, 1000, seed=seed)
        effects = causal_effects(X, y, model=MODEL, natural=False, random_state=seed)
        for name in names:
            covered[name].append(not effects.effects[name].excludes(TRUTH[world][name]))
    shares = {name: np.mean(hits) for name, hits in covered.items()}
    assert all(0.92 <= share <= 0.98 for share in shares.values()), shares
