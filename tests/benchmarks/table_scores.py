"""Scores of a synthetic table against the real one: fidelity, utility, privacy.

- ``shape``, ``trend``: sdmetrics' column-shape and column-pair-trend scores.
- ``c2st``: 2 * (1 - AUC) of gradient boosting that tells real test rows from synthetic
  ones, out of fold; 1 when it cannot.
- ``trtr``, ``tstr``: AUC on real test rows of gradient boosting trained on real rows,
  and on synthetic rows.
- ``dcr``: share of synthetic rows whose nearest real row is a training row rather than
  a test row, among samples of one size; 0.5 when nothing was memorised.

A column is a number when it is numeric with more than 20 distinct values, else a
category.
"""

import warnings

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, QuantileTransformer

__all__ = ["score_table"]

N_TOLD_APART = 8000  # real and synthetic rows that c2st tells apart, of each
N_NEIGHBOURS = 5000  # real rows among which dcr looks for the nearest
N_MEASURED = 3000  # synthetic rows whose nearest row dcr looks for
MIN_GROUP_ROWS, MIN_GROUP_POSITIVES = 50, 10


def score_table(train, test, synthetic, *, target, sensitive=None, seed=0):
    """Score synthetic rows.

    Parameters
    ----------
    train, test : DataFrame
        Real rows that the generator saw, and held-out ones.
    synthetic : DataFrame
        Synthetic rows with the same columns.
    target : str
        Column with the classes; the rarest in `train` is the positive one.
    sensitive : str, default=None
        Column with the groups; adds ``trtr_fair`` and ``tstr_fair``.
    seed : int, default=0
        Seed of every sample and model.

    Returns
    -------
    dict
        Score -> value, rounded to four digits.
    """
    synthetic = synthetic[train.columns]
    numbers, categories = _column_kinds(train, target)
    features = _Features(numbers, [c for c in categories if c != target], target)
    features.fit(train, test)
    scores = {
        "n_synth": len(synthetic),
        **_sdmetrics_scores(train, synthetic, numbers, categories),
        "c2st": _told_apart(features, test, synthetic, seed),
    }
    for name, rows in {"trtr": train, "tstr": synthetic}.items():
        scores |= _trained_on(name, features, rows, test, sensitive, seed)
    scores["dcr"] = _nearer_to_train(features, train, test, synthetic, seed)
    return scores


def _column_kinds(table, target):
    numbers = [
        name
        for name, column in table.items()
        if name != target
        and pd.api.types.is_numeric_dtype(column)
        and column.nunique() > 20
    ]
    return numbers, [name for name in table.columns if name not in numbers]


class _Features:
    """Tables as arrays for gradient boosting, with the classes as 0 and 1."""

    def __init__(self, numbers, categories, target):
        self.numbers, self.categories, self.target = numbers, categories, target
        self.encoder = OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1
        )

    def fit(self, train, test):
        self.encoder.fit(pd.concat([train, test])[self.categories].astype(str))
        self.positive = train[self.target].astype(str).value_counts().index[-1]

    def rows(self, table):
        codes = self.encoder.transform(table[self.categories].astype(str))
        return np.hstack([table[self.numbers].astype(float).to_numpy(), codes])

    def is_positive(self, table):
        return table[self.target].astype(str).to_numpy() == self.positive


def _sdmetrics_scores(train, synthetic, numbers, categories):
    from sdmetrics.reports.single_table import QualityReport

    kinds = dict.fromkeys(numbers, "numerical") | dict.fromkeys(
        categories, "categorical"
    )
    metadata = {"columns": {name: {"sdtype": kinds[name]} for name in train.columns}}
    as_text = dict.fromkeys(categories, str)
    report = QualityReport()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report.generate(
            train.astype(as_text), synthetic.astype(as_text), metadata, verbose=False
        )
        properties = report.get_properties().set_index("Property")["Score"]
    return {
        "shape": round(float(properties["Column Shapes"]), 4),
        "trend": round(float(properties["Column Pair Trends"]), 4),
    }


def _told_apart(features, test, synthetic, seed):
    rng = np.random.RandomState(seed)
    n = min(len(test), len(synthetic), N_TOLD_APART)
    samples = [
        np.column_stack([features.rows(table), features.is_positive(table)])[
            rng.choice(len(table), n, replace=False)
        ]
        for table in (test, synthetic)
    ]
    is_synthetic = np.repeat([0.0, 1.0], n)
    odds = cross_val_predict(
        HistGradientBoostingClassifier(random_state=seed),
        np.vstack(samples),
        is_synthetic,
        cv=3,
        method="predict_proba",
    )
    auc = roc_auc_score(is_synthetic, odds[:, 1])
    return round(float(min(1.0, 2 * (1 - auc))), 4)


def _trained_on(name, features, rows, test, sensitive, seed):
    y, y_test = features.is_positive(rows), features.is_positive(test)
    if y.all() or not y.any():
        return {name: 0.5}
    model = HistGradientBoostingClassifier(random_state=seed)
    model.fit(features.rows(rows), y)
    odds = model.predict_proba(features.rows(test))[:, 1]
    scores = {name: round(float(roc_auc_score(y_test, odds)), 4)}
    if sensitive is not None:
        groups = test[sensitive].astype(str).to_numpy()
        scores[f"{name}_fair"] = _fairness(y_test, odds > 0.5, groups)
    return scores


def _fairness(y_true, y_pred, groups):
    by_group = pd.DataFrame({"true": y_true, "selected": y_pred}).groupby(groups)
    large = [rows for _, rows in by_group if len(rows) >= MIN_GROUP_ROWS]
    selection = [rows["selected"].mean() for rows in large]
    recall = [
        rows.loc[rows["true"], "selected"].mean()
        for rows in large
        if rows["true"].sum() >= MIN_GROUP_POSITIVES
    ]
    return {
        "di": round(float(min(selection) / max(max(selection), 1e-9)), 3),
        "wtpr": round(float(min(recall)), 3),
        "f1": round(float(f1_score(y_true, y_pred)), 3),
    }


def _nearer_to_train(features, train, test, synthetic, seed):
    medians = train[features.numbers].median()
    train, test, synthetic = (
        table.assign(**table[features.numbers].astype(float).fillna(medians))
        for table in (train, test, synthetic)
    )
    scale = make_column_transformer(
        (QuantileTransformer(n_quantiles=200, random_state=seed), features.numbers),
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            features.categories,
        ),
    ).fit(train)
    n_real = min(len(train), len(test), N_NEIGHBOURS)
    n_synthetic = min(len(synthetic), N_MEASURED)
    measured = scale.transform(synthetic.sample(n_synthetic, random_state=seed))
    to_train, to_test = (
        NearestNeighbors(n_neighbors=1)
        .fit(scale.transform(table.sample(n_real, random_state=seed)))
        .kneighbors(measured)[0][:, 0]
        for table in (train, test)
    )
    share = (to_train < to_test).mean() + 0.5 * (to_train == to_test).mean()
    return round(float(share), 4)
