"""Calibration, threshold and choice of a model by the double prioritized rule."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score

from fairsample.oversampling.double_prioritized import rows_with_copies

__all__ = ["CalibratedModel", "UnitSearch", "best_of_top_three", "choose_threshold"]

THRESHOLDS = np.linspace(0, 1, 21)


@dataclass(frozen=True)
class CalibratedModel:
    """A fitted classifier with calibration and threshold for one of its classes.

    Attributes
    ----------
    estimator : classifier
        A fitted classifier with `predict_proba`.
    column : int
        The class's column of `predict_proba`.
    calibrator : IsotonicRegression
        Takes the estimator's probability to the share of the class.
    threshold : float
        The calibrated probability from which the class is predicted.
    units : int
        How many times the prioritized rows were in the training data.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from fairsample.oversampling.unit_search import CalibratedModel
    >>> X, y = np.arange(8.0)[:, None], np.array([0, 0, 1, 0, 0, 1, 1, 1])
    >>> estimator = LogisticRegression().fit(X, y)
    >>> model = CalibratedModel.calibrate(estimator, 1, X, y == 1)
    >>> model.threshold
    0.35
    >>> model.probability(X).round(2).tolist()
    [0.0, 0.0, 0.33, 0.33, 0.33, 1.0, 1.0, 1.0]
    """

    estimator: object
    column: int
    calibrator: IsotonicRegression
    threshold: float
    units: int = 1

    @classmethod
    def calibrate(cls, estimator, column, X, of_class, *, units=1):
        """Learn calibration and threshold on rows that did not train the estimator.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier.
        column : int
            The class's column of `predict_proba`.
        X : {DataFrame, ndarray} of shape (n_rows, n_features)
            Held-out rows.
        of_class : ndarray of bool of shape (n_rows,)
            Which of them are of the class.
        units : int, default=1
            How many times the prioritized rows were in the training data.

        Returns
        -------
        CalibratedModel
            Ready to predict.
        """
        calibrator = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
        calibrated = calibrator.fit_transform(
            estimator.predict_proba(X)[:, column], of_class.astype(float)
        )
        threshold = choose_threshold(calibrated, of_class)
        return cls(estimator, column, calibrator, threshold, units)

    def score(self, X):
        """Return the estimator's probability of the class, as it is."""
        return self.estimator.predict_proba(X)[:, self.column]

    def probability(self, X):
        """Return the calibrated probability of the class."""
        return self.calibrator.predict(self.score(X))


