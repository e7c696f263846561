"""A folder of plain files with one JSON file that says what they are.

The JSON file is written last and replaced in one step, and the other files are called
after their content: at any moment the folder is what it was, or what it is to be.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path
from secrets import token_hex

__all__ = ["FORMAT_VERSION", "read_folder", "write_folder"]

FORMAT = "fairsample resampler"
FORMAT_VERSION = 1
INDEX = "resampler.json"


def write_folder(folder, index, files):
    """Write a folder whole or not at all.

    Parameters
    ----------
    folder : str or path
        A new folder, an empty one, or one that was written before, which is replaced.
    index : dict
        What is said about the files, in plain JSON types.
    files : dict of str to bytes
        The files' contents, by name.

    Raises
    ------
    ValueError
        If `folder` is a file, or holds files of others.

    Examples
    --------
    >>> import tempfile
    >>> from fairsample.saved_folder import read_folder, write_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_folder(folder, {"class": "C"}, {"arrays.safetensors": b"123"})
    ...     index, files = read_folder(folder)
    >>> index["class"], files
    ('C', {'arrays.safetensors': b'123'})
    """
    folder = Path(folder).absolute()
    replaced = _files_replaced(folder)
    stored_as = {name: _name_by_content(name, files[name]) for name in files}
    index = {"format": FORMAT, "format_version": FORMAT_VERSION, **index}
    text = json.dumps({**index, "files": stored_as}, allow_nan=False)
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = folder.with_name(f".{folder.name}-{token_hex(4)}")
    staging.mkdir()
    try:
        for name, content in files.items():
            (staging / stored_as[name]).write_bytes(content)
        (staging / INDEX).write_text(text, encoding="utf-8")
        if folder.exists():
            for name in [*stored_as.values(), INDEX]:
                os.replace(staging / name, folder / name)
        else:
            staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    for name in replaced - set(stored_as.values()):
        (folder / name).unlink(missing_ok=True)


def read_folder(folder):
    """Read a folder that `write_folder` wrote.

    Parameters
    ----------
    folder : str or path
        The folder.

    Returns
    -------
    index : dict
        What was said about the files.
    files : dict of str to bytes
        The files' contents, by name.

    Raises
    ------
    ValueError
        If the folder is none of this kind, was written by a newer version, or has a
        file that is missing or is not what was written.
    """
    folder = Path(folder).absolute()
    index = _read_index(folder)
    if index is None:
        raise ValueError(
            f"{str(folder)!r} holds no saved resampler: there is no file {INDEX}."
        )
    if index["format_version"] > FORMAT_VERSION:
        raise ValueError(
            f"{str(folder)!r} was saved by fairsample {index.get('fairsample')} in "
            f"format {index['format_version']}; this version reads formats up to "
            f"{FORMAT_VERSION}. Upgrade fairsample."
        )
    files = {}
    for name, stored_name in index["files"].items():
        path = folder / stored_name
        content = path.read_bytes() if path.is_file() else None
        if content is None or _name_by_content(name, content) != stored_name:
            raise ValueError(
                f"{str(folder)!r} is damaged: {stored_name} is "
                f"{'missing' if content is None else 'not what was saved'}. Save again."
            )
        files[name] = content
    return index, files


def _read_index(folder):
    """Return the JSON file's content, None if there is no such file."""
    if not (folder / INDEX).is_file():
        return None
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except ValueError:
        index = None
    if not isinstance(index, dict) or index.get("format") != FORMAT:
        raise ValueError(f"{str(folder / INDEX)!r} is no JSON file of fairsample.")
    for name in index["files"].values():
        if Path(name).name != name:
            raise ValueError(f"{str(folder / INDEX)!r} names a file outside: {name!r}.")
    return index


def _files_replaced(folder):
    """Return the files that a new save replaces, or refuse to write here."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return set()
    index = _read_index(folder) if folder.is_dir() else None
    if index is None:
        raise ValueError(
            f"{str(folder)!r} is a {'folder' if folder.is_dir() else 'file'} that was "
            "not written by fairsample. Give a new or an empty folder."
        )
    return set(index["files"].values())


def _name_by_content(name, content):
    stem, _, ending = name.partition(".")
    return f"{stem}-{hashlib.sha256(content).hexdigest()[:16]}.{ending}"
