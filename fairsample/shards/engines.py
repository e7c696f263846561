"""What spreads tasks over processes and machines."""

from joblib import parallel_config

from fairsample.messages import quote
from fairsample.parallel_calls import results_of_calls

__all__ = ["ENGINES", "check_engine", "run_on_engine"]

ENGINES = ("local", "dask", "ray")


def check_engine(engine):
    """Refuse an engine that is unknown, not installed or not running.

    Parameters
    ----------
    engine : {"local", "dask", "ray"}
        The engine.

    Raises
    ------
    ValueError
        If it is none of these, or no cluster is connected to.
    ImportError
        If it is not installed.

    Examples
    --------
    >>> from fairsample.shards.engines import check_engine
    >>> check_engine("spark")
    Traceback (most recent call last):
    ...
    ValueError: engine='spark' is none of 'local', 'dask', 'ray'.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine={engine!r} is none of {quote(ENGINES)}.")
    if engine == "dask":
        _check_dask()
    if engine == "ray":
        _check_ray()


def _check_dask():
    try:
        from distributed import get_client
    except ImportError as error:
        raise ImportError(
            "engine='dask' needs dask: pip install 'dask[distributed]'"
        ) from error
    try:
        get_client()
    except ValueError as error:
        raise ValueError(
            "engine='dask' finds no cluster. Connect to one first: "
            "client = distributed.Client(address)."
        ) from error


def _check_ray():
    try:
        import ray
        from ray.util.joblib import register_ray
    except ImportError as error:
        raise ImportError("engine='ray' needs ray: pip install ray") from error
    if not ray.is_initialized():
        raise ValueError(
            "engine='ray' finds no cluster. Connect to one first: ray.init(address)."
        )
    register_ray()


def run_on_engine(engine, task, arguments, *, n_jobs=None):
    """Run a task with each of some arguments, and give what it returns as it comes.

    Parameters
    ----------
    engine : {"local", "dask", "ray"}
        What passed `check_engine`: processes of this machine, or joblib's backend of
        that name.
    task : bound method
        Which can be pickled; its object is sent to each worker of a Dask cluster once.
    arguments : iterable of tuple
        Those of each call.
    n_jobs : int, default=None
        How many at a time, as in joblib. None: one in this process for "local", as
        many as the cluster takes for others.

    Yields
    ------
    result : object
        In the order in which calls end; for "ray" in that of `arguments`.

    Examples
    --------
    >>> from fairsample.shards import run_on_engine
    >>> sorted(run_on_engine("local", {"a": 2, "b": 4}.get, [("a",), ("b",)]))
    [2, 4]
    """
    backend = {"backend": "loky" if engine == "local" else engine}
    if engine == "dask":
        backend["scatter"] = [task.__self__]
    if n_jobs is None:
        n_jobs = 1 if engine == "local" else -1
    calls = ((task.__self__, task.__name__, given) for given in arguments)
    with parallel_config(**backend, n_jobs=n_jobs, max_nbytes=None):
        results = results_of_calls(_call, calls, in_order=False)
    yield from results


def _call(owner, method, arguments):
    return getattr(owner, method)(*arguments)
