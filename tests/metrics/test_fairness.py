import warnings

import fairlearn.metrics as fm
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from fairsample.metrics import (
    disparate_impact,
    group_rates,
    worst_group_recall,
    worst_group_tpr,
)

METRICS = [disparate_impact, worst_group_tpr, worst_group_recall]

# A: 4 rows, selected .5, tpr 1/2, tnr 1/2; B: 4 rows, selected .25, tpr 1/3, tnr 1;
# C: 2 rows, selected 1, tpr 1, tnr 0.
Y_TRUE = [1, 1, 0, 0, 1, 1, 1, 0, 1, 0]
Y_PRED = [1, 0, 1, 0, 1, 0, 0, 0, 1, 1]
GROUP = list("AAAABBBBCC")


def _random_predictions(seed, n=400, n_groups=4):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, n_groups, n)
    y_true = rng.random(n) < 0.3 + 0.1 * group
    y_pred = rng.random(n) < 0.2 + 0.15 * group
    return y_true.astype(int), y_pred.astype(int), group


def test_exact_values():
    arguments = {"sensitive_features": GROUP}
    assert disparate_impact(Y_TRUE, Y_PRED, **arguments) == 0.25
    assert worst_group_tpr(Y_TRUE, Y_PRED, **arguments) == pytest.approx(1 / 3)
    assert worst_group_recall(Y_TRUE, Y_PRED, **arguments) == 0.0


def test_rates_by_group():
    rates = group_rates(
        Y_TRUE, Y_PRED, sensitive_features=pd.Series(GROUP, name="race")
    )
    expected = pd.DataFrame(
        {
            "n": [4, 4, 2],
            "n_positive": [2, 3, 1],
            "n_negative": [2, 1, 1],
            "selection_rate": [0.5, 0.25, 1.0],
            "tpr": [1 / 2, 1 / 3, 1.0],
            "tnr": [1 / 2, 1.0, 0.0],
        },
        index=pd.Index(list("ABC"), name="race"),
    )
    pd.testing.assert_frame_equal(rates, expected, check_index_type=False)


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_fairlearn(seed):
    y_true, y_pred, group = _random_predictions(seed)
    frame = fm.MetricFrame(
        metrics={"tpr": fm.true_positive_rate, "tnr": fm.true_negative_rate},
        y_true=y_true,
        y_pred=y_pred,
        sensitive_features=group,
    )
    arguments = {"sensitive_features": group}
    assert disparate_impact(y_true, y_pred, **arguments) == pytest.approx(
        fm.demographic_parity_ratio(y_true, y_pred, **arguments)
    )
    assert worst_group_tpr(y_true, y_pred, **arguments) == pytest.approx(
        frame.group_min()["tpr"]
    )
    assert worst_group_recall(y_true, y_pred, **arguments) == pytest.approx(
        frame.group_min().min()
    )


@pytest.mark.parametrize("metric", METRICS)
def test_rows_may_come_in_any_order_but_groups_must_follow_them(metric):
    y_true, y_pred, group = _random_predictions(0)
    value = metric(y_true, y_pred, sensitive_features=group)
    order = np.random.default_rng(1).permutation(len(group))
    together = metric(y_true[order], y_pred[order], sensitive_features=group[order])
    assert together == pytest.approx(value)
    groups_only = metric(y_true, y_pred, sensitive_features=group[order])
    assert abs(groups_only - value) > 0.05


def test_index_of_the_groups_is_not_looked_at():
    groups = pd.Series(GROUP, index=np.arange(len(GROUP))[::-1])
    y_true = pd.Series(Y_TRUE, index=np.arange(len(GROUP)) + 100)
    assert disparate_impact(y_true, Y_PRED, sensitive_features=groups) == 0.25


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("constant", [0, 1])
def test_constant_predictor(metric, constant):
    y_true, _, group = _random_predictions(0)
    y_pred = np.full_like(y_true, constant)
    if metric is disparate_impact and constant == 0:
        with pytest.warns(UndefinedMetricWarning, match="no row is predicted 1"):
            assert np.isnan(metric(y_true, y_pred, sensitive_features=group))
        return
    expected = {disparate_impact: 1, worst_group_tpr: constant, worst_group_recall: 0}
    assert metric(y_true, y_pred, sensitive_features=group) == expected[metric]


