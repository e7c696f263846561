"""Nuisances, learned on other rows than those that they are used on."""

import numpy as np

__all__ = ["CrossFitting", "assign_folds"]


class CrossFitting:
    """Learn a target on all folds but one, and predict it in that one, fold by fold.

    Two candidates are stacked: their predictions of rows that they were not fitted on
    are averaged with weights, one pair for all folds, that bring the least squared
    error there [1]_. The share of the first, the flexible one, is lowered by its
    standard error: it has to earn its place, since what it adds for nothing is noise.

    Parameters
    ----------
    learner : NuisanceLearner
        What learns.
    folds : ndarray of int of shape (n_rows,)
        The fold of each row. With one fold, rows are fitted and predicted alike.
    random_state : RandomState
        Seeds estimators.

    References
    ----------
    .. [1] A. Ahrens, C. B. Hansen, M. E. Schaffer and T. Wiemann, "Model averaging and
       double machine learning", Journal of Applied Econometrics, 2025,
       :arxiv:`2401.01645`.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.metrics.causal_features import CovariateForms
    >>> from fairsample.metrics.causal_learners import NuisanceLearner
    >>> from fairsample.metrics.causal_nuisances import CrossFitting
    >>> learner = NuisanceLearner.read("linear", binary_outcome=True)
    >>> folds = np.arange(100) % 5
    >>> forms = CovariateForms(pd.DataFrame({"dose": np.linspace(0, 1, 100)}))
    >>> fitting = CrossFitting(learner, folds, np.random.RandomState(0))
    >>> everywhere = np.ones(100, dtype=bool)
    >>> means = fitting.mean(forms, np.linspace(0, 2, 100), everywhere)
    >>> means[[0, -1]].round(1).tolist()
    [0.0, 2.0]
    """

    def __init__(self, learner, folds, random_state):
        self.learner = learner
        self.folds = folds
        self.n_folds = folds.max() + 1
        self.random_state = random_state

    def probability(self, forms, target, rows, *, by_fold=False):
        """Predict the probability of a condition.

        Parameters
        ----------
        forms : CovariateForms
            Covariates of n_rows rows.
        target : ndarray of shape (n_rows,) or (n_folds, n_rows)
            0 or 1. In two dimensions, what each fold is to learn.
        rows : ndarray of bool of shape (n_rows,)
            The rows to learn from.
        by_fold : bool, default=False
            Whether to predict all rows by the models of every fold.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_folds, n_rows)
            Between 0 and 1.
        """
        predicted = self._predict(
            self.learner.probability, forms, target, rows, by_fold
        )
        return np.clip(predicted, 0, 1)

    def mean(self, forms, target, rows, *, by_fold=False):
        """Predict the mean of a number; see :meth:`probability`.

        Parameters
        ----------
        forms, target, rows, by_fold
            As in :meth:`probability`, with any numbers as target.

        Returns
        -------
        ndarray of shape (n_rows,) or (n_folds, n_rows)
        """
        return self._predict(self.learner.mean, forms, target, rows, by_fold)

    def own_fold(self, predicted):
        """Take each row's prediction by the model that was not fitted on it.

        Parameters
        ----------
        predicted : ndarray of shape (n_folds, n_rows)
            Predictions by fold.

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        return predicted[self.folds, np.arange(len(self.folds))]

    def _predict(self, candidates, forms, target, rows, by_fold):
        target = np.broadcast_to(target, (self.n_folds, len(self.folds)))
        if forms.is_empty:
            # The mean of all rows: effects that are 0 by definition are then exactly 0.
            mean = self.own_fold(target)[rows].mean()
            predicted = np.full(target.shape, mean)
        else:
            predicted = self._stack(
                [
                    self._predict_by(one, forms, target, rows, by_fold)
                    for one in candidates
                ],
                target,
                rows,
            )
        return predicted if by_fold else self.own_fold(predicted)

    def _predict_by(self, candidate, forms, target, rows, by_fold):
        values = getattr(forms, candidate.form)
        predicted = np.full(target.shape, np.nan)
        for fold in range(self.n_folds):
            own = self.folds == fold
            known = rows & ~own if self.n_folds > 1 else rows
            wanted = np.ones_like(own) if by_fold else own
            predicted[fold, wanted] = _fit_predict(
                candidate.clone(forms, self.random_state),
                candidate,
                *_without_empty_columns(values[known], values[wanted]),
                target[fold, known],
            )
        return predicted

    def _stack(self, predictions, target, rows):
        if len(predictions) == 1:
            return predictions[0]
        flexible, simple = predictions
        share = 0.5
        if self.n_folds > 1:
            share = _share_of_flexible(
                *(self.own_fold(v)[rows] for v in (target, flexible, simple))
            )
        return share * flexible + (1 - share) * simple


def _share_of_flexible(target, flexible, simple):
    """Find the share with the least squared error, less its standard error."""
    gain = flexible - simple
    squares = np.sum(gain**2)
    if squares == 0:
        return 0.0
    share = np.sum((target - simple) * gain) / squares
    error = np.sqrt(np.sum((gain * (target - simple - share * gain)) ** 2)) / squares
    return np.clip(share - error, 0, 1)


def _without_empty_columns(known, wanted):
    """Fill columns without a value among the known rows: boosting cannot bin them."""
    if isinstance(known, np.ndarray):
        empty = np.isnan(known).all(axis=0)
        known[:, empty] = wanted[:, empty] = 0
    return known, wanted


def _fit_predict(estimator, candidate, known, wanted, target):
    if target.min() == target.max():
        return target[0]
    if candidate.classifies:
        estimator.fit(known, target.astype(int))
        return estimator.predict_proba(wanted)[:, 1]
    return estimator.fit(known, target).predict(wanted)


def assign_folds(is_comparison, y, n_folds, random_state):
    """Cut rows into folds with the same groups and, within groups, alike outcomes.

    Parameters
    ----------
    is_comparison : ndarray of bool of shape (n_rows,)
        The group of each row.
    y : ndarray of shape (n_rows,)
        Its outcome, as numbers.
    n_folds : int
        How many folds.
    random_state : RandomState
        What draws.

    Returns
    -------
    ndarray of int of shape (n_rows,)
        The fold of each row.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.metrics.causal_nuisances import assign_folds
    >>> group, y = np.repeat([False, True], 8), np.repeat([0, 1, 0, 1], 4)
    >>> folds = assign_folds(group, y, 2, np.random.RandomState(0))
    >>> [float(y[folds == fold].mean()) for fold in (0, 1)]
    [0.5, 0.5]
    """
    order = np.lexsort((random_state.random_sample(len(y)), y, is_comparison))
    n_blocks = -(-len(y) // n_folds)
    shuffled = np.argsort(random_state.random_sample((n_blocks, n_folds)), axis=1)
    folds = np.empty(len(y), dtype=int)
    folds[order] = shuffled.ravel()[: len(y)]
    return folds
