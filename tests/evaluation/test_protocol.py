import numpy as np
import pytest
from sklearn.model_selection import KFold, StratifiedGroupKFold

from fairsample.evaluation.protocol import check_sizes, plan_holdouts, training_parts

CELLS = np.random.default_rng(0).choice(4, 300, p=[0.5, 0.3, 0.15, 0.05])
PATIENTS = np.arange(300) // 2


def test_a_seed_is_a_split_of_its_own():
    first, again, other = plan_holdouts(None, CELLS, CELLS, seeds=(0, 0, 5))
    np.testing.assert_array_equal(first.test, again.test)
    assert set(first.test) != set(other.test)
    assert [first.seed, other.seed] == [0, 5]


def test_folds_hold_every_row_out_once():
    holdouts = plan_holdouts(None, CELLS, CELLS, cv=3, patients=PATIENTS)
    assert [holdout.seed for holdout in holdouts] == [0, 1, 2]
    assert sorted(np.concatenate([one.test for one in holdouts])) == list(range(300))


def test_a_splitter_is_given_classes_and_patients():
    y = CELLS % 2
    holdouts = plan_holdouts(
        CELLS, y, CELLS, patients=PATIENTS, cv=StratifiedGroupKFold(3)
    )
    for holdout, (train, test) in zip(
        holdouts, StratifiedGroupKFold(3).split(CELLS, y, PATIENTS), strict=True
    ):
        np.testing.assert_array_equal(holdout.train, train)
        np.testing.assert_array_equal(holdout.test, test)


@pytest.mark.filterwarnings("ignore:The groups parameter is ignored")
def test_a_splitter_that_parts_a_patient_is_refused():
    cv = KFold(3, shuffle=True, random_state=0)
    plan_holdouts(CELLS, CELLS, CELLS, cv=cv)
    with pytest.raises(ValueError, match="same rows or patients .* StratifiedGroup"):
        plan_holdouts(CELLS, CELLS, CELLS, cv=cv, patients=PATIENTS)


def test_a_splitter_that_leaks_rows_is_refused():
    class Leaking:
        def split(self, X, y, groups):
            yield np.arange(200), np.arange(199, 300)

    with pytest.raises(ValueError, match="rows held out: 199"):
        plan_holdouts(CELLS, CELLS, CELLS, cv=Leaking())


def test_what_is_no_splitter_is_refused():
    with pytest.raises(ValueError, match="cv='twice' is neither"):
        plan_holdouts(CELLS, CELLS, CELLS, cv="twice")


def test_parts_are_nested_and_come_from_the_training_rows():
    holdouts = plan_holdouts(None, CELLS, CELLS, seeds=(0, 1))
    parts, others = (training_parts(one, CELLS, [50, 20, 150]) for one in holdouts)
    assert {size: len(rows) for size, rows in parts.items()} == {
        50: 50,
        20: 20,
        150: 150,
    }
    assert set(parts[20]) < set(parts[50]) < set(parts[150])
    assert set(parts[150]) < set(holdouts[0].train)
    assert (np.diff(parts[50]) > 0).all()
    assert set(parts[50]) != set(others[50])
    (all_rows,) = training_parts(holdouts[0], CELLS).values()
    np.testing.assert_array_equal(all_rows, holdouts[0].train)


def test_too_large_a_part():
    (holdout,) = plan_holdouts(None, CELLS, CELLS)
    n_train = len(holdout.train)
    assert len(training_parts(holdout, CELLS, [n_train])[n_train]) == n_train
    with pytest.raises(ValueError, match=f"{n_train + 1} real rows, and there are"):
        training_parts(holdout, CELLS, [10, n_train + 1])


@pytest.mark.parametrize("sizes", [5, [], [0], [10, 10], [1.5], ["many"]])
def test_bad_sizes(sizes):
    with pytest.raises(ValueError, match="real_sizes is a list of"):
        check_sizes("real_sizes", sizes)


def test_sizes():
    assert check_sizes("real_sizes", None) is None
    assert check_sizes("real_sizes", np.array([3, 1])) == [3, 1]
