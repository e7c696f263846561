"""The groups of rows to predict for, as far as they were there in fit."""

import numpy as np
import pandas as pd

from fairsample.groups import MISSING, values_as_table

__all__ = ["known_groups"]


def known_groups(groups, frame, X, *, selector=None, values=None, missing="error"):
    """Find the group of each row among those that were there in fit.

    Parameters
    ----------
    groups : Groups
        As `fairsample.groups.resolve_groups` gave them in fit.
    frame : DataFrame of shape (n, n_features)
        The features.
    X : {DataFrame, array-like}
        The features as the caller gave them, for a callable selector.
    selector : object, default=None
        What selected the sensitive features in fit.
    values : array-like of shape (n,) or (n, n_sensitive), default=None
        The sensitive features themselves, which win.
    missing : {"error", "group"}, default="error"
        Whether rows without a value belong to the group called "missing".

    Returns
    -------
    ndarray of int of shape (n,)
        Positions in ``groups.labels``, -1 for a group that was not there.

    Raises
    ------
    ValueError
        If there are no values, or they have another shape than in fit.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.groups import resolve_groups
    >>> from fairsample.predictors.known_groups import known_groups
    >>> X = pd.DataFrame({"sex": ["F", "M", "F"]})
    >>> groups = resolve_groups(X, selector="sex")
    >>> unseen = pd.DataFrame({"sex": ["M", "other"]})
    >>> known_groups(groups, unseen, unseen)
    array([ 1, -1])
    """
    if values is not None:
        table = values_as_table(values)
    elif groups.columns:
        table = frame[list(groups.columns)]
    elif callable(selector):
        table = values_as_table(selector(X))
    else:
        raise ValueError(
            "The sensitive features were given to fit as values: give those of X too, "
            "as predict(X, sensitive_features=values)."
        )
    if table.shape != (len(frame), len(groups.names)):
        raise ValueError(
            f"The sensitive features have the shape {table.shape}; expected "
            f"{(len(frame), len(groups.names))}."
        )
    table = table.astype(object)
    if missing == "group":
        table = table.where(table.notna(), MISSING)
    if len(groups.names) == 1:
        return groups.index.get_indexer(table.iloc[:, 0])
    return np.asarray(groups.index.get_indexer(pd.MultiIndex.from_frame(table)))
