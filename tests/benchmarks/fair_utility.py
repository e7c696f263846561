"""Fair utility of predictors after FairSynth with feedback, against its rivals.

    python tests/benchmarks/fair_utility.py
    python tests/benchmarks/fair_utility.py --data rhc --predictors boosting --seeds 1

Fair utility J is balanced accuracy plus the mean of disparate impact and worst-group
recall, on real rows held out (30 %, split within groups and classes). A group counts
with 50 held-out rows, a rate within a class with 10 of the class. FairSynth gets the
training rows and the downstream model, and chooses everything else from these; its
rivals are real rows alone, `RandomOverSampler`, SMOTENC and copies within groups.
"""

import argparse
import tempfile
import warnings

import pandas as pd
from imblearn.over_sampling import RandomOverSampler
from predictors import table_predictors
from report import add_out_argument, write_report
from sklearn.exceptions import UndefinedMetricWarning

from fairsample import FairSynthResampler, GroupRandomOverSampler, datasets
from fairsample.base import DataWarning
from fairsample.evaluation import compare_augmentations
from fairsample.oversampling import FrameSMOTENC

FAIRSYNTH = "FairSynth with feedback"
COPIES = "copies, even within groups"
MANY_ROWS = 20_000  # of Diabetes-130, drawn once; the other tables are taken whole
TABLES = {
    "compas": datasets.fetch_compas,
    "rhc": datasets.fetch_rhc,
    "support2": datasets.fetch_support2,
    "diabetes130": datasets.fetch_diabetes130,
    "adult": datasets.fetch_adult,
}
METRICS = ["balanced_accuracy", "disparate_impact", "worst_group_recall", "roc_auc"]


def load(name, n_rows):
    """Give a table, its target and its sensitive column."""
    bunch = TABLES[name]()
    X = bunch.data
    if n_rows is None and name == "diabetes130":
        n_rows = MANY_ROWS
    if n_rows is not None and len(X) > n_rows:
        X = X.sample(n_rows, random_state=0)
    return X, bunch.target.loc[X.index], bunch.sensitive


def augmenters(sensitive, downstream, memory):
    """Name -> resampler, or None for the real rows alone."""
    return {
        "real rows": None,
        "copies, even classes": RandomOverSampler(),
        "SMOTENC": FrameSMOTENC(),
        COPIES: GroupRandomOverSampler(sensitive),
        FAIRSYNTH: FairSynthResampler(
            sensitive,
            downstream=downstream,
            scoring=["disparate_impact", "worst_group_recall"],
            memory=memory,
        ),
    }


def fair_utility(comparison):
    """Mean over seeds of J and its parts, for each augmenter."""
    means = comparison.groupby(["augmenter", "metric"], sort=False)["value"].mean()
    table = means.unstack()[METRICS]
    fairness = table[["disparate_impact", "worst_group_recall"]].mean(axis=1)
    table.insert(0, "J", table["balanced_accuracy"] + fairness)
    return table


def main():
    args = parse_arguments()
    warnings.simplefilter("ignore", UndefinedMetricWarning)
    warnings.simplefilter("ignore", DataWarning)
    tables, results = {}, []
    for name in args.data:
        X, y, sensitive = load(name, args.n_rows)
        with tempfile.TemporaryDirectory() as memory:
            for predictor in args.predictors:
                model = table_predictors()[predictor]
                comparison = compare_augmentations(
                    model,
                    X,
                    y,
                    sensitive_features=sensitive,
                    augmenters=augmenters(sensitive, model, memory),
                    metrics=METRICS,
                    seeds=range(args.first_seed, args.first_seed + args.seeds),
                )
                tables[name, predictor] = fair_utility(comparison)
                print(name, predictor, tables[name, predictor].round(3), flush=True)
                results += comparison.assign(data=name, predictor=predictor).to_dict(
                    "records"
                )
    table = pd.concat(tables, names=["data", "predictor"]).round(3)
    print(verdict(table).to_string())
    write_report("fair_utility", table.reset_index(), results, out=args.out)


def verdict(table):
    """J against the best rival, and balanced accuracy against copies, by pair."""
    rows = {}
    for pair, one in table.groupby(["data", "predictor"], sort=False):
        one = one.droplevel(["data", "predictor"])
        rivals = one.drop(index=FAIRSYNTH)
        rows[pair] = {
            "J over best rival": one.loc[FAIRSYNTH, "J"] - rivals["J"].max(),
            "best rival": rivals["J"].idxmax(),
            "balanced accuracy over copies": one.loc[FAIRSYNTH, "balanced_accuracy"]
            - one.loc[COPIES, "balanced_accuracy"],
        }
    return pd.DataFrame(rows).T


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", nargs="+", choices=list(TABLES), default=list(TABLES))
    parser.add_argument(
        "--predictors",
        nargs="+",
        choices=list(table_predictors()),
        default=list(table_predictors()),
    )
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--n-rows", type=int, help="use this many rows only")
    add_out_argument(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
