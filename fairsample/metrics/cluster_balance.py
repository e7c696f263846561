"""Balance of the groups within clusters of rows, as an adversary sees the groups."""

import warnings

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn.mixture import GaussianMixture

from fairsample.metrics.sensitive_columns import split_attribute
from fairsample.metrics.table_columns import (
    boosting_features,
    check_tables,
    read_columns,
    take_rows,
)
from fairsample.training.estimator_seeds import draw_seed, stream_of

__all__ = ["adversarial_cluster_balance"]


def adversarial_cluster_balance(
    real,
    synthetic,
    sensitive_features,
    *,
    n_clusters=8,
    n_components=5,
    normalized=True,
    min_cluster_size=30,
    numeric_features=None,
    max_rows=10_000,
    random_state=None,
):
    """Balance of the groups in the worst cluster, with the groups that rows look like.

    A generator that gives its rows groups at random passes every test that looks at the
    groups given, while the rows still are of one group's kind or another's. So an
    adversary, gradient boosting that has learned on the real rows to tell the groups
    by the other columns, assigns every synthetic row the group it looks like. Then:

    1. Synthetic rows, without the sensitive features, become points by factor analysis
       of mixed data: the first principal components of standardised numbers and of
       one-hot categories divided by the square root of their share.
    2. A Gaussian mixture with full covariances, the likeliest of three fits, parts them
       into clusters.
    3. With s the share of each assigned group in a cluster, divided by its share in the
       whole table if `normalized`, the cluster's balance is the lowest s of any group
       divided by the highest. The result is the lowest balance of any cluster.

    1 means that every cluster is composed like the table (or, not normalised, that
    groups are equally frequent), 0 that in some cluster nobody looks like one of the
    groups. The adversary weighs groups equally in training. The publication that this
    metric is from leaves open what the adversary learns from, how many clusters and
    components there are, and how balances are normalised: compare values of one setting
    only, such as with that of held-out real rows given as `synthetic`. A minimum over
    clusters jumps from one fit to the next: take the mean of several `random_state`.

    Parameters
    ----------
    real : DataFrame
        Real rows that the adversary learns from.
    synthetic : DataFrame
        The rows to judge, with the same columns, in any order. The groups that it gives
        its rows are not looked at.
    sensitive_features : str or list of str
        The protected columns. Several make intersectional groups.
    n_clusters : int, default=8
        Components of the Gaussian mixture.
    n_components : int, default=5
        Dimensions of the factor analysis; fewer if there are no more.
    normalized : bool, default=True
        Whether shares are relative to those in the whole table. If not, the balance
        cannot exceed the rarest group's share divided by the largest group's.
    min_cluster_size : int, default=30
        Rows that a cluster needs to be measured: in a few rows a group is missing by
        chance.
    numeric_features : list, default=None
        The columns to read as numbers; None for those columns of numbers or times with
        more than 20 distinct values in `real`.
    max_rows : int, default=10000
        Rows drawn from each table, where it has more.
    random_state : int, RandomState instance or None, default=None
        What draws rows, and seeds adversary and clusters.

    Returns
    -------
    float
        The lowest balance; NaN with an `UndefinedMetricWarning` when no cluster is
        large enough.

    Raises
    ------
    ValueError
        When the columns of the tables differ, or one cannot be read; when a sensitive
        feature is no column, has missing values, one group, or leaves no other column;
        when there are fewer synthetic rows than clusters.

    See Also
    --------
    attribute_balanced_error_rate : Whether columns tell the group that rows were given.

    References
    ----------
    .. [1] Hyrup, Panagiotou, Roy, Zimek, Ntoutsi, Schneider-Kamp, "Achieving
       Hilbert-Schmidt independence under Rényi differential privacy for fair and
       private data generation", 2025, arXiv:2508.21815 (A-NCB).
    .. [2] Chierichetti, Kumar, Lattanzi, Vassilvitskii, "Fair clustering through
       fairlets", NeurIPS 2017, on the balance of a cluster.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.metrics import adversarial_cluster_balance
    >>> rng = np.random.default_rng(0)
    >>> sex = np.repeat(["F", "M"], 100)
    >>> height = rng.normal(np.where(sex == "F", 165, 178), 2)
    >>> real = pd.DataFrame({"sex": sex, "height": height})
    >>> random_sex = real.assign(sex=rng.permutation(sex))
    >>> adversarial_cluster_balance(
    ...     real, random_sex, "sex", n_clusters=2, random_state=0
    ... )
    0.0
    """
    check_tables(real=real, synthetic=synthetic)
    of_real, groups = split_attribute(real, sensitive_features)
    columns = read_columns(
        numeric_features, real=of_real, synthetic=synthetic[of_real.columns]
    )
    stream = stream_of(random_state)
    rows = [stream.permutation(len(table))[:max_rows] for table in (real, synthetic)]
    if len(rows[1]) < n_clusters:
        raise ValueError(
            f"n_clusters={n_clusters} needs as many synthetic rows. Got "
            f"{len(synthetic)}, max_rows={max_rows}."
        )
    columns = take_rows(columns, rows)
    adversary = HistGradientBoostingClassifier(
        class_weight="balanced", random_state=draw_seed(stream)
    ).fit(boosting_features(columns, 0), groups.codes[rows[0]])
    assigned = adversary.predict(boosting_features(columns, 1))
    clusters = _cluster(
        _factor_analysis(columns, 1, n_components), n_clusters, draw_seed(stream)
    )
    counts = np.zeros((n_clusters, len(groups)))
    np.add.at(counts, (clusters, assigned), 1)
    return _lowest_balance(counts, min_cluster_size, normalized)


def _factor_analysis(columns, table, n_components):
    """Coordinates of one table's rows by factor analysis of mixed data."""
    parts = []
    for column in columns:
        if column.is_number:
            values = column.values[table]
            missing = np.isnan(values)
            spread = np.std(values[~missing]) if not missing.all() else 0.0
            if spread > 0:
                centered = (values - values[~missing].mean()) / spread
                parts.append(np.where(missing, 0.0, centered)[:, None])
            if missing.any():
                parts.append(_scaled_indicators(missing.astype(int)))
        else:
            parts.append(_scaled_indicators(column.codes(table)))
    points = np.hstack(parts) if parts else np.zeros((len(columns[0].values[table]), 1))
    n_components = min(n_components, *points.shape)
    return PCA(n_components, svd_solver="full").fit_transform(points)


def _scaled_indicators(codes):
    _, codes = np.unique(codes, return_inverse=True)
    share = np.bincount(codes) / len(codes)
    return np.eye(len(share))[codes] / np.sqrt(share)


def _cluster(points, n_clusters, seed):
    mixture = GaussianMixture(n_clusters, n_init=3, reg_covar=1e-3, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # clusters are what counts
        return mixture.fit_predict(points)


def _lowest_balance(counts, min_cluster_size, normalized):
    """Lowest balance of the clusters, given the rows of each group in each."""
    measured = counts[counts.sum(axis=1) >= min_cluster_size]
    if not len(measured):
        warnings.warn(
            "adversarial_cluster_balance is undefined and set to NaN: no cluster has "
            f"{min_cluster_size} rows.",
            UndefinedMetricWarning,
            stacklevel=3,
        )
        return float("nan")
    if (counts.sum(axis=0) == 0).any():
        return 0.0
    shares = measured / counts.sum(axis=0) if normalized else measured
    return float((shares.min(axis=1) / shares.max(axis=1)).min())
