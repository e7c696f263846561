"""Cells too small to learn: their rows are borrowed from the other groups."""

from dataclasses import dataclass

import numpy as np

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
        """Find cells with fewer than `min_size` rows, but some."""
        return cls((counts > 0) & (counts < min_size))

    @property
    def any_group(self):
        """The code of the group "any"."""
        return len(self.mask)

    @property
    def n_group_levels(self):
        """Levels of the group that the generator knows."""
        return len(self.mask) + bool(self.mask.any())

    @property
    def whole_groups(self):
        """Groups none of whose cells is small."""
        return np.flatnonzero(~self.mask.any(axis=1))

    def pool(self, group, label):
        """Replace the group of rows in small cells by "any": (n,)."""
        return np.where(self.mask[group, label], self.any_group, group)

    def pool_for_training(self, group, label, random_state):
        """Do the same, and with a random share of the other rows."""
        if not self.mask.any():
            return group
        shared = random_state.uniform(size=len(group)) < POOLED_SHARE
        return np.where(shared, self.any_group, self.pool(group, label))
