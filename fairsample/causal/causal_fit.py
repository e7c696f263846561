"""From a table to a curator of written rows: measure, fit, write, weigh, check."""

from dataclasses import dataclass, field

import numpy as np
from sklearn.model_selection import train_test_split

from fairsample.causal.backend import CausalContext
from fairsample.causal.backend_choice import fit_backend
from fairsample.causal.causal_task import CausalTask
from fairsample.causal.effect_cases import have_same_cases
from fairsample.causal.shortfalls import warn_of_few, warn_of_misses
from fairsample.causal.signal import measure_utility, warn_of_lost_signal
from fairsample.metrics.effect_equivalence import equivalence

__all__ = ["CausalFit", "CausalSettings"]

_FEWEST_HELD_OUT = 40
_TIMES_REAL = 4  # tables as large as the real one: errors of their mean are half
_SURPLUS = 0.25  # of what else is written beyond rows that are wanted


@dataclass(frozen=True)
class CausalSettings:
    """What the user asked for.

    Parameters
    ----------
    llm : str or RowBackend
        What writes.
    cut : tuple of str
        Pathways that are removed.
    share : float
        The share of them that is removed.
    learner, n_folds : object, int
        Of the effects.
    overgeneration, least_effective, held_out_fraction : float
        As the resampler has them.
    network : dict
        Of the transformer: device, callbacks, verbose.
    is_stated : bool
        Whether the fairness model was stated.
    """

    llm: object
    cut: tuple
    share: float
    learner: object
    n_folds: int
    overgeneration: float
    least_effective: float
    held_out_fraction: float
    network: dict = field(default_factory=dict)
    is_stated: bool = True

    @property
    def removes(self):
        """Whether anything is removed."""
        return self.share > 0 and bool(self.cut)

    def left(self, pathway):
        """Give the share of an effect that is to be left."""
        return 1 - self.share if self.removes and pathway in self.cut else 1.0


@dataclass
class CausalFit:
    """What a fit learned.

    Parameters
    ----------
    curator : CausalCurator
        Writes, weighs and chooses rows.
    pool : CuratedPool
        Rows that were written to check the result.
    cell_shares : ndarray of shape (n_groups, n_classes)
        How frequent cells are in the world that is written.
    effects_real, effects_synthetic : CausalEffects or CausalEffectsByCase
        Of the real rows, and of as many chosen ones.
    equivalence, equivalence_held_out : EffectEquivalence or None
        Against the fitted rows, and against unseen ones.
    utility : dict of str to float
        What models learn from real and from written rows.
    backend_name : str
        What writes.
    held_out_loss : dict of str to float
        By backend.
    """

    curator: object
    pool: object
    cell_shares: np.ndarray
    effects_real: object
    effects_synthetic: object
    equivalence: object
    equivalence_held_out: object
    utility: dict
    backend_name: str
    held_out_loss: dict

    @classmethod
    def run(cls, X, y, groups, model, target, settings, random_state):
        """Measure real rows, fit a backend, write rows and weigh them.

        Parameters
        ----------
        X : DataFrame of shape (n_samples, n_features)
            The features.
        y : ndarray of int of shape (n_samples,)
            The class of each row.
        groups : Groups
            The group of each row.
        model : StandardFairnessModel
            The roles of all columns.
        target : TargetForm
            Name and classes.
        settings : CausalSettings
            What the user asked for.
        random_state : RandomState
            Whatever is random.

        Returns
        -------
        CausalFit
        """
        task = CausalTask.plan(X, groups, model, target, settings, random_state)
        rows = task.table.rows(X, groups.codes, y)
        effects_real = task.measure(rows, must=settings.is_stated, quiet=False)
        cell = groups.codes * task.n_classes + y
        seen, unseen = _hold_out(cell, settings.held_out_fraction, random_state)
        context = CausalContext(
            model,
            task.table.sensitive,
            task.table.outcome,
            task.targets_by_name(effects_real),
        )
        backend, name, losses = fit_backend(
            settings.llm,
            task.table,
            rows.iloc[seen],
            rows.iloc[unseen],
            context,
            settings=settings.network,
            random_state=random_state,
        )
        written = task.refine(backend, rows, effects_real, random_state)
        check, pool = _check(task, backend, rows, seen, unseen, written, random_state)
        if backend.is_fitted_again and len(unseen):
            backend.fit(
                rows, task.table.order, context=context, random_state=random_state
            )
            pool, written = None, (None, None)
        curator = task.curator(backend, rows, effects_real)
        n_rows = min(_TIMES_REAL * len(rows), backend.most_rows_to_check)
        if pool is None or len(pool) < (1 + _SURPLUS) * n_rows:
            begun, spare = written if pool is None else (task.table.rows_of(pool), None)
            pool = curator.write_pool(
                n_rows, random_state, surplus=_SURPLUS, begun=begun, spare=spare
            )
        warn_of_few(curator, pool, n_rows)
        pool, _, effects = curator.settle(
            curator.weigh(pool),
            n_rows,
            random_state,
            n_tables=max(n_rows // len(rows), 1),
        )
        compared = _compare(curator, effects_real, effects, pool.tilting)
        warn_of_lost_signal(effects_real, effects, check["utility"], settings)
        return cls(
            curator,
            pool,
            curator.cell_shares(pool),
            effects_real,
            effects,
            compared,
            check["equivalence"],
            check["utility"],
            name,
            losses,
        )


def _hold_out(cell, fraction, random_state):
    """Split rows in those that backends are fitted to and those they are judged by."""
    everything = np.arange(len(cell))
    if fraction * len(cell) < _FEWEST_HELD_OUT:
        return everything, everything[:0]
    _, cell, counts = np.unique(cell, return_inverse=True, return_counts=True)
    small = counts[cell] < 2 / fraction  # kept whole: no value is held out for good
    kept, split = everything[small], everything[~small]
    if fraction * len(split) < _FEWEST_HELD_OUT:
        return everything, everything[:0]
    seen, unseen = train_test_split(
        split, test_size=fraction, stratify=cell[split], random_state=random_state
    )
    return np.sort(np.append(kept, seen)), np.sort(unseen)


def _compare(curator, effects_real, effects, tilting):
    """Compare written with fitted rows, as far as both have the same cases."""
    if not have_same_cases(effects, effects_real):
        return None
    warn_of_misses(curator, effects, tilting)
    return equivalence(curator.left(effects_real), effects, against="sample")


def _check(task, backend, rows, seen, unseen, written, random_state):
    """Curate rows to what was seen, and compare them with what was not."""
    checked = {"equivalence": None, "utility": {}}
    if not len(unseen):
        return checked, None
    real, held_out = rows.iloc[seen], rows.iloc[unseen]
    curator = task.curator(backend, real, task.measure(real))
    n_rows = min(len(rows), backend.most_rows_to_check)
    begun, spare = written
    pool = curator.write_pool(n_rows, random_state, begun=begun, spare=spare)
    pool, chosen, effects = curator.settle(pool, n_rows, random_state)
    unseen_effects = task.measure(held_out, called="the held-out rows")
    if have_same_cases(effects, unseen_effects):
        checked["equivalence"] = equivalence(curator.left(unseen_effects), effects)
    checked["utility"] = measure_utility(
        real,
        task.table.rows_of(pool, chosen),
        held_out,
        task.table.outcome,
        random_state,
    )
    return checked, pool
