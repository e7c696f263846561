import numpy as np
import pandas as pd
import pytest
from bootstrap_cases import METRICS, by_rows, predictions
from sklearn.exceptions import UndefinedMetricWarning

from fairsample.metrics import (
    bootstrap_interval,
    disparate_impact,
    worst_group_tpr,
)


class TestPooling:
    """Predictions on several test parts of the same rows."""

    @pytest.fixture
    def pooled(self):
        y_true, _, group = predictions(0)
        parts = []
        for split in range(3):
            rng = np.random.default_rng(split)
            rows = rng.choice(len(y_true), 400, replace=False)
            y_pred = (rng.random(400) < 0.3 + 0.4 * y_true[rows]).astype(int)
            parts.append(
                pd.DataFrame(
                    {
                        "row": rows,
                        "split": split,
                        "y": y_true[rows],
                        "y_pred": y_pred,
                        "group": group[rows],
                    }
                )
            )
        return pd.concat(parts)

    @pytest.mark.parametrize("metric", METRICS)
    def test_the_mean_over_splits(self, pooled, metric):
        of_counts, of_rows = (
            bootstrap_interval(
                one,
                pooled["y"],
                pooled["y_pred"],
                sensitive_features=pooled["group"],
                splits=pooled["split"],
                rows=pooled["row"],
                n_resamples=n,
                random_state=0,
            )
            for one, n in ((metric, 1500), (by_rows(metric), 200))
        )
        by_hand = [
            metric(one["y"], one["y_pred"], sensitive_features=one["group"])
            for _, one in pooled.groupby("split")
        ]
        assert of_counts.estimate == pytest.approx(np.mean(by_hand))
        assert of_rows.estimate == pytest.approx(np.mean(by_hand))
        assert of_counts.low == pytest.approx(of_rows.low, abs=0.03)
        assert of_counts.high == pytest.approx(of_rows.high, abs=0.03)

    def test_a_row_repeated_is_no_new_evidence(self):
        y_true, y_pred, group = predictions(0)
        arguments = {"n_resamples": 3000, "random_state": 0}
        once = bootstrap_interval(
            worst_group_tpr, y_true, y_pred, sensitive_features=group, **arguments
        )
        thrice = {"sensitive_features": np.tile(group, 3), **arguments}
        known, taken_for_new = (
            bootstrap_interval(
                worst_group_tpr,
                np.tile(y_true, 3),
                np.tile(y_pred, 3),
                rows=rows,
                splits=splits,
                **thrice,
            )
            for rows, splits in (
                (np.tile(np.arange(600), 3), np.repeat([0, 1, 2], 600)),
                (None, None),
            )
        )
        assert np.std(known.resamples) == pytest.approx(np.std(once.resamples), rel=0.1)
        assert np.std(taken_for_new.resamples) < 0.7 * np.std(once.resamples)

    def test_splits_without_rows(self, pooled):
        with pytest.raises(ValueError, match="splits needs rows"):
            bootstrap_interval(
                worst_group_tpr,
                pooled["y"],
                pooled["y_pred"],
                sensitive_features=pooled["group"],
                splits=pooled["split"],
            )


class TestUndefined:
    """Groups that are too small, always or in some resamples."""

    def test_resamples_without_a_positive_are_left_out_and_counted(self):
        y_true = np.array([1] * 50 + [0] * 50 + [1, 0, 0, 0, 0, 0])
        y_pred = np.array([1, 0] * 53)
        group = np.repeat(["A", "B"], [100, 6])
        interval = bootstrap_interval(
            worst_group_tpr,
            y_true,
            y_pred,
            sensitive_features=group,
            n_resamples=2000,
            random_state=0,
        )
        assert 0 <= interval.low <= interval.high <= 1
        assert interval.n_undefined / 2000 == pytest.approx((5 / 6) ** 6, abs=0.04)
        assert np.isnan(interval.resamples).sum() == interval.n_undefined

    def test_a_function_that_is_sometimes_undefined(self):
        def tpr_of_b(y_true, y_pred, sensitive_features):
            rows = (sensitive_features == "B").to_numpy() & (y_true == 1)
            return y_pred[rows].mean() if rows.any() else np.nan

        interval = bootstrap_interval(
            tpr_of_b,
            [1, 1, 1, 1, 0, 0],
            [1, 1, 1, 1, 0, 0],
            sensitive_features=list("AAABBB"),
            n_resamples=500,
            random_state=0,
        )
        assert (interval.low, interval.high) == (1, 1)
        assert interval.n_undefined / 500 == pytest.approx((2 / 3) ** 3, abs=0.07)

    def test_small_groups_are_left_out_of_all_resamples(self):
        y_true, y_pred, group = predictions(0)
        group = np.append(group, ["D"] * 4)
        y_true, y_pred = np.append(y_true, [1] * 4), np.append(y_pred, [0] * 4)
        arguments = {"min_group_size": 50, "min_class_size": 10}
        with pytest.warns(UndefinedMetricWarning, match="'D'"):
            interval = bootstrap_interval(
                worst_group_tpr,
                y_true,
                y_pred,
                sensitive_features=group,
                random_state=0,
                **arguments,
            )
        assert interval.estimate > 0.4
        assert interval.low > 0.3
        assert interval.n_undefined == 0

    def test_nothing_to_measure(self):
        with pytest.warns(UndefinedMetricWarning):
            interval = bootstrap_interval(
                disparate_impact,
                [1, 0, 1, 0],
                [0, 0, 0, 0],
                sensitive_features=list("AABB"),
                n_resamples=50,
            )
        assert np.isnan([interval.estimate, interval.low, interval.high]).all()
        assert interval.n_undefined == 50
        assert not interval.excludes(0)
