"""The penalty makes the outcome that is read from generated records fairer."""

import numpy as np
import pytest
import torch
from tiny_generators import random_columns, random_records, tiny_halo

from fairsample.fairsynth.generation import generate_records
from fairsample.fairsynth.likelihood import outcome_readout, record_nll
from fairsample.fairsynth.objectives import OBJECTIVES
from fairsample.fairsynth.penalty import NATS_PER_UNIT, FairnessPenalty, plan_pool
from fairsample.training.records import Records
from fairsample.training.seeding import seeded

BLOCK_SIZES = (2, 2, 2, 3)


def biased_table(n=2000):
    """In group 0 the outcome is rarer, and harder to read from the other columns."""
    rng = np.random.RandomState(0)
    group = rng.randint(0, 2, n)
    outcome = rng.rand(n) < np.where(group == 1, 0.7, 0.3)
    job = rng.rand(n) < np.choose(outcome + 2 * group, [0.25, 0.65, 0.1, 0.9])
    score = rng.binomial(2, np.choose(outcome + 2 * group, [0.4, 0.6, 0.2, 0.8]))
    return torch.tensor(np.column_stack([group, outcome, job, score]).astype(np.int64))


@pytest.fixture(scope="module")
def trained():
    """A generator of the biased table, and what it generates."""
    records = Records(biased_table())
    module = tiny_halo(BLOCK_SIZES, spread=0.05, units_per_column=8)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.03)
    batch = records.batch(torch.arange(len(records)))
    for _ in range(60):
        optimizer.zero_grad()
        record_nll(module, batch).mean().backward()
        optimizer.step()
    module.zero_grad()
    counts = np.bincount(records.cell, minlength=4).reshape(2, 2)
    cells = torch.as_tensor(plan_pool(counts))
    stream = torch.Generator().manual_seed(0)
    return module.state_dict(), generate_records(module, cells, stream)


@pytest.fixture
def module(trained):
    module = tiny_halo(BLOCK_SIZES, units_per_column=8)
    module.load_state_dict(trained[0])
    return module


@pytest.fixture
def pool(trained):
    return trained[1]


def own_levels(n_groups, n_classes=2):
    """Every cell is generated under its own group."""
    return torch.arange(n_groups)[:, None].expand(-1, n_classes)


def penalty_on(pool, weight=1.0, objective="disparate_impact", **options):
    """The penalty on records whose cells are all large."""
    groups = pool.columns[:, 0]
    levels = own_levels(int(groups.max()) + 1)
    return FairnessPenalty(pool, groups, levels, weight, objective, **options)


def read_rates(module, pool, objective):
    """Rates of the outcome as read from all records of each group."""
    batch = pool.batch(torch.arange(len(pool)))
    group, outcome = batch.columns[:, 0], batch.columns[:, 1]
    with torch.no_grad():
        read = outcome_readout(module, batch, own_levels(2)[group])[:, 1]
    return OBJECTIVES[objective].rates(read, group, outcome)


def gradient_of(penalty, module, seed=0):
    module.zero_grad()
    with seeded(seed):
        penalty(module).backward()
    return [p.grad.clone() for p in module.parameters() if p.grad is not None]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_is_its_weight_times_the_unfairness(module, pool, objective):
    values, gradients = [], []
    for weight in (0.5, 2.0):
        penalty = penalty_on(pool, weight, objective)
        with seeded(0):
            values.append(penalty(module).item())
        penalty = penalty_on(pool, weight, objective)
        gradients.append(gradient_of(penalty, module))
    assert values[0] > 0.05
    assert values[1] == pytest.approx(4 * values[0], rel=1e-5)
    for half, double in zip(*gradients, strict=True):
        torch.testing.assert_close(double, 4 * half)
    assert any(gradient.abs().max() > 1e-3 for gradient in gradients[0])


def test_no_weight_no_gradient(module, pool):
    penalty = penalty_on(pool, 0.0, "disparate_impact")
    assert all(gradient.eq(0).all() for gradient in gradient_of(penalty, module))


