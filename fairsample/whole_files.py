"""Files that appear whole or not at all."""

import os
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

__all__ = ["whole_files"]


@contextmanager
def whole_files(*paths):
    """Give a place to write each file to; put all in place at the end, or none.

    Parameters
    ----------
    *paths : path or None
        The files; None is passed on.

    Yields
    ------
    list of path or None
        Where to write, in the same folder and with the same ending.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from fairsample.whole_files import whole_files
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     try:
    ...         with whole_files(f"{folder}/a.csv") as (aside,):
    ...             _ = aside.write_text("half a ta")
    ...             raise RuntimeError
    ...     except RuntimeError:
    ...         list(Path(folder).iterdir())
    []
    """
    final = [None if path is None else Path(path).absolute() for path in paths]
    mark = token_hex(4)
    aside = [path and path.with_name(f".{mark}-{path.name}") for path in final]
    try:
        yield aside
        for written, path in zip(aside, final, strict=True):
            if path is not None:
                os.replace(written, path)
    finally:
        for path in aside:
            if path is not None:
                path.unlink(missing_ok=True)
