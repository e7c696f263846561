"""The shape in which every loader hands out its table."""

import numpy as np
from sklearn.utils import Bunch

__all__ = ["table_bunch"]


def table_bunch(
    X, y, *, sensitive, target_names, description, return_X_y, as_frame, **more
):
    """Return a table as scikit-learn's loaders do.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
        The features.
    y : Series of shape (n_samples,)
        The outcome, 0 or 1, with the same index as `X`.
    sensitive : str
        Column of `X` with the sensitive attribute.
    target_names : list of str
        What 0 and 1 stand for.
    description : str
        Text for ``DESCR``.
    return_X_y : bool
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool
        Return pandas objects; otherwise numpy arrays.
    **more : object
        Further entries of the Bunch.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple of (data, target)
    """
    data, target = (X, y) if as_frame else (X.to_numpy(), y.to_numpy())
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=X.assign(**{y.name: y}) if as_frame else None,
        feature_names=list(X.columns),
        target_names=np.array(target_names, dtype=object),
        sensitive=sensitive,
        DESCR=description,
        **more,
    )
