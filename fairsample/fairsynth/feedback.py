"""Feedback from the downstream model: R' becomes what makes R + R' best for it.

Section 4.3 and equation 5 of the FairSynth paper: R' is made anew until the user's
objective on the downstream task is best.

NOTE[DIFF]: the paper adds the downstream metric to the generator's loss, where it is a
constant and moves nothing.  Here it chooses: sets are proposed, the downstream model is
trained on each, and what it does on real rows that it, the generator and the selection
have not seen decides which are kept and what is proposed next.
"""

from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from fairsample.evaluation.splitting import fold_cells
from fairsample.fairsynth.candidates import COPIES, REAL, Candidate, first_candidates
from fairsample.fairsynth.fair_utility import Predictions
from fairsample.fairsynth.feedback_fold import FeedbackFold
from fairsample.fairsynth.group_confusion import GroupConfusion
from fairsample.fairsynth.shifts import propose_shifts
from fairsample.parallel_calls import results_of_calls
from fairsample.planning import scale_rows
from fairsample.training.estimator_seeds import draw_seed

__all__ = ["Feedback", "FeedbackSettings", "Scored"]

LADDER = (0.0, 0.5, 1.0, 2.0)  # fairness weights whose best candidates stay
SURVIVORS = 2  # of each weight
PROPOSALS = ((1.0, 0.5), (1.0, 1.0), (3.0, 1.0))  # fairness weight, share of the shift


class FeedbackSettings(NamedTuple):
    """How long the loop goes on, and what is fixed.

    Attributes
    ----------
    n_folds, n_rounds : int
        Folds of the cross validation and rounds of proposals.
    max_fits : int or None
        Downstream models that may be trained.
    plan : ndarray of int of shape (n_groups, n_classes) or None
        Rows of each cell, where the user fixed them.
    n_synthetic : int or None
        Rows in all, where the user fixed them.
    """

    n_folds: int
    n_rounds: int
    max_fits: int | None = None
    plan: np.ndarray | None = None
    n_synthetic: int | None = None

    def check(self):
        """Refuse a budget that scores nothing.

        Raises
        ------
        ValueError
            If `max_fits` does not reach for real rows, copies and one candidate.
        """
        if self.max_fits is not None and self.max_fits < 3 * self.n_folds:
            raise ValueError(
                f"max_downstream_fits={self.max_fits} is too few: each candidate takes "
                f"feedback_folds={self.n_folds} models, and three are the least: real "
                "rows, copies and generated rows. Allow for some ten."
            )

    @property
    def fixes_size(self):
        """Whether the user says how many rows are added."""
        return self.plan is not None or self.n_synthetic is not None

    def rows_owed(self, candidate, counts, share=1.0):
        """Plan what a candidate adds to this share of the rows.

        Parameters
        ----------
        candidate : Candidate
            The candidate.
        counts : ndarray of int of shape (n_groups, n_classes)
            Real rows of each cell, in this part.
        share : float, default=1.0
            This part's share of all rows.

        Returns
        -------
        ndarray of int of shape (n_groups, n_classes)
            Rows of each cell; none where there are no real ones.
        """
        if self.plan is not None:
            owed = np.rint(self.plan * share).astype(int)
            return np.where(counts > 0, owed, 0)
        owed = candidate.rows_owed(counts)
        if self.n_synthetic is None:
            return owed
        n_rows = round(self.n_synthetic * share)
        n_more = n_rows - int(owed.sum())
        if n_more < 0:
            return scale_rows(owed, n_rows)
        # Scaled up, a plan would lead beyond where it is to lead. What is more than the
        # plan goes to all cells alike, so that what is even stays even.
        return owed + scale_rows(counts + owed, n_more)


