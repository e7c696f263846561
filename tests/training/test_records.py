"""Any subset of records becomes a batch, as plain loops would make it."""

import pytest
import torch
from tiny_generators import histories_of, random_columns, random_records, records_of

from fairsample.training.records import RecordBatch, RecordLoader, Records

N = 40
SUBSETS = {
    "all": range(N),
    "one": [7],
    "reversed": range(N - 1, -1, -1),
    "repeated": [3, 3, 0, 39, 3],
    "none": [],
}
each_subset = pytest.mark.parametrize("rows", SUBSETS.values(), ids=SUBSETS)


@pytest.fixture(scope="module")
def records():
    return random_records(N)


@pytest.fixture(scope="module")
def histories(records):
    found = histories_of(records)
    assert any(visit == [] for history in found for visit in history)
    assert any(history[-1] == [0] for history in found)
    return found


def as_rows(rows):
    return torch.tensor(list(rows), dtype=torch.long)


def spelled_out(batch):
    """For each patient of a batch the visits, by plain loops."""
    borders = [*batch.visit_starts.tolist(), len(batch.codes)]
    histories = [[] for _ in range(len(batch))]
    for start, end, patient, number in zip(
        borders[:-1],
        borders[1:],
        batch.patient.tolist(),
        batch.visit_number.tolist(),
        strict=True,
    ):
        assert number == len(histories[patient])
        histories[patient].append(batch.codes[start:end].tolist())
    return histories


@each_subset
def test_batch(records, histories, rows):
    batch = records.batch(as_rows(rows))
    assert len(batch) == len(rows)
    assert batch.has_visits
    assert spelled_out(batch) == [histories[row] for row in rows]
    assert batch.columns.equal(records.columns[as_rows(rows)])


@each_subset
def test_take(records, histories, rows):
    taken = records.take(as_rows(rows))
    assert isinstance(taken, Records)
    assert len(taken) == len(rows)
    assert histories_of(taken) == [histories[row] for row in rows]
    assert taken.columns.equal(records.columns[as_rows(rows)])


@each_subset
def test_table_without_visits(rows):
    records = Records(random_columns(N, (2, 3, 4)))
    batch, taken = records.batch(as_rows(rows)), records.take(as_rows(rows))
    assert batch.columns.equal(taken.columns)
    assert batch.columns.equal(records.columns[as_rows(rows)])
    assert not batch.has_visits
    assert batch.visit_starts is batch.patient is batch.visit_number is None
    assert taken.codes is None


def test_item(records, histories):
    assert spelled_out(records[11]) == [histories[11]]


def test_every_last_visit_of_a_batch_has_its_end(records):
    batch = records.batch(as_rows([5, 0, 33, 12]))
    assert [[0 in visit for visit in history] for history in spelled_out(batch)] == [
        [False] * (len(h) - 1) + [True] for h in spelled_out(batch)
    ]


def test_visit_of_code(records):
    batch = records.batch(as_rows(range(N)))
    lengths = [len(visit) for history in spelled_out(batch) for visit in history]
    expected = [visit for visit, length in enumerate(lengths) for _ in range(length)]
    assert batch.visit_of_code.tolist() == expected
    assert 0 in lengths


def test_visit_of_code_with_empty_visits_at_both_ends():
    batch = RecordBatch(
        torch.zeros(1, 2, dtype=torch.long),
        torch.tensor([4, 5, 6]),
        torch.tensor([0, 0, 2, 2, 3, 3]),
        torch.zeros(6, dtype=torch.long),
        torch.arange(6),
    )
    assert batch.visit_of_code.tolist() == [1, 1, 3]


def test_under_another_group_and_outcome(records):
    batch = records.batch(as_rows([1, 2, 3]))
    before = batch.columns.clone()
    everywhere = batch.under(torch.tensor([1, 0, 1]), 1)
    own = batch.under(1, torch.tensor([0, 1, 0]))
    assert everywhere.columns[:, :2].tolist() == [[1, 1], [0, 1], [1, 1]]
    assert own.columns[:, :2].tolist() == [[1, 0], [1, 1], [1, 0]]
    assert batch.columns.equal(before)
    for other in (everywhere, own):
        assert other.columns[:, 2:].equal(before[:, 2:])
        assert spelled_out(other) == spelled_out(batch)


def test_moved_to_a_device(records):
    moved = records.batch(as_rows([1, 2])).to("meta")
    assert {
        tensor.device.type
        for tensor in (
            moved.columns,
            moved.codes,
            moved.visit_starts,
            moved.patient,
            moved.visit_number,
        )
    } == {"meta"}
    assert RecordBatch(records.columns).to("meta").codes is None


def test_arrays_make_the_same_records(records, histories):
    again = Records(*map(torch.as_tensor, records.arrays()))
    assert histories_of(again) == histories
    assert Records(records.columns).arrays()[1:] == (None, None, None)


def test_cells_are_groups_and_outcomes():
    columns = torch.tensor([[0, 0], [0, 2], [1, 0], [2, 1], [0, 2], [1, 1]])
    cell = Records(columns).cell.tolist()
    assert len(set(cell)) == 5
    assert cell[1] == cell[4]


class TestLoader:
    def test_in_order(self, records, histories):
        loader = RecordLoader(records, 7)
        batches = [batch for batch, _ in loader]
        assert [len(batch) for batch in batches] == [7] * 5 + [5]
        assert len(loader) == 6
        assert [h for b in batches for h in spelled_out(b)] == histories

    def test_targets_are_as_many(self, records):
        assert all(
            len(batch) == len(target) for batch, target in RecordLoader(records, 7)
        )

    def test_shuffled_anew_in_each_pass(self, records):
        loader = RecordLoader(records, 7, shuffle=True)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            passes = [loader.order() for _ in range(2)]
        for order in passes:
            assert order.sort()[0].tolist() == list(range(N))
        assert not passes[0].equal(passes[1])
        assert passes[0].tolist() != list(range(N))

    def test_balanced_draws_every_cell_as_often(self):
        cells = [(0, 0)] * 970 + [(0, 1)] * 10 + [(1, 0)] * 15 + [(1, 1)] * 5
        records = Records(torch.tensor(cells * 10))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            order = RecordLoader(records, 100, balanced=True).order()
        assert len(order) == len(records)
        counts = records.cell[order].bincount()
        standard_error = (10_000 * 0.25 * 0.75) ** 0.5
        assert ((counts - 2500).abs() < 4.5 * standard_error).all()
        assert len(order[records.cell[order] == 3].unique()) == 50

    def test_balanced_leaves_out_empty_cells(self):
        records = records_of([[0, 1], [1, 0], [0, 1]], [[[1]], [[2]], [[1]]])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            order = RecordLoader(records, 2, balanced=True).order()
        assert set(order.tolist()) <= {0, 1, 2}
