import gc
import math
import pickle
import weakref
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from skorch.callbacks import EpochScoring
from skorch.dataset import ValidSplit
from test_private_vae import SIZES, make_columns, make_noise

from fairsample.flip import private_training
from fairsample.flip.mechanism import Mechanism
from fairsample.flip.private_training import GroupTreatment, PoissonSteps, PrivateNet
from fairsample.flip.private_vae import PrivateVae, row_losses
from fairsample.flip.secure_noise import SecureNoise
from fairsample.training.seeding import seeded

UNIFORM = Mechanism(
    "gradients", "rows", noise_multiplier=2.0, sample_rate=0.2, n_steps=4
)
BY_GROUP = Mechanism(
    "gradients", "rows", n_steps=4, groups={"F": (0.3, 4.0), "M": (0.05, 1.0)}
)


def make_net(mechanism=UNIFORM, net_class=PrivateNet, **options):
    options = {"module__hide_group": False, "expected_rows": 20.0, **options}
    return net_class(
        PrivateVae,
        module__block_sizes=SIZES,
        module__n_groups=2,
        module__n_classes=3,
        module__n_latents=2,
        module__hidden=5,
        mechanism=mechanism,
        lr=0.05,
        **options,
    )


def quiet(mechanism):
    """The same mechanism with hardly any noise."""
    return Mechanism(
        "gradients",
        "rows",
        noise_multiplier=1e-9,
        sample_rate=mechanism.sample_rate,
        n_steps=mechanism.n_steps,
    )


def flat(gradients):
    return torch.cat([gradient.flatten() for gradient in gradients])


def scaled_module(net, scale):
    with torch.no_grad(), seeded(0):
        for weight in net.module_.parameters():
            weight.copy_(torch.randn_like(weight) * scale)


def change_by_a_row(net, columns, noise):
    """By how much the last row moves the sum of a batch's gradients, in L2 norm."""
    with net._noisy_optimizer():
        net._set_training(True)
        whole = flat(net.clipped_sum(columns, noise))
        without = flat(net.clipped_sum(columns[:-1], noise[:-1]))
    return float((whole - without).double().norm())


class UnclippedNet(PrivateNet):
    """A net that forgets to clip: what the test of sensitivity must see."""

    def clipped_sum(self, columns, noise):
        self.hooks_.disable_hooks()
        losses = row_losses(self.module_, columns, noise, self.beta)
        gradients = torch.autograd.grad(losses.sum(), list(self.module_.parameters()))
        self.hooks_.enable_hooks()
        return list(gradients)


class CoupledNet(PrivateNet):
    """A net with a loss that couples the rows of a batch, each of them clipped."""

    def clipped_sum(self, columns, noise):
        group = columns[:, 0].bool()
        module, clip = self.module_, self.max_grad_norm
        self.hooks_.disable_hooks()

        def gap():
            mean = module(columns, noise).mean
            return (mean[group].mean(0) - mean[~group].mean(0)).norm()

        parameters = list(module.parameters())
        total = [torch.zeros_like(weight) for weight in parameters]
        losses = row_losses(module, columns, noise, self.beta)
        for i in range(len(columns)):
            each = losses[i] + len(columns) * gap()
            of_row = torch.autograd.grad(each, parameters, retain_graph=True)
            norm = torch.cat([g.flatten() for g in of_row]).norm()
            for one, gradient in zip(total, of_row, strict=True):
                one += gradient * min(1.0, clip / float(norm))
        self.hooks_.enable_hooks()
        return total


class TestSensitivity:
    @pytest.mark.parametrize("hide_group", [False, True])
    @pytest.mark.parametrize("beta", [0.0, 1.0, 50.0])
    @pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
    def test_a_row_moves_the_sum_by_its_clip_at_most(self, hide_group, beta, scale):
        net = make_net(module__hide_group=hide_group, beta=beta, max_grad_norm=0.7)
        scaled_module(net.initialize(), scale)
        columns, noise = make_columns(65), make_noise(65)
        noise[-1] *= 40
        assert change_by_a_row(net, columns, noise) <= 0.7 * (1 + 1e-5) + 1e-5

    def test_a_row_of_each_group_moves_it_by_its_groups_clip(self):
        columns, noise = make_columns(33), make_noise(33)
        for group, clip in enumerate([0.25, 1.0]):
            net = make_net(BY_GROUP)
            scaled_module(net.initialize(), 3.0)
            columns[-1, 0] = group
            change = change_by_a_row(net, columns, noise)
            assert change == pytest.approx(clip, rel=1e-3)

    @pytest.mark.parametrize("mutant", [UnclippedNet, CoupledNet])
    def test_mutants_are_moved_further(self, mutant):
        net = make_net(net_class=mutant)
        scaled_module(net.initialize(), 3.0)
        columns, noise = make_columns(33), make_noise(33)
        noise[-1] *= 40
        assert change_by_a_row(net, columns, noise) > 1.2

    def test_the_sum_is_that_of_each_rows_own_clipped_gradient(self):
        net = make_net(module__hide_group=True)
        scaled_module(net.initialize(), 0.3)
        columns, noise = make_columns(7), make_noise(7)
        parameters, expected = list(net.module_.parameters()), 0
        for i in range(7):
            loss = row_losses(net.module_, columns[i : i + 1], noise[i : i + 1])
            gradient = flat(torch.autograd.grad(loss.sum(), parameters))
            expected = expected + gradient * min(1.0, 1.0 / float(gradient.norm()))
        with net._noisy_optimizer():
            net._set_training(True)
            total = flat(net.clipped_sum(columns, noise))
        assert torch.allclose(total, expected, atol=1e-5)

    def test_a_row_that_is_not_finite_is_left_out(self):
        net = make_net().initialize()
        columns, noise = make_columns(5), make_noise(5)
        noise[2] = math.nan
        kept = [0, 1, 3, 4]
        with net._noisy_optimizer():
            net._set_training(True)
            with_it = net.clipped_sum(columns, noise)
            without = net.clipped_sum(columns[kept], noise[kept])
            nothing = net.clipped_sum(columns[2:3], noise[2:3])
        assert torch.equal(flat(with_it), flat(without))
        assert not flat(nothing).any()


