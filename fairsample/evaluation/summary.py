"""A comparison as a table for people."""

import pandas as pd

__all__ = ["summarize"]


def summarize(comparison, *, digits=3, lower_is_better=(), bold=False):
    """Show mean and standard deviation over seeds, one row for each augmenter.

    Parameters
    ----------
    comparison : DataFrame
        What :func:`compare_augmentations` returns.
    digits : int, default=3
        Decimal places of the metrics.
    lower_is_better : collection of str, default=()
        Metrics whose lowest mean is the best.
    bold : bool, default=False
        Whether the best mean of each metric, as displayed, is set in bold for Markdown:
        ``print(summarize(comparison, bold=True).to_markdown())``.

    Returns
    -------
    DataFrame of str
        Augmenters by metrics, each in the order of the comparison: "mean (SD)", the
        mean alone for a single seed, and a dash where no seed could be measured. Then
        the mean number of synthetic rows and of seconds. The SD has the divisor
        ``n_seeds - 1``.

    Raises
    ------
    ValueError
        When `lower_is_better` names a metric that is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairsample.evaluation import summarize
    >>> comparison = pd.DataFrame(
    ...     {
    ...         "augmenter": ["real", "real", "copies", "copies"],
    ...         "seed": [0, 1, 0, 1],
    ...         "metric": "f1",
    ...         "value": [0.4, 0.5, 0.6, 0.7],
    ...         "n_train": [100, 100, 150, 150],
    ...         "n_synthetic": [0, 0, 50, 50],
    ...         "seconds": 0.1,
    ...     }
    ... )
    >>> summarize(comparison, digits=2, bold=True)
                         f1 synthetic rows seconds
    augmenter
    real        0.45 (0.07)              0     0.1
    copies     **0.65** (0.07)          50     0.1
    """
    metrics = comparison["metric"].unique().tolist()
    unknown = set(lower_is_better) - set(metrics)
    if unknown:
        raise ValueError(
            f"lower_is_better names {sorted(unknown)}; the metrics are {metrics}."
        )
    order = comparison["augmenter"].unique()
    values = comparison.groupby(["augmenter", "metric"])["value"]
    mean = values.mean().unstack().loc[order, metrics].round(digits)
    sd = values.std().unstack().loc[order, metrics]
    table = pd.DataFrame(index=mean.index)
    for metric in metrics:
        best = mean[metric].min() if metric in lower_is_better else mean[metric].max()
        table[metric] = [
            _cell(m, s, digits, bold=bold and m == best)
            for m, s in zip(mean[metric], sd[metric], strict=True)
        ]
    costs = (
        comparison.groupby("augmenter")[["n_synthetic", "seconds"]].mean().loc[order]
    )
    table["synthetic rows"] = [f"{rows:,.0f}" for rows in costs["n_synthetic"]]
    table["seconds"] = [f"{seconds:,.1f}" for seconds in costs["seconds"]]
    return table


def _cell(mean, sd, digits, *, bold):
    if pd.isna(mean):
        return "\N{EN DASH}"
    shown = f"{mean:.{digits}f}"
    if bold:
        shown = f"**{shown}**"
    return shown if pd.isna(sd) else f"{shown} ({sd:.{digits}f})"
