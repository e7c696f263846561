"""Nothing of a private row is kept: not in a pickle, a saved folder or a memory."""

import dataclasses
import pickle
import struct

import numpy as np
import pandas as pd
import pytest
from private_tables import DOMAIN, fit_watched, private_table

from fairsample import FlipResampler
from fairsample.flip import private_fit, releases_of_rows
from fairsample.flip.private_input import PrivateInput

TEXT = "SENTINELzyx"
NUMBER = 12345.678901234567
TIME = pd.Timestamp("2020-05-17T13:07:11.123456")
TRACES = {
    "text": TEXT.encode(),
    "number": struct.pack("<d", NUMBER),
    "written number": b"12345.6789",
    "large integer": struct.pack("<q", 7_194_385_260_713),
    "written integer": b"7194385260713",
    "time": struct.pack("<q", TIME.value),
    "time in microseconds": struct.pack("<q", TIME.value // 1000),
    "written time": b"13:07:11.123456",
}


@pytest.fixture(autouse=True)
def nothing_was_paid_before(monkeypatch):
    monkeypatch.setattr(releases_of_rows, "_paid", {})


def table_with_traces(n=400):
    X, y = private_table(n)
    X = X.assign(
        town=X["town"].astype(object),
        name=["x"] * len(X),
        dose=X["dose"],
        key=np.arange(len(X)),
    )
    X.loc[17, ["town", "name", "dose"]] = f"town{TEXT}", f"name{TEXT}", NUMBER
    X.loc[17, ["key", "since"]] = 7_194_385_260_713, TIME
    X["town"] = X["town"].astype("category")
    X.loc[19, "sex"] = f"sex{TEXT}"
    y = y.astype(object)
    y[23] = f"died{TEXT}"
    return X, y.astype("category")


TRACED_DOMAIN = DOMAIN | {
    "name": {"categories": ["w", "x"]},
    "dose": {"bounds": [0, 100_000]},
    "key": {"bounds": [0, 10**13]},
}
FOUND_OUT = {
    "domain": {name: DOMAIN[name] for name in ("sex", "died")},
    "epsilon": 8.0,
    "preprocess_epsilon": 6.0,
}


def traces_in(content):
    return [name for name, trace in TRACES.items() if trace in content]


def content_of(folder):
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    names = "\n".join(map(str, files)).encode()
    return b"\0".join([names, *(path.read_bytes() for path in files)])


def numbers_kept(value, seen=None):
    """Every single number in an object, but for entries of long arrays."""
    seen = set() if seen is None else seen
    if isinstance(value, int | float | np.number):
        yield float(value)
    elif id(value) not in seen:
        seen.add(id(value))
        if isinstance(value, dict):
            parts = [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple):
            parts = value
        elif isinstance(value, pd.DataFrame | pd.Series):
            parts = value.to_numpy().ravel().tolist()
        elif isinstance(value, np.ndarray):
            parts = value.ravel().tolist() if value.size < 1000 else []
        else:
            parts = vars(value).values() if hasattr(value, "__dict__") else []
        for part in parts:
            yield from numbers_kept(part, seen)


@pytest.mark.parametrize(
    "options",
    [
        {"domain": TRACED_DOMAIN},
        FOUND_OUT,
        {"domain": TRACED_DOMAIN, "epsilon": 30.0, "network": True, "max_epochs": 1},
    ],
    ids=["declared", "found out", "network"],
)
def test_no_trace_in_a_pickle_or_a_saved_folder(tmp_path, options):
    X, y = table_with_traces(100 if "network" in options else 400)
    assert len(traces_in(pickle.dumps((X, y)))) >= 4
    fitted = fit_watched(X, y, n_synthetic=10, **options)
    fitted.estimator.save(tmp_path / "saved")
    for content in (
        pickle.dumps(fitted.estimator),
        pickle.dumps(fitted.rows),
        content_of(tmp_path / "saved"),
        fitted.rows[0].to_csv().encode(),
        repr(vars(fitted.estimator)).encode(),
    ):
        assert not traces_in(content)


def test_no_trace_in_the_memory(tmp_path):
    X, y = table_with_traces()
    fit_watched(X, y, memory=str(tmp_path), domain=TRACED_DOMAIN)
    content = content_of(tmp_path)
    assert b"release_privately" in content
    assert not traces_in(content)


def test_a_memory_that_writes_down_what_it_was_called_with_is_found(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(PrivateInput, "__repr__", lambda self: repr(vars(self)))
    X, y = table_with_traces()
    first = [17, *X.index.drop(17)]
    fit_watched(
        X.loc[first].reset_index(drop=True),
        y.loc[first].reset_index(drop=True),
        memory=str(tmp_path),
        domain=TRACED_DOMAIN,
    )
    assert traces_in(content_of(tmp_path))


def test_exact_counts_are_nowhere(monkeypatch):
    X, y = private_table(2711)
    group, label = (X["sex"] == "M"), (y == "yes")
    exact = {2711.0, float(group.sum()), float(label.sum())}
    exact |= {float(n) for n in pd.crosstab(group, label).to_numpy().ravel()}
    exact = {count for count in exact if count > 300}  # others are codes by chance
    assert len(exact) >= 4

    def always_kept():
        kept = [set(numbers_kept(fit_watched(X, y).estimator)) for _ in range(3)]
        return set.intersection(*kept) & exact

    assert not always_kept()
    set_cells = private_fit.PrivatelyFitted._set_private_cells

    def remembering(self, table, y):
        set_cells(self, table, y)
        self.exact_ = y.value_counts()

    monkeypatch.setattr(private_fit.PrivatelyFitted, "_set_private_cells", remembering)
    assert always_kept() == {float(label.sum()), float((~label).sum())} & exact


def test_no_trace_of_a_former_fit_that_was_not_private():
    X, y = table_with_traces()
    estimator = FlipResampler(
        "sex", epsilon=None, max_iter=2, domain=TRACED_DOMAIN, random_state=0
    )
    with pytest.warns(Warning):
        estimator.fit_resample(X, y)
    assert traces_in(pickle.dumps(estimator))
    estimator.set_params(epsilon=2.0)
    estimator.fit(X, y)
    assert not traces_in(pickle.dumps(estimator))


def test_no_trace_of_a_fit_that_failed():
    X, y = table_with_traces()
    estimator = FlipResampler("sex", domain=DOMAIN, preprocess_epsilon=0)
    with pytest.raises(ValueError, match="preprocess_epsilon"):
        estimator.fit(X, y)
    assert not traces_in(pickle.dumps(estimator))


def test_what_is_shown_of_private_rows_shows_none():
    X, y = table_with_traces()
    private = PrivateInput.read(X, y, selector="sex")
    assert not traces_in((repr(private) + str(private)).encode())
    assert dataclasses.is_dataclass(private)
