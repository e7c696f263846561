"""The two tables of the FairSynth paper, on patients whose data anybody may have.

Table 1: real rows alone, with rows of the plain generator, with double prioritized
copies, with copies that even the classes within groups, and with FairSynth's, for
several numbers of real and of synthetic rows; and threshold optimisation, which reads
the group at prediction and is shown, not counted. Table 2: FairSynth over its fairness
weight λ. Patients of Diabetes-130 with their visits, groups by race; each seed has its
own 70/30 split, and all arms and sizes of a seed share its test patients. Groups with
fewer than 50 held-out patients, or 10 of a class, are not measured.
"""

import argparse
import tempfile
import warnings

import pandas as pd
from fairlearn.postprocessing import ThresholdOptimizer
from predictors import visit_predictors
from report import add_out_argument, write_report
from sklearn.exceptions import UndefinedMetricWarning

from fairsample import FairSynthResampler
from fairsample.base import DataWarning
from fairsample.datasets import fetch_diabetes130
from fairsample.evaluation import (
    compare_augmentations,
    count_best,
    paper_arms,
    sweep_fairness_weight,
    table_one,
)

METRICS = [
    "disparate_impact",
    "worst_group_recall",
    "worst_group_tpr",
    "f1",
    "balanced_accuracy",
]
# The cells that are counted: one metric of selection, one of error.
COUNTED = ["disparate_impact", "worst_group_recall"]
REAL_SIZES = [1000, 2500, 5000]
SYNTHETIC_SIZES = [500, 1000, 2000, 2500]


def main():
    args = parse_arguments()
    warnings.simplefilter("ignore", UndefinedMetricWarning)
    warnings.simplefilter("ignore", DataWarning)
    bunch = fetch_diabetes130(records="patients")
    with tempfile.TemporaryDirectory() as memory:
        protocol = {
            "estimator": visit_predictors()[args.predictor],
            "X": bunch.data,
            "y": bunch.target,
            "sensitive_features": bunch.sensitive,
            "real_sizes": args.real_sizes,
            "synthetic_sizes": args.synthetic_sizes,
            "seeds": range(args.seeds),
            "metrics": METRICS,
            "n_jobs": args.n_jobs,
            "verbose": 1,
        }
        generator = make_generator(args, memory)
        if 1 in args.tables:
            report_table_one(args, protocol, generator)
        if 2 in args.tables:
            report_table_two(args, protocol, generator)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tables", type=int, nargs="+", choices=[1, 2], default=[1, 2])
    parser.add_argument(
        "--predictor", choices=["logistic", "boosting"], default="logistic"
    )
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--real-sizes", type=int, nargs="+", default=REAL_SIZES)
    parser.add_argument(
        "--synthetic-sizes", type=int, nargs="+", default=SYNTHETIC_SIZES
    )
    parser.add_argument(
        "--fairness-weight", type=float, default=1.2, help="λ of Table 1"
    )
    parser.add_argument(
        "--fairness-weights",
        type=float,
        nargs="+",
        default=[0.5, 1.0, 1.2, 1.5],
        help="λ of Table 2",
    )
    parser.add_argument(
        "--downstream",
        action="store_true",
        help="let FairSynth learn from the predictor what helps it",
    )
    parser.add_argument(
        "--quick", action="store_true", help="a seed, one size each, an epoch"
    )
    parser.add_argument("--n-jobs", type=int)
    add_out_argument(parser)
    args = parser.parse_args()
    if args.quick:
        args.seeds, args.real_sizes, args.synthetic_sizes = 1, [1000], [500]
    return args


def make_generator(args, memory):
    """FairSynth, with the phase that does not depend on λ kept in `memory`.

    It is thus trained once for each seed and real size, for all arms, synthetic sizes
    and λ of both tables.
    """
    settings = {"memory": memory}
    if args.quick:
        settings |= {"max_epochs": 1, "fairness_epochs": 1}
    if args.downstream:
        # The feedback chooses the plan, and needs "auto" for that.
        settings["downstream"] = visit_predictors()[args.predictor]
    else:
        settings["sampling_strategy"] = "groups"
    return FairSynthResampler(**settings)


def report_table_one(args, protocol, generator):
    comparison = compare_augmentations(
        **protocol,
        augmenters=paper_arms(
            protocol["sensitive_features"],
            generator=generator,
            fairness_weight=args.fairness_weight,
            has_visits=True,
        ),
        rivals={
            "threshold optimisation": ThresholdOptimizer(
                objective="balanced_accuracy_score", predict_method="predict_proba"
            )
        },
    )
    report("paper_table_one", comparison, args)
    print(f"\nBest, or within one SD of the best, by {' and '.join(COUNTED)}:\n")
    print(count_best(comparison, metrics=COUNTED).to_markdown())


def report_table_two(args, protocol, generator):
    sweep = sweep_fairness_weight(
        **protocol, resampler=generator, fairness_weights=args.fairness_weights
    )
    report("paper_table_two", sweep, args)


def report(name, comparison, args):
    """Print a block of rows for each size, and write what they are made of."""
    table = table_one(comparison, metrics=METRICS).stack("augmenter", future_stack=True)
    if args.downstream:
        name += "_downstream"
    records = comparison.astype(object).where(comparison.notna(), None)
    write_report(
        f"{name}_{args.predictor}",
        pd.DataFrame(table[METRICS]).reset_index().set_index("real_size"),
        records.to_dict("records"),
        out=args.out,
    )


if __name__ == "__main__":
    main()
