"""Predictions with known rates, and the metrics written out plainly."""

import numpy as np

from fairsample.metrics import (
    disparate_impact,
    worst_group_recall,
    worst_group_tpr,
)

METRICS = [disparate_impact, worst_group_tpr, worst_group_recall]


def predictions(seed, n=600, tpr=(0.85, 0.6, 0.75), fpr=(0.3, 0.15, 0.2)):
    """True and predicted classes of three groups with known rates."""
    rng = np.random.default_rng(seed)
    group = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    y_true = (rng.random(n) < 0.5).astype(int)
    rate = np.where(y_true == 1, np.take(tpr, group), np.take(fpr, group))
    return y_true, (rng.random(n) < rate).astype(int), np.array(list("ABC"))[group]


def rates_of(y_true, y_pred, groups):
    """Rates by group, the plain way."""
    members = [groups == one for one in np.unique(groups)]
    return {
        kind: np.array([y_pred[rows & of_class].mean() for rows in members])
        for kind, of_class in {
            "selection": y_true >= 0,
            "tpr": y_true == 1,
            "fpr": y_true == 0,
        }.items()
    }


def by_rows(metric):
    """Give the same metric as a function that is not known to be one of counts."""

    def of_rows(y_true, y_pred, sensitive_features):
        rates = rates_of(y_true, y_pred, sensitive_features.to_numpy())
        if metric is disparate_impact:
            return rates["selection"].min() / rates["selection"].max()
        worst = rates["tpr"].min()
        return (
            worst if metric is worst_group_tpr else min(worst, 1 - rates["fpr"].max())
        )

    return of_rows
