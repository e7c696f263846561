"""What is to be done with a table: its roles, its effects, and what becomes of them."""

from dataclasses import dataclass
from warnings import warn

import numpy as np
import pandas as pd

from fairsample.causal.causal_table import CausalTable
from fairsample.causal.curated_pool import TILTED
from fairsample.causal.curator import CausalCurator
from fairsample.causal.effect_cases import effect_cases
from fairsample.causal.effect_meter import EffectMeter
from fairsample.causal.row_writing import CausalWriter
from fairsample.training.estimator_seeds import draw_seed
from fairsample.validation import DataWarning

__all__ = ["CausalTask"]

_CHANCE = 2  # standard errors of an effect
_LEAST_ERROR = 1e-6  # of an effect that is 0 by definition


@dataclass(frozen=True)
class CausalTask:
    """A table, how its effects are measured, and what the user asked for.

    Parameters
    ----------
    table : CausalTable
        How rows stand.
    meter : EffectMeter
        Measures effects.
    settings : CausalSettings
        What the user asked for.
    n_groups, n_classes : int
        Groups and classes.
    """

    table: CausalTable
    meter: EffectMeter
    settings: object
    n_groups: int
    n_classes: int

    @classmethod
    def plan(cls, X, groups, model, target, settings, random_state):
        """Make the task of a table; a seed is drawn from `random_state`."""
        meter = EffectMeter(
            model,
            groups,
            target.classes,
            settings.learner,
            settings.n_folds,
            draw_seed(random_state),
            target.name,
        )
        table = CausalTable.plan(X, groups, model, target)
        return cls(table, meter, settings, len(groups), len(target.classes))

    def measure(self, rows, *, must=False, quiet=True, called="the rows"):
        """Measure the effects of rows; None, with a warning, if they need not be."""
        try:
            return self.meter.measure(*self.table.read(rows), quiet=quiet)
        except ValueError as error:
            if must:
                raise
            warn(
                f"Causal effects of {called} were not measured. {error}",
                DataWarning,
                stacklevel=6,
            )
            return None

    def targets_by_name(self, effects):
        """Give what effects ought to be, with the case in their name: dict."""
        return {
            name if case is None else f"{name}, {case}": value
            for (case, name), value in self._targets(effects).items()
        }

    def _targets(self, effects):
        return {
            (case, name): self.settings.left(name) * getattr(of_case, name).value
            for case, of_case in effect_cases(effects).items()
            for name in TILTED
        }

    def curator(self, backend, rows, effects):
        """Make the curator whose rows have the effects of these rows, or what is left.

        Parameters
        ----------
        backend : RowBackend
            Fitted.
        rows : DataFrame
            Real rows.
        effects : CausalEffects, CausalEffectsByCase or None
            Theirs.

        Returns
        -------
        CausalCurator
        """
        _, group, label = self.table.read(rows)
        counts = np.zeros((self.n_groups, self.n_classes))
        np.add.at(counts, (group, label), 1)
        of_groups = counts.sum(axis=1, keepdims=True) / counts.sum()
        settings = self.settings
        writer = CausalWriter(
            backend,
            len(self.table.confounders),
            len(self.table.mediators),
            self.table.groups,
            of_groups.ravel(),
            settings.cut,
            settings.share,
        )
        return CausalCurator(
            writer,
            self.table,
            self.meter,
            self._targets(effects),
            {
                (case, name): max(getattr(of_case, name).se, _LEAST_ERROR)
                for case, of_case in effect_cases(effects).items()
                for name in TILTED
            },
            of_groups if settings.removes else counts / counts.sum(),
            self.n_classes,
            settings.overgeneration,
            settings.least_effective,
        )

    def refine(self, backend, rows, effects, random_state):
        """Tell a backend that can take notice what its rows are off by, some times.

        Nothing is told where no effect is off by more than chance explains.

        Parameters
        ----------
        backend : RowBackend
            Fitted.
        rows : DataFrame
            Real rows.
        effects : CausalEffects, CausalEffectsByCase or None
            Theirs.
        random_state : RandomState
            What draws.

        Returns
        -------
        current : DataFrame or None
            Rows that were written under what the backend has been told by now.
        outdated : DataFrame or None
            Rows that were written before, the last ones first.
        """
        targets = self.targets_by_name(effects)
        current, outdated = None, None
        for _ in range(backend.n_refinements if targets else 0):
            writer = self.curator(backend, rows, effects).writer
            current = writer.write(backend.rows_to_refine, random_state)
            found = self.measure(current, must=False)
            if found is None:
                break
            measured = self._by_name(found)
            gaps = {name: measured[name].value - targets[name] for name in targets}
            if all(
                abs(gap) <= _CHANCE * measured[name].se for name, gap in gaps.items()
            ):
                break
            backend.refine(gaps)
            outdated = pd.concat([current, outdated], ignore_index=True)
            current = None
        return current, outdated

    def _by_name(self, effects):
        return {
            name if case is None else f"{name}, {case}": getattr(of_case, name)
            for case, of_case in effect_cases(effects).items()
            for name in TILTED
        }
