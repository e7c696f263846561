"""FairSynthResampler: fair synthetic rows from a HALO generator."""

from functools import partial
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_memory
from tqdm import tqdm

from fairsample.base import BaseFairResampler
from fairsample.fairsynth.fitting import (
    NetSettings,
    fine_tune,
    fit_plain_generator,
    restore_generator,
)
from fairsample.fairsynth.generation import generate_records
from fairsample.fairsynth.objectives import OBJECTIVES, check_objective
from fairsample.fairsynth.penalty import FairnessPenalty, plan_pool
from fairsample.fairsynth.record_encoder import RecordEncoder, fit_encoder
from fairsample.fairsynth.small_cells import SmallCells
from fairsample.fairsynth.training_plan import units_per_column
from fairsample.training.device import check_device, choose_device
from fairsample.training.net_state import net_state
from fairsample.training.seeding import draw_seed, torch_generator

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
    leaves little for the weight to do.

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
        λ, at least 0. 0 is the plain generator, bit for bit; 0.5 to 1.5 is the useful
        range.
    objective : {"disparate_impact", "worst_group_tpr", "equal_opportunity"} or \
            callable, default="disparate_impact"
        What is unfair: unequal selection rates, a low true positive rate in the worst
        group, or unequal true positive rates, all of the outcome as read from generated
        records. A callable takes ``(probabilities, groups, labels)``, tensors of shape
        (n,), and returns a loss.
    pos_label : object, default=None
        The class that counts as positive in `objective`; None stands for the second
        of two sorted classes, and with more for each class in turn.
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
        Epochs under the penalty, at half the learning rate; None makes about 200
        steps.
    validation_fraction : float, default=0.1
        Share of rows held out for early stopping.
    patience : int, default=5
        Epochs without a better validation loss before the likelihood stops.
    temperature : float, default=1.0
        Logits are divided by it in generation: below 1 nearer to the likely.
    max_levels, n_bins : int, default=None
        A numeric column with more than `max_levels` distinct values is cut into
        `n_bins` bins; values are drawn back from their distribution within the bin.
        None chooses by the number of rows, up to 128 and 100.
    missing_sensitive : {"error", "group"}, default="error"
        Whether rows without a sensitive value are refused or make a group of their own,
        called "missing".
    memory : str or joblib.Memory, default=None
        Where the first phase of training is kept. It does not depend on λ, so that a
        grid over λ with an int `random_state` trains it once for each data set. Not
        used with `callbacks`, which want to see the training.
    callbacks : list of skorch callbacks, default=None
        Added to the net's own, in both phases of training.
    device : str, default="auto"
        Where torch works; "auto" takes a GPU where there is one.
    random_state : int, RandomState instance or None, default=None
        The same seed gives the same rows, in any process.
    verbose : int, default=0
        1 shows a progress bar over epochs and chunks, 2 also a line for each epoch.

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
    synthetic_mask_ : ndarray of bool of shape (n_rows,)
        True for the synthetic rows of the last result.
    sensitive_features_ : Series or DataFrame of n_rows rows
        The sensitive features of the rows of the last result.
    n_features_in_ : int
        Number of columns of X.
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

    _parameter_constraints: dict = {
        **BaseFairResampler._parameter_constraints,
        "fairness_weight": [Interval(Real, 0, None, closed="left")],
        "objective": [StrOptions(set(OBJECTIVES)), callable],
        "pos_label": "no_validation",
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

    def _learn(self, X, y, groups):
        self._check_settings()
        plain_seed, pool_seed, fair_seed = (
            draw_seed(self.random_state_) for _ in range(3)
        )
        self.small_cells_ = SmallCells.find(
            groups.cell_counts(y, len(self.classes_)), self.min_cell_size
        )
        self.encoder_ = fit_encoder(X, groups.codes, self.max_levels, self.n_bins)
        self.schema_ = self.encoder_.schema
        records = self.encoder_.encode(
            X, self.small_cells_.pool_for_training(groups.codes, y, plain_seed), y
        )
        self.net_ = self._fit_plain(records, plain_seed)
        if self.fairness_weight > 0:
            self._fine_tune(records, pool_seed, fair_seed)

    def _draw(self, group, label, random_state):
        given = np.column_stack([self.small_cells_.pool(group, label), label])
        records = self._generate(given, draw_seed(random_state))
        return self.encoder_.decode(records, group, random_state)

    def _fit_plain(self, records, seed):
        """Train by likelihood, or find the same training in the memory."""
        self._settings = settings = self._net_settings()
        callbacks = list(self.callbacks or [])
        memory = check_memory(None if callbacks else self.memory)
        fit = memory.cache(fit_plain_generator, ignore=["callbacks", "verbose"])
        state = fit(records.arrays(), settings, seed, callbacks, self.verbose)
        return restore_generator(state, settings, callbacks, self.verbose)

    def _fine_tune(self, records, pool_seed, seed):
        """Train on from the plain generator, under the penalty."""
        group, label = plan_pool(self.cell_counts_.to_numpy()).T
        given = np.column_stack([self.small_cells_.pool(group, label), label])
        penalty = FairnessPenalty(
            self._generate(given, pool_seed),
            torch.as_tensor(group),
            torch.as_tensor(self.small_cells_.group_levels),
            self.fairness_weight,
            self.objective,
            positive=self._positive(),
            rows_per_group=max(self.net_.batch_size // len(self.groups_), 16),
        )
        self.net_ = fine_tune(self.net_, records, penalty, self._settings, seed)

    def _check_settings(self):
        """Refuse what training would stumble over later."""
        check_device(self.device)
        if self.embedding is not None and self.embedding % self.n_heads:
            raise ValueError(
                f"embedding={self.embedding} is not a multiple of "
                f"n_heads={self.n_heads}."
            )
        if self.embedding is None and 64 % self.n_heads:
            raise ValueError(
                f"n_heads={self.n_heads} does not divide 64, the default embedding; "
                "set embedding to a multiple of it."
            )
        self._positive()
        if callable(self.objective) and self.fairness_weight > 0:
            check_objective(self.objective, n_groups=len(self.groups_))

    def _positive(self):
        """Return the code of the positive class, or None for the default."""
        if self.pos_label is None:
            return None
        labels = list(self._target_form.labels)
        if self.pos_label not in labels:
            raise ValueError(f"pos_label={self.pos_label!r} is none of {labels}.")
        return labels.index(self.pos_label)

    def _generate(self, given, seed):
        module = self.net_.module_
        device = module.block_starts.device
        return generate_records(
            module,
            torch.as_tensor(given),
            torch_generator(seed, device),
            temperature=self.temperature,
            progress=partial(tqdm, desc="generating", disable=not self.verbose),
        )

    def _net_settings(self):
        sizes = self.encoder_.module_sizes()
        n_rows = int(self.cell_counts_.to_numpy().sum())
        sizes["block_sizes"] = [
            self.small_cells_.n_group_levels,
            len(self.classes_),
            *sizes["block_sizes"],
        ]
        sizes["units_per_column"] = units_per_column(len(sizes["block_sizes"]), n_rows)
        embedding, hidden = (64, 256) if n_rows < 5000 else (128, 512)
        sizes["embedding"] = self.embedding or embedding
        sizes["hidden"] = self.hidden or hidden
        for name in ("n_layers", "n_heads", "dropout"):
            sizes[name] = getattr(self, name)
        return NetSettings(
            module=sizes,
            learning_rate=self.learning_rate,
            validation_fraction=self.validation_fraction,
            patience=self.patience,
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            fairness_epochs=self.fairness_epochs,
            device=choose_device(self.device),
        )

    def _fitted_state(self):
        state = super()._fitted_state()
        if "net_" in state:
            del state["schema_"]
            state["encoder_"] = self.encoder_.to_json()
            state["small_cells_"] = self.small_cells_.mask
            state["net_"] = net_state(self.net_)
            state["_settings"] = self._settings._asdict()
        return state

    def _restore_fitted(self, state):
        super()._restore_fitted(state)
        if "net_" in state:
            self.encoder_ = RecordEncoder.from_json(state["encoder_"])
            self.schema_ = self.encoder_.schema
            self.small_cells_ = SmallCells(state["small_cells_"])
            self._settings = NetSettings(**state["_settings"])
            self.net_ = restore_generator(state["net_"], self._settings)
