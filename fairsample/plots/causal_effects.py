"""How a total variation is made up of direct, indirect and spurious effects."""

import pandas as pd

from fairsample.messages import quote
from fairsample.plots.causal_effects_drawing import draw_values, draw_waterfall
from fairsample.plots.lettering import draw_legend

__all__ = ["CausalEffectsDisplay"]

_TOTAL = "total_variation"
_PARTS = ("direct", "indirect", "spurious")
_COLUMNS = ("value", "low", "high")


class CausalEffectsDisplay:
    """A total variation, and the effects that it is made of, as a waterfall.

    The first bar is the difference in the outcome between the two groups. Below it the
    direct, the indirect and the spurious effect each begin where the one before ended,
    so that the last ends where the total does. Sides, such as real and synthetic rows,
    stand beside each other. Bars in black are intervals of each effect, drawn around
    its end; the figures stand to the right.

    Use :meth:`from_effects` to make one.

    Parameters
    ----------
    effects : DataFrame of shape (4 * n_sides, 3), indexed by side and effect
        The columns `value`, `low` and `high` of "total_variation", "direct", "indirect"
        and "spurious", signed so that the total is the sum of the others.
    contrast_name : str, default=None
        What is compared, for the title.
    outcome_name : str, default="the outcome"
        What the effects are on.
    confidence_level : float, default=None
        The share of intervals that hold the true effect.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure around it.
    bars_ : dict of str to matplotlib BarContainer
        The bars of each side, the total's first.
    intervals_ : dict of str to matplotlib ErrorbarContainer
        Their intervals.
    value_labels_ : dict of str to list of matplotlib Annotation
        The figures of each side.

    See Also
    --------
    fairsample.metrics.causal_effects : Makes what this shows.
    fairsample.metrics.equivalence : Whether two sides agree, as far as data tell.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import pandas as pd
    >>> from fairsample.plots import CausalEffectsDisplay
    >>> effects = pd.DataFrame(
    ...     {"value": [-0.14, 0.07, -0.21, 0.0]},
    ...     index=pd.MultiIndex.from_product(
    ...         [["real"], ["total_variation", "direct", "indirect", "spurious"]]
    ...     ),
    ... )
    >>> effects["low"] = effects["value"] - 0.02
    >>> effects["high"] = effects["value"] + 0.02
    >>> display = CausalEffectsDisplay(effects).plot()
    >>> display.value_labels_["real"][1].get_text()
    '+0.070 [+0.050, +0.090]'
    """

    def __init__(
        self,
        effects,
        *,
        contrast_name=None,
        outcome_name="the outcome",
        confidence_level=None,
    ):
        self.effects = effects
        self.contrast_name = contrast_name
        self.outcome_name = outcome_name
        self.confidence_level = confidence_level

    @classmethod
    def from_effects(cls, real, synthetic=None, *, others=None, ax=None, **plot_params):
        """Plot the effects of real rows, of synthetic ones beside them, and of more.

        Parameters
        ----------
        real : CausalEffects
            Effects, with intervals.
        synthetic : CausalEffects, default=None
            Effects of the same contrast.
        others : dict of str to CausalEffects, default=None
            More sides, by the name that the legend gives them.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **plot_params
            Passed to :meth:`plot`.

        Returns
        -------
        CausalEffectsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            When a side lacks an effect or compares other groups than the real side.
        """
        sides = {"real": real, "synthetic": synthetic, **(others or {})}
        sides = {name: side for name, side in sides.items() if side is not None}
        effects = pd.concat(
            {name: _frame_of(side, name) for name, side in sides.items()},
            names=["side", "effect"],
        )
        for name, side in sides.items():
            if _name_of(side) != _name_of(real):
                raise ValueError(
                    f"The real side compares {_name_of(real)!r}, {name!r} "
                    f"{_name_of(side)!r}. Bars beside each other are of one contrast."
                )
        display = cls(
            effects,
            contrast_name=_name_of(real),
            outcome_name=real.outcome,
            confidence_level=real.direct.confidence_level,
        )
        return display.plot(ax, **plot_params)

    def plot(self, ax=None, *, values=True, bar_kw=None):
        """Draw the waterfalls.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure that is high enough for all sides.
        values : bool, default=True
            Whether to write the figures to the right of the axes; a figure with
            constrained layout makes room for them.
        bar_kw : dict, default=None
            Passed to :meth:`matplotlib.axes.Axes.barh` for every side.

        Returns
        -------
        CausalEffectsDisplay
            Itself.
        """
        import matplotlib.pyplot as plt

        names = self.effects.index.get_level_values(0).unique().tolist()
        rows = [_TOTAL, *_PARTS]
        if ax is None:
            height = 1.6 + 0.28 * len(rows) * max(len(names), 2)
            _, ax = plt.subplots(figsize=(7.5, height), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self.bars_, self.intervals_, self.value_labels_ = {}, {}, {}
        for number, name in enumerate(names):
            side = self.effects.loc[name].loc[rows]
            place = number, len(names)
            drawn = draw_waterfall(ax, side, name, *place, bar_kw or {})
            self.bars_[name], self.intervals_[name] = drawn
            if values:
                self.value_labels_[name] = draw_values(ax, side, *place)
        ax.axvline(0, color="black", linewidth=0.8, zorder=0.5)
        ax.set_yticks(range(len(rows)), [row.replace("_", " ") for row in rows])
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.tick_params("y", length=0)
        ax.set_xlabel(self._axis_label())
        if self.contrast_name is not None:
            ax.set_title(self.contrast_name, loc="left")
        ax.grid(axis="x", alpha=0.25)
        ax.set_axisbelow(True)
        ax.spines[["top", "right", "left"]].set_visible(False)
        if len(names) > 1:
            draw_legend(ax, len(names))
        return self

    def _axis_label(self):
        label = f"effect on {self.outcome_name}"
        if self.confidence_level is None:
            return label
        return f"{label}, with {100 * self.confidence_level:g} % intervals"


def _name_of(effects):
    return getattr(effects.contrast, "name", effects.contrast)


def _frame_of(effects, name):
    """Return values and intervals, all signed so that parts add up to the total."""
    found = {effect: getattr(effects, effect, None) for effect in (_TOTAL, *_PARTS)}
    absent = [effect for effect, one in found.items() if one is None]
    if absent:
        raise ValueError(
            f"{name!r} has no effect {quote(absent)}. Where there are several cases, "
            "choose one, as effects[case]."
        )
    rows = {effect: (one.value, *one.ci) for effect, one in found.items()}
    if effects.sign == "book":
        for effect in _PARTS[1:]:
            value, low, high = rows[effect]
            rows[effect] = -value, -high, -low
    return pd.DataFrame.from_dict(rows, orient="index", columns=_COLUMNS)
