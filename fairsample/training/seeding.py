"""Torch's randomness from a scikit-learn random state, the caller's untouched."""

from contextlib import contextmanager

import torch
from sklearn.utils import check_random_state

__all__ = ["draw_seed", "seeded", "torch_generator"]


def draw_seed(random_state):
    """Draw one seed for torch from a scikit-learn random state.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        Where the seed comes from; a RandomState advances by one draw.

    Returns
    -------
    int
        Between 0 and 2**31 - 2.
    """
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
    with torch.random.fork_rng(
        devices=[device] if device.type == "cuda" else [], device_type="cuda"
    ):
        torch.manual_seed(seed)
        yield


def torch_generator(random_state, device="cpu"):
    """Make a torch generator of its own, seeded from a scikit-learn random state."""
    return torch.Generator(device).manual_seed(draw_seed(random_state))
