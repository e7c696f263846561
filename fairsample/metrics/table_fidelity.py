"""Fidelity of synthetic tables: columns one by one, and in pairs."""

import itertools
import warnings

import numpy as np
import pandas as pd
from sklearn.exceptions import UndefinedMetricWarning

from fairsample.messages import quote
from fairsample.metrics.table_columns import read_columns

__all__ = ["column_shapes", "pair_trends"]

_N_BINS = 10
_STRIDE = 1 << 32  # more than a column has codes
_ASSOCIATED = {"correlation similarity": 0.5, "contingency similarity": 0.3}


def column_shapes(real, synthetic, *, numeric_features=None):
    """Compare the distribution of every column with that of the real one.

    Numbers score the complement of the Kolmogorov-Smirnov statistic, the largest
    distance between the two distribution functions; categories the complement of the
    total variation distance, half the sum of the differences of their shares. 1 is the
    same distribution, 0 one without anything in common. Compare with held-out real
    rows if you can, and with the score that a second real sample of that size reaches:
    chance alone keeps it below 1.

    A missing value counts as a category. Of numbers the values that are there are
    compared, and a synthetic column without any scores 0; whether as many are missing
    is told apart, as `missing_similarity`.

    Parameters
    ----------
    real, synthetic : DataFrame
        Tables with the same columns, in any order.
    numeric_features : list, default=None
        The columns to compare as numbers; None for those columns of numbers or times
        with more than 20 distinct values in `real`.

    Returns
    -------
    DataFrame of shape (n_columns, 3)
        For each column its `metric`, its `score` and its `missing_similarity`, 1 minus
        the difference of the shares of missing values. The mean of the scores is what
        is reported as the "shape" of a table.

    Raises
    ------
    ValueError
        When the columns of the tables differ, or one cannot be read; it is named.

    See Also
    --------
    pair_trends : Pairs of columns.
    record_fidelity : The same question for records with visits.

    Notes
    -----
    The mean score equals that of the column shapes in sdmetrics' QualityReport, which
    drops missing categories where they have no name.

    References
    ----------
    .. [1] Patki, Wedge, Veeramachaneni, "The Synthetic Data Vault", DSAA 2016.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.metrics import column_shapes
    >>> real = pd.DataFrame({"age": [20, 30, 40, 50], "sex": ["F", "F", "M", "M"]})
    >>> synthetic = pd.DataFrame({"age": [20, 30, 40, 90], "sex": ["F", "F", "F", "M"]})
    >>> column_shapes(real, synthetic, numeric_features=["age"])
                   metric  score  missing_similarity
    column
    age     KS complement   0.75                 1.0
    sex     TV complement   0.75                 1.0
    """
    columns = read_columns(numeric_features, real=real, synthetic=synthetic)
    rows = []
    for column in columns:
        of_real, of_synthetic = (np.isnan(values).mean() for values in column.values)
        if column.is_number:
            metric, score = "KS complement", _ks_complement(*column.values)
        else:
            metric = "TV complement"
            score = _tv_complement(column.codes(0), column.codes(1))
        rows.append((metric, score, 1 - abs(of_real - of_synthetic)))
    return pd.DataFrame(
        rows,
        columns=["metric", "score", "missing_similarity"],
        index=pd.Index([column.name for column in columns], name="column"),
    )


