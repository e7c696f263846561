import numpy as np
import pandas as pd
import pytest
from resamplers import numpy_state, torch_state
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from structural_models import MODEL, draw_world

from fairsample.causal import StandardFairnessModel
from fairsample.metrics import CausalEffects, CausalEffectsByCase, causal_effects

FAST = {"learner": "linear", "random_state": 0}
X, Y = draw_world("A", 600, seed=1)


def with_model(**changes):
    roles = {"sensitive": "group", "confounders": ["z"], "mediators": ["w"]}
    return StandardFairnessModel(**(roles | changes))


def values(effects):
    return effects.to_frame()["value"].to_numpy()


def mixed_world(n_rows=500):
    """Mixed columns, some missing, around the same groups and outcome."""
    X, y = draw_world("A", n_rows, seed=3)
    rng = np.random.default_rng(0)
    X["born"] = pd.Timestamp("1980-01-01") + pd.to_timedelta(
        rng.integers(0, 9999, n_rows), "D"
    )
    X["ward"] = pd.Categorical(np.where(X["z"] > 0.5, "a", np.where(y == 1, "b", "c")))
    X["ward"] = X["ward"].mask(rng.random(n_rows) < 0.1)
    X["smokes"] = rng.random(n_rows) < 0.4
    X["w"] = X["w"].mask(rng.random(n_rows) < 0.1)
    X["visits"] = pd.array(rng.integers(0, 4, n_rows), dtype="Int64")
    X["nothing"] = np.nan
    X["note"] = pd.Series([None] * n_rows, dtype=object)
    model = with_model(
        confounders=["z", "born", "smokes", "note"],
        mediators=["w", "ward", "visits", "nothing"],
    )
    return X, y, model


@pytest.mark.parametrize("world", ["A", "L"])
@pytest.mark.parametrize("learner", ["stacked", "linear"])
def test_the_parts_add_up(world, learner):
    X, y = draw_world(world, 400, seed=2)
    found = {
        sign: causal_effects(
            X, y, model=MODEL, learner=learner, sign=sign, random_state=0
        )
        for sign in ("additive", "book")
    }
    for sign, of_sign in {"additive": 1, "book": -1}.items():
        e = {name: effect.value for name, effect in found[sign].effects.items()}
        total = e["direct"] + of_sign * (e["indirect"] + e["spurious"])
        assert total == pytest.approx(e["total_variation"], abs=1e-10)
        assert e["direct"] + of_sign * e["indirect"] == pytest.approx(
            e["ett"], abs=1e-10
        )
        natural = e["natural_direct"] + of_sign * e["natural_indirect"]
        assert natural == pytest.approx(e["total_effect"], abs=1e-10)
        spurious = (
            e["experimental_spurious_comparison"] - e["experimental_spurious_baseline"]
        )
        assert natural + spurious == pytest.approx(e["total_variation"], abs=1e-10)
    means = y.groupby(X["group"]).mean()
    assert found["book"].total_variation.value == pytest.approx(
        means["x1"] - means["x0"], abs=1e-12
    )
    assert found["book"].indirect.value == -found["additive"].indirect.value


def test_influence_values_are_centred_and_make_the_standard_error():
    effects = causal_effects(X, Y, model=MODEL, **FAST)
    for name, effect in effects.effects.items():
        assert abs(effect.influence.mean()) < 1e-12, name
        assert effect.se == pytest.approx(
            np.sqrt(np.sum(effect.influence**2)) / len(X), rel=1e-12
        )
    rates = Y.groupby(X["group"]).agg(["var", "size"])
    expected = np.sqrt(
        ((rates["var"] * (rates["size"] - 1)) / rates["size"] ** 2).sum()
    )
    assert effects.total_variation.se == pytest.approx(expected, rel=1e-9)


def test_weights_move_effects_by_their_influence():
    """Rows that are doubled in a small share of the table stand for weights."""
    X, y = draw_world("L", 4000, seed=4)
    doubled = np.flatnonzero(X["w"].to_numpy() > 1)[:80]
    rows = np.append(np.arange(len(X)), doubled)
    weights = np.bincount(rows) / len(rows)
    options = FAST | {"n_folds": 1}
    before = causal_effects(X, y, model=MODEL, **options)
    after = causal_effects(
        X.iloc[rows].reset_index(drop=True), y.iloc[rows], model=MODEL, **options
    )
    for name in ("total_variation", "direct", "indirect", "spurious"):
        told = weights @ before.effects[name].influence
        moved = after.effects[name].value - before.effects[name].value
        assert moved == pytest.approx(told, abs=0.15 * before.effects[name].se)
    assert abs(told) > 1e-3


