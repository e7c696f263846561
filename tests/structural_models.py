"""Two simulated worlds whose causal effects are known exactly.

A confounder z, a group that depends on it, a mediator w of both, and an outcome of all:
binary in world "A", a number with an interaction in world "L". The truths are from
120-point Gauss-Hermite quadrature, additive sign.
"""

import numpy as np
import pandas as pd

from fairsample.causal import StandardFairnessModel

MODEL = StandardFairnessModel(
    sensitive="group",
    confounders=["z"],
    mediators=["w"],
    baseline="x0",
    comparison="x1",
)
TRUTH = {
    "A": {
        "total_variation": 0.302899,
        "direct": 0.120468,
        "indirect": 0.114192,
        "spurious": 0.068239,
        "ett": 0.234659,
        "natural_direct": 0.121743,
        "natural_indirect": 0.111965,
        "total_effect": 0.233708,
        "experimental_spurious_baseline": -0.035071,
        "experimental_spurious_comparison": 0.034120,
    },
    "L": {
        "total_variation": 1.689473,
        "direct": 0.464593,
        "indirect": 0.800000,
        "spurious": 0.424880,
        "ett": 1.264593,
        "natural_direct": 0.500000,
        "natural_indirect": 0.800000,
        "total_effect": 1.300000,
        "experimental_spurious_baseline": -0.177033,
        "experimental_spurious_comparison": 0.212440,
    },
}
# With x1 as the baseline: the parts change in more than their sign.
REVERSED_TRUTH = {
    "A": {"direct": -0.117895, "indirect": -0.114861, "spurious": -0.070142},
    "L": {"direct": -0.775407, "indirect": -0.560000, "spurious": -0.354067},
}


def draw_world(world, n_rows, seed):
    """Draw features (z, group, w) and the outcome of a world, "A" or "L"."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n_rows)
    x = rng.random(n_rows) < _logistic(0.5 * z)
    w = 0.8 * x + 0.5 * z + rng.normal(size=n_rows)
    if world == "A":
        p = _logistic(-0.5 + 0.6 * x + 0.7 * w + 0.4 * z)
        y = (rng.random(n_rows) < p).astype(int)
    else:
        y = 1 + 0.5 * x + 0.7 * w + 0.4 * z + 0.3 * x * w + rng.normal(size=n_rows)
    X = pd.DataFrame({"z": z, "group": np.where(x, "x1", "x0"), "w": w})
    return X, pd.Series(y, name="y")


def _logistic(t):
    return 1 / (1 + np.exp(-t))
