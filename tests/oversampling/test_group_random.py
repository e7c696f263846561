from collections import Counter

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler

from fairsample import GroupRandomOverSampler


@pytest.fixture
def cohort():
    """The sizes of a hospital's groups: one large, one rarer outcome in the others."""
    counts = {
        "White": (3105, 359),
        "Black": (460, 27),
        "Hispanic": (175, 11),
        "Asian": (156, 15),
        "Others": (615, 83),
    }
    race = np.repeat(list(counts), [sum(n) for n in counts.values()])
    y = np.concatenate([np.repeat([0, 1], n) for n in counts.values()])
    X = pd.DataFrame({"race": race, "row": np.arange(len(y))})
    order = np.random.RandomState(0).permutation(len(y))
    return X.iloc[order].reset_index(drop=True), pd.Series(y[order], name="expired")


def test_default_evens_the_classes_out_within_every_group(cohort):
    X, y = cohort
    resampler = GroupRandomOverSampler("race", random_state=0)
    X_resampled, y_resampled = resampler.fit_resample(X, y)
    cells = pd.crosstab(X_resampled["race"], y_resampled)
    expected = pd.crosstab(X["race"], y).max(axis=1)
    assert cells[0].tolist() == cells[1].tolist() == expected.tolist()


def test_every_new_row_is_a_copy_from_its_cell(cohort):
    X, y = cohort
    resampler = GroupRandomOverSampler("race", random_state=0)
    X_resampled, y_resampled = resampler.fit_resample(X, y)
    rows = resampler.sample_indices_
    assert rows[: len(X)].tolist() == list(range(len(X)))
    pd.testing.assert_frame_equal(X_resampled, X.iloc[rows].reset_index(drop=True))
    pd.testing.assert_series_equal(y_resampled, y.iloc[rows].reset_index(drop=True))


def test_rows_of_a_cell_are_copied_about_equally_often(cohort):
    X, y = cohort
    resampler = GroupRandomOverSampler("race", random_state=0)
    resampler.fit_resample(X, y)
    cell = np.flatnonzero((X["race"] == "Black") & (y == 1))
    copies = Counter(resampler.sample_indices_[len(X) :].tolist())
    times = np.array([copies[row] for row in cell])
    expected = (460 - 27) / 27
    assert times.sum() == 460 - 27
    assert ((times - expected) ** 2 / expected).sum() < 60  # chi-square, 26 d.o.f.


def test_sample_indices_after_other_calls(cohort):
    X, y = cohort
    resampler = GroupRandomOverSampler("race", random_state=0)
    resampler.fit_resample(X, y)
    before = resampler.sample_indices_
    resampler.sample(50)
    assert resampler.sample_indices_ is before
    resampler.fit(X, y)
    assert resampler.sample_indices_.tolist() == list(range(len(X)))
    resampler.set_params(sampling_strategy={0: int((y == 0).sum())}).fit_resample(X, y)
    assert resampler.sample_indices_.tolist() == list(range(len(X)))


@pytest.mark.parametrize(
    "strategy",
    [
        "auto",
        "not majority",
        "minority",
        "not minority",
        "all",
        0.5,
        {1: 3000},
        {0: 5000, 1: 600},
        lambda y: {1: 2 * int(np.sum(y == 1))},
    ],
)
def test_strategies_of_imblearn_keep_their_meaning(cohort, strategy):
    X, y = cohort
    ours = GroupRandomOverSampler("race", sampling_strategy=strategy, random_state=0)
    theirs = RandomOverSampler(sampling_strategy=strategy, random_state=0)
    _, y_ours = ours.fit_resample(X, y)
    _, y_theirs = theirs.fit_resample(X, y)
    assert Counter(y_ours) == Counter(y_theirs)
    assert ours.sampling_strategy_ == theirs.sampling_strategy_
    assert list(ours.sampling_strategy_) == list(theirs.sampling_strategy_)


def test_callable_strategy_may_ask_for_cells(cohort):
    X, y = cohort
    resampler = GroupRandomOverSampler(
        "race", sampling_strategy=lambda y: {("Black", 1): 100}, random_state=0
    )
    X_resampled, y_resampled = resampler.fit_resample(X, y)
    assert ((X_resampled["race"] == "Black") & (y_resampled == 1)).sum() == 100
    assert len(X_resampled) == len(X) + 73
    assert resampler.sampling_strategy_ == {0: 0, 1: 73}


def test_auto_gives_new_rows_to_the_least_even_group():
    X = pd.DataFrame({"sex": np.repeat(["F", "M"], [110, 1000])})
    y = np.repeat([0, 1, 0, 1], [100, 10, 500, 500])
    resampler = GroupRandomOverSampler("sex", sampling_strategy="auto", random_state=0)
    resampler.fit_resample(X, y)
    assert resampler.rows_owed_ == {
        ("F", 0): 0,
        ("F", 1): 90,
        ("M", 0): 0,
        ("M", 1): 0,
    }


@pytest.mark.parametrize("strategy", ["auto", "groups", "cells", "parity"])
def test_number_of_rows_scales_the_plan(cohort, strategy):
    X, y = cohort
    resampler = GroupRandomOverSampler(
        "race", sampling_strategy=strategy, n_synthetic=321, random_state=0
    )
    X_resampled, _ = resampler.fit_resample(X, y)
    assert len(X_resampled) == len(X) + 321
    assert sum(resampler.sampling_strategy_.values()) == 321


def test_proportional_doubles_every_cell(cohort):
    X, y = cohort
    resampler = GroupRandomOverSampler(
        "race", sampling_strategy="proportional", random_state=0
    )
    X_resampled, y_resampled = resampler.fit_resample(X, y)
    cells = pd.crosstab(X_resampled["race"], y_resampled)
    assert cells.equals(2 * pd.crosstab(X["race"], y))


def test_cells_that_hold_sequences_are_copied():
    visits = [[["DX:428", "RX:1"], ["DX:250"]], [["DX:1"]]] * 30
    X = pd.DataFrame({"race": ["A", "A", "B", "B"] * 15, "visits": visits})
    y = np.repeat([0, 1], [40, 20])
    resampler = GroupRandomOverSampler("race", random_state=0)
    X_resampled, _ = resampler.fit_resample(X, y)
    rows = resampler.sample_indices_
    assert X_resampled["visits"].tolist() == [visits[row] for row in rows]
