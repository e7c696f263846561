"""Fast products inside a block, and the user's setting after it."""

import threading

import pytest
import torch

from fairsample.training.precision import fast_matmul
from fairsample.training.seeding import seeded


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


def test_threads_take_turns_with_training():
    """What is trained in another thread is not trained with rounded factors."""
    found, inside = [], threading.Event()

    def train():
        inside.wait(10)
        with seeded(0):
            found.append(torch.get_float32_matmul_precision())

    other = threading.Thread(target=train)
    other.start()
    with fast_matmul():
        inside.set()
        other.join(0.2)
        assert not found
    other.join(10)
    assert found == ["highest"]


backends = pytest.mark.skipif(
    not hasattr(torch.backends.mkldnn, "matmul"), reason="needs a newer torch"
)


@backends
def test_settings_of_backends_come_back():
    matmul = torch.backends.mkldnn.matmul, torch.backends.cuda.matmul
    before = [backend.fp32_precision for backend in matmul]
    with fast_matmul():
        assert matmul[0].fp32_precision == "bf16"
    assert [backend.fp32_precision for backend in matmul] == before


@backends
def test_what_the_user_chose_by_backend_stays():
    matmul = torch.backends.mkldnn.matmul
    before, matmul.fp32_precision = matmul.fp32_precision, "bf16"
    try:
        with fast_matmul():
            assert matmul.fp32_precision == "bf16"
        assert matmul.fp32_precision == "bf16"
    finally:
        matmul.fp32_precision = before
