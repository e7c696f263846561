"""Where torch works."""

import torch

__all__ = [
    "ACCELERATE",
    "check_device",
    "choose_device",
    "placement",
    "this_process",
    "usable_device",
]

ACCELERATE = "accelerate"  # the processes that `accelerate launch` started, together


def choose_device(device):
    """Resolve "auto" to a GPU where there is one, else to the CPU.

    Parameters
    ----------
    device : str
        "auto", "accelerate" for where accelerate puts this process, or what torch
        takes.

    Returns
    -------
    str
        What torch takes.
    """
    if device == ACCELERATE:
        return str(this_process().device)
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def this_process():
    """Give the accelerator of this process; a caller's own keeps its settings."""
    from accelerate import Accelerator
    from accelerate.state import GradientState

    # A new one sets for all how many steps gradients are gathered.
    return Accelerator(gradient_accumulation_steps=GradientState().num_steps)


def placement(device):
    """Give what a `RecordNet` is to know of where it trains: dict of parameters."""
    return {"device": choose_device(device), "accelerate": device == ACCELERATE}


def usable_device(device):
    """Give a device of another machine if it is here, too, and "auto" if not."""
    try:
        check_device(device)
    except ValueError:
        return "auto"
    return device


def check_device(device, *, shared=False):
    """Refuse what is neither "auto" nor a device that torch can use here.

    Parameters
    ----------
    device : str
        "auto", "accelerate", or what torch takes.
    shared : bool, default=False
        Whether several processes can train this together, under accelerate.

    Raises
    ------
    ValueError
        If torch does not know the device or cannot use it, or accelerate has nothing
        to share here.
    ImportError
        If accelerate is not installed.
    """
    if device == ACCELERATE:
        return _check_accelerate(shared)
    try:
        torch.empty(0, device=choose_device(device))
    except (RuntimeError, AssertionError) as error:
        raise ValueError(
            f"device={device!r} cannot be used: {str(error).splitlines()[0]} "
            "Take 'auto', 'cpu' or 'cuda'."
        ) from None


def _check_accelerate(shared):
    if not shared:
        raise ValueError(
            f"device={ACCELERATE!r}: this is trained in one process. Take 'auto', "
            "'cpu' or 'cuda'."
        )
    try:
        accelerator = this_process()
    except ImportError as error:
        raise ImportError(
            f"device={ACCELERATE!r} needs accelerate: install fairsample-synth[scale]."
        ) from error
    if accelerator.mixed_precision not in ("no", "bf16"):
        raise ValueError(
            f"device={ACCELERATE!r} trains in mixed precision 'bf16' or in none, not "
            f"in {accelerator.mixed_precision!r}: nothing scales the loss here."
        )
    kind = accelerator.distributed_type.value
    if kind != "NO" and not kind.startswith("MULTI_"):
        raise ValueError(
            f"device={ACCELERATE!r} averages gradients over processes that hold the "
            f"whole net each, and was launched as {kind}. Launch with --multi_gpu."
        )
