"""The generator's logits see what was written before, and no other patient."""

import numpy as np
import pytest
import torch
from tiny_generators import random_columns, random_histories, records_of, tiny_halo

from fairsample.fairsynth.halo import Halo, spread_degrees
from fairsample.training.records import RecordBatch

BLOCK_SIZES = (2, 3, 4)
N_CODES = 5
N_PATIENTS = 6
N_VISITS = 4


@pytest.fixture(scope="module")
def module():
    return tiny_halo(BLOCK_SIZES, N_CODES, N_VISITS).double()


@pytest.fixture(scope="module")
def columns():
    return random_columns(N_PATIENTS, BLOCK_SIZES)


@pytest.fixture(scope="module")
def histories():
    """All patients have all visits, so that visit t of patient i is row 4 i + t."""
    generator = torch.Generator().manual_seed(0)
    present = torch.rand(N_PATIENTS, N_VISITS, N_CODES, generator=generator) < 0.5
    return [[(torch.where(v)[0] + 1).tolist() for v in patient] for patient in present]


def logits_of(module, columns, histories):
    """Logits by column, (n, 9), and by visit, (n, 4, 6)."""
    records = records_of(columns, histories)
    with torch.no_grad():
        by_column, by_visit = module(records.batch(torch.arange(len(records))))
    return by_column, by_visit.view(len(records), N_VISITS, N_CODES + 1)


def test_shapes(module, columns, histories):
    by_column, by_visit = logits_of(module, columns, histories)
    assert by_column.shape == (N_PATIENTS, sum(BLOCK_SIZES))
    assert by_visit.shape == (N_PATIENTS, N_VISITS, N_CODES + 1)


def test_a_table_has_columns_only(columns):
    by_column, by_visit = tiny_halo(BLOCK_SIZES)(RecordBatch(columns))
    assert by_column.shape == (N_PATIENTS, sum(BLOCK_SIZES))
    assert by_visit is None


@pytest.mark.parametrize("visit", range(N_VISITS))
@pytest.mark.parametrize("code", range(1, N_CODES + 1))
def test_a_code_moves_later_codes_and_visits_only(
    module, columns, histories, visit, code
):
    by_column, by_visit = logits_of(module, columns, histories)
    changed = [[list(v) for v in patient] for patient in histories]
    for patient in (0, 3):
        changed[patient][visit] = sorted({*changed[patient][visit]} ^ {code})
    by_column_after, by_visit_after = logits_of(module, columns, changed)
    assert by_column_after.equal(by_column)
    # Rows of other patients may differ by the order of a sum in a larger product.
    moved = (by_visit_after - by_visit).abs() > 1e-12
    expected = torch.zeros_like(moved)
    expected[[0, 3], visit, code + 1 :] = True
    expected[[0, 3], visit + 1 :] = True
    assert (moved & ~expected).sum() == 0
    assert moved[[0, 3], visit + 1 :].all()
    assert code == N_CODES or moved[[0, 3], visit].any()


@pytest.mark.parametrize("column", range(len(BLOCK_SIZES)))
def test_a_column_moves_later_columns_and_every_visit(
    module, columns, histories, column
):
    by_column, by_visit = logits_of(module, columns, histories)
    changed = columns.clone()
    changed[2, column] = (changed[2, column] + 1) % BLOCK_SIZES[column]
    by_column_after, by_visit_after = logits_of(module, changed, histories)
    moved = (by_column_after - by_column).abs() > 1e-12
    until = sum(BLOCK_SIZES[: column + 1])
    assert not moved[:, :until].any()
    assert moved[2, until:].all()
    assert not moved[[0, 1, 3, 4, 5]].any()
    moved = (by_visit_after - by_visit).abs() > 1e-12
    assert moved[2].all()
    assert not moved[[0, 1, 3, 4, 5]].any()


def test_the_order_of_visits_matters(module, columns):
    forth = [[[1], [2, 3], []]]
    back = [[[2, 3], [1], []]]
    batches = [
        records_of(columns[:1], h).batch(torch.tensor([0])) for h in (forth, back)
    ]
    last = [module(batch)[1][-1] for batch in batches]
    assert (last[0] - last[1]).abs().max() > 1e-3


def test_shorter_histories_are_the_same_beside_longer_ones(module, columns):
    histories = random_histories(N_PATIENTS, N_CODES, N_VISITS, seed=1)
    assert len({len(history) for history in histories}) > 2
    records = records_of(columns, histories)
    together = module.histories(records.batch(torch.arange(N_PATIENTS)))
    alone = [module.histories(records.batch(torch.tensor([i]))) for i in range(6)]
    torch.testing.assert_close(torch.cat(alone), together)


def test_kept_keys_and_values_give_the_same_histories(module):
    generator = torch.Generator().manual_seed(0)
    steps = torch.randn(3, N_VISITS, 8, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        transformer = module.visit_transformer
        at_once, past = transformer(steps), transformer.nothing_past(3)
        one_by_one = [
            transformer.go_on(steps[:, [step]], past) for step in range(N_VISITS)
        ]
    torch.testing.assert_close(torch.cat(one_by_one, dim=1), at_once)
    assert past.n_steps == N_VISITS


def test_levels_are_numbered_over_all_columns(module, columns):
    codes = module.column_codes(columns)
    assert codes.tolist() == (columns + torch.tensor([0, 2, 5])).tolist()
    assert int(codes.max()) < sum(BLOCK_SIZES)


def test_codes_start_at_their_rates():
    rates = [0.3, 0.9, 0.01, 0.0, 1.0]
    module = Halo([2, 2], n_codes=4, code_rates=rates, max_visits=3)
    found = module.code_head.readout.bias.sigmoid().tolist()
    assert found == pytest.approx([0.3, 0.9, 0.01, 1e-6, 1 - 1e-6], abs=1e-6)


class TestHiddenUnits:
    def test_never_decreasing_from_the_first_code_on(self):
        rates = torch.rand(50, generator=torch.Generator().manual_seed(0))
        for hidden in (1, 3, 50, 400):
            degrees = spread_degrees(rates, hidden)
            assert degrees.shape == (hidden,)
            assert degrees[0] == 0
            assert (degrees.diff() >= 0).all()
            assert degrees.max() <= 49

    def test_as_many_as_the_codes_have_entropy(self):
        rates = torch.tensor([0.5, 0.01, 0.5, 0.2, 0.001, 0.3])
        degrees = spread_degrees(rates, 60_000)
        found = np.bincount(degrees.numpy(), minlength=6) / 60_000
        p = rates.double().numpy()
        entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
        np.testing.assert_allclose(found, entropy / entropy.sum(), atol=1e-4)
