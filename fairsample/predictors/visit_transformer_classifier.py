"""The transformer over visits as a scikit-learn classifier."""

from functools import partial
from numbers import Integral, Real

import torch
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_consistent_length, check_is_fitted
from skorch.callbacks import EarlyStopping, LRScheduler, ProgressBar
from skorch.utils import noop

from fairsample.base import BaseFairResampler
from fairsample.predictors.frames import (
    RecordsMixin,
    check_classes,
    check_records,
    split_sensitive,
)
from fairsample.predictors.patient_encoder import PatientEncoder
from fairsample.predictors.patient_net import PatientNet, hold_out
from fairsample.predictors.visit_transformer import VisitTransformer
from fairsample.training.device import check_device, choose_device
from fairsample.training.estimator_seeds import draw_seed
from fairsample.training.seeding import seeded

__all__ = ["VisitTransformerClassifier"]


class VisitTransformerClassifier(RecordsMixin, ClassifierMixin, BaseEstimator):
    """Predict an outcome from records with visits, read in their order.

    Three transformer stacks read a patient: one the visits, each the sum of its codes'
    embeddings and a position counted from the latest; one the static columns, a token
    each; one the sensitive features. What they have read is concatenated, and a linear
    layer makes the logit. It is the downstream model of the FairSynth paper's Appendix
    E [1]_, after PyHealth's transformer [2]_.

    It needs some thousand patients before order pays: below, counts of codes
    (`VisitVectorizer`) and a linear model are at least as good, and much faster. Early
    stopping rests on few patients where there are few, so that two seeds may differ by
    a hundredth of the area under the curve. Giving sensitive features a stack of their
    own does not make predictions fair; it is disparate treatment, which may be unlawful
    where you are.

    Parameters
    ----------
    sensitive_features : str, int, list, mask or callable, default=None
        What the stack of the sensitive features reads: the columns of X by name,
        position, a list of either or a mask with one bool for each column, or what a
        callable makes of X. None means no such stack; all columns are static then.
    embedding : int, default=128
        Width of the tokens, a multiple of `n_heads`.
    n_layers, n_heads : int, default=1, 4
        Blocks of each stack, and attention heads in each block.
    dropout : float, default=0.3
        Dropout everywhere.
    max_epochs : int, default=15
        Most passes over the training rows.
    batch_size : int, default=64
        Patients a training step.
    learning_rate : float, default=1e-3
        Of Adam, in the first epoch.
    learning_rate_decay : float, default=0.7
        Learning rate of an epoch over that of the epoch before it.
    validation_fraction : float, default=0.1
        Share of each class that is held out of training for early stopping; 0 for none.
    patience : int or None, default=3
        Epochs without a better validation loss before training stops; the weights of
        the best epoch are kept. None trains `max_epochs` on all rows. The paper's
        training is ``max_epochs=1, patience=None, n_heads=1, dropout=0.5``.
    min_df : int or float, default=10
        Codes in the history of fewer patients than that are left out; a float is a
        share of the patients.
    max_visits : int or None, default=None
        How many of the latest visits are read; None stands for the longest history in
        the training rows.
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
    net_ : skorch.NeuralNet
        The trained net; ``net_.history`` tells the losses.
    encoder_ : PatientEncoder
        What reads frames: ``encoder_.vocabulary_`` holds the codes.
    n_features_in_ : int
        The number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The names of the columns of X, if they are all strings.

    See Also
    --------
    VisitVectorizer : Visits as counts for any other model.

    Notes
    -----
    Missing values are read as such. A level or a code that was not there in `fit` tells
    nothing. A numeric array is a frame without a visit column.

    References
    ----------
    .. [1] M. F. Bin Tarek, R. Poulain and R. Beheshti, "Fairness-optimized synthetic
       EHR generation for arbitrary downstream predictive tasks", 2024.
    .. [2] C. Yang, Z. Wu, P. Jiang, Z. Lin, J. Gao, B. P. Danek and J. Sun, "PyHealth:
       a deep learning toolkit for healthcare applications", KDD 2023.

    Examples
    --------
    Who had the drug before the disease, and who after it:

    >>> import pandas as pd
    >>> from fairsample import VisitTransformerClassifier
    >>> before, after = [["RX"], ["DX"]], [["DX"], ["RX"]]
    >>> X = pd.DataFrame({"sex": ["F", "F", "M"] * 40, "visits": [before, after] * 60})
    >>> y = ["early", "late"] * 60
    >>> model = VisitTransformerClassifier(
    ...     "sex",
    ...     embedding=16,
    ...     learning_rate=0.02,
    ...     max_epochs=10,
    ...     patience=None,
    ...     random_state=0,
    ... )
    >>> model.fit(X, y).score(X, y)
    1.0
    >>> model.predict(pd.DataFrame({"sex": ["M"], "visits": [after]})).tolist()
    ['late']
    """

    _parameter_constraints: dict = {
        "sensitive_features": BaseFairResampler._parameter_constraints[
            "sensitive_features"
        ],
        "embedding": [Interval(Integral, 1, None, closed="left")],
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "n_heads": [Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "learning_rate_decay": [Interval(Real, 0, 1, closed="right")],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "patience": [Interval(Integral, 1, None, closed="left"), None],
        "min_df": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="both"),
        ],
        "max_visits": [Interval(Integral, 1, None, closed="left"), None],
        "callbacks": [list, None],
        "device": [str],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        sensitive_features=None,
        *,
        embedding=128,
        n_layers=1,
        n_heads=4,
        dropout=0.3,
        max_epochs=15,
        batch_size=64,
        learning_rate=1e-3,
        learning_rate_decay=0.7,
        validation_fraction=0.1,
        patience=3,
        min_df=10,
        max_visits=None,
        callbacks=None,
        device="auto",
        random_state=None,
        verbose=0,
    ):
        self.sensitive_features = sensitive_features
        self.embedding = embedding
        self.n_layers = n_layers
        self.n_heads = n_heads
        self.dropout = dropout
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_decay = learning_rate_decay
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.min_df = min_df
        self.max_visits = max_visits
        self.callbacks = callbacks
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Learn the codes and train the net.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_features)
            Records, with a visit column or without; a numeric array counts as a frame
            without one.
        y : array-like of shape (n_patients,)
            Two or more classes.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            When a visit cell is no nested sequence of strings, there are several visit
            columns, `sensitive_features` names an absent column or the visits, y has
            less than two classes or missing values, or `device` cannot be used.
        """
        check_device(self.device)
        frame = check_records(self, X, reset=True)
        outcome = check_classes(self, y)
        check_consistent_length(frame, outcome)
        parts = split_sensitive(frame, X, self.sensitive_features)
        self.encoder_ = PatientEncoder(min_df=self.min_df, max_visits=self.max_visits)
        self.encoder_.fit(*parts)
        patients = self.encoder_.transform(*parts, outcome)
        seed = draw_seed(self.random_state)
        self.net_ = self._make_net(seed)
        with seeded(seed, self.net_.device):
            self.net_.fit(patients, None)
        # In single precision a prediction would depend on the batch that it is made in.
        self.net_.module_.double()
        return self

    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_features)
            Records with the columns seen in `fit`.

        Returns
        -------
        ndarray of shape (n_patients, n_classes)
            Probabilities of `classes_`.
        """
        check_is_fitted(self)
        frame = check_records(self, X, reset=False)
        parts = split_sensitive(frame, X, self.sensitive_features)
        return self.net_.predict_proba(self.encoder_.transform(*parts))

    def predict(self, X):
        """Predict the most probable class.

        Parameters
        ----------
        X : DataFrame of shape (n_patients, n_features)
            Records with the columns seen in `fit`.

        Returns
        -------
        ndarray of shape (n_patients,)
            The classes.
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def _make_net(self, seed):
        """Configure a net that is not initialised yet."""
        decay = LRScheduler(
            torch.optim.lr_scheduler.ExponentialLR, gamma=self.learning_rate_decay
        )
        own, train_split = [("learning_rate_decay", decay)], None
        if self.patience is not None and self.validation_fraction > 0:
            stop = EarlyStopping(patience=self.patience, load_best=True, sink=noop)
            own.append(("early_stopping", stop))
            train_split = partial(
                hold_out, fraction=self.validation_fraction, seed=seed
            )
        if self.verbose:
            own.append(("progress", ProgressBar()))
        n_classes = len(self.classes_)
        return PatientNet(
            VisitTransformer,
            module__inputs=self.encoder_.sizes_,
            module__n_outputs=1 if n_classes == 2 else n_classes,
            module__embedding=self.embedding,
            module__n_layers=self.n_layers,
            module__n_heads=self.n_heads,
            module__dropout=self.dropout,
            optimizer=torch.optim.Adam,
            lr=self.learning_rate,
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            train_split=train_split,
            callbacks=own + list(self.callbacks or []),
            device=choose_device(self.device),
            verbose=int(self.verbose > 1),
        )
