"""Torch's randomness from a scikit-learn random state, the caller's untouched."""

from contextlib import contextmanager
from threading import RLock

import numpy as np
import torch

from fairsample.training.estimator_seeds import draw_seed
from fairsample.training.threads import worker_threads

__all__ = ["numbered_generator", "one_at_a_time", "seeded", "torch_generator"]


_global_generators = RLock()  # torch has one for all threads of a process


def one_at_a_time():
    """Let threads of a process take turns inside a block: a context manager."""
    return _global_generators


@contextmanager
def seeded(seed, device="cpu"):
    """Seed torch's global generators inside a block and restore them after it.

    Threads of one process take turns, as each would disturb the others' draws, and
    leave the other workers of the process their cores.

    Parameters
    ----------
    seed : int
        The seed.
    device : str or torch.device, default="cpu"
        Where the work runs: only its generator is saved beside the CPU's.
    """
    device = torch.device(device)
    gpus = [device] if device.type == "cuda" else []
    forked = torch.random.fork_rng(devices=gpus, device_type="cuda")
    with _global_generators, worker_threads(), forked:
        # torch.manual_seed would seed all GPUs too, which are not restored.
        torch.random.default_generator.manual_seed(seed)
        for gpu in gpus:
            with torch.cuda.device(gpu):
                torch.cuda.manual_seed(seed)
        yield


def torch_generator(random_state, device="cpu"):
    """Make a torch generator of its own, seeded from a scikit-learn random state."""
    return torch.Generator(device).manual_seed(draw_seed(random_state))


def numbered_generator(seed, number):
    """Make the torch generator of one of many parts of the work: each draws apart."""
    drawn = np.random.SeedSequence((seed, number)).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(drawn >> 1))
