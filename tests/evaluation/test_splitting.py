import numpy as np
import pytest

from fairsample.evaluation.splitting import fold_cells, nested_order, split_cells


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


class TestPatients:
    """Patients with several rows, of several cells, in all sizes."""

    @pytest.fixture(params=range(3))
    def visits(self, request):
        rng = np.random.default_rng(request.param)
        patients = np.repeat(np.arange(400), rng.geometric(0.4, 400))
        group = rng.choice(3, 400, p=[0.7, 0.2, 0.1])[patients]
        cells = 2 * group + (rng.random(len(patients)) < 0.3)
        shuffled = rng.permutation(len(cells))
        return cells[shuffled], patients[shuffled]

    def test_nobody_is_on_both_sides_and_cells_have_their_shares(self, visits):
        cells, patients = visits
        train, test = split_cells(cells, patients=patients, random_state=0)
        assert sorted([*train, *test]) == list(range(len(cells)))
        assert not set(patients[train]) & set(patients[test])
        shares = np.bincount(cells[test]) / np.bincount(cells)
        assert np.abs(shares - 0.3).max() < 0.03
        assert abs(len(test) / len(cells) - 0.3) < 0.01

    def test_rows_alone_would_put_patients_on_both_sides(self, visits):
        cells, patients = visits
        train, test = split_cells(cells, random_state=0)
        assert set(patients[train]) & set(patients[test])

    def test_large_patients_are_on_both_sides(self, visits):
        cells, patients = visits
        _, test = split_cells(cells, patients=patients, random_state=0)
        rows = np.bincount(patients)
        held_out = np.isin(np.arange(400), patients[test])
        assert abs(rows[held_out].mean() - rows[~held_out].mean()) < 0.4

    def test_folds(self, visits):
        cells, patients = visits
        folds = fold_cells(cells, 4, patients=patients, random_state=0)
        assert sorted(np.concatenate([test for _, test in folds])) == list(
            range(len(cells))
        )
        for train, test in folds:
            assert not set(patients[train]) & set(patients[test])
            assert len(train) + len(test) == len(cells)
            shares = np.bincount(cells[test]) / np.bincount(cells)
            assert np.abs(shares - 0.25).max() < 0.05

    def test_seeds(self, visits):
        cells, patients = visits
        first, same, other = (
            split_cells(cells, patients=patients, random_state=seed)[1].tolist()
            for seed in (0, 0, 1)
        )
        assert first == same != other


def test_a_patient_with_a_row_each_is_like_a_row():
    cells = np.repeat([0, 1, 2], [80, 19, 1])
    train, test = split_cells(cells, patients=np.arange(100), random_state=0)
    np.testing.assert_array_equal(np.bincount(cells[test], minlength=3), [24, 6, 0])
    assert 99 in train


@pytest.mark.parametrize("patients", [["a", None, "b"], ["a", "a", "a"], ["a", "b"]])
def test_bad_patients(patients):
    with pytest.raises(ValueError, match=r"patients has missing|1 patients|inconsist"):
        split_cells([0, 0, 1], patients=patients)


def test_folds_without_patients_are_even():
    cells = np.random.default_rng(0).choice(4, 103, p=[0.7, 0.2, 0.07, 0.03])
    folds = fold_cells(cells, 5, random_state=0)
    assert {len(test) for _, test in folds} <= {20, 21}
    per_fold = np.array([np.bincount(cells[test], minlength=4) for _, test in folds])
    assert np.ptp(per_fold, axis=0).max() <= 1
    with pytest.raises(ValueError, match="at least 2 folds"):
        fold_cells(cells, 1)


@pytest.mark.parametrize("seed", range(3))
def test_every_prefix_has_the_proportions_of_the_cells(seed):
    cells = np.random.default_rng(seed).choice(5, 500, p=[0.6, 0.3, 0.06, 0.03, 0.01])
    order = nested_order(cells, random_state=seed)
    assert sorted(order) == list(range(500))
    sizes = np.bincount(cells)
    for n in (5, 20, 100, 250, 499):
        counts = np.bincount(cells[order[:n]], minlength=5)
        assert (counts >= 1).all()
        assert (counts <= np.ceil(n * sizes / 500)).all()
        assert (counts >= n * sizes / 500 - 4).all()
    others = nested_order(cells, random_state=seed + 1)
    assert set(order[:100]) != set(others[:100])
