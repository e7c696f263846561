import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    n = 300
    race = rng.choice(["A", "B", "C"], n, p=[0.5, 0.3, 0.2])
    dose = rng.normal(size=n) + (race == "A")
    X = pd.DataFrame({"patient": np.arange(n), "dose": dose, "race": race})
    y = pd.Series(np.where(dose + rng.normal(size=n) > 0.8, "dead", "alive"))
    return X.set_index(np.arange(n)[::-1]), y.set_axis(np.arange(n)[::-1])
