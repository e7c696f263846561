import numpy as np
import pandas as pd
import pytest
from bootstrap_cases import METRICS, by_rows, predictions
from fairlearn.metrics import demographic_parity_difference

from fairsample.metrics import (
    BootstrapInterval,
    bootstrap_interval,
    disparate_impact,
    worst_group_recall,
    worst_group_tpr,
)


@pytest.mark.parametrize("metric", METRICS)
def test_counts_and_rows_agree(metric):
    y_true, y_pred, group = predictions(0)
    intervals = [
        bootstrap_interval(
            one, y_true, y_pred, sensitive_features=group, n_resamples=n, random_state=0
        )
        for one, n in ((metric, 2000), (metric.__name__, 2000), (by_rows(metric), 300))
    ]
    of_counts, by_name, of_rows = intervals
    expected = metric(y_true, y_pred, sensitive_features=group)
    assert of_counts == by_name
    assert of_counts.estimate == expected == pytest.approx(of_rows.estimate)
    assert of_counts.low == pytest.approx(of_rows.low, abs=0.025)
    assert of_counts.high == pytest.approx(of_rows.high, abs=0.025)
    assert np.std(of_counts.resamples) == pytest.approx(
        np.std(of_rows.resamples), rel=0.15
    )


def test_a_rate_has_the_deviation_of_the_binomial():
    y_true = np.ones(400, dtype=int)
    y_pred = np.repeat([1, 0, 1, 0], [150, 50, 190, 10])
    group = np.repeat(["A", "B"], 200)
    interval = bootstrap_interval(
        worst_group_tpr,
        y_true,
        y_pred,
        sensitive_features=group,
        n_resamples=20_000,
        random_state=0,
    )
    assert interval.estimate == 0.75
    assert np.std(interval.resamples) == pytest.approx(
        np.sqrt(0.75 * 0.25 / 200), rel=0.03
    )
    assert np.mean(interval.resamples) == pytest.approx(0.75, abs=0.001)


@pytest.mark.parametrize(
    "metric, truth",
    [
        (worst_group_tpr, 0.6),
        (worst_group_recall, 0.6),
        (disparate_impact, 0.375 / 0.575),
    ],
)
def test_coverage(metric, truth):
    hits = 0
    for seed in range(120):
        y_true, y_pred, group = predictions(seed)
        interval = bootstrap_interval(
            metric,
            y_true,
            y_pred,
            sensitive_features=group,
            n_resamples=200,
            level=0.9,
            random_state=seed,
        )
        hits += interval.low <= truth <= interval.high
    assert 0.82 <= hits / 120 <= 0.97


class TestDifference:
    """Two predictors of the same rows."""

    @pytest.fixture
    def two(self):
        y_true, better, group = predictions(0, tpr=(0.85, 0.75, 0.8))
        rng = np.random.default_rng(1)
        worse = np.where((group == "B") & (rng.random(len(group)) < 0.3), 0, better)
        return y_true, better, worse, group

    @pytest.mark.parametrize("metric", METRICS)
    def test_counts_and_rows_agree(self, two, metric):
        y_true, better, worse, group = two
        of_counts, of_rows = (
            bootstrap_interval(
                one,
                y_true,
                better,
                y_pred_other=worse,
                sensitive_features=group,
                n_resamples=n,
                random_state=0,
            )
            for one, n in ((metric, 2000), (by_rows(metric), 300))
        )
        assert of_counts.estimate == pytest.approx(of_rows.estimate)
        assert of_counts.estimate == metric(
            y_true, better, sensitive_features=group
        ) - metric(y_true, worse, sensitive_features=group)
        assert of_counts.low == pytest.approx(of_rows.low, abs=0.03)
        assert of_counts.high == pytest.approx(of_rows.high, abs=0.03)

    def test_sign_and_exclusion(self, two):
        y_true, better, worse, group = two
        arguments = {"sensitive_features": group, "random_state": 0}
        gain, loss = (
            bootstrap_interval(worst_group_tpr, y_true, a, y_pred_other=b, **arguments)
            for a, b in ((better, worse), (worse, better))
        )
        assert gain.low > 0
        assert gain.excludes(0)
        assert loss.estimate == -gain.estimate
        np.testing.assert_allclose(loss.resamples, -gain.resamples)

    def test_a_predictor_against_itself(self, two):
        y_true, better, _, group = two
        interval = bootstrap_interval(
            worst_group_tpr,
            y_true,
            better,
            y_pred_other=better,
            sensitive_features=group,
        )
        assert (interval.estimate, interval.low, interval.high) == (0, 0, 0)
        assert not interval.excludes(0)

    def test_pairs_are_kept_together(self, two):
        y_true, better, worse, group = two
        arguments = {"sensitive_features": group, "random_state": 0}
        both = bootstrap_interval(
            worst_group_tpr, y_true, better, y_pred_other=worse, **arguments
        )
        apart = [
            np.var(
                bootstrap_interval(worst_group_tpr, y_true, y, **arguments).resamples
            )
            for y in (better, worse)
        ]
        assert np.var(both.resamples) < 0.8 * sum(apart)


