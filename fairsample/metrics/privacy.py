"""How close synthetic rows are to the rows that trained their generator."""

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from fairsample.metrics.table_columns import check_tables, read_columns, take_rows
from fairsample.metrics.table_embedding import nearest_distances, position_features
from fairsample.training.estimator_seeds import stream_of

__all__ = ["membership_inference_auc", "nearest_record_shares"]


def nearest_record_shares(
    train,
    holdout,
    synthetic,
    *,
    numeric_features=None,
    max_rows=5000,
    random_state=None,
):
    """Shares of synthetic rows that are nearer to training rows than to unseen ones.

    **This is no proof of privacy**, whatever it says. It finds a generator that copies
    its training rows, and nothing subtler: tables that pass have been attacked with
    success, and single people can be exposed where averages look well. What bounds
    the risk of every row is differential privacy, in the generator. Use these shares to
    find faults, never to call a table safe.

    Each synthetic row's nearest real row is looked for among as many training as
    holdout rows, by Euclidean distance: a number is its rank among the real numbers,
    scaled to [0, 1]; two categories are 1 apart; a missing value is a category.

    Parameters
    ----------
    train : DataFrame
        The real rows that the generator has seen.
    holdout : DataFrame
        Real rows from the same source that it has not seen.
    synthetic : DataFrame
        Its rows. All tables have the same columns, in any order.
    numeric_features : list, default=None
        The columns to read as numbers; None for those columns of numbers or times with
        more than 20 distinct values in `train`.
    max_rows : int, default=5000
        Synthetic rows drawn, where there are more. Real rows are all looked at, but of
        the larger of the two tables only as many as the other has.
    random_state : int, RandomState instance or None, default=None
        What draws them.

    Returns
    -------
    Series of shape (3,)
        `nearer_to_train`, the share of the synthetic rows that are nearer to a training
        than to any holdout row, ties counted half: 0.5 where nothing is memorised.
        `copies_of_train` and `copies_of_holdout`, the shares that equal a training or a
        holdout row: where columns are few and coarse some do by chance, as often those
        as these.

    Raises
    ------
    ValueError
        When the columns of the tables differ, or one cannot be read; it is named.

    See Also
    --------
    membership_inference_auc : The same distances from the attacker's side.

    References
    ----------
    .. [1] Ganev, De Cristofaro, "On the inadequacy of similarity-based privacy
       metrics", 2023, arXiv:2312.05114, on what such shares cannot show.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.metrics import nearest_record_shares
    >>> rng = np.random.default_rng(0)
    >>> train, holdout = (pd.DataFrame({"dose": rng.normal(size=99)}) for _ in range(2))
    >>> nearest_record_shares(train, holdout, train).to_dict()
    {'nearer_to_train': 1.0, 'copies_of_train': 1.0, 'copies_of_holdout': 0.0}
    """
    tables = {"train": train, "holdout": holdout, "synthetic": synthetic}
    check_tables(**tables)
    n_real = min(len(train), len(holdout))
    known, unknown, rows = _embed(
        tables, numeric_features, (n_real, n_real, max_rows), random_state
    )
    to_train, to_holdout = (nearest_distances(rows, X)[0] for X in (known, unknown))
    nearer = (to_train < to_holdout).mean() + 0.5 * (to_train == to_holdout).mean()
    return pd.Series(
        {
            "nearer_to_train": float(nearer),
            "copies_of_train": float((to_train == 0).mean()),
            "copies_of_holdout": float((to_holdout == 0).mean()),
        }
    )


