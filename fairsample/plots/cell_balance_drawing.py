"""Bars of cells, and their figures."""

import numpy as np

from fairsample.plots.lettering import line_size, wrap_name
from fairsample.plots.palette import PALETTE

__all__ = ["draw_cells", "figure_height", "keep_large_groups", "write_counts"]

_REAL_COLOR, _SYNTHETIC_COLOR = PALETTE[:2]
_GROUP_SHARE = 0.8  # of the height of a row; the rest keeps groups apart
_BAR_SHARE = 0.9  # of the height of a class


def keep_large_groups(real, synthetic, max_groups):
    """Join the smallest groups, where there are too many.

    Parameters
    ----------
    real, synthetic : DataFrame of shape (n_groups, n_classes)
        Rows of each cell.
    max_groups : int
        How many groups are kept, the joined one included.

    Returns
    -------
    names : list of str
        What to write beside each group.
    real, synthetic : ndarray of shape (n_shown, n_classes)
        Rows of each cell that is shown.
    """
    names = [wrap_name(name, n_lines=max(2, real.shape[1])) for name in real.index]
    tables = [real.to_numpy(), synthetic.to_numpy()]
    if len(names) <= max_groups:
        return names, *tables
    by_size = np.argsort(-sum(tables).sum(axis=1), kind="stable")
    kept, joined = np.sort(by_size[: max_groups - 1]), by_size[max_groups - 1 :]
    names = [*(names[row] for row in kept), f"{len(joined)} smaller groups"]
    return names, *(
        np.vstack([table[kept], table[joined].sum(axis=0)]) for table in tables
    )


def figure_height(shape):
    """Find the height at which the names of all cells can be read.

    Parameters
    ----------
    shape : tuple of (n_groups, n_classes)
        How many there are.

    Returns
    -------
    float
        In inches.
    """
    n_groups, n_classes = shape
    return 1.4 + n_groups * max(0.36, 0.2 * n_classes)


def draw_cells(ax, real, synthetic, replaced, log, bar_kw):
    """Draw a bar of real and one of synthetic rows for each cell.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    real, synthetic : ndarray of shape (n_groups, n_classes)
        Rows of each cell.
    replaced : bool
        Whether the synthetic bar begins at zero, below the real one, rather than where
        the real one ends.
    log : bool
        Whether the axis is logarithmic.
    bar_kw : dict
        Passed to :meth:`matplotlib.axes.Axes.barh`.

    Returns
    -------
    real_bars, synthetic_bars : matplotlib BarContainer
        A bar for each cell.
    heights : ndarray of shape (n_groups * n_classes,)
        Where the cells are on the vertical axis.
    size : float
        Of letters that fit the height of a cell, in points.
    """
    n_groups, n_classes = real.shape
    class_height = _GROUP_SHARE / n_classes
    within = (np.arange(n_classes) - (n_classes - 1) / 2) * class_height
    heights = (np.arange(n_groups)[:, None] + within).ravel()
    real, synthetic = real.ravel(), synthetic.ravel()
    thickness = _BAR_SHARE * class_height
    shift = thickness / 4 if replaced else 0
    style = {
        "height": thickness / 2 if replaced else thickness,
        "edgecolor": "white",
        "linewidth": 0,
    }
    real_style = {"color": _REAL_COLOR, **style, **bar_kw}
    synthetic_style = {"color": _SYNTHETIC_COLOR, "hatch": "////", **style, **bar_kw}
    if log:
        ax.set_xscale("log")
    real_bars = ax.barh(heights - shift, real, label="real", **real_style)
    synthetic_bars = ax.barh(
        heights + shift,
        synthetic,
        left=np.zeros_like(real) if replaced else real,
        label="synthetic",
        **synthetic_style,
    )
    most = max((synthetic if replaced else real + synthetic).max(), real.max(), 1)
    ax.set_xlim((0.5, 1.5 * most) if log else (0, 1.04 * most))
    return real_bars, synthetic_bars, heights, line_size(ax, len(heights))


def write_counts(ax, real, synthetic, replaced, heights, size):
    """Write how many rows each cell has into a column to the right of the axes.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    real, synthetic : ndarray of shape (n_cells,)
        Rows of each cell.
    replaced : bool
        Whether synthetic rows stand in the place of real ones.
    heights : ndarray of shape (n_cells,)
        Where the cells are.
    size : float
        Of the letters, in points.

    Returns
    -------
    list of matplotlib Annotation
        One for each cell.
    """
    return [
        ax.annotate(
            _in_figures(*counts, replaced),
            (1.0, height),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            annotation_clip=False,
            fontsize=size,
        )
        for *counts, height in zip(real, synthetic, heights, strict=True)
    ]


def _in_figures(real, synthetic, replaced):
    if replaced:
        return f"{real:,.0f} → {synthetic:,.0f}"
    return f"{real:,.0f} + {synthetic:,.0f}" if synthetic else f"{real:,.0f}"
