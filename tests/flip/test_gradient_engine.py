import json
import pickle

import dp_accounting
import numpy as np
import pandas as pd
import pytest
import torch
from dp_accounting.rdp import RdpAccountant

from fairsample.encoding.json_values import value_from_json, value_to_json
from fairsample.flip import gradient_engine, private_training
from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.domain import TableDomain
from fairsample.flip.gradient_engine import GradientSettings, train_private_generator
from fairsample.flip.gradient_generator import GradientGenerator
from fairsample.flip.mechanism import Mechanism
from fairsample.flip.noise_solver import solve_noise
from fairsample.flip.privacy_curves import ORDERS
from fairsample.flip.private_training import PrivateNet
from fairsample.flip.private_vae import PrivateVae
from fairsample.flip.secure_noise import SecureNoise
from fairsample.flip.table_release import Rows

QUICK = GradientSettings(n_steps=8, hidden=8, n_latents=2, learning_rate=0.02)
SENTINEL = 77_123.4567
DOMAIN = TableDomain(
    {
        "club": {"categories": ["x", "y", "z"]},
        "grade": {"bounds": [0, 30], "missing": True},
        "score": {"bounds": [-5, 100_000]},
        "member": {"categories": [False, True]},
    }
)


def make_rows(n=3000, seed=0, n_groups=2):
    """Rows whose club follows the group, and whose grade follows the class."""
    rng = np.random.RandomState(seed)
    group, label = rng.randint(0, n_groups, n), (rng.rand(n) < 0.3).astype(int)
    frame = pd.DataFrame(
        {
            "club": np.where((group == 1) == (rng.rand(n) < 0.9), "x", "y"),
            "grade": pd.array(rng.poisson(2 + 6 * label), dtype="Int64"),
            "score": rng.normal(size=n),
            "member": rng.rand(n) < 0.5,
        }
    )
    frame.loc[rng.rand(n) < 0.2, "grade"] = None
    frame.loc[0, "score"] = SENTINEL
    return Rows(frame, group, label, (n_groups, 2))


def uneven_rows():
    """Rows of which a quarter is of the second group."""
    rows = make_rows()
    rows.group[:] = np.arange(len(rows.group)) % 4 == 3
    return rows


def train(rows=None, epsilon=2.0, ledger=None, settings=QUICK, **options):
    return train_private_generator(
        make_rows() if rows is None else rows,
        DOMAIN,
        epsilon=epsilon,
        ledger=PrivacyLedger(delta=1e-5) if ledger is None else ledger,
        settings=settings,
        **options,
    )


@pytest.fixture(scope="module")
def generator():
    return train()


def every_cell(n):
    """Group and class of n rows of each cell."""
    return np.divmod(np.repeat(np.arange(4), n), 2)


class TestBudget:
    def test_the_whole_budget_is_spent_and_no_more(self, generator):
        assert 1.99 < generator.ledger.epsilon() <= 2.0

    def test_what_was_spent_before_counts(self, generator):
        before = generator.ledger.copy()
        after = train(epsilon=3.0, ledger=before).ledger
        assert 2.98 < after.epsilon() <= 3.0
        assert after.mechanisms[:5] == before.mechanisms
        assert len(before.mechanisms) == 5

    def test_every_release_is_in_the_ledger(self, generator):
        names = [mechanism.name for mechanism in generator.ledger.mechanisms]
        assert names == ["outside", "cells", "columns", "classes", "gradients"]

    @pytest.mark.parametrize("balance", [None, "sampling"])
    def test_another_accountant_agrees(self, balance):
        settings = QUICK._replace(balance=balance, sample_rate=0.03)
        ledger = train(uneven_rows(), settings=settings).ledger
        for group in ledger.groups or [None]:
            own = ledger if group is None else ledger.for_group(group)
            orders = [8.0, 12.0, 16.0] if ledger.order is None else [ledger.order]
            other = RdpAccountant(orders=orders)
            for each in own.mechanisms:
                event = dp_accounting.GaussianDpEvent(each.noise_multiplier)
                if each.sample_rate < 1:
                    event = dp_accounting.PoissonSampledDpEvent(each.sample_rate, event)
                other.compose(event, each.n_steps)
            at = [np.argmin(np.abs(ORDERS - order)) for order in orders]
            assert np.allclose(own.rdp()[at], other._rdp, rtol=1e-3)
            assert own.epsilon() <= 2.0

    def test_rows_are_read_in_the_steps_of_the_ledger_only(self, monkeypatch):
        assert is_read_in_steps_only(monkeypatch, GradientGenerator.calibrate)

    def test_a_prior_that_is_not_accounted_for_is_found_out(self, monkeypatch):
        def calibrate(self):
            codes = torch.zeros(5, sum(self.vae.block_sizes))
            self.vae.encode(codes, *torch.zeros(2, 5, dtype=torch.long))
            return self

        assert not is_read_in_steps_only(monkeypatch, calibrate)


