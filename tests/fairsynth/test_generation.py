"""What is generated is what the teacher-forced logits say, visit by visit."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from tiny_generators import (
    all_columns,
    all_histories,
    histories_of,
    random_columns,
    records_of,
    tiny_halo,
)

from fairsample.fairsynth.generation import END, RecordWriter, generate_records
from fairsample.fairsynth.likelihood import record_nll, visit_nll
from fairsample.training.records import RecordBatch

BLOCK_SIZES = (3, 2, 5, 4)
N_CODES = 20
MAX_VISITS = 6
UNLIKELY = 1e-4


@pytest.fixture(scope="module")
def module():
    return tiny_halo(BLOCK_SIZES, N_CODES, MAX_VISITS)


@pytest.fixture(scope="module")
def given():
    return random_columns(3000, BLOCK_SIZES[:2], seed=5)


@pytest.fixture(scope="module")
def records(module, given):
    return generate_records(module, given, stream(), chunk_size=700)


def stream(seed=0):
    return torch.Generator().manual_seed(seed)


def test_every_patient_ends_once_and_on_the_last_visit(records):
    lengths = []
    for history in histories_of(records):
        lengths.append(len(history))
        for number, visit in enumerate(history):
            assert visit.count(END) == (number == len(history) - 1)
            assert visit == sorted(set(visit))
            assert visit == [] or max(visit) <= N_CODES
    assert set(lengths) == set(range(1, MAX_VISITS + 1))


def test_the_longest_history_ends_by_force():
    module = tiny_halo(BLOCK_SIZES, N_CODES, MAX_VISITS)
    with torch.no_grad():
        module.code_head.readout.bias[END] = -50
    records = generate_records(module, random_columns(60, BLOCK_SIZES[:2]), stream())
    assert [len(history) for history in histories_of(records)] == [MAX_VISITS] * 60
    assert int((records.codes == END).sum()) == 60


def test_conditions_hold_in_their_order(records, given):
    assert records.columns[:, :2].equal(given)
    assert len(records.patient_ptr) == len(given) + 1


def test_every_level_of_every_column_occurs_and_nothing_else(records):
    for column, size in enumerate(BLOCK_SIZES):
        assert records.columns[:, column].unique().tolist() == list(range(size))


def test_borders_fit_the_codes(records):
    for border, n in (
        (records.patient_ptr, len(records.visit_ptr) - 1),
        (records.visit_ptr, len(records.codes)),
    ):
        assert int(border[0]) == 0
        assert int(border[-1]) == n
        assert (border.diff() >= 0).all()
    assert records.patient_ptr.diff().min() >= 1


def test_kept_keys_give_the_histories_of_one_full_pass(module, given, monkeypatch):
    """What each visit was written from is what the module gives for the whole."""
    writer = RecordWriter(module, stream(), temperature=1.0)
    draw, contexts = writer.codes.draw, []

    def keep_context(context, *options, **named):
        contexts.append(context.clone())
        return draw(context, *options, **named)

    monkeypatch.setattr(writer.codes, "draw", keep_context)
    with torch.no_grad():
        records = writer.write(given[:200])
        batch = records.batch(torch.arange(200))
        at_once = module.histories(batch)
    assert len(contexts) == MAX_VISITS
    for number, context in enumerate(contexts):
        of_number = at_once[batch.visit_number == number]
        torch.testing.assert_close(context, of_number, rtol=0, atol=1e-5)


class TestDistribution:
    """Every history that a small generator can write, counted."""

    @pytest.fixture
    def module(self):
        return tiny_halo((2, 2, 3), n_codes=2, max_visits=2)

    def odds(self, module, group, outcome, temperature=1.0):
        """Odds of each level of the last column with each history: (3, 20)."""
        columns = torch.tensor([[group, outcome, level] for level in range(3)])
        columns = columns.repeat_interleave(20, 0)
        records = records_of(columns, all_histories(2, 2) * 3)
        batch = records.batch(torch.arange(60))
        with torch.no_grad():
            by_column, by_visit = (part / temperature for part in module(batch))
            of_level = by_column[:, 4:].log_softmax(1)[range(60), columns[:, 2]]
            of_visit = -visit_nll(by_visit, batch)
            # The last visit that can be ends by force: END is no event there.
            forced = batch.visit_number == 1
            of_visit[forced] -= torch.nn.functional.logsigmoid(by_visit[forced, END])
        log_odds = of_level.index_add(0, batch.patient, of_visit)
        assert log_odds.exp().sum().item() == pytest.approx(1, abs=1e-5)
        return log_odds.exp().double().view(3, 20).numpy()

    def counts(self, records):
        number = {str(h): i for i, h in enumerate(all_histories(2, 2))}
        counts = np.zeros((3, 20))
        for level, history in zip(
            records.columns[:, 2].tolist(), histories_of(records), strict=True
        ):
            codes = [[code for code in visit if code != END] for visit in history]
            counts[level, number[str(codes)]] += 1
        return counts

    def p_value(self, counts, odds):
        expected = counts.sum() * odds / odds.sum()
        common = expected > 5
        assert common.sum() > 12
        counts, expected = (
            np.append(part[common], part[~common].sum() + 1e-9)
            for part in (counts, expected)
        )
        return chisquare(counts, expected).pvalue

    @pytest.mark.parametrize(
        ("group", "outcome", "temperature"),
        [(0, 0, 1.0), (0, 1, 1.0), (1, 1, 1.0), (1, 0, 0.7), (1, 0, 1.5)],
    )
    def test_every_history_comes_as_often_as_it_is_likely(
        self, module, group, outcome, temperature
    ):
        given = torch.tensor([[group, outcome]]).expand(30_000, -1)
        records = generate_records(module, given, stream(), temperature=temperature)
        odds = self.odds(module, group, outcome, temperature)
        assert self.p_value(self.counts(records), odds) > UNLIKELY

    def test_this_would_notice_another_cell(self, module):
        given = torch.tensor([[0, 0]]).expand(30_000, -1)
        counts = self.counts(generate_records(module, given, stream()))
        assert self.p_value(counts, self.odds(module, 0, 1)) < UNLIKELY

    def test_rows_of_a_table(self):
        module = tiny_halo((2, 2, 3, 4), spread=0.6)
        given = torch.tensor([[1, 0]]).expand(60_000, -1)
        records = generate_records(module, given, stream())
        assert records.codes is None
        rows = all_columns((3, 4))
        cell = torch.tensor([[1, 0]]).expand(12, -1)
        batch = RecordBatch(torch.cat([cell, rows], dim=1))
        odds = (-record_nll(module, batch)).exp().detach().double().numpy()
        counts = (records.columns[:, 2:] @ torch.tensor([4, 1])).bincount(minlength=12)
        assert chisquare(counts.numpy(), 60_000 * odds / odds.sum()).pvalue > UNLIKELY


def test_cold_generation_is_the_same_for_all(module):
    given = torch.tensor([[2, 1]]).expand(50, -1)
    records = generate_records(module, given, stream(), temperature=1e-4)
    assert len({str(history) for history in histories_of(records)}) == 1
    assert len(records.columns.unique(dim=0)) == 1


@pytest.mark.parametrize("chunk_size", [1, 7, 2048])
def test_chunks_are_joined_in_order(module, chunk_size):
    given = random_columns(50, BLOCK_SIZES[:2])
    chunks = []

    def progress(parts):
        chunks.extend(parts)
        return chunks

    records = generate_records(
        module, given, stream(), chunk_size=chunk_size, progress=progress
    )
    assert len(chunks) == -(-50 // chunk_size)
    assert torch.cat(chunks).equal(given)
    assert records.columns[:, :2].equal(given)
    one_by_one = stream()
    parts = [generate_records(module, chunk, one_by_one) for chunk in chunks]
    assert histories_of(records) == [h for part in parts for h in histories_of(part)]


def test_one_generator_one_stream(module, given):
    generator = stream(4)
    first, second, again = (
        generate_records(module, given[:100], g)
        for g in (generator, generator, stream(4))
    )
    assert histories_of(first) != histories_of(second)
    assert histories_of(first) == histories_of(again)
    assert first.columns.equal(again.columns)


def test_torchs_own_stream_is_left_alone(module, given):
    before = torch.random.get_rng_state()
    generate_records(module, given[:100], stream())
    assert torch.random.get_rng_state().equal(before)


@pytest.mark.parametrize("training", [True, False])
def test_dropout_rests_and_the_mode_comes_back(given, training):
    module = tiny_halo(BLOCK_SIZES, N_CODES, MAX_VISITS, dropout=0.5).train(training)
    first, second = (generate_records(module, given[:100], stream()) for _ in range(2))
    assert histories_of(first) == histories_of(second)
    assert module.training is training
    assert not any(p.grad is not None for p in module.parameters())
