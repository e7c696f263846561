"""What a net noted of its training, epoch by epoch."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from fairsample.messages import quote
from fairsample.plots.history_terms import split_name, terms_by_epoch
from fairsample.plots.training_history_drawing import draw_term, shade_phase

__all__ = ["TrainingHistoryDisplay"]

_PANEL_HEIGHT = 2.6  # inches


class TrainingHistoryDisplay:
    """Losses, and whatever else a net noted of its training, epoch by epoch.

    Each term has a panel: the loss, a fairness term, a score. In it are the training
    rows and the validation rows, as far as the net noted them. Epochs under a fairness
    term are shaded: they minimise something else, on other batches and with other rows
    held out, so that their losses are not to be compared with those before.

    Use :meth:`from_resampler` or :meth:`from_history` to make one.

    Parameters
    ----------
    history : DataFrame of shape (n_epochs, n_values)
        A column for each value, called as skorch calls it: ``"train_loss"``,
        ``"valid_loss"``; what follows the first underscore is the term.
    fair_from : int, default=None
        The first epoch under a fairness term, counted from 1; None if there is none.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n_terms,)
        The panels.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        The figure around them.
    lines_ : dict of str to matplotlib Line2D
        The line of each value, by its name in the history.
    phases_ : list of matplotlib patch
        The shades of the epochs under a fairness term, one for each panel.

    See Also
    --------
    fairsample.plots.FairnessFrontierDisplay : What came out.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from fairsample.plots import TrainingHistoryDisplay
    >>> history = [
    ...     {"epoch": 1, "train_loss": 0.9, "valid_loss": 1.0, "dur": 2.1},
    ...     {"epoch": 2, "train_loss": 0.7, "valid_loss": 0.8, "dur": 2.0},
    ... ]
    >>> display = TrainingHistoryDisplay.from_history(history)
    >>> display.lines_["valid_loss"].get_ydata().tolist()
    [1.0, 0.8]
    """

    def __init__(self, history, *, fair_from=None):
        self.history = history
        self.fair_from = fair_from

    @classmethod
    def from_resampler(cls, resampler, *, ax=None, **plot_params):
        """Plot the training of a resampler's net, or of a classifier's.

        Parameters
        ----------
        resampler : estimator
            A fitted estimator with a net: `net_`, or that of its language model,
            `backend_`. FlipResampler has one if it was given ``network=True``.
        ax : matplotlib Axes or array of them, default=None
            Where to draw, one for each term; None makes a figure.
        **plot_params
            Passed to :meth:`plot`.

        Returns
        -------
        TrainingHistoryDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            When the estimator is not fitted.
        ValueError
            When it has no net, or the net has not been trained.
        """
        check_is_fitted(resampler)
        holder = resampler
        if not hasattr(holder, "net_"):
            holder = getattr(resampler, "backend_", resampler)
        if hasattr(holder, "net_"):
            net = holder.net_
            n_before = len(net.history) - net.max_epochs
            fair_from = n_before + 1 if n_before > 0 else None
            display = cls(terms_by_epoch(net.history), fair_from=fair_from)
        elif hasattr(holder, "history_"):
            display = cls(terms_by_epoch(holder.history_))
        else:
            raise ValueError(
                f"This {type(resampler).__name__} has trained no net, so that there is "
                "no history to draw."
            )
        return display.plot(ax, **plot_params)

    @classmethod
    def from_history(cls, history, *, fair_from=None, ax=None, **plot_params):
        """Plot a history of skorch.

        Parameters
        ----------
        history : skorch History or list of dict
            A net's ``history``: a dict for each epoch. Of values that were noted of
            batches only, the mean over rows is shown.
        fair_from : int, default=None
            The first epoch under a fairness term, counted from 1.
        ax : matplotlib Axes or array of them, default=None
            Where to draw, one for each term; None makes a figure.
        **plot_params
            Passed to :meth:`plot`.

        Returns
        -------
        TrainingHistoryDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            When there is no epoch, or nothing was noted of it.
        """
        return cls(terms_by_epoch(history), fair_from=fair_from).plot(ax, **plot_params)

    def plot(self, ax=None, *, terms=None, line_kw=None):
        """Draw the panels.

        Parameters
        ----------
        ax : matplotlib Axes or array of them, default=None
            Where to draw, one for each term; None makes a figure.
        terms : list of str, default=None
            What to show, such as ``["loss"]``; None shows all terms.
        line_kw : dict, default=None
            Passed to :meth:`matplotlib.axes.Axes.plot` for every line.

        Returns
        -------
        TrainingHistoryDisplay
            Itself.

        Raises
        ------
        ValueError
            When a term is not in the history, or there are not as many axes as terms.
        """
        terms = self._chosen(terms)
        self.axes_ = _axes_for(terms, ax)
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        self.lines_, self.phases_ = {}, []
        epochs = np.arange(1, len(self.history) + 1)
        for panel, (term, names) in zip(self.axes_, terms.items(), strict=True):
            values = {name: self.history[name].to_numpy(dtype=float) for name in names}
            self.lines_ |= draw_term(panel, term, epochs, values, line_kw or {})
            if self.fair_from is not None:
                self.phases_.append(
                    shade_phase(
                        panel, self.fair_from, len(epochs), named=panel is self.ax_
                    )
                )
        self.axes_[-1].set_xlabel("epoch")
        self.figure_.align_ylabels(self.axes_)
        return self

    def _chosen(self, wanted):
        """Give the names of the values of each term to be shown, by term."""
        terms = {}
        for name in self.history.columns:
            terms.setdefault(split_name(name)[1], []).append(name)
        if not terms:
            raise ValueError("The history holds no value of any epoch.")
        if wanted is None:
            return terms
        wanted = [wanted] if isinstance(wanted, str) else list(wanted)
        absent = [term for term in wanted if term not in terms]
        if absent or not wanted:
            raise ValueError(
                f"The history has no term {quote(absent) or 'without a name'}; its "
                f"terms are {quote(terms)}."
            )
        return {term: terms[term] for term in wanted}


def _axes_for(terms, ax):
    import matplotlib.pyplot as plt

    if ax is None:
        size = 7.5, 0.5 + _PANEL_HEIGHT * len(terms)
        _, axes = plt.subplots(
            len(terms), sharex=True, squeeze=False, figsize=size, layout="constrained"
        )
        return axes.ravel()
    axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    if len(axes) != len(terms):
        raise ValueError(
            f"The history has {len(terms)} terms, {quote(terms)}, and ax has "
            f"{len(axes)}. Give an Axes for each, or name fewer in terms."
        )
    return axes
