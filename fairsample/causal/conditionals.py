"""How one column goes on from the columns before it: calibrated conditionals."""

from itertools import islice
from typing import NamedTuple

import numpy as np
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

__all__ = [
    "CategoryConditional",
    "DonorConditional",
    "Effort",
    "conditional_from_state",
]

_MOST_BOOSTED = 5  # classes; trees for each of many classes take too long
_WEIGHTS = np.linspace(0, 1, 11)  # of boosting beside the linear model
_NEIGHBOURS = 100  # donors that the probability of a code is read from
_BLUR = 0.05  # of predicted normal scores, so that equal predictions share donors
_NEARNESS = 0.3  # of normal scores: how far a donor speaks for codes beside its own
_PRIOR = 200.0  # rows' worth of that beside the donors' own codes
_ELSEWHERE = 0.05  # of that is the column's own frequencies: no code is impossible


class Effort(NamedTuple):
    """How hard a conditional is worked on.

    Attributes
    ----------
    n_folds : int
        Folds for what is predicted out of sample.
    n_trees : int
        Steps of boosting; fewer of them are longer. 0 leaves linear models alone.
    seed : int
        Of folds and trees.
    """

    n_folds: int
    n_trees: int
    seed: int

    def trees(self, n_rows):
        """Give settings of small trees: slow learning, few leaves."""
        return {
            "max_iter": self.n_trees,
            "learning_rate": 6.4 / self.n_trees,
            "max_leaf_nodes": 8 if n_rows < 10_000 else 24,
            "min_samples_leaf": 20,
            "l2_regularization": 1.0,
            "early_stopping": False,
            "random_state": self.seed,
        }


class CategoryConditional:
    """Probabilities of few codes: a linear model and boosting, mixed by held-out loss.

    Averaging the two by what they are worth on rows that they have not seen is what
    calibrates the probabilities: boosting alone is too sure of itself on few rows.

    Attributes
    ----------
    codes : ndarray of int
        The codes that occur.
    weight : float
        The share of boosting in the mixture.
    models : list of classifier
        Linear and boosted, as far as each has a share; frequencies where one code
        occurs, or too few rows do.
    """

    def __init__(self, codes, weight, models):
        self.codes, self.weight, self.models = codes, weight, models

    @classmethod
    def fit(cls, features, code, effort):
        """Fit to the codes (n,) of a column after the features (n, d) before it."""
        codes, code = np.unique(code, return_inverse=True)
        if len(codes) == 1 or len(code) < 2 * effort.n_folds:
            return cls(codes, 0.0, [_Frequencies(np.bincount(code))])
        recipes = _classifiers(len(code), len(codes), effort)
        weight = 0.0
        if len(recipes) > 1:
            held_out = _held_out_probabilities(recipes, features, code, effort)
            weight = _best_weight(held_out, code)
        shares = [1 - weight, weight][: len(recipes)]
        kept = [recipe for recipe, share in zip(recipes, shares, strict=True) if share]
        return cls(codes, weight, [model.fit(features, code) for model in kept])

    def probabilities(self, features):
        """Give the probability of each code of `codes`: (n, len(codes))."""
        of_models = [model.predict_proba(features) for model in self.models]
        if len(of_models) == 1:
            return of_models[0]
        return (1 - self.weight) * of_models[0] + self.weight * of_models[1]

    def draw(self, features, random_state):
        """Draw a code for each row: (n,)."""
        until = self.probabilities(features).cumsum(axis=1)
        uniform = random_state.random_sample(len(features)) * until[:, -1]
        place = (uniform[:, None] >= until).sum(axis=1)
        return self.codes[np.minimum(place, len(self.codes) - 1)]

    def loss(self, features, code):
        """Give each row's loss in nats: (n,); codes never seen cost a rare one."""
        odds = self.probabilities(features)
        place = np.searchsorted(self.codes, code).clip(max=len(self.codes) - 1)
        given = odds[np.arange(len(code)), place]
        return -np.log(np.where(self.codes[place] == code, given, 0).clip(min=1e-6))

    def state(self, estimators):
        """Give what was learned as arrays; models are added to `estimators`."""
        alone = isinstance(self.models[0], _Frequencies)
        estimators.extend([] if alone else self.models)
        return {
            "codes": self.codes,
            "weight": self.weight,
            "n_models": 0 if alone else len(self.models),
            "shares": self.models[0].shares if alone else None,
        }

    @classmethod
    def from_state(cls, state, estimators):
        """Rebuild from `state`; models are taken from the iterator `estimators`."""
        models = list(islice(estimators, state["n_models"]))
        return cls(
            state["codes"],
            state["weight"],
            models or [_Frequencies(state["shares"])],
        )


