"""Likelihoods against plain sums, and the read-out of the outcome against Bayes."""

from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tiny_generators import (
    all_columns,
    all_histories,
    random_columns,
    random_records,
    records_of,
    tiny_halo,
)

from fairsample.autoregressive import column_nll
from fairsample.fairsynth.likelihood import (
    outcome_loss,
    outcome_readout,
    record_nll,
    visit_nll,
)
from fairsample.training.records import RecordBatch, Records
from fairsample.training.seeding import seeded

BLOCK_SIZES = (2, 3, 2, 4)
N_CODES = 6

close = partial(torch.testing.assert_close, rtol=0, atol=1e-5)


@pytest.fixture
def module():
    return tiny_halo(BLOCK_SIZES, N_CODES, max_visits=4)


@pytest.fixture
def records():
    return random_records(30, BLOCK_SIZES, N_CODES)


@pytest.fixture
def batch(records):
    return records.batch(torch.arange(30))


def own_group(batch, n_classes):
    """Look at each record under its own group, whatever the outcome."""
    return batch.columns[:, [0]].expand(-1, n_classes)


def present_codes(batch):
    """Which visit has which code: (n_visits, n_codes + 1), of zeros and ones."""
    present = torch.zeros(len(batch.patient), N_CODES + 1)
    borders = [*batch.visit_starts.tolist(), len(batch.codes)]
    for visit, (start, end) in enumerate(zip(borders, borders[1:], strict=False)):
        present[visit, batch.codes[start:end]] = 1
    return present


def table_of(module):
    """log p(other columns | group, outcome) of every row of a table, in numpy."""
    rows = all_columns(module.block_sizes)
    with torch.no_grad():
        logits = module.column_logits(rows).double().numpy()
    start, terms = 0, []
    for column, size in enumerate(module.block_sizes):
        block = logits[:, start : start + size]
        log_p = block - np.log(np.exp(block).sum(1, keepdims=True))
        terms.append(log_p[np.arange(len(rows)), rows[:, column]])
        start += size
    return rows, np.stack(terms, axis=1)


def test_visit_nll_is_binary_cross_entropy_summed_over_codes(module, batch):
    _, logits = module(batch)
    present = present_codes(batch)
    assert present.sum() == len(batch.codes)
    expected = F.binary_cross_entropy_with_logits(logits, present, reduction="none")
    close(visit_nll(logits, batch), expected.sum(1))


def test_visit_nll_of_certain_codes_stays_finite(batch):
    logits = 200 * (2 * present_codes(batch) - 1)
    close(visit_nll(logits, batch), torch.zeros(len(logits)))
    codes_or_gaps = torch.full((len(logits),), 200.0 * (N_CODES + 1))
    close(visit_nll(-logits, batch), codes_or_gaps)


@pytest.mark.parametrize("given", [0, 1, 2])
def test_record_nll_is_the_sum_of_its_parts(module, batch, given):
    columns, visits = module(batch)
    expected = column_nll(columns, batch.columns, module.block_sizes)[:, given:].sum(1)
    for patient in range(30):
        expected[patient] += visit_nll(visits, batch)[batch.patient == patient].sum()
    close(record_nll(module, batch, given=given), expected)
    known = record_nll(module, batch, logits=(columns, visits), given=given)
    close(known, expected)


def test_odds_of_all_rows_of_a_table_sum_to_one():
    module = tiny_halo(BLOCK_SIZES).double()
    rows = all_columns(BLOCK_SIZES)
    odds = (-record_nll(module, RecordBatch(rows))).exp()
    for group in range(2):
        for outcome in range(3):
            cell = (rows[:, 0] == group) & (rows[:, 1] == outcome)
            assert odds[cell].sum().item() == pytest.approx(1, abs=1e-12)


