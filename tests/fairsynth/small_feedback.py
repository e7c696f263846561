"""A table, a resampler that takes feedback in half a second, and what to check."""

from functools import cache

import numpy as np
import pandas as pd
from resamplers import numpy_state, torch_state
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from small_cohort import tiny_resampler

from fairsample.predictors import VisitVectorizer

N_ROWS = 180
N_FOLDS = 2
THREE_ARMS = 3 * N_FOLDS  # fits for real rows, copies, and the first generated ones


def make_table(n=N_ROWS, seed=0):
    """Two groups with different base rates, and a dose that tells both."""
    rng = np.random.RandomState(seed)
    race = rng.choice(2, n, p=[0.6, 0.4])
    y = (rng.rand(n) < np.where(race == 0, 0.6, 0.25)).astype(int)
    X = pd.DataFrame(
        {
            "race": race,
            "dose": (rng.normal(size=n) + 1.3 * y - 0.5 * race).round(2),
            "age": rng.randint(20, 90, n),
        }
    )
    return X, pd.Series(y, name="died")


def linear():
    """A model of columns of any type."""
    return make_pipeline(VisitVectorizer(), LogisticRegression(max_iter=500))


def with_feedback(sensitive_features="race", **parameters):
    """A resampler that tries three arms, unless more fits are given."""
    own = {
        "downstream": LogisticRegression(max_iter=500),
        "feedback_folds": N_FOLDS,
        "feedback_rounds": 2,
        "max_downstream_fits": THREE_ARMS,
        "max_epochs": 1,
    }
    return tiny_resampler(sensitive_features, **{**own, **parameters})


@cache
def one_run():
    """One run of two rounds on the table, and what it returned: not to be changed."""
    table, resampler = make_table(), with_feedback(max_downstream_fits=2 * 13)
    before = numpy_state(), torch_state()
    X, y = (part.copy(deep=True) for part in table)
    rows = resampler.fit_resample(X, y)
    assert (numpy_state(), torch_state()) == before
    pd.testing.assert_frame_equal(X, table[0])
    pd.testing.assert_series_equal(y, table[1])
    return resampler, rows


def cell_counts(resampler, y):
    groups = resampler.sensitive_features_
    groups = groups if isinstance(groups, pd.Series) else groups.apply(tuple, axis=1)
    return pd.Series(zip(groups, np.asarray(y).tolist(), strict=True)).value_counts()


def check_added_rows(resampler, X, y, result):
    """Real rows first and unchanged, then as many of each cell as are owed."""
    X_after, y_after = (pd.DataFrame(part).reset_index(drop=True) for part in result)
    n_real, n_after = len(X), len(X_after)
    pd.testing.assert_frame_equal(
        X_after[:n_real], pd.DataFrame(X).reset_index(drop=True)
    )
    assert (y_after[:n_real].to_numpy().ravel() == np.ravel(y)).all()
    mask = resampler.synthetic_mask_
    assert mask.tolist() == [False] * n_real + [True] * (n_after - n_real)
    counts = resampler.cell_counts_
    expected = {
        (group, label): counts.iloc[g, c] + resampler.rows_owed_[group, label]
        for g, group in enumerate(resampler.groups_)
        for c, label in enumerate(counts.columns)
    }
    found = cell_counts(resampler, y_after.to_numpy().ravel())
    assert found.to_dict() == {cell: n for cell, n in expected.items() if n}
    for label, n_rows in resampler.sampling_strategy_.items():
        of_class = [n for cell, n in resampler.rows_owed_.items() if cell[1] == label]
        assert n_rows == sum(of_class)
    assert sum(resampler.rows_owed_.values()) == mask.sum()


def same_histories(one, other):
    """Compare what was tried, whatever came of it."""
    found = ["score", "chosen"]
    pd.testing.assert_frame_equal(
        one.feedback_history_.drop(columns=found),
        other.feedback_history_.drop(columns=found),
    )
    return True
