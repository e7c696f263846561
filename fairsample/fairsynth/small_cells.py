"""Cells too small to learn: their rows are borrowed from the other groups."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state

__all__ = ["SmallCells"]

POOLED_SHARE = 0.1  # of the training rows that teach the class without the group


@dataclass(frozen=True)
class SmallCells:
    """Which cells are pooled with the same class of the other groups.

    The generator knows one more group, "any": a share of all rows, and every row of a
    small cell, are taught under it, and small cells are generated under it.

    Parameters
    ----------
    mask : ndarray of bool of shape (n_groups, n_classes)
        True for a small cell.
    """

    mask: np.ndarray

    @classmethod
    def find(cls, counts, min_size):
        """Find cells with fewer than `min_size` rows."""
        return cls(counts < min_size)

    @property
    def any_group(self):
        """The code of the group "any"."""
        return len(self.mask)

    @property
    def n_group_levels(self):
        """Levels of the group that the generator knows."""
        return len(self.mask) + bool(self.mask.any())

    @property
    def group_levels(self):
        """The level each cell is generated under: (n_groups, n_classes)."""
        return np.where(self.mask, self.any_group, np.arange(len(self.mask))[:, None])

    def pool(self, group, label):
        """Replace the group of rows in small cells by "any": (n,)."""
        return self.group_levels[group, label]

    def pool_for_training(self, group, label, random_state):
        """Do the same, and with a random share of the other rows."""
        if not self.mask.any():
            return group
        draws = check_random_state(random_state).uniform(size=len(group))
        shared = draws < POOLED_SHARE
        return np.where(shared, self.any_group, self.pool(group, label))
