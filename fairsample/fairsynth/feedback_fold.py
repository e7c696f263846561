"""One fold of the feedback: a model trained on R + R', and what it predicts."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from fairsample.fairsynth.fair_utility import FoldPredictions
from fairsample.fairsynth.row_supply import RowSupply
from fairsample.table_form import TableForm
from fairsample.training.estimator_seeds import clone_with_own_seeds

__all__ = ["FeedbackFold"]


class FeedbackFold(NamedTuple):
    """What a worker needs to train and to predict in one fold.

    Attributes
    ----------
    supply : RowSupply
        Rows of this fold to train on, and what makes more of them.
    held_out : DataFrame or ndarray of shape (n_held_out, n_features)
        Rows of the other folds, in the user's form.
    classes : ndarray of shape (n_classes,)
        The labels of the classes.
    table_form : TableForm
        The form in which the downstream model gets rows.
    downstream : classifier
        Cloned for each training.
    """

    supply: RowSupply
    held_out: Any
    classes: np.ndarray
    table_form: TableForm
    downstream: BaseEstimator

    def trained(self, candidates):
        """Train the generators that candidates draw from: RowSupply."""
        self.supply.train(candidates)
        return self.supply

    def predict(self, candidate, owed, seed):
        """Train the downstream model on what a candidate makes, and let it predict.

        Parameters
        ----------
        candidate : Candidate
            How rows are made.
        owed : ndarray of int of shape (n_groups, n_classes)
            How many of each cell.
        seed : int
            All that is random here.

        Returns
        -------
        FoldPredictions
            Of the rows held out.
        """
        stream, real = np.random.RandomState(seed), self.supply.real
        frames, labels = [real.X], [real.y]
        if owed.any():
            frames.append(self.supply.rows(candidate, owed, stream))
            labels.append(np.repeat(np.indices(owed.shape)[1].ravel(), owed.ravel()))
        X = self.table_form.features(pd.concat(frames, ignore_index=True))
        model = clone_with_own_seeds(self.downstream, stream)
        model.fit(X, self.classes[np.concatenate(labels)])
        return FoldPredictions.of(model, self.held_out, self.classes)