def test_rows_outside_the_contrast_have_no_influence():
    X, y = draw_world("A", 900, seed=5)
    X["group"] = np.where(np.arange(900) % 3 == 0, "other", X["group"])
    kept = (X["group"] != "other").to_numpy()
    effects = causal_effects(
        X, y, model=with_model(baseline="x0", comparison="x1"), **FAST
    )
    alone = causal_effects(X[kept], y[kept], model=with_model(), **FAST)
    assert effects.n_rows == kept.sum()
    assert np.allclose(values(effects), values(alone), atol=1e-12)
    assert (effects.direct.influence[~kept] == 0).all()
    assert effects.direct.influence.shape == (900,)
    assert effects.direct.se == pytest.approx(alone.direct.se, rel=1e-12)


@pytest.mark.parametrize(
    "labels",
    [
        pd.Categorical.from_codes(Y, categories=["no", "yes"]),
        pd.Categorical.from_codes(1 - Y, categories=["yes", "no"]),
        Y.astype(bool),
        Y.map({0: "no", 1: "yes"}),
        Y.map({0: "no", 1: "yes"}).tolist(),
        pd.array(Y.astype(bool), dtype="boolean"),
        Y.map({0: 9, 1: 10}),
        Y.to_frame("died"),
    ],
    ids=["category", "reversed", "bool", "str", "list", "nullable", "9-10", "frame"],
)
def test_the_second_class_in_sorted_order_counts(labels):
    """R's faircause flips the sign of a factor: no order of categories may do so."""
    expected = causal_effects(X, Y, model=MODEL, **FAST)
    effects = causal_effects(X, labels, model=MODEL, **FAST)
    assert np.allclose(values(effects), values(expected), atol=1e-12)


def test_pos_label_turns_the_sign():
    labels = Y.map({0: "no", 1: "yes"})
    expected = causal_effects(X, labels, model=MODEL, **FAST)
    other = causal_effects(X, labels, model=MODEL, pos_label="no", **FAST)
    for name, effect in expected.effects.items():
        tolerance = 1e-12 if name == "total_variation" else 0.5 * effect.se
        turned = -other.effects[name].value
        assert turned == pytest.approx(effect.value, abs=tolerance), name
    assert other.outcome == "P(y = 'no')"


def test_classes_have_effects_that_sum_to_nothing():
    cut = pd.cut(X["w"] + X["z"], [-np.inf, -0.5, 0.5, np.inf], labels=["a", "b", "c"])
    effects = causal_effects(X, cut, model=MODEL, **FAST)
    assert isinstance(effects, CausalEffectsByCase)
    assert list(effects) == ["a", "b", "c"]
    totals = [one.total_variation.value for one in effects.values()]
    assert sum(totals) == pytest.approx(0, abs=1e-12)
    alone = causal_effects(X, cut, model=MODEL, pos_label="b", **FAST)
    assert alone.total_variation.value == pytest.approx(totals[1], abs=1e-12)


def test_numbers_are_means_unless_classes_are_asked_for():
    stage = (X["w"] > 0).astype(int) + (X["w"] > 1)
    means = stage.groupby(X["group"]).mean()
    effects = causal_effects(X, stage, model=MODEL, **FAST)
    assert effects.total_variation.value == pytest.approx(means["x1"] - means["x0"])
    by_class = causal_effects(X, stage, model=MODEL, outcome_type="multiclass", **FAST)
    assert list(by_class) == [0, 1, 2]


def test_several_levels_are_cases():
    X, y = draw_world("A", 900, seed=5)
    X["group"] = np.where(np.arange(900) % 3 == 0, "x2", X["group"])
    model = with_model(baseline="x0", comparison="each")
    effects = causal_effects(X, y, model=model, **FAST)
    assert list(effects) == ["x1 against x0", "x2 against x0"]
    rest = causal_effects(
        X, y, model=with_model(baseline="x0", comparison="rest"), **FAST
    )
    assert rest.n_rows == 900
    both = causal_effects(
        X, y, model=model, outcome_type="multiclass", natural=False, **FAST
    )
    assert list(both) == [(name, label) for name in effects for label in (0, 1)]
    assert both.to_frame().index.names == ["contrast", "class", "effect"]


def test_several_sensitive_columns_make_intersectional_groups():
    X, y = draw_world("A", 900, seed=5)
    X["sex"] = np.where(np.arange(900) % 2, "F", "M")
    model = with_model(
        sensitive=["group", "sex"], baseline=("x0", "M"), comparison=("x1", "F")
    )
    effects = causal_effects(X, y, model=model, **FAST)
    cells = y.groupby([X["group"], X["sex"]]).mean()
    assert effects.total_variation.value == pytest.approx(
        cells["x1", "F"] - cells["x0", "M"]
    )


