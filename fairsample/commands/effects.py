"""Measure the causal effects of the sensitive attribute on the outcome.

Without roles every other column counts as a mediator: what the attribute does by
itself is then told apart from what it does through anything else.
"""

from dataclasses import replace
from warnings import warn

from fairsample.commands.input_records import (
    add_input_arguments,
    read_alike,
    read_records,
)
from fairsample.commands.method_resampler import add_model_arguments, fairness_model
from fairsample.commands.output_table import check_destination
from fairsample.messages import quote
from fairsample.whole_files import whole_files

__all__ = ["NAME", "add_arguments", "run"]

NAME = "effects"


def add_arguments(parser):
    """Declare the options of the command."""
    add_input_arguments(parser)
    add_model_arguments(parser)
    parser.add_argument(
        "--learner", choices=("stacked", "boosting", "linear"), default="stacked"
    )
    parser.add_argument("--pos-label", help="the class whose probability is meant")
    parser.add_argument(
        "--synthetic",
        metavar="TABLE",
        help="synthetic rows whose effects are to be compared with these",
    )
    parser.add_argument("-o", "--output", metavar="CSV", help="write the effects")
    parser.add_argument("--plot", metavar="PNG", help="write the picture")
    parser.add_argument("--seed", type=int, default=0, help="of the folds (default: 0)")
    parser.set_defaults(quiet=True)


def run(given):
    """Read, measure, print; write effects and picture if asked to."""
    read = (given.input, given.synthetic)
    check_destination(given.output, "--output", (".csv",), sources=read)
    check_destination(given.plot, "--plot", (".png", ".svg", ".pdf"), sources=read)
    records = _without_visits(read_records(given))
    model = fairness_model(given, records)
    synthetic_rows = read_alike(
        given.synthetic, "--synthetic", given, records, synthetic=True
    )
    real = _effects(given, model, records, records.X, records.y)
    synthetic = synthetic_rows and _effects(given, model, records, *synthetic_rows)
    with whole_files(given.output, given.plot) as (table, picture):
        if table is not None:
            _table(real, synthetic).to_csv(table)
        if picture is not None:
            _draw(real, synthetic, picture)
    print(real)
    if synthetic is not None:
        from fairsample.metrics import equivalence

        print(f"\nSynthetic rows\n{synthetic}\n\n{equivalence(real, synthetic)}")


def _without_visits(records):
    """Leave columns of visits out: effects go through plain columns."""
    from fairsample.encoding.visit_cells import is_visit_column
    from fairsample.validation import DataWarning

    visits = [name for name in records.X if is_visit_column(records.X[name])]
    if visits:
        warn(f"Visits are left out: {quote(visits)}.", DataWarning, stacklevel=2)
    return replace(records, X=records.X.drop(columns=visits))


def _effects(given, model, records, X, y):
    from fairsample.metrics import causal_effects

    return causal_effects(
        X,
        y,
        model=model,
        learner=given.learner,
        pos_label=records.class_named(given.pos_label),
        random_state=given.seed,
    )


def _table(real, synthetic):
    if synthetic is None:
        return real.to_frame()
    return real.to_frame().join(synthetic.to_frame().add_suffix("_synthetic"))


def _draw(real, synthetic, path):
    import matplotlib.pyplot as plt

    from fairsample.metrics import CausalEffectsByCase
    from fairsample.plots import CausalEffectsDisplay

    by_case = isinstance(real, CausalEffectsByCase)
    cases = dict(real) if by_case else {None: real}
    figure, axes = plt.subplots(
        len(cases), figsize=(9, 4 * len(cases)), squeeze=False, layout="constrained"
    )
    for (case, effects), ax in zip(cases.items(), axes[:, 0], strict=True):
        of_case = synthetic[case] if by_case and synthetic else synthetic
        CausalEffectsDisplay.from_effects(effects, of_case, ax=ax)
    figure.savefig(path, dpi=150, bbox_inches="tight")
    plt.close(figure)
