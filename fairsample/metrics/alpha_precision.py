"""Precision and recall of synthetic rows, from typical ones to outliers."""

import numpy as np
import pandas as pd

from fairsample.metrics.table_columns import read_columns, take_rows
from fairsample.metrics.table_embedding import nearest_distances, position_features
from fairsample.training.estimator_seeds import stream_of

__all__ = ["alpha_precision_beta_recall"]

_LEVELS = (np.arange(200) + 0.5) / 200


def alpha_precision_beta_recall(
    real,
    synthetic,
    *,
    n_neighbors=1,
    numeric_features=None,
    max_rows=5000,
    random_state=None,
):
    """Whether synthetic rows are like real ones, and like all kinds of them.

    α-precision: let the α-support of the real rows be the ball around their mean that
    holds a share α of them, and ``P(α)`` the share of the synthetic rows in it. If both
    tables have the same distribution ``P(α) = α`` for all α; the score is
    ``1 - 2 * integral of |P(α) - α|``.

    β-recall: a real row is covered when its nearest synthetic row is no farther than
    its `n_neighbors`-th nearest real row. ``R(β)`` is the share of the real rows which
    are covered and whose nearest synthetic row is in the β-support of these nearest
    synthetic rows, around the mean of the synthetic rows. The score is
    ``1 - 2 * integral of |R(β) - β|``.

    Distances are Euclidean in this embedding, which stands in for the one-class network
    of the paper, so that nothing is trained and the scores can be repeated: a number is
    its rank among the real numbers, scaled to [0, 1], 0 and 1 beyond their range; a
    category a one-hot vector, scaled so that two categories are 1 apart; a missing
    value a category. Scores on other embeddings differ.

    With one neighbour, as in the authors' code, a fresh sample of the real
    distribution has a β-recall of about 0.5, and with 5 of about 0.97: compare with
    the score of held-out real rows.

    Parameters
    ----------
    real, synthetic : DataFrame
        Tables with the same columns, in any order.
    n_neighbors : int, default=1
        How many real neighbours the ball around a real row reaches to.
    numeric_features : list, default=None
        The columns to read as numbers; None for those columns of numbers or times with
        more than 20 distinct values in `real`.
    max_rows : int, default=5000
        Rows drawn from each table, where it has more.
    random_state : int, RandomState instance or None, default=None
        What draws them.

    Returns
    -------
    Series of shape (2,)
        `alpha_precision` and `beta_recall`, from 0 to 1, up to rounding by one row.

    Raises
    ------
    ValueError
        When the columns of the tables differ, or one cannot be read; when there are no
        more than `n_neighbors` real rows.

    References
    ----------
    .. [1] Alaa, van Breugel, Saveliev, van der Schaar, "How faithful is your synthetic
       data? Sample-level metrics for evaluating and auditing generative models", ICML
       2022.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.metrics import alpha_precision_beta_recall
    >>> real = pd.DataFrame({"dose": np.arange(100.0)})
    >>> alpha_precision_beta_recall(real, real).round(1).to_dict()
    {'alpha_precision': 1.0, 'beta_recall': 1.0}
    >>> alpha_precision_beta_recall(real, real + 1000).round(1).to_dict()
    {'alpha_precision': 0.0, 'beta_recall': 0.0}
    """
    columns = read_columns(numeric_features, real=real, synthetic=synthetic)
    if min(len(real), max_rows) <= n_neighbors:
        raise ValueError(
            f"n_neighbors={n_neighbors} needs more real rows than that. Got "
            f"{len(real)}, max_rows={max_rows}."
        )
    stream = stream_of(random_state)
    rows = [stream.permutation(len(table))[:max_rows] for table in (real, synthetic)]
    X_real, X_synthetic = position_features(take_rows(columns, rows), reference=[0])
    precision = _support_curve(X_real, X_synthetic, X_real.mean(axis=0))
    to_synthetic, nearest = nearest_distances(X_real, X_synthetic)
    to_real, _ = nearest_distances(X_real, X_real, n_neighbors)
    matched = X_synthetic[nearest]
    recall = _support_curve(
        matched, matched, X_synthetic.mean(axis=0), counted=to_synthetic <= to_real
    )
    return pd.Series(
        {"alpha_precision": _closeness(precision), "beta_recall": _closeness(recall)}
    )


def _support_curve(reference, rows, center, counted=True):
    """Share of the rows that count and are in the support of each level."""
    radii = np.quantile(np.linalg.norm(reference - center, axis=1), _LEVELS)
    inside = np.linalg.norm(rows - center, axis=1)[:, None] <= radii
    return (inside & np.broadcast_to(counted, len(rows))[:, None]).mean(axis=0)


def _closeness(curve):
    return float(1 - 2 * np.abs(curve - _LEVELS).mean())
