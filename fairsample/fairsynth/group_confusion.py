"""Who is predicted what, group by group, on resamples of the rows."""

import numpy as np

__all__ = ["GroupConfusion", "balanced_accuracy", "group_fairness"]

N_RESAMPLES = 50
RESAMPLED_SHARE = 0.5  # of the rows: about what a user holds out to test on
PSEUDO_ROWS = 20  # with the pooled rate, that stand in for what a small group lacks
MIN_GROUP_SIZE = 100  # rows; a resample then has about 50
MIN_CLASS_SIZE = 10


class GroupConfusion:
    """Confusion counts of every group on the same bootstrap resamples.

    The extremes over groups, which fairness is about, are biased by noise: of equal
    groups the lowest rate looks low. On resamples of about the size of a test set the
    mean of a measure is what a user will see, and the same resamples for all
    predictions make differences between them less noisy than the measures.

    Parameters
    ----------
    groups : ndarray of int of shape (n_rows,)
        The group of each row.
    labels : ndarray of int of shape (n_rows,)
        The class of each row.
    n_groups, n_classes : int
        How many there are.
    random_state : RandomState
        What resamples, within each cell.
    """

    def __init__(self, groups, labels, n_groups, n_classes, random_state):
        self.n_classes = n_classes
        self.rows = [np.flatnonzero(groups == group) for group in range(n_groups)]
        self.labels = [labels[rows] for rows in self.rows]
        self.weights = [
            _resample(labels, n_classes, random_state) for labels in self.labels
        ]
        counts = np.array(
            [np.bincount(labels, minlength=n_classes) for labels in self.labels]
        )
        sizes = counts.sum(axis=1)
        smallest = min(MIN_GROUP_SIZE, np.sort(sizes)[-2:][0])  # two at least
        self.is_large = sizes >= smallest
        self.counts = counts
        self.is_large_cell = self.is_large[:, None] & (counts >= MIN_CLASS_SIZE)

    def has_enough(self, labels):
        """Whether each group has enough rows of these classes together: (n_groups,)."""
        return self.is_large & (self.counts[:, labels].sum(axis=1) >= MIN_CLASS_SIZE)

    def of_group(self, group, predicted):
        """Count in one group, given what its rows are predicted.

        Returns
        -------
        ndarray of float of shape (n_resamples, n_classes, n_classes)
            True class by predicted class.
        """
        pair = self.labels[group] * self.n_classes + predicted
        counts = self.weights[group] @ np.eye(self.n_classes**2, dtype=np.float32)[pair]
        return counts.reshape(-1, self.n_classes, self.n_classes).astype(float)

    def count(self, predicted):
        """Count in all groups: (n_resamples, n_groups, n_classes, n_classes)."""
        return np.stack(
            [self.of_group(g, predicted[rows]) for g, rows in enumerate(self.rows)],
            axis=1,
        )

    def drawn_rows(self, number):
        """Positions of the rows of one resample, repeated as often as drawn."""
        return np.concatenate(
            [
                np.repeat(rows, weights[number].astype(int))
                for rows, weights in zip(self.rows, self.weights, strict=True)
            ]
        )


def _resample(labels, n_classes, random_state):
    """Draw how often each row is in each resample: (n_resamples, n_rows)."""
    weights = np.zeros((N_RESAMPLES, len(labels)), dtype=np.float32)
    for label in range(n_classes):
        rows = np.flatnonzero(labels == label)
        if rows.size:
            n_drawn = max(round(RESAMPLED_SHARE * rows.size), 1)
            shares = np.full(rows.size, 1 / rows.size)
            weights[:, rows] = random_state.multinomial(n_drawn, shares, N_RESAMPLES)
    return weights


def balanced_accuracy(confusion):
    """Mean recall of the classes on each resample: (n_resamples,)."""
    return np.nanmean(_class_recalls(confusion), axis=1)


