"""Where torch works."""

import torch

__all__ = ["choose_device"]


def choose_device(device):
    """Resolve "auto" to a GPU where there is one, else to the CPU.

    Parameters
    ----------
    device : str
        "auto", or what torch takes.

    Returns
    -------
    str
        What torch takes.
    """
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"
