"""Whether two fits of the same rows meet noise of their own."""

import numpy as np
from private_tables import fit_watched

__all__ = ["check_fresh_noise"]


def check_fresh_noise(X, y, **options):
    """Assert that two fits with one random_state differ in whatever is noisy."""
    first, second = (fit_watched(X, y, **options).estimator for _ in range(2))
    tables = [one._generator.engine for one in (first, second)]
    of_pairs = [np.concatenate(one.soft_rows).ravel() for one in tables]
    same_pairs = len(of_pairs[0]) == len(of_pairs[1]) and np.array_equal(*of_pairs)
    same_cells = first.cell_counts_.equals(second.cell_counts_)
    same_columns = all(
        np.array_equal(one.counts, other.counts)
        for one, other in zip(tables[0].merged[:-1], tables[1].merged[:-1], strict=True)
    )
    assert not (same_pairs or same_cells or same_columns), "Two fits meet same noise."