def lowest_recall(confusion):
    """Lowest recall of a class on each resample, 0 for a constant: (n_resamples,)."""
    return np.nanmin(_class_recalls(confusion), axis=1)


def _class_recalls(confusion):
    """Recall of each class, NaN without rows of it: (n_resamples, n_classes)."""
    pooled = confusion.sum(axis=1)
    n_rows = pooled.sum(axis=2)
    hits = np.diagonal(pooled, axis1=1, axis2=2)
    return np.divide(hits, n_rows, out=np.full(hits.shape, np.nan), where=n_rows > 0)


def accuracy(confusion):
    """Share of rows predicted right on each resample: (n_resamples,)."""
    pooled = confusion.sum(axis=1)
    return np.trace(pooled, axis1=1, axis2=2) / pooled.sum(axis=(1, 2))


def group_fairness(name, confusion, tallies, positives):
    """Measure fairness on each resample, 1 is fair.

    Rates of small groups are shrunk towards the pooled rate, groups too small to
    measure are left out.

    Parameters
    ----------
    name : str
        A key of ``FAIRNESS``.
    confusion : ndarray of shape (n_resamples, n_groups, n_classes, n_classes)
        See `GroupConfusion`.
    tallies : GroupConfusion
        Which groups are large enough.
    positives : list of int
        The classes that count as positive, each in turn; the measure is the mean.

    Returns
    -------
    ndarray of shape (n_resamples,)
        The measure.
    """
    return np.mean(
        [FAIRNESS[name](confusion, tallies, positive) for positive in positives], axis=0
    )


def _disparate_impact(confusion, tallies, positive):
    selected = confusion[..., positive].sum(axis=2)
    rates = _shrunk(selected, confusion.sum(axis=(2, 3)))[:, tallies.is_large]
    if rates.shape[1] < 2:
        return np.ones(len(rates))
    return rates.min(axis=1) / np.maximum(rates.max(axis=1), 1e-9)


def _recalls(confusion, label):
    of_class = confusion[:, :, label]
    return _shrunk(of_class[..., label], of_class.sum(axis=2))


def _worst_group_tpr(confusion, tallies, positive):
    measured = tallies.is_large_cell[:, positive]
    return _lowest(_recalls(confusion, positive)[:, measured])


def _worst_group_recall(confusion, tallies, positive):
    negatives = np.delete(np.arange(confusion.shape[2]), positive)
    wrong = confusion[:, :, negatives, positive].sum(axis=2)
    n_negative = confusion[:, :, negatives].sum(axis=(2, 3))
    tnr = _shrunk(n_negative - wrong, n_negative)
    measured = tallies.has_enough(negatives)
    tpr = _recalls(confusion, positive)[:, tallies.is_large_cell[:, positive]]
    return _lowest(np.concatenate([tpr, tnr[:, measured]], axis=1))


def _equal_opportunity(confusion, tallies, positive):
    rates = _recalls(confusion, positive)[:, tallies.is_large_cell[:, positive]]
    if rates.shape[1] < 2:
        return np.ones(len(rates))
    return 1 - (rates.max(axis=1) - rates.min(axis=1))


FAIRNESS = {
    "disparate_impact": _disparate_impact,
    "worst_group_tpr": _worst_group_tpr,
    "worst_group_recall": _worst_group_recall,
    "equal_opportunity": _equal_opportunity,
}


def _lowest(rates):
    return rates.min(axis=1) if rates.shape[1] else np.ones(len(rates))


def _shrunk(hits, totals):
    """Rates of groups, with pseudo-rows at the pooled rate: (n_resamples, n_groups)."""
    pooled = hits.sum(axis=1, keepdims=True) / np.maximum(
        totals.sum(axis=1, keepdims=True), 1e-9
    )
    pseudo = PSEUDO_ROWS * RESAMPLED_SHARE
    return (hits + pseudo * pooled) / (totals + pseudo)
