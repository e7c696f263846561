"""Fast products inside a block, and the user's setting after it."""

import threading

import pytest
import torch

from fairsample.training.precision import fast_matmul


@pytest.fixture(autouse=True)
def highest():
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    yield
    torch.set_float32_matmul_precision(before)


def test_nested_and_after_an_error():
    with pytest.raises(KeyError), fast_matmul():
        with fast_matmul():
            pass
        assert torch.get_float32_matmul_precision() == "medium"
        raise KeyError
    assert torch.get_float32_matmul_precision() == "highest"


def test_what_the_user_chose_stays():
    torch.set_float32_matmul_precision("high")
    with fast_matmul():
        assert torch.get_float32_matmul_precision() == "high"
    assert torch.get_float32_matmul_precision() == "high"


def test_threads_that_overlap():
    inside, may_end = threading.Event(), threading.Event()

    def work():
        with fast_matmul():
            inside.set()
            may_end.wait(10)

    other = threading.Thread(target=work)
    with fast_matmul():
        other.start()
        inside.wait(10)
    assert torch.get_float32_matmul_precision() == "medium"
    may_end.set()
    other.join()
    assert torch.get_float32_matmul_precision() == "highest"
