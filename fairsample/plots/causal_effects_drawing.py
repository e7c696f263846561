"""Waterfalls of effects, side by side, with a column of values."""

import numpy as np

from fairsample.plots.lettering import line_size
from fairsample.plots.palette import PALETTE

__all__ = ["draw_values", "draw_waterfall"]

_HATCHES = (None, "////", "....", "xxxx", "\\\\\\\\", "++++", "oooo")
_SIDES_SHARE = 0.8  # of the height of a row; the rest keeps rows apart
_BAR_SHARE = 0.9  # of the height of a side


def draw_waterfall(ax, side, name, number, n_sides, bar_kw):
    """Draw the effects of one side: the total, and steps that end where it ends.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    side : DataFrame of shape (n_effects, 3)
        The columns `value`, `low` and `high`, the total in the first row.
    name : str
        What the legend calls it.
    number, n_sides : int
        The place of the side among all.
    bar_kw : dict
        Passed to :meth:`matplotlib.axes.Axes.barh`.

    Returns
    -------
    bars : matplotlib BarContainer
        A bar for each effect.
    intervals : matplotlib ErrorbarContainer
        Their intervals, around the ends of the bars.
    """
    y = _heights(len(side), number, n_sides)
    values = side["value"].to_numpy()
    starts = np.concatenate([[0.0, 0.0], np.cumsum(values[1:-1])])
    ends = starts + values
    style = {
        "color": PALETTE[number % len(PALETTE)],
        "hatch": _HATCHES[number % len(_HATCHES)],
        "edgecolor": "white",
        "linewidth": 0,
        **bar_kw,
    }
    height = _BAR_SHARE * _SIDES_SHARE / n_sides
    bars = ax.barh(y, values, left=starts, height=height, label=name, **style)
    for at in range(1, len(side) - 1):
        step = ends[at], ends[at]
        ax.plot(step, y[at : at + 2], color=style["color"], linewidth=1, zorder=1)
    return bars, _draw_intervals(ax, side, ends, y)


def _draw_intervals(ax, side, ends, y):
    from matplotlib.patheffects import withStroke

    reach = [side["value"] - side["low"], side["high"] - side["value"]]
    return ax.errorbar(
        ends,
        y,
        xerr=np.nan_to_num(reach),
        linestyle="none",
        color="black",
        elinewidth=1.2,
        capsize=2.5,
        path_effects=[withStroke(linewidth=3.5, foreground="white")],
    )


def draw_values(ax, side, number, n_sides):
    """Write the values of one side into a column to the right of the axes.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    side : DataFrame of shape (n_effects, 3)
        The columns `value`, `low` and `high`.
    number, n_sides : int
        The place of the side among all.

    Returns
    -------
    list of matplotlib Annotation
        One for each effect, each as high as its bar at most.
    """
    decimals = _decimals(side)
    return [
        ax.annotate(
            _in_figures(row, decimals),
            (1.0, y),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
            fontsize=line_size(ax, len(side) * n_sides),
            color=PALETTE[number % len(PALETTE)],
        )
        for row, y in zip(
            side.itertuples(), _heights(len(side), number, n_sides), strict=True
        )
    ]


def _heights(n_effects, number, n_sides):
    within = (number - (n_sides - 1) / 2) * _SIDES_SHARE / n_sides
    return np.arange(n_effects) + within


def _decimals(side):
    """Show two figures of the widest interval."""
    widest = np.nanmax([*(side["high"] - side["low"]) / 2, 0.0])
    if widest == 0:
        return 3
    return int(np.clip(2 - np.ceil(np.log10(widest)), 0, 6))


def _in_figures(row, decimals):
    value, low, high = (
        f"{figure:+,.{decimals}f}".replace("-", "\N{MINUS SIGN}")
        for figure in (row.value, row.low, row.high)
    )
    return value if np.isnan(row.high - row.low) else f"{value} [{low}, {high}]"
