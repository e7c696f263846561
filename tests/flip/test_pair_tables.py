"""Tables of pairs of columns: counts, their noise, and what is taken for noise."""

import numpy as np
import pandas as pd
import pytest
from scripted_noise import ScriptedNoise

from fairsample.flip.pair_tables import (
    PairTables,
    count_pairs,
    mix_with_independence,
    n_pairs,
    shrink_to_independence,
)

SIZES = [3, 4, 2]


def coded_rows(n=500, seed=0):
    """The second column follows the first, in class 1 only."""
    rng = np.random.RandomState(seed)
    codes = np.column_stack([rng.randint(0, size, n) for size in SIZES])
    label = rng.randint(0, 2, n)
    follows = (label == 1) & (rng.rand(n) < 0.8)
    codes[follows, 1] = codes[follows, 0]
    return codes, label


def one_ways(codes, label):
    return [
        np.array([np.bincount(column[label == c], minlength=size) for c in (0, 1)])
        for column, size in zip(codes.T, SIZES, strict=True)
    ]


def distinct(tables):
    """Each table once: below the diagonal blocks."""
    blocks = tables.blocks()
    return np.concatenate(
        [
            tables.values[:, blocks[i], blocks[j]].reshape(len(tables.values), -1)
            for i in range(len(blocks))
            for j in range(i)
        ],
        axis=1,
    )


class TestCounts:
    """Every row is in one cell of every table of its class."""

    @pytest.mark.parametrize("n", [500, 20_500])
    def test_cross_tables(self, n):
        codes, label = coded_rows(n)
        tables = count_pairs(codes, label, SIZES, 2)
        blocks = tables.blocks()
        for c in (0, 1):
            rows = codes[label == c]
            for i, first in enumerate(blocks):
                for j, second in enumerate(blocks):
                    found = tables.values[c, first, second]
                    wanted = pd.crosstab(rows[:, i], rows[:, j]).to_numpy()
                    np.testing.assert_array_equal(found, wanted if i != j else 0)

    def test_classes_and_codes_without_rows(self):
        tables = count_pairs(np.array([[0, 1]]), np.array([1]), [2, 3], 3)
        assert tables.values.shape == (3, 5, 5)
        assert tables.values.sum() == 2
        assert tables.values[1, 0, 3] == tables.values[1, 3, 0] == 1

    def test_a_row_moves_all_tables_by_the_root_of_their_number(self):
        codes, label = coded_rows()
        with_all = count_pairs(codes, label, SIZES, 2)
        without = count_pairs(codes[1:], label[1:], SIZES, 2)
        moved = np.linalg.norm(distinct(with_all) - distinct(without), axis=1)
        wanted = np.zeros(2)
        wanted[label[0]] = np.sqrt(n_pairs(len(SIZES)))
        np.testing.assert_allclose(moved, wanted)

    @pytest.mark.parametrize(
        ("n_columns", "pairs"), [(1, 0), (2, 1), (3, 3), (15, 105)]
    )
    def test_number_of_pairs(self, n_columns, pairs):
        assert n_pairs(n_columns) == pairs


class TestNoise:
    """Independent Gaussian noise in every distinct cell."""

    def test_every_cell_of_every_table_once(self):
        codes, label = coded_rows()
        noise = ScriptedNoise()
        exact = count_pairs(codes, label, SIZES, 2)
        found = count_pairs(codes, label, SIZES, 2, noise_std=3.0, noise=noise)
        np.testing.assert_array_equal(found.values, exact.values)
        assert sum(np.prod(shape) for shape, _ in noise.asked) == distinct(exact).size
        assert {std for _, std in noise.asked} == {3.0}

    def test_is_symmetric_and_of_the_standard_deviation(self):
        sizes = [30, 40, 50]
        nobody = np.empty((0, 3), dtype=int), np.empty(0, dtype=int)
        tables = count_pairs(
            *nobody, sizes, 2, noise_std=5.0, noise=ScriptedNoise(seed=0)
        )
        np.testing.assert_array_equal(tables.values, tables.values.swapaxes(1, 2))
        for block in tables.blocks():
            assert not tables.values[:, block, block].any()
        cells = distinct(tables).ravel()
        assert abs(cells.mean()) < 4 * 5 / np.sqrt(cells.size)
        assert abs(cells.std() - 5) < 4 * 5 / np.sqrt(2 * cells.size)
        first, second = distinct(tables)
        assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(first.size)


