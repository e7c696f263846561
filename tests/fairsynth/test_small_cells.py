"""Cells too small to learn are taught and generated without their group."""

import numpy as np
import pytest

from fairsample.fairsynth.small_cells import POOLED_SHARE, SmallCells

COUNTS = np.array([[3105, 359], [460, 9], [0, 40], [10, 10]])
SMALL = [[False, False], [False, True], [True, False], [False, False]]


@pytest.fixture
def cells():
    return SmallCells.find(COUNTS, min_size=10)


def every_row():
    group, label = np.indices(COUNTS.shape)
    times = COUNTS.ravel()
    return group.ravel().repeat(times), label.ravel().repeat(times)


def test_cells_below_the_size_are_small(cells):
    assert cells.mask.tolist() == SMALL


def test_the_generator_knows_one_more_group(cells):
    assert cells.any_group == 4
    assert cells.n_group_levels == 5
    whole = SmallCells.find(COUNTS[[0, 3]], min_size=10)
    assert whole.n_group_levels == 2


def test_each_cell_has_its_level(cells):
    assert cells.group_levels.tolist() == [[0, 0], [1, 4], [4, 2], [3, 3]]


def test_small_cells_are_generated_without_their_group(cells):
    group, label = np.array([0, 0, 1, 1, 2, 3]), np.array([0, 1, 0, 1, 1, 1])
    assert cells.pool(group, label).tolist() == [0, 0, 1, 4, 2, 3]
    assert group.tolist() == [0, 0, 1, 1, 2, 3]


class TestTraining:
    def test_rows_of_small_cells_and_a_share_of_the_others(self, cells):
        group, label = every_row()
        taught = cells.pool_for_training(group, label, 0)
        small = cells.mask[group, label]
        assert small.sum() == 9
        assert (taught[small] == cells.any_group).all()
        others = taught[~small]
        pooled = others == cells.any_group
        assert (others[~pooled] == group[~small][~pooled]).all()
        n = len(others)
        standard_error = np.sqrt(POOLED_SHARE * (1 - POOLED_SHARE) / n)
        assert abs(pooled.mean() - POOLED_SHARE) < 4.5 * standard_error

    def test_the_share_is_drawn_by_the_seed(self, cells):
        group, label = every_row()
        first = cells.pool_for_training(group, label, 0)
        assert (cells.pool_for_training(group, label, 0) == first).all()
        assert (cells.pool_for_training(group, label, 1) != first).any()

    def test_nothing_is_pooled_where_nothing_is_small(self):
        group, label = every_row()
        whole = SmallCells.find(COUNTS, min_size=0)
        assert (whole.pool_for_training(group, label, 0) == group).all()
        assert (whole.pool(group, label) == group).all()