@dataclass(frozen=True)
class UnitSearch:
    """The search for the number of units that serves a group best.

    Attributes
    ----------
    estimator : classifier
        Cloned for each model.
    X : {DataFrame, ndarray} of shape (n_samples, n_features)
        The features.
    y : ndarray of shape (n_samples,)
        The classes, two of them.
    of_class : ndarray of bool of shape (n_samples,)
        Which rows are of the class to prioritize.
    column : int
        The class's column of `predict_proba`.
    train, held_out : ndarray of int
        Positions of the rows that train, and that calibrate and judge.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from fairsample.oversampling.unit_search import UnitSearch
    >>> X, of_class = np.arange(40.0)[:, None], np.arange(40) % 7 > 4
    >>> train, held_out = np.arange(20), np.arange(20, 40)
    >>> search = UnitSearch(GaussianNB(), X, of_class, of_class, 1, train, held_out)
    >>> model, table = search.best_model(np.arange(40) % 2 == 0, [1, 3])
    >>> table["units"].tolist(), model.units in (1, 3)
    ([1, 3], True)
    """

    estimator: object
    X: object
    y: np.ndarray
    of_class: np.ndarray
    column: int
    train: np.ndarray
    held_out: np.ndarray

    def plain_model(self):
        """Train on the data as they are, and calibrate on all rows held out."""
        nobody = np.zeros(len(self.y), dtype=bool)
        return self._model(nobody, 1, self.held_out)

    def best_model(self, in_group, units, *, calibrate_on_all=True):
        """Train a model for each number of units, and choose the group's.

        Parameters
        ----------
        in_group : ndarray of bool of shape (n_samples,)
            Which rows are of the group; both classes are among those held out.
        units : sequence of int
            The numbers to try.
        calibrate_on_all : bool, default=True
            Whether all held-out rows calibrate, or the group's alone.

        Returns
        -------
        model : CalibratedModel
            Of the three with the highest balanced accuracy on the group's held-out
            rows, the one with the highest average precision.
        table : DataFrame of shape (n_units, 5)
            `units`, `threshold`, `balanced_accuracy`, `average_precision`, `chosen`.
        """
        # NOTE[DIFF] The paper applies this rule to training epochs as well; a
        # scikit-learn estimator decides itself when it has trained enough.
        members = self.held_out[in_group[self.held_out]]
        calibration_rows = self.held_out if calibrate_on_all else members
        models = [self._model(in_group, unit, calibration_rows) for unit in units]
        table = pd.DataFrame(
            {
                "units": [model.units for model in models],
                "threshold": [model.threshold for model in models],
                **self._measures(models, members),
            }
        )
        chosen = best_of_top_three(
            table["balanced_accuracy"], table["average_precision"]
        )
        table["chosen"] = table.index == chosen
        return models[chosen], table

    def _model(self, in_group, units, calibration_rows):
        prioritized = (in_group & self.of_class)[self.train]
        rows = self.train[rows_with_copies(np.where(prioritized, units, 1))]
        estimator = clone(self.estimator).fit(take_rows(self.X, rows), self.y[rows])
        return CalibratedModel.calibrate(
            estimator,
            self.column,
            take_rows(self.X, calibration_rows),
            self.of_class[calibration_rows],
            units=int(units),
        )

    def _measures(self, models, members):
        X, of_class = take_rows(self.X, members), self.of_class[members]
        return {
            "balanced_accuracy": [
                balanced_accuracy_score(of_class, m.probability(X) >= m.threshold)
                for m in models
            ],
            "average_precision": [
                average_precision_score(of_class, m.score(X)) for m in models
            ],
        }


def choose_threshold(probability, of_class):
    """Choose a threshold among 0, .05, ..., 1.

    Parameters
    ----------
    probability : ndarray of shape (n_rows,)
        Probability of a class.
    of_class : ndarray of bool of shape (n_rows,)
        Which rows are of the class; some are and some are not.

    Returns
    -------
    float
        Of the three thresholds with the highest F1 of the class, the one with the
        highest balanced accuracy.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.oversampling.unit_search import choose_threshold
    >>> choose_threshold(np.array([0.1, 0.2, 0.7]), np.array([False, False, True]))
    0.25
    """
    predicted = probability[:, None] >= THRESHOLDS
    hits = (predicted & of_class[:, None]).sum(axis=0)
    f1 = 2 * hits / (predicted.sum(axis=0) + of_class.sum())
    recall = hits / of_class.sum()
    specificity = (~predicted & ~of_class[:, None]).sum(axis=0) / (~of_class).sum()
    best = best_of_top_three(f1, (recall + specificity) / 2)
    return round(float(THRESHOLDS[best]), 2)


def best_of_top_three(first, second):
    """Of the three highest in one measure, find the highest in another.

    Parameters
    ----------
    first : array-like of shape (n_candidates,)
        The measure that makes the short list; ties go to the earlier candidate.
    second : array-like of shape (n_candidates,)
        The measure that decides.

    Returns
    -------
    int
        The position of the candidate.

    Examples
    --------
    >>> from fairsample.oversampling.unit_search import best_of_top_three
    >>> best_of_top_three([0.9, 0.8, 0.7, 0.1], [0.2, 0.3, 0.5, 0.9])
    2
    """
    listed = np.argsort(-np.asarray(first), kind="stable")[:3]
    return int(listed[np.argmax(np.asarray(second)[listed])])


def take_rows(X, rows):
    """Take rows of a frame or an array by position.

    Parameters
    ----------
    X : {DataFrame, ndarray} of shape (n_samples, n_features)
        The table.
    rows : ndarray of int of shape (n_rows,)
        Positions.

    Returns
    -------
    {DataFrame, ndarray} of shape (n_rows, n_features)
        The rows.
    """
    return X.iloc[rows] if isinstance(X, pd.DataFrame) else X[rows]
