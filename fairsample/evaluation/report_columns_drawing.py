"""Distributions of columns of real and synthetic rows, as small multiples."""

from numbers import Real

import numpy as np

from fairsample.metrics.table_columns import read_columns

__all__ = ["draw_columns"]

_PER_ROW = 4
_N_BINS = 30
_MOST_LEVELS = 8  # of a column that are drawn; the others are pooled
_LONGEST_NAME = 16


def draw_columns(real, synthetic, names):
    """Draw columns, each in a panel: numbers as outlines, categories as bars.

    Parameters
    ----------
    real, synthetic : DataFrame
        Tables with the same columns.
    names : list
        The columns to draw.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt

    from fairsample.plots.palette import PALETTE

    columns = read_columns(None, real=real[names], synthetic=synthetic[names])
    n_rows = -(-len(columns) // _PER_ROW)
    figure, panels = plt.subplots(
        n_rows,
        _PER_ROW,
        squeeze=False,
        figsize=(10.5, 0.5 + 2.1 * n_rows),
        layout="constrained",
    )
    for ax, column in zip(panels.flat, columns, strict=False):
        if column.is_number:
            _draw_numbers(ax, column, PALETTE)
        else:
            _draw_levels(ax, column, _levels(real, synthetic, column), PALETTE)
        ax.set_title(_short(column.name, 28), fontsize="medium", parse_math=False)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize="small")
        ax.set_yticks([])
    for ax in panels.flat[len(columns) :]:
        ax.set_visible(False)
    handles = panels[0][0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper left", ncols=2, frameon=False)
    return figure


def _draw_numbers(ax, column, palette):
    real, synthetic = (values[~np.isnan(values)] for values in column.values)
    low, high = np.quantile(np.concatenate([real, synthetic]), [0.005, 0.995])
    edges = np.linspace(low, high if high > low else low + 1, _N_BINS + 1)
    for values, name, color, dashes in (
        (real, "real", palette[0], "-"),
        (synthetic, "synthetic", palette[1], "--"),
    ):
        counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
        ax.stairs(
            counts / max(len(values), 1),
            edges,
            color=color,
            linestyle=dashes,
            linewidth=1.4,
            label=name,
        )
    ax.set_ylim(bottom=0)


def _levels(real, synthetic, column):
    """Name the categories in the order of their codes."""
    named = {}
    for frame, codes in zip((real, synthetic), column.values, strict=True):
        known = ~np.isnan(codes)
        cells = frame[column.name].to_numpy(dtype=object)
        found, rows = np.unique(codes[known], return_index=True)
        named |= dict(zip(found.astype(int), cells[known][rows], strict=True))
    return [*(named[code] for code in sorted(named)), "missing"]


def _draw_levels(ax, column, levels, palette):
    shares = [
        np.bincount(column.codes(side), minlength=len(levels)) / len(values)
        for side, values in enumerate(column.values)
    ]
    order = np.flatnonzero(shares[0] + shares[1])
    are_numbers = all(isinstance(one, Real) for one in levels[:-1])
    if not are_numbers or len(order) > _MOST_LEVELS:
        order = order[np.argsort(-shares[0][order], kind="stable")]
    shown, pooled = order[:_MOST_LEVELS], order[_MOST_LEVELS:]
    if len(pooled) == 1:
        shown, pooled = order, pooled[:0]
    names = [_short(levels[code], _LONGEST_NAME) for code in shown]
    names += ["all others"] * bool(len(pooled))
    places = np.arange(len(names))
    for side, (name, hatch) in enumerate((("real", None), ("synthetic", "////"))):
        values = shares[side][shown]
        if len(pooled):
            values = np.append(values, shares[side][pooled].sum())
        ax.barh(
            places + (side - 0.5) * 0.4,
            values,
            height=0.38,
            color=palette[side],
            hatch=hatch,
            edgecolor="white",
            linewidth=0,
            label=name,
        )
    ax.set_ylim(len(names) - 0.4, -0.6)
    for place, name in zip(places, names, strict=True):
        ax.annotate(
            name,
            (0, place),
            xytext=(-4, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=6.5,
            parse_math=False,
        )


def _short(name, longest):
    name = str(name)
    return name if len(name) <= longest else name[: longest - 1] + "…"
