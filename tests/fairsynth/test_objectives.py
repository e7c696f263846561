"""Soft rates of groups against numpy, and their gradients against the hard count's."""

import numpy as np
import pytest
import torch

from fairsample.fairsynth.objectives import (
    OBJECTIVES,
    SHARPNESS,
    GroupRates,
    soft_max,
    soft_min,
)


@pytest.fixture(params=[2, 3, 7])
def sample(request):
    """Probabilities, groups and labels of rows; every group has both labels."""
    n_groups = request.param
    rng = np.random.RandomState(n_groups)
    groups = np.repeat(np.arange(n_groups), 40)
    labels = np.tile([0, 1, 0, 0], 10 * n_groups)
    levels = rng.uniform(0.2, 0.8, n_groups)
    probabilities = np.clip(levels[groups] + rng.normal(0, 0.1, len(groups)), 0, 1)
    order = rng.permutation(len(groups))
    return probabilities[order], groups[order], labels[order]


def as_tensors(sample):
    probabilities, groups, labels = map(torch.tensor, sample)
    return probabilities.requires_grad_(), groups, labels


def mean_by_group(probabilities, groups):
    return np.array(
        [probabilities[groups == group].mean() for group in range(groups.max() + 1)]
    )


def weighted(rates, sign):
    weights = np.exp(sign * SHARPNESS * rates)
    return (weights * rates).sum() / weights.sum()


class TestAgainstNumpy:
    def test_selection_rates(self, sample):
        probabilities, groups, _ = sample
        found = OBJECTIVES["disparate_impact"].rates(*as_tensors(sample))
        np.testing.assert_allclose(
            found.detach(), mean_by_group(probabilities, groups), rtol=1e-12
        )

    @pytest.mark.parametrize("name", ["worst_group_tpr", "equal_opportunity"])
    def test_true_positive_rates(self, sample, name):
        probabilities, groups, labels = sample
        positive = labels == 1
        np.testing.assert_allclose(
            OBJECTIVES[name].rates(*as_tensors(sample)).detach(),
            mean_by_group(probabilities[positive], groups[positive]),
            rtol=1e-12,
        )

    def test_losses(self, sample):
        probabilities, groups, _ = sample
        rates = mean_by_group(probabilities, groups)
        lowest, highest = weighted(rates, -1), weighted(rates, 1)
        for name, expected in (
            ("disparate_impact", 1 - lowest / highest),
            ("worst_group_tpr", 1 - lowest),
            ("equal_opportunity", highest - lowest),
        ):
            found = OBJECTIVES[name].loss(torch.tensor(rates)).item()
            assert found == pytest.approx(expected, rel=1e-12)


def test_soft_extremes_are_near_the_extremes():
    rates = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)
    assert soft_min(rates).item() == pytest.approx(0.1, abs=1e-3)
    assert soft_max(rates).item() == pytest.approx(0.9, abs=1e-3)
    equal = torch.full((5,), 0.3, dtype=torch.float64)
    assert soft_min(equal).item() == pytest.approx(0.3)
    assert soft_max(equal).item() == pytest.approx(0.3)


@pytest.mark.parametrize("name", ["disparate_impact", "equal_opportunity"])
@pytest.mark.parametrize("n_groups", [1, 2, 6])
def test_equal_rates_are_fair(name, n_groups):
    rates = torch.full((n_groups,), 0.4, requires_grad=True)
    loss = OBJECTIVES[name].loss(rates)
    assert loss.item() == pytest.approx(0, abs=1e-6)


def test_a_good_rate_of_every_group_is_fair_to_the_worst():
    loss = OBJECTIVES["worst_group_tpr"].loss
    assert loss(torch.ones(3)).item() == pytest.approx(0, abs=1e-6)
    assert loss(torch.tensor([1.0, 1.0, 0.2])).item() == pytest.approx(0.8, abs=1e-3)


def test_rates_of_zero_stay_finite():
    rates = torch.zeros(3, requires_grad=True)
    for objective in OBJECTIVES.values():
        loss = objective.loss(rates)
        (gradient,) = torch.autograd.grad(loss, rates)
        assert loss.isfinite()
        assert gradient.isfinite().all()


