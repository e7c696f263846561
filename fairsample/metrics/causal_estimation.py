"""The one-step estimator of the effects of one contrast."""

from functools import cached_property

import numpy as np
import pandas as pd

from fairsample.metrics.causal_effect import Effect
from fairsample.metrics.causal_effects_result import CausalEffects
from fairsample.metrics.causal_features import CovariateForms
from fairsample.metrics.causal_learners import NuisanceLearner
from fairsample.metrics.causal_nuisances import CrossFitting, assign_folds
from fairsample.training.estimator_seeds import stream_of

__all__ = ["ContrastEstimator", "contrast_effects"]

_REVERSED_IN_THE_BOOK = ("indirect", "spurious", "natural_indirect")


def contrast_effects(
    confounders,
    mediators,
    is_comparison,
    y,
    *,
    learner="stacked",
    n_folds=5,
    natural=True,
    overlap_clip=0.01,
    random_state=None,
    **result,
):
    """Estimate the effects of two groups, from columns and arrays.

    Parameters
    ----------
    confounders, mediators : DataFrame of n_rows rows
        Columns of any type; also none.
    is_comparison : ndarray of bool of shape (n_rows,)
        Whether a row is in the comparison, or in the baseline.
    y : ndarray of float of shape (n_rows,)
        The outcome; of a binary one 0 and 1, whose mean is then a probability.
    learner, n_folds, natural, overlap_clip, random_state
        As in :func:`causal_effects`.
    **result
        What :meth:`ContrastEstimator.effects` takes besides.

    Returns
    -------
    CausalEffects

    See Also
    --------
    causal_effects : Does this for every contrast and class, and checks its input.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.metrics.causal_estimation import contrast_effects
    >>> rng = np.random.default_rng(0)
    >>> group = rng.random(400) < 0.5
    >>> skill = pd.DataFrame({"skill": group + rng.normal(size=400)})
    >>> y = 2.0 * group + skill["skill"].to_numpy()
    >>> effects = contrast_effects(
    ...     pd.DataFrame(index=skill.index), skill, group, y, learner="linear"
    ... )
    >>> round(effects.direct.value), round(effects.indirect.value)
    (2, 1)
    """
    estimator = ContrastEstimator(
        confounders,
        mediators,
        is_comparison,
        stratify=y,
        learner=NuisanceLearner.read(learner, binary_outcome=is_binary(y)),
        n_folds=n_folds,
        overlap_clip=overlap_clip,
        random_state=random_state,
    )
    return estimator.effects(y, natural=natural, **result)


def is_binary(y):
    """Tell whether an outcome has no other values than 0 and 1.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        The outcome.

    Returns
    -------
    bool
    """
    return bool(np.isin(y, (0, 1)).all())


