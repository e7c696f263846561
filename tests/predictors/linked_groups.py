"""Simulated rows with effects of all three kinds, and a classifier that is fast."""

import numpy as np
import pandas as pd

from fairsample import CausallyFairClassifier, StandardFairnessModel

MODEL = StandardFairnessModel(
    sensitive="group",
    confounders=["age"],
    mediators=["score"],
    baseline="A",
    comparison="B",
)
FAST = {
    "hidden_layer_sizes": (16,),
    "learning_rate": 0.02,
    "max_epochs": 40,
    "random_state": 0,
}


def fast_classifier(**parameters):
    return CausallyFairClassifier(**{"fairness_model": MODEL, **FAST, **parameters})


def make_groups(n=1500, seed=0):
    """X and y: group B is older, scores higher and is treated differently."""
    rng = np.random.default_rng(seed)
    age = rng.normal(size=n)
    in_b = rng.random(n) < logistic(0.5 * age)
    score = 0.8 * in_b + 0.5 * age + rng.normal(size=n)
    positive = rng.random(n) < logistic(-0.5 + 0.6 * in_b + 0.7 * score + 0.4 * age)
    X = pd.DataFrame({"age": age, "group": np.where(in_b, "B", "A"), "score": score})
    return X.set_index(rng.permutation(n)), positive.astype(int)


def true_effects(f):
    """Effects of a known f(in_b, age, score), exactly: Gauss-Hermite quadrature."""
    nodes, mass = np.polynomial.hermite_e.hermegauss(60)
    mass = mass / mass.sum()
    age, noise = nodes[:, np.newaxis], nodes[np.newaxis, :]

    def mean(group_of_age, group_of_score, group):
        share = logistic(0.5 * nodes)
        density = mass * (share if group_of_age else 1 - share)
        values = f(group, age, 0.8 * group_of_score + 0.5 * age + noise)
        return density @ (values @ mass) / density.sum()

    return {
        "direct": mean(0, 0, 1) - mean(0, 0, 0),
        "indirect": mean(0, 1, 1) - mean(0, 0, 1),
        "spurious": mean(1, 1, 1) - mean(0, 1, 1),
    }


def logistic(x):
    return 1 / (1 + np.exp(-x))
