"""What does a search over five fairness weights cost, against one over one?

    python tests/benchmarks/weight_search.py

`GridSearchCV` over a pipeline of `FairSynthResampler` with a `memory` and a predictor,
three folds, no refit. Each search has a fresh memory of its own: what a fold learns
without looking at λ is trained once and kept.

On a sample of the rows, and with short training, the five weights are also searched in
the opposite order and without a memory: the scores must not differ in a single bit.
"""

import argparse
import sys
import tempfile
import warnings

import numpy as np
import pandas as pd
from imblearn.pipeline import make_pipeline
from predictors import table_predictors, with_random_state
from report import add_out_argument, write_report
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.model_selection import GridSearchCV
from stopwatch import Stopwatch

from fairsample import FairSynthResampler, datasets
from fairsample.metrics import fairness_scorer
from fairsample.validation import DataWarning

TABLES = {
    "adult": datasets.fetch_adult,
    "compas": datasets.fetch_compas,
    "support2": datasets.fetch_support2,
}
SHORT = {"max_epochs": 2, "fairness_epochs": 2}


def main():
    args = parse_arguments()
    warnings.simplefilter("ignore", DataWarning)
    warnings.simplefilter("ignore", UndefinedMetricWarning)
    results = {name: compare(TABLES[name](), args) for name in args.data}
    table = pd.DataFrame(results).T.assign(goal="<= 1.6")
    write_report("weight_search", table, results, out=args.out)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", nargs="+", choices=[*TABLES], default=[*TABLES])
    parser.add_argument("--one", type=float, default=1.0, help="the single weight")
    parser.add_argument(
        "--fairness-weights", type=float, nargs="+", default=[0.0, 0.5, 1.0, 1.2, 1.5]
    )
    parser.add_argument(
        "--predictor", choices=["logistic", "boosting"], default="logistic"
    )
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--n-rows", type=int, help="use this many rows only")
    parser.add_argument(
        "--n-rows-order", type=int, default=600, help="to compare orders"
    )
    add_out_argument(parser)
    return parser.parse_args()


def compare(bunch, args):
    """Time both searches on one table."""
    check_order(bunch, args)
    times = {}
    for name, weights in [("one λ", [args.one]), ("five λ", args.fairness_weights)]:
        with tempfile.TemporaryDirectory() as memory:
            watch = Stopwatch()
            search(bunch, weights, args, n_rows=args.n_rows, memory=memory)
            times[name] = watch.read()
    wall, processor = (
        five / one for one, five in zip(times["one λ"], times["five λ"], strict=True)
    )
    return {
        "rows": min(len(bunch.data), args.n_rows or len(bunch.data)),
        "one λ, s": round(times["one λ"][0], 1),
        "five λ, s": round(times["five λ"][0], 1),
        "ratio": round(wall, 2),
        "ratio of processor time": round(processor, 2),
    }


def check_order(bunch, args):
    """Stop if the scores of the weights depend on the order of the grid."""
    weights, options = args.fairness_weights, {"n_rows": args.n_rows_order, **SHORT}
    plain = scores(search(bunch, weights, args, memory=None, **options))
    for order in (weights, weights[::-1]):
        with tempfile.TemporaryDirectory() as memory:
            found = scores(search(bunch, order, args, memory=memory, **options))
        if not found.equals(plain):
            sys.exit("The scores depend on the order of the grid, or on the memory.")


def search(bunch, weights, args, *, n_rows, **parameters):
    """Fit the search on so many rows: `GridSearchCV`."""
    X, y = bunch.data, bunch.target
    if n_rows is not None and n_rows < len(X):
        X = X.sample(n_rows, random_state=0)
        y = y.loc[X.index]
    resampler = FairSynthResampler(
        bunch.sensitive, sampling_strategy="groups", random_state=0, **parameters
    )
    predictor = with_random_state(table_predictors()[args.predictor], 0)
    disparate_impact = fairness_scorer(
        "disparate_impact", sensitive_features=bunch.sensitive, min_group_size=10
    )
    return GridSearchCV(
        make_pipeline(resampler, predictor),
        {"fairsynthresampler__fairness_weight": weights},
        scoring={"utility": "neg_log_loss", "fairness": disparate_impact},
        refit=False,
        cv=args.folds,
        error_score="raise",
    ).fit(X, y)


def scores(search):
    """Scores of every fold, by λ."""
    results = search.cv_results_
    folds = {key: results[key] for key in results if key.startswith("split")}
    weights = np.array([list(cell.values())[0] for cell in results["params"]])
    return pd.DataFrame(folds, index=weights).sort_index()


if __name__ == "__main__":
    main()