class ContrastEstimator:
    """Effects of two groups on any number of outcomes; groups are learned once.

    Means of the outcome in worlds where it, or it and the mediators, respond to another
    level of the attribute are estimated by doubly robust moments with cross-fitted
    nuisances. For rows of the baseline whose outcome alone responds the moment is
    ``mu(z, w) + [comparison] (1 - e) / e (y - mu(z, w))``, where `mu` is the mean
    outcome of the comparison and `e` the probability to be in it, both given
    confounders z and mediators w; where mediators respond too, both are given z alone.

    Parameters
    ----------
    confounders, mediators : DataFrame of n_rows rows
        Columns of any type; also none.
    is_comparison : ndarray of bool of shape (n_rows,)
        The group of each row.
    stratify : ndarray of shape (n_rows,)
        Numbers that are to be alike in all folds: the outcome.
    learner : NuisanceLearner
        What learns.
    n_folds : int
        Folds.
    overlap_clip : float
        The least probability of a group that is divided by.
    random_state : int, RandomState instance or None
        Folds and learners.
    """

    def __init__(
        self,
        confounders,
        mediators,
        is_comparison,
        *,
        stratify,
        learner,
        n_folds,
        overlap_clip,
        random_state,
    ):
        stream = stream_of(random_state)
        self.compared = np.asarray(is_comparison, dtype=bool)
        self.overlap_clip = overlap_clip
        self.before = CovariateForms(confounders)
        self.covariates = self.before
        self.has_mediators = mediators.shape[1] > 0
        if self.has_mediators:
            both = pd.concat([confounders, mediators], axis=1)
            self.covariates = CovariateForms(both)
        folds = assign_folds(self.compared, stratify, n_folds, stream)
        self.fitting = CrossFitting(learner, folds, stream)

    @cached_property
    def propensities(self):
        """Probability to be in the comparison, a pair of ndarray of (n_rows,).

        Given the confounders, and given confounders and mediators.
        """
        group, everybody = self.compared * 1.0, np.ones_like(self.compared)
        given_before = self.fitting.probability(self.before, group, everybody)
        if not self.has_mediators:
            return given_before, given_before
        return given_before, self.fitting.probability(self.covariates, group, everybody)

    def overlap(self):
        """Tell how alike the groups are.

        Returns
        -------
        DataFrame of shape (2, 4)
            As :class:`CausalEffects` has it.
        """
        rows = {}
        given = ("given confounders", "given confounders and mediators")
        for name, raw in zip(given, self.propensities, strict=True):
            clipped = self._clip(raw)
            weight = ((1 - clipped) / clipped)[self.compared]
            rows[name] = {
                "lowest": raw.min(),
                "highest": raw.max(),
                "clipped": float(np.mean(clipped != raw)),
                "effective_rows": weight.sum() ** 2 / np.sum(weight**2),
            }
        return pd.DataFrame.from_dict(rows, orient="index")

    def effects(
        self,
        y,
        *,
        natural=True,
        sign="additive",
        confidence_level=0.95,
        rows=None,
        contrast=None,
        outcome="the outcome",
    ):
        """Estimate the effects on one outcome.

        Parameters
        ----------
        y : ndarray of float of shape (n_rows,)
            The outcome.
        natural, sign, confidence_level
            As in :func:`causal_effects`.
        rows : ndarray of bool of shape (n_all,), default=None
            Which rows of a larger table these are, for influence values of all.
        contrast, outcome
            What :class:`CausalEffects` says of them.

        Returns
        -------
        CausalEffects
        """
        y = np.asarray(y, dtype=float)
        effects = {}
        for name, moment in _differences(self._means(y, natural)).items():
            if sign == "book" and name in _REVERSED_IN_THE_BOOK:
                moment = -moment
            influence = moment[1:]
            if rows is not None:
                influence = np.zeros(len(rows))
                influence[rows] = moment[1:] * (len(rows) / len(y))
            effects[name] = Effect.of_influence(moment[0], influence, confidence_level)
        return CausalEffects(
            **effects,
            contrast=contrast,
            outcome=outcome,
            sign=sign,
            n_rows=len(y),
            overlap=self.overlap(),
        )

    def _clip(self, propensity):
        return np.clip(propensity, self.overlap_clip, 1 - self.overlap_clip)

    def _means(self, y, natural):
        """Estimate mean outcomes by world, each with its influence values after it."""
        compared, fitting = self.compared, self.fitting
        learn = fitting.probability if is_binary(y) else fitting.mean
        by_fold = learn(self.covariates, y, compared, by_fold=natural)
        mu = fitting.own_fold(by_fold) if natural else by_fold
        mu_before = mu
        if self.has_mediators:
            mu_before = learn(self.before, y, compared)
        before, given_all = map(self._clip, self.propensities)
        of_baseline = ~compared / np.mean(~compared)
        of_comparison = compared / np.mean(compared)
        odds = compared / np.mean(~compared) * (1 - given_all) / given_all
        odds_before = compared / np.mean(~compared) * (1 - before) / before
        responding = of_baseline * mu + odds * (y - mu)
        all_responding = of_baseline * mu_before + odds_before * (y - mu_before)
        means = {
            "baseline": _moment(of_baseline * y, of_baseline),
            "responding": _moment(responding, of_baseline),
            "all_responding": _moment(all_responding, of_baseline),
            "comparison": _moment(of_comparison * y, of_comparison),
        }
        if natural:
            mu_baseline = learn(self.before, y, ~compared)
            nested = mu
            if self.has_mediators:
                nested = fitting.mean(self.before, by_fold, ~compared)
            at_baseline = ~compared / (1 - before)
            ratio = odds * np.mean(~compared) / (1 - before)
            at_comparison = compared / before * (y - mu_before)
            set_responding = nested + at_baseline * (mu - nested) + ratio * (y - mu)
            means |= {
                "set_baseline": _moment(mu_baseline + at_baseline * (y - mu_baseline)),
                "set_responding": _moment(set_responding),
                "set_comparison": _moment(mu_before + at_comparison),
            }
        return self._with_worlds_that_coincide(means)

    def _with_worlds_that_coincide(self, means):
        """Make effects that are 0 by definition exactly so."""
        same = {}
        if self.before.is_empty:
            same |= {"all_responding": "comparison", "set_comparison": "comparison"}
            same |= {"set_baseline": "baseline", "set_responding": "responding"}
        if not self.has_mediators:
            same |= {"responding": "all_responding", "set_responding": "set_comparison"}
        for world in means:
            other = world
            while other in same:
                other = same[other]
            means[world] = means[other]
        return means


def _moment(pseudo_outcome, indicator=1.0):
    """Put the mean of pseudo-outcomes before their centred influence values."""
    mean = pseudo_outcome.mean()
    return np.append(mean, pseudo_outcome - indicator * mean)


def _differences(means):
    """Take the effects from the means of worlds; see the additive sign."""
    steps = ("baseline", "responding", "all_responding", "comparison")
    first, second, third, last = (means[step] for step in steps)
    effects = {
        "total_variation": last - first,
        "direct": second - first,
        "indirect": third - second,
        "spurious": last - third,
        "ett": third - first,
    }
    if "set_baseline" in means:
        effects |= {
            "natural_direct": means["set_responding"] - means["set_baseline"],
            "natural_indirect": means["set_comparison"] - means["set_responding"],
            "total_effect": means["set_comparison"] - means["set_baseline"],
            "experimental_spurious_baseline": first - means["set_baseline"],
            "experimental_spurious_comparison": last - means["set_comparison"],
        }
    return effects
