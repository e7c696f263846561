"""The frame of all dtypes with its domain declared, and private resamplers for it."""

import numpy as np
import pandas as pd
from resamplers import mixed_frame

from fairsample import FlipResampler

DOMAIN = {
    "int": {"bounds": [0, 90]},
    "float32": {"bounds": [-4, 4]},
    "race": {"categories": ["A", "B", "C"]},
    "Int64": {"bounds": [0, 4]},
    "str": {"categories": ["x", "y", "z"]},
    "object": {"categories": ["u", "v"]},
    "ordered": {"categories": ["low", "mid", "high", "never"]},
    "unordered": {"categories": [10, 30]},
    "datetime": {"bounds": ["2020-01-01", "2022-12-31"], "step": "1D"},
    "sex": {"categories": ["F", "M"]},
    "outcome": {"categories": ["died", "lived"]},
}


def declared_frame(n_copies=5):
    """X and y, with so many rows that noise does not decide everything; shuffled."""
    X, y = mixed_frame()
    order = np.random.RandomState(0).permutation(n_copies * len(X)) % len(X)
    return X.iloc[order].reset_index(drop=True), y.iloc[order].reset_index(drop=True)


def private(columns="race", **parameters):
    """A resampler whose noise is little, and whose soft rows are hardly fitted."""
    parameters = {"epsilon": 20.0, "domain": DOMAIN, "max_iter": 3} | parameters
    return FlipResampler(columns, **{"random_state": 0, **parameters})


def domain_of(*names, **more):
    """The domain of some columns and the outcome, and of more."""
    return {name: DOMAIN[name] for name in (*names, "outcome")} | more


FEW = ["race", "sex", "str", "bool"]
DOMAIN_OF_FEW = domain_of("race", "sex", "str")


def few_columns():
    """X and y with few columns, so that private fits are quick."""
    X, y = declared_frame()
    return X[FEW], y


def cells(resampler, y):
    """Rows of each group and class of a result with one sensitive feature."""
    found = np.zeros(resampler.cell_counts_.shape, dtype=int)
    group = pd.Index(resampler.groups_).get_indexer(resampler.sensitive_features_)
    label = pd.Index(resampler.classes_).get_indexer(np.asarray(y))
    np.add.at(found, (group, label), 1)
    return found


def owed(resampler):
    return np.reshape(list(resampler.rows_owed_.values()), resampler.cell_counts_.shape)