def test_changes_the_gradient_of_the_loss(module, pool):
    batch = Records(biased_table()).batch(torch.arange(500))
    gradients = []
    for weight in (0.0, 1.0):
        penalty = penalty_on(pool, weight, "disparate_impact")
        module.zero_grad()
        with seeded(0):
            (record_nll(module, batch).mean() + penalty(module)).backward()
        gradients.append(torch.cat([p.grad.flatten() for p in module.parameters()]))
    plain, fair = gradients
    assert (fair - plain).norm() > 0.1 * plain.norm()


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("seed", [0, 1])
def test_makes_the_readout_of_a_biased_table_fairer(module, pool, objective, seed):
    unfairness = OBJECTIVES[objective].loss
    before = read_rates(module, pool, objective)
    assert before[0] < 0.75 * before[1]
    penalty = penalty_on(pool, 1.0, objective)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.003)
    with seeded(seed):
        for _ in range(40):
            optimizer.zero_grad()
            penalty(module).backward()
            optimizer.step()
    after = read_rates(module, pool, objective)
    assert after[0] > before[0] - 0.01  # a step draws some 400 rows
    assert unfairness(after) < 0.5 * unfairness(before)


def test_moves_what_is_generated_for_a_given_cell(module, pool):
    """Group and outcome are given; it is the other columns that have to move."""
    before = {name: p.clone() for name, p in module.named_parameters()}
    penalty = penalty_on(pool)
    gradients = gradient_of(penalty, module)
    bias = module.column_head.readout.bias.grad
    assert bias[:4].eq(0).all()
    assert bias[4:].ne(0).all()
    assert len(gradients) == len(before)
    assert all(before[name].equal(p) for name, p in module.named_parameters())


class TestDraws:
    """As many records of each group in a step, those that count."""

    @pytest.fixture
    def columns(self):
        """Five groups, of 10 to 500 records, a tenth of them positive."""
        sizes = torch.tensor([500, 10, 100, 30, 300])
        groups = torch.arange(5).repeat_interleave(sizes)
        outcomes = (torch.arange(940) % 10 == 0).long()
        return torch.stack([groups, outcomes, torch.zeros(940).long()], dim=1)

    def drawn(self, columns, objective):
        penalty = penalty_on(Records(columns), 1.0, objective, rows_per_group=400)
        with seeded(0):
            return columns[penalty.draw_rows()]

    @pytest.mark.parametrize("objective", [*OBJECTIVES, lambda *_: 0])
    def test_every_group_has_its_share(self, columns, objective):
        drawn = self.drawn(columns, objective)
        assert drawn[:, 0].tolist() == torch.arange(5).repeat_interleave(400).tolist()

    @pytest.mark.parametrize("objective", ["disparate_impact", lambda *_: 0])
    def test_in_the_proportions_of_the_pool(self, columns, objective):
        positive = self.drawn(columns, objective)[:, 1].double().mean().item()
        assert positive == pytest.approx(0.1, abs=4.5 * (0.1 * 0.9 / 2000) ** 0.5)

    @pytest.mark.parametrize("objective", ["worst_group_tpr", "equal_opportunity"])
    def test_positives_are_drawn_more_often_where_they_count(self, columns, objective):
        drawn = self.drawn(columns, objective)
        for group in range(5):
            positive = drawn[drawn[:, 0] == group, 1].double().mean().item()
            assert positive == pytest.approx(0.5, abs=4.5 * (0.25 / 400) ** 0.5)


def test_a_callable_gets_what_it_is_promised(module, pool):
    seen = {}

    def objective(probabilities, groups, labels):
        seen.update(probabilities=probabilities, groups=groups, labels=labels)
        return probabilities.mean() * 3

    penalty = penalty_on(pool, 2.0, objective, rows_per_group=50)
    with seeded(0):
        loss = penalty(module)
    with seeded(0):
        batch = pool.batch(penalty.draw_rows())
    assert {part.shape for part in seen.values()} == {(100,)}
    read = outcome_readout(module, batch, own_levels(2)[batch.columns[:, 0]])[:, 1]
    torch.testing.assert_close(seen["probabilities"], read)
    assert seen["probabilities"].requires_grad
    assert seen["groups"].tolist() == batch.columns[:, 0].tolist()
    assert seen["labels"].tolist() == batch.columns[:, 1].tolist()
    assert set(seen["labels"].tolist()) == {0, 1}
    assert {part.dtype for part in (seen["groups"], seen["labels"])} == {torch.long}
    torch.testing.assert_close(loss, 2.0 * NATS_PER_UNIT * 3 * read.mean())


