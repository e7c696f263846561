"""How good are FLIP's synthetic tables, private and not?

    python tests/benchmarks/flip_quality.py
    python tests/benchmarks/flip_quality.py --epsilons none --network
    python tests/benchmarks/flip_quality.py --data support2 rhc diabetes130 --epsilons 2

λ is 0, and as many rows as were fitted are sampled in their proportions. Bounds and
categories are declared, read off training and test rows together, as if a code book
gave them. Adult has its published parts and fnlwgt, the other tables are split 70/30.

- shape, trend: mean of `column_shapes`, and of the associated pairs of `pair_trends`.
- c2st: `classifier_two_sample_test` against held-out rows.
- tstr, trtr: AUC on held-out rows after training on synthetic and on real rows.
- gap closed: how much of the way from the prototype's tstr to trtr was made, where that
  is known; the prototype released noisy tables of all pairs with fixed bins.
- di, wtpr: disparate impact and worst true positive rate of the boosted model trained
  on synthetic rows, and on real ones; the rarer class is positive.

Peak memory is that of the process so far: ask for one epsilon to learn what it takes.
"""

import argparse
import warnings

import pandas as pd
from flip_tables import TABLES, load_table, sample_as_many
from predictors import table_predictors, with_random_state
from report import add_out_argument, write_report
from sklearn.exceptions import UndefinedMetricWarning

from fairsample import FlipResampler
from fairsample.base import DataWarning
from fairsample.flip import PrivacyWarning
from fairsample.metrics import (
    classifier_two_sample_test,
    column_shapes,
    disparate_impact,
    pair_trends,
    train_on_synthetic_auc,
    worst_group_tpr,
)

MIN_GROUP_SIZE, MIN_CLASS_SIZE = 50, 10
PROTOTYPE_TSTR = {"support2": 0.824, "rhc": 0.685, "diabetes130": 0.593}  # epsilon = 2


def main():
    args = parse_arguments()
    for category in (UndefinedMetricWarning, DataWarning, PrivacyWarning):
        warnings.simplefilter("ignore", category)
    results = []
    for name in args.data:
        for seed in range(args.first_seed, args.first_seed + args.seeds):
            results += measure_table(name, seed, args)
    table = pd.DataFrame(results)
    means = table.groupby(["data", "epsilon"], sort=False).mean().drop(columns="seed")
    shown = means.map("{:.4g}".format, na_action="ignore").fillna("").reset_index()
    name = "_".join(["flip_quality", *args.data, *variant(args)])
    write_report(name, shown.set_index("data"), results, out=args.out)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", nargs="+", choices=list(TABLES), default=["adult"])
    parser.add_argument(
        "--epsilons",
        nargs="+",
        type=epsilon_or_none,
        default=[None, 2.0, 1.0, 0.5],
        help="'none' is not private",
    )
    parser.add_argument(
        "--engine", choices=["marginals", "dp-sgd"], default="marginals"
    )
    parser.add_argument("--network", action="store_true")
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--n-rows", type=int, help="use this many rows only")
    parser.add_argument("--csv", action="store_true", help="write the tables, too")
    add_out_argument(parser)
    return parser.parse_args()


def epsilon_or_none(text):
    return None if text == "none" else float(text)


def variant(args):
    """Name what is not the default, for the file of the results."""
    engine = [] if args.engine == "marginals" else [args.engine]
    return engine + ["network"] * args.network


def measure_table(name, seed, args):
    """Scores of every epsilon on one split: list of dict."""
    table = load_table(name, seed=seed, n_rows=args.n_rows)
    fairness = trained_on(table.train, table, seed)
    real = {f"{name}_real": value for name, value in fairness.items()}
    trtr = train_on_synthetic_auc(
        table.test,
        table.train,
        target=table.target,
        numeric_features=table.numbers,
        random_state=seed,
    )
    results = []
    for epsilon in args.epsilons:
        resampler = FlipResampler(
            table.sensitive,
            epsilon=epsilon,
            domain=None if epsilon is None else table.domain,
            fairness_weight=0.0,
            private_engine=args.engine,
            network=args.network,
            random_state=seed,
        )
        synthetic, costs = sample_as_many(resampler, table)
        label = "none" if epsilon is None else f"{epsilon:g}"
        scores = {
            "data": name,
            "epsilon": label,
            "seed": seed,
            **fidelity(table, synthetic, seed),
            "trtr": trtr,
            **trained_on(synthetic, table, seed),
            **real,
            **costs,
        }
        if epsilon == 2 and name in PROTOTYPE_TSTR:
            known = PROTOTYPE_TSTR[name]
            scores["gap_closed"] = (scores["tstr"] - known) / (trtr - known)
        print(pd.Series(scores).to_string(), flush=True)
        results.append(scores)
        if args.csv:
            folder = "_".join(["flip", name, label, *variant(args), f"seed{seed}"])
            write_tables(table, synthetic, args.out / folder)
    return results


def fidelity(table, synthetic, seed):
    """Scores that need no group: dict."""
    numbers = {"numeric_features": table.numbers}
    trends = pair_trends(table.train, synthetic, **numbers)
    return {
        "shape": column_shapes(table.train, synthetic, **numbers)["score"].mean(),
        "trend": trends.loc[trends["associated"], "score"].mean(),
        "trend_all": trends["score"].mean(),
        "c2st": classifier_two_sample_test(
            table.test, synthetic, random_state=seed, **numbers
        ),
        "tstr": train_on_synthetic_auc(
            table.test, synthetic, target=table.target, random_state=seed, **numbers
        ),
    }


def trained_on(rows, table, seed):
    """Fairness on held-out rows of the boosted model of some rows: dict."""
    X_test, y_test = table.features_and_target(table.test)
    boosting = with_random_state(table_predictors()["boosting"], seed)
    selected = boosting.fit(*table.features_and_target(rows)).predict(X_test)
    given = {
        "sensitive_features": X_test[table.sensitive],
        "pos_label": table.rare_class,
        "min_group_size": MIN_GROUP_SIZE,
    }
    return {
        "di": disparate_impact(y_test, selected, **given),
        "wtpr": worst_group_tpr(
            y_test, selected, min_class_size=MIN_CLASS_SIZE, **given
        ),
    }


def write_tables(table, synthetic, folder):
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"train": table.train, "test": table.test, "synth": synthetic}
    for name, rows in tables.items():
        rows.to_csv(folder / f"{name}.csv", index=False)


if __name__ == "__main__":
    main()
