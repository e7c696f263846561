"""Write rows, weigh them, and choose those whose effects are what they ought to be."""

from dataclasses import dataclass, field, replace
from warnings import warn

import numpy as np
import pandas as pd

from fairsample.causal.curated_pool import TILTED, CuratedPool
from fairsample.causal.effect_cases import effect_cases
from fairsample.causal.pooled_effects import pool_effects
from fairsample.causal.row_writing import CausalWriter
from fairsample.metrics.causal_effects_by_case import CausalEffectsByCase
from fairsample.planning import share_out
from fairsample.validation import DataWarning

__all__ = ["CausalCurator"]

_ROUNDS = 3
_CLOSE = 0.25  # standard errors of the real effect: nearer than that is near enough
_FEWEST_TO_TILT = 200
_TOP_UPS = 6


@dataclass
class CausalCurator:
    """A writer of rows and the effects that its rows are to have.

    Parameters
    ----------
    writer : CausalWriter
        Writes rows in the world's proportions.
    table : CausalTable
        Takes rows apart.
    meter : EffectMeter
        Measures effects.
    targets : dict of (case, str) to float
        What effects ought to be, additive sign.
    tolerances : dict of (case, str) to float
        How far from it they may be: the real effect's standard error.
    shares : ndarray of shape (n_groups, n_classes) or (n_groups, 1)
        Shares of cells, or of groups where classes are not to be what they were.
    n_classes : int
        Classes.
    overgeneration : float
        Rows written for each row that is wanted.
    least_effective : float
        Least effective sample size of the weights, as a share of the rows written.
    offsets : dict of (case, str) to float
        By how much measured effects fall short of what weights promise.
    """

    writer: CausalWriter
    table: object
    meter: object
    targets: dict
    tolerances: dict
    shares: np.ndarray
    n_classes: int
    overgeneration: float
    least_effective: float
    offsets: dict = field(default_factory=dict)

    @property
    def _shape(self):
        return len(self.shares), self.n_classes

    def write_pool(self, n_rows, random_state, *, surplus=1.0, begun=None, spare=None):
        """Write rows for some that are wanted, and weigh them.

        Parameters
        ----------
        n_rows : int
            Rows that are wanted.
        random_state : RandomState
            What draws.
        surplus : float, default=1.0
            The share of what is usually written beyond them.
        begun : DataFrame, default=None
            Rows that are written already.
        spare : DataFrame, default=None
            Other rows, for those that the backend gives up.

        Returns
        -------
        CuratedPool
            Smaller than it ought to be if the backend gave up.

        Raises
        ------
        RuntimeError
            If there is no row.
        """
        n_written = int(np.ceil((1 + surplus * (self.overgeneration - 1)) * n_rows))
        rows = self._write(n_written, begun, spare, random_state)
        features, group, label = self.table.read(rows)
        effects = None
        if self.targets and len(rows) >= _FEWEST_TO_TILT:
            effects = self._measure(features, group, label)
        return self._curate(features, group, label, effects)

    def _write(self, n, begun, spare, random_state):
        """Write what is missing, and take spare rows for what did not come."""
        parts = [] if begun is None else [begun]
        missing = n - sum(map(len, parts))
        if missing > 0:
            parts.append(self.writer.write(missing, random_state))
            missing -= len(parts[-1])
        if missing > 0 and spare is not None:
            parts.append(spare.iloc[:missing])
        rows = pd.concat(parts, ignore_index=True)
        if not len(rows):
            backend = self.writer.backend
            raise RuntimeError(
                f"{type(backend).__name__} wrote none of the {n} rows that it was "
                f"asked for. Rejected rows by reason: {dict(backend.rejected_)}."
            )
        return rows

    def _measure(self, features, group, label, *, once=False):
        """Measure effects; None, with a warning, if the rows do not have them all."""
        try:
            effects = self.meter.measure(features, group, label, once=once)
        except ValueError as error:
            self._warn_unmeasured(error)
            return None
        if set(effect_cases(effects)) != {case for case, _ in self.targets}:
            self._warn_unmeasured("They lack a group or a class.")
            return None
        return effects

    @staticmethod
    def _warn_unmeasured(reason):
        warn(
            f"Effects of the written rows were not measured. {reason}",
            DataWarning,
            stacklevel=8,
        )

    def cell_shares(self, pool):
        """Give the shares of cells in the world that is written.

        Parameters
        ----------
        pool : CuratedPool
            From `write_pool`; it tells what classes have become.

        Returns
        -------
        ndarray of shape (n_groups, n_classes)
        """
        if self.shares.shape == self._shape:
            return self.shares
        return pool.cell_shares(*self._shape)

    def weigh(self, pool):
        """Weigh the rows of a pool towards this curator's targets: CuratedPool."""
        return self._curate(pool.features, pool.group, pool.label, pool.effects)

    def left(self, effects):
        """Give effects with the targets in the place of their values.

        Parameters
        ----------
        effects : CausalEffects or CausalEffectsByCase
            Of real rows, with standard errors that stay.

        Returns
        -------
        CausalEffects or CausalEffectsByCase
        """
        left = {}
        for case, of_case in effect_cases(effects).items():
            parts = {
                name: replace(getattr(of_case, name), value=self.targets[case, name])
                for name in TILTED
            }
            total = sum(part.value for part in parts.values())
            parts["total_variation"] = replace(of_case.total_variation, value=total)
            left[case] = replace(of_case, **parts)
        return left[None] if None in left else CausalEffectsByCase(left)

    def _curate(self, features, group, label, effects):
        aims = {
            key: target + self.offsets.get(key, 0.0)
            for key, target in self.targets.items()
        }
        return CuratedPool.curate(
            features,
            group,
            label,
            effects,
            aims,
            self.shares,
            self.least_effective,
        )

    def settle(self, pool, n_rows, random_state, *, n_tables=1, owed=None):
        """Choose rows in the world's proportions until their effects are met.

        What an effect of chosen rows, measured anew, is off by is added to what the
        weights aim at; `offsets` keeps it for later pools.

        Parameters
        ----------
        pool : CuratedPool
            From `write_pool`.
        n_rows : int
            Rows to choose.
        random_state : RandomState
            What draws.
        n_tables : int, default=1
            Tables that the rows make up; effects are the means of theirs.
        owed : ndarray of int of shape (n_groups, n_classes), default=None
            How many of each cell; None is as the world's proportions have it.

        Returns
        -------
        pool : CuratedPool
            Weighed anew.
        chosen : ndarray of int of shape (at most n_rows,)
            Positions in the pool.
        effects : CausalEffects, CausalEffectsByCase or None
            Of the chosen rows.
        """
        best = None
        for _ in range(_ROUNDS if pool.effects is not None else 1):
            if owed is None:
                owed = share_out(self.cell_shares(pool), n_rows)
            by_cell = pool.choose(owed, random_state)
            chosen = random_state.permutation(np.concatenate([*by_cell.values()]))
            if pool.effects is None:
                return pool, chosen, None
            effects = self._measure_tables(pool, chosen, n_tables)
            if effects is None:
                break
            misses = self.misses(effects)
            worst = max(
                abs(miss) / self.tolerances[key] for key, miss in misses.items()
            )
            if best is None or worst < best[0]:
                best = worst, pool, chosen, effects, dict(self.offsets)
            if worst <= _CLOSE or pool.tilting.reached < 1:
                break
            for key, miss in misses.items():
                self.offsets[key] = self.offsets.get(key, 0.0) - miss
            pool = self.weigh(pool)
        if best is None:
            return pool, chosen, None
        self.offsets = best[4]
        return best[1:4]

    def _measure_tables(self, pool, chosen, n_tables):
        """Measure the mean effects of rows dealt out to tables, cell by cell."""
        cell = pool.group[chosen] * self.n_classes + pool.label[chosen]
        dealt = chosen[np.argsort(cell, kind="stable")]
        tables = []
        for number in range(n_tables):
            rows = dealt[number::n_tables]
            features = pool.features.iloc[rows].reset_index(drop=True)
            codes = pool.group[rows], pool.label[rows]
            effects = self._measure(features, *codes, once=n_tables > 1)
            if effects is None:
                return None
            tables.append(effects)
        return pool_effects(tables)

    def misses(self, effects):
        """Give each measured effect minus its target: dict of (case, str) to float."""
        return {
            (case, name): getattr(of_case, name).value - self.targets[case, name]
            for case, of_case in effect_cases(effects).items()
            for name in TILTED
            if (case, name) in self.targets
        }

    def choose(self, pool, owed, random_state):
        """Choose rows for cells, writing more where the pool has too few.

        Parameters
        ----------
        pool : CuratedPool
            Written rows.
        owed : ndarray of int of shape (n_groups, n_classes)
            Rows wanted.
        random_state : RandomState
            What draws.

        Returns
        -------
        by_cell : dict of (int, int) to DataFrame
            Features for each cell that is owed some.
        repeated : dict of (int, int) to int
            How many rows had to be repeated.
        """
        by_cell, repeated = {}, {}
        chosen = self._choose_settled(pool, owed, random_state)
        for cell, positions in chosen.items():
            found = pool.features.iloc[positions]
            short = int(owed[cell]) - len(found)
            if short:
                more = self._write_cell(pool, *cell, short, random_state)
                found = pd.concat([found, more]) if len(found) else more
                short = int(owed[cell]) - len(found)
            if short:
                found, repeated[cell] = self._repeat(
                    pool, found, cell, short, random_state
                )
            by_cell[cell] = found.reset_index(drop=True)
        return by_cell, repeated

    def _choose_settled(self, pool, owed, random_state):
        """Choose rows for cells; in the world's proportions, until effects are met."""
        off = np.abs(owed - owed.sum() * self.cell_shares(pool)).max()
        if off > 1 or pool.effects is None or owed.sum() < _FEWEST_TO_TILT:
            return pool.choose(owed, random_state)
        passing = replace(self, offsets=dict(self.offsets))
        _, chosen, _ = passing.settle(pool, owed.sum(), random_state, owed=owed)
        return {
            (group, label): chosen[
                (pool.group[chosen] == group) & (pool.label[chosen] == label)
            ]
            for group, label in map(tuple, np.argwhere(owed > 0))
        }

    def _write_cell(self, pool, group, label, n_rows, random_state):
        """Write rows of one group until enough of them have the class."""
        own = pool.group == group
        known = pool.features.loc[own, self.table.confounders]
        odds = (1 + np.sum(own & (pool.label == label))) / (3 + own.sum())
        found, n_found, n_tried = [], 0, 0
        for _ in range(_TOP_UPS):
            n = int(np.clip(1.2 * (n_rows - n_found) / odds, 50, 20 * n_rows + 500))
            rows = self.writer.write_group(
                self.table.groups[group], n, random_state, known=known
            )
            if not len(rows):
                break
            features, of_group, of_label = self.table.read(rows)
            hits = (of_group == group) & (of_label == label)
            found.append(features[hits])
            n_found, n_tried = n_found + int(hits.sum()), n_tried + len(rows)
            if n_found >= n_rows:
                break
            odds = max(n_found / n_tried, 0.02)
        return pd.concat(found or [pool.features.iloc[:0]]).iloc[:n_rows]

    def _repeat(self, pool, found, cell, short, random_state):
        """Repeat rows of the cell, or else of the class in other groups."""
        n_wanted = short
        if not len(found):
            same_class = np.flatnonzero(pool.label == cell[1])
            alike = same_class if len(same_class) else np.arange(len(pool))
            found = pool.features.iloc[random_state.choice(alike, size=1)]
            short -= 1
        again = random_state.randint(len(found), size=short)
        return pd.concat([found, found.iloc[again]]), n_wanted
