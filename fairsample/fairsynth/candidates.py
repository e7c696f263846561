"""Candidates for R': what is added to the real rows, and how much of it."""

from typing import NamedTuple

import numpy as np

__all__ = ["COPIES", "REAL", "Candidate", "first_candidates"]

MANY_ROWS = 50_000  # trained on; beyond them more generated rows teach nothing new


class Candidate(NamedTuple):
    """One way to make R'.

    Attributes
    ----------
    source : {"none", "copies", "generated"}
        Where rows come from.
    factor : float
        How large each class of a group becomes, in multiples of the fewest rows that
        make the group's classes even.
    dropped : float
        Share of generated rows that are thrown away: those whose class a reference
        model believes least.
    temperature : float
        Of the generator, times the user's.
    penalty : float
        Fairness weight that the generator is trained under.
    shifts : tuple of tuple of float of shape (n_groups, n_classes), or ()
        By how much the log odds of the classes are shifted away from even, in each
        group.
    """

    source: str
    factor: float = 1.0
    dropped: float = 0.0
    temperature: float = 1.0
    penalty: float = 0.0
    shifts: tuple = ()

    def with_shifts(self, shifts):
        """Give the same candidate with these shifts, rounded."""
        rounded = np.round(np.asarray(shifts), 3) + 0.0  # no negative zeros
        return self._replace(shifts=tuple(map(tuple, rounded.tolist())))

    def shifts_or_zeros(self, shape):
        """Give the shifts as an array: (n_groups, n_classes)."""
        return np.array(self.shifts) if self.shifts else np.zeros(shape)

    def rows_owed(self, counts):
        """Plan the rows of each cell: the fewest that make the wanted odds, or more.

        Parameters
        ----------
        counts : ndarray of int of shape (n_groups, n_classes)
            Real rows of each cell.

        Returns
        -------
        ndarray of int of shape (n_groups, n_classes)
            Rows to add. A cell without real rows gets none.
        """
        if self.source == "none":
            return np.zeros_like(counts)
        odds = np.exp(self.shifts_or_zeros(counts.shape))
        fewest = (counts / odds).max(axis=1, keepdims=True)
        owed = np.rint(self.factor * fewest * odds - counts).clip(min=0).astype(int)
        return np.where(counts > 0, owed, 0)


REAL = Candidate("none")
COPIES = Candidate("copies")


def first_candidates(counts, fixed_size=False):
    """Propose what the first round tries beside the plain arms.

    Generated rows instead of copies; three times as many, where that is not too many
    to train on: flexible models overfit less with more of them; without those whose
    class is believed least, wilder or tamer, and written under the fairness penalty.

    Parameters
    ----------
    counts : ndarray of int of shape (n_groups, n_classes)
        Real rows of each cell.
    fixed_size : bool, default=False
        Whether the caller says how many rows are added.

    Returns
    -------
    list of Candidate
        Without `REAL` and `COPIES`.
    """
    generated = more = Candidate("generated")
    even = counts.max(axis=1).sum() * counts.shape[1]
    if not fixed_size and 3 * even <= max(MANY_ROWS, 3 * counts.sum()):
        more = generated._replace(factor=3.0)
    proposed = [
        generated,
        generated._replace(dropped=0.1),
        more,
        more._replace(dropped=0.1),
        more._replace(dropped=0.25),
        more._replace(temperature=0.8),
        more._replace(dropped=0.1, penalty=1.0),
    ]
    return list(dict.fromkeys(proposed))
