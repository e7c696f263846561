"""How predictors read the X that they are given."""

import numpy as np
import pandas as pd
from sklearn.utils._indexing import _get_column_indices
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite, column_or_1d, validate_data

from fairsample.encoding import find_visit_column
from fairsample.messages import quote
from fairsample.validation import check_frame

__all__ = ["RecordsMixin", "check_classes", "check_records", "split_sensitive"]


class RecordsMixin:
    """An estimator that takes records as they are."""

    def __sklearn_tags__(self):
        """Declare frames of any column type, with missing values."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags


def check_records(estimator, X, *, reset):
    """Check X for an estimator and return it as a frame.

    Parameters
    ----------
    estimator : estimator
        Its ``n_features_in_`` and ``feature_names_in_`` are set or compared.
    X : {DataFrame, array-like} of shape (n_patients, n_features)
        Records; a numeric array counts as a frame without visit columns.
    reset : bool
        Whether the estimator is being fitted.

    Returns
    -------
    DataFrame
        X itself, or a frame with the columns ``x0``, ``x1``, ...

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> from fairsample.predictors.frames import check_records
    >>> check_records(BaseEstimator(), [[1.0, 2.0]], reset=True)
        x0   x1
    0  1.0  2.0
    """
    if isinstance(X, pd.DataFrame):
        check_frame(X)
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        return X
    X = validate_data(estimator, X, reset=reset, ensure_all_finite="allow-nan")
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])


def check_classes(estimator, y):
    """Check y for a classifier and return the class of each row as a code.

    Parameters
    ----------
    estimator : classifier
        Its ``classes_`` are set.
    y : array-like of shape (n_patients,)
        Classes.

    Returns
    -------
    ndarray of int of shape (n_patients,)
        Positions in ``classes_``.

    Raises
    ------
    ValueError
        If y is None, has missing values, is continuous, or has less than two classes.

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> from fairsample.predictors.frames import check_classes
    >>> check_classes(BaseEstimator(), ["well", "sick", "well"])
    array([1, 0, 1])
    """
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is "
            "None."
        )
    y = pd.Series(column_or_1d(y, warn=True)).infer_objects().to_numpy()
    assert_all_finite(y, input_name="y")
    if pd.isna(y).any():
        raise ValueError("y has missing values. Drop the rows without an outcome.")
    check_classification_targets(y)
    estimator.classes_, codes = np.unique(y, return_inverse=True)
    if len(estimator.classes_) < 2:
        raise ValueError(
            f"y has one class only, {estimator.classes_[0]!r}. There is nothing to "
            "predict."
        )
    return codes


def split_sensitive(frame, X, selector):
    """Split records into sensitive features and all else.

    Parameters
    ----------
    frame : DataFrame of shape (n_patients, n_features)
        Records.
    X : {DataFrame, array-like}
        The records as the caller gave them, for a callable selector.
    selector : str, int, list, mask, callable or None
        Names, positions or a mask of columns, which are taken out of the frame; or a
        callable that takes X and returns values, which leaves the frame as it is.

    Returns
    -------
    frame : DataFrame
        All else.
    sensitive : DataFrame or None
        The sensitive features.

    Raises
    ------
    ValueError
        If the selector names what is not there, nothing, a column twice or the visits,
        or if a callable returns another number of rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.predictors.frames import split_sensitive
    >>> frame = pd.DataFrame({"race": ["A"], "age": [50]})
    >>> rest, sensitive = split_sensitive(frame, frame, "race")
    >>> list(rest), list(sensitive)
    (['age'], ['race'])
    """
    if selector is None:
        return frame, None
    if callable(selector):
        sensitive = pd.DataFrame(selector(X))
    else:
        names = _selected_names(frame, selector)
        frame, sensitive = frame.drop(columns=names), frame[names]
    if len(sensitive) != len(frame):
        raise ValueError(
            f"sensitive_features gave {len(sensitive)} rows for {len(frame)} of X."
        )
    if find_visit_column(sensitive) is not None:
        raise ValueError(
            "sensitive_features selects the visit column. Name plain columns."
        )
    return frame, sensitive


def _selected_names(frame, selector):
    try:
        positions = _get_column_indices(frame, selector)
    except (ValueError, IndexError) as error:
        raise ValueError(
            f"sensitive_features={selector!r} does not fit X, whose columns are "
            f"{quote(frame.columns)}: {error}"
        ) from None
    if not positions or len(set(positions)) < len(positions):
        raise ValueError(
            f"sensitive_features={selector!r} selects "
            f"{'a column twice' if positions else 'no column'}. Name at least one "
            "column, each once, or give None."
        )
    return frame.columns[positions]
