"""CausalLLMResampler: rows in causal order, whose effects are kept or removed."""

from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.base import _fit_context
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from fairsample.base import BaseFairResampler
from fairsample.causal.backend_choice import BACKENDS
from fairsample.causal.causal_fit import CausalFit, CausalSettings
from fairsample.causal.report import CausalReport
from fairsample.causal.roles import check_pathways, model_for_table
from fairsample.causal.row_writing import PATHWAYS
from fairsample.causal.saved_fit import (
    curator_from_state,
    curator_to_state,
    results_from_state,
    results_to_state,
)
from fairsample.causal.shortfalls import warn_of_repeats
from fairsample.metrics.causal_learners import LEARNERS
from fairsample.planning import share_out
from fairsample.training.device import check_device
from fairsample.validation import refuse_visits

__all__ = ["CausalLLMResampler"]

_ESTIMATOR = "_estimator_of_backend_"


class CausalLLMResampler(BaseFairResampler):
    """Write rows whose effects of the sensitive attribute are known, kept or removed.

    A Standard Fairness Model splits what an outcome differs by between groups in three:
    the direct effect of the sensitive attribute, the indirect one through mediators,
    and the spurious one of confounders. Rows are written in causal order, confounders,
    group, mediators, outcome, by a language model or a chain of conditionals; more of
    them than are needed. Their effects are measured, and rows are chosen such that
    every effect is what it ought to be: that of the real rows, or ``1 - λ`` of it along
    `pathways`. Along these the columns below are told of a group drawn at random in
    place of the row's own.

    Effects hold for rows in the world's own proportions: what `sample` draws, and what
    ``sampling_strategy="proportional"`` adds. A plan that selects on the outcome, as
    "auto" does, changes what any effect estimator sees; `effects_synthetic_` is
    measured before that selection. Real rows below which rows are put keep the effects
    they have: to be rid of one, train on `sample`.

    The model is a statement about the world that data cannot check. A generator that
    has lost the signal has lost the effects, too: `utility_` says whether it has, and a
    warning is given. Nothing is private here.

    NOTE[DIFF]: The papers ask a large language model to keep effects and check
    nothing. Here nothing rests on what the writer was told: effects are measured with
    intervals, enforced by choosing rows, and measured again.

    Parameters
    ----------
    sensitive_features : str, int, list, mask or callable, default=None
        The columns of X that hold the sensitive features, or, at call time, their
        values. None takes those of `fairness_model`.
    fairness_model : StandardFairnessModel, default=None
        The roles of all columns. Without one all columns but the sensitive ones are
        mediators, the largest group is the baseline, and a warning says so.
    sampling_strategy : str, float, dict or callable, default="auto"
        How many rows each (group, class) cell is owed: as for all resamplers.
    n_synthetic : int, default=None
        Scale the plan to this many rows.
    fairness_weight : float, default=0.0
        λ from 0 to 1: the share that is removed of the effects along `pathways`. 0
        keeps all effects as they are.
    pathways : str or tuple of str, default=("direct",)
        Which of "direct", "indirect" and "spurious" are removed.
    business_necessity : str or tuple of str, default=()
        Pathways that must stay, whatever `pathways` says.
    llm : {"auto", "scratch", "chain"} or RowBackend, default="auto"
        What writes rows: a small transformer trained on the table alone, a chain of
        scikit-learn conditionals, whichever of the two knows unseen outcomes better, or
        a backend such as `HuggingFaceLM` or `OpenAICompatible`.
    learner : str or estimator, default="stacked"
        Of what `causal_effects` needs to know.
    n_folds : int, default=5
        Folds of its cross-fitting.
    overgeneration : float, default=3.0
        Rows written for each row that is wanted.
    least_effective : float, default=0.5
        Least effective sample size, as a share of the rows written: rows are not
        weighed further than this, but a warning is given.
    held_out_fraction : float, default=0.2
        Share of the real rows that backends are compared on and the result is checked
        on. With 0, or fewer than 40 such rows, there is neither, and "auto" takes the
        chain.
    missing_sensitive : {"error", "group"}, default="error"
        Whether rows without a sensitive value are refused or make a group "missing".
    callbacks : list of skorch callbacks, default=None
        Of the transformer.
    device : str, default="auto"
        Where torch works, as :class:`~fairsample.FairSynthResampler` has it.
    random_state : int, RandomState instance or None, default=None
        The same seed gives the same rows.
    verbose : int, default=0
        1 shows progress.

    Attributes
    ----------
    removed_pathways_ : tuple of str
        Pathways of which something is removed.
    removed_share_ : float
        How much of their effects.
    effects_real_ : CausalEffects or CausalEffectsByCase
        Of the fitted rows. None if there is no `fairness_model` and none can be
        measured.
    effects_synthetic_ : CausalEffects or CausalEffectsByCase
        Of written rows in the world's proportions, up to four times as many.
    equivalence_ : EffectEquivalence
        Synthetic against fitted rows; a removed effect against what is to be left.
    equivalence_held_out_ : EffectEquivalence
        Rows curated to the effects of some of the real rows against the others.
    utility_ : dict of str to float
        Area under the ROC curve on unseen real rows, trained on "real" and on
        "synthetic" rows, and the standard error "se" of one of them.
    held_out_loss_ : dict of str to float
        Mean nats of an unseen outcome by backend, where they were compared.
    effective_share_ : float
        Effective sample size of the weights, as a share of the rows written.
    rejected_ : dict of str to int
        Rows that the backend threw away, by reason.
    backend_ : RowBackend
        What writes the rows.
    backend_name_ : str
        "chain", "scratch" or the name of the class.
    groups_ : list
        The groups, sorted.
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    cell_counts_ : DataFrame of shape (n_groups, n_classes)
        Real rows of each cell.
    sampling_strategy_ : OrderedDict
        Class -> rows to generate.
    rows_owed_ : OrderedDict
        ``(group, class)`` -> rows to generate.
    synthetic_mask_ : ndarray of bool of shape (n_rows,)
        True for the synthetic rows of the last result.
    sensitive_features_ : Series or DataFrame of n_rows rows
        The sensitive features of the rows of the last result.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, if they are all strings.

    See Also
    --------
    StandardFairnessModel : States the roles.
    fairsample.metrics.causal_effects : Measures the effects.

    References
    ----------
    .. [1] N. Nagesh, Z. Wang and A. M. Rahmani, "FairCauseSyn: towards causally fair
       LLM-augmented synthetic data generation", arXiv:2506.19082, 2025.
    .. [2] D. Plečko and E. Bareinboim, "Causal fairness analysis", Foundations and
       Trends in Machine Learning 17(3):304-589, 2024.

    Examples
    --------
    >>> from fairsample import CausalLLMResampler, StandardFairnessModel
    >>> from fairsample.datasets import load_berkeley
    >>> X, y = load_berkeley(return_X_y=True)
    >>> model = StandardFairnessModel(
    ...     sensitive="gender",
    ...     mediators=["department"],
    ...     baseline="Male",
    ...     comparison="Female",
    ... )
    >>> resampler = CausalLLMResampler(
    ...     fairness_model=model,
    ...     fairness_weight=1.0,
    ...     llm="chain",
    ...     learner="linear",
    ...     random_state=0,
    ... ).fit(X, y)
    >>> round(float(resampler.effects_real_.direct.value), 2)
    0.06
    >>> bool(abs(resampler.effects_synthetic_.direct.value) < 0.01)
    True
    """

    _parameter_constraints: dict = {
        **BaseFairResampler._parameter_constraints,
        "fairness_model": [HasMethods(["contrasts", "check_columns"]), None],
        "fairness_weight": [Interval(Real, 0, 1, closed="both")],
        "pathways": [StrOptions(set(PATHWAYS)), list, tuple],
        "business_necessity": [StrOptions(set(PATHWAYS)), list, tuple],
        "llm": [StrOptions(set(BACKENDS)), HasMethods(["fit", "sample"])],
        "learner": [StrOptions(set(LEARNERS)), HasMethods(["fit", "predict"]), tuple],
        "n_folds": [Interval(Integral, 1, None, closed="left")],
        "overgeneration": [Interval(Real, 1, None, closed="left")],
        "least_effective": [Interval(Real, 0, 1, closed="both")],
        "held_out_fraction": [Interval(Real, 0, 0.5, closed="both")],
        "callbacks": [list, None],
        "device": [str],
        "verbose": ["verbose"],
    }

    _systematic_cells = True  # chance in the cells would be chance in the effects

    def __init__(
        self,
        sensitive_features=None,
        *,
        fairness_model=None,
        sampling_strategy="auto",
        n_synthetic=None,
        fairness_weight=0.0,
        pathways=("direct",),
        business_necessity=(),
        llm="auto",
        learner="stacked",
        n_folds=5,
        overgeneration=3.0,
        least_effective=0.5,
        held_out_fraction=0.2,
        missing_sensitive="error",
        callbacks=None,
        device="auto",
        random_state=None,
        verbose=0,
    ):
        self.sensitive_features = sensitive_features
        self.fairness_model = fairness_model
        self.sampling_strategy = sampling_strategy
        self.n_synthetic = n_synthetic
        self.fairness_weight = fairness_weight
        self.pathways = pathways
        self.business_necessity = business_necessity
        self.llm = llm
        self.learner = learner
        self.n_folds = n_folds
        self.overgeneration = overgeneration
        self.least_effective = least_effective
        self.held_out_fraction = held_out_fraction
        self.missing_sensitive = missing_sensitive
        self.callbacks = callbacks
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None):
        """Learn to write rows, and plan them, without adding any.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            The features; visits are refused.
        y : array-like of shape (n_samples,)
            The classes.
        sensitive_features : array-like of shape (n_samples,) or \
                (n_samples, n_sensitive), default=None
            The values of the sensitive features; they win over the constructor's.

        Returns
        -------
        self : object
            The fitted resampler.
        """
        super().fit(X, y, sensitive_features=sensitive_features)
        self._pool = None
        return self

    def report(self):
        """Say what became of every effect, and at what price.

        Returns
        -------
        CausalReport
            Readable as text and as HTML.
        """
        return CausalReport.of(self)

    def _selector(self, X):
        if self.sensitive_features is None and self.fairness_model is not None:
            return list(self.fairness_model.sensitive_columns)
        return super()._selector(X)

    def _learn(self, X, y, groups):
        check_device(self.device, shared=True)
        refuse_visits(X, type(self).__name__)
        cut = check_pathways(
            self.pathways, self.business_necessity, self.fairness_weight
        )
        model = model_for_table(self.fairness_model, X, groups)
        settings = CausalSettings(
            llm=self.llm,
            cut=cut,
            share=float(self.fairness_weight),
            learner=self.learner,
            n_folds=self.n_folds,
            overgeneration=float(self.overgeneration),
            least_effective=float(self.least_effective),
            held_out_fraction=float(self.held_out_fraction),
            network={
                "device": self.device,
                "callbacks": self.callbacks,
                "verbose": self.verbose,
            },
            is_stated=self.fairness_model is not None,
        )
        fit = CausalFit.run(
            X, y, groups, model, self._target_form, settings, self.random_state_
        )
        self.removed_pathways_ = cut if settings.removes else ()
        self.removed_share_ = settings.share if settings.removes else 0.0
        self._take(fit)
        if self.sampling_strategy == "proportional" and settings.removes:
            n_rows = len(X) if self.n_synthetic is None else self.n_synthetic
            self._owe(share_out(self._cell_shares, n_rows))

    def _take(self, fit):
        """Keep what was learned, under public names as far as it is to be looked at."""
        self._curator, self._pool = fit.curator, fit.pool
        self._cell_shares = fit.cell_shares
        self.effects_real_ = fit.effects_real
        self.effects_synthetic_ = fit.effects_synthetic
        self.equivalence_ = fit.equivalence
        self.equivalence_held_out_ = fit.equivalence_held_out
        self.utility_ = fit.utility
        self.held_out_loss_ = fit.held_out_loss
        self.effective_share_ = fit.pool.tilting.effective
        self.backend_ = fit.curator.writer.backend
        self.backend_name_ = fit.backend_name
        self.rejected_ = self.backend_.rejected_

    def _owe(self, rows):
        """Set what the plan owes: (n_groups, n_classes)."""
        cells = list(self.rows_owed_)
        owed = type(self.rows_owed_)(zip(cells, rows.ravel().tolist(), strict=True))
        self._set_owed(owed, list(self.sampling_strategy_))

    def _cell_weights(self):
        return self._cell_shares

    def _draw_added(self, group, label, random_state):
        pool, self._pool = self._pool, None
        return self._draw_from(pool, group, label, random_state)

    def _draw(self, group, label, random_state):
        return self._draw_from(None, group, label, random_state)

    def _draw_from(self, pool, group, label, random_state):
        shape = self.cell_counts_.shape
        cell = group * shape[1] + label
        owed = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
        if pool is None or len(pool) < self.overgeneration * len(group):
            begun = None if pool is None else self._curator.table.rows_of(pool)
            pool = self._curator.write_pool(len(group), random_state, begun=begun)
        by_cell, repeated = self._curator.choose(pool, owed, random_state)
        warn_of_repeats(repeated, self.rows_owed_)
        features = pd.concat(by_cell.values(), ignore_index=True)
        order = np.empty(len(group), dtype=np.intp)
        order[np.argsort(cell, kind="stable")] = np.arange(len(group))
        features = features.iloc[order].reset_index(drop=True)
        sensitive = self._sensitive_rows.iloc[group].reset_index(drop=True)
        columns = self._table_form.template.columns
        return pd.concat([features, sensitive], axis=1)[columns]

    def _fitted_state(self):
        state = super()._fitted_state()
        curator = state.pop("_curator", None)
        if curator is None:
            return state
        for name in ("_pool", "backend_", "rejected_"):
            state.pop(name)
        state |= results_to_state(state)
        state["_curator"], estimators = curator_to_state(curator)
        for number, estimator in enumerate(estimators):
            state[f"{_ESTIMATOR}{number}"] = estimator
        return state

    def _restore_fitted(self, state):
        stored = state.pop("_curator", None)
        names = [name for name in state if name.startswith(_ESTIMATOR)]
        estimators = [state.pop(name) for name in names]
        super()._restore_fitted(state)
        if stored is None:
            return
        vars(self).update(results_from_state(state))
        self._pool = None
        self._curator = curator_from_state(
            stored,
            estimators,
            groups=self._groups,
            classes=self.classes_,
            learner=self.learner,
            n_folds=self.n_folds,
        )
        self.backend_ = self._curator.writer.backend
        self.rejected_ = self.backend_.rejected_
