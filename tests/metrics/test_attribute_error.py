import numpy as np
import pandas as pd
import pytest
from resamplers import numpy_state
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from synthetic_tables import mixed_table

from fairsample.metrics import attribute_balanced_error_rate

QUICK = [LogisticRegression(class_weight="balanced"), DecisionTreeClassifier()]


def test_independent_attribute_cannot_be_guessed():
    error = attribute_balanced_error_rate(mixed_table(0, 1500), "sex", random_state=0)
    assert 0.45 < error < 0.53


@pytest.mark.parametrize("kind", ["category", "number"])
def test_a_copied_attribute_is_given_away(kind):
    table = mixed_table(0)
    female = table["sex"] == "F"
    copied = female.map({True: "Ms", False: "Mr"})
    if kind == "number":
        copied = table["age"] + 100.0 * female
    error = attribute_balanced_error_rate(
        table.assign(copy=copied), "sex", random_state=0
    )
    assert error < 0.01


def test_an_attribute_flipped_at_a_rate_is_guessed_at_that_rate():
    rng = np.random.default_rng(0)
    sex = rng.random(4000) < 0.5
    table = pd.DataFrame({"sex": sex, "hint": sex ^ (rng.random(4000) < 0.2)})
    error = attribute_balanced_error_rate(
        table, "sex", classifiers=QUICK, random_state=0
    )
    assert error == pytest.approx(0.2, abs=0.03)


def test_a_rare_group_counts_as_much_as_a_large_one():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"race": np.repeat(["A", "B"], [950, 50])})
    table["x"] = rng.normal(size=1000)
    error = attribute_balanced_error_rate(
        table, "race", classifiers=QUICK, random_state=0
    )
    assert error > 0.4  # while calling everyone an A is wrong for 5 in 100


def test_several_groups_and_features():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {name: rng.choice(["x", "y"], size=1200) for name in ("race", "sex")}
    ).assign(dose=rng.normal(size=1200))
    error = attribute_balanced_error_rate(
        table, ["race", "sex"], classifiers=QUICK, random_state=0
    )
    assert error == pytest.approx(0.75, abs=0.05)
    half = attribute_balanced_error_rate(
        table.assign(copy=table["race"]),
        ["race", "sex"],
        classifiers=QUICK,
        random_state=0,
    )
    assert half == pytest.approx(0.5, abs=0.05)


def test_given_values_hide_the_column_of_their_name():
    table = mixed_table(0)
    named = attribute_balanced_error_rate(
        table, "sex", classifiers=QUICK, random_state=0
    )
    given = attribute_balanced_error_rate(
        table, table["sex"], classifiers=QUICK, random_state=0
    )
    assert named == given
    other = table["sex"].rename("gender")
    assert (
        attribute_balanced_error_rate(table, other, classifiers=QUICK, random_state=0)
        == 0
    )


def test_small_groups_are_left_out_with_a_warning():
    table = mixed_table(0)
    table.loc[:3, "sex"] = "X"
    with pytest.warns(UndefinedMetricWarning, match="fewer than 10 rows: 'X'"):
        error = attribute_balanced_error_rate(
            table, "sex", classifiers=QUICK, random_state=0
        )
    assert error > 0.4
    with pytest.warns(UndefinedMetricWarning, match="is undefined: 'F', 'M', 'X'"):
        error = attribute_balanced_error_rate(table, "sex", min_group_size=300)
    assert np.isnan(error)


def test_random_state_decides_also_in_the_parts_of_a_pipeline():
    table = mixed_table(0)
    chance = DecisionTreeClassifier(max_features=1, splitter="random")
    classifiers = [make_pipeline(StandardScaler(), chance)]
    before = numpy_state()
    one, again, other = (
        attribute_balanced_error_rate(
            table, "sex", classifiers=classifiers, random_state=seed, max_rows=200
        )
        for seed in (0, 0, 1)
    )
    assert one == again != other
    assert numpy_state() == before
    assert chance.get_params()["random_state"] is None
    pd.testing.assert_frame_equal(table, mixed_table(0))


@pytest.mark.parametrize(
    "changes, sensitive_features, message",
    [
        ({}, "race", "sensitive_features='race' has to name columns"),
        ({}, [], r"sensitive_features=\[\] has to name columns"),
        ({"sex": None}, "sex", "Sensitive features 'sex' have missing values"),
        ({"sex": "F"}, "sex", "'sex' have one group only"),
        ({}, ["sex", "ill"], "no columns but the sensitive ones"),
    ],
)
def test_bad_attributes_are_named(changes, sensitive_features, message):
    table = mixed_table(0)[["sex", "ill"]].assign(**changes)
    with pytest.raises(ValueError, match=message):
        attribute_balanced_error_rate(table, sensitive_features)
