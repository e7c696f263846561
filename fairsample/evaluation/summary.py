"""A comparison as a table for people."""

import pandas as pd

__all__ = ["check_metrics", "readers", "size_columns", "summarize", "table_of_cells"]


def summarize(comparison, *, digits=3, lower_is_better=(), bold=False):
    """Show mean and standard deviation over seeds, one row for each augmenter.

    Parameters
    ----------
    comparison : DataFrame
        What :func:`compare_augmentations` returns, for one size.
    digits : int, default=3
        Decimal places of the metrics.
    lower_is_better : collection of str, default=()
        Metrics whose lowest mean is the best.
    bold : bool, default=False
        Whether the best mean of each metric, as displayed, is set in bold for Markdown:
        ``print(summarize(comparison, bold=True).to_markdown())``. Rivals that read the
        group at prediction say so in their name, and are never bold.

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
        When `lower_is_better` names a metric that is not there, or the comparison has
        several sizes.

    See Also
    --------
    table_one : All sizes in one table.

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
    sizes = size_columns(comparison)
    if sizes and len(comparison[sizes].drop_duplicates()) > 1:
        raise ValueError(
            "The comparison has several sizes, and a mean over them says little. Use "
            "table_one, or choose one size."
        )
    table = table_of_cells(
        comparison, digits=digits, lower_is_better=lower_is_better, bold=bold
    )
    order = comparison["augmenter"].unique()
    costs = (
        comparison.groupby("augmenter")[["n_synthetic", "seconds"]].mean().loc[order]
    )
    table["synthetic rows"] = [f"{rows:,.0f}" for rows in costs["n_synthetic"]]
    table["seconds"] = [f"{seconds:,.1f}" for seconds in costs["seconds"]]
    return table


def table_of_cells(comparison, *, metrics=None, digits=3, lower_is_better=(), bold):
    """Show augmenters by metrics, without costs; see :func:`summarize`.

    Parameters
    ----------
    comparison : DataFrame
        As in :func:`summarize`.
    metrics : list of str, default=None
        Which metrics, in this order; None stands for all.
    digits, lower_is_better, bold
        As in :func:`summarize`.

    Returns
    -------
    DataFrame of str
        As that of :func:`summarize`.

    Raises
    ------
    ValueError
        When a metric is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> comparison = pd.DataFrame(
    ...     {"augmenter": ["real"], "metric": ["f1"], "value": [0.4]}
    ... )
    >>> table_of_cells(comparison, digits=1, bold=False)
                f1
    augmenter
    real       0.4
    """
    metrics = check_metrics(comparison, metrics, lower_is_better)
    order = comparison["augmenter"].unique()
    values = comparison.groupby(["augmenter", "metric"])["value"]
    mean = values.mean().unstack().loc[order, metrics].round(digits)
    sd = values.std().unstack().loc[order, metrics]
    reads_group = readers(comparison)
    competing = [name for name in order if name not in reads_group]
    labels = [
        f"{name} (reads the group)" if name in reads_group else name for name in order
    ]
    table = pd.DataFrame(index=pd.Index(labels, name="augmenter"))
    for metric in metrics:
        means = mean.loc[competing, metric]
        best = means.min() if metric in lower_is_better else means.max()
        table[metric] = [
            _cell(
                mean.loc[name, metric],
                sd.loc[name, metric],
                digits,
                bold=bold and name in competing and mean.loc[name, metric] == best,
            )
            for name in order
        ]
    return table


def check_metrics(comparison, metrics, lower_is_better):
    """Find the metrics to show, and refuse names that the comparison does not have.

    Parameters
    ----------
    comparison : DataFrame
        As in :func:`summarize`.
    metrics : list of str, or None
        Which metrics; None stands for all.
    lower_is_better : collection of str
        Metrics whose lowest mean is the best.

    Returns
    -------
    list of str
        The metrics.

    Raises
    ------
    ValueError
        When a metric is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> check_metrics(pd.DataFrame({"metric": ["f1", "roc_auc", "f1"]}), None, ())
    ['f1', 'roc_auc']
    """
    there = comparison["metric"].unique().tolist()
    asked_for = {"metrics": metrics or (), "lower_is_better": lower_is_better}
    for parameter, names in asked_for.items():
        unknown = set(names) - set(there)
        if unknown:
            raise ValueError(
                f"{parameter} names {sorted(unknown)}; the metrics are {there}."
            )
    return there if metrics is None else list(metrics)


def readers(comparison):
    """Find the arms that read the group at prediction, which compete with none.

    Parameters
    ----------
    comparison : DataFrame
        As in :func:`summarize`.

    Returns
    -------
    set of str
        Their names.

    Examples
    --------
    >>> import pandas as pd
    >>> readers(pd.DataFrame({"augmenter": ["a", "b"], "reads_group": [True, False]}))
    {'a'}
    """
    if "reads_group" not in comparison:
        return set()
    return set(comparison.loc[comparison["reads_group"], "augmenter"])


def size_columns(comparison):
    """Find the columns that say how many rows were trained on.

    Parameters
    ----------
    comparison : DataFrame
        What :func:`compare_augmentations` returns.

    Returns
    -------
    list of str
        Those of "real_size" and "synthetic_size" that are there.

    Examples
    --------
    >>> import pandas as pd
    >>> size_columns(pd.DataFrame({"metric": ["f1"], "real_size": [100]}))
    ['real_size']
    """
    return [name for name in ("real_size", "synthetic_size") if name in comparison]


def _cell(mean, sd, digits, *, bold):
    if pd.isna(mean):
        return "\N{EN DASH}"
    shown = f"{mean:.{digits}f}"
    if bold:
        shown = f"**{shown}**"
    return shown if pd.isna(sd) else f"{shown} ({sd:.{digits}f})"
