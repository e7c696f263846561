"""A table of every kind of column, its neighbours, and fits that can be watched."""

import contextlib
import warnings

import joblib
import numpy as np
import pandas as pd
from scipy.stats import norm
from transcripts import Transcript, spent_on

from fairsample import FlipResampler
from fairsample.flip import noisy_counts, private_phase, releases_of_rows, table_release
from fairsample.flip import undeclared as undeclared_module
from fairsample.flip.secure_noise import SecureNoise

__all__ = [
    "DOMAIN",
    "NEIGHBOURS",
    "PUBLIC_CELLS",
    "check_guarantee",
    "fit_watched",
    "private_table",
]

PUBLIC_CELLS = {
    "sex": {"categories": ["F", "M"]},
    "died": {"categories": ["no", "yes"]},
}
DOMAIN = PUBLIC_CELLS | {
    "age": {"bounds": [17, 90]},
    "gain": {"bounds": [0, 99_999], "scale": "log"},
    "dose": {"bounds": [0, 20]},
    "town": {"categories": ["a", "b", "c"]},
    "visits": {"bounds": [0, 30]},
    "since": {"bounds": ["2019-01-01", "2024-01-01"]},
}


def private_table(n=1200, seed=0):
    """X and y: `gain` has frequent values, `town` a category dtype."""
    rng = np.random.RandomState(seed)
    male = rng.rand(n) < 0.8
    dead = rng.rand(n) < np.where(male, 0.3, 0.2)
    X = pd.DataFrame(
        {
            "sex": np.where(male, "M", "F"),
            "age": rng.randint(20, 80, n),
            "gain": np.where(rng.rand(n) < 0.8, 0, rng.randint(1000, 90_000, n)),
            "dose": np.round(rng.gamma(2 + dead, 2, n).clip(0, 20), 1),
            "town": pd.Categorical(rng.choice(["a", "b"], n)),
            "smokes": rng.rand(n) < 0.4,
            "visits": pd.array(rng.poisson(3, n), dtype="Int64"),
            "since": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.randint(0, 900, n), unit="D"),
        }
    )
    X.loc[rng.rand(n) < 0.3, "visits"] = pd.NA
    X.loc[:3, ["dose", "since"]] = 0.0, pd.Timestamp("2019-01-01")
    return X, pd.Series(np.where(dead, "yes", "no"), name="died", dtype="category")


def _added(**values):
    """Add a row that is like the first one but for some values."""

    def neighbour(X, y):
        row, outcome = X.iloc[[0]].copy(), y.iloc[[0]].astype(object)
        for name, value in values.items():
            if name == "died":
                outcome = pd.Series([value], dtype=object)
                continue
            dtype = X.dtypes[name]
            dtype = object if isinstance(dtype, pd.CategoricalDtype) else dtype
            row[name] = pd.Series([value], index=row.index, dtype=dtype)
        row, plain = row.astype({"town": object}), X.astype({"town": object})
        together = pd.concat([plain, row], ignore_index=True)
        together = together.astype(X.dtypes.drop("town")).astype({"town": "category"})
        outcomes = pd.concat([y.astype(object), outcome], ignore_index=True)
        return together, outcomes.astype("category").rename("died")

    return neighbour


def _removed(X, y):
    return X.iloc[1:], y.iloc[1:]


NEIGHBOURS = {
    "one more of the same": _added(),
    "one less": _removed,
    "extreme values": _added(
        age=10**12, gain=-(10**15), dose=1e300, since=pd.Timestamp("1700-01-01")
    ),
    "extremes of the other side": _added(
        age=-(10**12), gain=10**15, dose=-1e300, since=pd.Timestamp("2200-01-01")
    ),
    "everything outside": _added(
        age=10**12,
        gain=-(10**15),
        dose=-1e300,
        town="d",
        visits=10**6,
        since=pd.Timestamp("1700-01-01"),
    ),
    "a finer value": _added(dose=3.14159265358979, since=pd.Timestamp("2020-01-01T01")),
    "new categories": _added(sex="a long new one", town="d", died="unheard of"),
    "a category of another type": _added(town=2.5, died=7),
    "an empty cell": _added(town="c", age=90, gain=99_999, visits=30),
    "missing values": _added(dose=np.nan, town=None, visits=pd.NA, since=pd.NaT),
    "nothing missing": _added(visits=3),
}


class Fit:
    """A fit and what it handed out, with the noise that it met."""

    def __init__(self, estimator, rows, noise, listed_deltas):
        self.estimator, self.rows = estimator, rows
        self.noise, self.listed_deltas = noise, listed_deltas

    @property
    def ledger(self):
        """What it says that it spent."""
        return self.estimator._generator.ledger

    def digest(self):
        """Hash everything that is kept and handed out."""
        kept = dict(vars(self.estimator))
        kept.pop("net_", None)  # a part of the generator
        kept["_generator"] = self.estimator._generator.state()
        for net in (kept["_generator"]["network"] or {"nets": {}})["nets"].values():
            net.pop("history")  # has seconds in it
        return joblib.hash([kept, *self.rows])


def fit_watched(X, y, noise=None, sensitive_features=None, **options):
    """Fit and resample, with a `Transcript` or other noise if there is one."""
    options = {"domain": DOMAIN, "epsilon": 4.0, "max_iter": 2} | options
    estimator = FlipResampler("sex", random_state=0, **options)
    deltas = []
    with contextlib.ExitStack() as stack:
        patch = lambda place, name, value: stack.enter_context(  # noqa: E731
            _replaced(place, name, value)
        )
        for module in (noisy_counts, undeclared_module):
            patch(module, "threshold_of", _watched(module.threshold_of, deltas))
        patch(releases_of_rows, "_paid", {})
        if noise is not None:
            patch(private_phase, "SecureNoise", lambda: noise)
            patch(table_release, "SecureNoise", lambda: noise)
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        rows = estimator.fit_resample(X, y, sensitive_features=sensitive_features)
    return Fit(estimator, rows, noise, deltas)


def _watched(threshold_of, deltas):
    """Note what lists cost, and that a value of one row is listed as rarely as paid."""

    def watched(std, delta):
        threshold = threshold_of(std, delta)
        assert norm.sf((threshold - 1) / std) <= delta, "A threshold is too low."
        deltas.append(delta)
        return threshold

    return watched


@contextlib.contextmanager
def _replaced(place, name, value):
    former = getattr(place, name)
    setattr(place, name, value)
    try:
        yield
    finally:
        setattr(place, name, former)


def check_guarantee(X, y, neighbour, fit=fit_watched, **options):
    """Assert that a neighbour moves noisy sums as paid for, and nothing else at all.

    Returns the share of what the ledger says that the neighbours' difference uses.
    """
    first = fit(X, y, Transcript(SecureNoise()), **options)
    second = fit(*neighbour(X, y), Transcript(again=first.noise), **options)
    paid = sum(one.mu_squared() for one in first.ledger.mechanisms)
    used = spent_on(first.noise, second.noise) / paid
    assert used <= 1 + 1e-9, f"A row moves the sums by {used:.3f} of what is paid."
    listed = sum(one.delta for one in first.ledger.mechanisms)
    assert sum(first.listed_deltas) <= listed * (1 + 1e-9), "Lists cost more delta."
    assert first.estimator.epsilon_ <= first.estimator.epsilon
    for one, other in zip(first.rows, second.rows, strict=True):
        assert one.equals(other), "What is handed out differs for the same answers."
    assert first.digest() == second.digest(), "What is kept differs."
    return used
