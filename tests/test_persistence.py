"""Every resampler, saved to a folder and loaded, without pickle."""

import copy
import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from resamplers import (
    RESAMPLERS,
    WITHOUT_VISITS,
    by_name,
    digest,
    effects_are_not_at_issue,
    numpy_state,
    torch_state,
)
from safetensors import numpy as safetensors
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from fairsample import (
    DoublePrioritizedSampler,
    FairSynthResampler,
    GroupRandomOverSampler,
)

pytestmark = effects_are_not_at_issue

N_ROWS = 200
TINY_NET = {"embedding": 8, "n_heads": 2, "n_layers": 1, "hidden": 16}
FAIRSYNTH = FairSynthResampler(
    max_epochs=2, fairness_epochs=1, batch_size=64, random_state=0, **TINY_NET
)
PROTOTYPES = {
    type(prototype).__name__: prototype
    for prototype in [*RESAMPLERS, DoublePrioritizedSampler(random_state=0), FAIRSYNTH]
}


def columns():
    """Columns of every type with missing values, and groups of at least ten rows."""
    rng = np.random.RandomState(0)
    X = pd.DataFrame(
        {
            "race": np.array(["A", "B"], dtype=object)[rng.randint(0, 2, N_ROWS)],
            "int": rng.randint(0, 90, N_ROWS),
            "float32": rng.normal(size=N_ROWS).astype(np.float32),
            "Int64": pd.Series(rng.randint(0, 5, N_ROWS), dtype="Int64"),
            "bool": rng.rand(N_ROWS) < 0.5,
            "boolean": pd.Series(rng.rand(N_ROWS) < 0.6, dtype="boolean"),
            "str": pd.Series(rng.choice(["x", "y", "z"], N_ROWS), dtype="str"),
            "ordered": pd.Categorical(
                rng.choice(["low", "mid"], N_ROWS),
                categories=["mid", "low", "never"],
                ordered=True,
            ),
            "unordered": pd.Categorical(rng.choice([30, 10], N_ROWS)),
            "datetime": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.randint(0, 1000, N_ROWS), unit="D"),
        }
    )
    for name in X.columns.drop(["race", "int", "bool"]):
        X.loc[rng.rand(N_ROWS) < 0.1, name] = None
    died = rng.rand(N_ROWS) < 0.3
    return X, pd.Series(np.where(died, "died", "lived"), name="outcome")


def frame():
    X, y = columns()
    return X, y.astype("category"), "race", {}


def visits():
    X, y = columns()
    rng = np.random.RandomState(1)
    codes = ["DX:428", "DX:250", "RX:insulin"]
    X = X[["race", "int"]].assign(
        visits=[
            [sorted(set(rng.choice(codes, 2))) for _ in range(rng.randint(1, 4))]
            for _ in range(N_ROWS)
        ]
    )
    return X, pd.DataFrame({"outcome": y.to_numpy() == "died"}), "race", {}


def array():
    X, y = columns()
    X = X[["int", "bool", "float32"]].to_numpy(dtype=np.float32)
    X[:, 0] = X[:, 0] > 40
    return X, np.eye(2, dtype=np.int8)[(y == "died").astype(int)], 0, {}


def rows():
    X, y = columns()
    return X[["int", "race"]].to_numpy(dtype=object).tolist(), y.tolist(), [1], {}


def values():
    X, y = columns()
    sensitive = pd.DataFrame({"race": X["race"], "old": X["int"] > 45})
    X = X.set_axis(range(X.shape[1]), axis=1).drop(columns=0)
    return X, y.to_numpy(), None, {"sensitive_features": sensitive}


DATA = {make.__name__: make for make in (frame, visits, array, rows, values)}
CASES = [
    (name, data)
    for name in PROTOTYPES
    for data in DATA
    if data != "visits" or name not in WITHOUT_VISITS
]


@pytest.fixture(scope="module")
def fitted_once():
    """Fit each resampler on each kind of data, once."""
    done = {}

    def fit(name, data):
        if (name, data) not in done:
            X, y, selector, parameters = DATA[data]()
            resampler = by_name(PROTOTYPES[name], selector)
            resampler.fit_resample(X, y, **parameters)
            done[name, data] = resampler
        return copy.deepcopy(done[name, data])

    return fit


