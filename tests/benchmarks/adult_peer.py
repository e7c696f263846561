"""How long until rows of Adult are as good as TabularARGN's?

    python tests/benchmarks/adult_peer.py --peer ENV/bin/python

All 32,561 training rows with all columns. TabularARGN, with its own settings, is fitted
and sampled in the environment that `--peer` names (it has mostlyai-engine); FairSynth
for each number of epochs given, and with its own rule, without a fairness weight: that
is what both have in common. Each has a process of its own and all cores. Scores are
against the published test rows, as `scale.py` says. "as good" is the fewest epochs from
which on no score is below TabularARGN's; the ratio is of the seconds of the fits.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import pandas as pd
from report import add_out_argument, write_report
from scale import run_one

from fairsample.datasets import fetch_adult
from fairsample.metrics import (
    classifier_two_sample_test,
    column_shapes,
    pair_trends,
    train_on_synthetic_auc,
)

SCORES = ["shape", "trend", "c2st", "tstr"]


def adult_table(subset):
    """Give rows with the group and the outcome under the names that are expected."""
    adult = fetch_adult(subset=subset, drop_weights=False)
    table = adult.data.rename(columns={"sex": "group"})
    return table.assign(outcome=adult.target)


def score(written, test):
    """Compare written rows with test rows: dict."""
    written = written[test.columns].astype({"outcome": test["outcome"].dtype})
    written = written.sample(len(test), random_state=0).reset_index(drop=True)
    return {
        "shape": column_shapes(test, written)["score"].mean(),
        "trend": pair_trends(test, written)["score"].mean(),
        "c2st": classifier_two_sample_test(test, written, random_state=0),
        "tstr": train_on_synthetic_auc(test, written, target="outcome", random_state=0),
    }


def main():
    """Fit, sample and score everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", required=True, metavar="PYTHON")
    parser.add_argument("--epochs", type=int, nargs="+", default=[2, 3, 4, 6, 9])
    parser.add_argument("--timeout", type=float, default=3600)
    add_out_argument(parser)
    options = parser.parse_args()
    train, test = adult_table("train"), adult_table("test")
    plain = {"fairness_weight": 0}
    runs = {"TabularARGN": ("TabularARGN", {}, options.peer)}
    for n in options.epochs:
        name = f"FairSynth, {n} epochs"
        runs[name] = "FairSynth", plain | {"max_epochs": n}, sys.executable
    runs["FairSynth, its own rule"] = "FairSynth", plain, sys.executable
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (generator, settings, python) in runs.items():
            costs, written = run_one(
                generator, train, settings, python, Path(folder), options.timeout
            )
            scores = {} if written is None else score(written, test)
            results[name] = costs | scores
            print(name, results[name], flush=True)
    table = pd.DataFrame(results).T
    peer, ours = table.loc["TabularARGN"], table.iloc[1:]
    table["times as fast"] = peer["fit"] / table["fit"]
    as_good = ours[(ours[SCORES] >= peer[SCORES]).all(axis=1)]
    if len(as_good):
        print(f"as good: {as_good.index[0]}")
    write_report("adult_peer", table, results, out=options.out)


if __name__ == "__main__":
    main()
