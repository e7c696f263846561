"""How faithful are FairSynth's patients? Diabetes-130, 16,341 patients with visits.

    python tests/benchmarks/diabetes_fidelity.py
    python tests/benchmarks/diabetes_fidelity.py --all

The patients are split 70/30 within every race and outcome. A generator is fitted on the
training part and draws as many patients, three times. Measured on the held-out part:
R2 of code probabilities, and the AUC of predictors trained on synthetic against real
patients. The real training part, measured the same way, shows what is attainable.

With ``--all`` nothing is scored: one generator is fitted on all patients and draws as
many, to see the time and the most memory that a process needs for it.
"""

import argparse
import time

import pandas as pd
from predictors import visit_predictors, with_random_state
from report import add_out_argument, peak_gigabytes, write_report
from sklearn.metrics import roc_auc_score

from fairsample import FairSynthResampler
from fairsample.datasets import fetch_diabetes130
from fairsample.evaluation import split_cells
from fairsample.metrics import record_fidelity

R2 = ["r2_codes", "r2_visit_pairs", "r2_consecutive_pairs"]
LENGTHS = ["visits_per_record", "codes_per_visit"]
GOAL = {
    "R2 codes": ">= .97",
    "R2 visit pairs": ">= .93",
    "R2 consecutive pairs": ">= .90",
    "AUC logistic": "real - .02",
    "AUC boosting": "real - .02",
}


def main():
    args = parse_arguments()
    patients = fetch_diabetes130(records="patients")
    X, y = patients.data, patients.target
    if args.n_rows is not None:
        X = X.sample(args.n_rows, random_state=0)
        y = y.loc[X.index]
    if args.all:
        _, costs = generate(X, y, args, n_draws=1)
        table = pd.DataFrame([costs], index=["all patients"])
        write_report("diabetes_cost", table, costs, out=args.out)
        return
    cells = X.groupby([X["race"], y]).ngroup()
    train, test = split_cells(cells, test_size=0.3, random_state=args.random_state)
    real, held_out = (X.iloc[train], y.iloc[train]), (X.iloc[test], y.iloc[test])
    draws, costs = generate(*real, args, n_draws=args.draws)
    scores = {
        "real training patients": [score(*real, *held_out, args.random_state)],
        "synthetic patients": [
            score(*draw, *held_out, args.random_state) for draw in draws
        ],
        "held-out patients": [lengths(held_out[0]["visits"])],
    }
    write_report(
        "diabetes_fidelity", mean_table(scores), {**scores, **costs}, out=args.out
    )


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true", help="time all patients")
    parser.add_argument("--draws", type=int, default=3, help="synthetic samples")
    parser.add_argument("--fairness-weight", type=float, default=0.0)
    parser.add_argument("--random-state", type=int, default=0)
    parser.add_argument("--n-rows", type=int, help="use this many patients only")
    add_out_argument(parser)
    return parser.parse_args()


def generate(X, y, args, *, n_draws):
    """Fit a generator and draw as many patients, several times: draws, costs."""
    resampler = FairSynthResampler(
        "race",
        sampling_strategy="proportional",
        fairness_weight=args.fairness_weight,
        random_state=args.random_state,
    )
    start = time.perf_counter()
    resampler.fit(X, y)
    fitted = time.perf_counter()
    draws = [resampler.sample(random_state=draw) for draw in range(n_draws)]
    sampled = (time.perf_counter() - fitted) / n_draws
    return draws, {
        "n_patients": len(X),
        "fit_seconds": round(fitted - start, 1),
        "sample_seconds": round(sampled, 1),
        "fit_and_sample_seconds": round(fitted - start + sampled, 1),
        "peak_gb": peak_gigabytes(),
    }


def score(X, y, X_test, y_test, random_state):
    """Compare patients, real or synthetic, with held-out real ones."""
    fidelity = record_fidelity(X_test["visits"], X["visits"])
    scores = {_title(name): getattr(fidelity, name) for name in R2}
    for name, predictor in visit_predictors().items():
        fitted = with_random_state(predictor, random_state).fit(X, y)
        odds = fitted.predict_proba(X_test)[:, 1]
        scores[f"AUC {name}"] = float(roc_auc_score(y_test, odds))
    return scores | lengths(X["visits"])


def lengths(visits):
    """Mean and standard deviation of visits per record and codes per visit."""
    fidelity = record_fidelity(visits, visits)
    values = {}
    for name in LENGTHS:
        length = getattr(fidelity, f"real_{name}")
        values |= {f"{_title(name)}, mean": length.mean}
        values |= {f"{_title(name)}, SD": length.sd}
    return values


def mean_table(scores):
    """One column for each kind of patients, the mean over draws; and the goals."""
    means = {kind: pd.DataFrame(draws).mean() for kind, draws in scores.items()}
    order = next(iter(means.values())).index
    table = pd.DataFrame(means).loc[order].map("{:.4f}".format, na_action="ignore")
    return table.assign(goal=pd.Series(GOAL)).fillna("")


def _title(name):
    return name.replace("r2_", "R2 ").replace("_", " ")


if __name__ == "__main__":
    main()