def is_read_in_steps_only(monkeypatch, calibrate):
    """Whether rows are encoded once in each step, and never again."""
    encoded, stepped = [], []
    encode, step = PrivateVae.encode, PrivateNet.train_step
    with monkeypatch.context() as patch:
        patch.setattr(
            PrivateVae, "encode", lambda *args: encoded.append(1) or encode(*args)
        )
        patch.setattr(
            PrivateNet, "train_step", lambda *args: stepped.append(1) or step(*args)
        )
        patch.setattr(GradientGenerator, "calibrate", calibrate)
        generator = train()
    described = generator.ledger.mechanisms[-1]
    return len(encoded) == len(stepped) == described.n_steps


class TestBalance:
    SETTINGS = QUICK._replace(balance="sampling", sample_rate=0.03)

    def test_each_group_pays_the_same(self):
        trained = train(uneven_rows(), settings=self.SETTINGS, group_names=["F", "M"])
        of_groups = trained.ledger.epsilon_by_group()
        assert set(of_groups) == {"F", "M"}
        assert all(1.99 < epsilon <= 2.0 for epsilon in of_groups.values())
        groups = trained.ledger.mechanisms[-1].groups
        sizes = trained.cell_counts.sum(axis=1)
        assert groups["F"][0] * sizes[0] == pytest.approx(groups["M"][0] * sizes[1])
        assert groups["F"][1] < groups["M"][1]

    def test_noise_for_a_pooled_rate_would_break_the_promise(self):
        settings = self.SETTINGS._replace(n_steps=40)
        trained = train(uneven_rows(), settings=settings)
        *before, steps = trained.ledger.mechanisms
        ledger = PrivacyLedger(delta=1e-5, order=trained.ledger.order)
        for mechanism in before:
            ledger.add(mechanism)
        noise = solve_noise(ledger, 2.0, sample_rate=0.03, n_steps=steps.n_steps)
        groups = {group: (rate, noise) for group, (rate, _) in steps.groups.items()}
        pooled = Mechanism("gradients", "rows", n_steps=steps.n_steps, groups=groups)
        assert ledger.copy().add(pooled).epsilon() > 2.2
        assert trained.ledger.epsilon() <= 2.0

    def test_a_group_too_small_is_refused_by_name(self):
        rows = make_rows()
        rows.group[:] = 0
        rows.group[:60] = 1
        with pytest.raises(ValueError, match="too small.*'M'"):
            train(rows, settings=self.SETTINGS, group_names=["F", "M"])

    def test_the_order_is_chosen_before_any_count(self):
        orders = {
            train(make_rows(n, seed=n), settings=self.SETTINGS).ledger.order
            for n in (2500, 4000)
        }
        assert len(orders) == 1
        assert None not in orders

    def test_an_unknown_balance_is_refused(self):
        with pytest.raises(ValueError, match="'upside'"):
            train(settings=QUICK._replace(balance="upside"))


class TestRows:
    def test_rows_are_drawn_as_asked_and_of_the_declared_kinds(self, generator):
        group, label = every_cell(50)
        drawn = generator.draw(group, label, np.random.RandomState(0))
        frame = make_rows().frame
        assert drawn.dtypes.equals(frame.dtypes)
        assert list(drawn.columns) == list(frame.columns)
        assert len(drawn) == 200
        assert set(drawn["club"]) <= {"x", "y", "z"}
        assert drawn["grade"].dropna().between(0, 30).all()

    def test_the_random_state_decides_what_is_drawn(self, generator):
        drawn = [generator.draw(*every_cell(20), seed) for seed in (0, 0, 1)]
        pd.testing.assert_frame_equal(drawn[0], drawn[1])
        assert not drawn[0].equals(drawn[2])

    def test_no_rows_may_be_asked_for(self, generator):
        none = np.empty(0, dtype=int)
        drawn = generator.draw(none, none, 0)
        assert drawn.dtypes.equals(make_rows().frame.dtypes)
        assert drawn.empty

    def test_group_and_class_are_learned(self):
        settings = GradientSettings(n_steps=60, sample_rate=0.2)
        trained = train(make_rows(6000), epsilon=8.0, settings=settings)
        group, label = every_cell(1500)
        drawn = trained.draw(group, label, 0)
        of_groups = (drawn["club"] == "x").groupby(group).mean()
        assert of_groups[1] - of_groups[0] > 0.5
        grades = drawn["grade"].astype(float).groupby(label).mean()
        assert grades[1] - grades[0] == pytest.approx(6, abs=1)
        independent = trained.with_independence(1.0).draw(group, label, 0)
        of_groups = (independent["club"] == "x").groupby(group).mean()
        assert abs(of_groups[1] - of_groups[0]) < 0.06

    def test_rows_are_written_without_a_group_that_is_hidden(self):
        settings = GradientSettings(n_steps=60, sample_rate=0.2, hide_group=True)
        trained = train(make_rows(6000), epsilon=8.0, settings=settings)
        group, label = every_cell(1500)
        club = trained.draw(group, label, 0)["club"] == "x"
        assert abs(np.diff(club.groupby(group).mean())) < 0.06

    def test_shares_of_a_class_are_those_that_were_counted(self):
        rows = make_rows(6000)
        trained = train(rows, epsilon=8.0)
        drawn = trained.draw(rows.group, rows.label, 0)
        for name in ("club", "member"):
            real = pd.crosstab(rows.label, rows.frame[name], normalize="index")
            made = pd.crosstab(rows.label, drawn[name], normalize="index")
            made = made.reindex(columns=real.columns, fill_value=0)
            assert np.abs(real - made).to_numpy().max() < 0.05

    @pytest.mark.parametrize("name", ["club", "score"])
    def test_tables_of_one_kind_of_columns_are_welcome(self, name):
        rows = make_rows()
        rows = Rows(rows.frame[[name]], rows.group, rows.label, rows.shape)
        domain = TableDomain({name: DOMAIN[name]})
        ledger = PrivacyLedger(delta=1e-5)
        trained = train_private_generator(
            rows, domain, epsilon=2.0, ledger=ledger, settings=QUICK
        )
        assert list(trained.draw([0, 1], [1, 0], 0).columns) == [name]

    def test_more_groups_than_two(self):
        trained = train(make_rows(n_groups=3))
        assert trained.cell_counts.shape == (3, 2)
        assert len(trained.draw([0, 1, 2], [1, 0, 1], 0)) == 3


