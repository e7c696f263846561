"""Torch's randomness from a scikit-learn random state, the caller's untouched."""

from contextlib import contextmanager

import numpy as np
import torch
from sklearn.base import clone
from sklearn.utils import check_random_state

__all__ = ["draw_seed", "seeded", "seeded_clone", "torch_generator"]


def draw_seed(random_state):
    """Draw one seed for torch from a scikit-learn random state.

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
    if random_state is None:  # check_random_state would take numpy's global stream
        random_state = np.random.RandomState()
    return int(check_random_state(random_state).randint(2**31 - 1))


@contextmanager
def seeded(seed, device="cpu"):
    """Seed torch's global generators inside a block and restore them after it.

    Parameters
    ----------
    seed : int
        The seed.
    device : str or torch.device, default="cpu"
        Where the work runs: only its generator is saved beside the CPU's.
    """
    device = torch.device(device)
    gpus = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=gpus, device_type="cuda"):
        # torch.manual_seed would seed all GPUs too, which are not restored.
        torch.random.default_generator.manual_seed(seed)
        for gpu in gpus:
            with torch.cuda.device(gpu):
                torch.cuda.manual_seed(seed)
        yield


def torch_generator(random_state, device="cpu"):
    """Make a torch generator of its own, seeded from a scikit-learn random state."""
    return torch.Generator(device).manual_seed(draw_seed(random_state))


def seeded_clone(estimator, random_state):
    """Clone an estimator and seed every part of it that has no seed of its own."""
    estimator = clone(estimator)
    unset = [
        name
        for name, value in sorted(estimator.get_params(deep=True).items())
        if value is None and name.split("__")[-1] == "random_state"
    ]
    return estimator.set_params(**{name: draw_seed(random_state) for name in unset})
