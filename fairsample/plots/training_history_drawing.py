"""Lines over epochs."""

from fairsample.plots.history_terms import split_name
from fairsample.plots.palette import PALETTE

__all__ = ["draw_term", "shade_phase"]

_STYLES = {
    "train": {"color": PALETTE[0], "linestyle": "-", "marker": "o"},
    "valid": {"color": PALETTE[1], "linestyle": "--", "marker": "s"},
    None: {"color": PALETTE[2], "linestyle": "-", "marker": "D"},
}
_LABELS = {"train": "training rows", "valid": "validation rows"}
_MANY_EPOCHS = 40  # more have no markers


def draw_term(ax, term, epochs, values, line_kw):
    """Draw one term, with a line for each kind of rows.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    term : str
        What it is.
    epochs : ndarray of shape (n_epochs,)
        Counted from 1.
    values : dict of str to ndarray of shape (n_epochs,)
        By the names that skorch gives.
    line_kw : dict
        Passed to :meth:`matplotlib.axes.Axes.plot`.

    Returns
    -------
    dict of str to matplotlib Line2D
        By the same names.
    """
    from matplotlib.ticker import MaxNLocator

    lines = {}
    for name, of_epochs in values.items():
        side = split_name(name)[0]
        style = {"markersize": 4 if len(epochs) <= _MANY_EPOCHS else 0}
        style |= _STYLES[side] | line_kw
        label = _LABELS.get(side, term)
        (lines[name],) = ax.plot(epochs, of_epochs, label=label, **style)
    ax.set_xlim(0.5, len(epochs) + 0.5)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylabel(term.replace("_", " "), parse_math=False)
    ax.grid(alpha=0.25)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    legend = ax.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return lines


def shade_phase(ax, first, last, *, named):
    """Shade the epochs under a fairness term.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    first, last : int
        Epochs.
    named : bool
        Whether to say above the axes what the shade is.

    Returns
    -------
    matplotlib patch
        The shade.
    """
    if named:
        ax.annotate(
            "with the fairness term",
            ((first + last) / 2, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize="small",
            color="dimgray",
        )
    return ax.axvspan(first - 0.5, last + 0.5, color="0.93", linewidth=0, zorder=0)
