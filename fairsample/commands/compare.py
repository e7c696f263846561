"""Compare what augmentations do for a model on held-out real rows.

The model is trained on real rows alone, on copied rows and on the rows of each method,
once for each seed, and tested on real rows that no augmentation has seen.
"""

from fairsample.commands.input_records import add_input_arguments, read_records
from fairsample.commands.method_resampler import (
    METHODS,
    add_method_arguments,
    add_model_arguments,
    check_options,
    make_resampler,
)
from fairsample.commands.output_table import check_destination
from fairsample.whole_files import whole_files

__all__ = ["NAME", "add_arguments", "run"]

NAME = "compare"
MODELS = {"logistic": "logistic regression", "boosting": "gradient boosting"}


def add_arguments(parser):
    """Declare the options of the command."""
    add_input_arguments(parser)
    parser.add_argument(
        "--method",
        action="append",
        choices=METHODS,
        help="may be repeated (default: fairsynth)",
    )
    add_method_arguments(parser)
    parser.add_argument(
        "--fairness-weights",
        metavar="λ,λ,...",
        help="compare several weights of each method",
    )
    add_model_arguments(parser)
    parser.add_argument("--model", choices=MODELS, default="logistic")
    parser.add_argument(
        "--metrics",
        default="disparate_impact,worst_group_tpr,balanced_accuracy,roc_auc",
        help="joined by commas (default: %(default)s)",
    )
    parser.add_argument("--seeds", type=int, default=3, help="splits (default: 3)")
    parser.add_argument("--pos-label", help="the class that counts as positive")
    parser.add_argument("-o", "--output", metavar="CSV", help="write all values")
    parser.add_argument("--plot", metavar="PNG", help="write the fairness frontier")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")


def run(given):
    """Read, compare, print the table; write values and picture if asked to."""
    read = (given.input, given.domain)
    check_destination(given.output, "--output", (".csv",), sources=read)
    check_destination(given.plot, "--plot", (".png", ".svg", ".pdf"), sources=read)
    check_options(given.method or METHODS[:1], given)
    if given.seeds < 1:
        raise ValueError(f"--seeds {given.seeds} must be 1 or more.")
    records = read_records(given)
    records.check_classes()
    comparison = _compare(given, records)
    with whole_files(given.output, given.plot) as (table, picture):
        if table is not None:
            comparison.to_csv(table, index=False)
        if picture is not None:
            _draw(comparison, picture)
    from fairsample.evaluation import summarize

    print(summarize(comparison).to_string())


def _compare(given, records):
    from fairsample.evaluation import compare_augmentations
    from fairsample.evaluation.report_models import default_models

    return compare_augmentations(
        default_models()[MODELS[given.model]],
        records.X,
        records.y,
        sensitive_features=records.sensitive,
        augmenters=_augmenters(given, records),
        metrics=given.metrics.split(","),
        pos_label=records.class_named(given.pos_label),
        seeds=range(given.seeds),
        verbose=0 if given.quiet else 1,
    )


def _augmenters(given, records):
    from fairsample import GroupRandomOverSampler

    rivals = {
        "real rows": None,
        "real + copies within groups": GroupRandomOverSampler(records.sensitive),
    }
    weights = _weights(given)
    quiet = vars(given) | {"quiet": True}  # one bar for the whole comparison
    for method in given.method or METHODS[:1]:
        for weight in weights:
            options = type(given)(**quiet | {"fairness_weight": weight})
            name = method if weight is None else f"{method} λ={weight:g}"
            rivals[name] = make_resampler(method, options, records)
    return rivals


def _weights(given):
    if given.fairness_weights is None:
        return [given.fairness_weight]
    if given.fairness_weight is not None:
        raise ValueError(
            "Give --fairness-weight or --fairness-weights, one of the two."
        )
    try:
        return [float(weight) for weight in given.fairness_weights.split(",")]
    except ValueError:
        raise ValueError(
            f"--fairness-weights {given.fairness_weights!r} is no list of numbers "
            "joined by commas."
        ) from None


def _draw(comparison, path):
    from fairsample.plots import FairnessFrontierDisplay

    present = set(comparison["metric"])
    utility = next((m for m in ("balanced_accuracy", "roc_auc") if m in present), None)
    fairness = next(
        (m for m in ("disparate_impact", "worst_group_tpr") if m in present), None
    )
    if utility is None or fairness is None:
        raise ValueError(
            "--plot shows balanced_accuracy or roc_auc against disparate_impact or "
            "worst_group_tpr; let --metrics name one of each."
        )
    display = FairnessFrontierDisplay.from_comparison(
        comparison, utility=utility, fairness=fairness
    )
    display.figure_.savefig(path, dpi=150, bbox_inches="tight")
