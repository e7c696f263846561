"""What does a search gain from a Dask cluster of two workers?

    OMP_NUM_THREADS=1 python tests/benchmarks/cluster_search.py

`GridSearchCV` over four fairness weights and two folds, eight fits of
`FairSynthResampler` and of a predictor on simulated stays in intensive care: once in
this process, once on the cluster, with one thread each. The workers are started, and
have imported what they need, before the clock runs; their sampling profiler, which
interrupts Python a hundred times a second, is off unless asked for. The scores must not
differ in a single bit.

Beside the wall clock stands processor time, which tells more on a machine that has
other work to do, but nothing of fits that end at different times.
"""

import argparse
import sys
import time
import warnings

import dask
import pandas as pd
import torch
from distributed import Client, LocalCluster
from imblearn.pipeline import make_pipeline
from joblib import parallel_config
from report import add_out_argument, write_report
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from stopwatch import Stopwatch

from fairsample import FairSynthResampler, VisitVectorizer
from fairsample.datasets import make_icu_cohort
from fairsample.training.threads import at_most_threads
from fairsample.validation import DataWarning

WEIGHTS, FOLDS = [0.0, 0.5, 1.0, 1.5], 2


def main():
    args = parse_arguments()
    warnings.simplefilter("ignore", DataWarning)
    cohort = make_icu_cohort(n_patients=args.n_patients, random_state=0)
    with (
        dask.config.set({"distributed.worker.profile.enabled": args.profile}),
        LocalCluster(
            n_workers=args.workers, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        Client(cluster) as client,
    ):
        client.run(get_ready)
        runs = [compare(cohort, client) for _ in range(args.repeats)]
    table = pd.DataFrame(runs).round(2).assign(goal=">= 1.7")
    results = {"workers": args.workers, "fits": len(WEIGHTS) * FOLDS, "runs": runs}
    write_report("cluster_search", table, results, out=args.out)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n-patients", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--profile", action="store_true", help="leave Dask's sampling profiler on"
    )
    parser.add_argument("--repeats", type=int, default=2)
    add_out_argument(parser)
    return parser.parse_args()


def get_ready():
    """Import what a fit needs, in a worker."""
    warnings.simplefilter("ignore", DataWarning)
    return FairSynthResampler, torch.get_num_threads()


def compare(cohort, client):
    """Search in this process and on the cluster: seconds and their ratios."""
    watch = Stopwatch()
    with at_most_threads(1):
        expected = search_scores(cohort)
    wall, processor = watch.read()
    busy, watch = client.run(time.process_time), Stopwatch()
    with parallel_config(backend="dask"):
        found = search_scores(cohort)
    wall_spread, _ = watch.read()
    after = client.run(time.process_time)
    workers = sum(after[worker] - busy[worker] for worker in busy)
    if not found.equals(expected):
        sys.exit("The scores on the cluster differ from those of one process.")
    return {
        "one process, s": wall,
        "cluster, s": wall_spread,
        "speed-up": wall / wall_spread,
        "one process, processor s": processor,
        "all workers, processor s": workers,
        "speed-up if shared evenly": len(busy) * processor / workers,
    }


def search_scores(cohort):
    """Search, and give the scores of every fold: DataFrame."""
    search = GridSearchCV(
        make_pipeline(
            FairSynthResampler("gender", sampling_strategy="groups", random_state=0),
            VisitVectorizer(),
            LogisticRegression(C=0.1, max_iter=1000),
        ),
        {"fairsynthresampler__fairness_weight": WEIGHTS},
        scoring="balanced_accuracy",
        cv=FOLDS,
        refit=False,
        error_score="raise",
    ).fit(cohort.data, cohort.target)
    return pd.DataFrame(search.cv_results_).filter(like="_test_score")


if __name__ == "__main__":
    main()
