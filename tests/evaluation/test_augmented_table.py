import numpy as np
import pandas as pd
import pytest
from report_rows import draw_patients

from fairsample.evaluation.augmented_table import AugmentedTable


def read(real, synthetic, **params):
    params = {"sensitive_features": "sex"} | params
    return AugmentedTable.read(real, synthetic, **params)


REAL, SYNTHETIC, TEST = (
    draw_patients(n, seed) for n, seed in ((300, 0), (80, 1), (90, 2))
)


def test_rows_keep_their_class_and_group():
    table = read(REAL, SYNTHETIC, test=TEST)
    for part, (X, y) in (
        (table.real, REAL),
        (table.synthetic, SYNTHETIC),
        (table.test, TEST),
    ):
        pd.testing.assert_frame_equal(part.X, X)
        assert table.y(part).tolist() == y.tolist()
        assert table.sensitive(part).tolist() == X["sex"].tolist()
    assert table.test_is_unseen
    assert table.train is table.real


def test_without_test_rows_some_real_ones_are_held_out():
    table = read(REAL, SYNTHETIC)
    assert not table.test_is_unseen
    doses = [set(part.X["dose"]) for part in (table.train, table.test)]
    assert not doses[0] & doses[1]
    assert doses[0] | doses[1] == set(REAL[0]["dose"])
    assert len(table.test) == pytest.approx(100, abs=4)


def test_tables_with_the_outcome_among_their_columns():
    frames = [X.assign(died=y) for X, y in (REAL, SYNTHETIC)]
    before = [frame.copy() for frame in frames]
    table = read(*frames, target="died")
    assert list(table.real.X) == ["sex", "dose", "ward"]
    assert table.target == "died"
    for frame, old in zip(frames, before, strict=True):
        pd.testing.assert_frame_equal(frame, old)


def test_columns_of_synthetic_rows_come_in_any_order():
    table = read(REAL, (SYNTHETIC[0][["ward", "sex", "dose"]], SYNTHETIC[1]))
    assert list(table.synthetic.X) == list(table.real.X)


def test_values_are_those_of_real_synthetic_and_test_rows():
    X = [rows[0].drop(columns="sex") for rows in (REAL, SYNTHETIC, TEST)]
    sex = pd.concat([rows[0]["sex"] for rows in (REAL, SYNTHETIC, TEST)])
    table = read(
        (X[0], REAL[1]),
        (X[1], SYNTHETIC[1]),
        test=(X[2], TEST[1]),
        sensitive_features=sex,
    )
    assert table.sensitive(table.synthetic).tolist() == SYNTHETIC[0]["sex"].tolist()
    assert table.sensitive(table.test).tolist() == TEST[0]["sex"].tolist()
    with pytest.raises(ValueError, match="has 380 values for 470 rows"):
        read(REAL, SYNTHETIC, test=TEST, sensitive_features=sex[:380])


def test_missing_groups_are_a_group():
    X = REAL[0].assign(sex=REAL[0]["sex"].where(REAL[0]["dose"] > -1))
    table = read((X, REAL[1]), SYNTHETIC)
    assert table.groups.labels == ["F", "M", "missing"]


def test_parts_that_are_alike_have_as_many_rows_of_each_cell():
    only_dead = SYNTHETIC[1] == 1
    synthetic = SYNTHETIC[0][only_dead], SYNTHETIC[1][only_dead]
    table = read(REAL, synthetic, test=TEST)
    parts = table.alike(table.test, table.train, table.synthetic, most=10_000, seed=0)
    counts = [table.cell_counts(part) for part in parts]
    expected = np.minimum(
        table.cell_counts(table.test), table.cell_counts(table.synthetic)
    )
    for count in counts:
        np.testing.assert_array_equal(count, expected)
    assert set(parts[2].X["dose"]) <= set(synthetic[0]["dose"])
    assert parts[0].X["dose"].is_unique
    assert len(table.alike(table.test, table.train, most=20, seed=0)[0]) <= 24


def test_some_rows_are_in_their_own_proportions():
    table = read(REAL, SYNTHETIC)
    some = table.some(table.real, 100, 0)
    shares = [table.cell_counts(part) / len(part) for part in (some, table.real)]
    np.testing.assert_allclose(*shares, atol=0.02)
    assert table.some(table.real, 1000, 0) is table.real


def test_the_positive_class():
    assert read(REAL, SYNTHETIC).pos_label == 1
    assert read(REAL, SYNTHETIC, pos_label=0).pos_label == 0
    three = np.repeat(["c", "a", "b"], [150, 100, 50])
    assert read((REAL[0], three), (REAL[0][:9], three[:9])).pos_label == "b"


@pytest.mark.parametrize(
    ("real", "synthetic", "params", "message"),
    [
        ((REAL[0], REAL[1][:9]), SYNTHETIC, {}, "real has 300 rows of X and 9 of y"),
        (REAL, (SYNTHETIC[0], SYNTHETIC[1] + 1), {}, "synthetic has classes.* 2"),
        (REAL, (SYNTHETIC[0], SYNTHETIC[1].astype(str)), {}, "synthetic has classes"),
        (REAL, (SYNTHETIC[0].drop(columns="dose"), SYNTHETIC[1]), {}, "'dose'"),
        (REAL, SYNTHETIC, {"sensitive_features": None}, "No sensitive features"),
        (REAL, SYNTHETIC, {"sensitive_features": "race"}, "'race'"),
        (REAL, SYNTHETIC, {"pos_label": 7}, "pos_label=7 is none"),
        (REAL[0], SYNTHETIC, {}, "real is a table and target=None"),
        (REAL[0], SYNTHETIC, {"target": "lived"}, "'lived'"),
        ((REAL[0], REAL[1] * 0), SYNTHETIC, {}, "one class only"),
        ((REAL[0], REAL[1].where(REAL[1] > 0)), SYNTHETIC, {}, "real has missing"),
        (3, SYNTHETIC, {}, "Got int"),
        ((REAL[0], REAL[0]["dose"]), SYNTHETIC, {}, "continuous"),
    ],
)
def test_bad_input_is_named(real, synthetic, params, message):
    with pytest.raises(ValueError, match=message):
        read(real, synthetic, **params)
