"""What is counted of a table, with noise and without."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from known_table import DOMAIN, SHAPE, known_rows
from scripted_noise import ScriptedNoise

from fairsample.flip import table_release
from fairsample.flip.budget import PrivacyLedger
from fairsample.flip.conforming import conform
from fairsample.flip.domain import TableDomain
from fairsample.flip.mechanism import Mechanism
from fairsample.flip.table_release import count_table, release_table

DELTA = 1e-5


def release(rows, epsilon, ledger=None, domain=DOMAIN):
    ledger = PrivacyLedger(DELTA) if ledger is None else ledger
    return release_table(rows, domain, epsilon=epsilon, ledger=ledger)


@pytest.fixture(scope="module")
def rows():
    return known_rows()


@pytest.fixture(scope="module")
def exact(rows):
    return count_table(rows)


@pytest.fixture(scope="module")
def private(rows):
    return release(rows, 2.0)


class TestExactCounts:
    """Without noise everything is what it is."""

    def test_cells(self, rows, exact):
        wanted = pd.crosstab(rows.group, rows.label)
        np.testing.assert_array_equal(exact.cell_counts, wanted)

    def test_columns_within_each_class(self, rows, exact):
        codes = exact.encoder.transform(rows.frame)
        for column, merged in zip(codes.T, exact.merged, strict=False):
            for c in range(2):
                np.testing.assert_array_equal(
                    merged.counts[c],
                    np.bincount(column[rows.label == c], minlength=len(merged.ordered)),
                )

    def test_pairs_with_each_other_and_with_the_group(self, rows, exact):
        codes = exact.encoder.transform(rows.frame)
        columns = [
            merged.merge(column)
            for merged, column in zip(exact.merged, codes.T, strict=False)
        ]
        columns.append(rows.group)
        blocks = exact.pairs.blocks()
        assert len(blocks) == rows.frame.shape[1] + 1
        for c in range(2):
            of_class = [column[rows.label == c] for column in columns]
            for i, j in [(0, 1), (0, 4), (2, 3), (3, 4)]:
                found = exact.pairs.values[c, blocks[i], blocks[j]]
                wanted = np.zeros_like(found)
                np.add.at(wanted, (of_class[i], of_class[j]), 1)
                np.testing.assert_array_equal(found, wanted)

    def test_nothing_is_promised(self, exact):
        assert exact.ledger is None
        assert exact.pair_std == 0.0
        assert exact.outside == {}


class TestBudget:
    """Nearly all of the budget is spent, and never more."""

    @pytest.mark.parametrize("epsilon", [0.3, 2.0, 8.0])
    def test_all_of_it_is_spent(self, rows, epsilon):
        spent = release(rows, epsilon).ledger.epsilon()
        assert 0.98 * epsilon < spent <= epsilon

    def test_what_was_spent_before_is_part_of_it(self, rows):
        ledger = PrivacyLedger(DELTA)
        ledger.add(Mechanism(name="before", reads="bounds", noise_multiplier=4.0))
        before = ledger.epsilon()
        found = release(rows, 2.0, ledger)
        assert found.ledger.mechanisms[0].name == "before"
        assert before < found.ledger.epsilon() <= 2.0
        assert found.pair_std > release(rows, 2.0).pair_std
        assert len(ledger.mechanisms) == 1

    def test_every_release_is_named(self, private):
        assert [one.name for one in private.ledger.mechanisms] == [
            "outside",
            "cells",
            "columns",
            "classes",
            "pairs",
        ]

    def test_noise_of_the_pairs_is_what_the_ledger_says(self, private):
        *_, pairs = private.ledger.mechanisms
        n_tables = 5 * 4 / 2
        assert private.pair_std == pytest.approx(
            pairs.noise_multiplier * np.sqrt(n_tables)
        )

    def test_two_releases_differ(self, rows, private):
        again = release(rows, 2.0)
        assert not np.array_equal(again.cell_counts, private.cell_counts)

    def test_noise_added_is_the_noise_paid_for(self, rows, monkeypatch):
        noise = ScriptedNoise()
        monkeypatch.setattr(table_release, "SecureNoise", lambda: noise)
        found = release(rows, 2.0)
        sigma = {one.name: one.noise_multiplier for one in found.ledger.mechanisms}
        stds = {round(std, 6) for _, std in noise.asked}
        n_columns = rows.frame.shape[1]
        for name, sensitivity in {
            "outside": np.sqrt(n_columns),
            "cells": 1.0,
            "classes": np.sqrt(n_columns),
            "pairs": np.sqrt((n_columns + 1) * n_columns / 2),
        }.items():
            assert round(sigma[name] * sensitivity, 6) in stds


class TestNoisyCounts:
    """What comes out is a table of counts all the same."""

    def test_a_huge_budget_tells_the_truth(self, rows, exact):
        found = release(rows, 1e5)
        assert np.abs(found.cell_counts - exact.cell_counts).max() < 3
        codes = found.encoder.transform(conform(rows.frame, DOMAIN))
        for column, merged in zip(codes.T, found.merged, strict=False):
            wanted = [
                np.bincount(column[rows.label == c], minlength=len(merged.ordered))
                for c in range(2)
            ]
            assert np.abs(merged.counts - wanted).max() < 5

    @pytest.mark.parametrize("epsilon", [0.05, 2.0])
    def test_columns_add_up_to_their_classes(self, rows, epsilon):
        found = release(rows, epsilon)
        assert found.cell_counts.shape == SHAPE
        assert found.cell_counts.min() >= 0
        totals = np.maximum(found.cell_counts.sum(axis=0), 1.0)
        for merged in found.merged[:-1]:
            assert merged.counts.min() >= 0
            np.testing.assert_allclose(merged.counts.sum(axis=1), totals)

    def test_less_budget_makes_fewer_codes(self, rows, private):
        little = release(rows, 0.1)
        assert little.pair_std > private.pair_std
        n_codes = [[one.n_codes for one in r.merged] for r in (little, private)]
        assert sum(n_codes[0]) < sum(n_codes[1])
        assert n_codes[0][-1] == n_codes[1][-1] == SHAPE[0]

    def test_groups_and_classes_that_are_declared_and_do_not_occur(self, rows):
        wider = replace(rows, shape=(4, 3))
        found = release(wider, 2.0)
        assert found.cell_counts.shape == (4, 3)
        assert found.cell_counts[3].sum() < 100
        assert found.cell_counts[:, 2].sum() < 100
        assert len(found.pairs.values) == 3
        assert found.merged[-1].n_codes == 4

    def test_no_columns(self, rows):
        empty = replace(rows, frame=rows.frame[[]])
        found = release(empty, 2.0, domain={})
        assert [one.name for one in found.ledger.mechanisms] == ["cells"]
        assert found.ledger.epsilon() <= 2.0
        assert np.abs(found.cell_counts.sum() - len(rows.label)) < 200
        assert found.encoder is None

    def test_a_single_column_pairs_with_the_group(self, rows):
        one = replace(rows, frame=rows.frame[["club"]])
        found = release(one, 2.0, domain=TableDomain({"club": DOMAIN["club"]}))
        assert len(found.pairs.blocks()) == 2


class TestOutside:
    """Values outside the domain are told of if there are many."""

    def test_many_are_counted(self, rows):
        frame = rows.frame.copy()
        frame.loc[:1499, "age"] = 200
        found = release(replace(rows, frame=frame), 2.0)
        assert list(found.outside) == ["age"]
        assert abs(found.outside["age"] - 1500) < 400

    def test_one_goes_under_in_the_noise(self, rows, monkeypatch):
        frame = rows.frame.copy()
        frame.loc[0, "age"] = 200
        noise = ScriptedNoise(seed=0)
        monkeypatch.setattr(table_release, "SecureNoise", lambda: noise)
        assert release(replace(rows, frame=frame), 2.0).outside == {}


def test_what_is_written_of_rows_shows_none(rows):
    assert repr(rows) == "Rows(...)"


def test_rows_are_not_changed(rows):
    wanted = known_rows()
    release(rows, 2.0)
    count_table(rows)
    pd.testing.assert_frame_equal(rows.frame, wanted.frame)
    np.testing.assert_array_equal(rows.group, wanted.group)
