"""Do written rows keep the causal effects they ought to, and lose the others?

    python tests/benchmarks/causal_rows.py
    python tests/benchmarks/causal_rows.py --data compas --remove indirect --llm chain

Defendants (COMPAS: charged again, by race; ``compas_score``: the courts' risk score
above 4), patients (SUPPORT2: death in hospital, RHC: death, by race) and applicants
(Berkeley: admission, by gender). Confounders are age and sex where there are such,
mediators all other columns. The rows are split 70 / 30; `CausalLLMResampler` learns the
first part. For each seed and each of the direct, indirect and spurious effect:

- kept: |written - aim| within 10 % of the real effect or one standard error of it,
  where the aim is the effect of the training rows, or 0 if it was removed.
- held_out: within two joint standard errors of the held-out rows' effect (preserve).
- gone: share of the real effect that is gone, and whether the 95 % interval holds 0
  (remove).
- equivalent: what the two one-sided tests say of it, over four times as many rows.
- auc: gradient boosting trained on as many written rows as real ones, and on three
  times as many (auc_3), minus trained on the real ones; tested on held-out rows.
- model_gone: share of the effect on the predictions of gradient boosting, trained on
  three times as many written rows, that is gone; measured on held-out rows.
"""

import argparse
import warnings

import numpy as np
import pandas as pd
from report import add_out_argument, write_report
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from stopwatch import Stopwatch

from fairsample import CausalLLMResampler, StandardFairnessModel
from fairsample.base import DataWarning
from fairsample.datasets import (
    fetch_compas,
    fetch_rhc,
    fetch_support2,
    load_berkeley,
)
from fairsample.metrics import causal_effects, train_on_synthetic_auc

PARTS = ["direct", "indirect", "spurious"]
BASELINES = {
    "compas": "Caucasian",
    "compas_score": "Caucasian",
    "support2": "white",
    "rhc": "White",
    "berkeley": "Male",
}


def main():
    args = parse_arguments()
    warnings.simplefilter("ignore", DataWarning)
    results = []
    for name in args.data:
        X, y, model = load(name)
        for seed in range(args.first_seed, args.first_seed + args.seeds):
            results += measure(name, X, y, model, seed, args)
            print(pd.DataFrame(results[-len(PARTS) :]).round(4).to_string(), flush=True)
    found = pd.DataFrame(results)
    shown = found.groupby(["data", "effect"], sort=False).mean(numeric_only=True)
    shown = shown.drop(columns="seed").round(4).reset_index()
    write_report("causal_rows", shown, results, out=args.out)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", nargs="+", choices=list(BASELINES), default=list(BASELINES)
    )
    parser.add_argument("--remove", nargs="+", choices=PARTS, default=[])
    parser.add_argument("--weight", type=float, default=1.0, help="share removed")
    parser.add_argument("--llm", default="auto", choices=["auto", "chain", "scratch"])
    parser.add_argument("--n-rows", type=int, help="train on this many rows only")
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    add_out_argument(parser)
    return parser.parse_args()


def load(name):
    """Load features, outcome and roles."""
    if name == "berkeley":
        bunch = load_berkeley()
    elif name.startswith("compas"):
        bunch = fetch_compas()
    else:
        bunch = {"support2": fetch_support2, "rhc": fetch_rhc}[name]()
    X, y = bunch.data, bunch.target
    if name == "compas_score":
        y = (bunch.decile_score > 4).astype(int).rename("high_score")
    known = X[bunch.sensitive].notna()
    X, y = X[known].reset_index(drop=True), y[known].reset_index(drop=True)
    confounders = [column for column in ("age", "sex") if column in X]
    others = X.columns.drop([*confounders, bunch.sensitive])
    model = StandardFairnessModel(
        sensitive=bunch.sensitive,
        confounders=confounders,
        mediators=list(others),
        baseline=BASELINES[name],
        comparison="rest" if X[bunch.sensitive].nunique() > 2 else None,
    )
    return X, y, model


def measure(name, X, y, model, seed, args):
    """Fit, sample and measure: a dict for each effect."""
    train, test = train_test_split(
        np.arange(len(X)), test_size=0.3, stratify=y, random_state=seed
    )
    if args.n_rows:
        train, _ = train_test_split(
            train, train_size=args.n_rows, stratify=y.iloc[train], random_state=seed
        )
    parts = [
        (X.iloc[rows].reset_index(drop=True), y.iloc[rows]) for rows in (train, test)
    ]
    (X_train, y_train), (X_test, y_test) = parts
    resampler = CausalLLMResampler(
        fairness_model=model,
        fairness_weight=args.weight if args.remove else 0.0,
        pathways=tuple(args.remove),
        llm=args.llm,
        random_state=seed,
    )
    watch = Stopwatch()
    resampler.fit(X_train, y_train)
    seconds = watch.read()[1]
    n = len(X_train)
    few, many = (resampler.sample(times * n, random_state=seed) for times in (1, 3))
    found = {
        key: causal_effects(*rows, model=model, natural=False, random_state=seed)
        for key, rows in {"real": parts[0], "held_out": parts[1], "few": few}.items()
    }
    areas = [auc(parts[1], rows) for rows in (parts[0], few, many)]
    on_models = [effect_on_model(rows, parts[1], model) for rows in (parts[0], many)]
    verdicts = resampler.equivalence_.to_frame()["verdict"]
    common = {
        "data": name,
        "seed": seed,
        "llm": resampler.backend_name_,
        "auc": areas[1] - areas[0],
        "auc_3": areas[2] - areas[0],
        "auc_real": areas[0],
        "seconds": seconds,
        "effective": resampler.effective_share_,
    }
    return [
        common
        | compare(part, found, on_models, part in args.remove, args.weight)
        | {"equivalent": float(verdicts[part] == "equivalent")}
        for part in PARTS
    ]


def compare(part, found, on_models, removed, weight):
    """Compare one effect of written rows with those of real ones."""
    real, held_out, written = (getattr(found[key], part) for key in found)
    aim = (1 - weight if removed else 1) * real.value
    joint = 2 * np.hypot(held_out.se, written.se)
    off = written.value - aim
    before, after = (getattr(effects, part).value for effects in on_models)
    row = {
        "effect": part,
        "real": real.value,
        "real_se": real.se,
        "written": written.value,
        "kept": float(abs(off) <= max(0.1 * abs(real.value), real.se)),
        "off_in_se": off / real.se if real.se else 0.0,
        "held_out": float(abs(written.value - held_out.value) <= joint + 1e-12),
        "model_before": before,
        "model_after": after,
    }
    if removed:
        row["gone"] = 1 - written.value / real.value
        row["holds_0"] = float(not written.excludes(0))
        row["model_gone"] = 1 - after / before
    return row


def auc(test, train):
    """Score gradient boosting trained on rows."""
    tables = [X.assign(**{"the outcome": np.asarray(y)}) for X, y in (test, train)]
    return train_on_synthetic_auc(*tables, target="the outcome", random_state=0)


def effect_on_model(train, test, model):
    """Measure the effects on what gradient boosting predicts."""
    encode = make_column_transformer(
        (
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
            make_column_selector(dtype_exclude="number"),
        ),
        remainder="passthrough",
    )
    boosting = HistGradientBoostingClassifier(random_state=0)
    predictor = clone(make_pipeline(encode, boosting)).fit(*train)
    X_test, _ = test
    predicted = predictor.predict_proba(X_test)[:, 1]
    return causal_effects(X_test, predicted, model=model, natural=False, random_state=0)


if __name__ == "__main__":
    main()
