"""Utility and fairness of predictions on rows that nothing was trained on."""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.metrics import get_scorer

from fairsample.evaluation.remembered_predictions import RememberedPredictions
from fairsample.evaluation.rows import take_rows
from fairsample.fairsynth.group_confusion import (
    accuracy,
    balanced_accuracy,
    group_fairness,
    lowest_recall,
)
from fairsample.metrics.scorers import score_groups

__all__ = ["FairUtility", "FoldPredictions", "ObjectiveScorer", "Predictions"]

UTILITIES = {"balanced_accuracy": balanced_accuracy, "accuracy": accuracy}
N_SCORED_RESAMPLES = 10  # by scorers, which are slower than counts
MAX_SHARE_NOT_LARGEST = 0.01  # predictions without the largest score, as Platt's may be


class FairUtility:
    """What a user wants of the downstream model, in two numbers.

    Parameters
    ----------
    utility : str or callable
        A scorer, or the name that scikit-learn knows it by.
    fairness : list of str or callable
        Names of measures of groups, whose mean is taken, or one scorer; greater is
        fairer.
    positives : list of int
        The classes that count as positive.
    """

    def __init__(self, utility, fairness, positives):
        self.utility, self.fairness, self.positives = utility, fairness, positives

    @property
    def proposed_by(self):
        """Measures that shifts are searched for, where the user's own is a scorer."""
        if callable(self.fairness):
            return ["disparate_impact", "worst_group_recall"]
        return self.fairness

    def measure(self, predictions, tallies):
        """Measure predictions on the resamples.

        Parameters
        ----------
        predictions : Predictions
            Of all rows.
        tallies : GroupConfusion
            The resamples.

        Returns
        -------
        utility, fairness, worst_recall, lowest_recall : ndarray of shape (n_resamples,)
            The measures; a scorer's few values are repeated.
        """
        confusion = tallies.count(predictions.codes)
        utility = UTILITIES.get(self.utility)
        if utility is None:
            utilities = self._score(get_scorer(self.utility), predictions, tallies)
        else:
            utilities = utility(confusion)
        if callable(self.fairness):
            fairness = self._score(self.fairness, predictions, tallies)
        else:
            fairness = self.named_fairness(self.fairness, confusion, tallies)
        worst = self.named_fairness(["worst_group_recall"], confusion, tallies)
        return utilities, fairness, worst, lowest_recall(confusion)

    def named_fairness(self, names, confusion, tallies):
        """Take the mean of named measures on each resample: (n_resamples,)."""
        return np.mean(
            [group_fairness(n, confusion, tallies, self.positives) for n in names],
            axis=0,
        )

    def proxy(self, weight, tallies):
        """Make the measure that shifts are searched with: ``(confusion) -> float``."""

        def measure(confusion):
            fairness = self.named_fairness(self.proposed_by, confusion, tallies)
            return float((balanced_accuracy(confusion) + weight * fairness).mean())

        return measure

    def _score(self, scorer, predictions, tallies):
        n_resamples = len(tallies.weights[0])
        drawn = [tallies.drawn_rows(n) for n in range(N_SCORED_RESAMPLES)]
        if isinstance(scorer, ObjectiveScorer):
            values = [scorer(predictions, rows, self.positives) for rows in drawn]
        else:
            values = [predictions.score(scorer, rows) for rows in drawn]
        return np.resize(np.array(values, dtype=float), n_resamples)


class ObjectiveScorer:
    """A user's torch objective as a score of predicted probabilities, 1 is fair.

    Parameters
    ----------
    objective : callable
        ``(probabilities, groups, labels) -> loss`` on tensors of shape (n,).
    """

    def __init__(self, objective):
        self.objective = objective

    def __call__(self, predictions, rows, positives):
        """Score some rows, the mean over the positive classes."""
        if predictions.response_method != "predict_proba":
            raise ValueError(
                f"objective={self.objective!r} takes probabilities, and the downstream "
                "model has no predict_proba. Give scoring= a scorer instead."
            )
        labels = np.searchsorted(predictions.classes, predictions.y[rows])
        groups = torch.as_tensor(predictions.group_codes[rows])
        losses = [
            float(
                self.objective(
                    torch.as_tensor(predictions.scores[rows, positive]),
                    groups,
                    torch.as_tensor((labels == positive).astype(np.int64)),
                )
            )
            for positive in positives
        ]
        return 1 - np.mean(losses)


