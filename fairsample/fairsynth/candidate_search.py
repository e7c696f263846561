"""The feedback loop as one function of its arguments, so that it can be kept."""

from functools import partial
from pickle import PicklingError

import numpy as np
from sklearn.metrics import get_scorer
from sklearn.utils.validation import check_memory

from fairsample.fairsynth.fair_utility import FairUtility, ObjectiveScorer
from fairsample.fairsynth.feedback import Feedback
from fairsample.fairsynth.group_confusion import FAIRNESS
from fairsample.fairsynth.objectives import check_objective
from fairsample.fairsynth.row_supply import RowSupply
from fairsample.messages import quote

__all__ = ["fair_utility", "goal_of", "positive_classes", "search_candidates"]


def score_candidates(
    real,
    groups,
    *,
    classes,
    table_form,
    downstream,
    goal,
    settings,
    recipe,
    temperature,
    seed,
    memory=None,
    verbose=0,
):
    """Run the loop: what comes out does not depend on the fairness weight.

    Parameters
    ----------
    real, groups, classes, table_form, downstream, goal, settings
        See `Feedback`.
    recipe : GeneratorRecipe
        How the generators of the folds are trained.
    temperature : float
        Of the generators.
    seed : int
        What is random in the loop.
    memory : str, joblib.Memory or None
        Where trained nets are kept.
    verbose : int
        1 shows a progress bar.

    Returns
    -------
    scored : list of Scored
        All candidates.
    n_fits : int
        Downstream models that were trained.
    """
    feedback = Feedback(
        real,
        groups,
        classes=classes,
        table_form=table_form,
        downstream=downstream,
        goal=goal,
        settings=settings,
        supply_of=partial(
            RowSupply,
            recipe=recipe,
            temperature=temperature,
            memory=memory,
            verbose=verbose,
        ),
        random_state=np.random.RandomState(seed),
        verbose=verbose,
    )
    return feedback.run(), feedback.n_fits


def search_candidates(real, groups, *, memory, verbose, **arguments):
    """Run `score_candidates`, or find in the memory what it gave for the same.

    Raises
    ------
    ValueError
        When something cannot be looked up in the memory, such as a lambda.
    """
    cached = check_memory(memory).cache(score_candidates, ignore=["memory", "verbose"])
    # A fresh copy, since the key depends on how a frame is laid out in memory.
    real = real._replace(X=real.X.copy())
    try:
        return cached(real, groups, memory=memory, verbose=verbose, **arguments)
    except PicklingError as error:
        raise ValueError(
            f"memory={memory!r} cannot keep this feedback: {error.args[0]}. Name "
            "the functions in downstream, objective and scoring, or memory=None."
        ) from error


def goal_of(resampler, labels, n_groups):
    """Read a resampler's goal, and refuse what training would stumble over later.

    Parameters
    ----------
    resampler : FairSynthResampler
        Its parameters are read.
    labels : list of length n_classes
        The classes.
    n_groups : int
        How many groups there are.

    Returns
    -------
    FairUtility
        What the feedback measures.

    Raises
    ------
    ValueError
        When `downstream` is a class, `pos_label` none, a callable objective returns no
        loss, or a name is unknown.
    """
    downstream, objective = resampler.downstream, resampler.objective
    if isinstance(downstream, type):
        raise ValueError(
            f"downstream={downstream.__name__} is a class; give an instance, "
            f"{downstream.__name__}()."
        )
    needs_loss = resampler.fairness_weight > 0 or downstream is not None
    if callable(objective) and needs_loss:
        check_objective(objective, n_groups=n_groups)
    positives = positive_classes(resampler.pos_label, labels)
    return fair_utility(resampler.utility, objective, resampler.scoring, positives)


def positive_classes(pos_label, labels):
    """Find the classes that count as positive, each in turn.

    Parameters
    ----------
    pos_label : object or None
        The user's; None stands for the second of two, and of more for each.
    labels : list of length n_classes
        The classes.

    Returns
    -------
    list of int
        Positions in `labels`.

    Raises
    ------
    ValueError
        When `pos_label` is no class.
    """
    if pos_label is None:
        return [1] if len(labels) == 2 else list(range(len(labels)))
    if pos_label not in labels:
        raise ValueError(f"pos_label={pos_label!r} is none of {labels}.")
    return [labels.index(pos_label)]


def fair_utility(utility, objective, scoring, positives):
    """Read what the user wants: FairUtility.

    Parameters
    ----------
    utility : str or callable
        A scorer.
    objective : str or callable
        What is unfair, where `scoring` is None.
    scoring : str, list of str, callable or None
        What is fair.
    positives : list of int
        The classes that count as positive.

    Raises
    ------
    ValueError
        When a name is unknown.
    """
    get_scorer(utility)
    if scoring is None and callable(objective):
        fairness = ObjectiveScorer(objective)
    elif scoring is None:
        fairness = [objective]
    elif isinstance(scoring, str) and scoring not in FAIRNESS:
        fairness = get_scorer(scoring)
    else:
        fairness = [scoring] if isinstance(scoring, str) else scoring
    if isinstance(fairness, list | tuple):
        fairness = list(fairness)
        unknown = [name for name in fairness if name not in FAIRNESS]
        if unknown or not fairness:
            raise ValueError(
                f"scoring={scoring!r} names {quote(unknown) or 'nothing'}; a list is "
                f"made of {quote(FAIRNESS)}. Other scorers are given alone."
            )
    return FairUtility(utility, fairness, positives)
