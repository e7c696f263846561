"""A cohort with visits, and a resampler small enough to fit it in half a second."""

import numpy as np
import pandas as pd

from fairsample import FairSynthResampler

WARDS = ["icu", "north", "south", "east", "west"]
CODES = ["DX:428", "DX:250", "LAB:glucose:3", "RX:insulin"]
TINY = {
    "embedding": 8,
    "n_layers": 1,
    "n_heads": 2,
    "hidden": 16,
    "max_epochs": 2,
    "fairness_epochs": 1,
    "batch_size": 64,
    "learning_rate": 0.02,
    "random_state": 0,
}


def tiny_resampler(sensitive_features="race", **parameters):
    return FairSynthResampler(sensitive_features, **{**TINY, **parameters})


def make_cohort(n=240, seed=0):
    """Patients of four groups, as a frame with visits and their outcome."""
    rng = np.random.RandomState(seed)
    X = pd.DataFrame(
        {
            "race": rng.choice(["A", "B", "C", "D"], n),
            "age": rng.randint(20, 90, n),
            "ward": rng.choice(WARDS, n),
            "visits": make_visits(n, rng),
        }
    )
    return X, pd.Series((rng.rand(n) < 0.4).astype(int), name="died")


def make_visits(n, rng):
    """Histories of one to four visits, some of them without a code."""
    cells = [
        [[code for code in CODES if rng.rand() < 0.4] for _ in range(rng.randint(1, 5))]
        for _ in range(n)
    ]
    return pd.Series(cells, dtype=object)