def same_rows(first, second):
    for one, other in zip(first, second, strict=True):
        assert type(one) is type(other)
        if isinstance(one, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other, check_column_type="exact")
        elif isinstance(one, pd.Series):
            pd.testing.assert_series_equal(one, other)
        else:
            np.testing.assert_array_equal(one, other, strict=True)


def index_of(folder):
    """What was written, but for the digests of skops, which numbers objects anew."""
    index = json.loads((folder / "resampler.json").read_text())
    for name in index["files"]:
        if name.endswith(".skops"):
            index["files"][name] = None
    return index


def parameters_of(resampler):
    """Parameters; in the place of estimators, which are never equal, their text."""
    return {
        name: repr(value) if isinstance(value, BaseEstimator) else value
        for name, value in resampler.get_params().items()
    }


@pytest.mark.parametrize(("name", "data"), CASES)
class TestRoundTrip:
    """What was saved goes on where it was."""

    def test_the_same_rows_follow(self, fitted_once, tmp_path, name, data):
        resampler = fitted_once(name, data)
        resampler.sample(3)
        resampler.save(tmp_path / "saved")
        before = numpy_state(), torch_state()
        loaded = type(resampler).load(tmp_path / "saved")
        assert (numpy_state(), torch_state()) == before
        for arguments in ({}, {"n_samples": 20}, {"n_samples": 9, "random_state": 3}):
            same_rows(loaded.sample(**arguments), resampler.sample(**arguments))
            np.testing.assert_array_equal(
                loaded.sensitive_features_, resampler.sensitive_features_
            )

    def test_parameters_and_attributes(self, fitted_once, tmp_path, name, data):
        resampler = fitted_once(name, data)
        resampler.save(tmp_path / "saved")
        loaded = type(resampler).load(tmp_path / "saved")
        assert parameters_of(loaded) == parameters_of(resampler)
        assert vars(loaded).keys() == vars(resampler).keys()
        for attribute in ("groups_", "sampling_strategy_", "rows_owed_"):
            found, wanted = getattr(loaded, attribute), getattr(resampler, attribute)
            assert found == wanted
            assert repr(found) == repr(wanted)
        for attribute in ("classes_", "synthetic_mask_"):
            np.testing.assert_array_equal(
                getattr(loaded, attribute), getattr(resampler, attribute), strict=True
            )
        pd.testing.assert_frame_equal(loaded.cell_counts_, resampler.cell_counts_)
        assert loaded.n_features_in_ == resampler.n_features_in_
        assert type(loaded.sensitive_features_) is type(resampler.sensitive_features_)

    def test_saving_what_was_loaded_writes_the_same(
        self, fitted_once, tmp_path, name, data
    ):
        resampler = fitted_once(name, data)
        resampler.save(tmp_path / "once")
        type(resampler).load(tmp_path / "once").save(tmp_path / "twice")
        assert index_of(tmp_path / "once") == index_of(tmp_path / "twice")


