"""How good are FairSynth's rows of a plain table? Adult, all 32,561 training rows.

    python tests/benchmarks/adult_quality.py

The generator sees every column (with fnlwgt), the outcome is income, the sensitive
feature sex; it writes as many rows as it saw, in their proportions. They are scored
against the published test file as `table_scores` says. The three tables are written
into a folder beside the JSON (train.csv, test.csv, synth.csv). Needs sdmetrics.
"""

import argparse
import time

import pandas as pd
from report import add_out_argument, peak_gigabytes, write_report
from table_scores import score_table

from fairsample import FairSynthResampler
from fairsample.datasets import fetch_adult

GOAL = {
    "shape": 0.988,
    "trend": 0.974,
    "c2st": 0.849,
    "tstr": 0.914,
    "fit_seconds": 180.0,
}
SHOWN = [
    "shape",
    "trend",
    "c2st",
    "tstr",
    "trtr",
    "dcr",
    "fit_seconds",
    "sample_seconds",
    "peak_gb",
]


def main():
    args = parse_arguments()
    train, test = (adult_table(subset) for subset in ("train", "test"))
    if args.n_rows is not None:
        train = train.sample(args.n_rows, random_state=0).reset_index(drop=True)
    synthetic, costs = generate(train, args)
    folder = args.out / "adult_quality"
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in {"train": train, "test": test, "synth": synthetic}.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    scores = score_table(train, test, synthetic, target="income", sensitive="sex")
    results = {"n_rows": len(train), **scores, **costs}
    reached = pd.DataFrame([results], index=["FairSynth"])[SHOWN]
    goal = pd.DataFrame([GOAL], index=["goal"])
    table = pd.concat([goal, reached]).reindex(columns=SHOWN)
    shown = table.map("{:.4g}".format, na_action="ignore").fillna("")
    write_report("adult_quality", shown, results, out=args.out)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fairness-weight", type=float, default=0.0)
    parser.add_argument("--random-state", type=int, default=0)
    parser.add_argument("--n-rows", type=int, help="train on this many rows only")
    add_out_argument(parser)
    return parser.parse_args()


def adult_table(subset):
    adult = fetch_adult(subset=subset, drop_weights=False)
    return adult.data.assign(income=adult.target_names[adult.target])


def generate(train, args):
    """Fit on the training rows and sample as many: a table, and what it cost."""
    resampler = FairSynthResampler(
        "sex",
        sampling_strategy="proportional",
        fairness_weight=args.fairness_weight,
        random_state=args.random_state,
    )
    start = time.perf_counter()
    resampler.fit(train.drop(columns="income"), train["income"])
    fitted = time.perf_counter()
    X, y = resampler.sample(len(train))
    sampled = time.perf_counter()
    costs = {
        "fit_seconds": round(fitted - start, 1),
        "sample_seconds": round(sampled - fitted, 1),
        "peak_gb": peak_gigabytes(),
    }
    return X.assign(income=y)[train.columns], costs


if __name__ == "__main__":
    main()