class TestGradient:
    def test_of_the_hard_count_is_zero(self, sample):
        """Why rates are soft: a count of probabilities above one half does not move."""
        probabilities, groups, _ = as_tensors(sample)
        counts = (probabilities > 0.5).double() + 0 * probabilities
        rates = torch.stack([counts[groups == g].mean() for g in groups.unique()])
        assert rates.min() < rates.max()
        OBJECTIVES["disparate_impact"].loss(rates).backward()
        assert probabilities.grad.eq(0).all()

    @pytest.mark.parametrize("name", OBJECTIVES)
    def test_of_soft_rates_lifts_the_lowest_group(self, sample, name):
        probabilities, groups, labels = as_tensors(sample)
        objective = OBJECTIVES[name]
        rates = objective.rates(probabilities, groups, labels)
        objective.loss(rates).backward()
        counted = labels == 1 if objective.of_positives else labels >= 0
        lowest = counted & (groups == rates.argmin())
        assert (probabilities.grad[lowest] < 0).all()
        assert probabilities.grad[~counted].eq(0).all()
        if name != "worst_group_tpr":
            highest = counted & (groups == rates.argmax())
            assert (probabilities.grad[highest] > 0).all()

    @pytest.mark.parametrize("name", OBJECTIVES)
    def test_descent_makes_rates_fair(self, name):
        logits = torch.tensor([-2.0, -0.5, 1.0, 1.5]).repeat_interleave(10)
        groups = torch.arange(4).repeat_interleave(10)
        logits.requires_grad_()
        optimizer = torch.optim.Adam([logits], lr=0.1)
        for _ in range(150):
            rates = OBJECTIVES[name].rates(
                logits.sigmoid(), groups, torch.ones_like(groups)
            )
            optimizer.zero_grad()
            OBJECTIVES[name].loss(rates).backward()
            optimizer.step()
        if name == "worst_group_tpr":
            assert rates.min() > 0.9
        else:
            assert rates.min() / rates.max() > 0.95


class TestGroupsWithoutPositives:
    """A small group may have no positive row in a batch."""

    GROUPS = torch.tensor([0, 0, 1, 1, 2, 2])

    @pytest.mark.parametrize("missing", [0, 1, 2])
    def test_rate_is_undefined_and_not_zero(self, missing):
        probabilities = torch.full((6,), 0.6, requires_grad=True)
        labels = (missing != self.GROUPS).long()
        rates = OBJECTIVES["worst_group_tpr"].rates(probabilities, self.GROUPS, labels)
        assert rates.isnan().tolist() == [group == missing for group in range(3)]

    @pytest.mark.parametrize("missing", [0, 1, 2])
    @pytest.mark.parametrize("name", ["worst_group_tpr", "equal_opportunity"])
    def test_running_rate_stands_in(self, name, missing):
        objective, running = OBJECTIVES[name], GroupRates()
        running.update(torch.tensor([0.3, 0.5, 0.7]))
        probabilities = torch.full((6,), 0.6, requires_grad=True)
        labels = (missing != self.GROUPS).long()
        rates = running.update(objective.rates(probabilities, self.GROUPS, labels))
        expected = 0.8 * torch.tensor([0.3, 0.5, 0.7]) + 0.2 * 0.6
        expected[missing] = [0.3, 0.5, 0.7][missing]
        torch.testing.assert_close(rates.detach(), expected)
        objective.loss(rates).backward()
        assert probabilities.grad.isfinite().all()
        assert probabilities.grad[labels == 0].eq(0).all()
        assert probabilities.grad[labels == 1].ne(0).any()

    def test_before_its_first_rate_a_group_is_not_seen(self):
        running = GroupRates()
        first = torch.tensor([0.3, torch.nan, 0.7], requires_grad=True)
        seen = running.update(first)
        assert seen.tolist() == pytest.approx([0.3, 0.7])
        OBJECTIVES["equal_opportunity"].loss(seen).backward()
        assert first.grad.tolist()[1] == 0
        assert first.grad.isfinite().all()
        assert running.update(torch.tensor([0.3, 0.5, 0.7])).tolist() == pytest.approx(
            [0.3, 0.5, 0.7]
        )

    def test_no_group_has_one(self):
        objective, running = OBJECTIVES["worst_group_tpr"], GroupRates()
        probabilities = torch.full((6,), 0.6, requires_grad=True)
        labels = torch.zeros(6, dtype=torch.long)
        seen = running.update(objective.rates(probabilities, self.GROUPS, labels))
        assert len(seen) == 0
        assert objective.loss(seen).isfinite()


class TestRunningRates:
    def test_first_values_are_the_rates(self):
        rates = torch.tensor([0.2, 0.6])
        assert GroupRates().update(rates).tolist() == pytest.approx([0.2, 0.6])

    def test_values_are_smoothed_over_steps(self):
        running, expected = GroupRates(momentum=0.75), np.array([0.2, 0.6])
        running.update(torch.tensor(expected))
        for rates in ([0.4, 0.0], [1.0, 0.3], [0.0, 0.9]):
            expected = 0.75 * expected + 0.25 * np.array(rates)
            found = running.update(torch.tensor(rates, dtype=torch.float64))
            np.testing.assert_allclose(found, expected, rtol=1e-12)

    def test_gradients_are_not(self):
        running = GroupRates()
        for _ in range(3):
            rates = torch.tensor([0.4, 0.9], requires_grad=True)
            (running.update(rates) * torch.tensor([1.0, 3.0])).sum().backward()
            assert rates.grad.tolist() == [1, 3]

    def test_steps_do_not_hold_on_to_each_other(self):
        running = GroupRates()
        for _ in range(2):
            rates = torch.tensor([0.4], requires_grad=True)
            running.update(rates)
            assert not running.running.requires_grad
