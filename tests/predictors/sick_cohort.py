"""A cohort whose outcome can be read, and a classifier that reads it in a second."""

import numpy as np
import pandas as pd

from fairsample import VisitTransformerClassifier

TINY = {
    "embedding": 16,
    "n_heads": 2,
    "dropout": 0.0,
    "learning_rate": 0.01,
    "learning_rate_decay": 1.0,
    "batch_size": 16,
    "max_epochs": 6,
    "patience": None,
    "min_df": 1,
    "random_state": 0,
}


def tiny_classifier(sensitive_features=None, **parameters):
    return VisitTransformerClassifier(sensitive_features, **{**TINY, **parameters})


def make_cohort(n=120, seed=0):
    """Patients whose outcome is told by a code, a ward, or both."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "race": rng.choice(["A", "B"], n),
            "ward": rng.choice(["icu", "north", None], n),
            "age": np.where(rng.random(n) < 0.2, np.nan, rng.normal(60, 9, n)),
            "visits": pd.Series(
                [
                    [
                        rng.choice(list("abcdef"), 2, replace=False).tolist()
                        for _ in range(rng.integers(1, 4))
                    ]
                    for _ in range(n)
                ],
                dtype=object,
            ),
        },
        index=rng.permutation(n),
    )
    sick = X["visits"].map(lambda cell: any("a" in visit for visit in cell))
    return X, np.where(sick | (X["ward"] == "icu"), "sick", "well")
