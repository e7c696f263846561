"""FlipResampler: fair tables under differential privacy."""

from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import _fit_context
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from fairsample.base import BaseFairResampler
from fairsample.flip.generator import FlipGenerator, NetworkOptions
from fairsample.flip.pair_tables import mix_with_independence
from fairsample.flip.private_fit import PrivatelyFitted
from fairsample.flip.table_generator import TableGenerator
from fairsample.flip.table_release import Rows, count_table
from fairsample.training.device import ACCELERATE, check_device, choose_device
from fairsample.training.estimator_seeds import draw_seed
from fairsample.validation import refuse_visits

__all__ = ["FlipResampler"]

FULL_WEIGHT = 4.0  # where the paper's fairness no longer grows
OF_SOME_FITS = ("schema_", "net_", "epsilon_", "epsilon_by_group_", "ledger_")


class FlipResampler(PrivatelyFitted, BaseFairResampler):
    """Write fair tables that may be handed out: synthetic rows under (ε, δ)-privacy.

    Whatever touches the rows, bounds, categories and counts included, is a Gaussian
    mechanism in one ledger: `epsilon_` is what all of it together is worth, for adding
    or removing one row. The default engine counts every column and every pair of
    columns within each class, with noise; fits soft rows to the noisy tables; and draws
    from these. Everything after the counts is free: any ``fairness_weight``, any plan,
    any number of rows.

    With an epsilon the result is a wholly synthetic table, real rows are no part of it,
    groups and classes are those that are declared, and `cell_counts_` is noisy. With
    ``epsilon=None`` the counts are exact, nothing is promised, and the rows are added
    to the real ones as other resamplers do.

    Every fit of other rows pays anew, and so does every fold of a cross validation.
    Over a grid of weights give ``memory=``: the private phase does not depend on the
    weight and is then paid for once. An epsilon is only as good as what is kept of a
    fit: parameters that were chosen by looking at the rows are not in the ledger.

    NOTE[DIFF]: The paper trains its autoencoder under DP-SGD and calls the rest
    post-processing, though its diffusion reads encodings of the real rows, and its
    losses couple the rows of a batch, which per-sample clipping does not bound. Here
    no such term ever sees a private row.

    Parameters
    ----------
    sensitive_features : str, int, list, mask or callable, default=None
        The columns of X that hold the sensitive features, or, at call time, their
        values. A callable is refused under an epsilon.
    epsilon : float or None, default=2.0
        The privacy budget of everything; None is no privacy at all.
    delta : float, default=1e-5
        The probability with which the guarantee may fail: well below one over the
        number of rows.
    domain : TableDomain, dict, path or JSON text, default=None
        What is public of the columns: ``{"age": {"bounds": [17, 90]}, "sex":
        {"categories": ["F", "M"]}}``, and so for the target and for sensitive features
        given as values. Values outside are brought into it, with a warning whose counts
        are noisy.
    preprocess_epsilon : float or None, default=None
        What finding out bounds and categories that are not declared may cost, out of
        `epsilon`. None is a tenth of it; 0 refuses columns that are not declared.
    sampling_strategy : str, float or dict, default="auto"
        How many rows each (group, class) cell is owed beyond those that there are: as
        for all resamplers. Under an epsilon it rests on noisy counts and costs nothing;
        a callable is refused.
    n_synthetic : int, default=None
        Scale the plan to this many rows.
    fairness_weight : float, default=4.0
        λ. The share ``min(λ / 4, 1)`` of what the group tells of any column is taken
        away: in the tables, of every column within each class, and when `sample` draws
        cells, of the class; with `network` also by the alignment of the groups. A
        model for real people is fairer with 0 and ``sampling_strategy="groups"``.
    private_engine : {"marginals", "dp-sgd"}, default="marginals"
        What reads the rows under an epsilon: noisy tables, or the gradients of FLIP's
        autoencoder, clipped and noisy. The first is faster, and better on few rows.
    balance_groups : bool, default=False
        Whether the steps of "dp-sgd" draw as many rows of each group, with the cost for
        each group in the ledger; a group too small for its rate is refused.
    network : bool, default=False
        Whether rows come from FLIP's autoencoder and latent diffusion with the groups
        aligned, trained on rows that the engine wrote (under ``epsilon=None``, on the
        real ones), rather than from the engine itself.
    max_iter : int, default=None
        Steps in which soft rows are fitted to the tables; None chooses.
    max_epochs : int, default=None
        Passes of the network's autoencoder over its rows; None chooses.
    output : {"auto", "augment", "synthetic"}, default="auto"
        Whether rows are added to the real ones or replace them; "auto" adds if
        `epsilon` is None. "augment" is refused under an epsilon.
    missing_sensitive : {"error", "group"}, default="error"
        Whether rows without a sensitive value are refused or make a group "missing".
    memory : str or joblib.Memory, default=None
        Where the private phase is kept, noisy as it is, so that it is paid for once for
        each set of rows. Under ``epsilon=None``, where trained networks are.
    callbacks : list of skorch callbacks, default=None
        Of the network; they see synthetic rows only, under an epsilon.
    device : str, default="auto"
        Where torch works; "auto" takes a GPU where there is one, "accelerate" those
        of several processes, for the network of a fit that is not private.
    random_state : int, RandomState instance or None, default=None
        What is drawn after the counts. Noise comes from the operating system and has no
        seed: two private fits differ.
    verbose : int, default=0
        1 shows progress bars.

    Attributes
    ----------
    epsilon_ : float
        What was spent, under an epsilon; at most `epsilon`.
    epsilon_by_group_ : dict of group to float
        What it is for the rows of each group.
    ledger_ : DataFrame of n_mechanisms rows
        Every release: what it reads, its noise, what it costs.
    schema_ : TableSchema
        What the columns are that are not sensitive.
    net_ : NeuralNet
        The denoiser, with `network`.
    groups_ : list
        The groups, sorted; under an epsilon all that were declared.
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    cell_counts_ : DataFrame of shape (n_groups, n_classes)
        Rows of each cell; noisy under an epsilon.
    sampling_strategy_ : OrderedDict
        Class -> rows that the plan adds.
    rows_owed_ : OrderedDict
        ``(group, class)`` -> rows that the plan adds.
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
    FairSynthResampler : Reads records with visits; no privacy.
    TableDomain : What may be declared.

    References
    ----------
    .. [1] Hyrup, Panagiotou, Roy, Zimek, Ntoutsi and Schneider-Kamp, "Achieving
       Hilbert-Schmidt Independence Under Rényi Differential Privacy for Fair and
       Private Data Generation", arXiv:2508.21815, 2025.
    .. [2] Aydore et al., "Differentially private query release through adaptive
       projection", ICML 2021.

    Examples
    --------
    >>> from fairsample import FlipResampler
    >>> from fairsample.datasets import make_icu_cohort
    >>> cohort = make_icu_cohort(n_patients=2000, random_state=0)
    >>> resampler = FlipResampler(
    ...     "gender",
    ...     epsilon=2.0,
    ...     domain={
    ...         "age": {"bounds": [18, 100]},
    ...         "gender": {"categories": ["F", "M"]},
    ...         "died": {"categories": [0, 1]},
    ...     },
    ... )
    >>> X = cohort.data[["age", "gender"]]
    >>> X_private, y_private = resampler.fit_resample(X, cohort.target)
    >>> resampler.epsilon_ <= 2.0
    True
    """

    _parameter_constraints: dict = {
        **BaseFairResampler._parameter_constraints,
        "epsilon": [Interval(Real, 0, None, closed="neither"), None],
        "delta": [Interval(Real, 0, 1, closed="neither")],
        "domain": [Mapping, str, Path, None],
        "preprocess_epsilon": [Interval(Real, 0, None, closed="left"), None],
        "fairness_weight": [Interval(Real, 0, None, closed="left")],
        "private_engine": [StrOptions({"marginals", "dp-sgd"})],
        "balance_groups": ["boolean"],
        "network": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "output": [StrOptions({"auto", "augment", "synthetic"})],
        "memory": [str, HasMethods(["cache"]), None],
        "callbacks": [list, None],
        "device": [str],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        sensitive_features=None,
        *,
        epsilon=2.0,
        delta=1e-5,
        domain=None,
        preprocess_epsilon=None,
        sampling_strategy="auto",
        n_synthetic=None,
        fairness_weight=4.0,
        private_engine="marginals",
        balance_groups=False,
        network=False,
        max_iter=None,
        max_epochs=None,
        output="auto",
        missing_sensitive="error",
        memory=None,
        callbacks=None,
        device="auto",
        random_state=None,
        verbose=0,
    ):
        self.sensitive_features = sensitive_features
        self.epsilon = epsilon
        self.delta = delta
        self.domain = domain
        self.preprocess_epsilon = preprocess_epsilon
        self.sampling_strategy = sampling_strategy
        self.n_synthetic = n_synthetic
        self.fairness_weight = fairness_weight
        self.private_engine = private_engine
        self.balance_groups = balance_groups
        self.network = network
        self.max_iter = max_iter
        self.max_epochs = max_epochs
        self.output = output
        self.missing_sensitive = missing_sensitive
        self.memory = memory
        self.callbacks = callbacks
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, *, sensitive_features=None):
        """Learn the generator, and plan the rows, without generating any.

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
        if self.epsilon is None:
            return super().fit(X, y, sensitive_features=sensitive_features)
        self._fit_privately(X, y, sensitive_features)
        self._remember_result(np.empty(0, dtype=np.intp), n_synthetic=0)
        return self

    def _fit_resample(self, X, y, sensitive_features=None):
        if self.epsilon is not None:
            self._fit_privately(X, y, sensitive_features)
        elif self.output == "synthetic":
            self._learn(*self._check_input(X, y, sensitive_features))
        else:
            return super()._fit_resample(X, y, sensitive_features=sensitive_features)
        group, label = self._cells_of_whole_table()
        drawn = self._draw_rows(group, label, self.random_state_, self._draw)
        self._remember_result(group, n_synthetic=len(group))
        return self._table_form.restore(drawn), self._target_form.write(label)

    def _cells_of_whole_table(self):
        """Give group and class of as many rows as there are, and of those owed."""
        owed = np.reshape(list(self.rows_owed_.values()), self.cell_counts_.shape)
        n_rows = (self.cell_counts_.to_numpy() + owed).ravel()
        cells = self.random_state_.permutation(np.repeat(np.arange(owed.size), n_rows))
        return np.divmod(cells, owed.shape[1])

    def _cell_weights(self):
        counts = self.cell_counts_.to_numpy()
        mixed = mix_with_independence(counts, self._independence)
        return np.where(counts > 0, mixed, 0)

    @property
    def _independence(self):
        """The share by which dependence on the group is taken away."""
        return min(self.fairness_weight / FULL_WEIGHT, 1.0)

    def _learn(self, X, y, groups):
        check_device(self.device, shared=self.network)
        refuse_visits(X, "FlipResampler")
        frame = X.drop(columns=list(groups.columns))
        network = engine = None
        if self.network and frame.shape[1]:
            options = self._network_options(memory=self.memory)
            network = options.train(frame, groups.codes, y)
        elif frame.shape[1]:
            rows = Rows(frame, groups.codes, y, self.cell_counts_.shape)
            engine = self._fit_tables(count_table(rows))
        self._set_generator(FlipGenerator(engine, network))

    def _fit_tables(self, release):
        return TableGenerator.fit(
            release,
            independence=self._independence,
            n_steps=self.max_iter,
            seed=draw_seed(self.random_state_),
            device=choose_device(self.device),
            verbose=self.verbose,
        )

    def _network_options(self, memory=None):
        alone = self.device != ACCELERATE  # else all have to find it, or none
        return NetworkOptions(
            self.fairness_weight,
            self.max_epochs,
            self.device,
            tuple(draw_seed(self.random_state_) for _ in range(2)),
            memory if alone else None,
            tuple(self.callbacks or ()),
            self.verbose,
        )

    def _set_generator(self, generator):
        """Take a generator, and offer what it knows under public names."""
        for of_a_former_fit in OF_SOME_FITS:
            vars(self).pop(of_a_former_fit, None)
        self._generator = generator
        if generator.source is not None:
            self.schema_ = generator.schema
        if generator.net is not None:
            self.net_ = generator.net
        if generator.ledger is not None:
            self.epsilon_ = generator.ledger.epsilon()
            of_groups = dict.fromkeys(self.groups_, self.epsilon_)
            self.epsilon_by_group_ = of_groups | generator.ledger.epsilon_by_group()
            self.ledger_ = generator.ledger.to_frame()

    def _draw(self, group, label, random_state):
        sensitive = self._sensitive_rows.iloc[group].reset_index(drop=True)
        columns = self._table_form.template.columns
        if self._generator.source is None:
            return sensitive[columns]
        rows = self._generator.draw(group, label, random_state)
        return pd.concat([rows, sensitive], axis=1)[columns]

    def _fitted_state(self):
        state = super()._fitted_state()
        for name in OF_SOME_FITS:
            state.pop(name, None)
        if "_generator" in state:
            state["_generator"] = self._generator.state()
        return state

    def _restore_fitted(self, state):
        super()._restore_fitted(state)
        if "_generator" in state:
            self._set_generator(FlipGenerator.from_state(state["_generator"]))