class TestPadding:
    """A short history beside a long one is neither scored nor trained longer."""

    @pytest.fixture
    def histories(self):
        return [[[1, 2]], [[3], [], [1, 4], [2, 5, 6]], [[6], [2]]]

    @pytest.fixture
    def columns(self):
        return random_columns(3, BLOCK_SIZES)

    def test_a_patient_is_as_likely_alone(self, module, columns, histories):
        records = records_of(columns, histories)
        together = record_nll(module, records.batch(torch.arange(3)))
        alone = [record_nll(module, records[row]) for row in range(3)]
        close(torch.cat(alone), together)

    def test_every_visit_counts_once(self, module, columns, histories):
        records = records_of(columns, histories)
        _, logits = module(records.batch(torch.arange(3)))
        assert len(logits) == 7

    def test_padded_places_have_no_gradient(self, module, columns, histories):
        batch = records_of(columns, histories).batch(torch.arange(3))
        record_nll(module, batch)[0].backward()
        of_places = module.visit_transformer.position.weight.grad
        assert of_places[0].ne(0).any()
        assert of_places[1:].eq(0).all()
        assert module.visit_embedding.weight.grad.eq(0).all()

    def test_gradient_is_the_one_of_the_patient_alone(self, module, columns, histories):
        records = records_of(columns, histories)
        gradients = []
        for batch, row in ((records[2], 0), (records.batch(torch.arange(3)), 2)):
            module.zero_grad()
            record_nll(module, batch)[row].backward()
            gradients.append([p.grad.clone() for p in module.parameters()])
        for alone, together in zip(*gradients, strict=True):
            close(together, alone)

    def test_places_never_reached_have_no_gradient(self, module, columns):
        """The last visit that can be is written from the one before it."""
        histories = [[[1], [2], [3], [4]]]
        record_nll(module, records_of(columns[:1], histories)[0]).backward()
        of_places = module.visit_transformer.position.weight.grad
        assert of_places.ne(0).any(1).tolist() == [True] * 4 + [False]


class TestOutcomeReadout:
    """q(y | record, group), the classes even within the group."""

    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_is_bayes_rule_on_a_table(self, n_classes):
        module = tiny_halo((2, n_classes, 2, 3), spread=0.6)
        rows, log_p = table_of(module)
        joint = np.exp(log_p[:, 2:].sum(1)).reshape(2, n_classes, 6)
        np.testing.assert_allclose(joint.sum(2), 1, atol=1e-6)
        posterior = joint / joint.sum(1, keepdims=True)
        batch = RecordBatch(rows)
        found = outcome_readout(module, batch, own_group(batch, n_classes))
        found = found.detach().numpy()
        assert np.ptp(posterior, axis=2).max() > 0.3
        for row, (group, _, a, b) in enumerate(rows.tolist()):
            np.testing.assert_allclose(
                found[row], posterior[group, :, 3 * a + b], atol=1e-5
            )

    def test_is_bayes_rule_on_visits(self):
        module = tiny_halo((2, 2), n_codes=2, max_visits=2).double()
        histories = all_histories(2, 2)
        odds = []
        for outcome in range(2):
            columns = [[1, outcome]] * len(histories)
            batch = records_of(columns, histories).batch(torch.arange(len(histories)))
            columns, visits = module(batch)
            terms = F.logsigmoid((2 * _ends_and_codes(batch, 3) - 1) * visits).sum(1)
            odds.append(torch.zeros(len(histories)).double())
            odds[-1].index_add_(0, batch.patient, terms)
        expected = torch.stack(odds, dim=1).softmax(1)
        found = outcome_readout(module, batch, own_group(batch, 2))
        assert (expected[:, 0] - 0.5).abs().max() > 0.1
        torch.testing.assert_close(found, expected)

    def test_own_cell_does_not_matter_but_the_levels_do(self, module, batch):
        levels = own_group(batch, 3)
        before = outcome_readout(module, batch, levels)
        assert before.shape == (30, 3)
        close(before.sum(1), torch.ones(30))
        assert outcome_readout(module, batch.under(1, 2), levels).equal(before)
        after = outcome_readout(module, batch, 1 - levels)
        assert (after - before).abs().max(1)[0].min() > 1e-6

    def test_each_outcome_is_looked_at_under_its_level(self, module, batch):
        """A small cell's records come from another level than the group's others."""
        levels = own_group(batch, 3).clone()
        levels[:, 1] = 1
        found = outcome_readout(module, batch, levels)
        scores = [
            -record_nll(module, batch.under(levels[:, outcome], outcome))
            for outcome in range(3)
        ]
        close(
            found.log() - found[:, [0]].log(),
            torch.stack([score - scores[0] for score in scores], dim=1),
        )

    def test_moves_what_is_written_given_the_outcome(self, module, batch):
        """Its gradient reaches the visits and columns, not the outcome's own logit."""
        outcome_readout(module, batch, own_group(batch, 3))[:, 1].mean().backward()
        of_columns = module.column_head.readout.bias.grad
        assert of_columns[:5].eq(0).all()
        assert of_columns[5:].ne(0).all()
        assert module.code_head.embedding.grad.ne(0).any()
        assert module.prefix_embedding[0].weight.grad.ne(0).any()


