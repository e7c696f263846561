"""Answers on disk, each in a file of its own, so that no request is paid for twice."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

__all__ = ["ResponseCache"]


class ResponseCache:
    """Complete answers by what was asked.

    An entry appears whole or not at all, whenever the process is killed, and several
    processes may share a folder. What was asked is kept as a hash only: no row of a
    prompt is on disk.

    Parameters
    ----------
    folder : str, path-like or None
        Where the answers are; made when there is one. None keeps none.

    Examples
    --------
    >>> import tempfile
    >>> from fairsample.language_models.response_cache import ResponseCache
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = ResponseCache(folder)
    ...     cache.put({"prompt": "?"}, {"text": "!"})
    ...     cache.get({"prompt": "?"}), cache.get({"prompt": "??"})
    ({'text': '!'}, None)
    """

    def __init__(self, folder):
        self.folder = None if folder is None else Path(folder).expanduser()

    def get(self, asked):
        """Give the answer to what was asked.

        Parameters
        ----------
        asked : dict
            Plain JSON types: all that determines the answer.

        Returns
        -------
        dict or None
            None if there is none, or its file is not what was written.
        """
        if self.folder is None:
            return None
        try:
            found = json.loads(self._path(asked).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def put(self, asked, answer):
        """Keep an answer.

        Parameters
        ----------
        asked : dict
            Plain JSON types: all that determines the answer.
        answer : dict
            Plain JSON types.
        """
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=self.folder, suffix=".unfinished")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(answer, file)
            os.replace(unfinished, self._path(asked))
        except BaseException:
            os.unlink(unfinished)
            raise

    def _path(self, asked):
        text = json.dumps(asked, sort_keys=True)
        return self.folder / f"{hashlib.sha256(text.encode()).hexdigest()}.json"
