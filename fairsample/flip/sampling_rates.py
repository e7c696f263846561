"""How often the rows of a group are drawn."""

import math
from collections.abc import Mapping

__all__ = ["check_rates"]


def check_rates(noisy_sizes, rows_per_step, *, cap=0.1):
    """Give the sampling rate of each group, or refuse groups that are too small.

    A row of a small group is drawn often where groups are balanced, and pays for it;
    its group gets no stronger signal against the noise from that.

    Parameters
    ----------
    noisy_sizes : dict of group to float
        Rows of each group, declared or released with noise: rates tell them.
    rows_per_step : float or dict of group to float
        Rows of each group that a step shall read on average.
    cap : float, default=0.1
        The largest rate allowed, in (0, 1].

    Returns
    -------
    dict of group to float
        The probability with which a row of the group takes part in a step.

    Raises
    ------
    ValueError
        If a rate would be above the cap, naming groups and rates.

    Examples
    --------
    >>> from fairsample.flip.sampling_rates import check_rates
    >>> check_rates({"F": 10000.0, "M": 20000.0}, rows_per_step=250)
    {'F': 0.025, 'M': 0.0125}
    >>> check_rates({"F": 10000.0, "X": 310.5}, rows_per_step=250)
    Traceback (most recent call last):
        ...
    ValueError: Groups too small to be drawn as often as asked, at most 0.1 of their
    rows a step: 'X' (about 310 rows, rate 0.81). Merge them with others, ...
    """
    if not 0 < cap <= 1:
        raise ValueError(f"cap must be in (0, 1], got {cap!r}.")
    of_group = rows_per_step
    if not isinstance(rows_per_step, Mapping):
        of_group = dict.fromkeys(noisy_sizes, rows_per_step)
    for group in noisy_sizes:
        if group not in of_group or not 0 < of_group[group] < math.inf:
            raise ValueError(
                "rows_per_step must be positive for every group, got "
                f"{of_group.get(group)!r} for the group {group!r}."
            )
    rates = {
        group: of_group[group] / size if size > 0 else math.inf
        for group, size in noisy_sizes.items()
    }
    refused = [group for group, rate in rates.items() if rate > cap]
    if refused:
        described = ", ".join(
            f"{group!r} (about {max(0, noisy_sizes[group]):.0f} rows, "
            f"rate {rates[group]:.2g})"
            for group in refused
        )
        raise ValueError(
            f"Groups too small to be drawn as often as asked, at most {cap:g} of their "
            f"rows a step: {described}. Merge them with others, draw fewer rows of "
            "each group a step, or draw all rows at one rate."
        )
    return rates
