"""Points with bars, joined or apart, in colours that every reader tells apart."""

__all__ = ["draw_frontier", "draw_rivals"]

# Okabe and Ito's palette: told apart under every common colour blindness.
_FRONTIER_COLOR = "#0072B2"
_RIVAL_COLORS = ("#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_RIVAL_MARKERS = ("s", "^", "D", "v", "P", "X", "*")
_BAR_ALPHA = 0.5  # bars of folds are long and must not hide points
_LABEL_OFFSETS = (7, 7), (7, -14)  # in turn, since neighbours are often close


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
    labels = [
        ax.annotate(
            f"λ={weight:g}",
            (point.utility, point.fairness),
            xytext=_LABEL_OFFSETS[number % 2],
            textcoords="offset points",
            fontsize="small",
            color=style["color"],
            path_effects=[withStroke(linewidth=3, foreground="white")],
            zorder=5,
        )
        for number, (weight, point) in enumerate(frontier.iterrows())
    ]
    return _draw_points(ax, frontier, name, style), labels


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
