"""How many rows each group and class has, before and after."""

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from fairsample.groups import resolve_groups
from fairsample.plots.cell_balance_drawing import (
    draw_cells,
    figure_height,
    keep_large_groups,
    write_counts,
)
from fairsample.plots.lettering import draw_legend, name_rows, wrap_name
from fairsample.target_form import TargetForm

__all__ = ["CellBalanceDisplay"]


class CellBalanceDisplay:
    """Rows of each group and class: the real ones, and what synthetic rows add.

    Each group has a bar for each class. Its first part counts real rows, its hatched
    part synthetic ones, and the figures stand to the right, as ``real + synthetic``.
    Where synthetic rows stand in the place of real ones, as they do under a privacy
    budget, the two are bars of their own and the figures say ``real → synthetic``.

    Use :meth:`from_resampler` or :meth:`from_groups` to make one.

    Parameters
    ----------
    real : DataFrame of shape (n_groups, n_classes)
        Real rows of each cell, such as a resampler's `cell_counts_`.
    synthetic : DataFrame of shape (n_groups, n_classes)
        Synthetic rows of each cell, in the same order.
    replaced : bool, default=False
        Whether synthetic rows stand in the place of real ones.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure around it.
    real_bars_, synthetic_bars_ : matplotlib BarContainer
        A bar for each cell that is shown: group by group, class by class.
    value_labels_ : list of matplotlib Annotation
        The figures of the same cells.

    See Also
    --------
    fairsample.plots.FairnessFrontierDisplay : What the rows are worth.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import pandas as pd
    >>> from fairsample.plots import CellBalanceDisplay
    >>> real = pd.DataFrame({"no": [620, 150], "yes": [80, 9]}, index=["F", "M"])
    >>> added = pd.DataFrame({"no": [0, 0], "yes": [540, 141]}, index=["F", "M"])
    >>> display = CellBalanceDisplay(real, added).plot()
    >>> [label.get_text() for label in display.value_labels_]
    ['620', '80 + 540', '150', '9 + 141']
    """

    def __init__(self, real, synthetic, *, replaced=False):
        self.real = real
        self.synthetic = synthetic
        self.replaced = replaced

    @classmethod
    def from_resampler(cls, resampler, *, ax=None, **plot_params):
        """Plot the cells that a resampler has seen, and what its plan adds to them.

        Parameters
        ----------
        resampler : BaseFairResampler
            A fitted resampler. Under a privacy budget the real rows are counted with
            noise, and the synthetic rows stand in their place.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **plot_params
            Passed to :meth:`plot`.

        Returns
        -------
        CellBalanceDisplay
            The display, drawn.

        Raises
        ------
        NotFittedError
            When the resampler is not fitted.
        """
        check_is_fitted(resampler, ["cell_counts_", "rows_owed_"])
        real = resampler.cell_counts_
        owed = np.reshape(list(resampler.rows_owed_.values()), real.shape)
        replaced = _writes_whole_tables(resampler)
        synthetic = real + owed if replaced else real * 0 + owed
        return cls(real, synthetic, replaced=replaced).plot(ax, **plot_params)

    @classmethod
    def from_groups(
        cls, y, sensitive_features, synthetic_mask, *, ax=None, **plot_params
    ):
        """Plot the cells of rows, some of which are synthetic.

        Parameters
        ----------
        y : array-like of shape (n_rows,)
            The classes.
        sensitive_features : array-like of shape (n_rows,) or (n_rows, n_sensitive)
            The values of the sensitive features; missing ones are a group.
        synthetic_mask : array-like of bool of shape (n_rows,)
            Which rows are synthetic.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **plot_params
            Passed to :meth:`plot`.

        Returns
        -------
        CellBalanceDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            When the lengths differ, the mask is not one of bools, y holds no classes,
            or the sensitive features make no groups.

        Examples
        --------
        >>> import matplotlib
        >>> matplotlib.use("Agg")
        >>> from fairsample.plots import CellBalanceDisplay
        >>> display = CellBalanceDisplay.from_groups(
        ...     y=[0, 0, 1, 0, 1, 1],
        ...     sensitive_features=["F", "M", "M", "M", "F", "F"],
        ...     synthetic_mask=[False, False, False, False, True, True],
        ... )
        >>> display.real.to_numpy().tolist(), display.synthetic.to_numpy().tolist()
        ([[1, 0], [2, 1]], [[0, 2], [0, 0]])
        """
        check_consistent_length(y, sensitive_features, synthetic_mask)
        synthetic_mask = np.asarray(synthetic_mask)
        if synthetic_mask.dtype != bool:
            raise ValueError(
                "synthetic_mask must hold a bool for each row, True for synthetic "
                f"rows; its dtype is {synthetic_mask.dtype}."
            )
        form, labels = TargetForm.read(y)
        groups = resolve_groups(y, values=sensitive_features, missing="group")
        columns = pd.Index(form.labels, name=form.name)
        n_classes = len(columns)
        cells = groups.codes * n_classes + labels
        n_cells = len(groups) * n_classes
        real, synthetic = (
            pd.DataFrame(
                np.bincount(cells[mask], minlength=n_cells).reshape(-1, n_classes),
                index=groups.index,
                columns=columns,
            )
            for mask in (~synthetic_mask, synthetic_mask)
        )
        return cls(real, synthetic).plot(ax, **plot_params)

    def plot(self, ax=None, *, log=False, max_groups=40, values=True, bar_kw=None):
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure that is high enough for all groups.
        log : bool, default=False
            Whether rows are counted on a logarithmic axis, on which small cells can be
            seen beside large ones; the parts of a bar are then not to scale.
        max_groups : int, default=40
            Where there are more groups, those with the fewest rows are drawn as one.
        values : bool, default=True
            Whether to write the figures to the right of the axes; a figure with
            constrained layout makes room for them.
        bar_kw : dict, default=None
            Passed to :meth:`matplotlib.axes.Axes.barh`.

        Returns
        -------
        CellBalanceDisplay
            Itself.

        Raises
        ------
        ValueError
            When the two tables are not of the same cells.
        """
        import matplotlib.pyplot as plt

        if self.real.shape != self.synthetic.shape:
            raise ValueError(
                f"real has the shape {self.real.shape} and synthetic "
                f"{self.synthetic.shape}; both count the same cells."
            )
        names, real, synthetic = keep_large_groups(
            self.real, self.synthetic, max_groups
        )
        if ax is None:
            size = 7.5, figure_height(real.shape)
            _, ax = plt.subplots(figsize=size, layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        drawn = draw_cells(ax, real, synthetic, self.replaced, log, bar_kw or {})
        self.real_bars_, self.synthetic_bars_, heights, size = drawn
        self.value_labels_ = []
        if values:
            shown = real.ravel(), synthetic.ravel()
            self.value_labels_ = write_counts(ax, *shown, self.replaced, heights, size)
        classes = [wrap_name(name, width=20) for name in self.real.columns]
        name_rows(
            ax,
            names,
            range(len(names)),
            part_names=classes * len(names),
            parts_at=heights,
            size=size,
        )
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.set_xlabel("rows")
        ax.set_ylabel(self._row_label(), parse_math=False)
        ax.grid(axis="x", alpha=0.25)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        draw_legend(ax, 2)
        return self

    def _row_label(self):
        named = [*self.real.index.names, self.real.columns.name]
        return ", ".join(str(name) for name in named if name is not None)


def _writes_whole_tables(resampler):
    params = resampler.get_params(deep=False)
    is_private = params.get("epsilon") is not None
    return is_private or params.get("output") == "synthetic"
