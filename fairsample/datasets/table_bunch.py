"""The shape in which every loader hands out its table."""

import numpy as np
from sklearn.utils import Bunch

__all__ = ["table_bunch"]


def table_bunch(
    X, y, *, sensitive, target_names, description, return_X_y, as_frame=True, **more
):
    """Return a table as scikit-learn's loaders do.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        The features.
    y : Series of shape (n_samples,) or None
        The outcome, 0 or 1, with the same index as `X`; None if there is none.
    sensitive : str
        Column of `X` with the sensitive attribute.
    target_names : list of str or None
        What 0 and 1 stand for.
    description : str
        Text for ``DESCR``.
    return_X_y : bool
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=True
        Return pandas objects; otherwise numpy arrays.
    **more : object
        Further entries of the Bunch.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple of (data, target)
    """
    data, target = X, y
    if not as_frame:
        data, target = X.to_numpy(), None if y is None else y.to_numpy()
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=_with_outcome(X, y) if as_frame else None,
        feature_names=list(X.columns),
        target_names=None
        if target_names is None
        else np.array(target_names, dtype=object),
        sensitive=sensitive,
        DESCR=description,
        **more,
    )


def _with_outcome(X, y):
    return X if y is None else X.assign(**{y.name: y})
