"""Copy rows until the classes are even within each group."""

import numpy as np

from fairsample.base import BaseFairResampler

__all__ = ["GroupRandomOverSampler"]


class GroupRandomOverSampler(BaseFairResampler):
    """Over-sample by copying rows, group by group.

    The cheapest fair resampler, and the one that a generator has to beat: every row
    that a cell (a group and a class) is owed is a copy of one of its real rows, drawn
    with replacement. By default rows are copied until, within each group, all classes
    are as large as that group's largest.

    Copies hold no information that the real rows do not hold. A cell of a few rows is
    repeated many times, so flexible models memorise it, and each copy discloses a real
    row in full.

    Parameters
    ----------
    sensitive_features : str, int, list, mask or callable, default=None
        The columns of X that hold the sensitive features: a name, a position, a list of
        either, a mask with one bool for each column, or a callable that takes X and
        returns the values. Several columns make intersectional groups. Values can be
        given at call time instead, and win.
    sampling_strategy : str, float, dict or callable, default="groups"
        How many rows each cell is owed: ``"groups"``, ``"cells"``, ``"parity"``,
        ``"proportional"``, whatever the over-samplers of imbalanced-learn take, or a
        dict of class, or of ``(group, class)``, to final count. See
        :class:`~fairsample.base.BaseFairResampler`.
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
    sample_indices_ : ndarray of int of shape (n_rows,)
        The row of X that each row of the last `fit_resample` is, or is a copy of.
    synthetic_mask_ : ndarray of bool of shape (n_rows,)
        True for the copies in the last result.
    sensitive_features_ : Series or DataFrame of n_rows rows
        The sensitive features of the rows of the last result.
    n_features_in_ : int
        The number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The names of the columns of X, if they are all strings.

    See Also
    --------
    imblearn.over_sampling.RandomOverSampler : Copies rows of the smaller classes
        without looking at groups.
    fairsample.FairSynthResampler : Generates new rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample import GroupRandomOverSampler
    >>> X = pd.DataFrame({"sex": ["F"] * 60 + ["M"] * 60, "age": range(120)})
    >>> y = pd.Series(([0] * 50 + [1] * 10) + ([0] * 40 + [1] * 20), name="died")
    >>> resampler = GroupRandomOverSampler("sex", random_state=0)
    >>> X_resampled, y_resampled = resampler.fit_resample(X, y)
    >>> pd.crosstab(X_resampled["sex"], y_resampled)
    died   0   1
    sex
    F     50  50
    M     40  40
    >>> dict(resampler.rows_owed_)
    {('F', 0): 0, ('F', 1): 40, ('M', 0): 0, ('M', 1): 20}
    """

    _fate_of_small_cells = "copied as they are, so that few distinct rows are repeated"

    _of_last_result = (
        *BaseFairResampler._of_last_result,
        "_copied_rows",
        "sample_indices_",
    )

    _parameter_constraints: dict = {**BaseFairResampler._parameter_constraints}

    def __init__(
        self,
        sensitive_features=None,
        *,
        sampling_strategy="groups",
        n_synthetic=None,
        missing_sensitive="error",
        random_state=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.sensitive_features = sensitive_features
        self.n_synthetic = n_synthetic
        self.missing_sensitive = missing_sensitive
        self.random_state = random_state

    def _fit_resample(self, X, y, sensitive_features=None):
        resampled = super()._fit_resample(X, y, sensitive_features)
        self.sample_indices_ = np.append(self.sample_indices_, self._copied_rows)
        return resampled

    def _learn(self, X, y, groups):
        cell = groups.codes * len(self.classes_) + y
        self._rows = X.copy()
        self._rows_by_cell = np.argsort(cell, kind="stable")
        counts = np.bincount(cell, minlength=len(groups) * len(self.classes_))
        self._cell_ends = np.cumsum(counts)
        self._cell_starts = self._cell_ends - counts
        self._copied_rows = np.empty(0, dtype=np.intp)
        self.sample_indices_ = np.arange(len(X))

    def _draw(self, group, label, random_state):
        cell = group * len(self.classes_) + label
        at = random_state.randint(self._cell_starts[cell], self._cell_ends[cell])
        self._copied_rows = self._rows_by_cell[at]
        return self._rows.iloc[self._copied_rows]

    def __sklearn_tags__(self):
        """Declare that the rows copied are told."""
        tags = super().__sklearn_tags__()
        tags.sampler_tags.sample_indices = True
        return tags
