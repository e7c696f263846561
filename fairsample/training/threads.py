"""How many threads a piece of work takes, where it runs beside others."""

import sys
import threading
from contextlib import ExitStack, contextmanager

from joblib import cpu_count
from joblib.parallel import get_active_backend
from threadpoolctl import threadpool_info, threadpool_limits

__all__ = ["at_most_threads", "threads_of_worker", "worker_threads"]

_lock = threading.Lock()
_in_force, _undo = [], ExitStack()


@contextmanager
def at_most_threads(limit):
    """Let torch, BLAS and OpenMP use at most so many threads inside a block.

    What was set before is never raised. It holds again when the last such block of
    this process has ended, as these libraries count for all threads of a process.

    Parameters
    ----------
    limit : int or None
        Threads, at least 1. None changes nothing.

    Examples
    --------
    >>> import torch
    >>> from fairsample.training.threads import at_most_threads
    >>> with at_most_threads(1):
    ...     torch.get_num_threads()
    1
    """
    if limit is None:
        yield
        return
    with _lock:
        _in_force.append(limit)
        _lower(limit)
    try:
        yield
    finally:
        with _lock:
            _in_force.remove(limit)
            if not _in_force:
                _undo.close()


def worker_threads():
    """Keep to this worker's share of the cores inside a block: a context manager.

    Examples
    --------
    >>> from fairsample.training.threads import worker_threads
    >>> with worker_threads():
    ...     pass
    """
    return at_most_threads(threads_of_worker())


def threads_of_worker():
    """Tell this worker's share of the cores, if it runs in a thread beside others.

    A process of its own needs no share: joblib and Dask start it with limits.

    Returns
    -------
    int or None
        Of a thread of a Dask worker, the cores by its threads; of a thread of joblib,
        1. None elsewhere.

    Examples
    --------
    >>> from fairsample.training.threads import threads_of_worker
    >>> threads_of_worker() is None
    True
    """
    if threading.current_thread() is threading.main_thread():
        return None
    distributed = sys.modules.get("distributed")
    if distributed is not None:
        try:
            n_threads = distributed.get_worker().state.nthreads
        except ValueError:  # no thread of a worker
            pass
        else:
            return max(cpu_count() // n_threads, 1)
    backend, _ = get_active_backend()
    return 1 if backend.nesting_level else None


def _lower(limit):
    """Lower what is above the limit, and note how it was."""
    above = {
        library["prefix"]: limit
        for library in threadpool_info()
        if library["num_threads"] > limit
    }
    torch = sys.modules.get("torch")  # without it there is nothing to set
    if torch is not None and torch.get_num_threads() > limit:
        _undo.callback(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(limit)
    if above:
        _undo.enter_context(threadpool_limits(above))
