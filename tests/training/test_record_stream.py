"""Batches from a file: the order of memory if all rows fit, a shuffle if not."""

import numpy as np
import pytest
import torch
from coded_tables import coded, numbers, table

from fairsample.training.records import Records
from fairsample.training.seeding import seeded

N = 1000
ORDERS = {"own": {}, "shuffled": {"shuffle": True}, "balanced": {"balanced": True}}
each_order = pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)


def epochs(records, n_epochs=2, batch_size=48, seed=0, **order):
    """Row numbers of the batches of some epochs, and what torch draws after them."""
    with seeded(seed):
        loader = records.batches(batch_size, **order)
        found = [numbers(loader) for _ in range(n_epochs)]
        return found, torch.rand(()).item()


@each_order
def test_a_buffer_that_holds_all_gives_the_batches_of_records(order):
    columns = table(N)
    with coded(columns, N) as records:
        assert epochs(records, **order) == epochs(Records(columns), **order)
        with seeded(5):
            coded_part = records.split(0.2)[0]
        with seeded(5):
            part = Records(columns).split(0.2)[0]
        assert epochs(coded_part, **order) == epochs(part, **order)


@pytest.mark.parametrize("buffer_rows", [1, 63, 64, 200, 999])
def test_a_shuffled_epoch_has_every_row_once(buffer_rows):
    with coded(table(N), buffer_rows) as records:
        (first, second), _ = epochs(records, shuffle=True)
        loader = records.batches(48)
        assert [len(batch) for batch in first] == [48] * 20 + [40]
        assert len(loader) == 21
    for epoch in (first, second):
        assert sorted(sum(epoch, [])) == list(range(N))
    assert first != second


def test_batches_mix_rows_from_all_over_the_table():
    with coded(table(5000), 500) as records:
        (first,), _ = epochs(records, n_epochs=1, batch_size=100, shuffle=True)
    spread = [np.ptp(batch) for batch in first]
    assert min(spread) > 2500
    tenths = [len(set(np.array(batch) // 500)) for batch in first]
    assert np.mean(tenths) > 8


@pytest.mark.parametrize("buffer_rows", [100, 300])
def test_a_balanced_epoch_draws_every_cell_as_often(buffer_rows):
    columns = table(20_000)
    columns = columns[columns[:, 0].argsort(stable=True)]  # groups lie together
    columns[:, 2] = torch.arange(len(columns))
    with coded(columns, buffer_rows) as records:
        (first,), _ = epochs(records, n_epochs=1, batch_size=500, balanced=True)
    drawn = columns[torch.tensor(sum(first, []))]
    assert len(drawn) == len(columns)
    cells = np.bincount(drawn[:, 0] * 2 + drawn[:, 1]) / len(drawn)
    np.testing.assert_allclose(cells, 1 / 6, atol=0.02)
    rare = drawn[(drawn[:, 0] == 2) & (drawn[:, 1] == 1)]
    known = columns[(columns[:, 0] == 2) & (columns[:, 1] == 1)]
    assert len(set(rare[:, 2].tolist())) > 0.9 * len(known)


@each_order
@pytest.mark.parametrize("buffer_rows", [150, N])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_workers_change_no_batch(order, buffer_rows):
    with coded(table(N), buffer_rows) as records:
        alone = epochs(records, **order)
        records.n_workers = 2
        assert epochs(records, **order) == alone


@each_order
def test_other_seeds_give_other_orders(order):
    with coded(table(N), 100) as records:
        same = (
            epochs(records, seed=0, **order)[0] == epochs(records, seed=1, **order)[0]
        )
        assert same == (not order)


def test_targets_are_as_many_as_rows():
    with coded(table(N), 100) as records:
        assert all(len(batch) == len(y) for batch, y in records.batches(48))
