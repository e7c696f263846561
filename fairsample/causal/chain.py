"""One calibrated scikit-learn conditional a column, in causal order."""

from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from fairsample.causal.code_features import CodeFeatures
from fairsample.causal.conditionals import (
    CategoryConditional,
    DonorConditional,
    Effort,
    conditional_from_state,
)
from fairsample.causal.encoded_backend import EncodedBackend
from fairsample.causal.parents import choose_parents
from fairsample.encoding import TableEncoder

__all__ = ["ConditionalChain"]

_OF_OUTCOME, _OF_OTHERS = (3, 80), (2, 50)  # folds and trees
_MOST_CLASSES = 4  # levels of an ordered column that are classes rather than scores


class ConditionalChain(EncodedBackend):
    """Write rows column after column, each from a model of its own.

    Not a language model. Categories come from a mixture of logistic regression and
    boosting, weighted by held-out loss; ordered columns from training rows with nearly
    the same predicted score. It needs no torch, learns from a few hundred rows, and
    keeps the direct effect of every column on every later one where a network trained
    on as few rows has lost it. What it does not know is how the spread, rather than the
    mean, of an ordered column depends on those before it.

    Parameters
    ----------
    n_near : int, default=25
        Training rows with the nearest prediction that an ordered value is drawn from.
    max_levels : int, default=128
        Up to this many distinct numbers are codes of their own.
    n_bins : int, default=100
        Bins of the other numeric columns.
    boosting : bool, default=True
        Whether trees are mixed in. Linear models alone take a tenth of the time, and
        know of no interactions.
    most_parents : int or None, default=24
        Columns that a column is drawn from at most: the sensitive one, and those that
        tell most about it. The outcome is drawn from all others, and with None every
        column is from all before it, which takes the square of the time.

    Attributes
    ----------
    order_ : list of str
        The columns, in the order of writing.
    encoder_ : TableEncoder
        What turns columns to codes and back.
    parents_ : list of ndarray of int
        For each column the positions of those that it is drawn from.
    rejected_ : dict
        Empty: every row is valid.

    See Also
    --------
    ScratchLanguageModel : A transformer instead, for more rows.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from fairsample.causal import ConditionalChain
    >>> group = np.repeat(["A", "B"], 50)
    >>> ill = np.where(group == "A", "no", "yes")
    >>> rows = pd.DataFrame({"group": group, "ill": ill})
    >>> chain = ConditionalChain().fit(rows, ["group", "ill"], random_state=0)
    >>> written = chain.sample(None, 200, random_state=0)
    >>> bool(((written["group"] == "B") == (written["ill"] == "yes")).mean() > 0.95)
    True
    """

    is_fitted_again = True  # it takes seconds

    _parameter_constraints: dict = {
        "n_near": [Interval(Integral, 1, None, closed="left")],
        "max_levels": [Interval(Integral, 1, None, closed="left")],
        "n_bins": [Interval(Integral, 1, None, closed="left")],
        "boosting": ["boolean"],
        "most_parents": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        n_near=25,
        *,
        max_levels=128,
        n_bins=100,
        boosting=True,
        most_parents=24,
    ):
        self.n_near = n_near
        self.max_levels = max_levels
        self.n_bins = n_bins
        self.boosting = boosting
        self.most_parents = most_parents

    def fit(self, rows, order, *, context=None, random_state=None):
        """Learn to write rows; see `EncodedBackend`.

        Of `context` the sensitive column is needed, which all others go on from.
        """
        self._sensitive = None if context is None else context.sensitive
        return super().fit(rows, order, context=context, random_state=random_state)

    def _learn(self, codes, seed):
        self.features_ = CodeFeatures.of(self.encoder_, codes)
        self.parents_ = choose_parents(
            codes,
            self.encoder_.level_values_,
            self.most_parents,
            always=[j for j, name in enumerate(self.order_) if name == self._sensitive],
            seed=seed,
        )
        self.conditionals_ = [
            self._fit_column(self._read(codes, j), codes[:, j], j, seed)
            for j in range(len(self.order_))
        ]

    def _read(self, codes, j):
        """Give the numbers that column j is drawn from."""
        return self.features_.read(codes, self.parents_[j])

    def _fit_column(self, features, code, j, seed):
        is_outcome = j == len(self.order_) - 1
        n_folds, n_trees = _OF_OUTCOME if is_outcome else _OF_OTHERS
        effort = Effort(n_folds, n_trees if self.boosting else 0, seed)
        scores = self.encoder_.level_values_[j]
        if scores is None or len(scores) <= _MOST_CLASSES or np.isnan(scores).all():
            return CategoryConditional.fit(features, code, effort)
        return DonorConditional.fit(features, code, scores, self.n_near, effort)

    def _write(self, given, until, seed):
        stream = np.random.RandomState(seed)
        codes = np.empty((len(given), until), dtype=np.int64)
        codes[:, : given.shape[1]] = given
        for j in range(given.shape[1], until):
            codes[:, j] = self.conditionals_[j].draw(self._read(codes, j), stream)
        return codes

    def _losses(self, codes):
        losses = [
            conditional.loss(self._read(codes, j), codes[:, j])
            for j, conditional in enumerate(self.conditionals_)
        ]
        return np.column_stack(losses)

    def state(self):
        """Give what was learned, in types that a resampler can save.

        Returns
        -------
        dict
            JSON types and arrays, and under "estimators" a list of scikit-learn's.
        """
        check_is_fitted(self, "conditionals_")
        estimators = []
        return {
            "parameters": self.get_params(),
            "order": self.order_,
            "encoder": self.encoder_.to_json(),
            "tables": self.features_.tables,
            "parents": self.parents_,
            "conditionals": [c.state(estimators) for c in self.conditionals_],
            "estimators": estimators,
        }

    @classmethod
    def from_state(cls, state):
        """Rebuild a fitted chain.

        Parameters
        ----------
        state : dict
            What `state` gave.

        Returns
        -------
        ConditionalChain
        """
        chain = cls(**state["parameters"])
        chain.order_, chain.rejected_ = list(state["order"]), {}
        chain.encoder_ = TableEncoder.from_json(state["encoder"])
        chain.features_ = CodeFeatures(state["tables"])
        chain.parents_ = state["parents"]
        estimators = iter(state["estimators"])
        chain.conditionals_ = [
            conditional_from_state(stored, estimators)
            for stored in state["conditionals"]
        ]
        return chain
