"""Calls of a function spread by joblib, over processes or a cluster."""

from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel, delayed

__all__ = ["results_of_calls"]


def results_of_calls(function, arguments, *, n_jobs=None, in_order=True):
    """Call a function with each of some arguments, and give the results as they come.

    What runs the calls is joblib's active backend, ``joblib.parallel_config``; without
    one it is this process, which makes a call when its result is asked for.

    Parameters
    ----------
    function : callable
        Which can be pickled.
    arguments : iterable of tuple
        Those of each call.
    n_jobs : int, default=None
        How many at a time, as in joblib.
    in_order : bool, default=True
        Whether results come in the order of `arguments`, or as soon as they are there.

    Returns
    -------
    iterable
        The results; a list of them where the backend only knows how to give all.

    Examples
    --------
    >>> from fairsample.parallel_calls import results_of_calls
    >>> list(results_of_calls(pow, [(2, 3), (3, 2)]))
    [8, 9]
    """
    backend, _ = get_active_backend()
    return_as = "generator" if in_order else "generator_unordered"
    if not backend.supports_return_generator:
        return_as = "list"
    parallel = Parallel(n_jobs=n_jobs, return_as=return_as)
    return parallel(delayed(function)(*given) for given in arguments)
