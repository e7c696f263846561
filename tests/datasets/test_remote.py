import gzip
import hashlib
import io
import os
import socket
import zipfile
from pathlib import Path

import pytest

from fairsample.datasets.remote import (
    DATA_HOME_VARIABLE,
    RemoteFile,
    data_home_folder,
    read_content,
)

CONTENT = b"a,b\n1,2\n"
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()


def remote_file(url="http://127.0.0.1:9/rows.csv", **changes):
    described = {"dataset": "tiny", "name": "tiny.csv", "url": url, "sha256": CHECKSUM}
    return RemoteFile(**(described | changes))


def files_below(folder):
    return sorted(path.name for path in Path(folder).rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("tiny.csv.gz", gzip.compress(CONTENT, mtime=0)),
        ("tiny.csv", CONTENT),
        ("rows.csv", CONTENT),
    ],
)
def test_reads_gzipped_plain_and_original_name(tmp_path, name, stored):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / name).write_bytes(stored)
    assert read_content(remote_file(), data_home=tmp_path) == CONTENT


def test_download_is_stored_and_not_repeated(tmp_path, loopback):
    url, requests = loopback((200, CONTENT))
    file = remote_file(url)
    assert read_content(file, data_home=tmp_path) == CONTENT
    assert files_below(tmp_path) == ["tiny.csv.gz"]
    assert read_content(file, data_home=tmp_path) == CONTENT
    assert len(requests) == 1


def test_download_honours_the_umask(tmp_path, loopback):
    url, _ = loopback((200, CONTENT))
    previous = os.umask(0o022)
    try:
        read_content(remote_file(url), data_home=tmp_path)
    finally:
        os.umask(previous)
    assert (tmp_path / "tiny" / "tiny.csv.gz").stat().st_mode & 0o777 == 0o644


def test_retries_after_a_passing_failure(tmp_path, loopback):
    url, requests = loopback((503, b""), (503, b""), (200, CONTENT))
    with pytest.warns(UserWarning, match="Retry downloading"):
        content = read_content(
            remote_file(url), data_home=tmp_path, n_retries=2, delay=0
        )
    assert content == CONTENT
    assert len(requests) == 3


def test_gives_up_after_the_retries(tmp_path, loopback):
    url, requests = loopback((503, b""))
    with (
        pytest.warns(UserWarning, match="Retry"),
        pytest.raises(ConnectionError, match=r"in 2 attempt\(s\).*503"),
    ):
        read_content(remote_file(url), data_home=tmp_path, n_retries=1, delay=0)
    assert len(requests) == 2


def test_does_not_repeat_what_the_server_refuses(tmp_path, loopback):
    url, requests = loopback((404, b""))
    with pytest.raises(ConnectionError, match="404"):
        read_content(remote_file(url), data_home=tmp_path, n_retries=3, delay=0)
    assert len(requests) == 1


def test_unreachable_says_what_was_tried_and_where_to_put_the_file(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/rows.csv"
    with pytest.raises(ConnectionError) as raised:
        read_content(remote_file(url), data_home=tmp_path, n_retries=0)
    for said in (url, "rows.csv", str(tmp_path / "tiny"), "no network"):
        assert said in str(raised.value)


def test_a_wrong_download_leaves_no_file(tmp_path, loopback):
    url, _ = loopback((200, b"<html>sign in</html>"))
    with pytest.raises(ValueError, match=f"expected {CHECKSUM}"):
        read_content(remote_file(url), data_home=tmp_path)
    assert files_below(tmp_path) == []


@pytest.mark.parametrize(
    "stored", [b"other", gzip.compress(CONTENT, mtime=0)[:-9], b""]
)
def test_a_damaged_file_is_refused_by_name(tmp_path, stored):
    (tmp_path / "tiny").mkdir()
    path = tmp_path / "tiny" / "tiny.csv.gz"
    path.write_bytes(stored)
    with pytest.raises(ValueError, match="tiny.csv.gz does not hold"):
        read_content(remote_file(), data_home=tmp_path)


def zipped(path):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("readme.txt", "no rows")
        opened.writestr(path, CONTENT)
    return archive.getvalue()


@pytest.mark.parametrize("path", ["rows.data", "folder/rows.data"])
def test_extracts_the_member_of_an_archive(tmp_path, loopback, path):
    url, _ = loopback((200, zipped(path)))
    file = remote_file(url, member="rows.data")
    assert read_content(file, data_home=tmp_path) == CONTENT


@pytest.mark.parametrize(
    ("body", "message"), [(zipped("else"), "rows.data"), (b"<html>", "not a zip")]
)
def test_an_archive_without_the_member_is_refused(tmp_path, loopback, body, message):
    url, _ = loopback((200, body))
    with pytest.raises(ValueError, match=message):
        read_content(remote_file(url, member="rows.data"), data_home=tmp_path)
    assert files_below(tmp_path) == []


def test_only_the_canonical_part_is_stored(tmp_path, loopback):
    url, _ = loopback((200, CONTENT + b"secret"))
    file = remote_file(url, canonical=lambda content: content[: len(CONTENT)])
    assert read_content(file, data_home=tmp_path) == CONTENT
    stored = (tmp_path / "tiny" / "tiny.csv.gz").read_bytes()
    assert gzip.decompress(stored) == CONTENT


def test_nothing_is_downloaded_unasked(tmp_path, loopback):
    url, requests = loopback((200, CONTENT))
    with pytest.raises(FileNotFoundError, match="download_if_missing"):
        read_content(remote_file(url), data_home=tmp_path, download_if_missing=False)
    assert requests == []


def test_prepared_folder_is_read_and_never_filled(tmp_path, loopback, monkeypatch):
    url, requests = loopback((200, CONTENT))
    monkeypatch.setenv(DATA_HOME_VARIABLE, str(tmp_path))
    with pytest.raises(FileNotFoundError) as raised:
        read_content(remote_file(url))
    for said in ("tiny.csv", str(tmp_path / "tiny"), DATA_HOME_VARIABLE):
        assert said in str(raised.value)
    assert requests == []
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "tiny.csv").write_bytes(CONTENT)
    assert read_content(remote_file(url)) == CONTENT


def test_data_home_wins_over_the_prepared_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(DATA_HOME_VARIABLE, "/nowhere")
    assert data_home_folder(tmp_path) == (tmp_path, True)
    assert data_home_folder() == (Path("/nowhere"), False)


@pytest.mark.usefixtures("no_prepared_folder")
def test_default_folder_is_in_the_home_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_home_folder() == (tmp_path / "fairsample_data", True)


def test_other_schemes_are_refused(tmp_path):
    with pytest.raises(ValueError, match="http"):
        read_content(remote_file("file:///etc/passwd"), data_home=tmp_path)
