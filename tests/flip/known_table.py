"""A table whose columns depend on group, class and each other as is known."""

import numpy as np
import pandas as pd

from fairsample.flip.domain import TableDomain
from fairsample.flip.table_release import Rows

SHAPE = (3, 2)
DOMAIN = TableDomain(
    {
        "club": {"categories": ["x", "y", "z"], "missing": False},
        "shirt": {"categories": ["red", "blue"], "missing": False},
        "age": {"bounds": [0, 100]},
        "score": {"bounds": [-5, 5], "missing": True},
    }
)


def known_rows(n=4000, seed=0):
    """`club` follows the group, `shirt` the club, `age` the class, `score` the age."""
    rng = np.random.RandomState(seed)
    group = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    label = (rng.rand(n) < np.array([0.4, 0.2, 0.3])[group]).astype(int)
    club = np.where(rng.rand(n) < 0.7, group, rng.randint(0, 3, n))
    shirt = np.where(rng.rand(n) < 0.85, club == 1, rng.rand(n) < 0.5).astype(int)
    age = np.clip(rng.normal(40 + 20 * label, 12), 0, 100).astype(int)
    score = np.clip((age - 50) / 15 + rng.normal(size=n), -5, 5).astype(np.float32)
    frame = pd.DataFrame(
        {
            "club": np.array(["x", "y", "z"])[club],
            "shirt": pd.Categorical.from_codes(shirt, ["red", "blue"]),
            "age": age,
            "score": np.where(rng.rand(n) < 0.1, np.nan, score).astype(np.float32),
        }
    )
    return Rows(frame, group, label, SHAPE)
