import numpy as np
import pandas as pd
import pytest
from linked_groups import MODEL, logistic, make_groups, true_effects

from fairsample import StandardFairnessModel
from fairsample.groups import resolve_groups
from fairsample.predictors.causal_weights import balance, design_effects


def plan(X, model=MODEL):
    groups = resolve_groups(X, selector=list(model.sensitive_columns))
    contrasts = model.contrasts(groups.labels)
    parts = X[list(model.confounders)], X[list(model.mediators)]
    return design_effects(*parts, groups, contrasts, random_state=0)


def evaluate(f, X, design, weights="weights"):
    columns = X.iloc[design.rows]
    return getattr(design, weights).to_numpy() @ f(
        design.groups, columns["age"].to_numpy(), columns["score"].to_numpy()
    )


def curved(in_b, age, score):
    return logistic(-0.5 + 0.6 * in_b + 0.7 * score + 0.4 * age - 0.3 * in_b * score)


def of_score_alone(in_b, age, score):
    return logistic(2 * score)


@pytest.mark.parametrize("f", [curved, of_score_alone])
def test_sums_are_the_true_effects_of_a_known_function(f):
    tables = [make_groups(4000, seed)[0] for seed in (1, 2)]
    designs = [plan(X) for X in tables]
    truth = list(true_effects(f).values())
    for weights, expected in (("weights", truth), ("smooth_weights", truth[1:])):
        estimates = [
            evaluate(f, X, design, weights)
            for X, design in zip(tables, designs, strict=True)
        ]
        # Standard errors of one draw are .001, .006 and .004.
        np.testing.assert_allclose(np.mean(estimates, axis=0), expected, atol=0.015)


def test_smooth_weights_know_nothing_of_a_single_rows_group():
    X, _ = make_groups(4000)
    noise = pd.Series(np.random.default_rng(0).normal(size=4000), index=X.index)
    in_b = (X["group"] == "B").to_numpy()
    learned_by_heart = noise + 3 * in_b
    design = plan(X)
    values = np.where(design.groups == 1, learned_by_heart.iloc[design.rows], 0)
    exact, smooth = (
        abs(weights.loc[("B against A", "indirect")] @ values)
        for weights in (design.weights, design.smooth_weights)
    )
    assert exact > 2.5
    assert smooth < 1


def test_they_add_up_to_the_total_variation_exactly():
    X, _ = make_groups(600)
    design = plan(X)
    total = evaluate(curved, X, design).sum()
    in_b = (X["group"] == "B").to_numpy()
    values = curved(in_b, X["age"].to_numpy(), X["score"].to_numpy())
    assert total == pytest.approx(values[in_b].mean() - values[~in_b].mean(), abs=1e-12)
    np.testing.assert_allclose(design.weights.sum(axis=1), 0, atol=1e-12)


def test_weighted_moments_are_the_baselines():
    X, _ = make_groups()
    confounders = X[["age"]].assign(sex=np.where(X["age"] > 0.3, "F", "M"))
    in_b = (X["group"] == "B").to_numpy()
    weights = balance(in_b / in_b.sum(), confounders, ~in_b)
    age = X["age"].to_numpy()
    assert weights @ age == pytest.approx(age[~in_b].mean(), abs=0.01)
    assert weights @ age**2 == pytest.approx((age[~in_b] ** 2).mean(), abs=0.01)
    assert weights.sum() == pytest.approx(1)
    assert (weights[~in_b] == 0).all()
    assert abs(age[in_b].mean() - age[~in_b].mean()) > 0.3


def test_no_confounders_make_no_spurious_effect():
    X, _ = make_groups(200)
    model = StandardFairnessModel(sensitive="group", mediators=["age", "score"])
    design = plan(X, model)
    for weights in (design.weights, design.smooth_weights):
        spurious = weights.xs("spurious", level="effect")
        np.testing.assert_allclose(spurious, 0, atol=1e-12)


def test_rows_of_neither_side_weigh_nothing():
    X, _ = make_groups(300)
    X["group"] = np.random.default_rng(0).choice(list("ABC"), 300)
    design = plan(X)
    third = (X["group"] == "C").to_numpy()
    for weights in (design.weights, design.smooth_weights):
        assert (weights.to_numpy()[:, : len(X)][:, third] == 0).all()


def test_pooled_levels_are_drawn_in_their_proportions():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"race": rng.choice(list("abc"), 4000, p=[0.5, 0.4, 0.1])})
    model = StandardFairnessModel(sensitive="race", baseline="a", comparison="rest")
    design = plan(X, model)
    drawn = design.groups[len(X) :]
    assert set(drawn) == {1, 2}
    assert np.mean(drawn == 1) == pytest.approx(0.8, abs=0.03)


def test_each_level_has_weights_of_its_own():
    X, _ = make_groups(300)
    X["group"] = np.random.default_rng(0).choice(list("ABC"), 300)
    model = StandardFairnessModel(
        sensitive="group", confounders=["age"], baseline="A", comparison="each"
    )
    design = plan(X, model)
    assert design.weights.index.unique("contrast").tolist() == [
        "B against A",
        "C against A",
    ]
    np.testing.assert_allclose(design.weights.sum(axis=1), 0, atol=1e-12)


def test_a_side_of_one_row():
    X = pd.DataFrame({"age": [1.0, 2.0, 3.0], "score": 1.0, "group": ["A", "A", "B"]})
    weights = plan(X).weights.loc["B against A"]
    assert weights.loc["indirect"].tolist() == [0, 0, 1, -0.5, -0.5]
    assert weights.loc["spurious"].tolist() == [0, 0, 0, 0, 0]