class TestShrinking:
    """Tables are drawn to the product of their margins by as much as they are noise."""

    def test_exact_tables_stay(self):
        codes, label = coded_rows()
        tables = count_pairs(codes, label, SIZES, 2)
        shares = shrink_to_independence(tables, one_ways(codes, label), 0.0)
        totals = np.bincount(label)[:, None, None]
        np.testing.assert_allclose(shares.values, tables.values / totals, atol=1e-6)

    @pytest.mark.parametrize("std", [0.0, 2.0, 50.0])
    def test_margins_are_the_one_ways_of_the_class(self, std):
        codes, label = coded_rows()
        tables = count_pairs(
            codes, label, SIZES, 2, noise_std=std, noise=ScriptedNoise(seed=1)
        )
        known = one_ways(codes, label)
        shares = shrink_to_independence(tables, known, std)
        blocks = shares.blocks()
        for c in (0, 1):
            for i, first in enumerate(blocks):
                for j, second in enumerate(blocks):
                    if i != j:
                        table = shares.values[c, first, second]
                        margin = known[i][c] / known[i][c].sum()
                        np.testing.assert_allclose(table.sum(axis=1), margin, atol=1e-5)

    def test_pure_noise_is_independence_in_expectation(self):
        sizes, std, n_draws = [6, 8], 10.0, 400
        margins = [np.array([np.arange(1.0, size + 1)]) for size in sizes]
        margins = [100 * one / one.sum() for one in margins]
        product = np.outer(margins[0], margins[1]) / 100**2
        nobody = np.empty((0, 2), dtype=int), np.empty(0, dtype=int)
        noise, found, dropped = ScriptedNoise(seed=2), [], 0
        for _ in range(n_draws):
            tables = count_pairs(*nobody, sizes, 1, noise_std=std, noise=noise)
            shares = shrink_to_independence(tables, margins, std)
            found.append(shares.values[0, :6, 6:])
            dropped += np.allclose(found[-1], product, atol=1e-7)
        error = np.std(found, axis=0) / np.sqrt(n_draws)
        assert (np.abs(np.mean(found, axis=0) - product) < 4.5 * error + 1e-7).all()
        assert dropped > 0.4 * n_draws
        assert np.std(found, axis=0).max() < 0.4 * std / 100

    def test_dependence_that_dwarfs_the_noise_is_kept(self):
        codes, label = coded_rows(20_000)
        known = one_ways(codes, label)
        exact = shrink_to_independence(
            count_pairs(codes, label, SIZES, 2), known, 0.0
        ).values
        noisy = count_pairs(
            codes, label, SIZES, 2, noise_std=20.0, noise=ScriptedNoise(seed=3)
        )
        kept = shrink_to_independence(noisy, known, 20.0).values
        raw = shrink_to_independence(noisy, known, 0.0).values
        assert np.abs(kept - exact).max() < 0.01
        assert np.linalg.norm(kept - exact) < np.linalg.norm(raw - exact)

    def test_unwanted_dependence_is_left_out(self):
        codes, label = coded_rows()
        known = one_ways(codes, label)
        tables = count_pairs(codes, label, SIZES, 2)
        wanted = np.ones((3, 3))
        wanted[0, 1] = wanted[1, 0] = 0.0
        whole = shrink_to_independence(tables, known, 0.0)
        found = shrink_to_independence(tables, known, 0.0, wanted)
        first, second, third = found.blocks()
        for c in (0, 1):
            margins = [one[c] / one[c].sum() for one in known]
            np.testing.assert_allclose(
                found.values[c, first, second],
                np.outer(margins[0], margins[1]),
                atol=1e-6,
            )
        np.testing.assert_array_equal(
            found.values[:, second, third], whole.values[:, second, third]
        )


class TestMixing:
    """A table on its way to independence."""

    counts = np.array([[30.0, 10, 0], [10, 30, 20]])

    @pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
    def test_margins_stay(self, share):
        mixed = mix_with_independence(self.counts, share)
        for axis in (0, 1):
            np.testing.assert_allclose(mixed.sum(axis), self.counts.sum(axis))

    def test_ends(self):
        np.testing.assert_array_equal(
            mix_with_independence(self.counts, 0.0), self.counts
        )
        assert np.linalg.matrix_rank(mix_with_independence(self.counts, 1.0)) == 1

    def test_nobody(self):
        assert not mix_with_independence(np.zeros((2, 3)), 0.5).any()


def test_blocks():
    tables = PairTables(np.zeros((1, 9, 9)), np.array([0, 3, 7, 9]))
    assert tables.blocks() == [slice(0, 3), slice(3, 7), slice(7, 9)]
