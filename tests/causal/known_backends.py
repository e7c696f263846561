"""Backends whose faults are known, around a chain of linear models."""

import numpy as np

from fairsample.causal import ConditionalChain
from fairsample.training.estimator_seeds import stream_of


class IndependentColumns(ConditionalChain):
    """A writer that has lost the signal: each column is right, none knows another."""

    def __init__(self):
        super().__init__(boosting=False)

    def fit(self, rows, order, *, context=None, random_state=None):
        rng = np.random.RandomState(0)
        places = {name: rng.permutation(len(rows)) for name in rows}
        shuffled = {name: rows[name].to_numpy()[places[name]] for name in rows}
        rows = rows.assign(**shuffled)
        return super().fit(rows, order, context=context, random_state=random_state)


class LosesRows(ConditionalChain):
    """A writer of which only a share of the rows comes back."""

    def __init__(self, share):
        super().__init__(boosting=False)
        self.share = share

    def sample(self, prefixes, n, *, until=None, random_state=None):
        stream = stream_of(random_state)
        rows = super().sample(prefixes, n, until=until, random_state=stream)
        kept = stream.random_sample(len(rows)) < self.share
        lost = self.rejected_.get("lost", 0) + int((~kept).sum())
        self.rejected_["lost"] = lost
        return rows[kept]


class NeverFitted(ConditionalChain):
    """A recipe that no bad input may get as far as."""

    def fit(self, rows, order, *, context=None, random_state=None):
        raise AssertionError("a backend was fitted to bad input")
