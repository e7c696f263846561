"""How precisely matrices are multiplied where rows are only drawn."""

import threading
from contextlib import contextmanager

import torch

__all__ = ["fast_matmul"]

_lock = threading.Lock()
_n_inside, _before = 0, "highest"


@contextmanager
def fast_matmul():
    """Let torch round the factors of float32 products to bfloat16 inside a block.

    Sums stay in float32. Where the processor has no such products nothing changes,
    nor where the user has chosen a precision. Torch's setting is one for all threads:
    it is as before when the last such block of the process has ended.

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
    global _n_inside, _before
    with _lock:
        if not _n_inside:
            _before = torch.get_float32_matmul_precision()
            if _before == "highest":
                torch.set_float32_matmul_precision("medium")
        _n_inside += 1
    try:
        yield
    finally:
        with _lock:
            _n_inside -= 1
            if not _n_inside:
                torch.set_float32_matmul_precision(_before)
