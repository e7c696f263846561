"""Rows to learn from, as the generator and the feedback loop take them."""

from typing import NamedTuple

import numpy as np

__all__ = ["TrainingRows"]


class TrainingRows(NamedTuple):
    """Real rows with their cells, taken together or not at all.

    Attributes
    ----------
    X : DataFrame of shape (n_rows, n_features)
        The rows.
    y, group : ndarray of int of shape (n_rows,)
        Their classes and groups.
    counts : ndarray of int of shape (n_groups, n_classes)
        Rows of each cell.
    """

    X: object
    y: np.ndarray
    group: np.ndarray
    counts: np.ndarray

    def take(self, positions):
        """Give some of the rows, as TrainingRows with a fresh index."""
        y, group = self.y[positions], self.group[positions]
        cells = np.bincount(
            group * self.counts.shape[1] + y, minlength=self.counts.size
        )
        X = self.X.iloc[positions].reset_index(drop=True)
        return TrainingRows(X, y, group, cells.reshape(self.counts.shape))

    @property
    def n_rows(self):
        """How many rows there are."""
        return len(self.y)

    def fit(self, encoder):
        """Fit a `RecordEncoder` to the rows: the same one."""
        return encoder.fit(self.X, self.group)

    def encode(self, encoder, small_cells, seed):
        """Encode the rows, small cells under the group "any": Records."""
        group = small_cells.pool_for_training(self.group, self.y, seed)
        return encoder.encode(self.X, group, self.y)
