"""Points of codes on logarithmic axes, with a border for those that one side lacks."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from fairsample.plots.lettering import wrap_name
from fairsample.plots.palette import PALETTE

__all__ = ["Border", "draw_codes", "label_codes", "prefixes_of"]

_OTHERS = "others"
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_MARKER_AREA = 22
_MANY = 1000  # points from which on they are drawn as pixels in vector formats
_LABEL_WIDTH = 26
_DISTANCES = (12, 24, 40, 60, 85, 115)  # points from a code to its label
_TURNS = np.pi / 12 * np.array([-1, -3, -5, 1, 11, 9, 7, 13])  # below right, then above
_DIRECTIONS = np.column_stack([np.cos(_TURNS), np.sin(_TURNS)])
_ON_DIAGONAL = 300  # places that a label should not hide
_FARTHER, _COVERED, _OVERLAP = 0.02, 0.5, 100.0  # what is bad about a place


@dataclass(frozen=True)
class Border:
    """Where the axes begin and end, and where codes stand that one side lacks.

    Parameters
    ----------
    low, high : float
        The ends of both axes.
    absent : float
        What stands for a share of zero, above `low`.
    least : float
        Below this share nothing but absent codes stands.
    """

    low: float
    high: float
    absent: float
    least: float

    @classmethod
    def around(cls, shares):
        """Make room for all shares: (n_codes, 2)."""
        least = shares[shares > 0].min() / 1.5 if shares.any() else 0.5
        if shares.all():
            return cls(least, 1.5, least, least)
        return cls(least / 3, 1.5, least / 1.7, least)

    def place(self, shares):
        """Give the points of shares: (n_codes, 2)."""
        return np.where(shares > 0, shares, self.absent)

    def draw(self, ax):
        """Scale the axes and shade the border, if there is one."""
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_xlim(self.low, self.high)
        ax.set_ylim(self.low, self.high)
        ax.set_aspect("equal")
        if self.low == self.least:
            return
        for span, place, turn in (
            (ax.axvspan, (self.absent, 0.98), 90),
            (ax.axhspan, (0.98, self.absent), 0),
        ):
            span(self.low, self.least, color="0.93", linewidth=0, zorder=0)
            at_axes = ax.get_xaxis_transform() if turn else ax.get_yaxis_transform()
            ax.text(
                *place,
                "not in real records" if turn else "not in synthetic records",
                transform=at_axes,
                rotation=turn,
                ha="center" if turn else "right",
                va="top" if turn else "center",
                fontsize="x-small",
                color="dimgray",
                zorder=0.5,
            )


def prefixes_of(codes):
    """Name the prefix of each code, the rarest prefixes together.

    Parameters
    ----------
    codes : iterable of str
        Codes, such as ``"DX:428"``.

    Returns
    -------
    ndarray of str of shape (n_codes,)
        What stands before the first colon, "others" where there is none or where there
        are more prefixes than colours; "codes" if no code has a colon.

    Examples
    --------
    >>> prefixes_of(["DX:428", "DX:250", "LAB:glucose:3", "fall"]).tolist()
    ['DX', 'DX', 'LAB', 'others']
    """
    prefixes = [
        code.split(":")[0] if ":" in code else _OTHERS for code in map(str, codes)
    ]
    if set(prefixes) <= {_OTHERS}:
        return np.full(len(prefixes), "codes")
    frequent = Counter(prefix for prefix in prefixes if prefix != _OTHERS)
    kept = {prefix for prefix, _ in frequent.most_common(len(PALETTE) - 1)}
    return np.array([prefix if prefix in kept else _OTHERS for prefix in prefixes])


def draw_codes(ax, shares, prefixes, border, scatter_kw):
    """Draw a point for each code.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    shares : ndarray of shape (n_codes, 2)
        Of real and of synthetic visits.
    prefixes : ndarray of str of shape (n_codes,)
        Of the codes.
    border : Border
        Where codes stand that one side lacks.
    scatter_kw : dict
        Passed to :meth:`matplotlib.axes.Axes.scatter`.

    Returns
    -------
    points : dict of str to matplotlib PathCollection
        By prefix, the one with most codes first.
    absent : dict of str to matplotlib PathCollection
        By the side that lacks them.
    """
    places = border.place(shares)
    in_both = shares.all(axis=1)
    style = {"s": _MARKER_AREA, "rasterized": len(shares) > _MANY, **scatter_kw}
    points, colors = {}, {}
    for number, (prefix, n_codes) in enumerate(
        Counter(prefixes.tolist()).most_common()
    ):
        colors[prefix] = PALETTE[number]
        shown = in_both & (prefixes == prefix)
        points[prefix] = ax.scatter(
            *places[shown].T,
            label=f"{prefix} ({n_codes:,})",
            **{
                "color": colors[prefix],
                "marker": _MARKERS[number],
                "alpha": 0.6,
                "linewidths": 0,
                **style,
            },
        )
    absent = {}
    for side, name in enumerate(("real", "synthetic")):
        shown = shares[:, side] == 0
        absent[name] = ax.scatter(
            *places[shown].T,
            edgecolors=[colors[prefix] for prefix in prefixes[shown]],
            facecolors="none",
            **style,
        )
    return points, absent


def label_codes(ax, codes, places, labelled):
    """Name codes beside their points, away from each other.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    codes : Index of str of length n_codes
        What to write.
    places : ndarray of shape (n_codes, 2)
        Where the codes are.
    labelled : ndarray of int of shape (n_labels,)
        The positions of the codes to name.

    Returns
    -------
    list of matplotlib Annotation
        One for each code that is named.
    """
    from matplotlib.patheffects import withStroke
    from matplotlib.text import Text

    ax.figure.draw_without_rendering()  # the layout decides where points are
    points = ax.transData.transform(places)
    diagonal = np.linspace(ax.bbox.min, ax.bbox.max, _ON_DIAGONAL)
    to_see = np.concatenate([points, diagonal])
    legend = ax.get_legend().get_window_extent()
    taken, labels = [(legend.min, legend.max)], []
    for row in labelled:
        label = ax.annotate(
            wrap_name(codes[row], width=_LABEL_WIDTH, n_lines=1),
            places[row],
            xytext=(0, 0),
            textcoords="offset points",
            va="center",
            fontsize="x-small",
            parse_math=False,
            arrowprops={"arrowstyle": "-", "color": "dimgray", "linewidth": 0.6},
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
            zorder=5,
            in_layout=False,
        )
        size = Text.get_window_extent(label).size  # without the line to the point
        box = _free_place(label, points[row], size, ax, to_see, taken)
        taken.append(box)
        labels.append(label)
    return labels


def _free_place(label, point, size, ax, to_see, taken):
    """Move a label where it covers no other, stays inside, and hides few points."""
    offsets = np.outer(_DISTANCES, _DIRECTIONS).reshape(-1, 2)
    anchors = point + offsets * ax.figure.dpi / 72
    leftwards = offsets[:, 0] < 0
    low = anchors - size * np.column_stack([leftwards, np.full(len(offsets), 0.5)])
    high = low + size
    outside = (low < ax.bbox.min).sum(axis=1) + (high > ax.bbox.max).sum(axis=1)
    overlaps = sum(
        ((low < other[1]) & (high > other[0])).all(axis=1) for other in taken
    )
    hidden = (to_see > low[:, None]) & (to_see < high[:, None])
    cost = (
        _OVERLAP * (outside + overlaps)
        + _COVERED * hidden.all(axis=2).sum(axis=1)
        + _FARTHER * np.hypot(*offsets.T)
    )
    best = np.argmin(cost)
    label.set(position=offsets[best], ha="right" if leftwards[best] else "left")
    return low[best], high[best]