class PooledSteps(PoissonSteps):
    """One rate for all groups."""

    def __init__(self, columns, rates, n_steps, noise):
        super().__init__(columns, rates, n_steps, noise)
        self.rates = np.full(len(columns), self.rates.mean())


class ShuffledSteps(PoissonSteps):
    """Batches of one size in a shuffled order, as usual without privacy."""

    def __iter__(self):
        size = round(self.rates.sum())
        for _ in range(self.n_steps):
            yield self.columns[torch.randperm(len(self.columns))[:size]]


def is_sampled_as_described(steps_class, mechanism):
    """Whether rows take part at their groups' rates, each by a toss of its own."""
    columns, n_steps = make_columns(400), 300
    rates = GroupTreatment.of(mechanism, 2, 1.0).rates
    steps = steps_class(columns, rates, n_steps, SecureNoise())
    group = columns[:, 0].numpy()
    taken = np.array([np.bincount(batch[:, 0], minlength=2) for batch in steps])
    for g, rate in enumerate(rates):
        n = (group == g).sum()
        deviation = np.sqrt(n * rate * (1 - rate) / n_steps)
        if abs(taken[:, g].mean() - n * rate) > 5 * deviation:
            return False
    sizes, expected = taken.sum(axis=1), (rates * (1 - rates))[group].sum()
    return 0.6 < sizes.var() / expected < 1.6


class TestSampling:
    @pytest.mark.parametrize("mechanism", [UNIFORM, BY_GROUP])
    def test_rows_take_part_as_the_ledger_says(self, mechanism):
        assert is_sampled_as_described(PoissonSteps, mechanism)

    def test_a_pooled_rate_is_found_out(self):
        assert not is_sampled_as_described(PooledSteps, BY_GROUP)

    def test_shuffled_batches_are_found_out(self):
        assert not is_sampled_as_described(ShuffledSteps, UNIFORM)

    def test_a_seed_has_no_say_in_who_takes_part(self):
        taken = []
        for _ in range(2):
            with seeded(0):
                steps = PoissonSteps(make_columns(200), [0.5, 0.5], 3, SecureNoise())
                taken.append([len(batch) for batch in steps])
        assert taken[0] != taken[1]

    def test_the_net_draws_its_rows_by_poisson_steps(self):
        steps = make_net(BY_GROUP).initialize().get_iterator(make_columns(50))
        assert type(steps) is PoissonSteps
        assert len(steps) == 4
        assert set(steps.rates) == {0.3, 0.05}

    def test_groups_of_another_number_are_refused(self):
        with pytest.raises(ValueError, match="2 groups, the rows about 3"):
            GroupTreatment.of(BY_GROUP, 3, 1.0)


class BatchSizeNet(PrivateNet):
    """A net that divides by the rows that took part."""

    def train_step(self, batch, **fit_params):
        self.expected_rows = max(len(batch), 1)
        return super().train_step(batch, **fit_params)


@contextmanager
def recorded_steps(net):
    """What the optimizer sees of each step, instead of its taking them."""
    seen = []

    def record(closure=None):
        seen.append(flat([weight.grad for weight in net.module_.parameters()]))

    with net._noisy_optimizer():
        net._set_training(True)
        net.optimizer_.original_optimizer.step = record
        yield seen


def is_divided_by_expectation(net_class):
    """Whether the optimizer sees sums over the expected rows, whoever took part."""
    net = make_net(quiet(UNIFORM), net_class, expected_rows=20.0)
    scaled_module(net.initialize(), 0.5)
    columns = make_columns(40)
    with recorded_steps(net) as seen:
        state = net.latent_noise_.get_state()
        net.train_step(columns)
        net.latent_noise_.set_state(state)
        noise = torch.randn(40, 2, generator=net.latent_noise_)
        expected = flat(net.clipped_sum(columns, noise)) / 20
    return torch.allclose(seen[0], expected, atol=1e-5)