def test_reference_and_pos_label():
    y_true, y_pred, group = predictions(0)
    named = np.array(["no", "yes"])
    interval = bootstrap_interval(
        disparate_impact,
        named[y_true],
        named[y_pred],
        sensitive_features=group,
        reference="C",
        pos_label="yes",
        random_state=0,
    )
    assert interval.estimate == disparate_impact(
        y_true, y_pred, sensitive_features=group, reference="C"
    )
    assert interval.low < interval.estimate < interval.high


def test_intersectional_groups():
    y_true, y_pred, group = predictions(0, n=2000)
    sex = np.random.default_rng(5).choice(["F", "M"], 2000)
    both = pd.DataFrame({"race": group, "sex": sex})
    interval = bootstrap_interval(
        worst_group_tpr,
        y_true,
        y_pred,
        sensitive_features=both,
        random_state=0,
    )
    joined = bootstrap_interval(
        worst_group_tpr, y_true, y_pred, sensitive_features=group + sex, random_state=0
    )
    assert interval == joined
    assert len(set(group + sex)) == 6


def test_any_function():
    y_true, y_pred, group = predictions(0)
    interval = bootstrap_interval(
        demographic_parity_difference,
        y_true,
        y_pred,
        sensitive_features=group,
        n_resamples=10,
        random_state=0,
    )
    assert interval.estimate == demographic_parity_difference(
        y_true, y_pred, sensitive_features=group
    )
    assert 0 < interval.low < interval.high


def test_groups_keep_their_size():
    sizes = []

    def size_of_groups(y_true, y_pred, sensitive_features):
        sizes.append(tuple(sensitive_features.value_counts().sort_index()))
        return 0.0

    y_true, y_pred, group = predictions(0, n=100)
    bootstrap_interval(
        size_of_groups, y_true, y_pred, sensitive_features=group, n_resamples=5
    )
    assert len(set(sizes)) == 1
    assert sum(sizes[0]) == 100


def test_random_state():
    y_true, y_pred, group = predictions(0)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, same, other = (
        bootstrap_interval(
            worst_group_tpr,
            y_true,
            y_pred,
            sensitive_features=group,
            n_resamples=50,
            random_state=seed,
        )
        for seed in (0, 0, None)
    )
    np.testing.assert_array_equal(first.resamples, same.resamples)
    assert (first.resamples != other.resamples).any()
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_level():
    y_true, y_pred, group = predictions(0)
    wide, narrow = (
        bootstrap_interval(
            worst_group_tpr,
            y_true,
            y_pred,
            sensitive_features=group,
            level=level,
            random_state=0,
        )
        for level in (0.95, 0.5)
    )
    assert wide.low < narrow.low < narrow.high < wide.high
    assert np.mean(wide.resamples < wide.low) == pytest.approx(0.025, abs=0.01)


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"metric": "kindness"}, "kindness"),
        ({"level": 95}, "level is a share"),
        ({"n_resamples": 0}, "n_resamples at least 1"),
        ({"y_pred": [1, 0]}, "inconsistent numbers"),
        ({"y_pred_other": [1, 0]}, "inconsistent numbers"),
        ({"rows": ["a", None, "b", "c"]}, "must not have missing"),
        ({"pos_label": 7}, "none of the classes"),
        ({"metric": disparate_impact, "reference": "Z"}, "none of the groups"),
    ],
)
def test_bad_input(wrong, message):
    arguments = {
        "metric": worst_group_tpr,
        "y_true": [1, 0, 1, 0],
        "y_pred": [1, 0, 0, 1],
        "sensitive_features": list("AABB"),
        **wrong,
    }
    with pytest.raises(ValueError, match=message):
        bootstrap_interval(**arguments)


def test_an_interval():
    interval = BootstrapInterval(0.1, low=-0.1, high=0.3, level=0.95, n_undefined=3)
    assert not interval.excludes(0)
    assert interval.excludes(0.31)
    assert "n_undefined=3" in repr(interval)
