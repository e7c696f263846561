"""SMOTENC for tables as they are: any dtypes, with missing values."""

from collections import OrderedDict
from numbers import Integral

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import check_sampling_strategy
from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype
from sklearn.base import _fit_context
from sklearn.utils import check_consistent_length
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import validate_data

from fairsample.encoding.visit_cells import is_visit_column
from fairsample.messages import quote
from fairsample.planning import rows_owed
from fairsample.table_form import TableForm
from fairsample.target_form import TargetForm
from fairsample.validation import check_frame

__all__ = ["FrameSMOTENC"]


class FrameSMOTENC(BaseOverSampler):
    """Even the classes by imbalanced-learn's SMOTENC, on a table as it is.

    SMOTENC wants numbers without missing values and categories of the category dtype.
    Here it is given medians in place of missing numbers, missing categories as a
    category of their own, and whatever is no number as a category; a table of numbers
    alone goes to SMOTE, one of categories alone to SMOTEN. Real rows come back as they
    are. In new ones numbers are rounded where the column holds integers, and are never
    missing unless the whole column is.

    It looks at classes only: within groups the classes stay as uneven as they were.
    Rows between two patients may be rows that no patient could be.

    Parameters
    ----------
    sampling_strategy : str, float, dict or callable, default="auto"
        How many rows each class is owed, as in imbalanced-learn's over-samplers.
    n_synthetic : int, default=None
        Scale the plan to this many rows.
    k_neighbors : int, default=5
        Of how many neighbours of its class one is drawn. A class that is owed rows
        needs one row more than that.
    random_state : int, RandomState instance or None, default=None
        What draws.

    Attributes
    ----------
    sampling_strategy_ : OrderedDict
        Class -> rows to generate.
    synthetic_mask_ : ndarray of bool of shape (n_rows,)
        True for the synthetic rows of the last result.
    n_features_in_ : int
        The number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The names of the columns of X, if they are all strings.

    See Also
    --------
    imblearn.over_sampling.SMOTENC : What does the work.
    GroupRandomOverSampler : Evens the classes within every group.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.oversampling import FrameSMOTENC
    >>> X = pd.DataFrame({"sex": list("FM") * 20, "age": [*range(39), None]})
    >>> y = pd.Series([0] * 30 + [1] * 10, name="died")
    >>> X_resampled, y_resampled = FrameSMOTENC(random_state=0).fit_resample(X, y)
    >>> y_resampled.value_counts().to_dict()
    {0: 30, 1: 30}
    """

    _parameter_constraints: dict = {
        **BaseOverSampler._parameter_constraints,
        "n_synthetic": [Interval(Integral, 0, None, closed="left"), None],
        "k_neighbors": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        n_synthetic=None,
        k_neighbors=5,
        random_state=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.n_synthetic = n_synthetic
        self.k_neighbors = k_neighbors
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Check the data and plan the rows, without making any.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            The features.
        y : array-like of shape (n_samples,)
            The classes.

        Returns
        -------
        self : object
            The sampler.
        """
        self._read(X, y)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_resample(self, X, y):
        """Put new rows of the smaller classes below the real ones.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            The features, of any type but visits, with missing values or without.
        y : array-like of shape (n_samples,)
            The classes.

        Returns
        -------
        X_resampled : DataFrame, ndarray or list of shape (n_rows, n_features)
            The real rows, unchanged, and the synthetic rows below them, with the
            columns and dtypes of X. A DataFrame gets a fresh RangeIndex.
        y_resampled : Series, DataFrame, ndarray or list of length n_rows
            Their classes, in the form of y.

        Raises
        ------
        ValueError
            When X has visit columns, or a class that is owed rows has too few.
        """
        return self._fit_resample(X, y)

    def _fit_resample(self, X, y):
        table_form, frame, target_form, target = self._read(X, y)
        owed = list(self.sampling_strategy_.values())
        prepared, levels = _prepare(frame)
        wanted = np.bincount(target) + np.array(owed)
        sampler = _sampler_of(prepared).set_params(
            sampling_strategy=dict(enumerate(wanted.tolist())),
            k_neighbors=self.k_neighbors,
            random_state=self.random_state,
        )
        made, labels = sampler.fit_resample(prepared, target)
        made, labels = made.iloc[len(frame) :], labels[len(frame) :]
        new = pd.DataFrame(
            {
                name: _restore(made[name], frame[name].dtype, levels.get(name))
                for name in frame
            },
            columns=frame.columns,
        )
        self.synthetic_mask_ = np.arange(len(target) + len(labels)) >= len(target)
        return table_form.append(X, new), target_form.append(y, labels)

    def _read(self, X, y):
        """Check everything, and tell how many rows each class is owed."""
        target_form, target = TargetForm.read(y)
        table_form, frame = self._read_table(X)
        check_consistent_length(frame, target)
        class_rows = check_sampling_strategy(
            self.sampling_strategy, target_form.classes[target], self._sampling_type
        )
        owed = rows_owed(
            "auto",
            np.bincount(target)[np.newaxis],
            ["all"],
            target_form.labels,
            class_rows=class_rows,
            n_synthetic=self.n_synthetic,
        )
        self.sampling_strategy_ = OrderedDict(
            (label, rows) for (_, label), rows in owed.items()
        )
        return table_form, frame, target_form, target

    def _read_table(self, X):
        if isinstance(X, pd.DataFrame):
            check_frame(X)
            visits = [name for name, column in X.items() if is_visit_column(column)]
            if visits:
                raise ValueError(
                    f"FrameSMOTENC cannot go between the visits in {quote(visits)}. "
                    "Drop the columns, or use GroupRandomOverSampler or "
                    "FairSynthResampler."
                )
            validate_data(self, X=X, reset=True, skip_check_array=True)
            return TableForm.read(X)
        array = validate_data(
            self, X=X, reset=True, dtype=None, ensure_all_finite="allow-nan"
        )
        return TableForm.read(X, array)

    def __sklearn_tags__(self):
        """Declare tables of any type, dense, with missing values."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        return tags


def _prepare(frame):
    """Return numbers without gaps beside codes of categories, and what these mean."""
    levels, columns = {}, {}
    for name, column in frame.items():
        numeric = is_numeric_dtype(column.dtype) and not is_bool_dtype(column.dtype)
        if numeric and column.notna().any():
            numbers = column.to_numpy(dtype=float, na_value=np.nan)
            columns[name] = np.where(np.isnan(numbers), np.nanmedian(numbers), numbers)
        else:
            codes, levels[name] = pd.factorize(column)
            columns[name] = pd.Categorical(codes)
    return pd.DataFrame(columns, columns=frame.columns), levels


def _sampler_of(prepared):
    categories = [isinstance(d, pd.CategoricalDtype) for d in prepared.dtypes]
    if all(categories):
        return SMOTEN()
    return SMOTENC(categories) if any(categories) else SMOTE()


def _restore(made, dtype, levels):
    if levels is not None:
        codes = made.astype(int).to_numpy()
        return pd.Series(levels).reindex(codes).array.astype(dtype)
    if is_integer_dtype(dtype):
        made = np.rint(made)
    return made.astype(dtype).array
