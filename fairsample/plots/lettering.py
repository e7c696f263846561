"""Texts that fit where they stand: legends, rows of a list, long names."""

import textwrap

__all__ = ["draw_legend", "line_size", "name_rows", "wrap_name"]

_LEGEND_BELOW = 42  # points: below the ticks and the label of the axis
_LINE_SHARE = 0.5  # size of the letters in the height of a line
_BETWEEN_NAMES = 8  # points between the names of rows and those of their parts


def draw_legend(ax, n_columns, **legend_params):
    """Put the legend below the label of the horizontal axis.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    n_columns : int
        How many entries stand beside each other, three at most.
    **legend_params
        Passed to :meth:`matplotlib.axes.Axes.legend`.
    """
    from matplotlib.transforms import ScaledTranslation

    below = ScaledTranslation(0, -_LEGEND_BELOW / 72, ax.figure.dpi_scale_trans)
    legend = ax.legend(
        frameon=False,
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=ax.transAxes + below,
        borderaxespad=0,
        ncols=min(n_columns, 3),
        **legend_params,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def line_size(ax, n_lines):
    """Find the size at which lines fit the height of the axes.

    Parameters
    ----------
    ax : matplotlib Axes
        Where they are written.
    n_lines : int
        How many lines there are.

    Returns
    -------
    float
        The size in points, "small" at most.
    """
    from matplotlib.font_manager import FontProperties

    height = ax.get_window_extent().height * 72 / ax.figure.dpi
    usual = FontProperties(size="small").get_size_in_points()
    return min(usual, _LINE_SHARE * height / n_lines)


def wrap_name(name, *, width=30, n_lines=2):
    """Break a long name into lines, and end it early where it has too many.

    Parameters
    ----------
    name : object
        What is named; several values, in a tuple, are joined by commas.
    width : int, default=30
        Letters in a line.
    n_lines : int, default=2
        Lines at most.

    Returns
    -------
    str
        The lines.

    Examples
    --------
    >>> print(wrap_name(("Native Hawaiian", "female"), width=16))
    Native Hawaiian,
    female
    >>> wrap_name("chlordiazepoxide hydrochloride", width=20, n_lines=1)
    'chlordiazepoxide hy…'
    """
    text = ", ".join(map(str, name)) if isinstance(name, tuple) else str(name)
    lines = textwrap.wrap(text, width) or [""]
    if len(lines) > n_lines:
        last = " ".join(lines[n_lines - 1 :])
        lines[n_lines - 1 :] = [last[: width - 1].rstrip() + "…"]
    return "\n".join(lines)


def name_rows(ax, names, at, *, part_names=None, parts_at=None, size="small"):
    """Write names of rows, and of their parts, beside the vertical axis.

    Parameters
    ----------
    ax : matplotlib Axes
        Where they are written.
    names : list of str
        Of the rows.
    at : array-like
        Where the rows are.
    part_names : list of str, default=None
        Of the parts; they stand between the axis and the names of the rows.
    parts_at : array-like, default=None
        Where the parts are.
    size : float or str, default="small"
        Of the letters.
    """
    style = {"fontsize": size, "parse_math": False, "linespacing": 1.0}
    ax.yaxis.remove_overlapping_locs = False
    ax.set_yticks(at, names, **style)
    ax.tick_params("y", which="both", length=0)
    if part_names is None:
        return
    ax.set_yticks(parts_at, part_names, minor=True, color="dimgray", **style)
    labels = ax.get_yticklabels(minor=True)
    width = max(label.get_window_extent().width for label in labels)
    pad = _BETWEEN_NAMES + width * 72 / ax.figure.dpi
    ax.tick_params("y", which="major", pad=pad)