class FoldPredictions(NamedTuple):
    """What one model predicts of some rows.

    Attributes
    ----------
    codes : ndarray of int of shape (n_rows,)
        Positions of the predicted classes.
    scores : ndarray of shape (n_rows, n_classes) or None
        Of each class.
    response_method : {"predict_proba", "decision_function"} or None
        What gave the scores, None where there are none.
    """

    codes: np.ndarray
    scores: np.ndarray | None = None
    response_method: str | None = None

    @classmethod
    def of(cls, model, X, classes):
        """Let a model predict rows."""
        codes = np.searchsorted(classes, model.predict(X))
        for method in ("predict_proba", "decision_function"):
            if hasattr(model, method) and hasattr(model, "classes_"):
                known_scores = _by_class(method, getattr(model, method)(X))
                if known_scores.shape[1] != len(model.classes_):
                    continue  # one against one: no score of a class
                unknown = 0.0 if method == "predict_proba" else -np.inf
                scores = np.full((len(codes), len(classes)), unknown)
                scores[:, np.searchsorted(classes, model.classes_)] = known_scores
                return cls(codes, scores, method)
        return cls(codes)


class Predictions:
    """Out-of-fold predictions of all rows, put together from the folds' models.

    Parameters
    ----------
    X : DataFrame or ndarray of shape (n_rows, n_features)
        The rows, in the user's form.
    y : ndarray of shape (n_rows,)
        Their labels.
    group_values : Series or DataFrame of n_rows rows
        Their groups.
    group_codes : ndarray of int of shape (n_rows,)
        The same as codes.
    classes : ndarray of shape (n_classes,)
        The classes.
    """

    def __init__(self, X, y, group_values, group_codes, classes):
        self.X, self.y, self.classes = X, y, classes
        self.group_values, self.group_codes = group_values, group_codes
        self.codes = np.zeros(len(y), dtype=int)
        self.scores = np.zeros((len(y), len(classes)))
        self.response_method = None

    def predict(self, model, rows):
        """Let a fold's model predict the rows it has not seen."""
        self.take(
            FoldPredictions.of(model, take_rows(self.X, rows), self.classes), rows
        )

    def take(self, predicted, rows):
        """Take over what a fold's model predicted of these rows."""
        self.codes[rows] = predicted.codes
        if predicted.response_method is not None:
            self.scores[rows] = predicted.scores
            self.response_method = predicted.response_method

    def log_scores(self):
        """Scores whose largest is the prediction: (n_rows, n_classes).

        None where there are none, as with a classifier that has a threshold of its own.
        """
        if self.response_method is None:
            return None
        best = self.scores.max(axis=1)
        predicted = np.take_along_axis(self.scores, self.codes[:, None], axis=1)[:, 0]
        if np.mean(predicted < best) > MAX_SHARE_NOT_LARGEST:
            return None
        if self.response_method == "predict_proba":
            return np.log(np.clip(self.scores, 1e-6, None))
        return self.scores

    def score(self, scorer, rows):
        """Score some rows with a scikit-learn scorer."""
        responses = {}
        if self.response_method is not None:
            responses[self.response_method] = self._response(rows)
        model = RememberedPredictions.told(
            self.classes, self.classes[self.codes[rows]], **responses
        )
        X, groups = take_rows(self.X, rows), self.group_values.iloc[rows]
        return score_groups(scorer, model, X, self.y[rows], groups)

    def _response(self, rows):
        scores = self.scores[rows]
        if self.response_method == "decision_function" and scores.shape[1] == 2:
            return scores[:, 1] - scores[:, 0]
        return scores


def _by_class(method, scores):
    """Scores as a table with a column for each class."""
    scores = np.asarray(scores, dtype=float)
    if method == "decision_function" and scores.ndim == 1:
        return np.column_stack([-scores / 2, scores / 2])
    return scores
