import numpy as np
import pandas as pd
import pytest
import torch

from fairsample.predictors.patient_encoder import PatientEncoder
from fairsample.predictors.visit_transformer import (
    ColumnEmbedding,
    TransformerStack,
    VisitEmbedding,
    VisitTransformer,
)

CODES = list("abcdefgh")
SMALL = {"embedding": 16, "n_layers": 2, "n_heads": 4}


def make_records(n=12, seed=0):
    rng = np.random.default_rng(seed)
    cells = [
        [
            rng.choice(CODES, rng.integers(0, 4), replace=False).tolist()
            for _ in range(rng.integers(1, 7))
        ]
        for _ in range(n - 1)
    ]
    return pd.DataFrame(
        {
            "ward": rng.choice(["icu", "north", None], n),
            "age": np.where(np.arange(n) % 4, rng.normal(size=n), np.nan),
            "visits": pd.Series([*cells, [CODES]], dtype=object),
        }
    )


def make_race(n=12, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"race": rng.choice(["A", "B"], n)})


@pytest.fixture
def encoder():
    return PatientEncoder().fit(make_records(), make_race())


@pytest.fixture
def module(encoder):
    torch.manual_seed(0)
    return VisitTransformer(encoder.sizes_, 3, **SMALL).double().eval()


@pytest.fixture(autouse=True)
def own_random_numbers():
    with torch.random.fork_rng():
        yield


def logits(module, encoder, records, race=None):
    race = make_race(len(records)) if race is None else race
    patients = encoder.transform(records, race)
    with torch.no_grad():
        return module(patients.batch(torch.arange(len(records))))


def with_visits(records, change):
    cells = [change(cell) for cell in records["visits"]]
    return records.assign(visits=pd.Series(cells, dtype=object))


def test_shapes(module, encoder):
    assert (
        list(module.stacks)
        == list(encoder.sizes_)
        == [
            "visits",
            "static",
            "sensitive",
        ]
    )
    assert logits(module, encoder, make_records()).shape == (12, 3)
    assert module.readout.in_features == 3 * 16


def test_a_patient_does_not_depend_on_who_else_is_in_the_batch(module, encoder):
    records, race = make_records(), make_race()
    together = logits(module, encoder, records, race)
    for row in range(len(records)):
        rows = slice(row, row + 1)
        alone = logits(module, encoder, records[rows], race[rows])
        torch.testing.assert_close(alone[0], together[row], rtol=0, atol=1e-12)


def test_the_longest_history_leaves_no_trace_in_the_others(module, encoder):
    records, race = make_records(), make_race()
    long = records.copy()
    long.at[0, "visits"] = [CODES] * 40
    before, after = (logits(module, encoder, X, race) for X in (records, long))
    assert not torch.allclose(before[0], after[0])
    torch.testing.assert_close(before[1:], after[1:], rtol=0, atol=1e-12)


def test_order_and_repetition_within_a_visit_do_not_matter(module, encoder):
    records = make_records()
    shuffled = with_visits(
        records, lambda cell: [[*visit[::-1], *visit] for visit in cell]
    )
    assert logits(module, encoder, records).equal(logits(module, encoder, shuffled))


def test_order_of_visits_matters(module, encoder):
    records = make_records()
    reverse = with_visits(records, lambda cell: cell[::-1])
    changed = logits(module, encoder, records) != logits(module, encoder, reverse)
    palindromes = [
        [set(visit) for visit in cell] == [set(visit) for visit in cell[::-1]]
        for cell in records["visits"]
    ]
    assert sum(palindromes) < 6
    assert changed.all(1).tolist() == [not same for same in palindromes]


def test_without_positions_order_would_not_matter(module, encoder):
    torch.nn.init.zeros_(module.embeddings["visits"].position.weight)
    records = make_records()
    reverse = with_visits(records, lambda cell: cell[::-1])
    torch.testing.assert_close(
        logits(module, encoder, records), logits(module, encoder, reverse)
    )


def test_visits_before_the_latest_ones_are_left_out():
    records, race = make_records(), make_race()
    encoder = PatientEncoder(max_visits=2).fit(records, race)
    module = VisitTransformer(encoder.sizes_, **SMALL).double().eval()
    latest = with_visits(records, lambda cell: cell[-2:])
    assert logits(module, encoder, records).equal(logits(module, encoder, latest))
    last = with_visits(records, lambda cell: cell[-1:])
    assert not logits(module, encoder, records).equal(logits(module, encoder, last))


