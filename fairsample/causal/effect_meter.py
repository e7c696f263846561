"""The effects of a table's rows, by contrast and class."""

from dataclasses import dataclass
from warnings import catch_warnings, simplefilter

import numpy as np
import pandas as pd

from fairsample.causal.pooled_effects import average_effects
from fairsample.metrics.causal import causal_effects
from fairsample.validation import DataWarning

__all__ = ["EffectMeter"]

_ROWS_TO_SETTLE = 2000  # with fewer, what folds decide is averaged over several
_MOST_REPEATS = 4


@dataclass(frozen=True)
class EffectMeter:
    """Measure effects in the same way for real and for written rows.

    On few rows much depends on the folds of cross-fitting, so that effects are averaged
    over several of them.

    Parameters
    ----------
    model : StandardFairnessModel
        Roles and contrasts.
    groups : Groups
        What the groups are.
    classes : ndarray of shape (n_classes,)
        The classes, by code; of two, effects are on the second.
    learner : str or estimator
        Of nuisances.
    n_folds : int
        Folds of cross-fitting.
    seed : int
        Of folds and learners: the same for all that is compared.
    outcome : str
        What the outcome is called.
    """

    model: object
    groups: object
    classes: object
    learner: object
    n_folds: int
    seed: int
    outcome: str

    def measure(self, features, group, label, *, quiet=True, once=False):
        """Measure the effects of rows.

        Parameters
        ----------
        features : DataFrame of shape (n, n_features)
            Confounders and mediators.
        group, label : ndarray of int of shape (n,)
            Codes.
        quiet : bool, default=True
            Whether nothing is said of how well the groups overlap.
        once : bool, default=False
            Whether one choice of folds will do, since several tables are averaged.

        Returns
        -------
        CausalEffects or CausalEffectsByCase
        """
        most = 1 if once else _MOST_REPEATS
        repeats = np.clip(_ROWS_TO_SETTLE // max(len(features), 1), 1, most)
        measured = []
        for repeat in range(repeats):
            with catch_warnings():
                if quiet or repeat:
                    simplefilter("ignore", DataWarning)
                measured.append(self._measure(features, group, label, repeat))
        return average_effects(measured)

    def _measure(self, features, group, label, repeat):
        return causal_effects(
            features,
            pd.Series(self.classes[label], name=self.outcome),
            model=self.model,
            learner=self.learner,
            n_folds=self.n_folds,
            outcome_type="binary" if len(self.classes) == 2 else "multiclass",
            natural=False,
            sensitive_features=self.groups.values(group),
            random_state=self.seed + repeat,
        )
