"""Points with bars, joined or apart, in colours that every reader tells apart."""

import numpy as np

from fairsample.plots.palette import PALETTE

__all__ = ["draw_frontier", "draw_rivals"]

_FRONTIER_COLOR, *_RIVAL_COLORS = PALETTE
_RIVAL_MARKERS = ("s", "^", "D", "v", "P", "X", "*")
_BAR_ALPHA = 0.5  # bars of folds are long and must not hide points
_LABEL_OFFSETS = (7, 7), (7, -15), (-34, 7), (-34, -15)  # where a label begins
_LABEL_CENTRE = np.array([14, 4])  # from where it begins


def draw_frontier(ax, frontier, name, style):
    """Draw a joined line of points, each with its λ beside it.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    frontier : DataFrame, indexed by λ
        The points.
    name : str
        What the legend calls it.
    style : dict
        Passed to :meth:`matplotlib.axes.Axes.errorbar`.

    Returns
    -------
    frontier : matplotlib ErrorbarContainer or None
        None if there are no points.
    labels : list of matplotlib Annotation
        The values of λ.
    """
    if frontier.empty:
        return None, []
    from matplotlib.patheffects import withStroke

    style = {
        "color": _FRONTIER_COLOR,
        "marker": "o",
        "markersize": 7,
        "linestyle": "-",
        "linewidth": 2,
        **style,
    }
    container = _draw_points(ax, frontier, name, style)
    labels = [
        ax.annotate(
            f"λ={weight:g}",
            (point.utility, point.fairness),
            xytext=offset,
            textcoords="offset points",
            fontsize="small",
            color=style["color"],
            path_effects=[withStroke(linewidth=3, foreground="white")],
            zorder=5,
        )
        for (weight, point), offset in zip(
            frontier.iterrows(), _label_offsets(ax, frontier), strict=True
        )
    ]
    return container, labels


def _label_offsets(ax, frontier):
    """Choose, for each point, the corner that is farthest from points and labels."""
    ax.autoscale_view()
    pixels = ax.transData.transform(frontier[["utility", "fairness"]].to_numpy())
    points = pixels * 72 / ax.figure.dpi  # offsets are in points
    placed, offsets = [], []
    for number, point in enumerate(points):
        taken = [*np.delete(points, number, axis=0), *placed]

        def room(offset, point=point, taken=taken):
            label = point + _LABEL_CENTRE + offset
            return min((np.hypot(*(label - other)) for other in taken), default=0)

        offsets.append(max(_LABEL_OFFSETS, key=room))
        placed.append(point + _LABEL_CENTRE + offsets[-1])
    return offsets


def draw_rivals(ax, rivals, style):
    """Draw each rival as a point of its own colour and marker.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    rivals : DataFrame, indexed by name
        The points.
    style : dict
        Passed to :meth:`matplotlib.axes.Axes.errorbar` for every rival.

    Returns
    -------
    dict of str to matplotlib ErrorbarContainer
        The points.
    """
    drawn = {}
    for number, rival in enumerate(rivals.index):
        own = {
            "color": _RIVAL_COLORS[number % len(_RIVAL_COLORS)],
            "marker": _RIVAL_MARKERS[number % len(_RIVAL_MARKERS)],
            "markersize": 8,
            "linestyle": "none",
            **style,
        }
        drawn[rival] = _draw_points(ax, rivals.loc[[rival]], rival, own)
    return drawn


def _draw_points(ax, points, label, style):
    drawn = ax.errorbar(
        points["utility"],
        points["fairness"],
        xerr=points["utility_sd"].fillna(0),
        yerr=points["fairness_sd"].fillna(0),
        label=label,
        **{"elinewidth": 1, "capsize": 2, **style},
    )
    for part in (*drawn.lines[1], *drawn.lines[2]):
        part.set_alpha(_BAR_ALPHA)
    return drawn