def test_an_empty_visit_is_a_visit(module, encoder):
    records = make_records()
    longer = with_visits(records, lambda cell: [*cell, []])
    changed = logits(module, encoder, records) != logits(module, encoder, longer)
    assert changed.all()


def test_batch_without_a_single_code(module, encoder):
    empty = with_visits(make_records(), lambda cell: [[]])
    assert logits(module, encoder, empty).isfinite().all()


def test_unknown_codes_are_as_if_not_there(module, encoder):
    records = make_records()
    strange = with_visits(
        records, lambda cell: [["zzz", *visit, "yyy"] for visit in cell]
    )
    assert logits(module, encoder, records).equal(logits(module, encoder, strange))


def test_each_stack_reads_its_own_input(module, encoder):
    records, race = make_records(), make_race()
    other_race = race.replace({"A": "B", "B": "A"})
    plain = logits(module, encoder, records, race)
    for changed in (
        logits(module, encoder, records, other_race),
        logits(module, encoder, records.assign(age=5.0), race),
        logits(module, encoder, records.assign(ward="north"), race),
    ):
        assert not changed.equal(plain)
    with torch.no_grad():
        module.readout.weight[:, 32:] = 0  # the sensitive stack is the last one
    deaf = logits(module, encoder, records, race)
    assert deaf.equal(logits(module, encoder, records, other_race))


def test_unknown_levels_are_the_same_wherever_they_come_from(module, encoder):
    records = make_records()
    unknown = [
        logits(module, encoder, records.assign(ward=name)) for name in ("u", "w")
    ]
    assert unknown[0].equal(unknown[1])
    known = logits(module, encoder, records.assign(ward="icu"))
    assert not unknown[0].equal(known)


def test_a_missing_number_is_no_median():
    records, race = make_records(), make_race()
    encoder = PatientEncoder().fit(records, race)
    module = VisitTransformer(encoder.sizes_, **SMALL).double().eval()
    median = records["age"].median()
    missing = logits(module, encoder, records.assign(age=np.nan), race)
    assert not missing.equal(logits(module, encoder, records.assign(age=median), race))


def test_an_unknown_level_starts_as_nothing():
    embedding = ColumnEmbedding(2, 5, n_numeric=1, embedding=8)
    assert (embedding.level.weight[0] == 0).all()
    assert (embedding.level.weight[1:] != 0).any(1).all()


def test_the_last_block_reads_the_first_token_only():
    stack = TransformerStack(16, n_layers=1, n_heads=2, dropout=0.0).double()
    tokens = torch.randn(4, 5, 16, dtype=torch.double)
    present = torch.rand(4, 5) < 0.7
    present[:, 0] = True
    (block,) = stack.blocks
    torch.testing.assert_close(
        block(tokens, present, n_read=1), block(tokens, present)[:, :1]
    )


def test_everything_learns(encoder):
    records, race = make_records(), make_race()
    module = VisitTransformer(encoder.sizes_, **SMALL)
    batch = encoder.transform(records, race).batch(torch.arange(len(records)))
    module(batch).square().sum().backward()
    untouched = {
        name: (parameter.grad == 0).all().item()
        for name, parameter in module.named_parameters()
        if parameter.numel()
    }
    assert not any(untouched.values()), untouched


def test_padding_gets_no_token():
    batch = PatientEncoder().fit(make_records(), None).transform(make_records(), None)
    visits = batch.batch(torch.arange(12)).inputs["visits"]
    embedding = VisitEmbedding(8, max_visits=6, embedding=8)
    tokens, present = embedding(visits)
    n_visits = make_records()["visits"].map(len).to_numpy()
    assert present.sum(1).tolist() == n_visits.tolist()
    assert (tokens[~present] == 0).all()
    latest = embedding.code.weight.sum(0) + embedding.position.weight[0]
    torch.testing.assert_close(tokens[-1, 0], latest)  # the last patient has all codes


def test_embedding_that_heads_do_not_divide():
    with pytest.raises(ValueError, match=r"multiple of n_heads. Got embedding=10"):
        VisitTransformer({}, embedding=10, n_heads=4)
