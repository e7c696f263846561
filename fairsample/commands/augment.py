"""Write real and fair synthetic rows.

The rows that were read come first, unchanged, and the synthetic ones below; the column
"synthetic" tells them apart. Under an epsilon all rows are synthetic.
"""

from pathlib import Path

import numpy as np

from fairsample.commands.input_records import (
    MARK,
    add_input_arguments,
    kind_of_table,
    read_alike,
    read_records,
)
from fairsample.commands.method_resampler import (
    METHODS,
    add_method_arguments,
    add_model_arguments,
    check_options,
    make_resampler,
)
from fairsample.commands.output_table import (
    check_destination,
    check_table,
    write_table,
)
from fairsample.whole_files import whole_files

__all__ = ["NAME", "add_arguments", "run"]

NAME = "augment"


def add_arguments(parser):
    """Declare the options of the command."""
    add_input_arguments(parser)
    parser.add_argument("--method", choices=METHODS, default="fairsynth")
    add_method_arguments(parser)
    add_model_arguments(parser)
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT", help="the table to write"
    )
    parser.add_argument(
        "--rows",
        choices=("all", "synthetic"),
        default="all",
        help="whether real rows are written, too (default: all)",
    )
    parser.add_argument(
        "--mark",
        default=MARK,
        metavar="COLUMN",
        help='what the column that marks synthetic rows is called; "" for no such '
        "column (default: synthetic)",
    )
    parser.add_argument("--report", metavar="HTML", help="write a report, too")
    parser.add_argument(
        "--test", metavar="TABLE", help="real rows held out, for the report"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bars")


def run(given):
    """Read, augment, write; print the cells before and after."""
    kind_of_table(given.output)
    read = (given.input, given.test, given.domain)
    check_destination(given.output, "--output", sources=read)
    check_destination(given.report, "--report", (".html", ".htm"), sources=read)
    check_options([given.method], given)
    records = read_records(given)
    records.check_classes()
    _check_output(given, records)
    test = read_alike(given.test, "--test", given, records, synthetic=False)
    resampler = make_resampler(given.method, given, records)
    X, y = resampler.fit_resample(records.X, records.y)
    written = records.frame(X, y)
    if given.mark:
        written[given.mark] = resampler.synthetic_mask_
    if given.rows == "synthetic":
        written = written[resampler.synthetic_mask_]
    with whole_files(given.output, given.report) as (table, page):
        write_table(written, table)
        if page is not None:
            _write_report(page, resampler, records, (X, y), test, given)
    print(_summary(resampler, y))
    print(f"{len(written):,} rows in {given.output}")
    if given.report:
        print(f"Report: {given.report}")


def _check_output(given, records):
    check_table(given.output, records.X)
    if given.mark and given.mark in [*records.X, records.y.name]:
        raise ValueError(
            f"There is a column {given.mark!r} already; name another one for the mark "
            "of synthetic rows by --mark."
        )
    if given.test and not given.report:
        raise ValueError("--test is for the report: name one by --report.")


def _write_report(page, resampler, records, resampled, test, given):
    from fairsample.evaluation import AugmentationReport

    report = AugmentationReport.from_resampled(
        resampler,
        *resampled,
        real=(records.X, records.y),
        test=test,
        fairness_model=getattr(resampler, "fairness_model", None),
        title=f"{given.method}: {Path(given.input).name}",
        verbose=0 if given.quiet else 1,
    )
    report.write_html(page)


def _summary(resampler, y):
    """Give the rows of each cell, real and synthetic, and what was spent."""
    groups = resampler.sensitive_features_
    if groups.ndim > 1:
        groups = groups.astype(str).agg(", ".join, axis=1)
    mask = np.asarray(resampler.synthetic_mask_)
    kind = np.where(mask, "synthetic", "real")
    cells = y.groupby([np.asarray(groups), np.asarray(y), kind]).size()
    table = cells.unstack(fill_value=0).rename_axis(index=["group", y.name])
    lines = [table.to_string()]
    if hasattr(resampler, "epsilon_"):
        lines.append(
            f"epsilon {resampler.epsilon_:.4g} at delta {resampler.delta:g}, for a row "
            "added or removed"
        )
    return "\n".join(lines)
