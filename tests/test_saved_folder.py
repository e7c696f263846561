import json
import os

import pytest

from fairsample.saved_folder import FORMAT_VERSION, read_folder, write_folder

INDEX = "resampler.json"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def edit_index(folder, **changes):
    stored = json.loads((folder / INDEX).read_text())
    (folder / INDEX).write_text(json.dumps({**stored, **changes}))


@pytest.fixture
def saved(tmp_path):
    folder = tmp_path / "saved"
    write_folder(folder, {"class": "C"}, {"arrays.safetensors": b"old"})
    return folder


def check_old(folder):
    index, files = read_folder(folder)
    assert index["class"] == "C"
    assert files == {"arrays.safetensors": b"old"}


def test_what_is_written_is_read(saved):
    check_old(saved)
    assert len(list(saved.iterdir())) == 2
    assert [path.name for path in saved.parent.iterdir()] == ["saved"]


@pytest.mark.parametrize("make", [os.makedirs, lambda folder: None])
def test_folders_above_are_made_and_an_empty_one_is_taken(tmp_path, make):
    folder = tmp_path / "deep" / "folder"
    make(folder)
    write_folder(str(folder), {"class": "C"}, {"arrays.safetensors": b"old"})
    check_old(folder)


def test_relative_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_folder("here", {"class": "C"}, {"arrays.safetensors": b"old"})
    check_old(tmp_path / "here")
    assert read_folder("here")[0]["class"] == "C"


def test_an_earlier_save_is_replaced_and_other_files_stay(saved):
    (saved / "notes.txt").write_text("mine")
    files = {"arrays.safetensors": b"new", "part.skops": b"part"}
    write_folder(saved, {"class": "D"}, files)
    index, found = read_folder(saved)
    assert index["class"] == "D"
    assert found == files
    assert len(list(saved.iterdir())) == 4
    assert (saved / "notes.txt").read_text() == "mine"


def test_the_same_save_again_changes_nothing(saved):
    before = contents(saved)
    write_folder(saved, {"class": "C"}, {"arrays.safetensors": b"old"})
    assert contents(saved) == before


@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_save_that_fails_leaves_the_earlier_one(saved, monkeypatch, step):
    done = []
    replace = os.replace

    def fail_at_step(source, target):
        if len(done) == step:
            raise OSError("disk full")
        done.append(replace(source, target))

    monkeypatch.setattr(os, "replace", fail_at_step)
    files = {"arrays.safetensors": b"new", "part.skops": b"part"}
    with pytest.raises(OSError, match="disk full"):
        write_folder(saved, {"class": "D"}, files)
    check_old(saved)
    assert [path.name for path in saved.parent.iterdir()] == ["saved"]
    monkeypatch.undo()
    write_folder(saved, {"class": "D"}, files)
    assert read_folder(saved)[1] == files


@pytest.mark.parametrize(
    ("index", "files"),
    [({"class": object()}, {}), ({}, {"arrays.safetensors": "no bytes"})],
)
def test_a_first_save_that_fails_leaves_nothing(tmp_path, index, files):
    with pytest.raises(TypeError):
        write_folder(tmp_path / "new", index, files)
    assert list(tmp_path.iterdir()) == []


def test_files_of_others_are_not_touched(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    with pytest.raises(ValueError, match="mine' is a folder that was not written"):
        write_folder(folder, {}, {})
    with pytest.raises(ValueError, match="tex' is a file that was not written"):
        write_folder(folder / "thesis.tex", {}, {})
    (folder / INDEX).write_text('{"format": "another program"}')
    with pytest.raises(ValueError, match="no JSON file of fairsample"):
        write_folder(folder, {}, {})
    assert sorted(contents(folder)) == [INDEX, "thesis.tex"]


def test_folders_that_hold_nothing_saved(tmp_path):
    for folder in (tmp_path / "absent", tmp_path):
        with pytest.raises(ValueError, match="holds no saved resampler"):
            read_folder(folder)


@pytest.mark.parametrize("text", ["[]", "{}", '{"format": "other"}', "{", "\x80"])
def test_json_files_of_others(tmp_path, text):
    (tmp_path / INDEX).write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match=f"{INDEX}' is no JSON file of fairsample"):
        read_folder(tmp_path)


def test_a_newer_format_is_refused(saved):
    edit_index(saved, format_version=FORMAT_VERSION + 1, fairsample="9.1")
    with pytest.raises(ValueError, match=r"fairsample 9\.1 in format 2; .* Upgrade"):
        read_folder(saved)


def test_damaged_files_are_refused(saved):
    (path,) = saved.glob("*.safetensors")
    path.write_bytes(b"0ld")
    with pytest.raises(ValueError, match="arrays-.* is not what was saved"):
        read_folder(saved)
    path.unlink()
    with pytest.raises(ValueError, match="arrays-.* is missing"):
        read_folder(saved)


def test_files_outside_are_neither_read_nor_deleted(saved):
    secret = saved.parent / "secret"
    secret.write_bytes(b"secret")
    edit_index(saved, files={"arrays.safetensors": "../secret"})
    with pytest.raises(ValueError, match="outside: '../secret'"):
        read_folder(saved)
    with pytest.raises(ValueError, match="outside: '../secret'"):
        write_folder(saved, {}, {})
    assert secret.exists()