def pair_trends(real, synthetic, *, numeric_features=None):
    """Compare how columns go together, pair by pair.

    Two columns of numbers score ``1 - |r - s| / 2``, r and s being Pearson's
    correlation in the real and in the synthetic table. Any other pair scores the
    complement of the total variation distance between the two contingency tables, for
    which numbers are cut into ten bins of equal width over each table's own range: one
    outlier shifts them. A missing value is a category, and a bin; correlations are
    those of the rows that have both numbers.

    Parameters
    ----------
    real, synthetic : DataFrame
        Tables with the same columns, in any order.
    numeric_features : list, default=None
        The columns to compare as numbers; None for those columns of numbers or times
        with more than 20 distinct values in `real`.

    Returns
    -------
    DataFrame of shape (n_columns * (n_columns - 1) / 2, 4)
        For each pair its `metric`, its `score`, the `association` of the columns in the
        real table (the absolute correlation, or Cramér's V) and whether that makes them
        `associated`: above 0.5 and 0.3. What is reported as the "trend" of a table is
        the mean score of all pairs, or of those associated; say which. Association and
        score are NaN, with an `UndefinedMetricWarning`, where a number is constant in
        the real table; where it is in the synthetic one, its correlation counts as 0.

    Raises
    ------
    ValueError
        When the columns of the tables differ, or one cannot be read; it is named.

    See Also
    --------
    column_shapes : Columns one by one.

    Notes
    -----
    Scores equal those of sdmetrics, but for synthetic columns that are constant, whose
    pairs it leaves out, and missing numbers, which it puts into the highest bin. The
    column pair trends of its QualityReport are the mean of all pairs in older versions
    and that of associated pairs in version 0.32: published values may be either.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.metrics import pair_trends
    >>> real = pd.DataFrame({"age": [20, 30, 40, 50], "dose": [1, 2, 3, 4]})
    >>> synthetic = real.assign(dose=[4, 3, 2, 1])
    >>> pair_trends(real, synthetic, numeric_features=["age", "dose"])
                                    metric  score  association  associated
    first second
    age   dose      correlation similarity    0.0          1.0        True
    """
    columns = read_columns(numeric_features, real=real, synthetic=synthetic)
    codes = {
        column.name: [
            _binned(column.values[i]) if column.is_number else column.codes(i)
            for i in range(2)
        ]
        for column in columns
    }
    pairs, rows = [], []
    for one, other in itertools.combinations(columns, 2):
        pairs.append((one.name, other.name))
        if one.is_number and other.is_number:
            correlations = map(_correlation, one.values, other.values)
            rows.append(
                ("correlation similarity", *_compare_correlations(*correlations))
            )
        else:
            tables = map(_joint_codes, codes[one.name], codes[other.name])
            score = _tv_complement(*tables)
            association = _cramers_v(codes[one.name][0], codes[other.name][0])
            rows.append(("contingency similarity", score, association))
    index = pd.MultiIndex.from_tuples(pairs, names=["first", "second"])
    trends = pd.DataFrame(rows, columns=["metric", "score", "association"], index=index)
    trends["associated"] = trends["association"] > trends["metric"].map(_ASSOCIATED)
    undefined = trends.index[trends["score"].isna()]
    if len(undefined):
        warnings.warn(
            "pair_trends sets to NaN the score of columns one of which is constant in "
            f"the real rows that have both: {quote(undefined)}.",
            UndefinedMetricWarning,
            stacklevel=2,
        )
    return trends


def _ks_complement(real, synthetic):
    real, synthetic = (np.sort(v[~np.isnan(v)]) for v in (real, synthetic))
    if not len(real) or not len(synthetic):
        return float(len(real) == len(synthetic))
    points = np.concatenate([real, synthetic])
    distribution = [
        np.searchsorted(values, points, side="right") / len(values)
        for values in (real, synthetic)
    ]
    return float(1 - np.abs(distribution[0] - distribution[1]).max())


def _tv_complement(real, synthetic):
    _, codes = np.unique(np.concatenate([real, synthetic]), return_inverse=True)
    shares = [
        np.bincount(part, minlength=codes.max() + 1) / len(part)
        for part in (codes[: len(real)], codes[len(real) :])
    ]
    return float(np.minimum(*shares).sum())


def _binned(values):
    missing = np.isnan(values)
    if missing.all():
        return np.zeros(len(values), dtype=int)
    edges = np.histogram_bin_edges(values[~missing], bins=_N_BINS)
    return np.where(missing, 0, np.digitize(values, edges))


def _joint_codes(one, other):
    return one * _STRIDE + other


def _correlation(first, second):
    complete = ~np.isnan(first) & ~np.isnan(second)
    first, second = first[complete], second[complete]
    if not len(first) or np.ptp(first) == 0 or np.ptp(second) == 0:
        return np.nan
    return np.corrcoef(first, second)[0, 1]


def _compare_correlations(real, synthetic):
    similarity = 1 - abs(real - np.nan_to_num(synthetic)) / 2
    return float(similarity), float(abs(real))


def _cramers_v(one, other):
    """Association of two columns of codes; 0 if one of them is constant."""
    sizes = [np.bincount(codes) for codes in (one, other)]
    n_levels = [np.count_nonzero(size) for size in sizes]
    if min(n_levels) < 2:
        return 0.0
    joint, counts = np.unique(_joint_codes(one, other), return_counts=True)
    expected = sizes[0][joint // _STRIDE] * sizes[1][joint % _STRIDE].astype(float)
    phi_squared = max((counts**2 / expected).sum() - 1, 0.0)
    return float(np.sqrt(phi_squared / (min(n_levels) - 1)))
