"""What learns nuisances: the probability of a group, and the mean of an outcome."""

from dataclasses import dataclass

from sklearn.base import is_classifier, is_regressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline

from fairsample.training.estimator_seeds import clone_with_own_seeds

__all__ = ["LEARNERS", "Candidate", "NuisanceLearner"]

LEARNERS = ("stacked", "boosting", "linear")
_BOOSTING = {"max_iter": 40, "max_leaf_nodes": 6, "early_stopping": False}


@dataclass(frozen=True)
class Candidate:
    """An estimator, and the form in which it takes covariates.

    Parameters
    ----------
    form : {"codes", "scaled", "frame"}
        An attribute of `CovariateForms`.
    estimator : estimator
        A classifier or regressor, which is cloned.
    """

    form: str
    estimator: object

    @property
    def classifies(self):
        """Whether the estimator gives probabilities of classes."""
        return is_classifier(self.estimator)

    def clone(self, forms, random_state):
        """Make an estimator to be fitted.

        Parameters
        ----------
        forms : CovariateForms
            What it is fitted on.
        random_state : RandomState
            Seeds whatever has no seed.

        Returns
        -------
        estimator
        """
        estimator = clone_with_own_seeds(self.estimator, random_state)
        if self.form == "codes":
            estimator.set_params(categorical_features=forms.is_category)
        return estimator


@dataclass(frozen=True)
class NuisanceLearner:
    """Candidates for probabilities and for means; several are stacked.

    Parameters
    ----------
    probability, mean : tuple of Candidate
        One or two of each.

    Examples
    --------
    >>> from fairsample.metrics.causal_learners import NuisanceLearner
    >>> learner = NuisanceLearner.read("linear", binary_outcome=True)
    >>> learner.probability
    (Candidate(form='scaled', estimator=LogisticRegression(max_iter=1000)),)
    """

    probability: tuple
    mean: tuple

    @classmethod
    def read(cls, learner, *, binary_outcome):
        """Read the parameter `learner` of :func:`causal_effects`.

        Parameters
        ----------
        learner : str, estimator or tuple of (classifier, regressor)
            As :func:`causal_effects` takes it.
        binary_outcome : bool
            Whether a classifier alone suffices.

        Returns
        -------
        NuisanceLearner

        Raises
        ------
        ValueError
            If it is none of these, or cannot learn what is asked for.
        """
        if isinstance(learner, str):
            if learner not in LEARNERS:
                raise ValueError(
                    f"learner={learner!r} is unknown. Choose 'stacked', 'boosting' or "
                    "'linear', or pass estimators of scikit-learn."
                )
            return cls._named(learner)
        pair = learner if isinstance(learner, tuple | list) else (learner,)
        for estimator in pair:
            _check_estimator(estimator)
        classifiers = tuple(_candidate(one) for one in pair if is_classifier(one))
        regressors = tuple(_candidate(one) for one in pair if is_regressor(one))
        if len(pair) > 2 or len(classifiers) > 1 or len(regressors) > 1:
            raise ValueError(
                "learner as a pair is one classifier and one regressor. Got "
                f"{learner!r}."
            )
        if not regressors and not binary_outcome:
            raise ValueError(
                f"learner={learner!r} is a classifier, and the outcome is a number. "
                "Pass a pair (classifier, regressor)."
            )
        mean = regressors or cls._named("stacked").mean
        return cls(classifiers or regressors, mean)

    @classmethod
    def _named(cls, name):
        boosting = (
            Candidate("codes", HistGradientBoostingClassifier(**_BOOSTING)),
            Candidate("codes", HistGradientBoostingRegressor(**_BOOSTING)),
        )
        linear = (
            Candidate("scaled", LogisticRegression(max_iter=1000)),
            Candidate("scaled", Ridge()),
        )
        used = {"stacked": [boosting, linear], "boosting": [boosting]}
        return cls(*zip(*used.get(name, [linear]), strict=True))


def _candidate(estimator):
    """Give columns as they are to a pipeline, also to a search over one."""
    inner = getattr(estimator, "estimator", estimator)
    return Candidate("frame" if isinstance(inner, Pipeline) else "scaled", estimator)


def _check_estimator(estimator):
    if isinstance(estimator, type) or not (
        is_classifier(estimator) or is_regressor(estimator)
    ):
        raise ValueError(
            f"learner={estimator!r} is neither 'stacked', 'boosting' or 'linear' nor a "
            "classifier or regressor of scikit-learn."
        )
    if is_classifier(estimator) and not hasattr(estimator, "predict_proba"):
        raise ValueError(
            f"learner={estimator!r} has no predict_proba. Wrap it in a "
            "CalibratedClassifierCV."
        )