class Scored(NamedTuple):
    """A candidate and how it did on real rows held out.

    Attributes
    ----------
    candidate : Candidate
        The candidate.
    round : int
        In which it was proposed, from 1.
    n_draws : int
        How often its rows were drawn.
    utility, fairness, worst_recall, lowest_recall : ndarray of shape (n_resamples,)
        Means over the draws; the last is the lowest recall of a class among all rows.
    """

    candidate: Candidate
    round: int
    n_draws: int
    utility: np.ndarray
    fairness: np.ndarray
    worst_recall: np.ndarray
    lowest_recall: np.ndarray

    def score(self, fairness_weight):
        """Give utility minus what unfairness costs: (n_resamples,)."""
        return self.utility - fairness_weight * (1 - self.fairness)

    def joined(self, other):
        """Average with another draw of the same candidate."""
        n_draws = self.n_draws + other.n_draws
        means = {
            name: (self.n_draws * getattr(self, name) + getattr(other, name)) / n_draws
            for name in ("utility", "fairness", "worst_recall", "lowest_recall")
        }
        return self._replace(n_draws=n_draws, **means)


class Feedback:
    """The loop: propose sets, train the downstream model on each, go on from the best.

    Parameters
    ----------
    real : TrainingRows
        Real rows, a patient each.
    groups : Groups
        Their groups.
    classes : ndarray of shape (n_classes,)
        The labels of the classes.
    table_form : TableForm
        The form in which the downstream model gets rows.
    downstream : classifier
        Cloned for each training.
    goal : FairUtility
        What is measured.
    settings : FeedbackSettings
        How long, and what is fixed.
    supply_of : callable
        ``(TrainingRows) -> RowSupply`` that sees these rows only.
    random_state : RandomState
        What is random in it.
    verbose : int, default=0
        1 shows a progress bar over downstream models.

    Attributes
    ----------
    n_fits : int
        Downstream models trained so far.
    folds : list of (ndarray of int, ndarray of int)
        Rows trained on and rows held out.
    fold_shifts : dict of Candidate to list of ndarray of shape (n_groups, n_classes)
        The shifts of each fold, found without its held-out rows.
    """

    def __init__(
        self,
        real,
        groups,
        *,
        classes,
        table_form,
        downstream,
        goal,
        settings,
        supply_of,
        random_state,
        verbose=0,
    ):
        self.real, self.groups, self.classes = real, groups, classes
        self.table_form, self.downstream = table_form, downstream
        self.goal, self.settings = goal, settings
        self.random_state, self.verbose = random_state, verbose
        self.shape = real.counts.shape
        cells = real.group * len(classes) + real.y
        self.folds = fold_cells(cells, settings.n_folds, random_state=random_state)
        self.tallies = GroupConfusion(real.group, real.y, *self.shape, random_state)
        self.fold_tallies = [
            GroupConfusion(real.group[rows], real.y[rows], *self.shape, random_state)
            for rows, _ in self.folds
        ]
        self.supplies = [supply_of(real.take(train)) for train, _ in self.folds]
        self.n_fits = 0
        self.scored, self.log_scores, self.fold_shifts = {}, {}, {}

    def run(self):
        """Score candidates, round after round.

        Returns
        -------
        list of Scored
            All of them, in the order of their proposal.
        """
        first = first_candidates(self.real.counts, self.settings.fixes_size)
        candidates = [COPIES, *first]
        if not self.settings.fixes_size:
            candidates.insert(0, REAL)
        with tqdm(desc="feedback", unit="fit", disable=not self.verbose) as progress:
            self._score_all(candidates, 1, progress)
            for number in range(2, self.settings.n_rounds + 1):
                survivors = self._survivors()
                proposed = [p for s in survivors for p in self._propose(s)]
                once_more = list(dict.fromkeys([*candidates[:2], *survivors]))
                if number == 2:  # what was just scored is better spent on proposals
                    once_more = [] if proposed else once_more
                self._score_all(
                    [*once_more, *dict.fromkeys(proposed)], number, progress
                )
        return list(self.scored.values())

    def _survivors(self):
        """Candidates that are among the best for some weight of fairness."""
        best = []
        for weight in LADDER:
            ranked = sorted(
                (s for s in self.scored.values() if s.candidate != REAL),
                key=lambda scored: -scored.score(weight).mean(),
            )
            best += [scored.candidate for scored in ranked[:SURVIVORS]]
        return list(dict.fromkeys(best))

    def _propose(self, candidate):
        """Shift the odds of each group by what its predictions call for.

        Each fold has shifts of its own, from the predictions of the other folds' rows:
        its rows have no part in the plan that they score, but that the models behind
        these predictions were trained on them. The shifts from all rows are those of
        the candidate.
        """
        scores = self.log_scores[candidate]
        if self.settings.plan is not None or scores is None:
            return []
        unshifted = candidate.shifts_or_zeros(self.shape)
        folds = self.fold_shifts.get(candidate, [unshifted] * len(self.folds))
        parts = [(slice(None), self.tallies, unshifted)] + [
            (rows, tallies, start)
            for (rows, _), tallies, start in zip(
                self.folds, self.fold_tallies, folds, strict=True
            )
        ]
        proposals, found = [], {}
        for weight, share in PROPOSALS if not candidate.shifts else [(1.0, 1.0)]:
            if weight not in found:
                found[weight] = [
                    propose_shifts(
                        scores[rows], tallies, self.goal.proxy(weight, tallies), start
                    )
                    for rows, tallies, start in parts
                ]
            pooled, *by_fold = (
                start + share * (shifts - start)
                for (_, _, start), shifts in zip(parts, found[weight], strict=True)
            )
            proposal = candidate.with_shifts(pooled)
            self.fold_shifts.setdefault(proposal, by_fold)
            proposals.append(proposal)
        return proposals

    def _score_all(self, candidates, number, progress):
        """Train and predict in every fold, wherever joblib's backend runs it."""
        if self.settings.max_fits is not None:
            fits_left = self.settings.max_fits - self.n_fits
            candidates = candidates[: fits_left // len(self.folds)]
        self._train_supplies(candidates)
        calls = [call for one in candidates for call in self._calls(one)]
        predicted = iter(results_of_calls(FeedbackFold.predict, calls))
        by_candidate = zip(*[predicted] * len(self.folds), strict=True)
        for candidate, by_fold in zip(candidates, by_candidate, strict=True):
            self._score(candidate, number, by_fold)
            progress.update(len(self.folds))

    def _train_supplies(self, candidates):
        """Have what makes rows trained in every fold; a worker gives back a copy."""
        calls = [(self._fold(number), candidates) for number in range(len(self.folds))]
        self.supplies = list(results_of_calls(FeedbackFold.trained, calls))

    def _fold(self, number):
        """Put together what a worker needs to know of a fold."""
        held_out = self.real.X.iloc[self.folds[number][1]]
        return FeedbackFold(
            self.supplies[number],
            self.table_form.features(held_out),
            self.classes,
            self.table_form,
            self.downstream,
        )

    def _calls(self, candidate):
        """Plan a candidate's fits: fold, candidate, rows owed and seed of each."""
        shifts = self.fold_shifts.get(candidate, [candidate.shifts] * len(self.folds))
        for number, ((train, _), own) in enumerate(
            zip(self.folds, shifts, strict=True)
        ):
            share = len(train) / len(self.real.y)
            plan = candidate.with_shifts(own) if candidate.shifts else candidate
            counts = self.supplies[number].real.counts
            owed = self.settings.rows_owed(plan, counts, share)
            yield self._fold(number), candidate, owed, draw_seed(self.random_state)

    def _score(self, candidate, number, by_fold):
        """Measure the predictions of all folds together."""
        predictions = Predictions(
            self.table_form.features(self.real.X),
            self.classes[self.real.y],
            self.groups.values(self.real.group),
            self.real.group,
            self.classes,
        )
        for (_, held_out), predicted in zip(self.folds, by_fold, strict=True):
            predictions.take(predicted, held_out)
        self.n_fits += len(self.folds)
        measured = self.goal.measure(predictions, self.tallies)
        scored = Scored(candidate, number, 1, *measured)
        if candidate in self.scored:
            scored = self.scored[candidate].joined(scored)
        self.scored[candidate] = scored
        self.log_scores[candidate] = predictions.log_scores()
