import warnings

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from fairsample.metrics import (
    disparate_impact,
    worst_group_recall,
    worst_group_tpr,
)
from fairsample.metrics.group_counts import GroupCounts


def as_rows(counts):
    """Write a table of counts of groups out as true and predicted classes."""
    cells = np.array(list(np.ndindex(counts.shape)))
    group, y_true, y_pred = np.repeat(cells, counts.ravel(), axis=0).T
    return y_true, y_pred, group


@pytest.mark.parametrize(
    "metric, params",
    [
        (disparate_impact, {}),
        (disparate_impact, {"min_group_size": 12}),
        (disparate_impact, {"reference": 1}),
        (disparate_impact, {"reference": 1, "min_group_size": 12}),
        (worst_group_tpr, {}),
        (worst_group_tpr, {"min_group_size": 12, "min_class_size": 6}),
        (worst_group_recall, {}),
        (worst_group_recall, {"min_group_size": 12, "min_class_size": 6}),
    ],
)
def test_values_are_those_of_the_metric(metric, params):
    rng = np.random.default_rng(0)
    n_defined = 0
    for _ in range(25):
        counts = rng.integers(0, 8, size=(3, 2, 2)) * (rng.random((3, 2, 2)) < 0.8)
        counts[:, 0, 0] += 1
        counts[0, 1, 1] += 1
        y_true, y_pred, group = as_rows(counts)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            expected = metric(y_true, y_pred, sensitive_features=group, **params)
        table = counts[np.newaxis]
        value = GroupCounts(table, **params).measure(metric, table[np.newaxis])
        assert value.shape == (1, 1)
        np.testing.assert_allclose(value.item(), expected)
        n_defined += not np.isnan(expected)
    assert n_defined > 5


def test_who_is_measured_is_settled_by_the_first_counts():
    counts = np.array([[[[0, 0], [5, 15]], [[0, 0], [1, 2]]]])
    groups = GroupCounts(counts, min_class_size=10)
    swapped = counts[:, ::-1]
    assert groups.measure(worst_group_tpr, counts).tolist() == [0.75]
    assert groups.measure(worst_group_tpr, swapped).tolist() == [pytest.approx(2 / 3)]
