"""Rows drawn from soft rows that were fitted to the tables of a release."""

import numpy as np

from fairsample.encoding import TableEncoder
from fairsample.flip.merged_codes import MergedCodes
from fairsample.flip.pair_tables import PairTables, shrink_to_independence
from fairsample.flip.projection import project

__all__ = ["TableGenerator"]

MOST_SOFT_ROWS, FEWEST_SOFT_ROWS = 16_000, 400
FEWEST_OF_A_CLASS = 100
MOST_STEPS, FEWEST_STEPS = 300, 120
ROWS_AT_ONCE = 50_000


class TableGenerator:
    """Draw rows of any group and class from what was released of a table.

    Parameters
    ----------
    encoder : TableEncoder
        Values of the columns <-> codes.
    merged : list of MergedCodes
        Of each column, and of the group.
    soft_rows : list of ndarray of float32 of shape (n_soft_rows, n_codes)
        Of each class: probabilities of the merged codes of every column.
    """

    def __init__(self, encoder, merged, soft_rows):
        self.encoder, self.merged, self.soft_rows = encoder, merged, soft_rows
        self.starts = np.append(0, np.cumsum([one.n_codes for one in merged]))

    @classmethod
    def fit(
        cls, release, *, independence=0.0, n_steps=None, seed, device="cpu", verbose=0
    ):
        """Fit soft rows to a release, class by class.

        Parameters
        ----------
        release : TableRelease
            What is known; private or not, nothing else is read.
        independence : float, default=0.0
            The share by which what the group tells of any other column is taken away
            within each class; 1 leaves nothing of it.
        n_steps : int, default=None
            Of the projection; None chooses.
        seed : int
            Where soft rows start.
        device : str
            Where torch works.
        verbose : int, default=0
            1 shows progress bars.

        Returns
        -------
        TableGenerator
        """
        if n_steps is None:
            n_steps = _steps_worth_taking(release)
        counts = [one.merged_counts for one in release.merged]
        dependence = np.ones((len(counts), len(counts)))
        dependence[-1, :] = dependence[:, -1] = 1 - independence
        shares = shrink_to_independence(
            release.pairs, counts, release.pair_std, dependence
        )
        totals = np.maximum(release.cell_counts.sum(axis=0), 1e-9)
        n_rows = np.clip(totals.sum(), FEWEST_SOFT_ROWS, MOST_SOFT_ROWS)
        soft_rows = [
            project(
                PairTables(shares.values[c], shares.starts),
                np.concatenate([one[c] / one[c].sum() for one in counts]),
                max(int(n_rows * total / totals.sum()), FEWEST_OF_A_CLASS),
                n_steps=n_steps,
                seed=seed + c,
                device=device,
                verbose=verbose,
            )
            for c, total in enumerate(totals)
        ]
        return cls(release.encoder, release.merged, soft_rows)

    def draw(self, group, label, random_state):
        """Draw a row for each group and class asked for.

        Parameters
        ----------
        group, label : ndarray of int of shape (n_rows,)
            Codes.
        random_state : RandomState
            What draws.

        Returns
        -------
        DataFrame of shape (n_rows, n_columns)
            The columns that were released, of their dtypes.
        """
        codes = np.empty((len(label), len(self.merged) - 1), dtype=np.int64)
        for first in range(0, len(label), ROWS_AT_ONCE):
            part = slice(first, first + ROWS_AT_ONCE)
            codes[part] = self._draw_codes(group[part], label[part], random_state)
        return self.encoder.inverse_transform(codes, random_state)

    def _draw_codes(self, group, label, random_state):
        codes = np.empty((len(label), len(self.merged) - 1), dtype=np.int64)
        for c, soft in enumerate(self.soft_rows):
            rows = np.flatnonzero(label == c)
            if len(rows):
                chosen = self._choose(soft, group[rows], random_state)
                codes[rows] = self._draw_merged(soft, chosen, random_state)
        for j, one in enumerate(self.merged[:-1]):
            codes[:, j] = one.split(codes[:, j], label, random_state)
        return codes

    def _choose(self, soft, group, random_state):
        """Choose a soft row for each row, as often as it is of the row's group."""
        of_group = soft[:, self.starts[-2] :]
        chosen = np.empty(len(group), dtype=np.int64)
        for g in np.unique(group):
            rows = np.flatnonzero(group == g)
            until = np.cumsum(of_group[:, g], dtype=float)
            # Evenly spaced, so that every soft row has its share to a row.
            offsets = (np.arange(len(rows)) + random_state.random_sample()) / len(rows)
            places = np.searchsorted(until, offsets * until[-1], side="right")
            chosen[rows] = random_state.permutation(np.minimum(places, len(soft) - 1))
        return chosen

    def _draw_merged(self, soft, chosen, random_state):
        """Draw a merged code of every column from the soft rows chosen."""
        starts = self.starts
        codes = np.empty((len(chosen), len(starts) - 2), dtype=np.int64)
        for j in range(codes.shape[1]):
            until = np.cumsum(soft[:, starts[j] : starts[j + 1]], axis=1)
            drawn = random_state.random_sample((len(chosen), 1)) * until[chosen, -1:]
            codes[:, j] = (until[chosen] < drawn).sum(axis=1)
        return np.minimum(codes, np.diff(starts)[:-1] - 1)

    def state(self):
        """Give everything in types that `SavedToFolder` writes: dict."""
        return {
            "encoder": self.encoder.to_json(),
            "merged": [one.to_state() for one in self.merged],
            "soft_rows": self.soft_rows,
        }

    @classmethod
    def from_state(cls, state):
        """Rebuild a generator from `state`."""
        return cls(
            TableEncoder.from_json(state["encoder"]),
            [MergedCodes(**one) for one in state["merged"]],
            state["soft_rows"],
        )


def _steps_worth_taking(release):
    """Choose the fewer steps the noisier the tables are: noise is not worth fitting."""
    if not release.pair_std:
        return MOST_STEPS
    n_cells = max(one.n_codes for one in release.merged) ** 2
    signal = release.cell_counts.sum() / (n_cells * release.pair_std)
    return int(np.clip(60 * signal, FEWEST_STEPS, MOST_STEPS))
