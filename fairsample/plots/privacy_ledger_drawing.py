"""Bars of releases, and their budget."""

import numpy as np

from fairsample.plots.lettering import line_size
from fairsample.plots.palette import PALETTE

__all__ = ["draw_budget", "draw_steps", "figure_height", "place_steps"]

_SPENT_COLOR, _BUDGET_COLOR = PALETTE[:2]
_EARLIER_COLOR = "0.85"
_BAR_HEIGHT = 0.72
_BETWEEN_RELEASES = 0.4  # of the height of a bar's line


def place_steps(numbers):
    """Place bars, those of one release nearer to each other.

    Parameters
    ----------
    numbers : ndarray of int of shape (n_bars,)
        The release of each bar, counted from 0.

    Returns
    -------
    heights : ndarray of shape (n_bars,)
        Where the bars are.
    centres : ndarray of shape (n_releases,)
        Where the releases are.

    Examples
    --------
    >>> heights, centres = place_steps(np.array([0, 1, 1]))
    >>> heights.tolist(), centres.tolist()
    ([0.0, 1.4, 2.4], [0.0, 1.9])
    """
    heights = np.arange(len(numbers)) + _BETWEEN_RELEASES * numbers
    centres = np.bincount(numbers, heights) / np.bincount(numbers)
    return heights, centres


def figure_height(heights):
    """Find the height at which two lines beside each bar can be read.

    Parameters
    ----------
    heights : ndarray of shape (n_bars,)
        Where the bars are.

    Returns
    -------
    float
        In inches.
    """
    return 1.1 + 0.28 * (heights[-1] + 1)


def draw_steps(ax, steps, heights, values, bar_kw):
    """Draw what was spent before and what each release took.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    steps : DataFrame of n_bars rows
        The columns `before` and `so far`.
    heights : ndarray of shape (n_bars,)
        Where the bars are.
    values : bool
        Whether to write the figures beside the axes.
    bar_kw : dict
        Passed to :meth:`matplotlib.axes.Axes.barh` for what releases took.

    Returns
    -------
    earlier_bars, bars : matplotlib BarContainer
        The two parts of each bar.
    labels : list of matplotlib Annotation
        The figures; empty if they are not wanted.
    size : float
        Of letters of which two lines fit beside a bar, in points.
    """
    before, so_far = steps["before"].to_numpy(), steps["so far"].to_numpy()
    took = so_far - before
    earlier = {"height": _BAR_HEIGHT, "color": _EARLIER_COLOR, "linewidth": 0}
    earlier_bars = ax.barh(heights, before, **earlier)
    style = {"height": _BAR_HEIGHT, "color": _SPENT_COLOR, "linewidth": 0, **bar_kw}
    bars = ax.barh(heights, took, left=before, **style)
    size = line_size(ax, heights[-1] + 1)
    labels = [
        ax.annotate(
            f"+{added:.3f} → {total:.3f}",
            (1.0, height),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
            fontsize=size,
        )
        for added, total, height in zip(took, so_far, heights, strict=True)
        if values
    ]
    return earlier_bars, bars, labels, size


def draw_budget(ax, budget):
    """Draw the budget as a line, with its figure above the axes.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    budget : float
        The epsilon that must not be exceeded.

    Returns
    -------
    matplotlib Line2D
        The line.
    """
    line = ax.axvline(budget, color=_BUDGET_COLOR, linestyle="--", linewidth=1.5)
    ax.annotate(
        f"budget ε = {budget:g}",
        (budget, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize="small",
        color=_BUDGET_COLOR,
    )
    return line
