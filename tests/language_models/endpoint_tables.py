"""A table, what it is for, and a backend that asks the stub for rows of it."""

import random

import numpy as np
import pandas as pd

from fairsample.causal import OpenAICompatible, StandardFairnessModel
from fairsample.causal.backend import CausalContext

KEY = "sk-not-to-be-seen-0123456789"
KEY_VARIABLE = "STUB_API_KEY"
ORDER = ["age", "born", "race", "stay", "pain", "ward", "died"]


def mixed_rows(n=200):
    """Rows with integers, dates, floats, missing values, categories and classes."""
    draw = np.random.RandomState(0)
    pain = pd.array(draw.randint(0, 11, n), dtype="Int8")
    pain[draw.random_sample(n) < 0.1] = pd.NA
    return pd.DataFrame(
        {
            "age": draw.randint(18, 90, n).astype(np.int16),
            "born": pd.Timestamp("1950-01-01") + pd.to_timedelta(range(n), unit="D"),
            "race": draw.choice(["A", "B"], n, p=[0.8, 0.2]),
            "stay": np.round(draw.gamma(2.0, 3.0, n), 1),
            "pain": pain,
            "ward": pd.Categorical(draw.choice(["x", "y", "z"], n), ["z", "y", "x"]),
            "died": draw.choice(["0", "1"], n, p=[0.9, 0.1]),
        }
    )


def _patient(draw, direct, given):
    """Draw a patient as JSON, beginning with what is given."""
    row = dict(given)
    row.setdefault("age", draw.randint(20, 79))
    day = pd.Timestamp("1950-01-01") + pd.Timedelta(draw.randint(0, 299), "D")
    row.setdefault("born", str(day.date()))
    is_b = draw.random() < 0.3 + 0.4 * (row["age"] > 50)
    row.setdefault("race", "B" if is_b else "A")
    row.setdefault("stay", draw.randint(5, 50) / 10)
    row.setdefault("pain", draw.choice([None, *range(5)]))
    is_x = draw.random() < 0.3 + 0.4 * (row["race"] == "B")
    row.setdefault("ward", "x" if is_x else draw.choice(["y", "z"]))
    odds = 0.1 + direct * (row["race"] == "B") + 0.2 * (row["ward"] == "x")
    row.setdefault("died", "1" if draw.random() < odds else "0")
    return {name: row[name] for name in ORDER}


def biased_patients(n=300):
    """Give features and outcome with a direct, an indirect and a spurious effect."""
    draw = random.Random(0)
    rows = pd.DataFrame([_patient(draw, 0.4, {}) for _ in range(n)])
    rows["age"] = rows["age"].astype(np.int16)
    rows["born"] = pd.to_datetime(rows["born"])
    rows["pain"] = rows["pain"].astype("Int8")
    rows["ward"] = pd.Categorical(rows["ward"], ["z", "y", "x"])
    return rows[ORDER[:-1]], rows["died"].astype(int)


def write_patients(direct):
    """Make what answers requests for patients, with this direct effect."""

    def write(data, draw):
        n = data["n_rows"]
        rows = []
        for given in data.get("rows_to_complete", [{}] * n):
            row = given | _patient(draw, direct, given)
            rows.append({name: row[name] for name in data["write"]})
        return rows

    return write


def purpose(**targets):
    model = StandardFairnessModel(
        sensitive="race",
        confounders=["age", "born"],
        mediators=["stay", "pain", "ward"],
        outcome="died",
    )
    return CausalContext(model, "race", "died", targets)


def backend_for(server, **parameters):
    """Make a backend that loses no time with waiting."""
    quick = {
        "model": "stub",
        "api_key_env": KEY_VARIABLE,
        "allow_data_egress": True,
        "rows_per_request": 10,
        "n_examples": 8,
        "backoff": 0.001,
        "longest_wait": 0.05,
        "timeout": 20.0,
    }
    return OpenAICompatible(server.url, **(quick | parameters))


def fitted(server, **parameters):
    backend = backend_for(server, **parameters)
    return backend.fit(mixed_rows(), ORDER, context=purpose(direct=0.12))


def assert_rows_of_the_table(written, rows):
    """Check that written rows could be rows of a table."""
    assert written.dtypes.to_dict() == rows[list(written)].dtypes.to_dict()
    for name, column in written.items():
        known = rows[name]
        assert known.isna().any() or not column.isna().any()
        present = column.dropna()
        if known.dtype.kind in "ifM" or name == "pain":
            assert present.between(known.min(), known.max()).all()
        else:
            assert set(present) <= set(known)
    if "stay" in written:
        np.testing.assert_array_equal(written["stay"], written["stay"].round(1))
