"""Utility against fairness over the fairness weight."""

import re

import pandas as pd

__all__ = ["FairnessFrontierDisplay"]

# Okabe and Ito's palette: told apart under every common colour blindness.
_FRONTIER_COLOR = "#0072B2"
_RIVAL_COLORS = ("#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_RIVAL_MARKERS = ("s", "^", "D", "v", "P", "X", "*")
_WEIGHT_IN_NAME = re.compile(r"λ\s*=\s*(\d+(?:\.\d+)?)")
_POINT_COLUMNS = ["utility", "utility_sd", "fairness", "fairness_sd"]


class FairnessFrontierDisplay:
    """The price of fairness: utility and fairness as the fairness weight λ grows.

    Each λ is a point, joined in the order of λ; rivals without a λ stand as points of
    their own. Bars are one standard deviation over seeds to either side. Better is up
    and to the right.

    Use :meth:`from_comparison` to make one.

    Parameters
    ----------
    frontier : DataFrame of shape (n_weights, 4), indexed by fairness weight
        The columns `utility`, `utility_sd`, `fairness` and `fairness_sd`.
    rivals : DataFrame of shape (n_rivals, 4), indexed by name, default=None
        The same columns.
    utility_name : str, default="utility"
        What the horizontal axis shows.
    fairness_name : str, default="fairness"
        What the vertical axis shows.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure around it.
    frontier_ : matplotlib ErrorbarContainer or None
        The points of the frontier, with their line and bars.
    rivals_ : dict of str to matplotlib ErrorbarContainer
        The rivals' points.
    weight_labels_ : list of matplotlib Annotation
        The values of λ at the points of the frontier.

    See Also
    --------
    fairsample.evaluation.compare_augmentations : Makes what this shows.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import pandas as pd
    >>> from fairsample.plots import FairnessFrontierDisplay
    >>> columns = ["utility", "utility_sd", "fairness", "fairness_sd"]
    >>> frontier = pd.DataFrame(
    ...     [[0.82, 0.01, 0.4, 0.05], [0.81, 0.01, 0.7, 0.04]],
    ...     index=[0.0, 1.0],
    ...     columns=columns,
    ... )
    >>> display = FairnessFrontierDisplay(frontier).plot()
    >>> [label.get_text() for label in display.weight_labels_]
    ['λ=0', 'λ=1']
    """

    def __init__(
        self, frontier, *, rivals=None, utility_name="utility", fairness_name="fairness"
    ):
        self.frontier = frontier
        self.rivals = rivals
        self.utility_name = utility_name
        self.fairness_name = fairness_name

    @classmethod
    def from_comparison(
        cls,
        comparison,
        *,
        utility="balanced_accuracy",
        fairness="disparate_impact",
        fairness_weights=None,
        ax=None,
        **plot_params,
    ):
        """Plot the means over seeds of a comparison.

        Parameters
        ----------
        comparison : DataFrame
            What :func:`~fairsample.evaluation.compare_augmentations` returns.
        utility : str, default="balanced_accuracy"
            The metric on the horizontal axis.
        fairness : str, default="disparate_impact"
            The metric on the vertical axis.
        fairness_weights : dict of str to float, default=None
            Augmenter -> λ; all others are rivals. None reads λ from names such as
            ``"FairSynth λ=0.5"``.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **plot_params
            Passed to :meth:`plot`.

        Returns
        -------
        FairnessFrontierDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            When a metric or an augmenter is not in the comparison.
        """
        names = comparison["augmenter"].unique().tolist()
        if fairness_weights is None:
            found = {name: _WEIGHT_IN_NAME.search(name) for name in names}
            fairness_weights = {
                name: float(match[1]) for name, match in found.items() if match
            }
        unknown = [name for name in fairness_weights if name not in names]
        if unknown:
            raise ValueError(
                f"fairness_weights names {unknown}; the augmenters are {names}."
            )
        points = _means_and_deviations(comparison, utility, fairness).loc[names]
        on_frontier = points.loc[list(fairness_weights)]
        frontier = on_frontier.set_axis(list(fairness_weights.values())).sort_index()
        display = cls(
            frontier.rename_axis("fairness_weight"),
            rivals=points.drop(index=list(fairness_weights)),
            utility_name=utility.replace("_", " "),
            fairness_name=fairness.replace("_", " "),
        )
        return display.plot(ax, **plot_params)

    def plot(self, ax=None, *, name="FairSynth", frontier_kw=None, rival_kw=None):
        """Draw frontier and rivals.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        name : str, default="FairSynth"
            What the legend calls the frontier.
        frontier_kw : dict, default=None
            Passed to :meth:`matplotlib.axes.Axes.errorbar` for the frontier.
        rival_kw : dict, default=None
            Passed to :meth:`matplotlib.axes.Axes.errorbar` for every rival.

        Returns
        -------
        FairnessFrontierDisplay
            Itself.
        """
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(figsize=(7, 4.8), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self.rivals_ = {}
        rivals = self.rivals if self.rivals is not None else self.frontier.iloc[:0]
        for number, rival in enumerate(rivals.index):
            style = {
                "color": _RIVAL_COLORS[number % len(_RIVAL_COLORS)],
                "marker": _RIVAL_MARKERS[number % len(_RIVAL_MARKERS)],
                "markersize": 8,
                "linestyle": "none",
                **(rival_kw or {}),
            }
            self.rivals_[rival] = self._draw(rivals.loc[[rival]], rival, style)
        self._draw_frontier(name, frontier_kw or {})
        ax.set_xlabel(f"{self.utility_name} (higher is better)")
        ax.set_ylabel(f"{self.fairness_name} (higher is fairer)")
        ax.grid(alpha=0.25)
        ax.spines[["top", "right"]].set_visible(False)
        if self.rivals_ or self.frontier_:
            ax.legend(frameon=False)
        return self

    def _draw_frontier(self, name, frontier_kw):
        self.frontier_, self.weight_labels_ = None, []
        if self.frontier.empty:
            return
        from matplotlib.patheffects import withStroke

        style = {
            "color": _FRONTIER_COLOR,
            "marker": "o",
            "markersize": 7,
            "linestyle": "-",
            "linewidth": 2,
            **frontier_kw,
        }
        self.frontier_ = self._draw(self.frontier, name, style)
        self.weight_labels_ = [
            self.ax_.annotate(
                f"λ={weight:g}",
                (point.utility, point.fairness),
                xytext=(7, 7),
                textcoords="offset points",
                fontsize="small",
                color=style["color"],
                path_effects=[withStroke(linewidth=3, foreground="white")],
                zorder=5,
            )
            for weight, point in self.frontier.iterrows()
        ]

    def _draw(self, points, label, style):
        return self.ax_.errorbar(
            points["utility"],
            points["fairness"],
            xerr=points["utility_sd"].fillna(0),
            yerr=points["fairness_sd"].fillna(0),
            label=label,
            **{"elinewidth": 1, "capsize": 2, **style},
        )


def _means_and_deviations(comparison, utility, fairness):
    metrics = comparison["metric"].unique().tolist()
    absent = [metric for metric in (utility, fairness) if metric not in metrics]
    if absent:
        raise ValueError(
            f"The comparison has no metric {absent}; its metrics are {metrics}."
        )
    values = comparison.groupby(["augmenter", "metric"])["value"]
    mean, deviation = values.mean().unstack(), values.std().unstack()
    columns = [mean[utility], deviation[utility], mean[fairness], deviation[fairness]]
    return pd.concat(columns, axis=1, keys=_POINT_COLUMNS)
