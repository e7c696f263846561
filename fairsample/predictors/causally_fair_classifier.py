"""A classifier whose predictions have the causal effects that they are to have."""

from functools import partial
from numbers import Integral, Real

import numpy as np
import pandas as pd
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_consistent_length, check_is_fitted
from skorch.callbacks import LRScheduler

from fairsample.base import BaseFairResampler
from fairsample.causal.model import StandardFairnessModel
from fairsample.groups import resolve_groups
from fairsample.predictors.causal_penalty import CausalPenalty
from fairsample.predictors.causal_roles import read_roles
from fairsample.predictors.causal_targets import (
    effect_targets,
    indicate_classes,
    read_business_necessity,
)
from fairsample.predictors.causal_weights import design_effects
from fairsample.predictors.causally_fair_net import CausallyFairNet
from fairsample.predictors.frames import RecordsMixin, check_classes, check_records
from fairsample.predictors.grouped_rows import GroupedRowEncoder
from fairsample.predictors.known_groups import known_groups
from fairsample.predictors.patient_net import hold_out
from fairsample.predictors.row_perceptron import RowPerceptron
from fairsample.training.device import check_device, choose_device
from fairsample.training.estimator_seeds import draw_seed, stream_of
from fairsample.training.schedule import progress, stop_early
from fairsample.training.seeding import seeded

__all__ = ["CausallyFairClassifier"]