class TestState:
    def test_a_state_that_was_stored_draws_the_same_rows(self, generator):
        arrays = {}
        stored = json.dumps(value_to_json(generator.state(), arrays, "engine"))
        read = value_from_json(json.loads(stored), arrays)
        again = GradientGenerator.from_state(read)
        group, label = every_cell(30)
        pd.testing.assert_frame_equal(
            generator.draw(group, label, 3), again.draw(group, label, 3)
        )
        assert again.ledger.to_json() == generator.ledger.to_json()
        assert np.array_equal(again.cell_counts, generator.cell_counts)

    def test_nothing_of_the_rows_remains(self, generator):
        content = pickle.dumps(generator)
        names = (
            "grad_sample summed_grad train_loss _norm_sample first_batch activations"
        )
        for name in names.split():
            assert name.encode() not in content
        planted = np.float64(SENTINEL)
        for form in (planted.tobytes(), planted.astype(np.float32).tobytes()):
            assert form not in content
        exact = make_rows()
        counts = np.bincount(exact.cells, minlength=4)
        assert not np.array_equal(np.rint(generator.cell_counts).ravel(), counts)

    def test_weights_are_those_of_a_fresh_module(self, generator):
        for weight in generator.vae.parameters():
            assert not vars(weight)
            assert weight.grad is None
        for module in generator.vae.modules():
            assert not module._forward_hooks


class SeededNoise(SecureNoise):
    """What must not be: noise from a seed."""

    def __init__(self):
        pass

    def normal(self, shape, std):
        return np.random.RandomState(0).normal(0, std, shape)

    def uniform(self, shape):
        return np.random.RandomState(0).random_sample(shape)

    def torch_generator(self, device="cpu"):
        return torch.Generator(device).manual_seed(0)


def is_fresh_each_time():
    """Whether no weight is found again in a second training."""
    weights = [train().vae.state_dict() for _ in range(2)]
    return not any(
        torch.equal(weights[0][name], weights[1][name]) for name in weights[0]
    )


class TestNoise:
    def test_nothing_can_be_drawn_again(self):
        assert is_fresh_each_time()

    def test_seeded_noise_is_found_out(self, monkeypatch):
        for module in (gradient_engine, private_training):
            monkeypatch.setattr(module, "SecureNoise", SeededNoise)
        assert not is_fresh_each_time()

    def test_global_generators_are_left_alone(self):
        states = np.random.get_state()[1].copy(), torch.random.get_rng_state()  # noqa: NPY002
        train()
        assert np.array_equal(states[0], np.random.get_state()[1])  # noqa: NPY002
        assert torch.equal(states[1], torch.random.get_rng_state())

    def test_the_callers_rows_are_left_alone(self):
        rows = make_rows()
        before = rows.frame.copy()
        train(rows)
        pd.testing.assert_frame_equal(rows.frame, before)

    def test_neighbours_have_rows_of_one_form(self):
        rows = make_rows()
        more = rows.frame.copy()
        more.loc[5, ["score", "grade"]] = [1e12, 10**6]
        more.loc[6, ["score", "grade"]] = [-np.inf, None]
        more.loc[6, "club"] = "never declared"
        drawn = [
            train(Rows(frame, rows.group, rows.label, rows.shape)).draw([0], [1], 0)
            for frame in (rows.frame, more)
        ]
        assert drawn[0].dtypes.equals(drawn[1].dtypes)
        assert drawn[1]["score"].between(-5, 100_000).all()
