"""Torch's randomness from a scikit-learn random state, the caller's untouched."""

from contextlib import contextmanager

import torch

from fairsample.training.estimator_seeds import draw_seed

__all__ = ["seeded", "torch_generator"]


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
