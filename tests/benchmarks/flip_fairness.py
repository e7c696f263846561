"""How independent of the group are FLIP's synthetic tables, and at what price?

    python tests/benchmarks/flip_fairness.py
    python tests/benchmarks/flip_fairness.py --weights 0 1 2 4 --arms tables both

Adult and German credit by sex, COMPAS by race, Caucasian and all others (``--races``:
as it is). As many rows as were fitted are sampled in their proportions, and compared
with what the real ones reach:

- ber: `attribute_balanced_error_rate` of the synthetic and of the real training rows,
  and the share of the real one's distance to 1 - 1/k, for k groups, that is gone.
- a_ncb: `adversarial_cluster_balance`, mean over several seeds. The adversary learns on
  real training rows; it judges held-out real rows, and as many synthetic ones.
- auc: `train_on_synthetic_auc` on held-out rows, and that of real training rows.

Three arms tell what does what: "tables" takes dependence away in the noisy tables,
"both" also aligns the groups in a network trained on rows drawn from them, "network" is
the network alone, on real rows and not private. The private phase is shared by all
weights of a seed. Bounds and categories are declared, read off all rows.
"""

import argparse
import tempfile
import warnings

import numpy as np
import pandas as pd
from flip_tables import load_table, sample_as_many
from report import add_out_argument, write_report
from sklearn.exceptions import UndefinedMetricWarning

from fairsample import FlipResampler
from fairsample.base import DataWarning
from fairsample.flip import PrivacyWarning
from fairsample.metrics import (
    adversarial_cluster_balance,
    attribute_balanced_error_rate,
    train_on_synthetic_auc,
)

DATA = ["adult", "compas", "german"]
REFERENCE_RACE = "Caucasian"
ARMS = {
    "tables": {},
    "both": {"network": True},
    "network": {"network": True, "epsilon": None, "domain": None},
}
MEASURES = ["ber", "a_ncb", "auc"]


def main():
    args = parse_arguments()
    for category in (UndefinedMetricWarning, DataWarning, PrivacyWarning):
        warnings.simplefilter("ignore", category)
    results = []
    for name in args.data:
        for seed in range(args.first_seed, args.first_seed + args.seeds):
            with tempfile.TemporaryDirectory() as memory:
                results += measure_data(name, seed, memory, args)
    table = compared_with_real(pd.DataFrame(results))
    mean = table.groupby(["arm", "weight"], sort=False).mean()
    shown = pd.concat([table, pd.concat({"mean": mean}, names=["data"])])
    write_report("flip_fairness", shown.round(3).reset_index(), results, out=args.out)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", nargs="+", choices=DATA, default=DATA)
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=["tables"])
    parser.add_argument("--weights", nargs="+", type=float, default=[0.0, 4.0])
    parser.add_argument("--epsilon", type=float, default=3.0)
    parser.add_argument("--races", action="store_true", help="all races of COMPAS")
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--balance-seeds", type=int, default=10, help="of one a_ncb")
    parser.add_argument("--n-rows", type=int, help="use this many rows only")
    add_out_argument(parser)
    return parser.parse_args()


def measure_data(name, seed, memory, args):
    """Measures of the real rows and of every arm and weight: list of dict."""
    table = load_table(name, seed=seed, n_rows=args.n_rows, drop_weights=True)
    if name == "compas" and not args.races:
        table = table._replace(
            train=with_two_races(table.train), test=with_two_races(table.test)
        )
    n_groups = table.train[table.sensitive].nunique()
    of_all = {"data": name, "seed": seed, "n_groups": n_groups}
    real = measure(table, table.train, table.test, seed, args.balance_seeds)
    results = [{**of_all, "arm": "real rows", **real}]
    for arm in args.arms:
        for weight in args.weights:
            private = {"epsilon": args.epsilon, "domain": table.domain}
            resampler = FlipResampler(
                table.sensitive,
                fairness_weight=weight,
                memory=memory,
                random_state=seed,
                **private | ARMS[arm],
            )
            synthetic, costs = sample_as_many(resampler, table)
            judged = synthetic.head(len(table.test))
            scores = measure(table, synthetic, judged, seed, args.balance_seeds)
            results.append({**of_all, "arm": arm, "weight": weight, **scores, **costs})
            print(pd.Series(results[-1]).to_string(), flush=True)
    return results


def with_two_races(rows):
    is_reference = rows["race"].eq(REFERENCE_RACE)
    return rows.assign(race=is_reference.map({True: REFERENCE_RACE, False: "other"}))


def measure(table, rows, judged, seed, n_balances):
    """Measure rows, with the balance of the judged ones: dict."""
    given = {"numeric_features": table.numbers}
    balances = [
        adversarial_cluster_balance(
            table.train, judged, table.sensitive, random_state=one, **given
        )
        for one in range(n_balances)
    ]
    return {
        "ber": attribute_balanced_error_rate(
            rows, table.sensitive, random_state=seed, **given
        ),
        "a_ncb": float(np.mean(balances)),
        "auc": train_on_synthetic_auc(
            table.test, rows, target=table.target, random_state=seed, **given
        ),
    }


def compared_with_real(results):
    """Changes in percent of the real rows' measures, mean over seeds: DataFrame."""
    results = results.set_index(["data", "seed"])
    is_real = results["arm"].eq("real rows")
    real = results.loc[is_real, MEASURES].add_suffix("_real")
    table = results[~is_real].join(real)
    for name in MEASURES:
        change = table[name] / table[f"{name}_real"] - 1
        table[f"{name}_change"] = 100 * change
    goal = 1 - 1 / table["n_groups"]
    gap = goal - table["ber_real"]
    table["ber_gap_closed"] = 100 * (table["ber"] - table["ber_real"]) / gap
    table = table.drop(columns=["n_groups", "sample_seconds"])
    return table.groupby(["data", "arm", "weight"], sort=False).mean()


if __name__ == "__main__":
    main()
