"""Results come in order, or as they are there, whichever backend makes the calls."""

import time

import pytest
from joblib import parallel_config
from joblib.parallel import ThreadingBackend

from fairsample.parallel_calls import results_of_calls


def wait(number, seconds):
    time.sleep(seconds)
    return number


def test_calls_are_made_as_results_are_asked_for():
    made = []
    results = iter(results_of_calls(made.append, [(0,), (1,), (2,)]))
    assert made == []
    next(results)
    assert made == [0]
    assert list(results) == [None, None]
    assert made == [0, 1, 2]


@pytest.mark.parametrize("one_by_one", [True, False])
def test_in_order(one_by_one, monkeypatch):
    """Some backends, such as that of Ray, only know how to give all at once."""
    monkeypatch.setattr(ThreadingBackend, "supports_return_generator", one_by_one)
    with parallel_config("threading", n_jobs=2):
        results = results_of_calls(pow, [(2, n) for n in range(5)])
    assert isinstance(results, list) != one_by_one
    assert list(results) == [1, 2, 4, 8, 16]


def test_as_they_come():
    calls = [("slow", 0.5), ("fast", 0.0)]
    with parallel_config("threading", n_jobs=2):
        results = list(results_of_calls(wait, calls, in_order=False))
    assert results == ["fast", "slow"]


def test_errors_are_raised():
    with pytest.raises(ZeroDivisionError):
        list(results_of_calls(divmod, [(1, 1), (1, 0)]))
