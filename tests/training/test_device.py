import pytest
import torch

from fairsample.training.device import check_device, choose_device


@pytest.mark.parametrize(("gpu", "expected"), [(True, "cuda"), (False, "cpu")])
def test_auto_takes_a_gpu_where_there_is_one(monkeypatch, gpu, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    assert choose_device("auto") == expected


@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:1", "meta"])
def test_what_was_asked_for_is_taken(monkeypatch, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: device == "cpu")
    assert choose_device(device) == device


@pytest.mark.parametrize("device", ["auto", "cpu", "meta"])
def test_devices_that_can_be_used(device):
    check_device(device)


@pytest.mark.parametrize("device", ["gpu", "", "cuda:99", "cpu:cpu"])
def test_devices_that_cannot(device):
    with pytest.raises(ValueError, match=f"device='{device}' cannot be used: .*'auto'"):
        check_device(device)
