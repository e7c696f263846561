import numpy as np
import pytest

from fairsample.evaluation.splitting import split_cells


@pytest.mark.parametrize("seed", range(3))
def test_every_row_is_on_one_side_and_every_cell_on_both(seed):
    cells = np.random.default_rng(seed).choice(
        5, size=200, p=[0.6, 0.3, 0.05, 0.03, 0.02]
    )
    train, test = split_cells(cells, test_size=0.3, random_state=seed)
    assert sorted([*train, *test]) == list(range(200))
    for cell in np.unique(cells):
        size, held_out = (cells == cell).sum(), (cells[test] == cell).sum()
        if size > 1:
            assert 1 <= held_out <= size - 1
            assert abs(held_out - 0.3 * size) <= 1


def test_single_row_trains():
    train, test = split_cells([0, 1, 1], random_state=0)
    assert 0 in train
    assert len(test) == 1


def test_seeds():
    cells = np.arange(100) % 3
    same = [split_cells(cells, random_state=1)[1] for _ in range(2)]
    np.testing.assert_array_equal(*same)
    assert set(split_cells(cells, random_state=2)[1]) != set(same[0])


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    split_cells([0, 0, 1, 1])
    after = np.random.get_state()[1]  # noqa: NPY002
    np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("test_size", [0, 1, -0.1, 3])
def test_bad_size(test_size):
    with pytest.raises(ValueError, match="test_size must be between 0 and 1"):
        split_cells([0, 0], test_size=test_size)
