"""Rows for R': copies, generated rows, generated rows that are believed."""

import copy

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from fairsample.fairsynth.generator import RecordGenerator
from fairsample.predictors.visit_vectorizer import VisitVectorizer

__all__ = ["RowSupply"]


class RowSupply:
    """Give rows of any cell, from what is known of some real rows.

    Parameters
    ----------
    real : TrainingRows
        The rows: nothing else is seen.
    recipe : GeneratorRecipe
        How generators are trained on them.
    temperature : float, default=1.0
        Of the generators, where a candidate's is 1.
    **training
        `memory`, `callbacks` and `verbose` of `RecordGenerator.fit`.
    """

    def __init__(self, real, recipe, *, temperature=1.0, **training):
        self.real, self.recipe, self.temperature = real, recipe, temperature
        self._training, self._generators, self._reference = training, {}, None

    def generator(self, penalty=0.0):
        """Give the generator trained under a penalty: RecordGenerator."""
        if 0.0 not in self._generators:
            self._generators[0.0] = RecordGenerator.fit(
                self.real, self.recipe, **self._training
            )
        if penalty not in self._generators:
            plain = copy.deepcopy(self._generators[0.0])
            tuned = plain.fine_tune(self.real, self.recipe, penalty)
            self._generators[penalty] = tuned
        return self._generators[penalty]

    def train(self, candidates):
        """Train all that some candidates need: their rows then train nothing more.

        Parameters
        ----------
        candidates : list of Candidate
            What is going to be asked for.
        """
        generated = [one for one in candidates if one.source == "generated"]
        for penalty in sorted({one.penalty for one in generated}):
            self.generator(penalty)
        if self._reference is None and any(one.dropped for one in generated):
            self._reference = self._fit_reference()

    def rows(self, candidate, owed, random_state):
        """Make the rows that a candidate owes.

        Parameters
        ----------
        candidate : Candidate
            How.
        owed : ndarray of int of shape (n_groups, n_classes)
            Rows of each cell; none of a cell without real rows.
        random_state : RandomState
            What draws.

        Returns
        -------
        DataFrame of shape (sum of owed, n_features)
            Cell by cell, in the order of `owed`.
        """
        if candidate.source == "copies":
            return self._copies(owed, random_state)
        drawn = np.ceil(owed / (1 - candidate.dropped)).astype(int)
        group, label = np.divmod(_cells(drawn), owed.shape[1])
        temperature = self.temperature * candidate.temperature
        rows = self.generator(candidate.penalty).draw(
            group, label, random_state, temperature=temperature
        )
        if not candidate.dropped:
            return rows
        kept = most_believed(self.belief(rows, label), _cells(drawn), owed.ravel())
        return rows.iloc[kept].reset_index(drop=True)

    def _copies(self, owed, random_state):
        cells = self.real.group * owed.shape[1] + self.real.y
        sizes = np.bincount(cells, minlength=owed.size)
        starts = np.cumsum(sizes) - sizes
        owed_cells = _cells(owed)
        nth = random_state.randint(0, sizes[owed_cells])
        chosen = np.argsort(cells, kind="stable")[starts[owed_cells] + nth]
        return self.real.X.iloc[chosen].reset_index(drop=True)

    def belief(self, rows, label):
        """Give the probability of each row's own class, by a reference model: (n,).

        The model is linear, sees real rows only, and weighs the classes evenly within
        each group. Linear, as it is to vary less than what the downstream model will
        make of the rows; all classes of `label` are known to it, since a cell without
        real rows is owed none.
        """
        if self._reference is None:
            self._reference = self._fit_reference()
        probabilities = self._reference.predict_proba(rows)
        own = np.searchsorted(self._reference.classes_, label)
        return probabilities[np.arange(len(label)), own]

    def _fit_reference(self):
        cells = self.real.group * (self.real.y.max() + 1) + self.real.y
        largest = np.zeros(self.real.group.max() + 1)
        sizes = np.bincount(cells)[cells]
        np.maximum.at(largest, self.real.group, sizes)
        model = make_pipeline(
            VisitVectorizer(), LogisticRegression(C=0.1, max_iter=1000)
        )
        weights = largest[self.real.group] / sizes
        return model.fit(
            self.real.X, self.real.y, logisticregression__sample_weight=weights
        )


def most_believed(belief, cells, owed):
    """Choose the `owed` most believed rows of each cell.

    Parameters
    ----------
    belief : ndarray of float of shape (n_rows,)
        Higher is chosen first; ties go to the first.
    cells : ndarray of int of shape (n_rows,)
        The cell of each row, ascending.
    owed : ndarray of int of shape (n_cells,)
        How many of each cell.

    Returns
    -------
    ndarray of int of shape (sum of owed,)
        Positions, ascending.
    """
    order = np.lexsort((-belief, cells))
    rank = np.arange(len(cells)) - np.searchsorted(cells, cells[order])
    return np.sort(order[rank < owed[cells[order]]])


def _cells(owed):
    """Cell of each row owed: (sum of owed,)."""
    return np.repeat(np.arange(owed.size), owed.ravel())
