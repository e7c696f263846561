"""The section of a report on groups and classes."""

import numpy as np
import pandas as pd

from fairsample.evaluation.report_section import ReportSection
from fairsample.messages import quote
from fairsample.validation import uninformative_columns

__all__ = ["cell_name", "cells_section", "replaces_real_rows"]

_FEW_REAL = 30  # rows that a generator can hardly learn a cell from
_FEW_SYNTHETIC = 10  # rows of a cell about which nothing can be said


def cell_name(group, label=None):
    """Name a group, or a cell, in words."""
    parts = list(group) if isinstance(group, tuple) else [group]
    return ", ".join(map(str, parts if label is None else [*parts, label]))


def cells_section(table, resampler=None):
    """Count the rows of every group and class, before and after.

    Parameters
    ----------
    table : AugmentedTable
        The rows.
    resampler : resampler, default=None
        What wrote them; its plan is put beside the rows.

    Returns
    -------
    ReportSection
    """
    section = ReportSection("cells", "Groups and classes")
    replaced = replaces_real_rows(resampler)
    frame = _cell_frame(table, resampler, replaced)
    section.add_table("cells", "Rows of each group and class", frame)
    section.text.append(
        "Synthetic rows stand in the place of the real ones."
        if replaced
        else "Synthetic rows are added to the real ones."
    )
    for cell, row in zip(table.cells, frame.itertuples(), strict=True):
        section.find(cell_name(*cell), "rows", real=row.real, synthetic=row.synthetic)
    for group, of_group in frame.groupby(level=0, sort=False):
        positive = of_group.xs(table.pos_label, level=1)
        section.find(
            group,
            f"share of {table.pos_label}",
            real=_share(positive["real"].sum(), of_group["real"].sum()),
            synthetic=_share(positive["after"].sum(), of_group["after"].sum()),
        )
    section.draw(
        "cell_balance",
        "Bars of the real and synthetic rows of each group and class; the figures "
        "stand in the table below.",
        lambda: _draw(table, replaced),
    )
    _warn_of_cells(section, frame)
    _warn_of_columns(section, table)
    return section


def replaces_real_rows(resampler):
    """Tell whether a resampler's last result holds synthetic rows only."""
    mask = getattr(resampler, "synthetic_mask_", None)
    return mask is not None and len(mask) > 0 and bool(np.all(mask))


def _cell_frame(table, resampler, replaced):
    real, synthetic = (
        table.cell_counts(part) for part in (table.real, table.synthetic)
    )
    after = synthetic if replaced else real + synthetic
    index = pd.MultiIndex.from_tuples(
        [(cell_name(group), label) for group, label in table.cells],
        names=["group", table.target],
    )
    frame = pd.DataFrame(
        {
            "real": real.ravel(),
            "synthetic": synthetic.ravel(),
            "after": after.ravel(),
            "share of group, real": _shares_of_group(real),
            "share of group, after": _shares_of_group(after),
        },
        index=index,
    )
    owed = dict(getattr(resampler, "rows_owed_", {}))
    if not replaced and set(owed) == set(table.cells):
        frame.insert(1, "planned", [owed[cell] for cell in table.cells])
    return frame


def _shares_of_group(counts):
    return (counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)).ravel()


def _share(part, whole):
    return float(part / whole) if whole else np.nan


def _draw(table, replaced):
    from fairsample.plots import CellBalanceDisplay

    real, synthetic = (
        pd.DataFrame(
            table.cell_counts(part),
            index=pd.Index(map(cell_name, table.groups.labels), name="group"),
            columns=pd.Index(table.classes, name=table.target),
        )
        for part in (table.real, table.synthetic)
    )
    return CellBalanceDisplay(real, synthetic, replaced=replaced).plot().figure_


def _warn_of_cells(section, frame):
    written = frame["synthetic"] > 0
    unfounded = frame[written & (frame["real"] < _FEW_REAL)]
    if len(unfounded):
        named = ", ".join(
            f"{cell_name(*cell)} ({row.synthetic:,} from {row.real:,})"
            for cell, row in zip(unfounded.index, unfounded.itertuples(), strict=True)
        )
        section.warnings.append(
            f"Synthetic rows that rest on fewer than {_FEW_REAL} real rows of their "
            f"group and class: {named}. They vary what few people were like; more rows "
            "of them are no more knowledge."
        )
    few = frame[written & (frame["synthetic"] < _FEW_SYNTHETIC)]
    if len(few):
        section.warnings.append(
            f"Groups and classes with fewer than {_FEW_SYNTHETIC} synthetic rows: "
            f"{quote(cell_name(*cell) for cell in few.index)}. Too few to judge them."
        )
    if "planned" in frame and (frame["planned"] != frame["synthetic"]).any():
        short = frame[frame["planned"] != frame["synthetic"]]
        section.warnings.append(
            "Not as many rows were written as were planned for "
            f"{quote(cell_name(*cell) for cell in short.index)}."
        )


def _warn_of_columns(section, table):
    real, synthetic = (
        uninformative_columns(part.X) for part in (table.real, table.synthetic)
    )
    if real["constant"] or real["missing"]:
        section.warnings.append(
            "Columns of real rows with a single value or none: "
            f"{quote([*real['constant'], *real['missing']])}. They tell nothing."
        )
    lost = [
        name
        for fault in ("constant", "missing")
        for name in synthetic[fault]
        if name not in [*real["constant"], *real["missing"]]
    ]
    if lost and len(table.synthetic) > 1:
        section.warnings.append(
            f"Columns that are constant or empty in synthetic rows only: {quote(lost)}."
            " Whatever they told is lost."
        )
    if real["identifier"]:
        section.warnings.append(
            f"Columns with another text in every real row: {quote(real['identifier'])}."
            " If they are identifiers, drop them before anything is generated."
        )