class TestOutcomeLoss:
    def test_of_two_classes_is_minus_the_log_posterior(self):
        module = tiny_halo((2, 2, 2, 3), spread=0.6)
        rows, log_p = table_of(module)
        joint = np.exp(log_p[:, 1:].sum(1)).reshape(2, 2, 6)
        expected = -np.log(joint / joint.sum(1, keepdims=True)).mean()
        batch = RecordBatch(rows)
        found = outcome_loss(module, batch, module(batch)).item()
        assert found == pytest.approx(expected, abs=1e-5)

    def test_is_log_2_where_nothing_can_be_read(self, module, batch):
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.zero_()
        found = outcome_loss(module, batch, module(batch)).item()
        assert found == pytest.approx(np.log(2), abs=1e-5)

    def test_never_compares_an_outcome_with_itself(self):
        """A column that is the outcome leaves no doubt, with three classes too."""
        module = tiny_halo((2, 3, 3))
        head = module.column_head
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.zero_()
            units = torch.where(head.hidden_degrees == 2)[0][:3]
            head.embedding[2 + torch.arange(3), units] = 1
            head.readout.weight[5 + torch.arange(3), units] = 30
        columns = random_columns(200, (2, 3, 3))
        columns[:, 2] = columns[:, 1]
        batch = RecordBatch(columns)
        with seeded(0):
            assert outcome_loss(module, batch, module(batch)).item() < 1e-6

    def test_compares_with_every_other_outcome(self, module, batch, monkeypatch):
        seen = set()
        plain = RecordBatch.under

        def spy(self, group, outcome):
            assert group.equal(self.columns[:, 0])
            seen.update(zip(self.columns[:, 1].tolist(), outcome.tolist(), strict=True))
            return plain(self, group, outcome)

        monkeypatch.setattr(RecordBatch, "under", spy)
        with seeded(0):
            for _ in range(5):
                outcome_loss(module, batch, module(batch))
        assert seen == {(a, b) for a in range(3) for b in range(3) if a != b}

    def test_teaches_to_tell_the_outcomes_apart(self, module, batch):
        outcome_loss(module, batch, module(batch)).backward()
        for name, parameter in module.named_parameters():
            if name.startswith(("prefix_embedding", "column_head.embedding")):
                assert parameter.grad.ne(0).any(), name


def test_records_without_visits_have_columns_only():
    module = tiny_halo(BLOCK_SIZES)
    records = Records(random_columns(8, BLOCK_SIZES))
    batch = records.batch(torch.arange(8))
    logits, _ = module(batch)
    expected = column_nll(logits, batch.columns, module.block_sizes)[:, 2:].sum(1)
    close(record_nll(module, batch), expected)


def _ends_and_codes(batch, width):
    present = torch.zeros(len(batch.patient), width, dtype=torch.float64)
    present[batch.visit_of_code, batch.codes] = 1
    return present
