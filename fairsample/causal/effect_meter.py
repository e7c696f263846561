"""The effects of a table's rows, by contrast and class."""

from collections.abc import Mapping
from dataclasses import dataclass
from warnings import catch_warnings, simplefilter

import pandas as pd

from fairsample.metrics.causal import causal_effects
from fairsample.validation import DataWarning

__all__ = ["EffectMeter", "effect_cases"]


@dataclass(frozen=True)
class EffectMeter:
    """Measure effects in the same way for real and for written rows.

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

    def measure(self, features, group, label, *, quiet=True):
        """Measure the effects of rows.

        Parameters
        ----------
        features : DataFrame of shape (n, n_features)
            Confounders and mediators.
        group, label : ndarray of int of shape (n,)
            Codes.
        quiet : bool, default=True
            Whether nothing is said of how well the groups overlap.

        Returns
        -------
        CausalEffects or CausalEffectsByCase
        """
        with catch_warnings():
            if quiet:
                simplefilter("ignore", DataWarning)
            return self._measure(features, group, label)

    def _measure(self, features, group, label):
        return causal_effects(
            features,
            pd.Series(self.classes[label], name=self.outcome),
            model=self.model,
            learner=self.learner,
            n_folds=self.n_folds,
            outcome_type="binary" if len(self.classes) == 2 else "multiclass",
            natural=False,
            sensitive_features=self.groups.values(group),
            random_state=self.seed,
        )


def effect_cases(effects):
    """Give effects by case: one, called None, where there is one contrast and outcome.

    Parameters
    ----------
    effects : CausalEffects, CausalEffectsByCase or None
        As measured; None where nothing could be.

    Returns
    -------
    dict of case to CausalEffects
    """
    if effects is None:
        return {}
    return dict(effects) if isinstance(effects, Mapping) else {None: effects}
