"""From scored candidates to the one that is used, and what happened as a table."""

import numpy as np
import pandas as pd

from fairsample.fairsynth.candidates import COPIES, REAL

__all__ = ["choose", "history"]

DRAW_NOISE = 0.02  # by how much a score differs between draws of the same candidate
RECALL_TOLERANCE = 0.1  # worst-group recall that may be lost against copies
LOWEST_RECALL = 0.02  # of a class among all rows: below it a predictor is a constant


def choose(scored, fairness_weight, *, tolerance):
    """Choose the candidate that is worth most, and no plain arm is worth more.

    The best of many scores is lucky. A candidate has to be better than the plain arms
    by what its draws may be lucky by, and by a standard deviation of the gain over
    resamples, so that between equals the plain arm is chosen.

    A predictor that is fair since it hardly looks at its rows, a constant one say, has
    a low recall of some class or in some group, and is never chosen, nor is a plain arm
    of that kind. Where copies make a constant one, too, they are added all the same:
    nothing is known to be better.

    Parameters
    ----------
    scored : list of Scored
        All candidates, with the plain arms (`REAL`, `COPIES`) that are allowed.
    fairness_weight : float
        What a unit of unfairness is worth in utility.
    tolerance : float
        Utility that may be lost against the plain arm that is worth most.

    Returns
    -------
    Scored
        The choice.
    """
    copies = [one for one in scored if one.candidate == COPIES]
    lowest_recall = max((one.worst_recall.mean() for one in copies), default=-np.inf)
    sane = [
        one
        for one in scored
        if one.worst_recall.mean() >= lowest_recall - RECALL_TOLERANCE
        and one.lowest_recall.mean() >= LOWEST_RECALL
    ]
    if not any(one.candidate in (REAL, COPIES) for one in sane):
        return copies[0] if copies else scored[0]  # nothing here can be learned
    plain = [one for one in sane if one.candidate in (REAL, COPIES)]
    best_plain = max(plain, key=lambda one: one.score(fairness_weight).mean())
    floor = best_plain.utility.mean() - tolerance
    allowed = [one for one in sane if one.utility.mean() >= floor]

    def worth(one):
        luck = 0 if one.candidate in (REAL, COPIES) else DRAW_NOISE / one.n_draws**0.5
        return one.score(fairness_weight).mean() - luck

    best = max(allowed, key=worth)
    gain = best.score(fairness_weight) - best_plain.score(fairness_weight)
    return best if gain.mean() >= gain.std() else best_plain


def history(scored, fairness_weight, chosen, plan_of):
    """Tell what was tried.

    Parameters
    ----------
    scored : list of Scored
        All candidates.
    fairness_weight : float
        What the score was made with.
    chosen : Candidate
        Which one was chosen.
    plan_of : callable
        ``(candidate) -> dict`` of (group, class) to rows.

    Returns
    -------
    DataFrame of n_candidates rows
        `round`, `source`, `plan`, `n_synthetic`, what the candidate is, the `score`
        and its parts `utility` and `objective`, how often its rows were drawn, and
        whether it was `chosen`.
    """
    rows = []
    for one in scored:
        candidate, plan = one.candidate, plan_of(one.candidate)
        rows.append(
            {
                "round": one.round,
                "source": candidate.source,
                "plan": plan,
                "n_synthetic": sum(plan.values()),
                "factor": candidate.factor,
                "dropped": candidate.dropped,
                "temperature": candidate.temperature,
                "penalty": candidate.penalty,
                "shifts": candidate.shifts,
                "score": one.score(fairness_weight).mean(),
                "utility": one.utility.mean(),
                "objective": one.fairness.mean(),
                "worst_group_recall": one.worst_recall.mean(),
                "n_draws": one.n_draws,
                "chosen": candidate == chosen,
            }
        )
    return pd.DataFrame(rows)
