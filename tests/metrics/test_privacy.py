import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from synthetic_tables import mixed_table

from fairsample.metrics import membership_inference_auc, nearest_record_shares
from fairsample.metrics.privacy import _auc_and_error

TRAIN, HOLDOUT, FRESH = mixed_table(0), mixed_table(1), mixed_table(2, 800)


def test_copies_are_found():
    shares = nearest_record_shares(TRAIN, HOLDOUT, TRAIN.sample(frac=1, random_state=0))
    assert shares["copies_of_train"] == 1
    assert shares["nearer_to_train"] > 0.98  # a holdout row may be equal by chance
    swapped = nearest_record_shares(HOLDOUT, TRAIN, TRAIN)
    assert swapped["copies_of_holdout"] == 1
    assert swapped["nearer_to_train"] < 0.02


def test_a_fresh_sample_is_as_near_to_rows_never_seen():
    shares = nearest_record_shares(TRAIN, HOLDOUT, FRESH)
    assert shares["nearer_to_train"] == pytest.approx(0.5, abs=0.05)
    assert shares[["copies_of_train", "copies_of_holdout"]].max() < 0.02


def test_ties_are_counted_half():
    train, holdout = pd.DataFrame({"a": ["x", "y"]}), pd.DataFrame({"a": ["x", "z"]})
    shares = nearest_record_shares(train, holdout, pd.DataFrame({"a": ["x", "w", "y"]}))
    assert shares["nearer_to_train"] == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert shares["copies_of_train"] == pytest.approx(2 / 3)
    assert shares["copies_of_holdout"] == pytest.approx(1 / 3)


def test_a_larger_training_table_gains_nothing_by_its_size():
    large = pd.concat([mixed_table(seed) for seed in range(3, 8)])
    shares = nearest_record_shares(large, HOLDOUT, FRESH, random_state=0)
    assert shares["nearer_to_train"] == pytest.approx(0.5, abs=0.06)


def test_the_attack_finds_copies_and_nothing_in_a_fresh_sample():
    attack = membership_inference_auc(TRAIN, HOLDOUT, TRAIN)
    assert attack["auc"] > 0.98
    assert attack["low"] > 0.9
    attack = membership_inference_auc(TRAIN, HOLDOUT, FRESH)
    assert attack["low"] < 0.5 < attack["high"]


def test_half_of_the_members_copied():
    half = pd.concat([TRAIN[:200], mixed_table(3, 200)])
    attack = membership_inference_auc(TRAIN, HOLDOUT, half)
    assert attack["auc"] == pytest.approx(0.75, abs=0.05)
    assert attack["low"] > 0.5


def test_a_higher_level_makes_a_wider_interval():
    narrow, wide = (
        membership_inference_auc(TRAIN, HOLDOUT, FRESH, level=level)
        for level in (0.5, 0.99)
    )
    assert wide["low"] < narrow["low"] < narrow["auc"] < narrow["high"] < wide["high"]
    assert wide["auc"] == narrow["auc"]


def test_area_and_error_equal_definitions():
    rng = np.random.default_rng(0)
    members, others = rng.integers(1, 9, 40), rng.integers(0, 8, 60)
    auc, error = _auc_and_error(members, others)
    labels = np.repeat([1, 0], [40, 60])
    assert auc == pytest.approx(roc_auc_score(labels, np.r_[members, others]))
    wins = (members[:, None] > others) + 0.5 * (members[:, None] == others)
    variance = wins.mean(axis=1).var(ddof=1) / 40 + wins.mean(axis=0).var(ddof=1) / 60
    assert error == pytest.approx(np.sqrt(variance))


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = []
    for _ in range(300):
        auc, error = _auc_and_error(rng.normal(size=50), rng.normal(size=50))
        held.append(abs(auc - 0.5) < 1.96 * error)
    assert 0.9 < np.mean(held) < 0.99


@pytest.mark.parametrize("metric", [nearest_record_shares, membership_inference_auc])
def test_rows_are_drawn_by_random_state(metric):
    one, again, other = (
        metric(TRAIN, HOLDOUT, FRESH, max_rows=100, random_state=seed)
        for seed in (0, 0, 1)
    )
    assert one.equals(again)
    assert not one.equals(other)
    pd.testing.assert_frame_equal(TRAIN, mixed_table(0))


@pytest.mark.parametrize("metric", [nearest_record_shares, membership_inference_auc])
def test_tables_with_other_columns_are_named(metric):
    with pytest.raises(ValueError, match="holdout lacks columns that train has: 'age'"):
        metric(TRAIN, HOLDOUT.drop(columns="age"), FRESH)
    with pytest.raises(ValueError, match="synthetic has to be a DataFrame"):
        metric(TRAIN, HOLDOUT, FRESH.to_numpy())


@pytest.mark.parametrize("metric", [nearest_record_shares, membership_inference_auc])
def test_docstrings_say_that_it_is_no_proof(metric):
    assert "no proof of privacy" in metric.__doc__


def test_bad_intervals():
    with pytest.raises(ValueError, match="level is a share between 0 and 1. Got 95"):
        membership_inference_auc(TRAIN, HOLDOUT, FRESH, level=95)
    with pytest.raises(ValueError, match="2 rows of train and of holdout. Got 400"):
        membership_inference_auc(TRAIN, HOLDOUT[:1], FRESH)
