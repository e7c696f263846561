"""The same rows in files or in a frame make the same resampler."""

import json
import os
import pickle
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import pandas as pd
import pyarrow.dataset
import pytest
import torch
from disk_tables import mixed_frame, write_arrow, write_pieces
from sklearn.linear_model import LogisticRegression
from skorch.callbacks import Callback

from fairsample import (
    CausalLLMResampler,
    DoublePrioritizedSampler,
    FairSynthResampler,
    FlipResampler,
    GroupRandomOverSampler,
)
from fairsample.datasets import TableOnDisk
from fairsample.validation import DataWarning

FEW_COLUMNS = ["sex", "race", "age", "stay", "died"]

pytestmark = pytest.mark.filterwarnings("ignore::fairsample.validation.DataWarning")


def resampler(**options):
    settings = {"max_epochs": 1, "fairness_epochs": 1, "sampling_strategy": "groups"}
    return FairSynthResampler(["sex", "race"], random_state=0, **(settings | options))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_pieces(mixed_frame(), tmp_path_factory.mktemp("table"))


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    frame = mixed_frame(240)[FEW_COLUMNS]
    return write_pieces(frame, tmp_path_factory.mktemp("few"))


@pytest.fixture(scope="module")
def of_frame(folder):
    whole = pd.read_parquet(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return resampler().fit(whole.drop(columns="died"), whole["died"])


def assert_same_fit(one, other):
    """The nets bit for bit, and everything that a sample is made of."""
    for left, right in zip(
        one.net_.module_.state_dict().items(),
        other.net_.module_.state_dict().items(),
        strict=True,
    ):
        assert left[0] == right[0]
        assert torch.equal(left[1], right[1])
    for name in ("schema_", "groups_", "rows_owed_", "sampling_strategy_"):
        assert getattr(one, name) == getattr(other, name)
    assert one.n_features_in_ == other.n_features_in_
    pd.testing.assert_frame_equal(one.cell_counts_, other.cell_counts_)
    drawn = [fit.sample(60, random_state=1) for fit in (one, other)]
    pd.testing.assert_frame_equal(drawn[0][0], drawn[1][0])
    pd.testing.assert_series_equal(drawn[0][1], drawn[1][1])
    encoders = [fit._generator.encoder.table_.to_json() for fit in (one, other)]
    assert json.dumps(encoders[0]) == json.dumps(encoders[1])


def test_a_folder_gives_the_net_of_the_frame(folder, of_frame):
    assert_same_fit(resampler().fit(folder, "died"), of_frame)


def test_an_arrow_dataset_gives_the_net_of_the_frame(folder, of_frame):
    dataset = pyarrow.dataset.dataset(folder)
    assert_same_fit(resampler().fit(dataset, "died"), of_frame)


def test_a_dask_frame_gives_the_net_of_its_rows(folder):
    dd = pytest.importorskip("dask.dataframe")
    frame = dd.from_pandas(pd.read_parquet(folder).drop(columns="born"), npartitions=3)
    whole = frame.compute()
    expected = resampler().fit(whole.drop(columns="died"), whole["died"])
    assert_same_fit(resampler().fit(frame, "died"), expected)


def test_without_a_penalty_and_without_rows_held_out(few):
    whole = pd.read_parquet(few)
    settings = {"fairness_weight": 0, "validation_fraction": 0.001}
    expected = resampler(**settings).fit(whole.drop(columns="died"), whole["died"])
    assert_same_fit(resampler(**settings).fit(few, "died"), expected)


def test_sensitive_columns_that_are_no_features(folder):
    whole = pd.read_parquet(folder)
    columns = ["age", "bmi", "race"]
    in_memory = resampler().fit(
        whole[columns], whole["died"], sensitive_features=whole["sex"]
    )
    table = TableOnDisk(folder, columns=columns)
    on_disk = resampler().fit(table, "died", sensitive_features="sex")
    assert_same_fit(on_disk, in_memory)
    X, _ = on_disk.sample(10, conditions={"sex": "F"})
    assert list(X) == columns


def test_missing_sensitive_values_make_a_group(folder):
    whole = pd.read_parquet(folder)
    options = {"missing_sensitive": "group"}
    sensitive = ["sex", "stage"]
    expected = resampler(**options).fit(
        whole.drop(columns="died"), whole["died"], sensitive_features=whole[sensitive]
    )
    found = resampler(**options).fit(folder, "died", sensitive_features=sensitive)
    assert ("F", "missing") in found.groups_
    assert_same_fit(found, expected)
    with pytest.raises(ValueError) as of_files:
        resampler().fit(folder, "died", sensitive_features=sensitive)
    with pytest.raises(ValueError) as of_frame:
        resampler().fit(whole, whole["died"], sensitive_features=whole[sensitive])
    assert str(of_files.value) == str(of_frame.value)


def test_a_small_buffer_learns_the_table_too_whatever_the_workers(folder, of_frame):
    nets = []
    for n_workers in (0, 2):
        table = TableOnDisk(folder, buffer_rows=100, n_workers=n_workers)
        found = resampler().fit(table, "died")
        assert found.schema_ == of_frame.schema_
        nets.append(torch.cat([p.flatten() for p in found.net_.module_.parameters()]))
        loss = found.net_.history[-1, "valid_loss"]
        assert abs(loss - of_frame.net_.history[-1, "valid_loss"]) < 1
    assert torch.equal(*nets)


def test_a_fit_from_disk_is_copied_saved_and_fitted_again(few, tmp_path):
    found = resampler().fit(few, "died")
    found.save(tmp_path / "saved")
    copies = (
        pickle.loads(pickle.dumps(found)),
        FairSynthResampler.load(tmp_path / "saved"),
    )
    expected, _ = found.sample(20, random_state=0)
    for copied in copies:
        pd.testing.assert_frame_equal(copied.sample(20, random_state=0)[0], expected)
    whole = pd.read_parquet(few)
    X, y = whole.drop(columns="died"), whole["died"]
    found.fit_resample(X, y)
    assert found.synthetic_mask_.sum() == sum(found.rows_owed_.values())


def test_no_row_of_the_table_is_remembered(few):
    found = resampler().fit(few, "died")
    assert len(found.synthetic_mask_) == len(found.sensitive_features_) == 0
    assert not hasattr(found, "_supply")


def test_the_same_columns_are_warned_of(tmp_path):
    frame = mixed_frame(240)[FEW_COLUMNS].assign(unit="mg", gone=np.nan)
    frame["race"] = frame["race"].astype(str)
    frame.loc[:4, "race"] = "D"
    folder = write_pieces(frame, tmp_path)
    whole = pd.read_parquet(folder)
    messages = []
    for X, y in ((whole.drop(columns="died"), whole["died"]), (folder, "died")):
        with pytest.warns(DataWarning) as caught:
            resampler().fit(X, y)
        messages.append([str(warning.message) for warning in caught])
    assert messages[0] == messages[1]
    assert len(messages[0]) >= 3


class Stop(Callback):
    """End training at its beginning, as a user or a machine would."""

    def on_train_begin(self, net, **_):
        raise KeyboardInterrupt


def test_a_fit_that_is_interrupted_leaves_no_file(few, tmp_path):
    table = TableOnDisk(few, scratch_folder=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        resampler(callbacks=[Stop()]).fit(table, "died")
    assert not list(tmp_path.iterdir())


KILLED = """
import os, sys
from skorch.callbacks import Callback
from fairsample import FairSynthResampler
class Kill(Callback):
    def on_train_begin(self, net, **_):
        os._exit(9)
FairSynthResampler("sex", callbacks=[Kill()]).fit(sys.argv[1], "died")
"""


def test_a_fit_that_is_killed_leaves_no_file(few, tmp_path):
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", KILLED, str(few)]
    killed = subprocess.run(command, env=environment, capture_output=True)
    assert killed.returncode == 9, killed.stderr.decode()
    assert not list(tmp_path.iterdir())


def test_the_scratch_file_goes_where_it_is_asked_to(few, tmp_path, monkeypatch):
    asked = []
    make = tempfile.TemporaryFile
    monkeypatch.setattr(
        tempfile, "TemporaryFile", lambda dir: asked.append(dir) or make(dir=dir)
    )
    resampler().fit(TableOnDisk(few, scratch_folder=tmp_path), "died")
    assert asked == [tmp_path]


@pytest.mark.parametrize(
    ("options", "arguments", "message"),
    [
        ({}, {"y": "alive"}, "y='alive': .* name of a column, one of 'sex', 'race'"),
        ({}, {"y": [0, 1]}, "y=.* name of a column"),
        ({}, {"y": "died", "sensitive_features": "ward"}, "no columns 'ward'"),
        ({}, {"y": "died", "sensitive_features": [0, 1]}, "names of columns"),
        ({"sensitive_features": "ward"}, {"y": "died"}, "names 'ward'"),
        ({"sensitive_features": lambda X: X["sex"]}, {"y": "died"}, "is a callable"),
        ({"downstream": LogisticRegression()}, {"y": "died"}, "downstream= needs all"),
        ({"memory": "folder"}, {"y": "died"}, "memory= needs all rows in memory"),
        ({}, {"y": "unit"}, "'unit', the target, has one class only, 'mg'"),
        ({}, {"y": "score"}, "Unknown label type"),
        ({}, {"y": "died", "sensitive_features": "score"}, "make 900 groups of 900"),
        ({}, {"y": "died", "sensitive_features": "unit"}, "have one group only"),
    ],
)
def test_what_cannot_be_learned_is_refused(folder, options, arguments, message):
    with pytest.raises(ValueError, match=message):
        resampler().set_params(**options).fit(folder, **arguments)


def test_the_target_is_no_feature(folder):
    table = TableOnDisk(folder, columns=["age", "died"])
    with pytest.raises(ValueError, match="columns= names 'died', the target"):
        resampler().fit(table, "died", sensitive_features="sex")


def test_records_with_visits_are_refused_by_name(tmp_path):
    columns = {"sex": ["F"], "visits": [[["DX:1"]]], "died": [1]}
    path = write_arrow(columns, tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="'visits' holds nested cells"):
        resampler().fit(path, "died")


def test_fit_resample_says_what_to_do_instead(folder):
    with pytest.raises(ValueError, match="Call fit, and then sample_to_parquet"):
        resampler().fit_resample(folder, "died")


@pytest.mark.parametrize("method", ["fit", "fit_resample"])
@pytest.mark.parametrize(
    "other",
    [
        CausalLLMResampler("sex"),
        DoublePrioritizedSampler("sex"),
        FlipResampler("sex"),
        FlipResampler("sex", epsilon=1.0, delta=1e-5),
        GroupRandomOverSampler("sex"),
    ],
    ids=lambda other: type(other).__name__,
)
def test_other_resamplers_say_who_takes_it(folder, other, method):
    message = f"{type(other).__name__} learns from .* FairSynthResampler .*draw"
    with pytest.raises(ValueError, match=message):
        getattr(other, method)(folder, "died")
