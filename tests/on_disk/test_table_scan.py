"""One pass over the files finds out what the frame would tell."""

import numpy as np
import pandas as pd
import pytest
from disk_tables import mixed_frame, write_arrow, write_pieces

from fairsample.encoding import TableEncoder
from fairsample.groups import is_fixed_by
from fairsample.on_disk.table_on_disk import TableOnDisk
from fairsample.on_disk.table_scan import scan_table
from fairsample.validation import uninformative_columns


def scan(source, target="died", sensitive=("sex", "race"), **options):
    table = TableOnDisk(source, **options)
    return scan_table(table, table.features(target), target, list(sensitive))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_pieces(mixed_frame(), tmp_path_factory.mktemp("table"))


@pytest.mark.parametrize("buffer_rows", [50, 10_000])
def test_schema_and_codes_are_those_of_the_frame(folder, buffer_rows):
    whole = pd.read_parquet(folder)
    features = whole.drop(columns="died")
    found = scan(folder, buffer_rows=buffer_rows)
    pd.testing.assert_frame_equal(found.template, features.iloc[:0])
    for options in ({}, {"max_levels": 20, "n_bins": 12}):
        encoder = TableEncoder(**options).fit_summary(found.summary)
        assert encoder.to_json() == TableEncoder(**options).fit(features).to_json()
    codes = [encoder.transform(frame) for frame, _, _ in found.pieces()]
    np.testing.assert_array_equal(np.concatenate(codes), encoder.transform(features))


@pytest.mark.parametrize("with_pandas", [False, True])
def test_dtypes_that_only_later_files_decide(tmp_path, with_pandas):
    first = {"i": [1, 2], "b": [True, False], "t": ["u", "v"], "k": [0, 1]}
    later = {"i": [None, 2], "b": [None, True], "t": ["u", None], "k": [1, 0]}
    for name, columns in (("a", first), ("b", later)):
        path = tmp_path / f"{name}.parquet"
        if with_pandas:
            dtypes = {"i": "Int64", "b": "boolean"}
            pd.DataFrame(columns).astype(dtypes).to_parquet(path)
        else:
            write_arrow(columns, path)
    features = pd.read_parquet(tmp_path).drop(columns="k")
    found = scan(tmp_path, "k", ["t"])
    pd.testing.assert_frame_equal(found.template, features.iloc[:0])
    encoder = TableEncoder().fit_summary(found.summary)
    assert encoder.to_json() == TableEncoder().fit(features).to_json()
    frames = pd.concat([frame for frame, _, _ in found.pieces()], ignore_index=True)
    pd.testing.assert_frame_equal(frames, features)


def test_dictionaries_that_differ_between_files(tmp_path):
    for name, cells, categories in (("a", "xy", "zyx"), ("b", "qx", "xq")):
        frame = pd.DataFrame({"k": [0, 1], "s": ["F", "M"]})
        frame["c"] = pd.Categorical(list(cells), categories=list(categories))
        frame.to_parquet(tmp_path / f"{name}.parquet")
    features = pd.read_parquet(tmp_path).drop(columns="k")
    found = scan(tmp_path, "k", ["s"])
    assert found.template["c"].cat.categories.tolist() == list("zyxq")
    encoder = TableEncoder().fit_summary(found.summary)
    assert encoder.to_json() == TableEncoder().fit(features).to_json()


def test_counts_and_examples_of_each_combination(folder):
    whole, found = pd.read_parquet(folder), scan(folder, buffer_rows=64)
    assert found.n_rows == len(whole) == found.counts.sum()
    for i, row in found.sensitive.iterrows():
        rows = whole[(whole["sex"] == row["sex"]) & (whole["race"] == row["race"])]
        for j, label in enumerate(found.target):
            assert found.counts[i, j] == (rows["died"] == label).sum()
        example = rows.drop(columns="died").iloc[[0]].reset_index(drop=True)
        pd.testing.assert_frame_equal(
            found.examples.iloc[[i]].reset_index(drop=True), example
        )
    combination = np.concatenate([number for _, number, _ in found.pieces()])
    fixed = [is_fixed_by(combination, whole[name]) for name in found.features]
    assert found.fixed.tolist() == fixed
    assert found.features[found.fixed].tolist() == ["sex", "race", "unit", "group"]


def test_a_column_that_changes_from_file_to_file_is_not_fixed(tmp_path):
    for number in range(2):
        sexes, classes = ["F", "M"] * 10, [0, 1, 1, 0] * 5
        columns = {"sex": sexes, "k": classes, "file": [number] * 20, "one": [1] * 20}
        write_arrow(columns, tmp_path / f"{number}.parquet")
    found = scan(tmp_path, "k", ["sex"])
    assert found.features[found.fixed].tolist() == ["sex", "one"]


def test_columns_that_tell_nothing_are_found(tmp_path):
    frame = pd.DataFrame(
        {
            "id": [f"p{i}" for i in range(60)],
            "nearly": [f"p{i}" for i in range(59)] + ["p0"],
            "one": 1,
            "gone": [None] * 60,
            "one or none": ["a", None] * 30,
            "number": np.arange(60) / 7,
            "sex": ["F", "M"] * 30,
            "k": [0, 1] * 30,
        }
    )
    folder = write_pieces(frame, tmp_path, n_files=2)
    expected = uninformative_columns(frame.drop(columns="k"))
    assert expected == {"missing": ["gone"], "constant": ["one"], "identifier": ["id"]}
    assert scan(folder, "k", ["sex"], buffer_rows=7).uninformative() == expected


def test_no_more_rows_are_held_than_the_buffer(folder, monkeypatch):
    held = []
    read = TableOnDisk.pieces

    def watched(table, names):
        for piece in read(table, names):
            held.append(len(piece))
            yield piece

    monkeypatch.setattr(TableOnDisk, "pieces", watched)
    found = scan(folder, buffer_rows=40)
    for _ in found.pieces():
        pass
    assert max(held) <= 40
    assert sum(held) == 2 * len(mixed_frame())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"died": None}, "'died', the target, has missing values"),
        ({"score": np.inf}, "'score' contains infinity"),
    ],
)
def test_cells_that_cannot_be_learned_are_refused_by_name(tmp_path, change, message):
    frame = mixed_frame(200).assign()
    for name, cell in change.items():
        frame.loc[150, name] = cell
    with pytest.raises(ValueError, match=message):
        scan(write_pieces(frame, tmp_path))


def test_a_table_without_rows_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no rows"):
        scan(write_pieces(mixed_frame(50).iloc[:0], tmp_path, n_files=2))
