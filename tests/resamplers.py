"""Every resampler under test, and the data on which its promises are checked.

A new resampler is one more line in RESAMPLERS.
"""

import hashlib
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from fairsample import (
    CausalLLMResampler,
    FairSynthResampler,
    FlipResampler,
    GroupRandomOverSampler,
)
from fairsample.causal import ConditionalChain


def first_column_above_median(X):
    """Split rows in two groups, whatever the checks pass as X."""
    first = X.iloc[:, 0].to_numpy() if isinstance(X, pd.DataFrame) else X[:, 0]
    if first.dtype == object:
        first = pd.factorize(first, sort=True)[0]
    return first > np.nanmedian(first)


RESAMPLERS = [
    GroupRandomOverSampler(first_column_above_median, random_state=0),
    FairSynthResampler(
        first_column_above_median,
        embedding=4,
        n_layers=1,
        n_heads=1,
        hidden=4,
        max_epochs=1,
        batch_size=128,
        fairness_epochs=1,
        random_state=0,
    ),
    FlipResampler(first_column_above_median, epsilon=None, max_iter=5, random_state=0),
    CausalLLMResampler(
        first_column_above_median,
        llm=ConditionalChain(boosting=False),
        learner="linear",
        n_folds=2,
        overgeneration=1.5,
        held_out_fraction=0.0,
        random_state=0,
    ),
]

WITHOUT_VISITS = {"CausalLLMResampler", "FlipResampler"}  # these take plain tables

each_resampler = pytest.mark.parametrize(
    "prototype", RESAMPLERS, ids=lambda resampler: type(resampler).__name__
)
tolerate_data_warnings = pytest.mark.filterwarnings(
    "ignore::fairsample.base.DataWarning"
)
_OF_EFFECTS = (  # on tables without a fairness model, or without any structure
    "No fairness_model is given",
    "Effects of the written rows are not",
    ".*The effects rest on extrapolation there",
    "Too few rows could be written",
    "The written rows have lost signal",
)
effects_are_not_at_issue = pytest.mark.filterwarnings(
    *(f"ignore:{message}:fairsample.base.DataWarning" for message in _OF_EFFECTS)
)

N_ROWS = 400


def mixed_frame():
    """A frame with a column of every type, and missing values wherever they can be."""
    rng = np.random.RandomState(0)
    race = rng.choice(["A", "B", "C"], size=N_ROWS, p=[0.4, 0.3, 0.3])
    X = pd.DataFrame(
        {
            "int": rng.randint(0, 90, N_ROWS),
            "float32": rng.normal(size=N_ROWS).astype(np.float32),
            "race": pd.Series(race, dtype=object),
            "Int64": pd.Series(rng.randint(0, 5, N_ROWS), dtype="Int64"),
            "bool": rng.rand(N_ROWS) < 0.3,
            "boolean": pd.Series(rng.rand(N_ROWS) < 0.6, dtype="boolean"),
            "str": pd.Series(rng.choice(["x", "y", "z"], N_ROWS), dtype="str"),
            "object": pd.Series(rng.choice(["u", "v"], N_ROWS), dtype=object),
            "ordered": pd.Categorical(
                rng.choice(["low", "mid", "high"], N_ROWS),
                categories=["low", "mid", "high", "never"],
                ordered=True,
            ),
            "unordered": pd.Categorical(rng.choice([30, 10], N_ROWS)),
            "datetime": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.randint(0, 1000, N_ROWS), unit="D"),
            "sex": pd.Categorical(rng.choice(["F", "M"], N_ROWS)),
        }
    ).set_axis(rng.permutation(N_ROWS) + 1000)
    for name in X.columns.drop(["int", "bool", "race", "sex"]):
        X.loc[X.index[rng.rand(N_ROWS) < 0.1], name] = None
    positive = rng.rand(N_ROWS) < np.select(
        [race == "A", race == "B"], [0.4, 0.25], 0.3
    )
    y = pd.Series(np.where(positive, "died", "lived"), index=X.index, name="outcome")
    return X, y.astype("category")


def by_name(prototype, columns="race", **parameters):
    return clone(prototype).set_params(sensitive_features=columns, **parameters)


def digest(result):
    """Reduce a result to a text that is the same in every process."""
    X, y = result
    table = X.assign(outcome=np.asarray(y)).astype(str).to_csv()
    return hashlib.sha256(table.encode()).hexdigest()


def digests():
    """Digest what each resampler returns; run in several processes."""
    X, y = mixed_frame()
    found = {}
    for prototype in RESAMPLERS:
        resampler = by_name(prototype)
        found[type(prototype).__name__] = [
            digest(resampler.fit_resample(X, y)),
            digest(resampler.sample(20, conditions={"race": "B"})),
        ]
    return found


def numpy_state():
    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    return name, keys.tolist(), *rest


def torch_state():
    torch = sys.modules.get("torch")
    return None if torch is None else torch.random.get_rng_state().tolist()
