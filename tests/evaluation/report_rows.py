"""Small tables for reports, and models that are quick."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from fairsample import VisitVectorizer

QUICK = {"logit": make_pipeline(VisitVectorizer(), LogisticRegression())}


def draw_patients(n, seed, *, slope=2.0):
    """Rows of two groups, whose outcome rises with the dose."""
    rng = np.random.default_rng(seed)
    dose = rng.normal(size=n)
    sex = rng.choice(["F", "M"], n)
    ward = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    p = 1 / (1 + np.exp(-(slope * dose + (sex == "M") - 0.5)))
    X = pd.DataFrame({"sex": sex, "dose": dose, "ward": ward})
    return X, pd.Series((rng.random(n) < p).astype(int), name="died")


def draw_records(n, seed):
    """Rows of two groups with visits."""
    rng = np.random.default_rng(seed)
    codes = np.array([f"DX:{i}" for i in range(12)] + [f"RX:{i}" for i in range(8)])
    shares = np.arange(1, 21) / 210
    visits = [
        [
            rng.choice(codes, rng.integers(2, 6), replace=False, p=shares).tolist()
            for _ in range(rng.integers(1, 4))
        ]
        for _ in range(n)
    ]
    X = pd.DataFrame({"sex": rng.choice(["F", "M"], n), "visits": visits})
    return X, pd.Series(rng.integers(0, 2, n), name="died")
