"""Warnings of what written rows fall short of."""

from warnings import warn

from fairsample.messages import quote
from fairsample.validation import DataWarning

__all__ = ["warn_of_few", "warn_of_misses", "warn_of_repeats"]

_RELATIVE = 0.1  # of the effect: what it may be off by, if its error is smaller


def warn_of_few(curator, pool, n_rows):
    """Warn of a pool that is too small to measure effects on."""
    if curator.targets and len(pool) < n_rows:
        backend = curator.writer.backend
        warn(
            f"{type(backend).__name__} wrote {len(pool)} rows, fewer than the "
            f"{n_rows} that effects are to be measured on. Rejected rows by "
            f"reason: {dict(backend.rejected_)}.",
            DataWarning,
            stacklevel=6,
        )


def warn_of_misses(curator, effects, tilting):
    """Warn of effects that could not be brought near enough to their targets."""
    missed = []
    for (case, name), miss in curator.misses(effects).items():
        target = curator.targets[case, name]
        if abs(miss) > max(_RELATIVE * abs(target), curator.tolerances[case, name]):
            of_case = "" if case is None else f" ({case})"
            missed.append(f"{name}{of_case}: {target + miss:.3g} for {target:.3g}")
    if missed:
        why = ""
        if tilting.reached < 1:
            why = (
                f" Rows were weighed only as far as an effective sample of "
                f"{curator.least_effective:.0%} allows.".replace("%", " %")
            )
        warn(
            f"Effects of the written rows are not what they ought to be: "
            f"{'; '.join(missed)}.{why} Try another llm, or more overgeneration.",
            DataWarning,
            stacklevel=6,
        )


def warn_of_repeats(repeated, cells):
    """Warn of cells for which written rows had to be repeated.

    Parameters
    ----------
    repeated : dict of (int, int) to int
        Rows that are repeats, by cell.
    cells : dict of (group, class) to rows owed
        The cells by name, in order.
    """
    if repeated:
        n_classes = len({label for _, label in cells})
        names = list(cells)
        told = [names[g * n_classes + c] for g, c in repeated]
        warn(
            f"Too few rows could be written of the groups and classes {quote(told)}: "
            f"{sum(repeated.values())} of theirs are repeated, or are rows of other "
            "groups where there was none.",
            DataWarning,
            stacklevel=5,
        )