def membership_inference_auc(
    train,
    holdout,
    synthetic,
    *,
    level=0.95,
    numeric_features=None,
    max_rows=5000,
    random_state=None,
):
    """Area under the ROC curve of an attack that tells who was a training row.

    The attacker has the synthetic rows and a real row, and says "it was trained on" the
    surer the nearer the nearest synthetic row is. The AUC of that is 0.5 where the
    attack learns nothing. **That is no proof of privacy**: this is one attack, weak
    against single odd rows, and an AUC of 0.5 shows that it failed, not that all fail.
    An interval above 0.5 shows that membership leaks.

    Parameters
    ----------
    train : DataFrame
        The real rows that the generator has seen: the members.
    holdout : DataFrame
        Real rows from the same source that it has not seen: the others. A split at
        random; if they differ from `train` by time or place, that is what is found.
    synthetic : DataFrame
        Its rows. All tables have the same columns, in any order.
    level : float, default=0.95
        How often the interval is to hold the attack's AUC over samples of members and
        others; that another run of the generator would differ is not in it.
    numeric_features : list, default=None
        The columns to read as numbers; None for those columns of numbers or times with
        more than 20 distinct values in `train`.
    max_rows : int, default=5000
        Training and holdout rows drawn, where there are more; as many of each.
        Synthetic rows are all looked at.
    random_state : int, RandomState instance or None, default=None
        What draws them.

    Returns
    -------
    Series of shape (3,)
        `auc`, and `low` and `high`, the ends of its interval by DeLong's variance.

    Raises
    ------
    ValueError
        When the columns of the tables differ, or one cannot be read; when `level` is
        out of range; when there is a single member or other.

    See Also
    --------
    nearest_record_shares : Which rows are copies, and the distances used.

    References
    ----------
    .. [1] Chen, Yu, Zhang, Fritz, "GAN-Leaks: a taxonomy of membership inference
       attacks against generative models", CCS 2020: the full black-box attack.
    .. [2] DeLong, DeLong, Clarke-Pearson, "Comparing the areas under two or more
       correlated receiver operating characteristic curves", Biometrics 44, 1988.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.metrics import membership_inference_auc
    >>> rng = np.random.default_rng(0)
    >>> train, holdout = (pd.DataFrame({"dose": rng.normal(size=99)}) for _ in range(2))
    >>> membership_inference_auc(train, holdout, train).to_dict()
    {'auc': 1.0, 'low': 1.0, 'high': 1.0}
    """
    if not 0 < level < 1:
        raise ValueError(f"level is a share between 0 and 1. Got {level!r}.")
    tables = {"train": train, "holdout": holdout, "synthetic": synthetic}
    check_tables(**tables)
    n_real = min(len(train), len(holdout), max_rows)
    if n_real < 2:
        raise ValueError(
            f"An interval needs 2 rows of train and of holdout. Got {len(train)} and "
            f"{len(holdout)}, max_rows={max_rows}."
        )
    members, others, rows = _embed(
        tables, numeric_features, (n_real, n_real, None), random_state
    )
    auc, error = _auc_and_error(
        *(-nearest_distances(X, rows)[0] for X in (members, others))
    )
    half = norm.ppf((1 + level) / 2) * error
    low, high = np.clip([auc - half, auc + half], 0, 1)
    return pd.Series({"auc": auc, "low": float(low), "high": float(high)})


def _embed(tables, numeric_features, limits, random_state):
    """Embed as many training as holdout rows, and synthetic ones, up to limits."""
    columns = read_columns(numeric_features, **tables)
    stream = stream_of(random_state)
    rows = [
        stream.permutation(len(table))[:limit]
        for table, limit in zip(tables.values(), limits, strict=True)
    ]
    return position_features(take_rows(columns, rows), reference=[0, 1])


def _auc_and_error(members, others):
    """Area under the ROC curve of two samples of scores, and its standard error."""
    ranks = rankdata(np.concatenate([members, others]))
    n_members, n_others = len(members), len(others)
    above_others = (ranks[:n_members] - rankdata(members)) / n_others
    below_members = 1 - (ranks[n_members:] - rankdata(others)) / n_members
    variance = above_others.var(ddof=1) / n_members
    variance += below_members.var(ddof=1) / n_others
    return float(above_others.mean()), float(np.sqrt(variance))
