"""What a classifier makes of a synthetic table."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from fairsample.messages import quote
from fairsample.metrics.table_columns import boosting_features, read_columns
from fairsample.training.estimator_seeds import draw_seed, stream_of

__all__ = ["classifier_two_sample_test", "train_on_synthetic_auc"]

_N_FOLDS = 3


def classifier_two_sample_test(
    real, synthetic, *, numeric_features=None, max_rows=8000, random_state=None
):
    """Ask gradient boosting to tell synthetic rows from real ones; 1 if it cannot.

    The score is ``2 * (1 - AUC)`` of the classifier, out of three folds, and 1 where
    the AUC is below one half. It is the sternest of the fidelity scores: any artefact
    in any column or combination of columns brings it down. Give held-out real rows: a
    generator that copies its training rows passes this test against them.

    Parameters
    ----------
    real, synthetic : DataFrame
        Tables with the same columns, in any order.
    numeric_features : list, default=None
        The columns to read as numbers; None for those columns of numbers or times with
        more than 20 distinct values in `real`.
    max_rows : int, default=8000
        Rows drawn from each table, never more than the smaller one has.
    random_state : int, RandomState instance or None, default=None
        What draws rows and folds, and seeds the classifier.

    Returns
    -------
    float
        From 0, perfectly told apart, to 1.

    Raises
    ------
    ValueError
        When the columns of the tables differ, one cannot be read, or there are fewer
        than 6 rows.

    References
    ----------
    .. [1] Lopez-Paz, Oquab, "Revisiting classifier two-sample tests", ICLR 2017.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.metrics import classifier_two_sample_test
    >>> rng = np.random.default_rng(0)
    >>> real, shifted = (pd.DataFrame({"dose": rng.normal(m, size=99)}) for m in (0, 9))
    >>> classifier_two_sample_test(real, shifted, random_state=0)
    0.0
    """
    columns = read_columns(numeric_features, real=real, synthetic=synthetic)
    n_rows = min(len(real), len(synthetic), max_rows)
    if n_rows < 2 * _N_FOLDS:
        raise ValueError(
            f"classifier_two_sample_test needs {2 * _N_FOLDS} rows of each table. Got "
            f"{len(real)} real and {len(synthetic)} synthetic ones, "
            f"max_rows={max_rows}."
        )
    stream = stream_of(random_state)
    rows = np.vstack(
        [
            boosting_features(columns, i)[stream.permutation(len(table))[:n_rows]]
            for i, table in enumerate((real, synthetic))
        ]
    )
    is_synthetic = np.repeat([0, 1], n_rows)
    scores = cross_val_predict(
        HistGradientBoostingClassifier(random_state=draw_seed(stream)),
        rows,
        is_synthetic,
        cv=StratifiedKFold(_N_FOLDS, shuffle=True, random_state=draw_seed(stream)),
        method="predict_proba",
    )[:, 1]
    return float(min(1.0, 2 * (1 - roc_auc_score(is_synthetic, scores))))


def train_on_synthetic_auc(
    real,
    synthetic,
    *,
    target,
    pos_label=None,
    numeric_features=None,
    random_state=None,
):
    """Train gradient boosting on synthetic rows, and measure its AUC on real ones.

    What counts is the distance to the AUC of the same classifier trained on the
    generator's own training rows: give those as `synthetic` to learn it.

    Parameters
    ----------
    real : DataFrame
        Real rows that the generator has not seen.
    synthetic : DataFrame
        Rows with the same columns, in any order.
    target : object
        The column to predict; its values are classes.
    pos_label : object, default=None
        The class to tell from all others. None takes every class of three or more in
        turn, and the mean; of two either gives the same.
    numeric_features : list, default=None
        The columns to read as numbers; None for those columns of numbers or times with
        more than 20 distinct values in `real`.
    random_state : int, RandomState instance or None, default=None
        What seeds the classifier.

    Returns
    -------
    float
        Area under the ROC curve; 0.5 where the synthetic rows have a single class,
        from which nothing can be learned.

    Raises
    ------
    ValueError
        When the columns of the tables differ, or one cannot be read; when `target` is
        no column, has missing values, or fewer than two classes in `real`; when
        `pos_label` is none of them.

    References
    ----------
    .. [1] Esteban, Hyland, Rätsch, "Real-valued (medical) time series generation with
       recurrent conditional GANs", 2017.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.metrics import train_on_synthetic_auc
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame({"dose": rng.normal(size=200)})
    >>> table["ill"] = table["dose"] > 0
    >>> train_on_synthetic_auc(table[:100], table[100:], target="ill", random_state=0)
    1.0
    """
    tables = {"real": real, "synthetic": synthetic}
    for called, table in tables.items():
        if target not in table:
            raise ValueError(
                f"target={target!r} is no column of {called}; they are "
                f"{quote(table.columns)}."
            )
    (of_target,) = read_columns(
        [], **{k: table[[target]] for k, table in tables.items()}
    )
    columns = read_columns(
        numeric_features,
        **{called: table.drop(columns=target) for called, table in tables.items()},
    )
    classes = _classes(of_target, real[target], pos_label)
    X_real, X_synthetic = (boosting_features(columns, i) for i in (0, 1))
    seed = draw_seed(random_state)
    areas = []
    for label in classes:
        y_real, y_synthetic = (values == label for values in of_target.values)
        if y_synthetic.all() or not y_synthetic.any():
            areas.append(0.5)
            continue
        model = HistGradientBoostingClassifier(random_state=seed)
        scores = model.fit(X_synthetic, y_synthetic).predict_proba(X_real)[:, 1]
        areas.append(roc_auc_score(y_real, scores))
    return float(np.mean(areas))


def _classes(of_target, labels, pos_label):
    """Codes of the classes to tell from all others, one by one."""
    y_real, y_synthetic = of_target.values
    for called, y in {"real": y_real, "synthetic": y_synthetic}.items():
        if np.isnan(y).any():
            raise ValueError(
                f"target={of_target.name!r} has missing values in {called}. Leave "
                "those rows out."
            )
    classes = np.unique(y_real)
    if len(classes) < 2:
        raise ValueError(
            f"target={of_target.name!r} has one class in real, {labels.iloc[0]!r}. "
            "There is nothing to tell apart: give rows of all classes."
        )
    if pos_label is None:
        return classes[1:] if len(classes) == 2 else classes
    is_positive = (labels == pos_label).to_numpy(dtype=bool, na_value=False)
    if not is_positive.any():
        raise ValueError(
            f"pos_label={pos_label!r} is no class of {of_target.name!r} in real; they "
            f"are {quote(labels.unique())}."
        )
    return y_real[is_positive][:1]