@pytest.mark.parametrize("name", PROTOTYPES)
class TestEachResampler:
    """What does not depend on the data."""

    def test_unfitted(self, tmp_path, name):
        resampler = by_name(PROTOTYPES[name], "race")
        resampler.save(tmp_path / "saved")
        loaded = type(resampler).load(tmp_path / "saved")
        assert parameters_of(loaded) == parameters_of(resampler)
        assert vars(loaded).keys() == vars(resampler).keys()
        with pytest.raises(NotFittedError):
            loaded.sample(3)
        X, y, *_ = frame()
        same_rows(loaded.fit_resample(X, y), resampler.fit_resample(X, y))

    def test_can_be_fitted_again(self, fitted_once, tmp_path, name):
        resampler = fitted_once(name, "frame")
        resampler.save(tmp_path / "saved")
        loaded = type(resampler).load(tmp_path / "saved")
        X, y, *_ = frame()
        same_rows(loaded.fit_resample(X, y), resampler.fit_resample(X, y))

    def test_pickle_has_no_part_in_it(self, fitted_once, tmp_path, monkeypatch, name):
        data = "frame" if name in WITHOUT_VISITS else "visits"
        resampler = fitted_once(name, data)

        def refuse(*args, **kwargs):
            raise AssertionError("pickle was used")

        for function in ("load", "loads", "dump", "dumps", "Unpickler", "Pickler"):
            monkeypatch.setattr(pickle, function, refuse)
        resampler.save(tmp_path / "saved")
        same_rows(
            type(resampler).load(tmp_path / "saved").sample(5), resampler.sample(5)
        )
        monkeypatch.undo()
        text = tmp_path / "saved" / "resampler.json"
        (numbers,) = (tmp_path / "saved").glob("*.safetensors")
        assert json.loads(text.read_text())["class"] == name
        assert safetensors.load(numbers.read_bytes())
        assert not zipfile.is_zipfile(text)
        assert not zipfile.is_zipfile(numbers)

    def test_another_class(self, tmp_path, name):
        by_name(PROTOTYPES[name]).save(tmp_path)
        for other in {*map(type, PROTOTYPES.values())} - {type(PROTOTYPES[name])}:
            wanted = f"holds a {name}, not a {other.__name__}. Use {name}.load"
            with pytest.raises(ValueError, match=wanted):
                other.load(tmp_path)


def test_another_process_draws_the_same_rows(fitted_once, tmp_path):
    program = (
        "import sys, resamplers, fairsample\n"
        "loaded = fairsample.FairSynthResampler.load(sys.argv[1])\n"
        "print(resamplers.digest(loaded.sample(30)))"
    )
    resampler = fitted_once("FairSynthResampler", "frame")
    resampler.save(tmp_path / "saved")
    tests = Path(__file__).parent
    printed = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "saved")],
        env={"PYTHONPATH": f"{tests}:{tests.parent}", "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed.split() == [digest(resampler.sample(30))]


def test_net_history_and_schema(fitted_once, tmp_path):
    resampler = fitted_once("FairSynthResampler", "visits")
    resampler.save(tmp_path / "saved")
    loaded = FairSynthResampler.load(tmp_path / "saved")
    assert loaded.net_.history == resampler.net_.history
    assert loaded.net_.get_params().keys() == resampler.net_.get_params().keys()
    weights = loaded.net_.module_.state_dict()
    for key, tensor in resampler.net_.module_.state_dict().items():
        assert tensor.equal(weights[key])
    assert loaded.schema_ == resampler.schema_


def test_small_cells_stay_pooled(tmp_path):
    X, y, *_ = frame()
    X.loc[X.index[y == "died"][:4], "race"] = "C"
    X.loc[X.index[y == "lived"][:15], "race"] = "C"
    resampler = by_name(FAIRSYNTH)
    with pytest.warns(UserWarning, match=r"\('C', 'died'\)"):
        resampler.fit(X, y)
    resampler.save(tmp_path / "saved")
    loaded = FairSynthResampler.load(tmp_path / "saved")
    asked = {"race": "C", "outcome": "died"}
    same_rows(loaded.sample(9, conditions=asked), resampler.sample(9, conditions=asked))


def test_copies_are_exact_copies_of_any_cell(tmp_path):
    X, y, *_ = visits()
    X["visits"] = X["visits"].map(lambda cell: tuple(np.array(v, object) for v in cell))
    X["notes"] = pd.Series([None, np.nan, pd.NA, 1, True, 1.0, "1"] * 29, dtype=object)
    resampler = GroupRandomOverSampler("race", random_state=0).fit(X, y)
    resampler.save(tmp_path / "saved")
    found, _ = GroupRandomOverSampler.load(tmp_path / "saved").sample(50)
    wanted, _ = resampler.sample(50)
    assert found["notes"].map(repr).tolist() == wanted["notes"].map(repr).tolist()
    assert found["visits"].map(repr).tolist() == wanted["visits"].map(repr).tolist()


def test_attributes_that_cannot_be_saved_are_named(tmp_path):
    resampler = GroupRandomOverSampler("race")
    resampler.connection_ = object()
    with pytest.raises(ValueError, match="connection_ cannot be saved.*type object"):
        resampler.save(tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []
