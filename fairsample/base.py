"""What all resamplers share: the contract with imbalanced-learn and scikit-learn."""

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Mapping
from numbers import Integral, Real

import numpy as np
import pandas as pd
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import check_sampling_strategy
from sklearn.base import _fit_context
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from fairsample.conditions import count_samples, draw_cells
from fairsample.groups import resolve_groups
from fairsample.on_disk import FittedOnDisk, is_on_disk
from fairsample.persistence import SavedToFolder
from fairsample.planning import CELL_STRATEGIES, asks_for_cells, rows_owed
from fairsample.random_stream import private_stream
from fairsample.sharded_sampling import ShardedSampling
from fairsample.table_form import TableForm
from fairsample.target_form import TargetForm
from fairsample.training.threads import worker_threads
from fairsample.validation import (
    DataWarning,
    check_frame,
    warn_of_cells,
    warn_of_columns,
)

__all__ = ["BaseFairResampler", "DataWarning"]


class BaseFairResampler(FittedOnDisk, ShardedSampling, SavedToFolder, BaseOverSampler):
    """Base of the resamplers that add rows cell by cell.

    A cell is a group and a class. What is common to all resamplers happens here: input
    is checked, groups are resolved, every cell is told how many rows it is owed, and
    what the generator draws is put below the real rows, which stay as they are. A
    concrete resampler says how to learn a generator, ``_learn(X, y, groups)``, and how
    to draw from it, ``_draw(group, label, random_state)``.

    Its constructor takes at least the parameters below and assigns them, and its
    ``_parameter_constraints`` extend those of this class. Whatever is random in
    ``_learn`` comes from ``self.random_state_``.

    Parameters
    ----------
    sensitive_features : str, int, list, mask or callable, default=None
        The columns of X that hold the sensitive features: a name, a position, a list of
        either, a mask with one bool for each column, or a callable that takes X and
        returns the values. Several columns make intersectional groups. Values can be
        given at call time instead, and win.
    sampling_strategy : str, float, dict or callable, default="auto"
        How many rows each cell is owed.

        - What the over-samplers of imbalanced-learn take: ``"auto"``, ``"not
          majority"``, ``"minority"``, ``"not minority"``, ``"all"``, a float (ratio of
          the two classes), a dict of class to final count, or a callable that takes y
          and returns a dict. The rows that a class gets go to the groups where it is
          least even with the group's largest class.
        - ``"groups"``: in every group, each class is brought to that group's largest.
        - ``"cells"``: every cell is brought to the largest cell.
        - ``"parity"``: every group is brought to the class shares of the largest group,
          by the fewest rows.
        - ``"proportional"``: as many rows as there are, in their proportions.
        - a dict of ``(group, class)`` to final count, with a tuple as the group where
          there are several sensitive features.
    n_synthetic : int, default=None
        Scale the plan to this many rows.
    missing_sensitive : {"error", "group"}, default="error"
        Whether rows without a sensitive value are refused or make a group of their own,
        called "missing".
    random_state : int, RandomState instance or None, default=None
        The same seed gives the same rows, in any process.

    Attributes
    ----------
    groups_ : list
        The groups, sorted: a scalar each, or a tuple for several sensitive features.
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    cell_counts_ : DataFrame of shape (n_groups, n_classes)
        The number of real rows of each group and class.
    sampling_strategy_ : OrderedDict
        Class -> rows to generate.
    rows_owed_ : OrderedDict
        ``(group, class)`` -> rows to generate.
    synthetic_mask_ : ndarray of bool of shape (n_rows,)
        True for the synthetic rows of the last result, from `fit_resample` or `sample`.
    sensitive_features_ : Series or DataFrame of n_rows rows
        The sensitive features of the rows of the last result.
    random_state_ : RandomState
        What `sample` draws from if it is given no `random_state`.
    n_features_in_ : int
        The number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The names of the columns of X, if they are all strings.

    Examples
    --------
    >>> from fairsample import GroupRandomOverSampler
    >>> issubclass(GroupRandomOverSampler, BaseFairResampler)
    True
    """

    __metadata_request__fit = {"sensitive_features": True}
    __metadata_request__fit_resample = {"sensitive_features": True}

    min_cell_size = 10

    _systematic_cells = False  # whether `sample` keeps the cells' frequencies
    _fate_of_small_cells = "pooled with the same class of the other groups"

    _parameter_constraints: dict = {
        "sensitive_features": [str, Integral, "array-like", callable, None],
        "sampling_strategy": [
            Interval(Real, 0, 1, closed="right"),
            StrOptions(
                {"auto", "minority", "not minority", "not majority", "all"}
                | set(CELL_STRATEGIES)
            ),
            Mapping,
            callable,
        ],
        "n_synthetic": [Interval(Integral, 0, None, closed="left"), None],
        "missing_sensitive": [StrOptions({"error", "group"})],
        "random_state": ["random_state"],
    }

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None):
        """Learn the generator, and plan the rows, without generating any.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Features of any type, missing values too; `TableOnDisk` if it is supported.
        y : array-like of shape (n_samples,)
            The classes.
        sensitive_features : array-like of shape (n_samples,) or \
                (n_samples, n_sensitive), default=None
            The values of the sensitive features; they win over the constructor's.

        Returns
        -------
        self : object
            The fitted resampler.
        """
        if is_on_disk(X):
            return self._fit_on_disk(X, y, sensitive_features)
        frame, target, groups = self._check_input(X, y, sensitive_features)
        self._learn(frame, target, groups)
        self._remember_result(groups.codes, n_synthetic=0)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_resample(self, X, y, *, sensitive_features=None):
        """Learn the generator and add the rows that the plan asks for.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            The features, of any type, with missing values or without.
        y : array-like of shape (n_samples,)
            The classes.
        sensitive_features : array-like of shape (n_samples,) or \
                (n_samples, n_sensitive), default=None
            The values of the sensitive features; they win over the constructor's.

        Returns
        -------
        X_resampled : DataFrame, ndarray or list of shape (n_rows, n_features)
            The real rows, unchanged, and the synthetic rows below them, with the
            columns and dtypes of X. A DataFrame gets a fresh RangeIndex.
        y_resampled : Series, DataFrame, ndarray or list of length n_rows
            Their classes, in the form of y.
        """
        return self._fit_resample(X, y, sensitive_features=sensitive_features)

    def _fit_resample(self, X, y, sensitive_features=None):
        frame, target, groups = self._check_input(X, y, sensitive_features)
        self._learn(frame, target, groups)
        group, label = self._cells_owed()
        drawn = self._draw_rows(group, label, self.random_state_, self._draw_added)
        self._remember_result(np.append(groups.codes, group), n_synthetic=len(group))
        return self._table_form.append(X, drawn), self._target_form.append(y, label)

    def sample(self, n_samples=None, *, conditions=None, random_state=None):
        """Draw synthetic rows.

        The group and class of each row are drawn in the proportions of the real rows,
        as far as `conditions` leaves them open.

        Parameters
        ----------
        n_samples : int, default=None
            The number of rows; None stands for as many as were fitted, or as
            `conditions` has.
        conditions : dict or DataFrame, default=None
            What holds in every row, as ``{"race": "Asian", "y": 1}``, or a frame with
            one row for each sample. The keys are the names of the sensitive columns, or
            of the values given in their place ("sensitive_features" if these have no
            name), and the target's name ("y" if it has none).
        random_state : int, RandomState instance or None, default=None
            What draws. None draws from the resampler's own stream, which goes on from
            call to call.

        Returns
        -------
        X : DataFrame, ndarray or list of shape (n_samples, n_features)
            Synthetic rows, in the form of the X that was fitted.
        y : Series, DataFrame, ndarray or list of length n_samples
            Their classes, in the form of the y that was fitted.

        Raises
        ------
        NotFittedError
            If the resampler is not fitted.
        ValueError
            If no real row meets a condition, or a name or value in it is unknown.
        """
        check_is_fitted(self, "cell_counts_")
        n_samples = count_samples(n_samples, conditions, self.cell_counts_)
        stream = self.random_state_
        if random_state is not None:
            stream = check_random_state(random_state)
        group, label = draw_cells(self, n_samples, conditions, stream)
        drawn = self._draw_rows(group, label, stream, self._draw)
        self._remember_result(group, n_synthetic=n_samples)
        return self._table_form.restore(drawn), self._target_form.write(label)

    @abstractmethod
    def _learn(self, X, y, groups):
        """Learn the generator.

        Parameters
        ----------
        X : DataFrame of shape (n_samples, n_features)
            All features, sensitive columns too; not to be changed.
        y : ndarray of int of shape (n_samples,)
            The class of each row, as the position in `classes_`.
        groups : Groups
            The group of each row.
        """

    @abstractmethod
    def _draw(self, group, label, random_state):
        """Draw one row from each cell asked for.

        Parameters
        ----------
        group : ndarray of int of shape (n_rows,)
            The group of each row, as the position in `groups_`.
        label : ndarray of int of shape (n_rows,)
            The class of each row, as the position in `classes_`.
        random_state : RandomState
            What draws.

        Returns
        -------
        rows : DataFrame of shape (n_rows, n_features)
            Rows with the columns and dtypes of X. What stands in the sensitive columns
            is overwritten by the group's values.
        """

    def _draw_added(self, group, label, random_state):
        """Draw the rows that `fit_resample` adds; a resampler may know better ones."""
        return self._draw(group, label, random_state)

    def _cell_weights(self):
        """Return how often `sample` draws each cell, shape (n_groups, n_classes)."""
        return self.cell_counts_.to_numpy()

    def _check_input(self, X, y, sensitive_features):
        """Check everything, and set all fitted attributes but the generator's.

        Returns X with a fresh RangeIndex, the class of each row as a code, and groups.
        """
        frame = self._check_table(X)
        self._target_form, target = TargetForm.read(y)
        check_consistent_length(frame, target)
        self.classes_ = self._target_form.classes
        if len(self.classes_) < 2:
            raise ValueError(
                "The target 'y' needs to have more than 1 class. Got 1 class instead."
            )
        groups = resolve_groups(
            frame,
            selector=self._selector(X),
            values=sensitive_features,
            missing=self.missing_sensitive,
        )
        warn_of_columns(frame)
        counts = groups.cell_counts(target, len(self.classes_))
        self._plan_cells(frame, groups, counts, self.classes_[target])
        return frame, target, groups

    def _plan_cells(self, frame, groups, counts, y):
        self._set_cells(frame, groups, counts)
        self._set_plan(y)
        warn_of_cells(
            self.cell_counts_.to_numpy(),
            list(self.rows_owed_),
            min_size=self.min_cell_size,
            fate=self._fate_of_small_cells,
        )
        self.random_state_ = private_stream(self.random_state)

    def _check_table(self, X):
        self._refuse_on_disk(X)
        if isinstance(X, pd.DataFrame):
            check_frame(X)
            validate_data(self, X=X, reset=True, skip_check_array=True)
            self._table_form, frame = TableForm.read(X)
            return frame
        if hasattr(X, "to_pandas"):
            raise ValueError("X is no pandas table; pass X.to_pandas().")
        array = validate_data(
            self, X=X, reset=True, dtype=None, ensure_all_finite=False
        )
        self._table_form, frame = TableForm.read(X, array)
        check_frame(frame)
        return frame

    def _selector(self, X):
        """Return the selector; a callable is given X as the caller gave it."""
        if not callable(self.sensitive_features) or isinstance(X, pd.DataFrame):
            return self.sensitive_features
        return lambda _: self.sensitive_features(np.asarray(X))

    def _set_cells(self, frame, groups, counts):
        self._groups = groups
        self.groups_ = groups.labels
        self.cell_counts_ = pd.DataFrame(
            counts,
            index=groups.index,
            columns=pd.Index(self._target_form.labels, name=self._target_form.name),
        )
        self._sensitive_rows = frame.loc[groups.first_rows(), list(groups.columns)]

    def _set_plan(self, y):
        strategy = self.sampling_strategy
        if callable(strategy):
            strategy = strategy(y)
        if isinstance(strategy, Mapping):
            strategy = dict(strategy)
        class_rows = None
        if not asks_for_cells(strategy):
            class_rows = check_sampling_strategy(strategy, y, self._sampling_type)
        owed = rows_owed(
            strategy,
            self.cell_counts_.to_numpy(),
            self.groups_,
            self._target_form.labels,
            class_rows=class_rows,
            n_synthetic=self.n_synthetic,
        )
        self._set_owed(owed, class_rows or self._target_form.labels)

    def _set_owed(self, owed, classes):
        """Set what each cell is owed, and what that makes of the given classes."""
        self.rows_owed_ = owed
        rows = np.reshape(list(owed.values()), self.cell_counts_.shape).sum(axis=0)
        of_class = dict(zip(self._target_form.labels, rows.tolist(), strict=True))
        self.sampling_strategy_ = OrderedDict((c, of_class[c]) for c in classes)

    def _cells_owed(self):
        """Return group and class of each row owed, as two arrays of codes."""
        owed = np.array(list(self.rows_owed_.values()), dtype=np.intp)
        cell = np.repeat(np.arange(owed.size), owed)
        return np.divmod(cell, len(self.classes_))

    def _draw_rows(self, group, label, random_state, draw):
        """Draw rows and write their group's values into the sensitive columns."""
        if not len(group):
            return self._table_form.template
        with worker_threads():
            rows = draw(group, label, random_state).reset_index(drop=True)
        self._table_form.check(rows, n_rows=len(group))
        rows.columns = self._table_form.template.columns
        for name, values in self._sensitive_rows.items():
            rows[name] = values.iloc[group].set_axis(rows.index)
        return rows

    def _remember_result(self, codes, n_synthetic):
        self.synthetic_mask_ = np.arange(len(codes)) >= len(codes) - n_synthetic
        self.sensitive_features_ = self._groups.values(codes)

    def __sklearn_tags__(self):
        """Declare tables of any type, dense, with missing values."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        return tags
