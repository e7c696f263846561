"""How well classifiers guess the protected attribute of a table's rows."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from fairsample.metrics.sensitive_columns import measured_groups, split_attribute
from fairsample.metrics.table_columns import read_columns, take_rows
from fairsample.metrics.table_embedding import position_features
from fairsample.training.estimator_seeds import (
    clone_with_own_seeds,
    draw_seed,
    stream_of,
)

__all__ = ["attribute_balanced_error_rate"]


def attribute_balanced_error_rate(
    table,
    sensitive_features,
    *,
    classifiers=None,
    n_folds=3,
    min_group_size=10,
    numeric_features=None,
    max_rows=10_000,
    random_state=None,
):
    """Balanced error rate of the best classifier that guesses the protected attribute.

    The classifiers read all other columns, are trained on some folds and guess in the
    other; the error rate is 1 minus their balanced accuracy, the mean over groups of
    the share guessed right, so that large groups count no more than small ones. For two
    groups 0.5 means that the other columns say nothing about the attribute (1 - 1/k for
    k groups), and 0 that they give it away. The best of several classifiers on one
    sample gets a little below that by chance.

    A generator that assigns the attribute at random reaches 0.5 whatever else it
    does: see :func:`adversarial_cluster_balance` for what that hides.

    Parameters
    ----------
    table : DataFrame of shape (n_rows, n_columns)
        The table, synthetic or real.
    sensitive_features : str or list of str, or Series or DataFrame of n_rows rows
        The protected columns of the table, or their values for each row; a column of
        the table that bears the name of given values is not read. Several make
        intersectional groups.
    classifiers : list of estimators, default=None
        Who guesses. None takes logistic regression, a random forest and gradient
        boosting, with weights that balance the groups. They get numbers as ranks from 0
        to 1 and categories as one-hot vectors.
    n_folds : int, default=3
        How many folds, stratified by group.
    min_group_size : int, default=10
        Rows that a group needs; smaller groups are left out, with an
        `UndefinedMetricWarning` that names them. At least `n_folds`.
    numeric_features : list, default=None
        The columns to read as numbers; None for those columns of numbers or times with
        more than 20 distinct values.
    max_rows : int, default=10000
        Rows drawn where there are more.
    random_state : int, RandomState instance or None, default=None
        What draws rows and folds, and seeds the classifiers.

    Returns
    -------
    float
        The lowest error rate; NaN with an `UndefinedMetricWarning` when fewer than two
        groups are large enough.

    Raises
    ------
    ValueError
        When a sensitive feature is no column, has missing values, one group, or leaves
        no other column; when a column cannot be read. It is named.

    References
    ----------
    .. [1] Feldman, Friedler, Moeller, Scheidegger, Venkatasubramanian, "Certifying and
       removing disparate impact", KDD 2015.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from fairsample.metrics import attribute_balanced_error_rate
    >>> sex = np.tile(["F", "M"], 50)
    >>> table = pd.DataFrame({"sex": sex, "title": np.where(sex == "F", "Ms", "Mr")})
    >>> attribute_balanced_error_rate(
    ...     table, "sex", classifiers=[DecisionTreeClassifier()], random_state=0
    ... )
    0.0
    """
    features, groups = split_attribute(table, sensitive_features)
    columns = read_columns(numeric_features, table=features)
    stream = stream_of(random_state)
    rows = stream.permutation(len(table))[:max_rows]
    measured = measured_groups(
        "attribute_balanced_error_rate",
        groups,
        groups.codes[rows],
        max(min_group_size, n_folds),
    )
    if len(measured) < 2:
        return float("nan")
    rows = rows[np.isin(groups.codes[rows], measured)]
    (X,) = position_features(take_rows(columns, [rows]), reference=[0])
    if classifiers is None:
        classifiers = _default_classifiers()
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=draw_seed(stream))
    errors = []
    for classifier in classifiers:
        seeded = clone_with_own_seeds(classifier, stream)
        guessed = cross_val_predict(seeded, X, groups.codes[rows], cv=folds)
        errors.append(1 - balanced_accuracy_score(groups.codes[rows], guessed))
    return float(min(errors))


def _default_classifiers():
    return [
        LogisticRegression(class_weight="balanced", max_iter=2000),
        RandomForestClassifier(50, min_samples_leaf=5, class_weight="balanced"),
        HistGradientBoostingClassifier(class_weight="balanced"),
    ]
