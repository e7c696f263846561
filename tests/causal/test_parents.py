"""Columns go on from those that tell about them."""

import numpy as np
import pytest

from fairsample.causal.parents import choose_parents, mutual_information

N_ROWS, N_COLUMNS = 4000, 12


@pytest.fixture(scope="module")
def walk():
    """Each column of 60 ordered levels is near the one before; the first is a coin."""
    rng = np.random.RandomState(0)
    columns = [rng.randint(2, size=N_ROWS), rng.randint(60, size=N_ROWS)]
    for _ in range(N_COLUMNS - 2):
        step = rng.randint(-9, 10, size=N_ROWS)
        columns.append(np.clip(columns[-1] + step, 0, 59))
    return np.column_stack(columns)


SCORES = [None, *[np.linspace(-2, 2, 60)] * (N_COLUMNS - 1)]


def test_the_nearest_columns_are_chosen(walk):
    parents = choose_parents(walk, SCORES, 2)
    for j in range(3, N_COLUMNS - 1):
        assert parents[j].tolist() == [j - 2, j - 1]


def test_first_columns_and_the_outcome_read_all(walk):
    parents = choose_parents(walk, SCORES, 4)
    for j in (0, 1, 2, 3, 4, N_COLUMNS - 1):
        assert parents[j].tolist() == list(range(j))
    assert all(len(parents[j]) == 4 for j in range(4, N_COLUMNS - 1))


def test_what_is_always_chosen(walk):
    parents = choose_parents(walk, SCORES, 2, always=[0])
    assert all(parents[j].tolist() == [0, j - 1] for j in range(3, N_COLUMNS - 1))


@pytest.mark.parametrize("most", [None, N_COLUMNS])
def test_all_columns(walk, most):
    parents = choose_parents(walk, SCORES, most)
    assert [len(p) for p in parents] == list(range(N_COLUMNS))


def test_order_of_codes_does_not_matter(walk):
    """A column whose codes are shuffled tells as much, once its scores say so."""
    codes = np.random.RandomState(1).permutation(60)
    shuffled = walk.copy()
    shuffled[:, 1:] = codes[walk[:, 1:]]
    scores = np.empty(60)
    scores[codes] = SCORES[1]
    found = choose_parents(shuffled, [None, *[scores] * (N_COLUMNS - 1)], 2)
    for mine, theirs in zip(found, choose_parents(walk, SCORES, 2), strict=True):
        assert mine.tolist() == theirs.tolist()


def test_many_categories_are_joined(walk):
    parents = choose_parents(walk, [None] * N_COLUMNS, 2)
    assert all(j - 1 in parents[j] for j in range(3, N_COLUMNS - 1))


class TestMutualInformation:
    def test_of_a_column_with_itself_is_its_entropy(self):
        cells = np.repeat([0, 1, 2], [5000, 3000, 2000])
        entropy = -sum(p * np.log(p) for p in (0.5, 0.3, 0.2))
        assert mutual_information(cells, cells) == pytest.approx(entropy, abs=1e-3)

    def test_of_independent_columns_is_nothing(self):
        rng = np.random.RandomState(0)
        found = [
            mutual_information(rng.randint(16, size=5000), rng.randint(16, size=5000))
            for _ in range(100)
        ]
        assert np.mean(found) == pytest.approx(0, abs=0.01)