class TestSteps:
    def test_the_normaliser_does_not_depend_on_rows(self):
        assert is_divided_by_expectation(PrivateNet)

    def test_the_size_of_the_batch_as_normaliser_is_found_out(self):
        assert not is_divided_by_expectation(BatchSizeNet)

    def test_large_steps_are_taken_in_parts(self, monkeypatch):
        # Without latents, which would be drawn otherwise.
        monkeypatch.setattr(torch, "randn", lambda shape, **_: torch.zeros(shape))
        totals = []
        for at_once in (4096, 7):
            monkeypatch.setattr(private_training, "ROWS_AT_ONCE", at_once)
            net = make_net(quiet(UNIFORM))
            scaled_module(net.initialize(), 0.5)
            with recorded_steps(net) as seen:
                net.train_step(make_columns(30))
            totals += seen
        assert torch.allclose(*totals, atol=1e-5)

    def test_a_step_without_rows_is_noise(self):
        net = make_net().initialize()
        before = flat(net.module_.parameters()).clone()
        with net._noisy_optimizer():
            net.train_step(make_columns(3)[:0])
            after = flat(net.module_.parameters())
        assert after.isfinite().all()
        assert not torch.isclose(before, after).all()

    def test_noise_is_of_the_strength_that_the_ledger_says(self):
        net = make_net(BY_GROUP, expected_rows=1.0, max_grad_norm=0.5).initialize()
        with recorded_steps(net) as drawn:
            for _ in range(100):
                net.train_step(make_columns(3)[:0])
        # 1.0 is the noise multiplier of the group whose clip is the largest, 0.5.
        assert float(torch.cat(drawn).std()) == pytest.approx(0.5, rel=0.02)


class SeededNoise(SecureNoise):
    """What must not be: noise from a seed."""

    def torch_generator(self, device="cpu"):
        return torch.Generator(device).manual_seed(0)

    def uniform(self, shape):
        return np.random.RandomState(0).random_sample(shape)


def is_fresh_each_time():
    """Whether two trainings under one seed differ."""
    weights = []
    for _ in range(2):
        with seeded(0):
            net = make_net().fit(make_columns(60))
        weights.append(net.weights_["to_codes.weight"])
    return not np.array_equal(*weights)


class TestNoise:
    def test_no_seed_repeats_a_training(self):
        assert is_fresh_each_time()

    def test_seeded_noise_is_found_out(self, monkeypatch):
        monkeypatch.setattr(private_training, "SecureNoise", SeededNoise)
        assert not is_fresh_each_time()

    def test_global_generators_are_left_alone(self):
        before = torch.random.get_rng_state()
        net = make_net()
        with seeded(1):
            net.fit(make_columns(60))
        assert torch.equal(before, torch.random.get_rng_state())


class TestResidue:
    def test_nothing_but_weights_remains(self):
        net = make_net().fit(make_columns(60))
        assert set(net.weights_) == set(net.module_.state_dict())
        for weight in net.module_.parameters():
            assert weight.grad is None
            assert not vars(weight)
        for module in net.module_.modules():
            assert not hasattr(module, "activations")
            assert not module._forward_hooks
            assert not module._backward_hooks
        assert not hasattr(net, "optimizer_")
        assert "loss" not in str(net.history)
        assert "batch_size" not in str(net.history)

    def test_a_pickle_holds_none_of_the_rows(self):
        columns = make_columns(60)
        net = make_net().fit(columns)
        content = pickle.dumps(net)
        assert columns.numpy().tobytes() not in content
        for name in (b"grad_sample", b"summed_grad", b"train_loss", b"_norm_sample"):
            assert name not in content

    def test_the_rows_are_let_go(self):
        columns = make_columns(60)
        net, reference = make_net().fit(columns), weakref.ref(columns)
        del columns
        gc.collect()
        assert net.weights_ and reference() is None

    def test_hooks_are_cleared_after_an_error(self):
        net = make_net().initialize()
        columns = make_columns(30)
        columns[:, 3] = 99
        with pytest.raises(RuntimeError):
            net.partial_fit(columns)
        assert not hasattr(net, "hooks_")
        assert net.weights_ is None


class TestNothingElseReads:
    @pytest.mark.parametrize(
        "options",
        [
            {"train_split": ValidSplit(5)},
            {"callbacks": [EpochScoring("neg_log_loss")]},
            {"callbacks": None},
        ],
    )
    def test_what_sees_losses_is_refused(self, options):
        with pytest.raises(ValueError, match="train_split and callbacks see losses"):
            make_net(**options).fit(make_columns(60))

    def test_a_second_training_is_refused(self):
        net = make_net().fit(make_columns(60))
        with pytest.raises(ValueError, match="trains once"):
            net.partial_fit(make_columns(60))

    def test_fitting_anew_starts_over(self):
        net = make_net().fit(make_columns(60))
        assert net.fit(make_columns(60)).n_steps_ == 4
