"""Rows of tables as points, and the distances between them."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

__all__ = ["nearest_distances", "position_features"]

_RESOLUTION = 1e-6  # distances are differences of products, and inexact below


def position_features(columns, reference):
    """Embed the rows of tables where Euclidean distances make sense.

    A number becomes its position among the numbers of the reference, between 0 and 1
    (its mid-rank; halfway where it is missing), so that the two ends of a column are 1
    apart whatever its unit and tail. A category becomes a one-hot vector divided by
    the square root of 2, so that two categories are 1 apart, too; a missing value is a
    category of its own, for numbers as well.

    Parameters
    ----------
    columns : list of TableColumn
        The columns.
    reference : list of int
        Positions of the tables that numbers are ranked among.

    Returns
    -------
    list of ndarray of shape (n_rows, n_dimensions)
        For each table its rows.
    """
    tables = range(len(columns[0].values))
    parts = [[] for _ in tables]
    for column in columns:
        if column.is_number:
            known = np.sort(np.concatenate([column.values[i] for i in reference]))
            known = known[~np.isnan(known)]
        missing = np.isnan(np.concatenate(column.values)).any()
        for i in tables:
            if not column.is_number:
                parts[i].append(np.eye(column.n_categories + 1)[column.codes(i)])
                continue
            parts[i].append(_position(column.values[i], known)[:, None] * np.sqrt(2))
            if missing:
                parts[i].append(np.eye(2)[np.isnan(column.values[i]).astype(int)])
    return [np.hstack(part) / np.sqrt(2) for part in parts]


def nearest_distances(rows, targets, n_neighbors=1):
    """Measure how far the nearest targets are.

    Parameters
    ----------
    rows, targets : ndarray of shape (n_rows, n_dimensions)
        Points; the same array leaves each point itself out of its neighbours.
    n_neighbors : int, default=1
        How many targets are looked for.

    Returns
    -------
    distances : ndarray of shape (n_rows,)
        Distance to the last of the neighbours, a multiple of 1e-6, so that equal
        distances compare equal.
    nearest : ndarray of int of shape (n_rows,)
        Position in `targets` of the nearest one.

    Examples
    --------
    >>> import numpy as np
    >>> from fairsample.metrics.table_embedding import nearest_distances
    >>> nearest_distances(np.array([[0.0], [4.0]]), np.array([[1.0], [2.0]]))
    (array([1., 2.]), array([0, 1]))
    """
    neighbors = NearestNeighbors(n_neighbors=n_neighbors).fit(targets)
    distances, nearest = neighbors.kneighbors(None if rows is targets else rows)
    return np.round(distances[:, -1] / _RESOLUTION) * _RESOLUTION, nearest[:, 0]


def _position(values, known):
    below = np.searchsorted(known, values, side="left")
    up_to = np.searchsorted(known, values, side="right")
    position = (below + up_to) / (2 * max(len(known), 1))
    return np.where(np.isnan(values), 0.5, position)