def test_values_of_the_sensitive_attribute_may_be_given_beside_x():
    expected = causal_effects(X, Y, model=MODEL, **FAST)
    without = X.drop(columns="group")
    effects = causal_effects(
        without, Y, model=MODEL, sensitive_features=X["group"].to_numpy(), **FAST
    )
    assert np.array_equal(values(effects), values(expected))


@pytest.mark.parametrize("learner", ["linear", "stacked"])
def test_without_mediators_nothing_is_indirect(learner):
    effects = causal_effects(
        X, Y, model=with_model(mediators=[]), learner=learner, random_state=0
    )
    for name in ("indirect", "natural_indirect"):
        assert effects.effects[name].value == effects.effects[name].se == 0
    assert effects.direct.value == effects.ett.value != 0


@pytest.mark.parametrize("learner", ["linear", "stacked"])
def test_without_confounders_nothing_is_spurious(learner):
    effects = causal_effects(
        X, Y, model=with_model(confounders=[]), learner=learner, random_state=0
    )
    assert effects.spurious.value == effects.spurious.se == 0
    assert effects.experimental_spurious_comparison.value == 0
    assert effects.ett.value == effects.total_variation.value


def test_without_both_all_is_direct():
    model = with_model(confounders=[], mediators=[])
    effects = causal_effects(X, Y, model=model, random_state=0)
    means = Y.groupby(X["group"]).mean()
    assert effects.direct.value == pytest.approx(means["x1"] - means["x0"], abs=1e-12)
    assert effects.indirect.value == effects.spurious.value == 0
    assert effects.direct.se == effects.total_variation.se > 0


@pytest.mark.parametrize("learner", ["stacked", "linear"])
def test_columns_of_all_types_with_missing_values(learner):
    X, y, model = mixed_world()
    effects = causal_effects(
        X, y, model=model, learner=learner, n_folds=3, random_state=0
    )
    assert np.isfinite(effects.to_frame().to_numpy()).all()
    simple = causal_effects(X, y, model=MODEL, **FAST)
    assert abs(effects.indirect.value - simple.indirect.value) > 1e-3


def test_neither_data_nor_random_states_are_touched():
    X, y, model = mixed_world(200)
    X.index = X.index[::-1]
    X_before, y_before = X.copy(deep=True), y.copy(deep=True)
    states = numpy_state(), torch_state()
    causal_effects(X, y, model=model, n_folds=2)
    pd.testing.assert_frame_equal(X, X_before)
    pd.testing.assert_series_equal(y, y_before)
    assert (numpy_state(), torch_state()) == states


def test_order_and_index_of_the_table_do_not_matter():
    X, y, model = mixed_world(300)
    expected = causal_effects(X, y, model=model, **FAST)
    turned = X.iloc[:, ::-1].set_index(np.arange(300) * 7)
    effects = causal_effects(turned, y, model=model, **FAST)
    assert np.array_equal(values(effects), values(expected))
    roles = with_model(
        confounders=model.confounders[::-1], mediators=model.mediators[::-1]
    )
    effects = causal_effects(X, y, model=roles, **FAST)
    assert np.allclose(values(effects), values(expected), atol=1e-4)


def test_one_seed_one_result():
    first, again, other = (
        values(causal_effects(X, Y, model=MODEL, random_state=seed))
        for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_estimators_of_ones_own():
    frame_reader = make_pipeline(
        make_column_transformer((StandardScaler(), ["z"]), remainder="drop"),
        LogisticRegression(),
    )
    no_mediators = with_model(mediators=[])
    pipeline = causal_effects(X, Y, model=no_mediators, learner=frame_reader)
    linear = causal_effects(X, Y, model=no_mediators, **FAST)
    assert pipeline.direct.value == pytest.approx(linear.direct.value, abs=0.01)
    forest = RandomForestClassifier(5, min_samples_leaf=20)
    effects, again = (
        causal_effects(
            X, Y, model=MODEL, learner=forest, natural=False, n_folds=2, random_state=0
        )
        for _ in range(2)
    )
    assert np.array_equal(values(effects), values(again))
    assert not hasattr(forest, "estimators_")


def test_natural_effects_can_be_left_out():
    whole = causal_effects(X, Y, model=MODEL, **FAST)
    less = causal_effects(X, Y, model=MODEL, natural=False, **FAST)
    assert isinstance(less, CausalEffects)
    assert less.natural_direct is None and len(less.to_frame()) == 5
    assert np.allclose(values(less), values(whole)[:5], atol=1e-12)
