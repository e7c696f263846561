"""Do plans and λ make predictors of private rows fair, for this task or for any?

    python tests/benchmarks/flip_plans.py
    python tests/benchmarks/flip_plans.py --parts tasks --predictors boosting

Adult by sex, trained on its published training rows, tested on its test rows.

- "plans": ``sampling_strategy="groups"`` under an epsilon against real rows alone and
  against copies of real rows with the same plan. See `fairness_comparison` for the
  measures.
- "tasks": five columns are the target in turn, the rest the features: income, more
  than 40 hours, any capital gain, married, works in the private sector. "one table" is
  fitted once, with income as its target, and serves all five; "groups" is fitted for
  each target, with its plan, and pays for each. Shown is how far disparate impact is
  from 1, on real test rows and on synthetic ones that the predictor was not trained on.
  A predictor that selects nobody has none: such tasks are left out of the mean.

Bounds and categories are declared, read off all rows. The private phase is shared by
all weights of a seed.
"""

import argparse
import tempfile
import warnings

import pandas as pd
from fairness_comparison import compare_on, metrics
from flip_tables import load_table
from predictors import SideBySide, table_predictors, with_random_state
from report import add_out_argument, write_report
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import balanced_accuracy_score

from fairsample import FlipResampler, GroupRandomOverSampler
from fairsample.base import DataWarning
from fairsample.evaluation import summarize
from fairsample.flip import PrivacyWarning
from fairsample.metrics import disparate_impact

MIN_GROUP_SIZE = 50
COPIES = "copies, even within groups"
# Target -> the column that it is read off and that no predictor sees, and how.
TASKS = {
    "income": ("income", lambda income: income == 1),
    "more than 40 hours": ("hours_per_week", lambda hours: hours > 40),
    "capital gain": ("capital_gain", lambda gain: gain > 0),
    "married": ("marital_status", lambda status: status.str.startswith("Married")),
    "private sector": ("workclass", lambda workclass: workclass == "Private"),
}


def main():
    args = parse_arguments()
    for category in (UndefinedMetricWarning, DataWarning, PrivacyWarning):
        warnings.simplefilter("ignore", category)
    table = load_table("adult", n_rows=args.n_rows, drop_weights=True)
    for part in args.parts:
        results = []
        for seed in range(args.first_seed, args.first_seed + args.seeds):
            with tempfile.TemporaryDirectory() as memory:
                results.append(PARTS[part](table, seed, memory, args))
        results = pd.concat(results)
        shown = SUMMARIES[part](results)
        write_report(
            f"flip_plans_{part}",
            shown.reset_index(),
            results.to_dict("records"),
            out=args.out,
        )


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--weights", nargs="+", type=float, default=[0.0, 4.0])
    parser.add_argument("--epsilon", type=float, default=2.0)
    parser.add_argument(
        "--predictors",
        nargs="+",
        choices=list(table_predictors()),
        default=list(table_predictors()),
    )
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--n-rows", type=int, help="use this many rows only")
    add_out_argument(parser)
    return parser.parse_args()


def private_resamplers(table, seed, memory, args, **parameters):
    """Weight -> FlipResampler, not fitted."""
    return {
        weight: FlipResampler(
            table.sensitive,
            epsilon=args.epsilon,
            domain=table.domain,
            fairness_weight=weight,
            memory=memory,
            random_state=seed,
            **parameters,
        )
        for weight in args.weights
    }


def chosen_predictors(args):
    return {name: table_predictors()[name] for name in args.predictors}


def compare_plans(table, seed, memory, args):
    """Values of all metrics, for one seed: DataFrame."""
    private = private_resamplers(table, seed, memory, args, sampling_strategy="groups")
    comparison = compare_on(
        *table.features_and_target(table.train),
        *table.features_and_target(table.test),
        estimator=SideBySide(chosen_predictors(args)),
        augmenters={
            "real rows": None,
            COPIES: GroupRandomOverSampler(table.sensitive),
            **{f"FLIP, λ = {weight:g}": flip for weight, flip in private.items()},
        },
        metrics=metrics(args.predictors, table.sensitive),
        seeds=[seed],
    )
    comparison[["predictor", "metric"]] = comparison["metric"].str.split(expand=True)
    return comparison


