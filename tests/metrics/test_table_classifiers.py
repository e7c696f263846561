import numpy as np
import pandas as pd
import pytest
from resamplers import numpy_state
from synthetic_tables import mixed_table

from fairsample.metrics import classifier_two_sample_test, train_on_synthetic_auc


def test_a_sample_of_the_same_kind_cannot_be_told_apart():
    real, fresh = mixed_table(0, 600), mixed_table(1, 600)
    assert classifier_two_sample_test(real, fresh, random_state=0) > 0.9
    assert classifier_two_sample_test(real, real, random_state=0) == 1


def test_what_differs_in_one_column_or_in_a_pair_is_told_apart():
    real, fresh = mixed_table(0, 600), mixed_table(1, 600)
    shifted = fresh.assign(age=fresh["age"] + 100)
    assert classifier_two_sample_test(real, shifted, random_state=0) < 0.01
    rng = np.random.default_rng(0)
    a, b, c = rng.choice(["x", "y"], size=(3, 800))
    together, apart = pd.DataFrame({"a": a, "b": a}), pd.DataFrame({"a": b, "b": c})
    score = classifier_two_sample_test(together, apart, random_state=0)
    assert 0.4 < score < 0.6  # half of the rows apart are impossible together


def test_missing_values_are_told_apart():
    real = mixed_table(0, 300)
    score = classifier_two_sample_test(real, real.assign(drug=None), random_state=0)
    assert score < 0.95


def test_too_few_rows_to_tell_apart():
    real = mixed_table(0)
    with pytest.raises(ValueError, match="6 rows of each table. Got 400 real and 5"):
        classifier_two_sample_test(real, real[:5])


def test_auc_of_real_rows_for_real_useless_and_reversed_synthetic_rows():
    real, synthetic = mixed_table(0, 600), mixed_table(1, 600)
    auc = train_on_synthetic_auc(real, synthetic, target="ill", random_state=0)
    assert 0.65 < auc < 0.8
    reversed_ = synthetic.assign(ill=~synthetic["ill"])
    worst = train_on_synthetic_auc(real, reversed_, target="ill", random_state=0)
    assert worst == pytest.approx(1 - auc)
    healthy = synthetic.assign(ill=False)
    assert train_on_synthetic_auc(real, healthy, target="ill") == 0.5


def test_either_class_of_two_is_the_same_and_several_are_the_mean():
    rng = np.random.default_rng(0)
    dose = rng.normal(size=600)
    stage = np.digitize(dose + rng.normal(size=600), [-1, 1])
    table = pd.DataFrame({"dose": dose, "stage": np.array(["i", "ii", "iii"])[stage]})
    halves = table[:300], table[300:]

    def measure(label, *tables):
        return train_on_synthetic_auc(
            *tables, target="stage", pos_label=label, random_state=0
        )

    each = [measure(label, *halves) for label in ("i", "ii", "iii")]
    assert measure(None, *halves) == pytest.approx(np.mean(each))
    two = [half[half["stage"] != "ii"] for half in halves]
    assert measure("i", *two) == pytest.approx(measure("iii", *two))
    assert measure(None, *two) == pytest.approx(measure("i", *two))


def test_a_numeric_target_has_classes():
    real = mixed_table(0, 200)
    real = real.assign(ill=real["age"] > 50)
    auc = train_on_synthetic_auc(real, real, target="age", pos_label=50, random_state=0)
    assert 0 <= auc <= 1


@pytest.mark.parametrize(
    "changes, params, message",
    [
        ({}, {"target": "dead"}, "target='dead' is no column of real"),
        ({"ill": None}, {"target": "ill"}, "'ill' has missing values in real"),
        ({"ill": "yes"}, {"target": "ill"}, "'ill' has one class in real, 'yes'"),
        ({}, {"target": "ill", "pos_label": 2}, "pos_label=2 is no class of 'ill'"),
    ],
)
def test_bad_targets_are_named(changes, params, message):
    table = mixed_table(0)
    with pytest.raises(ValueError, match=message):
        train_on_synthetic_auc(table.assign(**changes), table, **params)


def test_a_target_that_synthetic_rows_lack():
    table = mixed_table(0)
    with pytest.raises(ValueError, match="'ill' is no column of synthetic"):
        train_on_synthetic_auc(table, table.drop(columns="ill"), target="ill")


def test_random_state_decides_and_nothing_else_moves():
    real, synthetic = mixed_table(0), mixed_table(1)
    before = numpy_state()
    for metric, params in [
        (classifier_two_sample_test, {"max_rows": 300}),
        (train_on_synthetic_auc, {"target": "ill"}),
    ]:
        values = [metric(real, synthetic, random_state=s, **params) for s in (3, 3)]
        metric(real, synthetic, **params)
        assert values[0] == values[1]
    assert numpy_state() == before
    pd.testing.assert_frame_equal(real, mixed_table(0))
    pd.testing.assert_frame_equal(synthetic, mixed_table(1))
