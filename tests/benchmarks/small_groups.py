"""What becomes of groups with few training rows: FairSynth with feedback or copies?

    python tests/benchmarks/small_groups.py
    python tests/benchmarks/small_groups.py --data support2 --predictors boosting

Repeated 70/30 splits, within groups and classes. Of each, groups with 80 to 300
training rows count. Held-out predictions of all splits are pooled, the lowest true
positive or true negative rate of any such group is taken after either augmentation, and
a bootstrap over rows (all predictions of a row together) gives the interval of the
difference.
"""

import argparse
import tempfile
import warnings

import numpy as np
import pandas as pd
from fair_utility import COPIES, FAIRSYNTH, TABLES, augmenters, load
from predictors import table_predictors, with_random_state
from report import add_out_argument, write_report

from fairsample.base import DataWarning
from fairsample.evaluation import split_cells
from fairsample.metrics import bootstrap_interval

SMALL_GROUP = 80, 300


def main():
    args = parse_arguments()
    warnings.simplefilter("ignore", DataWarning)
    records = []
    for name in args.data:
        X, y, sensitive = load(name, None)
        with tempfile.TemporaryDirectory() as memory:
            for predictor in args.predictors:
                held_out = predict_held_out(
                    X, y, sensitive, predictor, range(args.repeats), memory
                )
                if held_out is None:
                    continue
                records.append({"data": name, "predictor": predictor, **gain(held_out)})
                print(records[-1], flush=True)
    table = pd.DataFrame(records).set_index("data")
    write_report("small_groups", table, records, out=args.out)


def predict_held_out(X, y, sensitive, predictor, seeds, memory):
    """Predict held-out rows of small groups: DataFrame, or None if there are none."""
    cells = X.groupby([X[sensitive], y], sort=True).ngroup().to_numpy()
    parts = []
    for seed in seeds:
        train, test = split_cells(cells, random_state=seed)
        sizes = X[sensitive].iloc[train].value_counts()
        small = sizes[sizes.between(*SMALL_GROUP)].index
        test = test[X[sensitive].iloc[test].isin(small)]
        if not len(test):
            continue
        part = {"row": test, "y": y.iloc[test], "group": X[sensitive].iloc[test]}
        model = table_predictors()[predictor]
        arms = augmenters(sensitive, model, memory)
        for arm in (COPIES, FAIRSYNTH):
            resampler = with_random_state(arms[arm], seed)
            rows = resampler.fit_resample(X.iloc[train], y.iloc[train])
            fitted = with_random_state(model, seed).fit(*rows)
            part[arm] = fitted.predict(X.iloc[test])
        parts.append(pd.DataFrame(part))
    return pd.concat(parts) if parts else None


def gain(held_out):
    """Worst recall after either augmentation, and the interval of the difference."""
    given = {
        "sensitive_features": held_out["group"],
        "rows": held_out["row"],
        "min_group_size": 1,
        "min_class_size": 10,
        "random_state": 0,
    }
    y = held_out["y"]

    def interval(arm, **other):
        return bootstrap_interval(
            "worst_group_recall", y, held_out[arm], **other, **given
        )

    difference = interval(FAIRSYNTH, y_pred_other=held_out[COPIES])
    return {
        "groups": ", ".join(sorted(held_out["group"].unique())),
        "rows held out": len(held_out),
        "copies": round(interval(COPIES).estimate, 3),
        "FairSynth": round(interval(FAIRSYNTH).estimate, 3),
        "difference": round(difference.estimate, 3),
        "low": round(difference.low, 3),
        "high": round(difference.high, 3),
        "excludes 0": bool(difference.low > 0),
        "mean recall, copies": round(mean_recall(held_out, COPIES), 3),
        "mean recall, FairSynth": round(mean_recall(held_out, FAIRSYNTH), 3),
    }


def mean_recall(held_out, arm):
    """Mean over groups and classes of the recall."""
    hits = held_out[arm] == held_out["y"]
    return float(np.mean(hits.groupby([held_out["group"], held_out["y"]]).mean()))


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    with_small_groups = [name for name in TABLES if name != "adult"]
    parser.add_argument(
        "--data", nargs="+", choices=with_small_groups, default=with_small_groups
    )
    parser.add_argument(
        "--predictors",
        nargs="+",
        choices=list(table_predictors()),
        default=list(table_predictors()),
    )
    parser.add_argument("--repeats", type=int, default=5, help="splits")
    add_out_argument(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
