"""What do augmentations do to the fairness of a predictor on real test rows?

    python tests/benchmarks/fairness_comparison.py --data adult
    python tests/benchmarks/fairness_comparison.py --data adult --official-split
    python tests/benchmarks/fairness_comparison.py --data diabetes
    python tests/benchmarks/fairness_comparison.py --data icu

Real rows alone, copies, interpolated rows (tables only), plain synthetic rows in place
of the real ones, and real rows with FairSynth's for each fairness weight; a linear and
a boosted predictor; three seeds, each with its own 70/30 split. ``--official-split``
trains on Adult's published training file and tests on its test file, where the seeds
only change what is drawn and trained. Groups with fewer than 50 held-out rows, or 10 of
a class, are not measured.

The copies to beat are "copies, even within groups": the same plan as FairSynth's
(within every group, each class as large as the largest) and as many rows.
"""

import argparse
import tempfile
import time
import warnings

import pandas as pd
from imblearn.over_sampling import RandomOverSampler
from predictors import (
    SideBySide,
    table_predictors,
    visit_predictors,
    with_random_state,
)
from report import add_out_argument, write_report
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import get_scorer

from fairsample import (
    DoublePrioritizedSampler,
    FairSynthResampler,
    GroupRandomOverSampler,
    datasets,
)
from fairsample.base import DataWarning
from fairsample.evaluation import SyntheticOnly, compare_augmentations, summarize
from fairsample.metrics import fairness_scorer
from fairsample.oversampling import FrameSMOTENC

TABLES = {
    "adult": datasets.fetch_adult,
    "compas": datasets.fetch_compas,
    "support2": datasets.fetch_support2,
    "rhc": datasets.fetch_rhc,
    "german": datasets.fetch_german_credit,
    "diabetes-encounters": datasets.fetch_diabetes130,
}
RECORDS = {
    "diabetes": lambda: datasets.fetch_diabetes130(records="patients"),
    "icu": lambda: datasets.make_icu_cohort(random_state=0),
}
# The fewest held-out rows on which a group is measured.
OF_CLASSES = {"min_group_size": 50, "min_class_size": 10}
FAIRNESS = {
    "disparate_impact": {"min_group_size": 50},
    "worst_group_tpr": OF_CLASSES,
    "worst_group_recall": OF_CLASSES,
}
SLOW_RIVALS = {"SMOTENC", "double prioritised, all minorities", "synthetic rows only"}
UTILITY = ["f1", "balanced_accuracy", "roc_auc"]


def main():
    with tempfile.TemporaryDirectory() as memory:
        run(parse_arguments(), memory)


def run(args, memory):
    """Compare, with the λ-free phase of training kept in `memory`."""
    bunch = {**TABLES, **RECORDS}[args.data]()
    has_visits = args.data in RECORDS
    predictors = visit_predictors() if has_visits else table_predictors()
    predictors = {name: predictors[name] for name in args.predictors}
    everything = {
        "estimator": SideBySide(predictors),
        "augmenters": augmenters(
            bunch.sensitive, has_visits, args.fairness_weights, memory
        ),
        "metrics": metrics(args.predictors, bunch.sensitive),
        "seeds": range(args.seeds),
    }
    if args.quick:
        for name in SLOW_RIVALS & everything["augmenters"].keys():
            del everything["augmenters"][name]
    rows = bunch.data, bunch.target
    if args.n_rows is not None:
        rows = sampled(*rows, args.n_rows)
    name = f"fairness_{args.data}"
    warnings.simplefilter("ignore", UndefinedMetricWarning)
    warnings.simplefilter("ignore", DataWarning)
    if args.official_split:
        test = datasets.fetch_adult(subset="test", return_X_y=True)
        comparison = compare_on(*rows, *test, **everything)
        name += "_official"
    else:
        comparison = compare_augmentations(
            X=rows[0], y=rows[1], sensitive_features=bunch.sensitive, **everything
        )
    comparison[["predictor", "metric"]] = comparison["metric"].str.split(expand=True)
    table = pd.concat(
        {
            predictor: summarize(comparison[comparison["predictor"] == predictor])
            for predictor in args.predictors
        },
        names=["predictor"],
    )
    results = comparison.to_dict("records")
    write_report(
        name, table.reset_index().set_index("predictor"), results, out=args.out
    )


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", choices=[*TABLES, *RECORDS], default="adult")
    parser.add_argument("--official-split", action="store_true", help="Adult only")
    parser.add_argument(
        "--quick", action="store_true", help="leave out the slow rivals"
    )
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument(
        "--fairness-weights", type=float, nargs="+", default=[0.0, 0.5, 1.0, 1.5]
    )
    parser.add_argument(
        "--predictors",
        nargs="+",
        choices=["logistic", "boosting"],
        default=["logistic", "boosting"],
    )
    parser.add_argument("--n-rows", type=int, help="use this many rows only")
    add_out_argument(parser)
    args = parser.parse_args()
    if args.official_split and args.data != "adult":
        parser.error("only Adult has a published test file")
    return args


