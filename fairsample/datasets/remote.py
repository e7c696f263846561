"""Files of public data sets: found in a folder or downloaded, always verified."""

import gzip
import hashlib
import http.client
import io
import os
import time
import urllib.request
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DATA_HOME_VARIABLE", "RemoteFile", "data_home_folder", "read_content"]

DATA_HOME_VARIABLE = "FAIRSAMPLE_DATA"
_TIMEOUT_SECONDS = 60
_PASSING_CLIENT_ERRORS = frozenset({408, 425, 429})


@dataclass(frozen=True)
class RemoteFile:
    """Where a file comes from, how it is called on disk and what it must contain.

    Parameters
    ----------
    dataset : str
        Folder of the data set below the data home.
    name : str
        File name on disk, without ``.gz``. The gzipped file, the plain file and the
        original under its own name are all taken.
    url : str
        Address of the file, or of the zip archive that holds `member`.
    sha256 : str
        Checksum of the uncompressed content, after `canonical` when that is given.
        The checksum of the compressed file would change with the compressor.
    member : str, default=None
        File name inside the zip archive at `url`, whatever its folder there.
    canonical : callable, default=None
        ``bytes -> bytes``: the part of the original content that is kept. Only this
        part is ever written to disk.
    """

    dataset: str
    name: str
    url: str
    sha256: str
    member: str | None = None
    canonical: Callable[[bytes], bytes] | None = None

    @property
    def origin(self):
        """Name of the file at its origin."""
        return self.member or self.url.rsplit("/", 1)[-1]

    def verified(self, content, place):
        """Return the canonical content, or raise when it is not what is expected.

        Parameters
        ----------
        content : bytes
            Uncompressed content of the file.
        place : str
            Where the content comes from, for the error message.

        Returns
        -------
        bytes

        Raises
        ------
        ValueError
            If the SHA-256 checksum differs.
        """
        try:
            kept = content if self.canonical is None else self.canonical(content)
        except (ValueError, IndexError, StopIteration) as error:
            raise self.unexpected(place, error) from error
        found = hashlib.sha256(kept).hexdigest()
        if found != self.sha256:
            fault = f"its content has SHA-256 {found}, expected {self.sha256}"
            raise self.unexpected(place, fault)
        return kept

    def unexpected(self, place, fault):
        """Return the error to raise when `place` does not hold this file.

        Parameters
        ----------
        place : str
            Path or address.
        fault : object
            What is wrong there.

        Returns
        -------
        ValueError
        """
        return ValueError(
            f"{place} does not hold the expected {self.dataset} data: {fault}. Delete "
            f"it if it is a file on this machine, and fetch {self.url} again."
        )


def data_home_folder(data_home=None):
    """Return the folder of the data sets and whether files may be downloaded to it.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder. None means the environment variable ``FAIRSAMPLE_DATA``, else
        ``~/fairsample_data``.

    Returns
    -------
    folder : pathlib.Path
        Not created.
    may_download : bool
        False when the folder comes from the environment variable: whoever sets it
        has laid out the files, so a missing file is a mistake to be seen.
    """
    if data_home is not None:
        return Path(data_home).expanduser(), True
    prepared = os.environ.get(DATA_HOME_VARIABLE)
    if prepared:
        return Path(prepared).expanduser(), False
    return Path("~/fairsample_data").expanduser(), True


def read_content(
    file, *, data_home=None, download_if_missing=True, n_retries=3, delay=1.0
):
    """Return the verified, uncompressed content of a file, downloading it if needed.

    Parameters
    ----------
    file : RemoteFile
        The file to read.
    data_home : str or path-like, default=None
        Folder with one subfolder per data set; see :func:`data_home_folder`.
    download_if_missing : bool, default=True
        Whether a file that is not there is downloaded.
    n_retries : int, default=3
        Further attempts after a failed download.
    delay : float, default=1.0
        Seconds between attempts.

    Returns
    -------
    bytes

    Raises
    ------
    FileNotFoundError
        If the file is not there and must not be downloaded.
    ConnectionError
        If the download fails.
    ValueError
        If the checksum differs; a download is then not stored.
    """
    home, may_download = data_home_folder(data_home)
    folder = home / file.dataset
    for path in (folder / f"{file.name}.gz", folder / file.name, folder / file.origin):
        if path.is_file():
            return file.verified(_uncompressed(path, file), str(path))
    if not (may_download and download_if_missing):
        reason = (
            "`download_if_missing` is False"
            if may_download
            else f"the environment variable {DATA_HOME_VARIABLE} names this folder, "
            "to which nothing is downloaded"
        )
        raise FileNotFoundError(
            f"{file.name} (or {file.name}.gz) is not in {folder}, and {reason}. "
            f"Its origin is {file.url}."
        )
    received = _download(file, folder, n_retries=n_retries, delay=delay)
    content = file.verified(_extract(received, file), file.url)
    _store(gzip.compress(content, mtime=0), folder / f"{file.name}.gz")
    return content


def _uncompressed(path, file):
    """Return the content of a file on disk."""
    found = path.read_bytes()
    if path.suffix != ".gz":
        return found
    try:
        return gzip.decompress(found)
    except (OSError, EOFError, zlib.error) as error:
        raise file.unexpected(path, error) from error


def _download(file, folder, *, n_retries, delay):
    """Return what `file.url` serves, trying again after passing failures."""
    if not file.url.startswith(("http://", "https://")):
        raise ValueError(f"{file.url!r} is not an http(s) address.")
    attempts = n_retries + 1
    for attempt in range(1, attempts + 1):
        try:
            with urllib.request.urlopen(file.url, timeout=_TIMEOUT_SECONDS) as reply:
                return reply.read()
        except (OSError, http.client.HTTPException) as error:
            if attempt == attempts or _is_permanent(error):
                raise ConnectionError(
                    f"Could not download {file.url} in {attempt} attempt(s): {error}. "
                    f"If this machine has no network, fetch the file elsewhere and "
                    f"put {file.origin} into {folder}."
                ) from error
            warnings.warn(f"Retry downloading from url: {file.url}", stacklevel=4)
            time.sleep(delay)


def _is_permanent(error):
    """Tell whether the server refused the request for good."""
    code = getattr(error, "code", None)
    return (
        isinstance(code, int)
        and 400 <= code < 500
        and code not in _PASSING_CLIENT_ERRORS
    )


def _extract(received, file):
    """Return the member of a received zip archive, or what was received."""
    if file.member is None:
        return received
    try:
        with zipfile.ZipFile(io.BytesIO(received)) as archive:
            for path in archive.namelist():
                if path.rsplit("/", 1)[-1] == file.member:
                    return archive.read(path)
    except zipfile.BadZipFile as error:
        raise file.unexpected(file.url, error) from error
    raise file.unexpected(file.url, f"no file {file.member!r} in the archive")


def _store(content, path):
    """Write `path` in one step, so that no reader ever sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
