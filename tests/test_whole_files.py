import pytest

from fairsample.whole_files import whole_files


def test_both_files_appear_at_the_end(tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.html"
    with whole_files(first, second) as (one, two):
        one.write_text("1")
        two.write_text("2")
        assert not first.exists() and not second.exists()
    assert (first.read_text(), second.read_text()) == ("1", "2")
    assert sorted(tmp_path.iterdir()) == [first, second]


def test_a_failure_leaves_what_was_there(tmp_path):
    path, page = tmp_path / "a.csv", tmp_path / "b.html"
    path.write_text("old")
    with pytest.raises(RuntimeError), whole_files(path, page) as (aside, _):
        aside.write_text("new")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_no_path_is_passed_on(tmp_path):
    with whole_files(None, tmp_path / "a") as (nothing, aside):
        assert nothing is None
        aside.write_text("1")
    assert (tmp_path / "a").read_text() == "1"


def test_the_ending_stays(tmp_path):
    with whole_files(tmp_path / "a.csv.gz") as (aside,):
        aside.write_bytes(b"")
        assert aside.name.endswith(".csv.gz")
