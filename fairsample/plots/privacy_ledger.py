"""What a private run has spent, release by release."""

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from fairsample.messages import quote
from fairsample.plots.lettering import name_rows, wrap_name
from fairsample.plots.privacy_ledger_drawing import (
    draw_budget,
    draw_steps,
    figure_height,
    place_steps,
)

__all__ = ["PrivacyLedgerDisplay"]

_NEEDED = ("release", "epsilon so far")
_READS_WIDTH = 38  # letters in a line of what a release reads


class PrivacyLedgerDisplay:
    """The privacy budget of a run: what each release took, and epsilon so far.

    Releases follow each other from the top. A bar ends at the epsilon of everything
    up to it; its coloured part is what the release added. That depends on the order:
    epsilons do not add up, and what comes late costs less than it would alone. Where a
    release costs the rows of each group something else, each group has a bar.

    Use :meth:`from_resampler` or :meth:`from_ledger` to make one.

    Parameters
    ----------
    ledger : DataFrame of n_releases rows
        The columns `release` and `epsilon so far`, and, where they are known, `reads`
        and `group`, in the order of the releases.
    budget : float, default=None
        The epsilon that must not be exceeded.
    delta : float, default=None
        The delta at which epsilons hold, for the label of the axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure around it.
    steps_ : DataFrame of n_releases rows
        The columns `release`, `group`, `before` and `so far` of each bar.
    earlier_bars_ : matplotlib BarContainer
        The parts that were spent before.
    bars_ : matplotlib BarContainer
        The parts that the releases took.
    budget_line_ : matplotlib Line2D or None
        The budget.
    value_labels_ : list of matplotlib Annotation
        What each release took, and what that makes.

    See Also
    --------
    fairsample.FlipResampler : Keeps the ledger.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from fairsample.flip.budget import PrivacyLedger
    >>> from fairsample.flip.mechanism import Mechanism
    >>> from fairsample.plots import PrivacyLedgerDisplay
    >>> ledger = PrivacyLedger(delta=1e-5)
    >>> ledger = ledger.add(Mechanism("counts", "rows of each cell", 10.0))
    >>> ledger = ledger.add(Mechanism("pair tables", "counts of all pairs", 2.5))
    >>> display = PrivacyLedgerDisplay.from_ledger(ledger, budget=2.0)
    >>> [label.get_text() for label in display.value_labels_]
    ['+0.341 → 0.341', '+1.267 → 1.608']
    """

    def __init__(self, ledger, *, budget=None, delta=None):
        self.ledger = ledger
        self.budget = budget
        self.delta = delta

    @classmethod
    def from_resampler(cls, resampler, *, ax=None, **plot_params):
        """Plot what a private fit has spent of its budget.

        Parameters
        ----------
        resampler : FlipResampler
            A resampler that was fitted under an epsilon.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **plot_params
            Passed to :meth:`plot`.

        Returns
        -------
        PrivacyLedgerDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            When the resampler is not fitted.
        ValueError
            When the resampler promises no privacy and so has no ledger.
        """
        check_is_fitted(resampler, "cell_counts_")
        if not hasattr(resampler, "ledger_"):
            raise ValueError(
                f"This {type(resampler).__name__} has no ledger: it promises no "
                "privacy. A FlipResampler with an epsilon keeps one."
            )
        display = cls(
            resampler.ledger_, budget=resampler.epsilon, delta=resampler.delta
        )
        return display.plot(ax, **plot_params)

    @classmethod
    def from_ledger(cls, ledger, *, budget=None, delta=None, ax=None, **plot_params):
        """Plot a ledger.

        Parameters
        ----------
        ledger : DataFrame or PrivacyLedger
            The ledger, or a frame such as a resampler's `ledger_`.
        budget : float, default=None
            The epsilon that must not be exceeded.
        delta : float, default=None
            The delta at which epsilons hold; that of a PrivacyLedger is known.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **plot_params
            Passed to :meth:`plot`.

        Returns
        -------
        PrivacyLedgerDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            When the ledger lacks a column, is empty or holds an epsilon that is no
            number.
        """
        if not isinstance(ledger, pd.DataFrame):
            delta = ledger.delta if delta is None else delta
            ledger = ledger.to_frame()
        return cls(ledger, budget=budget, delta=delta).plot(ax, **plot_params)

    def plot(self, ax=None, *, values=True, bar_kw=None):
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure that is high enough for all releases.
        values : bool, default=True
            Whether to write the figures to the right of the axes; a figure with
            constrained layout makes room for them.
        bar_kw : dict, default=None
            Passed to :meth:`matplotlib.axes.Axes.barh` for what releases took.

        Returns
        -------
        PrivacyLedgerDisplay
            Itself.

        Raises
        ------
        ValueError
            When the ledger lacks a column, is empty or holds an epsilon that is no
            number.
        """
        import matplotlib.pyplot as plt

        self._check()
        self.steps_ = _steps_of(self.ledger)
        heights, centres = place_steps(self.steps_["number"].to_numpy())
        if ax is None:
            size = 8, figure_height(heights)
            _, ax = plt.subplots(figsize=size, layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        drawn = draw_steps(ax, self.steps_, heights, values, bar_kw or {})
        self.earlier_bars_, self.bars_, self.value_labels_, size = drawn
        ends = [*self.steps_["so far"], *([] if self.budget is None else [self.budget])]
        ax.set_xlim(0, 1.04 * max(*ends, 1e-9))
        ax.set_ylim(heights[-1] + 0.7, heights[0] - 0.7)
        self.budget_line_ = None
        if self.budget is not None:
            self.budget_line_ = draw_budget(ax, self.budget)
        names = self.steps_.groupby("number")["release"].first()
        name_rows(
            ax,
            [wrap_name(name, width=24) for name in names],
            centres,
            part_names=self._part_names(),
            parts_at=heights,
            size=size,
        )
        at_delta = "" if self.delta is None else f" at δ = {self.delta:g}"
        ax.set_xlabel(f"ε so far{at_delta}")
        ax.grid(axis="x", alpha=0.25)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        return self

    def _check(self):
        absent = [name for name in _NEEDED if name not in self.ledger.columns]
        if absent:
            raise ValueError(
                f"The ledger has no column {quote(absent)}; its columns are "
                f"{quote(self.ledger.columns)}. A resampler's ledger_ has them."
            )
        if self.ledger.empty:
            raise ValueError("The ledger is empty: nothing was released.")
        so_far = self.ledger["epsilon so far"].to_numpy(dtype=float)
        if not np.isfinite(so_far).all():
            name = self.ledger["release"].to_numpy()[~np.isfinite(so_far)][0]
            raise ValueError(f"The epsilon after the release {name!r} is no number.")

    def _part_names(self):
        """Name the group of each bar, or what is read for it."""
        if "reads" in self.ledger:
            reads = [wrap_name(text, width=_READS_WIDTH) for text in self.ledger.reads]
        else:
            reads = [""] * len(self.ledger)
        return [
            text if group is None else wrap_name(group, width=28)
            for group, text in zip(self.steps_["group"], reads, strict=True)
        ]


def _steps_of(ledger):
    """Tell where each bar begins and ends, and which bars are of one release."""
    groups = ledger["group"] if "group" in ledger else [None] * len(ledger)
    groups = [None if _is_missing(group) else group for group in groups]
    so_far = ledger["epsilon so far"].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "number": _count_releases(ledger["release"], groups),
            "release": ledger["release"].to_numpy(),
            "group": pd.Series(groups, dtype=object),
            "before": _spent_before(groups, so_far),
            "so far": so_far,
        }
    )


def _count_releases(names, groups):
    """Give the number of each release; its rows about several groups share it."""
    numbers, last, seen = [], None, set()
    for name, group in zip(names, groups, strict=True):
        if group is None or group in seen or name != last or not seen:
            numbers.append(numbers[-1] + 1 if numbers else 0)
            seen = set()
        else:
            numbers.append(numbers[-1])
        last = name
        seen |= set() if group is None else {group}
    return numbers


def _spent_before(groups, so_far):
    """Give what the rows of a group, or those that pay most, had spent before."""
    of_all, of_groups, before = 0.0, {}, []
    for group, epsilon in zip(groups, so_far, strict=True):
        if group is None:
            before.append(max([of_all, *of_groups.values()]))
            of_all, of_groups = epsilon, {}
        else:
            before.append(of_groups.get(group, of_all))
            of_groups[group] = epsilon
    return np.minimum(before, so_far)


def _is_missing(group):
    return group is None or (isinstance(group, float) and np.isnan(group))
