"""Files are read as pandas reads them, and refused when they do not fit together."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from disk_tables import mixed_frame, write_arrow, write_pieces

from fairsample.on_disk.arrow_source import ArrowSource
from fairsample.on_disk.pieces import join_pieces


def read(source, names=None, most_rows=64):
    names = source.names if names is None else names
    return list(source.pieces(names, most_rows))


def test_pieces_are_the_table_that_pandas_reads(tmp_path):
    folder = write_pieces(mixed_frame(), tmp_path)
    source, whole = ArrowSource.open(folder), pd.read_parquet(folder)
    pieces = read(source)
    assert max(map(len, pieces)) <= 64
    assert source.names.equals(whole.columns)
    assert source.n_rows() == len(whole)
    pd.testing.assert_frame_equal(join_pieces(pieces), whole)
    dtypes = source.dtypes(source.names, set(whole.columns[whole.isna().any()]))
    assert all(
        dtypes[name] == whole[name].dtype
        for name in whole
        if not isinstance(whole[name].dtype, pd.CategoricalDtype)
    )


def test_columns_are_read_in_the_order_asked_for(tmp_path):
    frame = mixed_frame(50)
    frame.to_parquet(tmp_path / "a.parquet")
    source = ArrowSource.open(tmp_path / "a.parquet")
    (piece,) = read(source, ["age", "sex"])
    pd.testing.assert_frame_equal(piece[["age", "sex"]], frame[["age", "sex"]])


def test_a_stored_index_is_no_column(tmp_path):
    frame = pd.DataFrame({"x": [1, 2]}, index=pd.Index([7, 9], name="patient"))
    frame.to_parquet(tmp_path / "a.parquet")
    source = ArrowSource.open(tmp_path / "a.parquet")
    assert source.names.tolist() == ["x"]
    assert read(source)[0].index.tolist() == [0, 1]


def test_missing_values_change_dtypes_as_they_do_in_pandas(tmp_path):
    path = write_arrow(
        {"i": [1, None], "b": [True, None], "s": ["a", None]}, tmp_path / "a.parquet"
    )
    source, whole = ArrowSource.open(path), pd.read_parquet(path)
    assert source.dtypes(source.names, set(source.names)) == whole.dtypes.to_dict()
    without = (
        pd.read_parquet(path).dropna().convert_dtypes(dtype_backend="numpy_nullable")
    )
    dtypes = source.dtypes(source.names, set())
    assert len(without) == 1
    assert (dtypes["i"], dtypes["b"]) == (np.int64, np.bool_)


def test_partitions_are_columns(tmp_path):
    for year in (2023, 2024):
        (tmp_path / f"year={year}").mkdir()
        write_arrow({"x": [year, 1]}, tmp_path / f"year={year}" / "a.parquet")
    source = ArrowSource.open(tmp_path)
    assert source.names.tolist() == ["x", "year"]
    pd.testing.assert_frame_equal(
        join_pieces(read(source)), pd.read_parquet(tmp_path), check_dtype=False
    )


def test_other_files_in_the_folder_are_left_alone(tmp_path):
    write_arrow({"x": [1]}, tmp_path / "a.parquet")
    (tmp_path / "manifest.json").write_text("{}")
    write_arrow({"other": [1]}, tmp_path / "_metadata.parquet")
    (tmp_path / ".trash").mkdir()
    write_arrow({"other": [1]}, tmp_path / ".trash" / "a.parquet")
    assert ArrowSource.open(tmp_path).names.tolist() == ["x"]


def test_empty_files_and_row_groups(tmp_path):
    schema = pa.schema({"x": pa.int64()})
    with pq.ParquetWriter(tmp_path / "a.parquet", schema) as writer:
        for values in ([], [1, 2], [], [3]):
            writer.write_table(pa.table({"x": pa.array(values, pa.int64())}))
    write_arrow({"x": pa.array([], pa.int64())}, tmp_path / "b.parquet")
    pieces = read(ArrowSource.open(tmp_path))
    assert [piece["x"].tolist() for piece in pieces] == [[1, 2, 3]] or [
        piece["x"].tolist() for piece in pieces
    ] == [[1, 2], [3]]


@pytest.mark.parametrize("what", ["absent.parquet", "empty"])
def test_no_file_is_said_to_be_missing(tmp_path, what):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=f"No Parquet file at .*{what}"):
        ArrowSource.open(tmp_path / what)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"x": [1.5], "y": ["a"]}, "'x' is double in .*b.parquet and int64 in .*a.par"),
        ({"x": [1]}, r"b.parquet lacks the columns 'y'"),
        ({"x": [1], "y": ["a"], "z": [1]}, r"b.parquet .* adds 'z'"),
        ({"x": [1], "y": pa.array(["a"]).dictionary_encode()}, "'y' is dictionary"),
    ],
)
def test_files_that_differ_are_refused_by_file_and_column(tmp_path, columns, message):
    write_arrow({"x": [1], "y": ["a"]}, tmp_path / "a.parquet")
    write_arrow(columns, tmp_path / "b.parquet")
    with pytest.raises(ValueError, match=message):
        ArrowSource.open(tmp_path)


def test_columns_in_another_order_are_the_same(tmp_path):
    write_arrow({"x": [1], "y": ["a"]}, tmp_path / "a.parquet")
    write_arrow({"y": ["b"], "x": [2]}, tmp_path / "b.parquet")
    joined = join_pieces(read(ArrowSource.open(tmp_path)))
    assert joined[["x", "y"]].to_numpy().tolist() == [[1, "a"], [2, "b"]]


def test_nested_columns_are_refused_by_name(tmp_path):
    path = write_arrow({"visits": [[["DX:1"]]]}, tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="'visits' holds nested cells"):
        ArrowSource.open(path)


def test_a_dataset_in_memory_is_read_likewise():
    dataset = pyarrow.dataset.dataset(pa.table({"x": [1, 2, 3]}))
    pieces = read(ArrowSource(dataset), most_rows=2)
    assert [piece["x"].tolist() for piece in pieces] == [[1, 2], [3]]
