"""Small mixed tables for the metrics of synthetic tables."""

import numpy as np
import pandas as pd

KINDS = ["F", "M"]


def mixed_table(seed, n_rows=400):
    """Numbers, integers, text and booleans, some missing; two groups, independent."""
    rng = np.random.default_rng(seed)
    dose = rng.normal(size=n_rows)
    table = pd.DataFrame(
        {
            "sex": rng.choice(KINDS, size=n_rows),
            "dose": np.where(rng.random(n_rows) < 0.1, np.nan, dose),
            "age": rng.integers(18, 90, size=n_rows),
            "drug": rng.choice(["a", "b", None], p=[0.5, 0.3, 0.2], size=n_rows),
            "smokes": rng.random(n_rows) < 0.3,
        }
    )
    table["ill"] = dose + rng.normal(size=n_rows) > 0
    return table
