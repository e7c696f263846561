"""Where torch works."""

import torch

__all__ = ["check_device", "choose_device"]


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


def check_device(device):
    """Refuse what is neither "auto" nor a device that torch can use here.

    Parameters
    ----------
    device : str
        "auto", or what torch takes.

    Raises
    ------
    ValueError
        If torch does not know the device or cannot use it.
    """
    try:
        torch.empty(0, device=choose_device(device))
    except (RuntimeError, AssertionError) as error:
        raise ValueError(
            f"device={device!r} cannot be used: {str(error).splitlines()[0]} "
            "Take 'auto', 'cpu' or 'cuda'."
        ) from None
