import hashlib

import numpy as np
import pandas as pd
import pytest

from fairsample.datasets.public_table import PublicTable
from fairsample.datasets.remote import RemoteFile

FIRST = b"id,sex,age,ill\n1,f,30,0\n2,m,40,1\n"
SECOND = b"id,sex,age,ill\n3,f,50,1\n"
TABLE = PublicTable(
    target="ill",
    sensitive="sex",
    target_names=["well", "ill"],
    description="Three people.",
    beside={"person": "id"},
)


@pytest.fixture
def fetch(tmp_path, put_file):
    """Fetch a table from files with the given contents."""

    def fetch_these(table, *contents, return_X_y=False, as_frame=True):
        files = [
            put_file(
                RemoteFile("people", f"part{number}.csv", "http://127.0.0.1:9/", ""),
                content,
            )
            for number, content in enumerate(contents)
        ]
        return table.fetch(files, tmp_path, False, return_X_y, as_frame, 0, 0)

    return fetch_these


def test_columns_without_another_use_are_features(fetch):
    bunch = fetch(TABLE, FIRST)
    assert bunch.feature_names == ["sex", "age"]
    assert bunch.target.tolist() == [0, 1]
    assert bunch.person.tolist() == [1, 2]
    assert (bunch.sensitive, bunch.DESCR) == ("sex", "Three people.")


def test_features_are_in_the_order_of_the_description(fetch):
    table = PublicTable("ill", "sex", ["well", "ill"], "", features=["age", "sex"])
    assert fetch(table, FIRST).feature_names == ["age", "sex"]


def test_files_follow_one_another_with_one_index(fetch):
    bunch = fetch(TABLE, SECOND, FIRST)
    assert bunch.person.tolist() == [3, 1, 2]
    assert bunch.frame.index.equals(pd.RangeIndex(3))


def test_rows_are_prepared_before_anything_is_taken_from_them(fetch):
    table = PublicTable(
        target="old",
        sensitive="sex",
        target_names=["young", "old"],
        description="",
        csv={"index_col": "id"},
        prepare=lambda rows: rows.drop(columns="ill").assign(old=rows["age"] > 30),
    )
    X, y = fetch(table, FIRST, return_X_y=True)
    assert X.columns.tolist() == ["sex", "age"]
    assert y.tolist() == [0, 1]
    assert y.dtype == int


@pytest.mark.parametrize("return_X_y", [True, False])
@pytest.mark.parametrize("as_frame", [True, False])
def test_containers_are_those_asked_for(fetch, return_X_y, as_frame):
    result = fetch(TABLE, FIRST, return_X_y=return_X_y, as_frame=as_frame)
    assert isinstance(result, tuple) == return_X_y
    data, target = result if return_X_y else (result.data, result.target)
    assert isinstance(data, pd.DataFrame if as_frame else np.ndarray)
    assert isinstance(target, pd.Series if as_frame else np.ndarray)


def test_content_is_checked(fetch, tmp_path):
    fetch(TABLE, FIRST)
    expected = hashlib.sha256(SECOND).hexdigest()
    file = RemoteFile("people", "part0.csv", "http://127.0.0.1:9/", expected)
    with pytest.raises(ValueError, match="expected people data"):
        TABLE.fetch([file], tmp_path, False, False, True, 0, 0)
