"""Seeds from a scikit-learn random state, and estimators that are given them."""

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from fairsample.training.nested_parameters import (
    parameters_named,
    set_parameters_named,
)

__all__ = ["clone_with_one_seed", "clone_with_own_seeds", "draw_seed", "stream_of"]


def stream_of(random_state):
    """Read a random state as scikit-learn does, but None as a stream of its own.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        An instance is returned as it is; scikit-learn takes None for numpy's global
        stream, which is the caller's.

    Returns
    -------
    RandomState
        What draws.
    """
    if random_state is None:
        return np.random.RandomState()
    return check_random_state(random_state)


def draw_seed(random_state):
    """Draw one seed from a scikit-learn random state.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        Where the seed comes from; a RandomState advances by one draw, None is a new
        one.

    Returns
    -------
    int
        Between 0 and 2**31 - 2.
    """
    return int(stream_of(random_state).randint(2**31 - 1))


def clone_with_one_seed(estimator, seed):
    """Clone an estimator and give the same seed to all that is random in it.

    Parameters
    ----------
    estimator : estimator
        Anything with `get_params`.
    seed : int
        The value of every `random_state`, whatever it was.

    Returns
    -------
    estimator
        The clone.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> clone_with_one_seed(DecisionTreeClassifier(random_state=0), 3)
    DecisionTreeClassifier(random_state=3)
    """
    return set_parameters_named(clone(estimator), "random_state", seed)


def clone_with_own_seeds(estimator, random_state):
    """Clone an estimator, seeds included, and draw one for each part without.

    Parameters
    ----------
    estimator : estimator
        Anything with `get_params`.
    random_state : int, RandomState instance or None
        A RandomState advances by one draw for each `random_state` that is None.

    Returns
    -------
    estimator
        The clone.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> clone_with_own_seeds(DecisionTreeClassifier(random_state=3), 0)
    DecisionTreeClassifier(random_state=3)
    >>> clone_with_own_seeds(DecisionTreeClassifier(), 0)
    DecisionTreeClassifier(random_state=209652396)
    """
    estimator = clone(estimator)
    unset = sorted(parameters_named(estimator, "random_state", unset=True))
    return estimator.set_params(**{key: draw_seed(random_state) for key in unset})
