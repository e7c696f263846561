"""How good is the scratch language model, and how fast?

    python tests/benchmarks/scratch_language_model.py
    python tests/benchmarks/scratch_language_model.py --data compas

- adult: all 32,561 training rows with fnlwgt, the outcome last, the other columns in
  the order of the file. As many rows as were fitted are written and scored against the
  published test file as `table_scores` says. Needs sdmetrics. The three tables are
  written into a folder beside the JSON (train.csv, test.csv, synth.csv).
- compas: 5,000 rows of nine columns; 20,000 rows are written. Nats a row, and of the
  outcome given the rest, on held-out rows, beside those of the chain.

Rows are valid if the encoder of the training rows knows them.
"""

import argparse

import pandas as pd
from report import add_out_argument, peak_gigabytes, write_report
from stopwatch import Stopwatch
from table_scores import score_table

from fairsample.causal import ConditionalChain, ScratchLanguageModel
from fairsample.datasets import fetch_adult, fetch_compas

GOALS = {
    "adult": {
        "shape": 0.985,
        "trend": 0.970,
        "c2st": 0.85,
        "tstr": 0.913,
        "fit_seconds": 300.0,
        "valid": 1.0,
    },
    "compas": {"fit_seconds": 30.0, "sample_seconds": 5.0, "valid": 1.0},
}
N_COMPAS, N_WRITTEN = 5000, 20_000


def main():
    args = parse_arguments()
    measure = {"adult": measure_adult, "compas": measure_compas}
    for name in args.data:
        results = measure[name](args)
        reached = pd.DataFrame([results], index=["scratch"])
        goal = pd.DataFrame([GOALS[name]], index=["goal"])
        table = pd.concat([goal, reached]).reindex(columns=[*results])
        shown = table.map(as_text).fillna("")
        write_report(f"scratch_language_model_{name}", shown, results, out=args.out)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", nargs="+", choices=list(GOALS), default=["compas", "adult"]
    )
    parser.add_argument("--random-state", type=int, default=0)
    parser.add_argument("--n-rows", type=int, help="train on this many rows only")
    add_out_argument(parser)
    return parser.parse_args()


def as_text(value):
    return f"{value:.4g}" if isinstance(value, int | float) and value == value else ""


def measure_adult(args):
    """Scores of Adult, and what it cost: dict."""
    train, test = (
        with_outcome(fetch_adult(subset=subset, drop_weights=False), "income")
        for subset in ("train", "test")
    )
    train = first_rows(train, args.n_rows)
    model, synthetic, costs = fit_and_write(train, len(train), args.random_state)
    folder = args.out / "scratch_language_model_adult"
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in {"train": train, "test": test, "synth": synthetic}.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    scores = score_table(train, test, synthetic, target="income")
    return {**scores, **costs}


def measure_compas(args):
    """Losses on held-out rows of COMPAS, and what it cost: dict."""
    rows = with_outcome(fetch_compas(), "recidivism").sample(frac=1, random_state=0)
    n_rows = N_COMPAS if args.n_rows is None else args.n_rows
    train, test = first_rows(rows, n_rows), rows.iloc[n_rows:]
    model, _, costs = fit_and_write(train, N_WRITTEN, args.random_state)
    texts = train.select_dtypes(exclude="number")
    known = test[pd.concat([test[c].isin(texts[c]) for c in texts], axis=1).all(axis=1)]
    chain = ConditionalChain().fit(train, model.order_, random_state=args.random_state)
    by_column = model.log_loss(known, by_column=True)
    return {
        "n_rows": len(train),
        "nats": float(by_column.sum(axis=1).mean()),
        "chain_nats": float(chain.log_loss(known).mean()),
        "outcome_nats": float(by_column[:, -1].mean()),
        **costs,
    }


def with_outcome(bunch, name):
    """Give the columns, the outcome as the last."""
    target = pd.Series(bunch.target, index=bunch.data.index)
    if target.dtype.kind in "iu":
        target = target.map(dict(enumerate(bunch.target_names)))
    return bunch.data.assign(**{name: target.astype(str)})


def first_rows(table, n_rows):
    return table.head(n_rows or len(table)).reset_index(drop=True)


def fit_and_write(train, n, random_state):
    """Fit and write n rows: the model, the rows, and what it cost."""
    model, watch = ScratchLanguageModel(), Stopwatch()
    model.fit(train, list(train.columns), random_state=random_state)
    (fit_wall, fit_cpu), watch = watch.read(), Stopwatch()
    written = model.sample(None, n, random_state=random_state)
    sample_wall, sample_cpu = watch.read()
    costs = {
        "epochs": len(model.net_.history),
        "valid": float(len(written) == n and is_known(model, written)),
        "fit_seconds": round(fit_wall, 1),
        "fit_cpu_seconds": round(fit_cpu, 1),
        "sample_seconds": round(sample_wall, 1),
        "sample_cpu_seconds": round(sample_cpu, 1),
        "peak_gb": peak_gigabytes(),
    }
    return model, written, costs


def is_known(model, rows):
    """Whether the encoder of the training rows knows all of these."""
    try:
        model.encoder_.transform(rows)
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    main()