@pytest.mark.parametrize("metric", METRICS)
def test_strings_and_several_classes_through_pos_label(metric):
    names = np.array(["alive", "expired", "unknown"])
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 3, (2, 200))
    group = rng.integers(0, 3, 200)
    expected = metric(y_true == 1, y_pred == 1, sensitive_features=group)
    value = metric(
        names[y_true], names[y_pred], sensitive_features=group, pos_label="expired"
    )
    assert value == pytest.approx(expected)


@pytest.mark.parametrize("dtype", [bool, float, "Int64", "boolean", "category", object])
def test_label_dtypes(dtype):
    y_true, y_pred = pd.Series(Y_TRUE).astype(dtype), pd.Series(Y_PRED).astype(dtype)
    assert disparate_impact(y_true, y_pred, sensitive_features=GROUP) == 0.25
    assert worst_group_tpr(y_true, y_pred, sensitive_features=GROUP) < 0.34


def test_intersectional_groups():
    frame = pd.DataFrame({"race": list("AABBAABB"), "sex": list("FMFMFMFF")})
    y_true, y_pred = [1, 0, 0, 1, 0, 1, 1, 0], [1, 1, 1, 0, 0, 1, 1, 0]
    with pytest.warns(UndefinedMetricWarning, match=r"\('B', 'M'\)"):
        rates = group_rates(y_true, y_pred, sensitive_features=frame)["selection_rate"]
    assert rates.to_dict() == {
        ("A", "F"): 0.5,
        ("A", "M"): 1.0,
        ("B", "F"): 2 / 3,
        ("B", "M"): 0.0,
    }
    assert rates.index.names == ["race", "sex"]
    assert disparate_impact([1, 0] * 4, y_pred, sensitive_features=frame) == 0.0
    assert (
        disparate_impact(
            [1, 0] * 4,
            y_pred,
            sensitive_features=frame.to_numpy(),
            reference=("A", "F"),
        )
        == 0.0
    )


def test_combinations_without_rows_are_no_groups():
    frame = pd.DataFrame({"race": list("AABB"), "sex": list("FFMM")}, dtype="category")
    rates = group_rates([1, 0, 1, 0], [1, 0, 1, 1], sensitive_features=frame)
    assert rates.index.tolist() == [("A", "F"), ("B", "M")]


def test_categories_without_rows_are_no_groups():
    group = pd.Categorical(list("AABB"), categories=list("BAC"))
    value = disparate_impact([1, 0, 1, 0], [1, 0, 1, 1], sensitive_features=group)
    assert value == 0.5


class TestReference:
    def test_one_other_group_gives_the_smaller_over_the_larger(self):
        for reference in "AB":
            value = disparate_impact(
                Y_TRUE[:8],
                Y_PRED[:8],
                sensitive_features=GROUP[:8],
                reference=reference,
            )
            assert value == 0.5

    def test_several_groups_give_the_lowest_ratio_of_a_pair(self):
        values = {
            reference: disparate_impact(
                Y_TRUE, Y_PRED, sensitive_features=GROUP, reference=reference
            )
            for reference in "ABC"
        }
        assert values == {"A": 0.5, "B": 0.25, "C": 0.25}

    def test_unselected_reference(self):
        group = list("AABBCC")
        y_pred = [0, 0, 0, 0, 1, 0]
        value = disparate_impact(
            [0, 1] * 3, y_pred, sensitive_features=group, reference="A"
        )
        assert np.isnan(value) or value == 0.0

    def test_unknown(self):
        with pytest.raises(ValueError, match="reference='D' is none of the groups"):
            disparate_impact(Y_TRUE, Y_PRED, sensitive_features=GROUP, reference="D")

    def test_too_small(self):
        with pytest.warns(UndefinedMetricWarning) as caught:
            value = disparate_impact(
                Y_TRUE,
                Y_PRED,
                sensitive_features=GROUP,
                reference="C",
                min_group_size=3,
            )
        assert np.isnan(value)
        assert any("'C' (2 rows, 1 positive)" in str(w.message) for w in caught)


