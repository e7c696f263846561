"""Scores of models as points with intervals, a panel for each metric."""

import numpy as np

__all__ = ["draw_scores"]

_MARKERS = "osD^v"


def draw_scores(scores, metrics):
    """Draw the scores of models by what they were trained on.

    Parameters
    ----------
    scores : dict of (str, str) to dict of str to BootstrapInterval
        (model, what it was trained on) -> metric -> value with interval.
    metrics : dict of str to str
        Metric -> what a panel calls it. Those that nobody could measure have none.

    Returns
    -------
    matplotlib Figure
    """
    import matplotlib.pyplot as plt

    from fairsample.plots.palette import PALETTE

    metrics = {
        metric: name
        for metric, name in metrics.items()
        if not np.isnan([one[metric].estimate for one in scores.values()]).all()
    }
    models = list(dict.fromkeys(model for model, _ in scores))
    trained_on = list(dict.fromkeys(rows for _, rows in scores))
    figure, panels = plt.subplots(
        1,
        len(metrics),
        sharey=True,
        squeeze=False,
        figsize=(10.5, 0.9 + 0.42 * len(trained_on) + 0.1 * len(models)),
        layout="constrained",
    )
    for ax, (metric, name) in zip(panels[0], metrics.items(), strict=True):
        for number, model in enumerate(models):
            shift = (number - (len(models) - 1) / 2) * 0.6 / len(models)
            rows = [at for at, one in enumerate(trained_on) if (model, one) in scores]
            found = [scores[model, trained_on[at]][metric] for at in rows]
            values = np.array([(one.estimate, one.low, one.high) for one in found])
            reach = np.abs(values[:, 1:] - values[:, :1]).T
            ax.errorbar(
                values[:, 0],
                np.array(rows) + shift,
                xerr=np.nan_to_num(reach),
                linestyle="none",
                marker=_MARKERS[number % len(_MARKERS)],
                color=PALETTE[number % len(PALETTE)],
                markersize=5,
                capsize=2,
                label=model,
            )
        ax.set_title(name, fontsize="medium")
        ax.grid(axis="x", alpha=0.25)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params("y", length=0)
        ax.margins(x=0.12)
    panels[0][0].set_yticks(range(len(trained_on)), trained_on)
    panels[0][0].set_ylim(len(trained_on) - 0.5, -0.5)
    handles = panels[0][0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=4, frameon=False)
    return figure
