"""Rows in a file are held out as rows in memory are, whatever the buffer holds."""

import numpy as np
import pytest
import torch
from coded_tables import coded, numbers, table

from fairsample.training.records import Records
from fairsample.training.seeding import seeded

N = 1000


def split_numbers(records, fraction, seed=0):
    with seeded(seed):
        parts = records.split(fraction)
        following = torch.rand(()).item()
    rows = [
        part if part is None else sum(numbers(part.batches(64)), []) for part in parts
    ]
    return rows, following


@pytest.mark.parametrize("buffer_rows", [N, N + 1])
def test_a_buffer_that_holds_all_holds_out_the_rows_of_records(buffer_rows):
    columns = table(N)
    with coded(columns, buffer_rows) as records:
        assert split_numbers(records, 0.13) == split_numbers(Records(columns), 0.13)


@pytest.mark.parametrize("buffer_rows", [1, 50, 64, 100, 999])
def test_a_smaller_buffer_holds_out_rows_of_every_block(buffer_rows):
    with coded(table(N), buffer_rows) as records:
        (trained, held_out), _ = split_numbers(records, 0.25)
        assert len(held_out) == 250
        assert sorted(trained + held_out) == list(range(N))
        assert trained == sorted(trained)
        with seeded(0):
            lengths = [len(part) for part in records.split(0.25)]
        assert lengths == [750, 250]
        in_tenths = np.bincount(np.array(held_out) // 100)
        assert in_tenths.min() >= 15
        assert split_numbers(records, 0.25) == split_numbers(records, 0.25)
        if buffer_rows > 1:  # blocks of one row leave nothing to draw
            assert split_numbers(records, 0.25)[0] != split_numbers(records, 0.25, 1)[0]


def test_held_out_rows_are_drawn_anew_in_every_block():
    with coded(table(N), 400) as records:
        block_rows = records.block_starts[1]
        (_, held_out), _ = split_numbers(records, 0.25)
    places = np.array(held_out) % block_rows
    assert (len(set(places)), block_rows) == (20, 20)


def test_none_is_held_out_of_too_few():
    with coded(table(9), 4) as records:
        assert records.split(0.1) == (records, None)


@pytest.mark.parametrize("buffer_rows", [10, 64, 130, 700])
def test_no_more_is_read_than_the_buffer_holds(buffer_rows):
    with coded(table(N), buffer_rows) as records:
        for part in records.split(0.1):
            for _ in part.batches(32, shuffle=True):
                pass
        held = records.blocks_a_buffer * records.codes.most_read
        assert 0 < held <= buffer_rows


def test_one_row():
    with coded(table(N), 10) as records:
        assert records[7].columns.tolist() == table(N)[7:8].tolist()
