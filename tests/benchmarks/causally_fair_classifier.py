"""Effects of race on the predictions of a plain and of a causally fair classifier.

    python tests/benchmarks/causally_fair_classifier.py
    python tests/benchmarks/causally_fair_classifier.py --data compas --folds 5

COMPAS (Caucasian against African-American defendants), SUPPORT2 and RHC (white against
black patients); age and sex are confounders, all other columns mediators. Every row is
held out once, in one of five folds. The effects of all held-out predictions, of
probabilities and of the decisions that they lead to, are estimated with gradient
boosting and stand in the table with half the width of their 95 % intervals; AUC and
balanced accuracy are means over folds. "no indirect" keeps the direct and the spurious
effect as business necessities, "none" removes all three, "none, blind" does so without
reading the race.
"""

import argparse
import warnings

import numpy as np
import pandas as pd
from predictors import table_predictors
from report import add_out_argument, write_report
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from fairsample import CausallyFairClassifier, StandardFairnessModel, datasets
from fairsample.base import DataWarning
from fairsample.evaluation.splitting import fold_cells
from fairsample.metrics import causal_effects

CONFOUNDERS = ["age", "sex"]
EFFECTS = ["direct", "indirect", "spurious"]
TABLES = {
    "compas": (datasets.fetch_compas, "Caucasian", "African-American"),
    "support2": (datasets.fetch_support2, "white", "black"),
    "rhc": (datasets.fetch_rhc, "White", "Black"),
}


def main():
    args = parse_arguments()
    warnings.simplefilter("ignore", DataWarning)
    records = []
    for name in args.data:
        X, y, model = load(name)
        records += [{"data": name, **row} for row in compare(X, y, model, args.folds)]
        print(pd.DataFrame(records).to_string(), flush=True)
    table = pd.DataFrame(records).set_index("data")
    write_report("causally_fair_classifier", table, records, out=args.out)


def load(name):
    """Give the rows of two groups, their outcome and the roles of the columns."""
    fetch, baseline, comparison = TABLES[name]
    bunch = fetch()
    kept = bunch.data["race"].isin([baseline, comparison])
    X = bunch.data[kept].reset_index(drop=True)
    model = StandardFairnessModel(
        sensitive="race",
        confounders=CONFOUNDERS,
        mediators=[name for name in X if name not in [*CONFOUNDERS, "race"]],
        baseline=baseline,
        comparison=comparison,
    )
    return X, bunch.target[kept].to_numpy(), model


def arms(model):
    """Name -> classifier."""
    fair = CausallyFairClassifier(fairness_model=model)
    no_indirect = ["direct", "spurious"]
    return {
        "boosting": table_predictors()["boosting"],
        "plain": clone(fair).set_params(fairness_weight=0),
        "no indirect": clone(fair).set_params(business_necessity=no_indirect),
        "none": fair,
        "none, blind": clone(fair).set_params(reads_sensitive=False),
    }


def compare(X, y, model, n_folds):
    """Give a record for each arm, and for its probabilities and its decisions."""
    yield {"arm": "outcome", "of": "outcome", **effects(X, y, model)}
    cells = 2 * (X["race"] == X["race"].iloc[0]) + y
    folds = fold_cells(cells, n_folds, random_state=0)
    for arm, classifier in arms(model).items():
        probability, auc = np.empty(len(y)), []
        for train, test in folds:
            fitted = clone(classifier)
            seeds = [key for key in fitted.get_params() if key.endswith("random_state")]
            fitted.set_params(**dict.fromkeys(seeds, 0)).fit(X.iloc[train], y[train])
            probability[test] = fitted.predict_proba(X.iloc[test])[:, 1]
            auc.append(roc_auc_score(y[test], probability[test]))
        decision = (probability > 0.5).astype(int)
        yield {
            "arm": arm,
            "of": "probability",
            **effects(X, probability, model),
            "AUC": round(float(np.mean(auc)), 4),
        }
        balanced = [
            balanced_accuracy_score(y[test], decision[test]) for _, test in folds
        ]
        yield {
            "arm": arm,
            "of": "decision",
            **effects(X, decision, model),
            "balanced accuracy": round(float(np.mean(balanced)), 4),
        }


def effects(X, outcome, model):
    """Effects with half the width of their intervals, as text."""
    measured = causal_effects(
        X, outcome, model=model, learner="boosting", natural=False, random_state=0
    )
    parts = [(name, getattr(measured, name)) for name in EFFECTS]
    return {name: f"{one.value:+.4f} ± {1.96 * one.se:.4f}" for name, one in parts}


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--folds", type=int, default=5)
    add_out_argument(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
