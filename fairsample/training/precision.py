"""How precisely matrices are multiplied where rows are only drawn."""

from contextlib import contextmanager

import torch

from fairsample.training.seeding import one_at_a_time

__all__ = ["fast_matmul"]


@contextmanager
def fast_matmul():
    """Let torch round the factors of float32 products to bfloat16 inside a block.

    Sums stay in float32. Where the processor has no such products nothing changes,
    nor where the user has chosen a precision, by whichever of torch's settings. These
    count for all threads of a process: none trains or draws meanwhile, and they are as
    before when the block ends.

    Examples
    --------
    >>> import torch
    >>> from fairsample.training.precision import fast_matmul
    >>> with fast_matmul():
    ...     torch.get_float32_matmul_precision()
    'medium'
    >>> torch.get_float32_matmul_precision()
    'highest'
    """
    with one_at_a_time():
        before = _settings()
        if before is None:
            yield
            return
        torch.set_float32_matmul_precision("medium")
        try:
            yield
        finally:
            torch.set_float32_matmul_precision("highest")
            for backend, precision in before.items():
                backend.fp32_precision = precision


def _settings():
    """Read what torch does by backend: a dict; None where the user has chosen."""
    try:
        if torch.get_float32_matmul_precision() != "highest":
            return None
    except RuntimeError:  # chosen by backend
        return None
    backends = (
        getattr(getattr(torch.backends, name), "matmul", None)
        for name in ("mkldnn", "cuda")
    )
    return {b: b.fp32_precision for b in backends if hasattr(b, "fp32_precision")}
