import numpy as np
import pandas as pd
import pytest

from fairsample.conditions import CellTable

WEIGHTS = np.array([[3.0, 1.0], [0.0, 2.0], [4.0, 0.0]])


@pytest.fixture
def cells():
    groups = [("A", "F"), ("A", "M"), ("missing", "F")]
    return CellTable(groups, ("race", "sex"), [0, 1], "died")


def draw(cells, n_samples, conditions=None, seed=0):
    return cells.draw(
        WEIGHTS,
        n_samples,
        conditions=conditions,
        random_state=np.random.RandomState(seed),
    )


def test_proportions_follow_the_weights(cells):
    group, label = draw(cells, 20_000)
    found = np.histogram2d(group, label, bins=(3, 2))[0] / 20_000
    expected = WEIGHTS / WEIGHTS.sum()
    assert np.abs(found - expected).max() < 0.015
    assert (found[expected == 0] == 0).all()


def test_condition_on_one_feature_leaves_the_rest_to_the_weights(cells):
    group, label = draw(cells, 20_000, {"race": "A"})
    found = np.histogram2d(group, label, bins=(range(4), range(3)))[0] / 20_000
    expected = np.array([[3, 1], [0, 2], [0, 0]]) / 6
    assert np.abs(found - expected).max() < 0.015


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, "missing"])
def test_missing_value_stands_for_the_missing_group(cells, missing):
    assert set(draw(cells, 5, {"race": missing})[0]) == {2}
    frame = pd.DataFrame({"race": pd.Series([missing, "A"], dtype=object)})
    assert (draw(cells, 2, frame)[0] == 2).tolist() == [True, False]


def test_each_row_meets_its_own_condition(cells):
    frame = pd.DataFrame({"sex": ["M", "F", "M", "F"] * 9, "died": [1, 0, 1, 1] * 9})
    group, label = draw(cells, 36, frame)
    assert [cells.groups[g][1] for g in group] == frame["sex"].tolist()
    assert label.tolist() == frame["died"].tolist()


def test_groups_given_as_values_have_one_name():
    cells = CellTable([("A", "F"), ("A", "M")], ("sensitive_features",), [0, 1], "y")
    weights = np.ones((2, 2))
    for value in (("A", "M"), ["A", "M"]):
        group, _ = cells.draw(
            weights,
            4,
            conditions={"sensitive_features": value},
            random_state=np.random.RandomState(0),
        )
        assert group.tolist() == [1] * 4
    frame = pd.DataFrame({"sensitive_features": [["A", "M"], ("A", "F")]})
    group, _ = cells.draw(
        weights, 2, conditions=frame, random_state=np.random.RandomState(0)
    )
    assert group.tolist() == [1, 0]


def test_combination_without_rows_is_named(cells):
    with pytest.raises(ValueError, match="No real row has sex='M' and died=0") as error:
        draw(cells, 3, {"sex": "M", "died": 0})
    assert "(('A', 'M'), 1)" in str(error.value)


def test_value_without_rows_is_named(cells):
    with pytest.raises(ValueError, match=r"sex='X'.*'F', 'M'\."):
        draw(cells, 3, {"sex": "X"})
