"""One model a group: units searched, probabilities calibrated, thresholds chosen."""

import warnings
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils import get_tags
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)
from tqdm import tqdm

from fairsample.base import BaseFairResampler
from fairsample.evaluation.splitting import split_cells
from fairsample.groups import resolve_groups
from fairsample.messages import quote
from fairsample.oversampling.unit_search import UnitSearch, take_rows
from fairsample.predictors.known_groups import known_groups
from fairsample.validation import DataWarning, check_frame

__all__ = ["DoublePrioritizedClassifier"]

_UNITS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20)


class DoublePrioritizedClassifier(ClassifierMixin, BaseEstimator):
    """Serve each group with the model whose double prioritized copies suit it best.

    For each group, models are trained with the rows that belong to the group and to the
    rarer class in the data `u` times, for every `u` in `units`. On rows held out of the
    training data, each model's probabilities are calibrated (isotonic), and its
    threshold is chosen: of the three with the highest F1 of the rarer class, the one
    with the highest balanced accuracy. Then the group's model is chosen: of the three
    with the highest balanced accuracy within the group, the one with the highest
    average precision of the rarer class. It serves the members of that group alone;
    everybody else gets the model trained on the data as they are, calibrated likewise.

    A group with less than two rows of a class gets no model of its own. The search
    trains up to ``len(units)`` models a group, and the rows held out train
    none of them. A group's choice rests on its held-out rows: where they are few, it is
    mostly chance. Groups are needed to predict: a model per group is disparate
    treatment, which may be unlawful where you are.

    Parameters
    ----------
    estimator : classifier
        A classifier with `predict_proba`; cloned for every model.
    sensitive_features : str, int, list, mask or callable, default=None
        The columns of X that hold the sensitive features: a name, a position, a list of
        either, a mask with one bool for each column, or a callable that takes X and
        returns the values. Values can be given to `fit` and `predict` instead, and win;
        scikit-learn's scorers hand none on to `predict`, so name columns to
        cross-validate.
    groups : list, default=None
        The groups that get a model of their own; None stands for all but the largest.
    units : sequence of int, default=(1, 2, ..., 10, 12, 14, 16, 18, 20)
        How many times the rows are in the training data; 1 is the data as they are.
    calibration : {"all", "group"}, default="all"
        The held-out rows on which calibration and threshold are learned: all, or the
        group's own.
    validation_size : float, default=0.25
        Share of every group and class that is held out.
    missing_sensitive : {"error", "group"}, default="error"
        Whether rows without a sensitive value are refused in `fit` or make a group of
        their own, called "missing".
    random_state : int, RandomState instance or None, default=None
        What draws the rows held out. Seed the estimator too.
    verbose : int, default=0
        1 shows a progress bar.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The classes, sorted.
    minority_class_ : object
        The class that is rarer in the data, whose rows are copied.
    groups_ : list
        The groups in the data, sorted.
    models_ : dict
        Group -> the estimator that serves it.
    units_ : dict
        Group -> the units chosen.
    thresholds_ : dict
        Group -> the probability from which the rarer class is predicted.
    baseline_ : classifier
        The estimator that serves everybody else.
    selection_ : DataFrame
        One row for each model considered: `group`, `units`, `threshold`,
        `balanced_accuracy` and `average_precision` on the group's held-out rows, and
        whether it was `chosen`. None if no group got a model of its own.
    n_features_in_ : int
        The number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The names of the columns of X, if they are all strings.

    See Also
    --------
    DoublePrioritizedSampler : The copies for one group and one number of units.

    References
    ----------
    .. [1] Afrose, Song, Nemeroff, Lu, Yao, "Subpopulation-specific machine learning
       prognosis for underrepresented patients with double prioritized bias correction",
       Communications Medicine 2:111, 2022.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from fairsample import DoublePrioritizedClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"risk": rng.normal(size=400), "sex": rng.integers(0, 2, 400)})
    >>> y = (X["risk"] + (2 * X["sex"] - 1) + rng.normal(size=400) > 1.5).astype(int)
    >>> model = DoublePrioritizedClassifier(
    ...     LogisticRegression(), sensitive_features="sex", groups=[0], units=[1, 4, 8],
    ...     random_state=0,
    ... ).fit(X, y)
    >>> model.selection_[["group", "units", "chosen"]]
      group  units  chosen
    0     0      1    True
    1     0      4   False
    2     0      8   False
    >>> model.predict(X).shape
    (400,)
    """

    __metadata_request__fit = {"sensitive_features": True}
    __metadata_request__predict = {"sensitive_features": True}
    __metadata_request__predict_proba = {"sensitive_features": True}

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "sensitive_features": BaseFairResampler._parameter_constraints[
            "sensitive_features"
        ],
        "groups": ["array-like", None],
        "units": ["array-like"],
        "calibration": [StrOptions({"all", "group"})],
        "validation_size": [Interval(Real, 0, 1, closed="neither")],
        "missing_sensitive": [StrOptions({"error", "group"})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        estimator,
        *,
        sensitive_features=None,
        groups=None,
        units=_UNITS,
        calibration="all",
        validation_size=0.25,
        missing_sensitive="error",
        random_state=None,
        verbose=0,
    ):
        self.estimator = estimator
        self.sensitive_features = sensitive_features
        self.groups = groups
        self.units = units
        self.calibration = calibration
        self.validation_size = validation_size
        self.missing_sensitive = missing_sensitive
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, *, sensitive_features=None):
        """Train, calibrate and choose the models.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The features, as the estimator takes them.
        y : array-like of shape (n_samples,)
            Two classes.
        sensitive_features : array-like of shape (n_samples,) or \
                (n_samples, n_sensitive), default=None
            The values of the sensitive features; they win over the constructor's.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            When y has not two classes, `groups` names a group that is not there, no
            group has two rows of each class, or `units` are no whole numbers from 1.
        """
        _check_units(self.units)
        X = self._check_X(X, reset=True)
        y, of_minority = self._check_y(y)
        check_consistent_length(X, y)
        groups = resolve_groups(
            pd.DataFrame(X),
            selector=self._selector(X),
            values=sensitive_features,
            missing=self.missing_sensitive,
        )
        self.groups_, self._groups = groups.labels, groups
        self._choose_models(X, y, of_minority, self._groups_served(of_minority))
        return self

    def predict_proba(self, X, *, sensitive_features=None):
        """Predict calibrated probabilities, each row by its group's model.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The features.
        sensitive_features : array-like of shape (n_samples,) or \
                (n_samples, n_sensitive), default=None
            The values of the sensitive features; they win over the constructor's. Rows
            of a group that was not there in `fit`, or without one, get the baseline.

        Returns
        -------
        ndarray of shape (n_samples, 2)
            Probabilities of `classes_`.
        """
        probability, _ = self._predict_minority(X, sensitive_features)
        columns = [1 - probability, probability]
        if self.minority_class_ == self.classes_[0]:
            columns.reverse()
        return np.column_stack(columns)

    def predict(self, X, *, sensitive_features=None):
        """Predict classes, each row by its group's model and threshold.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The features.
        sensitive_features : array-like of shape (n_samples,) or \
                (n_samples, n_sensitive), default=None
            As in :meth:`predict_proba`.

        Returns
        -------
        ndarray of shape (n_samples,)
            The classes.
        """
        probability, threshold = self._predict_minority(X, sensitive_features)
        minority = probability >= threshold
        is_second = minority == (self.minority_class_ == self.classes_[1])
        return self.classes_[is_second.astype(int)]

    def _predict_minority(self, X, sensitive_features):
        """Return calibrated probability of the rarer class and threshold by row."""
        check_is_fitted(self)
        X = self._check_X(X, reset=False)
        codes = known_groups(
            self._groups,
            pd.DataFrame(X),
            X,
            selector=self.sensitive_features,
            values=sensitive_features,
            missing=self.missing_sensitive,
        )
        probability, threshold = np.empty(len(codes)), np.empty(len(codes))
        for code in np.unique(codes):
            rows = np.flatnonzero(codes == code)
            model = self._models.get(code, self._baseline)
            probability[rows] = model.probability(take_rows(X, rows))
            threshold[rows] = model.threshold
        return probability, threshold

    def _choose_models(self, X, y, of_minority, served):
        group = self._groups.codes
        train, held_out = split_cells(
            2 * group + of_minority,
            test_size=self.validation_size,
            random_state=self.random_state,
        )
        column = int(self.minority_class_ == self.classes_[1])
        search = UnitSearch(self.estimator, X, y, of_minority, column, train, held_out)
        self._baseline, self._models, tables = search.plain_model(), {}, []
        for code in tqdm(served, disable=not self.verbose, desc="groups"):
            self._models[code], table = search.best_model(
                group == code, self.units, calibrate_on_all=self.calibration == "all"
            )
            labels = [self.groups_[code]] * len(table)
            table.insert(0, "group", pd.Series(labels, dtype=object))
            tables.append(table)
        self.baseline_ = self._baseline.estimator
        self.selection_ = pd.concat(tables, ignore_index=True) if tables else None
        chosen = {self.groups_[code]: model for code, model in self._models.items()}
        self.models_ = {label: model.estimator for label, model in chosen.items()}
        self.thresholds_ = {label: model.threshold for label, model in chosen.items()}
        self.units_ = {label: model.units for label, model in chosen.items()}

    def _groups_served(self, of_minority):
        """Return the codes of the groups that get a model of their own."""
        counts = self._groups.cell_counts(of_minority.astype(int), 2)
        if counts.max(axis=0).min() < 2:
            raise ValueError(
                "No group has two rows of each class, one to train and one to hold out."
            )
        measurable = counts.min(axis=1) >= 2
        if self.groups is not None:
            unknown = [group for group in self.groups if group not in self.groups_]
            if unknown:
                raise ValueError(
                    f"groups names {quote(unknown)}; the groups are "
                    f"{quote(self.groups_)}."
                )
            codes = [self.groups_.index(group) for group in self.groups]
        else:
            largest = counts.sum(axis=1).argmax()
            codes = [code for code in range(len(counts)) if code != largest]
        too_small = [self.groups_[code] for code in codes if not measurable[code]]
        if too_small:
            warnings.warn(
                f"Groups with less than two rows of a class: {quote(too_small)}. They "
                "are served by the baseline.",
                DataWarning,
                stacklevel=3,
            )
        return [code for code in codes if measurable[code]]

    def _selector(self, X):
        """Return the selector; a callable is given X as the caller gave it."""
        if not callable(self.sensitive_features):
            return self.sensitive_features
        return lambda _: self.sensitive_features(X)

    def _check_X(self, X, *, reset):
        if isinstance(X, pd.DataFrame):
            check_frame(X)
            validate_data(self, X, reset=reset, skip_check_array=True)
            return X
        return validate_data(self, X, reset=reset, dtype=None, ensure_all_finite=False)

    def _check_y(self, y):
        """Return y as a vector, and which rows are of the rarer class."""
        if y is None:
            raise ValueError(
                "DoublePrioritizedClassifier requires y to be passed, but the target y "
                "is None."
            )
        y = pd.Series(column_or_1d(y, warn=True)).infer_objects().to_numpy()
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) != 2:
            raise ValueError(
                "Only binary classification is supported. The type of the target is "
                f"{type_of_target(y)}, with {len(self.classes_)} classes."
            )
        rarer = np.bincount(codes).argmin()
        self.minority_class_ = self.classes_[rarer]
        return y, codes == rarer

    def __sklearn_tags__(self):
        """Declare two classes, and tables of any type that the estimator takes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        inner = get_tags(self.estimator).input_tags
        tags.input_tags.allow_nan = inner.allow_nan
        tags.input_tags.string = inner.string
        return tags


def _check_units(units):
    if not len(units) or not all(
        isinstance(unit, Integral) and unit >= 1 for unit in units
    ):
        raise ValueError(f"units must be whole numbers of at least 1. Got {units!r}.")
