"""FairSynthResampler: fair synthetic rows from a HALO generator."""

from collections import OrderedDict
from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from fairsample.base import BaseFairResampler
from fairsample.fairsynth.candidate_search import goal_of, search_candidates
from fairsample.fairsynth.choice import choose, history
from fairsample.fairsynth.feedback import FeedbackSettings
from fairsample.fairsynth.generator import RecordGenerator
from fairsample.fairsynth.generator_recipe import GeneratorRecipe
from fairsample.fairsynth.objectives import OBJECTIVES
from fairsample.fairsynth.row_supply import RowSupply
from fairsample.fairsynth.training_rows import TrainingRows
from fairsample.planning import rows_owed
from fairsample.training.estimator_seeds import draw_seed

__all__ = ["FairSynthResampler"]


class FairSynthResampler(BaseFairResampler):
    """Add synthetic rows from a generator that was trained to be fair.

    The generator is HALO: a transformer over a patient's visits with a masked
    autoregressive head over the codes of each visit. Group, outcome and static columns
    come first, so that rows of any (group, outcome) cell can be asked for; a plain
    table is one visit whose columns are blocks of exclusive codes. It is first trained
    without a thought of groups: by likelihood, and by how well the outcome can be told
    from its records; then, with ``fairness_weight`` above 0, for a few epochs under
    a penalty on how unequally the outcome can be read from generated records of each
    group.

    Two things make R + R' fairer. ``sampling_strategy`` says how many rows of each cell
    are added, ``fairness_weight`` what these rows look like. A plan with few rows
    leaves little for the weight to do. Better than both, name the model that R + R' is
    for, as ``downstream=``: sets are proposed, the model is trained on each, real rows
    held out from model and generator tell what it is worth, and the best is added,
    copies if need be. That trains about 100 models, and a generator for each fold.

    `fit` takes a table on disk, too: a Parquet file or folder, an Arrow dataset, a Dask
    DataFrame or a `TableOnDisk`, with names of columns as y and `sensitive_features`.

    The generator learns from the rows it is given: fit it on training rows only. It
    gives no privacy guarantee. Resampled outcome rates differ from the real ones, so a
    model trained on R + R' needs recalibration before its probabilities are read as
    risks.

    Parameters
    ----------
    sensitive_features : str, int, list, mask or callable, default=None
        The columns of X that hold the sensitive features: a name, a position, a list of
        either, a mask with one bool for each column, or a callable that takes X and
        returns the values. Several columns make intersectional groups. Values can be
        given at call time instead, and win.
    sampling_strategy : str, float, dict or callable, default="auto"
        How many rows each (group, class) cell is owed: what the over-samplers of
        imbalanced-learn take, ``"groups"``, ``"cells"``, ``"parity"``,
        ``"proportional"``, or a dict of ``(group, class)`` to final count.
    n_synthetic : int, default=None
        Scale the plan to this many rows.
    fairness_weight : float, default=1.0
        λ, at least 0. Without `downstream` the weight of the penalty: 0 is the plain
        generator, bit for bit; 0.5 to 1.5 is the useful range. With it, what a unit of
        unfairness is worth in utility: 0 asks for utility alone.
    objective : {"disparate_impact", "worst_group_tpr", "equal_opportunity"} or \
            callable, default="disparate_impact"
        What is unfair: unequal selection rates, a low true positive rate in the worst
        group, or unequal true positive rates, all of the outcome as read from generated
        records. A callable takes ``(probabilities, groups, labels)``, tensors of shape
        (n,), and returns a loss.
    pos_label : object, default=None
        The class that counts as positive in `objective`; None stands for the second
        of two sorted classes, and with more for each class in turn.
    downstream : classifier, default=None
        The model that R + R' is for: any classifier or pipeline. Then
        ``sampling_strategy="auto"`` leaves the plan to the loop; others fix it.
    scoring : str, list of str or callable, default=None
        What is fair to the loop: "disparate_impact", "worst_group_tpr",
        "worst_group_recall", "equal_opportunity", a list of these for their mean, or
        any scorer, greater is better. None takes `objective`.
    utility : str or callable, default="balanced_accuracy"
        What is useful to the loop: a scorer.
    utility_tolerance : float, default=0.02
        Utility that may be lost against real rows or copies, whichever is worth more.
    feedback_rounds, feedback_folds : int, default=3
        Rounds of proposals, and folds of the cross validation that scores them.
    max_downstream_fits : int, default=None
        Most models trained in the loop; None leaves it at about 100, at most 200.
    embedding, hidden : int, default=None
        Width of the visit transformer and of its code head; None chooses 64 and 256
        below 5,000 patients, 128 and 512 above. Without visits they do nothing.
    n_layers, n_heads : int, default=2 and 4
        Depth and heads of the visit transformer; heads divide the embedding. The
        paper's sizes are embedding 768, hidden 8192, 12 layers and 12 heads.
    dropout : float, default=0.1
        Dropout everywhere.
    max_epochs, batch_size : int, default=None
        Of the likelihood; None chooses by the number of rows.
    learning_rate : float, default=0.001
        Highest learning rate of the one-cycle schedule.
    fairness_epochs : int, default=None
        Epochs under the penalty, at half the learning rate; None makes about 100
        steps.
    validation_fraction : float, default=0.1
        Share of rows held out for early stopping.
    patience : int, default=5
        Epochs without a better validation loss before the likelihood stops.
    temperature : float, default=1.0
        Logits are divided by it in generation: below 1 nearer to the likely.
    max_levels, n_bins : int, default=None
        A numeric column of more than `max_levels` values is cut into `n_bins` bins, and
        values are drawn back from each. None chooses by the rows, up to 128 and 100.
    missing_sensitive : {"error", "group"}, default="error"
        Whether rows without a sensitive value are refused or make a group "missing".
    memory : str or joblib.Memory, default=None
        Where what does not depend on λ is kept: the first phase of training, and the
        loop's scores. A grid over λ with an int `random_state` then pays for them once
        for each data set. `callbacks` have to see the training: it is not kept.
    callbacks : list of skorch callbacks, default=None
        Added to the net's own, in both phases of training.
    device : str, default="auto"
        Where torch works; "auto" takes a GPU where there is one, "accelerate" all
        that accelerate has started a process for (:ref:`several-gpus`).
    random_state : int, RandomState instance or None, default=None
        The same seed gives the same rows.
    verbose : int, default=0
        1 shows progress bars, 2 also a line for each epoch.

    Attributes
    ----------
    net_ : HaloNet
        The trained skorch net, with its history.
    schema_ : TableSchema
        What the columns are.
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
    feedback_history_ : DataFrame of n_candidates rows
        With `downstream`: each candidate's round, plan, score, objective, utility.
    n_downstream_fits_ : int
        With `downstream`: models that were trained in the loop.
    synthetic_mask_ : ndarray of bool of shape (n_rows,)
        True for the rows that the last result adds.
    sensitive_features_ : Series or DataFrame of n_rows rows
        The sensitive features of the rows of the last result.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, if they are all strings.

    See Also
    --------
    GroupRandomOverSampler : Copies rows; costs nothing, and is hard to beat.
    DoublePrioritizedSampler : The papers' own baseline.

    References
    ----------
    .. [1] Bin Tarek, Poulain and Beheshti, "Fairness-Optimized Synthetic EHR
       Generation for Arbitrary Downstream Predictive Tasks", 2024.
    .. [2] Theodorou, Xiao and Sun, "Synthesize high-dimensional longitudinal
       electronic health records via hierarchical autoregressive language model",
       Nature Communications 14:5305, 2023.

    Examples
    --------
    >>> from fairsample import FairSynthResampler
    >>> from fairsample.datasets import make_icu_cohort
    >>> cohort = make_icu_cohort(n_patients=400, random_state=0)
    >>> resampler = FairSynthResampler(
    ...     "gender", sampling_strategy="groups", max_epochs=2, random_state=0
    ... )
    >>> X, y = resampler.fit_resample(cohort.data, cohort.target)
    >>> int(resampler.synthetic_mask_.sum()) == len(X) - 400
    True
    """

    _in_memory_only = ("downstream", "memory")

    _parameter_constraints: dict = {
        **BaseFairResampler._parameter_constraints,
        "fairness_weight": [Interval(Real, 0, None, closed="left")],
        "objective": [StrOptions(set(OBJECTIVES)), callable],
        "pos_label": "no_validation",
        "downstream": [HasMethods(["fit", "predict"]), None],
        "scoring": [str, list, callable, None],
        "utility": [str, callable],
        "utility_tolerance": [Interval(Real, 0, None, closed="left")],
        "feedback_rounds": [Interval(Integral, 1, None, closed="left")],
        "feedback_folds": [Interval(Integral, 2, None, closed="left")],
        "max_downstream_fits": [Interval(Integral, 1, None, closed="left"), None],
        "embedding": [Interval(Integral, 1, None, closed="left"), None],
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "n_heads": [Interval(Integral, 1, None, closed="left")],
        "hidden": [Interval(Integral, 1, None, closed="left"), None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "fairness_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "max_levels": [Interval(Integral, 2, None, closed="left"), None],
        "n_bins": [Interval(Integral, 2, None, closed="left"), None],
        "memory": [str, HasMethods(["cache"]), None],
        "callbacks": [list, None],
        "device": [str],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        sensitive_features=None,
        *,
        sampling_strategy="auto",
        n_synthetic=None,
        fairness_weight=1.0,
        objective="disparate_impact",
        pos_label=None,
        downstream=None,
        scoring=None,
        utility="balanced_accuracy",
        utility_tolerance=0.02,
        feedback_rounds=3,
        feedback_folds=3,
        max_downstream_fits=None,
        embedding=None,
        hidden=None,
        n_layers=2,
        n_heads=4,
        dropout=0.1,
        max_epochs=None,
        batch_size=None,
        learning_rate=1e-3,
        fairness_epochs=None,
        validation_fraction=0.1,
        patience=5,
        temperature=1.0,
        max_levels=None,
        n_bins=None,
        missing_sensitive="error",
        memory=None,
        callbacks=None,
        device="auto",
        random_state=None,
        verbose=0,
    ):
        self.sensitive_features = sensitive_features
        self.sampling_strategy = sampling_strategy
        self.n_synthetic = n_synthetic
        self.fairness_weight = fairness_weight
        self.objective = objective
        self.pos_label = pos_label
        self.downstream = downstream
        self.scoring = scoring
        self.utility = utility
        self.utility_tolerance = utility_tolerance
        self.feedback_rounds = feedback_rounds
        self.feedback_folds = feedback_folds
        self.max_downstream_fits = max_downstream_fits
        self.embedding = embedding
        self.hidden = hidden
        self.n_layers = n_layers
        self.n_heads = n_heads
        self.dropout = dropout
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.fairness_epochs = fairness_epochs
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.temperature = temperature
        self.max_levels = max_levels
        self.n_bins = n_bins
        self.missing_sensitive = missing_sensitive
        self.memory = memory
        self.callbacks = callbacks
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def _set_plan(self, y):
        if self.downstream is None or self.sampling_strategy != "auto":
            return super()._set_plan(y)
        # Until the loop has settled it, and where it has no other proportions.
        labels, counts = self._target_form.labels, self.cell_counts_.to_numpy()
        owed = rows_owed("proportional", counts, self.groups_, labels)
        return self._set_owed(owed, labels)

    def _learn(self, X, y, groups):
        counts = self.cell_counts_.to_numpy()
        self._learn_rows(TrainingRows(X, y, groups.codes, counts), groups)

    def _learn_on_disk(self, rows):
        self._learn_rows(rows, rows.groups)

    def _learn_rows(self, real, groups):
        for of_a_former_fit in ("_chosen", "feedback_history_", "n_downstream_fits_"):
            vars(self).pop(of_a_former_fit, None)
        goal = goal_of(self, list(self._target_form.labels), len(self.groups_))
        recipe = GeneratorRecipe.of(self, goal)
        self._supply = RowSupply(
            real,
            recipe,
            temperature=self.temperature,
            memory=self.memory,
            callbacks=self.callbacks or (),
            verbose=self.verbose,
        )
        if self.downstream is not None:
            self._chosen = self._take_feedback(real, groups, goal, recipe)
            self._generator = self._supply.generator(self._chosen.penalty)
        else:
            self._generator = self._supply.generator()
            if self.fairness_weight > 0:
                self._generator.fine_tune(real, recipe, self.fairness_weight)
        self.net_, self.schema_ = self._generator.net, self._generator.encoder.schema

    def _take_feedback(self, real, groups, goal, recipe):
        """Let the downstream model choose what is added, and plan it: Candidate."""
        fixed = None if self.sampling_strategy == "auto" else self._owed_cells()
        settings = FeedbackSettings(
            n_folds=self.feedback_folds,
            n_rounds=self.feedback_rounds,
            max_fits=self.max_downstream_fits,
            plan=fixed,
            n_synthetic=self.n_synthetic,
        )
        settings.check()
        scored, self.n_downstream_fits_ = search_candidates(
            real,
            groups,
            classes=self.classes_,
            table_form=self._table_form,
            downstream=self.downstream,
            goal=goal,
            settings=settings,
            recipe=recipe,
            temperature=self.temperature,
            seed=draw_seed(self.random_state_),
            memory=self.memory,
            verbose=self.verbose,
        )
        weight = self.fairness_weight
        chosen = choose(scored, weight, tolerance=self.utility_tolerance).candidate

        def plan_of(candidate):
            owed = settings.rows_owed(candidate, real.counts).ravel().tolist()
            return OrderedDict(zip(self.rows_owed_, owed, strict=True))

        self.feedback_history_ = history(scored, weight, chosen, plan_of)
        self._set_owed(plan_of(chosen), self._target_form.labels)
        return chosen

    def _owed_cells(self):
        return np.reshape(list(self.rows_owed_.values()), self.cell_counts_.shape)

    def _draw(self, group, label, random_state):
        return self._generator.draw(
            group, label, random_state, self.temperature, self.verbose
        )

    def _draw_added(self, group, label, random_state):
        if self.downstream is None:
            return self._draw(group, label, random_state)
        return self._supply.rows(self._chosen, self._owed_cells(), random_state)

    def _remember_result(self, codes, n_synthetic):
        super()._remember_result(codes, n_synthetic)
        vars(self).pop("_supply", None)  # it holds the real rows

    def _fitted_state(self):
        state = super()._fitted_state()
        for of_the_fit in ("_chosen", "feedback_history_"):
            state.pop(of_the_fit, None)
        if "net_" in state:
            del state["schema_"], state["net_"]
            state["_generator"] = self._generator.state()
        return state

    def _restore_fitted(self, state):
        super()._restore_fitted(state)
        if "_generator" in state:
            self._generator = RecordGenerator.from_state(state["_generator"])
            self.net_ = self._generator.net
            self.schema_ = self._generator.encoder.schema
