"""A pool of written rows, weighted so that effects are what they ought to be."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairsample.causal.curation import Tilting, select_rows, tilt
from fairsample.causal.effect_cases import effect_cases

__all__ = ["CuratedPool", "effect_moments"]

TILTED = ("direct", "indirect", "spurious")


@dataclass
class CuratedPool:
    """Rows written in the world's own proportions, and what each is worth.

    Parameters
    ----------
    features : DataFrame of shape (n, n_features)
        Confounders and mediators.
    group, label : ndarray of int of shape (n,)
        Codes.
    moments : ndarray of shape (n, n_moments)
        Influence values of the effects that are held.
    tilting : Tilting
        The rows' weights.
    effects : CausalEffects, CausalEffectsByCase or None
        Of the rows as they were written.
    """

    features: pd.DataFrame
    group: np.ndarray
    label: np.ndarray
    moments: np.ndarray
    tilting: Tilting
    effects: object

    @classmethod
    def curate(cls, features, group, label, effects, targets, shares, least_effective):
        """Weight rows towards targets.

        Parameters
        ----------
        features : DataFrame of shape (n, n_features)
            Confounders and mediators.
        group, label : ndarray of int of shape (n,)
            Codes.
        effects : CausalEffects, CausalEffectsByCase or None
            The effects of these rows.
        targets : dict of (case, str) to float
            What effects ought to be, additive sign.
        shares : ndarray of shape (n_groups, n_classes) or (n_groups, 1)
            Shares of the cells, or of the groups alone, that weights ought to bring.
        least_effective : float
            Least effective sample size, as a share of the rows.

        Returns
        -------
        CuratedPool
        """
        held = TILTED if shares.shape[1] == 1 else TILTED[:-1]
        moments, gaps = effect_moments(effects, targets, held, len(group))
        cell = group if shares.shape[1] == 1 else group * shares.shape[1] + label
        cells = np.flatnonzero(np.bincount(cell, minlength=shares.size))
        known = shares.ravel()[cells] / shares.ravel()[cells].sum()
        indicators = cell[:, None] == cells
        tilting = tilt(
            np.hstack([moments, indicators]),
            np.append(gaps, known),
            least_effective=least_effective,
        )
        return cls(features, group, label, moments, tilting, effects)

    def __len__(self):
        return len(self.group)

    def cell_shares(self, n_groups, n_classes):
        """Give the weighted share of each cell: (n_groups, n_classes)."""
        cell = self.group * n_classes + self.label
        shares = np.bincount(
            cell, weights=self.tilting.weights, minlength=n_groups * n_classes
        )
        return shares.reshape(n_groups, n_classes)

    def choose(self, owed, random_state):
        """Choose rows of each cell whose moments are the cell's weighted ones.

        Parameters
        ----------
        owed : ndarray of int of shape (n_groups, n_classes)
            Rows wanted.
        random_state : RandomState
            What draws.

        Returns
        -------
        dict of (int, int) to ndarray of int
            Positions for each cell that is owed some, fewer where there are too few.
        """
        chosen = {}
        for group, label in np.argwhere(owed > 0):
            rows = np.flatnonzero((self.group == group) & (self.label == label))
            n_rows = min(int(owed[group, label]), len(rows))
            picked = select_rows(
                self.tilting.weights[rows], self.moments[rows], n_rows, random_state
            )
            chosen[int(group), int(label)] = rows[picked]
        return chosen


def effect_moments(effects, targets, held, n_rows):
    """Give influence values and how far effects are to move.

    Parameters
    ----------
    effects : CausalEffects, CausalEffectsByCase or None
        Of the rows.
    targets : dict of (case, str) to float
        By case and effect.
    held : sequence of str
        The effects that are held.
    n_rows : int
        Rows.

    Returns
    -------
    moments : ndarray of shape (n_rows, n_moments)
    gaps : ndarray of shape (n_moments,)
    """
    moments, gaps = [np.empty((n_rows, 0))], []
    for case, of_case in effect_cases(effects).items():
        for name in held:
            if (case, name) in targets:
                effect = getattr(of_case, name)
                moments.append(effect.influence[:, None])
                gaps.append(targets[case, name] - effect.value)
    return np.hstack(moments), np.asarray(gaps, dtype=float)
