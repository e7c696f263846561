import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from fairsample import datasets
from fairsample.datasets.table_bunch import table_bunch

FETCHERS = sorted(name for name in datasets.__all__ if name.startswith("fetch_"))

EXPECTED = {
    "fetch_adult": ((32561, 13), 7841, "income", "sex"),
    "fetch_compas": ((7214, 8), 3251, "two_year_recid", "race"),
    "fetch_diabetes130": ((68167, 19), 27978, "readmitted", "race"),
    "fetch_german_credit": ((1000, 20), 700, "credit", "sex"),
    "fetch_rhc": ((5735, 22), 3722, "death", "race"),
    "fetch_support2": ((9105, 32), 2360, "hospdead", "race"),
}


def test_every_fetcher_is_expected():
    assert sorted(EXPECTED) == FETCHERS


@pytest.mark.parametrize("name", FETCHERS)
@pytest.mark.usefixtures("real_data")
def test_rows_positives_and_names(name):
    shape, n_positive, target, sensitive = EXPECTED[name]
    bunch = getattr(datasets, name)()
    assert bunch.data.shape == shape
    assert bunch.target.sum() == n_positive
    assert bunch.target.name == target
    assert set(bunch.target.unique()) == {0, 1}
    assert bunch.sensitive == sensitive
    assert bunch.data[sensitive].notna().all()
    assert target not in bunch.data
    assert bunch.data.index.equals(pd.RangeIndex(shape[0]))
    assert bunch.frame.columns.tolist() == [*bunch.feature_names, target]
    assert "Licence" in bunch.DESCR
    assert "Cite" in bunch.DESCR


@pytest.mark.parametrize("name", FETCHERS)
@pytest.mark.usefixtures("no_prepared_folder")
def test_a_missing_file_is_named(name, tmp_path):
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        getattr(datasets, name)(data_home=tmp_path, download_if_missing=False)


@pytest.mark.parametrize("name", FETCHERS)
@pytest.mark.parametrize(
    "wrong", [{"data_home": 3}, {"n_retries": -1}, {"delay": -0.5}, {"as_frame": "no"}]
)
def test_wrong_arguments_are_refused(name, wrong):
    with pytest.raises(ValueError, match=f"'{next(iter(wrong))}' parameter"):
        getattr(datasets, name)(**wrong)


@pytest.mark.parametrize("as_frame", [True, False])
@pytest.mark.parametrize("return_X_y", [True, False])
def test_containers(as_frame, return_X_y):
    X = pd.DataFrame({"sex": ["f", "m"], "age": [30, 40]})
    y = pd.Series([0, 1], name="ill")
    result = table_bunch(
        X,
        y,
        sensitive="sex",
        target_names=["well", "ill"],
        description="Two people.",
        return_X_y=return_X_y,
        as_frame=as_frame,
    )
    data, target = result if return_X_y else (result.data, result.target)
    assert isinstance(data, pd.DataFrame if as_frame else np.ndarray)
    assert isinstance(target, pd.Series if as_frame else np.ndarray)
    np.testing.assert_array_equal(np.asarray(data), X.to_numpy())
    if not return_X_y:
        assert (result.frame is None) == (not as_frame)
        assert result.feature_names == ["sex", "age"]
        assert result.target_names.tolist() == ["well", "ill"]
    assert X.columns.tolist() == ["sex", "age"]


def test_import_loads_no_deep_learning():
    code = "import sys, fairsample.datasets; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