def augmenters(sensitive, has_visits, fairness_weights, memory):
    """Name -> resampler, or None for the real rows alone."""
    plain = FairSynthResampler(sensitive, fairness_weight=0.0, memory=memory)
    named = {
        "real rows": None,
        "copies, even classes": RandomOverSampler(),
        "SMOTENC": FrameSMOTENC(),
        "double prioritised, all minorities": DoublePrioritizedSampler(
            sensitive, units=20
        ),
        "copies, even within groups": GroupRandomOverSampler(sensitive),
        "synthetic rows only": SyntheticOnly(plain),
    }
    if has_visits:
        del named["SMOTENC"]
    for weight in fairness_weights:
        named[f"FairSynth, λ = {weight:g}"] = FairSynthResampler(
            sensitive,
            sampling_strategy="groups",
            fairness_weight=weight,
            memory=memory,
        )
    return named


def metrics(predictors, sensitive):
    """Give "predictor metric" -> scorer of a fitted `SideBySide`."""
    scorers = {
        name: fairness_scorer(name, sensitive_features=sensitive, **smallest)
        for name, smallest in FAIRNESS.items()
    }
    scorers |= {name: get_scorer(name) for name in UTILITY}
    return {
        f"{predictor} {name}": _score_of(predictor, scorer)
        for predictor in predictors
        for name, scorer in scorers.items()
    }


def _score_of(predictor, scorer):
    def score(fitted, X, y):
        return scorer(fitted.predictors_[predictor], X, y)

    return score


def compare_on(X, y, X_test, y_test, *, estimator, augmenters, metrics, seeds):
    """Compare augmentations as `compare_augmentations` does, on given test rows."""
    records = []
    for seed in seeds:
        for name, augmenter in augmenters.items():
            start = time.perf_counter()
            X_train, y_train = X, y
            if augmenter is not None:
                augmenter = with_random_state(augmenter, seed)
                X_train, y_train = augmenter.fit_resample(X, y)
            fitted = with_random_state(estimator, seed).fit(X_train, y_train)
            costs = {
                "n_train": len(y_train),
                "n_synthetic": _n_synthetic(augmenter, len(y_train) - len(y)),
                "seconds": time.perf_counter() - start,
            }
            records += [
                {
                    "augmenter": name,
                    "seed": seed,
                    "metric": metric,
                    "value": float(scorer(fitted, X_test, y_test)),
                    **costs,
                }
                for metric, scorer in metrics.items()
            ]
    return pd.DataFrame(records)


def _n_synthetic(augmenter, n_added):
    mask = getattr(augmenter, "synthetic_mask_", None)
    return n_added if mask is None else int(mask.sum())


def sampled(X, y, n_rows):
    X = X.sample(n_rows, random_state=0)
    return X, y.loc[X.index]


if __name__ == "__main__":
    main()