class DonorConditional:
    """Codes of an ordered column, from rows whose predicted score is nearest.

    A ridge regression and boosting on what it leaves predict the normal score. A row is
    given the code of one of the training rows with the nearest prediction (predictive
    mean matching), so that recurring values, bounds and skewness are what they are. The
    predictions of the donors are out of fold: else they would be too near the truth.

    Attributes
    ----------
    missing : CategoryConditional or None
        Whether the value is missing.
    models : list of regressor
        Ridge, and boosting of its residuals if there is any.
    donor_scores : ndarray of shape (n_donors,)
        Predictions, ascending.
    donor_codes : ndarray of int of shape (n_donors,)
        The codes of the donors.
    scores : ndarray of shape (n_codes,)
        The normal score of each code; NaN for a missing value.
    """

    def __init__(self, missing, models, donor_scores, donor_codes, scores, n_near):
        self.missing, self.models = missing, models
        self.donor_scores, self.donor_codes = donor_scores, donor_codes
        self.scores, self.n_near = scores, n_near

    @classmethod
    def fit(cls, features, code, scores, n_near, effort):
        """Fit to the codes (n,) of a column whose levels have normal scores."""
        absent = np.isnan(scores[code])
        missing = None
        if absent.any():
            missing = CategoryConditional.fit(features, absent.astype(int), effort)
        present, code = features[~absent], code[~absent]
        score = scores[code]
        predicted = _held_out_scores(present, score, effort)
        predicted += _BLUR * np.random.RandomState(effort.seed).standard_normal(
            len(score)
        )
        order = np.argsort(predicted, kind="stable")
        models = _fit_regressors(present, score, effort)
        return cls(missing, models, predicted[order], code[order], scores, n_near)

    def predict(self, features):
        """Predict the normal score: (n,)."""
        return sum(model.predict(features) for model in self.models)

    def draw(self, features, random_state):
        """Draw a code for each row: (n,)."""
        n_near = min(self.n_near, len(self.donor_codes))
        blur = _BLUR * random_state.standard_normal(len(features))
        first = self._nearest(features, n_near, blur)
        code = self.donor_codes[first + random_state.randint(n_near, size=len(first))]
        if self.missing is None:
            return code
        absent = self.missing.draw(features, random_state).astype(bool)
        return np.where(absent, len(self.scores) - 1, code)

    def loss(self, features, code):
        """Give each row's loss in nats: (n,), by how often near donors have its code.

        Donors are far fewer than what the codes of a fine column need, so each speaks
        for codes with nearly its score, too, by how frequent those are.
        """
        n_near = min(_NEIGHBOURS, len(self.donor_codes))
        near = self._nearest(features, n_near, 0.0)[:, None] + np.arange(n_near)
        donors = self.donor_codes[near]
        hits = (donors == code[:, None]).sum(axis=1)
        prior = _PRIOR * self._spread()[code[:, None], donors].mean(axis=1)
        nats = -np.log((hits + prior) / (n_near + _PRIOR))
        if self.missing is None:
            return nats
        absent = code == len(self.scores) - 1
        return np.where(absent, 0.0, nats) + self.missing.loss(
            features, absent.astype(int)
        )

    def _spread(self):
        """Give what a donor's code says of each code: (n_codes, n_codes), by column."""
        counts = np.bincount(self.donor_codes, minlength=len(self.scores)) + 0.5
        frequency = (counts / counts.sum())[:, None]
        scores = np.nan_to_num(self.scores, nan=np.inf)
        apart = np.subtract.outer(scores, self.scores)
        near = frequency * np.exp(-0.5 * np.square(apart / _NEARNESS))
        return (1 - _ELSEWHERE) * near / near.sum(axis=0) + _ELSEWHERE * frequency

    def _nearest(self, features, n_near, blur):
        """Find where the window of the nearest donors begins: (n,)."""
        place = np.searchsorted(self.donor_scores, self.predict(features) + blur)
        return np.clip(place - n_near // 2, 0, len(self.donor_codes) - n_near)

    def state(self, estimators):
        """Give what was learned as arrays; models are added to `estimators`."""
        estimators.extend(self.models)
        return {
            "missing": None if self.missing is None else self.missing.state(estimators),
            "donor_scores": self.donor_scores,
            "donor_codes": self.donor_codes,
            "n_models": len(self.models),
            "scores": self.scores,
            "n_near": self.n_near,
        }

    @classmethod
    def from_state(cls, state, estimators):
        """Rebuild from `state`; models are taken from the iterator `estimators`."""
        models = list(islice(estimators, state["n_models"]))
        missing = state["missing"]
        if missing is not None:
            missing = CategoryConditional.from_state(missing, estimators)
        return cls(
            missing,
            models,
            *(state[n] for n in ("donor_scores", "donor_codes", "scores", "n_near")),
        )


def conditional_from_state(state, estimators):
    """Rebuild a conditional of either kind.

    Parameters
    ----------
    state : dict
        What `state` of a conditional gave.
    estimators : iterator
        The models, in the order in which `state` added them.

    Returns
    -------
    CategoryConditional or DonorConditional
    """
    kind = DonorConditional if "donor_codes" in state else CategoryConditional
    return kind.from_state(state, estimators)


class _Frequencies:
    """The frequencies of codes, whatever the features."""

    def __init__(self, counts):
        self.shares = counts / counts.sum()

    def predict_proba(self, features):
        """Give every row the same probabilities: (n, n_codes)."""
        return np.tile(self.shares, (len(features), 1))


def _classifiers(n_rows, n_classes, effort):
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    if n_classes > _MOST_BOOSTED or not effort.n_trees:
        return [linear]
    return [linear, HistGradientBoostingClassifier(**effort.trees(n_rows))]


def _fit_regressors(features, score, effort):
    ridge = make_pipeline(StandardScaler(), Ridge(alpha=1.0)).fit(features, score)
    if not effort.n_trees:
        return [ridge]
    trees = HistGradientBoostingRegressor(**effort.trees(len(score)))
    return [ridge, trees.fit(features, score - ridge.predict(features))]


def _held_out_scores(features, score, effort):
    """Predict each row's score by models that have not seen the row: (n,)."""
    if len(score) < 2 * effort.n_folds or not np.ptp(features, axis=0).any():
        return np.full(len(score), score.mean())
    predicted = np.empty(len(score))
    folds = KFold(effort.n_folds, shuffle=True, random_state=effort.seed)
    for seen, unseen in folds.split(features):
        models = _fit_regressors(features[seen], score[seen], effort)
        predicted[unseen] = sum(model.predict(features[unseen]) for model in models)
    return predicted


def _held_out_probabilities(recipes, features, code, effort):
    """Give each recipe's probabilities of rows it has not seen: list of (n, k)."""
    n_codes = code.max() + 1
    held_out = [np.full((len(code), n_codes), 1e-6) for _ in recipes]
    enough = np.bincount(code).min() >= effort.n_folds
    folds = (StratifiedKFold if enough else KFold)(
        effort.n_folds, shuffle=True, random_state=effort.seed
    )
    for seen, unseen in folds.split(features, code):
        if len(np.unique(code[seen])) < 2:
            continue
        for recipe, odds in zip(recipes, held_out, strict=True):
            model = recipe.fit(features[seen], code[seen])
            odds[np.ix_(unseen, model.classes_)] = model.predict_proba(features[unseen])
    return held_out


def _best_weight(held_out, code):
    """Find boosting's share with the least held-out loss."""
    linear, boosted = (odds[np.arange(len(code)), code] for odds in held_out)
    losses = [
        -np.log(((1 - w) * linear + w * boosted).clip(min=1e-6)).mean()
        for w in _WEIGHTS
    ]
    return float(_WEIGHTS[int(np.argmin(losses))])