def summarize_plans(comparison):
    """Mean and SD over seeds, by predictor."""
    of_predictors = comparison.groupby("predictor", sort=False)
    tables = {name: summarize(part) for name, part in of_predictors}
    return pd.concat(tables, names=["predictor"])


def measure_tasks(table, seed, memory, args):
    """Disparate impact and balanced accuracy by arm, task and predictor: DataFrame."""
    n_train, n_test = len(table.train), len(table.test)
    one_table = {}
    for weight, flip in private_resamplers(table, seed, memory, args).items():
        flip.fit(*table.features_and_target(table.train))
        X, y = flip.sample(n_train + n_test)
        rows = X.assign(**{table.target: y})
        one_table[weight] = rows.iloc[:n_train], rows.iloc[n_train:]
    results = []
    for task in args.tasks:
        of_task = as_task(table, task)
        train = of_task.features_and_target(of_task.train)
        copied = GroupRandomOverSampler(table.sensitive, random_state=seed)
        arms = {
            "real rows": (train, None),
            COPIES: (copied.fit_resample(*train), None),
        }
        for weight, parts in one_table.items():
            drawn = as_task(table._replace(train=parts[0], test=parts[1]), task)
            arms[f"one table, λ = {weight:g}"] = tuple(
                drawn.features_and_target(rows) for rows in (drawn.train, drawn.test)
            )
        planned = private_resamplers(
            of_task, seed, memory, args, sampling_strategy="groups"
        )
        for weight, flip in planned.items():
            rows = flip.fit_resample(*train)
            arms[f"groups, λ = {weight:g}"] = rows, flip.sample(n_test)
        test = of_task.features_and_target(of_task.test)
        for arm, (rows, synthetic) in arms.items():
            for one in measure_arm(rows, {"real": test, "synthetic": synthetic}, args):
                results.append({"arm": arm, "task": task, "seed": seed, **one})
                print(results[-1], flush=True)
    return pd.DataFrame(results)


def as_task(table, task):
    """Give the table with another target, off the column that this replaces."""
    column, is_positive = TASKS[task]

    def with_target(rows):
        return rows.drop(columns=column).assign(**{task: is_positive(rows[column]) + 0})

    return table._replace(
        train=with_target(table.train), test=with_target(table.test), target=task
    )


def measure_arm(rows, tests, args):
    """Yield what each predictor does on each set of test rows."""
    for name, predictor in chosen_predictors(args).items():
        fitted = with_random_state(predictor, 0).fit(*rows)
        for called, test in tests.items():
            if test is None:
                continue
            X, y = test
            selected = fitted.predict(X)
            impact = disparate_impact(
                y,
                selected,
                sensitive_features=X["sex"],
                min_group_size=MIN_GROUP_SIZE,
            )
            yield {
                "predictor": name,
                "test": called,
                "disparate_impact": impact,
                "balanced_accuracy": balanced_accuracy_score(y, selected),
            }


def summarize_tasks(results):
    """Mean gap of disparate impact over tasks, by task, and balanced accuracy."""
    results = results.assign(gap=1 - results["disparate_impact"])
    by = ["predictor", "test", "arm"]
    over_tasks = results.groupby(by, sort=False)[["gap", "balanced_accuracy"]].mean()
    of_tasks = results.pivot_table(
        "gap", by, "task", aggfunc="mean", sort=False, observed=True
    )
    return over_tasks.join(of_tasks).round(3)


PARTS = {"plans": compare_plans, "tasks": measure_tasks}
SUMMARIES = {"plans": summarize_plans, "tasks": summarize_tasks}


if __name__ == "__main__":
    main()
