import numpy as np
import pytest
import torch

from fairsample.predictors import causal_penalty
from fairsample.predictors.causal_penalty import CausalPenalty
from fairsample.predictors.patients import ColumnBatch, PatientBatch
from fairsample.training.seeding import seeded

WEIGHTS = np.array([[-0.5, -0.5, 0.5, 0.5], [0.25, -0.25, 0.25, -0.25]])


class Line(torch.nn.Module):
    def __init__(self, slope=1.0, n_outputs=1):
        super().__init__()
        self.slope = torch.nn.Parameter(torch.full((1, n_outputs), slope))

    def forward(self, batch):
        return batch.inputs["static"].numbers[:, 0] @ self.slope


def rows(values=(-1.0, 0.0, 1.0, 2.0)):
    numbers = torch.tensor(values, dtype=torch.float32).reshape(-1, 1, 1)
    columns = ColumnBatch(torch.empty(len(values), 0, dtype=torch.long), numbers)
    return PatientBatch({"static": columns}, torch.zeros(len(values)))


def penalty(weights=WEIGHTS, targets=None, fairness_weight=2.0, **given):
    targets = np.zeros((len(weights), 1)) if targets is None else targets
    return CausalPenalty(rows(), weights, targets, fairness_weight, **given)


def test_effects_are_weighted_sums_of_probabilities():
    expected = WEIGHTS @ (1 / (1 + np.exp(-np.array([-1, 0, 1, 2]))))
    effects = penalty().effects(Line())
    np.testing.assert_allclose(effects[:, 0], expected, atol=1e-7)


def test_effects_on_every_class():
    effects = penalty(targets=np.zeros((2, 3))).effects(Line(0.5, n_outputs=3))
    assert effects.shape == (2, 3)
    np.testing.assert_allclose(effects.sum(dim=1), 0, atol=1e-7)


def test_distance_is_from_the_targets():
    effects = penalty().effects(Line()).numpy()
    assert penalty(targets=effects).distance(Line()) == pytest.approx(0, abs=1e-6)
    off = penalty(targets=effects + [[0.1], [-0.2]])
    assert off.distance(Line()) == pytest.approx(0.3, abs=1e-6)


def test_tolerance():
    effects = penalty().effects(Line()).numpy()
    off = penalty(targets=effects + [[0.1], [-0.2]], tolerance=0.15)
    assert off.distance(Line()) == pytest.approx(0.05, abs=1e-6)


def test_gradient_pulls_towards_the_target():
    for target, sign in ((0.0, 1), (0.9, -1)):
        line = Line()
        penalty(WEIGHTS[:1], np.array([[target]]))(line).backward()
        assert sign * line.slope.grad.item() > 0.01


def test_multipliers_stay_within_the_weight_and_settle_at_the_target():
    held, line = penalty(WEIGHTS[:1], fairness_weight=0.2), Line()
    for _ in range(100):
        held(line)
    assert held.multipliers.item() == pytest.approx(0.2)
    held = penalty(WEIGHTS[:1], fairness_weight=5.0)
    optimizer = torch.optim.SGD(line.parameters(), lr=0.5)
    for _ in range(1000):
        optimizer.zero_grad()
        (held(line) - 0.3 * line.slope.sum()).backward()  # something pulls away
        optimizer.step()
    assert held.distance(line) == pytest.approx(0, abs=2e-3)
    assert held.multipliers.item() > 0.3


def test_decisions_count_where_asked():
    line = Line(0.1)
    of_one = penalty(of_decisions=np.array([False, True]))
    of_none = penalty()
    assert of_one.multipliers.shape == (3, 1)
    assert of_one.distance(line) > of_none.distance(line)
    far = Line(10.0)  # decisions and probabilities agree
    gap = far(rows())[:, 0].sigmoid().detach().numpy()
    expected = np.abs(WEIGHTS @ gap).sum() + abs(WEIGHTS[1] @ gap)
    assert of_one.distance(far) == pytest.approx(expected, abs=0.02)


def test_many_rows_are_drawn_without_a_bias(monkeypatch):
    monkeypatch.setattr(causal_penalty, "_MOST_ROWS", 500)
    rng = np.random.default_rng(0)
    values = rng.normal(size=2000)
    weights = rng.exponential(size=2000) * np.repeat([-1, 1], 1000)
    weights[:1000] /= -weights[:1000].sum()
    weights[1000:] /= weights[1000:].sum()
    values[1000:] += 1.0
    many = CausalPenalty(
        rows(tuple(values)), weights[np.newaxis], np.zeros((1, 1)), 1.0
    )
    assert len(many._draw_rows()[0]) == 500
    with seeded(0), torch.no_grad():
        drawn = [float(many._gaps(Line(), *many._draw_rows())) for _ in range(100)]
    whole = many.effects(Line()).item()
    assert np.mean(drawn) == pytest.approx(whole, abs=4 * np.std(drawn) / 10)
    assert np.std(drawn) < 0.05