def test_of_three_classes_each_is_positive_in_turn():
    module = tiny_halo((2, 3, 4))
    pool = Records(random_columns(300, (2, 3, 4)))
    calls = []

    def objective(probabilities, groups, labels):
        calls.append((probabilities.detach(), labels))
        return probabilities.mean()

    groups = pool.columns[:, 0]
    penalty = FairnessPenalty(pool, groups, own_levels(2, 3), 1.0, objective)
    with seeded(0):
        loss = penalty(module)
    assert len(calls) == 3
    probabilities, labels = (
        torch.stack(part, dim=1) for part in zip(*calls, strict=True)
    )
    torch.testing.assert_close(probabilities.sum(1), torch.ones(128))
    assert labels.sum(1).eq(1).all()
    assert loss.item() == pytest.approx(NATS_PER_UNIT / 3, abs=1e-5)


def test_small_cells_are_read_under_the_level_they_come_from():
    """Group 1's positives are generated, and looked at, under level 2."""
    module = tiny_halo((3, 2, 4))
    groups, outcomes = torch.arange(2).repeat(100), torch.arange(200) // 2 % 2
    levels = torch.tensor([[0, 0], [1, 2]])
    given = torch.stack([levels[groups, outcomes], outcomes], dim=1)
    pool = generate_records(module, given, torch.Generator().manual_seed(0))
    seen = {}

    def objective(probabilities, groups, labels):
        seen.update(probabilities=probabilities, groups=groups)
        return probabilities.mean()

    penalty = FairnessPenalty(pool, groups, levels, 1.0, objective)
    with seeded(0):
        penalty(module)
    with seeded(0):
        rows = penalty.draw_rows()
    assert seen["groups"].equal(groups[rows])
    assert seen["groups"].bincount().tolist() == [64, 64]
    batch = pool.batch(rows)
    negative = -record_nll(module, batch.under(groups[rows], 0))
    positive = -record_nll(module, batch.under(levels[groups[rows], 1], 1))
    torch.testing.assert_close(seen["probabilities"], (positive - negative).sigmoid())


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_many_groups_and_rare_positives(objective):
    """With 16 rows a group, some groups have no positive row in a step."""
    module = tiny_halo((12, 2, 3))
    columns = random_columns(1200, (12, 1, 3))
    columns[torch.arange(0, 1200, 20), 1] = 1
    penalty = penalty_on(Records(columns), 1.0, objective, rows_per_group=16)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    with seeded(0):
        for _ in range(10):
            optimizer.zero_grad()
            loss = penalty(module)
            assert loss.isfinite()
            loss.backward()
            optimizer.step()
    assert all(p.isfinite().all() for p in module.parameters())


def test_dropout_rests_and_the_mode_comes_back(pool):
    module = tiny_halo(BLOCK_SIZES, dropout=0.5)
    values = []
    for training in (True, False):
        module.train(training)
        with seeded(0):
            values.append(penalty_on(pool)(module))
        assert module.training is training
    torch.testing.assert_close(*values)


def test_visits_are_read_too():
    block_sizes = (2, 2, 3)
    module = tiny_halo(block_sizes, n_codes=6, max_visits=4)
    pool = random_records(100, block_sizes)
    penalty = penalty_on(pool)
    gradient_of(penalty, module)
    for part in ("code_head.embedding", "prefix_embedding.0.weight"):
        assert module.get_parameter(part).grad.ne(0).any()


class TestPool:
    def test_as_many_of_each_group_in_its_own_proportions(self):
        counts = np.array([[3105, 359], [460, 27], [156, 9]])
        found = np.zeros((3, 2), dtype=int)
        np.add.at(found, tuple(plan_pool(counts).T), 1)
        assert (np.abs(found.sum(1) - 1000) <= 2).all()
        expected = 1000 * counts / counts.sum(1, keepdims=True)
        assert (np.abs(found - expected) <= 1).all()

    def test_a_rare_class_has_a_record_and_an_empty_cell_has_none(self):
        cells = plan_pool(np.array([[5_000_000, 10], [50, 0]])).tolist()
        assert [0, 1] in cells
        assert [1, 1] not in cells
