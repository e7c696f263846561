"""How often synthetic records hold each code, against real ones."""

import numpy as np
import pandas as pd
from sklearn.metrics import r2_score

from fairsample.metrics import code_prevalence
from fairsample.plots.code_prevalence_drawing import (
    Border,
    draw_codes,
    label_codes,
    prefixes_of,
)

__all__ = ["CodePrevalenceDisplay"]


class CodePrevalenceDisplay:
    """How often a visit holds each code, in synthetic records against real ones.

    Each code is a point on logarithmic axes; on the diagonal both agree. Colours tell
    the prefixes of the codes apart (what stands before the first colon). Codes that
    only one side has are open points on the border. The codes that are farthest apart
    are named: by the difference of square roots, on which chance moves rare codes as
    much as frequent ones.

    R2 is that of `fairsample.metrics.record_fidelity`: of the probabilities themselves,
    not of their logarithms, so that frequent codes decide.

    Use :meth:`from_records` to make one.

    Parameters
    ----------
    prevalence : DataFrame of shape (n_codes, 2), indexed by code
        The columns `real` and `synthetic`: the share of visits that hold the code, 0
        where none does.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure around it.
    r2_ : float
        The coefficient of determination; NaN if all real shares are the same.
    points_ : dict of str to matplotlib PathCollection
        The codes of each prefix that both sides have.
    absent_ : dict of str to matplotlib PathCollection
        The codes that ``"real"`` records lack, and those that ``"synthetic"`` ones do.
    diagonal_ : matplotlib Line2D
        Where both sides agree.
    code_labels_ : list of matplotlib Annotation
        The names of the codes that are farthest apart, the farthest first.

    See Also
    --------
    fairsample.metrics.record_fidelity : R2 of codes, and of pairs of codes.
    fairsample.metrics.code_prevalence : The shares of one side.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import pandas as pd
    >>> from fairsample.plots import CodePrevalenceDisplay
    >>> prevalence = pd.DataFrame(
    ...     {"real": [0.4, 0.1, 0.02], "synthetic": [0.38, 0.12, 0.0]},
    ...     index=["DX:428", "RX:insulin", "DX:250"],
    ... )
    >>> display = CodePrevalenceDisplay(prevalence).plot(n_labels=1)
    >>> display.code_labels_[0].get_text(), round(display.r2_, 3)
    ('DX:250', 0.985)
    """

    def __init__(self, prevalence):
        self.prevalence = prevalence

    @classmethod
    def from_records(cls, real_visits, synthetic_visits, *, ax=None, **plot_params):
        """Plot how often each code occurs in two sets of records.

        Parameters
        ----------
        real_visits : Series or sequence of shape (n_real_patients,)
            Real patients' visits in time order, each visit a sequence of code strings.
            Those held out from the generator tell more than those that trained it.
        synthetic_visits : Series or sequence of shape (n_synthetic_patients,)
            Synthetic patients' visits.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **plot_params
            Passed to :meth:`plot`.

        Returns
        -------
        CodePrevalenceDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            When a cell is no nested sequence of strings or has no visit, or there are
            no codes at all.

        Examples
        --------
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> from fairsample.plots import CodePrevalenceDisplay
        >>> real = [[["DX:1", "RX:a"], ["DX:1"]], [["DX:1", "DX:2"], []]]
        >>> synthetic = [[["DX:1"], ["DX:1", "RX:a"]], [["DX:1", "RX:b"]]]
        >>> display = CodePrevalenceDisplay.from_records(real, synthetic)
        >>> display.prevalence["real"].to_dict()
        {'DX:1': 0.75, 'DX:2': 0.25, 'RX:a': 0.25, 'RX:b': 0.0}
        """
        sides = {
            "real": code_prevalence(real_visits),
            "synthetic": code_prevalence(synthetic_visits),
        }
        prevalence = pd.concat(sides, axis=1).fillna(0.0)
        prevalence = prevalence.sort_index().sort_values(
            "real", ascending=False, kind="stable"
        )
        return cls(prevalence).plot(ax, **plot_params)

    def plot(self, ax=None, *, n_labels=8, scatter_kw=None):
        """Draw the points.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        n_labels : int, default=8
            How many of the codes that are farthest apart are named.
        scatter_kw : dict, default=None
            Passed to :meth:`matplotlib.axes.Axes.scatter` for the codes of every
            prefix.

        Returns
        -------
        CodePrevalenceDisplay
            Itself.

        Raises
        ------
        ValueError
            When there is no code, or a share is not in [0, 1].
        """
        import matplotlib.pyplot as plt

        shares = self._checked_shares()
        self.r2_ = _determination(*shares.T)
        if ax is None:
            _, ax = plt.subplots(figsize=(7.2, 5.6), layout="compressed")
        self.ax_, self.figure_ = ax, ax.figure
        border = Border.around(shares)
        border.draw(ax)
        ends = border.low, border.high
        (self.diagonal_,) = ax.plot(ends, ends, color="black", linewidth=0.8, zorder=1)
        prefixes = prefixes_of(self.prevalence.index)
        drawn = draw_codes(ax, shares, prefixes, border, scatter_kw or {})
        self.points_, self.absent_ = drawn
        ax.set_xlabel("share of real visits with the code")
        ax.set_ylabel("share of synthetic visits with the code")
        ax.grid(alpha=0.25)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        self._draw_legend()
        apart = np.abs(np.diff(np.sqrt(shares))).ravel()
        farthest = np.argsort(-apart, kind="stable")[:n_labels]
        farthest = farthest[apart[farthest] > 0]
        self.code_labels_ = label_codes(
            ax, self.prevalence.index, border.place(shares), farthest
        )
        return self

    def _checked_shares(self):
        shares = self.prevalence[["real", "synthetic"]].to_numpy(dtype=float)
        if not len(shares):
            raise ValueError("There is no code: no visit of either side holds one.")
        off = ~((shares >= 0) & (shares <= 1)).all(axis=1)
        if off.any():
            raise ValueError(
                "The prevalence must hold shares of visits in [0, 1], 0 where no visit "
                f"has the code; that of {self.prevalence.index[off][0]!r} is "
                f"{shares[off][0].tolist()}."
            )
        return shares

    def _draw_legend(self):
        title = "" if np.isnan(self.r2_) else f"R² = {self.r2_:.3f}"
        legend = self.ax_.legend(
            title=title,
            loc="upper left",
            bbox_to_anchor=(1, 1),
            frameon=False,
            alignment="left",
        )
        for text in legend.get_texts():
            text.set_parse_math(False)


def _determination(real, synthetic):
    if len(real) < 2 or np.ptp(real) == 0:
        return float("nan")
    return float(r2_score(real, synthetic))
