"""How do fit and sample grow with rows, columns and codes, and what do they write?

    python tests/benchmarks/scale.py
    python tests/benchmarks/scale.py --rows 1000 10000 --columns 10 --only FLIP
    python tests/benchmarks/scale.py --peer ctgan=ENV/bin/python --peer mostly=...

Tables come of a factor model: half of the columns are numbers, half categories of 3 to
12 levels, with a group and an outcome that depend on all of them. Every generator is
fitted and sampled in a process of its own; TVAE, CTGAN and TabularARGN in the
environments that `--peer` names. Times are of the wall clock, memory is the peak of the
process. Quality is against as many fresh rows: `shape` of columns, `trend` of pairs,
`c2st` of a classifier that tells both apart, `tstr`, the AUC of a model trained on what
was written, minus that after training on real rows.

Epochs are fixed where growth is asked for, so that times grow with the table and not
with a rule that chooses epochs. The exponent is the slope of the log of fit plus sample
over the two largest sizes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from report import add_out_argument, write_report

from fairsample.flip import TableDomain
from fairsample.metrics import (
    classifier_two_sample_test,
    column_shapes,
    pair_trends,
    train_on_synthetic_auc,
)

OURS = ("copies", "FairSynth", "FLIP", "causal, chain", "causal, scratch", "SMOTENC")
PEERS = {"TVAE": "ctgan", "CTGAN": "ctgan", "TabularARGN": "mostly"}
FIXED = {
    "FairSynth": {"max_epochs": 3, "fairness_epochs": 1, "patience": 5},
    "TVAE": {"epochs": 3},
    "CTGAN": {"epochs": 3},
    "TabularARGN": {"max_epochs": 3},
}
OWN_RULES = {"TVAE": {}, "CTGAN": {}, "TabularARGN": {}}
N_SCORED = 20_000


def simulate_table(n_rows, n_columns, seed=0):
    """Draw a table of so many columns, group and outcome among them.

    Parameters
    ----------
    n_rows, n_columns : int
        Its shape.
    seed : int, default=0
        Of the rows; the model behind them does not depend on it.

    Returns
    -------
    DataFrame
    """
    model, rng = np.random.default_rng(n_columns), np.random.default_rng(seed)
    n_features = n_columns - 2
    loadings = model.normal(size=(4, n_features)) / 2
    shift = model.normal(size=n_features) / 3
    tilt = model.normal(size=n_features)
    n_levels = model.integers(3, 13, n_features)
    group = rng.random(n_rows) < 0.3
    factors = rng.normal(size=(n_rows, 4))
    values = factors @ loadings + group[:, None] * shift
    values += rng.normal(size=values.shape) * 0.7
    risk = values @ tilt / np.sqrt(n_features) - 0.3 * group - 0.8
    columns = {"group": np.where(group, "b", "a")}
    for at in range(n_features):
        if at % 2:
            cuts = np.quantile(model.normal(size=999), np.arange(1, n_levels[at]) / 12)
            level = np.searchsorted(np.sort(cuts), values[:, at])
            columns[f"c{at}"] = np.char.add("v", level.astype(str))
        else:
            columns[f"x{at}"] = np.round(np.exp(values[:, at] / 2) * 10, 3)
    columns["outcome"] = (rng.random(n_rows) < 1 / (1 + np.exp(-risk))).astype(int)
    return pd.DataFrame(columns)


def run_one(name, table, settings, python, folder, timeout):
    """Fit and sample in a process of its own.

    Returns
    -------
    dict
        Seconds and gigabytes, or the last line of what went wrong.
    rows : DataFrame or None
    """
    source, written = folder / "real.parquet", folder / "written.parquet"
    table.to_parquet(source)
    written.unlink(missing_ok=True)
    if name.startswith("causal"):
        settings = {**settings, "columns": list(table)}
    if name == "FLIP":
        public = simulate_table(len(table), table.shape[1], seed=2)
        domain = TableDomain.from_frame(public, listed=["outcome"])
        settings = {**settings, "domain": domain.to_json()}
    code = "import sys; from one_fit import main; main(sys.argv[1:])"
    command = [python, "-c", code, name, source, written, json.dumps(settings)]
    try:
        ended = subprocess.run(
            [str(part) for part in command],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"more than {timeout:g} s"}, None
    lines = [line for line in ended.stdout.splitlines() if line.startswith("RESULT ")]
    if ended.returncode or not lines:
        return {"failed": (ended.stderr.strip().splitlines() or ["?"])[-1]}, None
    return json.loads(lines[-1][7:]), pd.read_parquet(written)


def score(written, table, n_columns):
    """Compare written rows with fresh ones from the same source."""
    n = min(len(table), N_SCORED)
    fresh = simulate_table(n, n_columns, seed=1)
    written = written[list(table)].sample(n, random_state=0, replace=len(written) < n)
    written = written.astype({"outcome": int}).reset_index(drop=True)
    common = {"target": "outcome", "random_state": 0}
    return {
        "shape": column_shapes(fresh, written)["score"].mean(),
        "trend": pair_trends(fresh, written)["score"].mean(),
        "c2st": classifier_two_sample_test(fresh, written, random_state=0),
        "tstr": train_on_synthetic_auc(fresh, written, **common)
        - train_on_synthetic_auc(fresh, table.head(n), **common),
    }


def growth(results, along):
    """Give the exponent of fit plus sample between the two largest sizes."""
    exponents = {}
    for name, of_one in _panel(results, along).groupby("generator", sort=False):
        last = of_one.sort_values(along).iloc[-2:]
        if len(last) == 2:
            seconds = np.log(last["fit_cpu"] + last["sample_cpu"]).to_numpy()
            exponents[name] = np.diff(seconds)[0] / np.diff(np.log(last[along]))[0]
    return exponents


def _panel(results, along):
    """Return the runs that differ in rows only, or in columns only."""
    done = results.dropna(subset=["fit"])
    if along == "rows":
        return done[done["columns"] == done["columns"].min()]
    sizes = done.groupby("rows")["columns"].nunique()
    return done[done["rows"] == sizes.idxmax()]


def draw(results, path):
    """Draw seconds over rows and over columns, log-log."""
    import matplotlib.pyplot as plt

    from fairsample.plots.palette import PALETTE

    figure, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for ax, along in zip(axes, ("rows", "columns"), strict=True):
        shown = _panel(results, along).groupby("generator", sort=False)
        for at, (name, of_one) in enumerate(shown):
            of_one = of_one.sort_values(along)
            seconds = of_one["fit"] + of_one["sample"]
            style = {"color": PALETTE[at % 7], "marker": "osD^v<>Pp"[at % 9]}
            style["linestyle"] = "-" if at < 7 else "--"
            ax.plot(of_one[along], seconds, label=name, **style)
        ax.set(xscale="log", yscale="log", xlabel=along, ylabel="seconds, fit + sample")
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25)
    axes[0].legend(frameon=False, fontsize="small")
    figure.savefig(path, dpi=130)
    plt.close(figure)


def parse():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--columns", type=int, nargs="+", default=[10, 30, 100])
    parser.add_argument("--only", nargs="+", choices=[*OURS, *PEERS])
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("--own-rules", action="store_true", help="epochs not fixed")
    parser.add_argument("--timeout", type=float, default=1800, help="seconds each")
    parser.add_argument("--picture", type=Path, help="write the log-log plots")
    add_out_argument(parser)
    return parser.parse_args()


def main():
    """Run the grid: all rows with the fewest columns, all columns with middle rows."""
    args = parse()
    peers = dict(text.split("=", 1) for text in args.peer)
    names = args.only or [*OURS, *(name for name in PEERS if PEERS[name] in peers)]
    middle = sorted(args.rows)[len(args.rows) // 2]
    sizes = {(rows, min(args.columns)) for rows in args.rows}
    sizes |= {(middle, columns) for columns in args.columns}
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for rows, columns in sorted(sizes):
            table = simulate_table(rows, columns)
            for name in names:
                python = peers.get(PEERS.get(name), sys.executable)
                rules = OWN_RULES if args.own_rules else FIXED
                times, written = run_one(
                    name, table, rules.get(name, {}), python, Path(folder), args.timeout
                )
                quality = {} if written is None else score(written, table, columns)
                results.append(
                    {"generator": name, "rows": rows, "columns": columns}
                    | times
                    | quality
                )
                print(results[-1], flush=True)
    frame = pd.DataFrame(results, columns=list({k: 0 for r in results for k in r}))
    for along in ("rows", "columns"):
        exponents = growth(frame, along)
        print(along, {name: round(value, 2) for name, value in exponents.items()})
    if args.picture:
        draw(frame, args.picture)
    write_report("scale", frame.round(3).set_index("generator"), results, out=args.out)


if __name__ == "__main__":
    main()
