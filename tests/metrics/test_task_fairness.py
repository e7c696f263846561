import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning
from synthetic_tables import mixed_table

from fairsample.metrics import task_fairness


def test_gaps_of_known_rates():
    table = pd.DataFrame({"race": np.repeat(["A", "B", "C"], 20)})
    shares = {"A": 0.5, "B": 0.25, "C": 0.75}
    counts = {race: int(20 * share) for race, share in shares.items()}
    table["ill"] = np.concatenate([np.arange(20) < counts[race] for race in "ABC"])
    table["drug"] = np.concatenate(
        [["a"] * counts[race] + ["b"] * (20 - counts[race]) for race in "ABC"]
    )
    table["same"] = np.tile(["x", "y"], 30)
    gaps = task_fairness(table, "race")
    assert gaps["gap"].to_dict() == pytest.approx({"ill": 0.5, "drug": 0.5, "same": 0})
    assert set(gaps["measure"]) == {"class rate"}


def test_the_largest_gap_may_be_that_of_missing_values():
    table = pd.DataFrame({"sex": np.repeat(["F", "M"], 20)})
    table["drug"] = ["a"] * 20 + [None] * 5 + ["a"] * 15
    assert task_fairness(table, "sex").loc["drug", "gap"] == 0.25


def test_a_shift_of_numbers_is_measured_in_standard_deviations():
    rng = np.random.default_rng(0)
    dose = rng.normal(size=500)
    table = pd.DataFrame(
        {"sex": np.repeat(["F", "M"], 500), "dose": np.r_[dose, dose + 3]}
    )
    expected = 3 / table["dose"].std(ddof=0)
    gaps = task_fairness(table, "sex")
    assert gaps.loc["dose"].tolist() == ["Wasserstein", pytest.approx(expected)]
    scaled = task_fairness(table.assign(dose=table["dose"] * 1e6 - 5), "sex")
    assert scaled.loc["dose", "gap"] == pytest.approx(expected)
    wider = task_fairness(table.assign(dose=np.r_[dose, 3 * dose]), "sex")
    assert wider.loc["dose", "gap"] > 0.5


def test_a_fair_table_and_a_copied_attribute():
    table = mixed_table(0, 4000)
    assert task_fairness(table, "sex")["gap"].max() < 0.1
    copied = task_fairness(table.assign(copy=table["sex"]), "sex")
    assert copied.loc["copy", "gap"] == 1
    assert "sex" not in copied.index


def test_datetimes_and_constants():
    days = pd.date_range("2024-01-01", periods=40)
    table = pd.DataFrame({"sex": np.repeat(["F", "M"], 20), "day": days, "dose": 1.0})
    gaps = task_fairness(table, "sex", numeric_features=["day", "dose"])
    assert gaps["gap"].to_dict() == pytest.approx(
        {"day": 20 / np.arange(40).std(), "dose": 0}
    )


def test_small_groups_are_left_out():
    table = mixed_table(0)
    table.loc[:4, ["sex", "drug"]] = "X"
    with pytest.warns(UndefinedMetricWarning, match="fewer than 10 rows: 'X'"):
        assert task_fairness(table, "sex")["gap"].max() < 0.3
    assert task_fairness(table, "sex", min_group_size=1).loc["drug", "gap"] == 1


def test_what_cannot_be_measured_is_nan():
    table = pd.DataFrame({"sex": np.repeat(["F", "M"], 30), "ill": True})
    table["dose"] = np.r_[np.arange(30.0), [np.nan] * 30]
    with pytest.warns(UndefinedMetricWarning, match="set to NaN .*: 'dose'"):
        gaps = task_fairness(table, "sex")
    assert gaps["gap"].isna().tolist() == [False, True]


def test_values_given_and_intersections():
    table = mixed_table(0)
    by_name = task_fairness(table, ["sex", "smokes"])
    given = task_fairness(table, table[["sex", "smokes"]])
    pd.testing.assert_frame_equal(by_name, given)
    assert by_name.index.tolist() == ["dose", "age", "drug", "ill"]
    pd.testing.assert_frame_equal(table, mixed_table(0))


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="'race' has to name columns"):
        task_fairness(mixed_table(0), "race")
    with pytest.raises(ValueError, match="table has to be a DataFrame"):
        task_fairness(mixed_table(0).to_numpy(), "sex")
