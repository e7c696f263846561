"""Which shift of each group's log odds would make predictions fairer."""

import numpy as np

__all__ = ["propose_shifts"]

LARGEST_SHIFT = 1.5  # of the log odds: some 4.5 times the odds
STEPS = (0.4, 0.2, 0.1, 0.05)
RIDGE = 0.05  # what a mean square of shifts of one costs


def propose_shifts(scores, tallies, measure, start):
    """Find the shifts that are best on the scores of rows not trained on.

    Adding ``shifts[g, c]`` to the log score of class c in group g does to predictions
    about what as much more of that class among the group's training rows would do, but
    needs no training. The search goes over one shift at a time and over those of all
    groups together, in ever smaller steps; a penalty on their squares, resamples and
    shrunk rates (see `GroupConfusion`) keep it from fitting noise.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_classes)
        Log scores; the largest is the prediction.
    tallies : GroupConfusion
        Of the rows.
    measure : callable
        ``(confusion) -> float``, greater is better.
    start : ndarray of shape (n_groups, n_classes)
        Shifts that the scores were trained with: what they cost is counted too.

    Returns
    -------
    ndarray of shape (n_groups, n_classes)
        Shifts; the first class has none, nor have groups too small to measure more
        than the mean of the others.
    """
    n_groups, n_classes = len(tallies.rows), scores.shape[1]
    by_group = [scores[rows] for rows in tallies.rows]
    moves = [
        (groups, label)
        for label in range(1, n_classes)
        for groups in [
            *([group] for group in np.flatnonzero(tallies.is_large)),
            np.flatnonzero(tallies.is_large).tolist(),
        ]
        if groups
    ]
    shifts = np.zeros((n_groups, n_classes))
    confusion = tallies.count(scores.argmax(axis=1))

    def value(confusion, shifts):
        return measure(confusion) - RIDGE * ((start + shifts)[:, 1:] ** 2).mean()

    best = value(confusion, shifts)
    for step in STEPS:
        improved = True
        while improved:
            improved = False
            for groups, label in moves:
                for change in (-step, step):
                    moved = shifts.copy()
                    moved[groups, label] += change
                    if np.abs(start + moved).max() > LARGEST_SHIFT + 1e-9:
                        continue
                    changed = confusion.copy()
                    for group in groups:
                        predicted = (by_group[group] + moved[group]).argmax(axis=1)
                        changed[:, group] = tallies.of_group(group, predicted)
                    now = value(changed, moved)
                    if now > best + 1e-5:
                        best, shifts, confusion, improved = now, moved, changed, True
    sizes = np.array([len(rows) for rows in tallies.rows])
    if tallies.is_large.any():
        mean = np.average(
            shifts[tallies.is_large], axis=0, weights=sizes[tallies.is_large]
        )
        shifts[~tallies.is_large] = mean
    return start + shifts