class TestSmallGroups:
    def test_small_group_is_left_out_and_named(self):
        with pytest.warns(
            UndefinedMetricWarning, match=r"leaves out .*: 'C' \(2 rows, 1 positive\)\."
        ) as caught:
            value = disparate_impact(
                Y_TRUE, Y_PRED, sensitive_features=GROUP, min_group_size=3
            )
        assert value == 0.5
        assert caught[0].filename == __file__

    def test_class_too_small(self):
        with pytest.warns(UndefinedMetricWarning, match="'A' .*, 'C' "):
            value = worst_group_tpr(
                Y_TRUE, Y_PRED, sensitive_features=GROUP, min_class_size=3
            )
        assert value == pytest.approx(1 / 3)
        with pytest.warns(UndefinedMetricWarning, match="'B' .*, 'C' "):
            value = worst_group_recall(
                Y_TRUE, Y_PRED, sensitive_features=GROUP, min_class_size=2
            )
        assert value == pytest.approx(1 / 3)

    def test_group_without_positives_is_never_a_silent_zero(self):
        y_true = [1, 1, 0, 0, 0, 0]
        with pytest.warns(UndefinedMetricWarning, match=r"'B' \(3 rows, 0 positive\)"):
            value = worst_group_tpr(
                y_true, [1, 1, 0, 1, 0, 1], sensitive_features=list("AAABBB")
            )
        assert value == 1.0

    @pytest.mark.parametrize("metric", METRICS)
    def test_nothing_measurable_is_nan(self, metric):
        with pytest.warns(UndefinedMetricWarning) as caught:
            value = metric(Y_TRUE, Y_PRED, sensitive_features=GROUP, min_group_size=99)
        assert np.isnan(value)
        assert "is undefined and set to NaN" in str(caught[-1].message)
        assert {warning.filename for warning in caught} == {__file__}

    def test_one_class_unmeasurable_everywhere(self):
        with pytest.warns(UndefinedMetricWarning) as caught:
            value = worst_group_recall([1, 1], [1, 0], sensitive_features=["A", "B"])
        assert np.isnan(value)
        assert "no group's tnr" in str(caught[-1].message)

    def test_single_group_has_nothing_to_compare(self):
        with pytest.warns(UndefinedMetricWarning, match="fewer than two groups"):
            assert np.isnan(disparate_impact([0, 1], [1, 1], sensitive_features=[7, 7]))
        assert worst_group_tpr([0, 1], [1, 1], sensitive_features=[7, 7]) == 1.0

    def test_group_rates_hold_nan(self):
        with pytest.warns(UndefinedMetricWarning, match="'C'"):
            rates = group_rates(
                Y_TRUE, Y_PRED, sensitive_features=GROUP, min_group_size=3
            )
        assert rates.loc["C", ["selection_rate", "tpr", "tnr"]].isna().all()
        assert rates.loc["C", "n"] == 2
        assert rates.drop("C").notna().all(axis=None)

    @pytest.mark.parametrize("size", [0, -1, 2.5, "many"])
    def test_sizes_are_checked(self, size):
        with pytest.raises(ValueError, match="min_group_size must be an integer"):
            disparate_impact(
                Y_TRUE, Y_PRED, sensitive_features=GROUP, min_group_size=size
            )


class TestBadInput:
    def test_lengths(self):
        with pytest.raises(ValueError, match="sensitive_features has 3 rows"):
            disparate_impact(Y_TRUE, Y_PRED, sensitive_features=list("ABC"))
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            disparate_impact(Y_TRUE, Y_PRED[1:], sensitive_features=GROUP)

    @pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
    def test_missing_groups(self, missing):
        with pytest.raises(ValueError, match="missing values"):
            disparate_impact(Y_TRUE, Y_PRED, sensitive_features=[missing, *GROUP[1:]])

    def test_missing_labels(self):
        with pytest.raises(ValueError, match="y_true has missing values"):
            worst_group_tpr([np.nan, *Y_TRUE[1:]], Y_PRED, sensitive_features=GROUP)

    def test_probabilities_are_no_predictions(self):
        with pytest.raises(ValueError, match="continuous"):
            worst_group_tpr(Y_TRUE, np.linspace(0, 1, 10), sensitive_features=GROUP)

    def test_unknown_pos_label(self):
        y = np.where(Y_TRUE, "expired", "alive")
        with pytest.raises(ValueError, match=r"pos_label=1 is none of the classes"):
            disparate_impact(y, y, sensitive_features=GROUP)


def test_inputs_are_left_alone():
    y_true, y_pred = np.array(Y_TRUE), np.array(Y_PRED)
    frame = pd.DataFrame({0: GROUP})
    before = frame.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        group_rates(y_true, y_pred, sensitive_features=frame)
    assert (y_true == Y_TRUE).all()
    assert (y_pred == Y_PRED).all()
    pd.testing.assert_frame_equal(frame, before)
