"""Randomness that is the resampler's own."""

import numpy as np
from sklearn.utils import check_random_state

__all__ = ["private_stream"]


def private_stream(random_state):
    """Make a stream that shares no state with the caller's, seeded by theirs.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        The caller's; an instance advances by one draw, None seeds from the system.

    Returns
    -------
    RandomState
        A new one.
    """
    if random_state is None:
        return np.random.RandomState()
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    return np.random.RandomState(seed)
