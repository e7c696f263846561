"""What a table on disk takes, holds and gives."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pytest
from disk_tables import mixed_frame, write_pieces

from fairsample.on_disk import TableOnDisk, is_on_disk


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_pieces(mixed_frame(), tmp_path_factory.mktemp("table"))


def test_what_is_a_table_on_disk(folder):
    dataset = pyarrow.dataset.dataset(pa.table({"x": [1]}))
    for X in (str(folder), folder, dataset, TableOnDisk(dataset)):
        assert is_on_disk(X)
        assert isinstance(TableOnDisk.of(X), TableOnDisk)
    for X in (
        pd.DataFrame({"x": [1]}),
        np.ones((2, 2)),
        [[1]],
        pa.table({"x": [1]}),
        None,
    ):
        assert not is_on_disk(X)


def test_no_piece_is_larger_than_the_buffer(folder):
    table = TableOnDisk(folder, buffer_rows=33)
    pieces = list(table.pieces(["age", "sex"]))
    assert max(map(len, pieces)) <= 33
    assert sum(map(len, pieces)) == table.n_rows() == len(mixed_frame())
    assert list(pieces[0]) == ["age", "sex"]


def test_features_are_all_columns_but_the_target_or_those_named(folder):
    assert "died" not in TableOnDisk(folder).features("died")
    assert len(TableOnDisk(folder).features("died")) == mixed_frame().shape[1] - 1
    named = TableOnDisk(folder, columns=["sex", "age"])
    assert named.features("died").tolist() == ["sex", "age"]


def test_drawn_rows_are_rows_of_the_table_once_each(folder):
    whole = pd.read_parquet(folder)
    table = TableOnDisk(folder, buffer_rows=100)
    drawn = table.draw(200, random_state=0)
    assert len(drawn) == 200
    places = [whole.index[whole["score"] == score][0] for score in drawn["score"]]
    assert places == sorted(set(places))
    expected = whole.iloc[places].reset_index(drop=True)
    pd.testing.assert_frame_equal(drawn, expected)
    pd.testing.assert_frame_equal(drawn, table.draw(200, random_state=0))
    assert not drawn.equals(table.draw(200, random_state=1))
    pd.testing.assert_frame_equal(table.draw(10_000, random_state=0), whole)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"buffer_rows": 0}, "buffer_rows=0: a whole number from 1 to 16,777,216"),
        ({"buffer_rows": 2.5}, "buffer_rows=2.5"),
        ({"buffer_rows": 2**24 + 1}, "buffer_rows"),
        ({"n_workers": -1}, "n_workers=-1"),
        ({"columns": ["age", "age"]}, "names a column twice"),
        ({"columns": ["age", "hight"]}, "no columns 'hight'; it has 'sex', 'race'"),
    ],
)
def test_wrong_settings_are_refused(folder, options, message):
    with pytest.raises(ValueError, match=message):
        TableOnDisk(folder, **options)


def test_what_is_no_source_is_refused(folder):
    with pytest.raises(ValueError, match="A DataFrame is no table on disk"):
        TableOnDisk(mixed_frame(10))
    with pytest.raises(FileNotFoundError, match="scratch_folder='nowhere'"):
        TableOnDisk(folder, scratch_folder="nowhere")
