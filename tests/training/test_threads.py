"""Threads are lowered inside a block, never raised, and are what they were after it."""

import threading

import pytest
import torch
from threadpoolctl import threadpool_info

from fairsample.training.threads import at_most_threads, worker_threads


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def largest():
    """The most threads that any library may take."""
    counts = [library["num_threads"] for library in threadpool_info()]
    return max([torch.get_num_threads(), *counts])


def test_are_lowered_and_restored():
    before = largest()
    with at_most_threads(1):
        assert largest() == 1
    assert torch.get_num_threads() == 2
    assert largest() == before


def test_are_never_raised():
    torch.set_num_threads(1)
    with at_most_threads(2):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 1


def test_no_limit_changes_nothing():
    before = largest()
    with at_most_threads(None), worker_threads():
        assert largest() == before


def test_the_lower_of_two_limits_holds():
    with at_most_threads(2), at_most_threads(1):
        assert torch.get_num_threads() == 1
    with at_most_threads(1), at_most_threads(2):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


def test_restored_after_an_error():
    with pytest.raises(RuntimeError, match="stop"), at_most_threads(1):
        raise RuntimeError("stop")
    assert torch.get_num_threads() == 2


def test_blocks_of_threads_that_overlap():
    """The one that began first ends first: its end lifts no limit of the other."""
    begun, ended = threading.Event(), threading.Event()
    found = []

    def other():
        begun.wait(10)
        with at_most_threads(1):
            ended.set()
            first.join(10)
            found.append(torch.get_num_threads())

    def one():
        with at_most_threads(1):
            begun.set()
            ended.wait(10)

    first, second = threading.Thread(target=one), threading.Thread(target=other)
    first.start()
    second.start()
    second.join(10)
    assert found == [1]
    assert torch.get_num_threads() == 2
