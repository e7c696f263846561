"""A share of activations is dropped, the mean stays."""

import pytest
import torch

from fairsample.autoregressive import ByteDropout
from fairsample.training.seeding import seeded


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("shape", [(301, 333), (99_999,)])
def test_share_and_mean(share, shape):
    with seeded(0):
        found = ByteDropout(share)(torch.ones(shape))
    dropped = round(256 * share) / 256
    error = (dropped * (1 - dropped) / found.numel()) ** 0.5
    assert float((found == 0).double().mean()) == pytest.approx(dropped, abs=4 * error)
    assert float(found.max()) == pytest.approx(1 / (1 - dropped))
    assert found.shape == shape


def test_neighbours_are_dropped_independently():
    with seeded(0):
        kept = ByteDropout(0.5)(torch.ones(200_000)) > 0
    for lag in range(1, 17):
        both = float((kept[lag:] & kept[:-lag]).double().mean())
        assert both == pytest.approx(0.25, abs=0.005)


def test_gradient_goes_where_activations_went():
    activations = torch.ones(1000, requires_grad=True)
    with seeded(0):
        found = ByteDropout(0.3)(activations)
    found.sum().backward()
    assert activations.grad.equal(found.detach())


@pytest.mark.parametrize("share", [0.0, 0.001])
def test_none(share):
    activations = torch.randn(50)
    assert ByteDropout(share)(activations) is activations


def test_all():
    assert ByteDropout(1.0)(torch.ones(50)).eq(0).all()


def test_not_in_evaluation():
    activations = torch.randn(50)
    assert ByteDropout(0.5).eval()(activations) is activations


def test_seed_decides():
    drawn = []
    for seed in (0, 0, 1):
        with seeded(seed):
            drawn.append(ByteDropout(0.5)(torch.ones(100)))
    assert drawn[0].equal(drawn[1])
    assert not drawn[0].equal(drawn[2])


def test_type_is_kept():
    half = torch.ones(64, dtype=torch.bfloat16)
    assert ByteDropout(0.5)(half).dtype == torch.bfloat16
