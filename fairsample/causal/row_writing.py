"""Rows in causal order, with pathways of the sensitive attribute cut or left."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["PATHWAYS", "CausalWriter"]

PATHWAYS = ("direct", "indirect", "spurious")

_FEWEST_TRIED = 2000


@dataclass
class CausalWriter:
    """Write rows with a backend: confounders, group, mediators, outcome.

    A pathway is cut by what the next columns are told of the group: with the
    probability `share` another group, drawn from how frequent groups are. The outcome
    is told so for the direct effect, the mediators for the indirect one; for the
    spurious one the group itself is drawn whatever the confounders. The effect
    along the pathway is then ``1 - share`` of what it was, others stay.

    Parameters
    ----------
    backend : RowBackend
        Fitted.
    n_confounders, n_mediators : int
        How many of the backend's columns come before the group and after it.
    groups : list of str
        What the groups are called.
    frequencies : ndarray of shape (n_groups,)
        How frequent they are.
    cut : tuple of str, default=()
        Pathways that are cut.
    share : float, default=0.0
        The share of them that is cut.

    References
    ----------
    .. [1] B. van Breugel, T. Kyono, J. Berrevoets and M. van der Schaar, "DECAF:
       generating fair synthetic data using causally-aware generative networks",
       NeurIPS 2021.
    """

    backend: object
    n_confounders: int
    n_mediators: int
    groups: list
    frequencies: np.ndarray
    cut: tuple = ()
    share: float = 0.0

    @property
    def sensitive(self):
        """The column of the group."""
        return self.backend.order_[self.n_confounders]

    @property
    def _is_cut(self):
        cut = self.cut if self.share > 0 else ()
        return {pathway: pathway in cut for pathway in PATHWAYS}

    def write(self, n, random_state):
        """Write rows in the proportions of the world that the cuts make.

        Parameters
        ----------
        n : int
            Rows to write.
        random_state : RandomState
            What draws.

        Returns
        -------
        DataFrame of shape (at most n, n_columns)
            With a fresh index.
        """
        if not any(self._is_cut.values()):
            rows = self.backend.sample(None, n, random_state=random_state)
            return rows.reset_index(drop=True)
        rows = self._write_groups(n, random_state)
        return self._write_after_group(rows, random_state)

    def write_group(self, group, n, random_state, *, known=None):
        """Write rows of one group, with confounders that the group has.

        Parameters
        ----------
        group : str
            One of `groups`.
        n : int
            Rows to write.
        random_state : RandomState
            What draws.
        known : DataFrame, default=None
            Confounders of rows of the group that were written before, which a costly
            backend need not write again.

        Returns
        -------
        DataFrame of shape (at most n, n_columns)
            With a fresh index. Of a group that is seldom written confounders recur.
        """
        if self.n_confounders:
            rows = self._confounders(group, n, known, random_state)
            recur = len(rows) < n
            n = n if len(rows) else 0
            rows = rows.iloc[random_state.choice(len(rows), size=n, replace=recur)]
            rows = rows.reset_index(drop=True)
        else:
            rows = pd.DataFrame(index=range(n))
        rows[self.sensitive] = np.full(len(rows), group, dtype=object)
        return self._write_after_group(rows, random_state)

    def _confounders(self, group, n, known, random_state):
        """Write confounders that a group has, or if there are none those of others."""
        is_costly = self.backend.is_costly
        if is_costly and known is not None and len(known):
            return known
        n_tried = n if is_costly else max(n, _FEWEST_TRIED)
        rows = self._write_groups(n_tried, random_state)
        own = rows[self.sensitive] == group
        return rows[own] if own.any() else rows

    def _write_groups(self, n, random_state):
        """Write confounders and group only."""
        rows = self.backend.sample(
            None, n, until=self.sensitive, random_state=random_state
        )
        rows = rows.reset_index(drop=True)
        if self._is_cut["spurious"]:
            rows[self.sensitive] = self._other_groups(rows, random_state)
        return rows

    def _write_after_group(self, rows, random_state):
        """Go on from confounders and group to whole rows."""
        if self.n_mediators and (self._is_cut["direct"] or self._is_cut["indirect"]):
            last = self.backend.order_[self.n_confounders + self.n_mediators]
            rows = self._go_on(rows, "indirect", last, random_state)
        return self._go_on(rows, "direct", None, random_state)

    def _go_on(self, rows, pathway, until, random_state):
        """Write until a column, telling it of another group if the pathway is cut."""
        if not len(rows):
            return rows.reindex(columns=self._columns_until(until))
        told = rows
        if self._is_cut[pathway]:
            other = self._other_groups(rows, random_state)
            told = rows.assign(**{self.sensitive: other})
        written = self.backend.sample(
            told, len(told), until=until, random_state=random_state
        )
        kept = written.index
        written = written.reset_index(drop=True)
        written[self.sensitive] = rows[self.sensitive].loc[kept].to_numpy()
        return written

    def _columns_until(self, last):
        order = self.backend.order_
        return order if last is None else order[: order.index(last) + 1]

    def _other_groups(self, rows, random_state):
        """Give each row's group, or with the probability `share` another one."""
        drawn = random_state.choice(
            np.asarray(self.groups, dtype=object), size=len(rows), p=self.frequencies
        )
        changed = random_state.random_sample(len(rows)) < self.share
        own = rows[self.sensitive].to_numpy(dtype=object)
        return np.where(changed, drawn, own)