class CausallyFairClassifier(RecordsMixin, ClassifierMixin, BaseEstimator):
    """Predict with the causal effects of a sensitive attribute held to targets.

    The sensitive attribute has an effect on predictions by itself (direct), through
    mediators (indirect), and seems to have one where confounders differ by group
    (spurious). This classifier, a small neural net, is trained so that effects which
    are no business necessity are 0, and the others are those that the attribute has on
    the real outcome [1]_. Training minimises nats plus `fairness_weight` times the sum
    of all distances from these targets. Effects that are to be 0 are held to 0 for
    decisions too, of the most probable class; effects of business necessity are not,
    since a threshold widens them.

    A prediction is a known function of the columns: its direct effect is measured by
    changing the group of rows, the other two by weights that make one group's
    confounders be as the other's, estimated once before training. This rests on the
    fairness model, which data cannot check. Effects are averages, of the
    baseline's rows: with ``reads_sensitive=True`` two rows of different groups that are
    alike otherwise may be told different probabilities, in either direction. This is
    what costs least utility; it is disparate treatment, which may be unlawful where
    you are. With ``reads_sensitive=False`` no row has a direct effect, whatever the
    weight, and the other targets cost more.

    The cost may be high: a predictor without an indirect and a spurious effect uses
    nothing that tells of the group, on average. A net that has lost all signal meets
    any target of 0. Look at the loss of utility, and measure effects on rows held out
    (`fairsample.metrics.causal_effects`): those of training rows are met more closely.

    Parameters
    ----------
    sensitive_features : str, int, list, mask or callable, default=None
        The columns of X that hold the sensitive features: a name, a position, a list of
        either, a mask with one bool for each column, or a callable that takes X and
        returns the values. None takes the fairness model's columns. Values can be given
        to `fit` and `predict` instead, and win.
    fairness_model : StandardFairnessModel, default=None
        Confounders, mediators, and which groups are compared. Other columns are not
        read. None takes every column but the sensitive ones for a mediator, and warns.
    business_necessity : sequence of {"direct", "indirect", "spurious"}, default=()
        Effects that are to be the real outcome's.
    fairness_weight : float, default=2.0
        λ, in nats per unit of an effect; 0 trains the plain net. A finite weight meets
        the targets; the least one that does depends on what they cost.
    tolerance : float, default=0.0
        Distance from a target that counts as none.
    reads_sensitive : bool, default=True
        Whether the net reads the sensitive features. If not, `predict` needs none.
    hidden_layer_sizes : sequence of int, default=(64, 32)
        Width of each hidden layer; none makes a linear model.
    max_epochs : int, default=60
        Most passes over the training rows.
    batch_size : int or None, default=None
        Rows a training step, None for a tenth of them from 32 to 512; effects are
        measured on all rows in each step, or on 16,384 drawn ones.
    learning_rate : float, default=5e-3
        Of AdamW, in the first step; it is annealed to 0.
    validation_fraction : float, default=0.1
        Share of each class that is held out of training for early stopping; 0 for none.
    patience : int or None, default=20
        Epochs without a better validation loss (penalty included) before training
        stops; the weights of the best epoch are kept. None trains `max_epochs` on all
        rows.
    missing_sensitive : {"error", "group"}, default="error"
        Whether rows without a sensitive value are refused in `fit` or make a group of
        their own, called "missing".
    callbacks : list of skorch callbacks, default=None
        Added to the net's own.
    device : str, default="auto"
        Where torch works; "auto" takes a GPU where there is one.
    random_state : int, RandomState instance or None, default=None
        The same seed gives the same predictions, in any process, on the CPU.
    verbose : int, default=0
        1 shows a progress bar, 2 a line for each epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    effects_ : DataFrame
        Effects of the predicted probabilities on training rows: a row for each contrast
        and effect, a column for each class (of two for the second).
    targets_ : DataFrame
        What they are to be, in the same shape.
    fairness_model_ : StandardFairnessModel
        The roles of the columns.
    net_ : skorch.NeuralNet
        The trained net; ``net_.history`` tells the losses.
    n_features_in_ : int
        The number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The names of the columns of X, if they are all strings.

    See Also
    --------
    fairsample.metrics.causal_effects : Effects on any outcome, with intervals.
    StandardFairnessModel : States the roles of columns.

    Notes
    -----
    Every contrast and, of more than two, every class has its effects; distances are
    added up. A missing value is read as such. A group not seen in `fit` tells nothing.

    References
    ----------
    .. [1] D. Plečko and E. Bareinboim, "Causal fairness analysis", Foundations and
       Trends in Machine Learning 17(3):304-589, 2024.

    Examples
    --------
    Skill decides, and sex decides by itself; the first may, the second may not:

    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample import CausallyFairClassifier, StandardFairnessModel
    >>> rng = np.random.default_rng(0)
    >>> male, noise = rng.integers(0, 2, 500), rng.normal(size=(2, 500))
    >>> X = pd.DataFrame({"male": male, "skill": male + noise[0]})
    >>> model = CausallyFairClassifier(
    ...     fairness_model=StandardFairnessModel(sensitive="male", mediators=["skill"]),
    ...     business_necessity=["indirect"],
    ...     random_state=0,
    ... ).fit(X, 2 * male + X["skill"] + noise[1] > 2)
    >>> model.targets_.round(1).loc["1 against 0", True].to_dict()
    {'direct': 0.0, 'indirect': 0.2, 'spurious': 0.0}
    >>> bool((abs(model.effects_ - model.targets_) < 0.02).all(axis=None))
    True
    """

    __metadata_request__fit = {"sensitive_features": True}
    __metadata_request__predict = {"sensitive_features": True}
    __metadata_request__predict_proba = {"sensitive_features": True}

    _parameter_constraints: dict = {
        "sensitive_features": BaseFairResampler._parameter_constraints[
            "sensitive_features"
        ],
        "fairness_model": [StandardFairnessModel, None],
        "business_necessity": ["array-like", str],
        "fairness_weight": [Interval(Real, 0, None, closed="left")],
        "tolerance": [Interval(Real, 0, 1, closed="left")],
        "reads_sensitive": ["boolean"],
        "hidden_layer_sizes": ["array-like"],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "patience": [Interval(Integral, 1, None, closed="left"), None],
        "missing_sensitive": [StrOptions({"error", "group"})],
        "callbacks": [list, None],
        "device": [str],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        sensitive_features=None,
        *,
        fairness_model=None,
        business_necessity=(),
        fairness_weight=2.0,
        tolerance=0.0,
        reads_sensitive=True,
        hidden_layer_sizes=(64, 32),
        max_epochs=60,
        batch_size=None,
        learning_rate=5e-3,
        validation_fraction=0.1,
        patience=20,
        missing_sensitive="error",
        callbacks=None,
        device="auto",
        random_state=None,
        verbose=0,
    ):
        self.sensitive_features = sensitive_features
        self.fairness_model = fairness_model
        self.business_necessity = business_necessity
        self.fairness_weight = fairness_weight
        self.tolerance = tolerance
        self.reads_sensitive = reads_sensitive
        self.hidden_layer_sizes = hidden_layer_sizes
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.missing_sensitive = missing_sensitive
        self.callbacks = callbacks
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None):
        """Estimate the weights of the effects, and train the net.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The features, of any type, with missing values or without.
        y : array-like of shape (n_samples,)
            Two or more classes.
        sensitive_features : array-like of shape (n_samples,) or \
                (n_samples, n_sensitive), default=None
            The values of the sensitive features; they win over the constructor's.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            When roles name absent columns, groups are not told or not to be compared,
            `business_necessity` names no effect, X has visits, y has less than two
            classes or missing values, or `device` cannot be used.
        """
        check_device(self.device)
        necessary = read_business_necessity(
            self.business_necessity, reads_sensitive=self.reads_sensitive
        )
        frame = check_records(self, X, reset=True)
        outcome = check_classes(self, y)
        check_consistent_length(frame, outcome)
        stream = stream_of(self.random_state)
        self._groups = self._read_groups(frame, X, sensitive_features)
        model = read_roles(frame.columns, self._groups, self.fairness_model)
        self.fairness_model_ = model
        columns = [*model.confounders, *model.mediators]
        self.encoder_ = GroupedRowEncoder(columns, reads_groups=self.reads_sensitive)
        self.encoder_.fit(frame, self._groups.codes)
        patients = self.encoder_.transform(frame, self._groups.codes, outcome)
        penalty = self._make_penalty(frame, outcome, necessary, stream)
        self.net_ = self._make_net(len(patients), draw_seed(stream))
        with seeded(draw_seed(stream), self.net_.device):
            self.net_.fit_under(penalty if self.fairness_weight else None, patients)
        # In single precision a prediction would depend on the batch that it is made in.
        self.net_.module_.double()
        effects = penalty.effects(self.net_.module_).numpy(force=True)
        self.effects_ = self.targets_.copy()
        self.effects_[:] = effects[: len(self.targets_)]
        return self

    def predict_proba(self, X, *, sensitive_features=None):
        """Predict the probability of each class.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The features.
        sensitive_features : array-like of shape (n_samples,) or \
                (n_samples, n_sensitive), default=None
            The values of the sensitive features; they win over the constructor's. Not
            needed, and not read, with ``reads_sensitive=False``.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities of `classes_`.
        """
        check_is_fitted(self)
        frame = check_records(self, X, reset=False)
        codes = None
        if self.reads_sensitive:
            codes = known_groups(
                self._groups,
                frame,
                X,
                selector=self._selector(),
                values=sensitive_features,
                missing=self.missing_sensitive,
            )
        return self.net_.predict_proba(self.encoder_.transform(frame, codes))

    def predict(self, X, *, sensitive_features=None):
        """Predict the most probable class.

        Parameters
        ----------
        X : {DataFrame, array-like} of shape (n_samples, n_features)
            The features.
        sensitive_features : array-like of shape (n_samples,) or \
                (n_samples, n_sensitive), default=None
            As in :meth:`predict_proba`.

        Returns
        -------
        ndarray of shape (n_samples,)
            The classes.
        """
        probabilities = self.predict_proba(X, sensitive_features=sensitive_features)
        return self.classes_[probabilities.argmax(axis=1)]

    def _selector(self):
        """Return what selects the sensitive features, or None."""
        if self.sensitive_features is None and self.fairness_model is not None:
            return list(self.fairness_model.sensitive_columns)
        return self.sensitive_features

    def _read_groups(self, frame, X, values):
        selector = self._selector()
        of_X = (lambda _: selector(X)) if callable(selector) else selector
        return resolve_groups(
            frame, selector=of_X, values=values, missing=self.missing_sensitive
        )

    def _make_penalty(self, frame, outcome, necessary, stream):
        """Estimate weights and targets of the effects."""
        groups, model = self._groups, self.fairness_model_
        contrasts = model.contrasts(groups.labels, groups.counts())
        parts = frame[list(model.confounders)], frame[list(model.mediators)]
        design = design_effects(*parts, groups, contrasts, random_state=stream)
        outcomes = indicate_classes(outcome, self.classes_)
        self.targets_ = effect_targets(
            *parts, outcomes, groups, contrasts, necessary, random_state=stream
        )
        targets = pd.concat(
            [self.targets_, self.targets_.loc[design.smooth_weights.index]]
        )
        evaluated = self.encoder_.transform(frame.iloc[design.rows], design.groups)
        all_rows = evaluated.batch(torch.arange(len(evaluated)))
        return CausalPenalty(
            all_rows.to(choose_device(self.device)),
            np.vstack([design.weights, design.smooth_weights]),
            targets.to_numpy(),
            float(self.fairness_weight),
            of_decisions=~targets.index.isin(necessary, level="effect"),
            tolerance=self.tolerance,
        )

    def _make_net(self, n_rows, seed):
        """Configure a net that is not initialised yet."""
        batch_size = self.batch_size or min(max(n_rows // 10, 32), 512)
        own, train_split = progress(self.verbose), None
        if self.patience is not None and self.validation_fraction > 0:
            own.append(stop_early(self.patience))
            train_split = partial(
                hold_out, fraction=self.validation_fraction, seed=seed
            )
        anneal = LRScheduler(
            torch.optim.lr_scheduler.CosineAnnealingLR,
            T_max=self.max_epochs * -(-n_rows // batch_size) + 1,
            step_every="batch",
        )
        n_classes = len(self.classes_)
        return CausallyFairNet(
            RowPerceptron,
            module__inputs=self.encoder_.sizes_,
            module__n_outputs=1 if n_classes == 2 else n_classes,
            module__hidden_layer_sizes=tuple(self.hidden_layer_sizes),
            optimizer=torch.optim.AdamW,
            lr=self.learning_rate,
            batch_size=batch_size,
            max_epochs=self.max_epochs,
            train_split=train_split,
            callbacks=[("anneal", anneal), *own, *(self.callbacks or [])],
            device=choose_device(self.device),
            verbose=int(self.verbose > 1),
        )
