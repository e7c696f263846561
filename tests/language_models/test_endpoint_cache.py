"""Answers on disk: asked again, after a crash, after a kill."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest
from endpoint_tables import ORDER, fitted, mixed_rows

from fairsample.language_models.response_cache import ResponseCache

PROGRAM = """
import sys
from types import SimpleNamespace
from endpoint_tables import fitted
server = SimpleNamespace(url=sys.argv[1])
backend = fitted(server, cache_dir=sys.argv[2], concurrency=1)
backend.sample(None, 60, random_state=5)
"""


def bodies(server):
    return [json.dumps(body, sort_keys=True) for body in server.bodies]


class TestRepeating:
    def test_costs_nothing_and_gives_the_same_rows(self, server, tmp_path):
        server.faults = {"short": 0.2, "nonsense": 0.1, "500": 0.1}
        folder = str(tmp_path / "a" / "b")
        first = fitted(server, cache_dir=folder).sample(None, 60, random_state=5)
        n = len(server.bodies)
        backend = fitted(server, cache_dir=folder, max_requests=1)
        again = backend.sample(None, 60, random_state=5)
        assert len(server.bodies) == n
        assert (backend.n_requests_, backend.n_tokens_) == (0, 0)
        pd.testing.assert_frame_equal(again, first)

    @pytest.mark.parametrize(
        "changes", [{"model": "other"}, {"temperature": 0.1}, {"n_examples": 7}]
    )
    def test_anything_else_is_asked_anew(self, server, tmp_path, changes):
        fitted(server, cache_dir=str(tmp_path)).sample(None, 20, random_state=5)
        n = len(server.bodies)
        changed = fitted(server, cache_dir=str(tmp_path), **changes)
        changed.sample(None, 20, random_state=5)
        assert len(server.bodies) == 2 * n

    def test_other_state_gaps_or_rows_are_asked_anew(self, server, tmp_path):
        backend = fitted(server, cache_dir=str(tmp_path))
        backend.sample(None, 20, random_state=5)
        backend.sample(None, 20, random_state=6)
        backend.refine({"direct": 0.1})
        backend.sample(None, 20, random_state=5)
        rows = mixed_rows()
        rows["age"] += 1
        backend.fit(rows, ORDER).sample(None, 20, random_state=5)
        assert len(set(bodies(server))) == len(server.bodies) == 8

    def test_no_real_row_is_on_disk(self, server, tmp_path):
        server.write_rows = lambda data, draw: []
        backend = fitted(server, cache_dir=str(tmp_path), max_requests=2)
        with pytest.warns(RuntimeWarning, match="missing"):
            backend.sample(None, 10, random_state=0)
        kept = "".join(path.read_text() for path in tmp_path.iterdir())
        assert "age" not in kept and "race" not in kept


class TestResuming:
    def test_after_an_exception(self, server, tmp_path, monkeypatch):
        """The fourth answer cannot be read for an error of ours; nothing is lost."""
        from fairsample.language_models import elicitation

        read, calls = elicitation.read_answer, []

        def fail(*arguments, **options):
            calls.append(1)
            if len(calls) == 4:
                raise KeyboardInterrupt
            return read(*arguments, **options)

        monkeypatch.setattr(elicitation, "read_answer", fail)
        backend = fitted(server, cache_dir=str(tmp_path))
        with pytest.raises(KeyboardInterrupt):
            backend.sample(None, 100, random_state=5)
        assert backend.n_requests_ >= 4
        n = len(server.bodies)
        assert 4 <= n < 10
        resumed = fitted(server, cache_dir=str(tmp_path))
        written = resumed.sample(None, 100, random_state=5)
        assert len(server.bodies) == len(set(bodies(server))) == 10
        assert resumed.n_requests_ == 10 - n
        expected = fitted(server).sample(None, 100, random_state=5)
        pd.testing.assert_frame_equal(written, expected)

    def test_after_a_kill(self, server, tmp_path):
        """A process is killed while its fourth request is under way."""
        path = os.pathsep.join(map(os.path.abspath, sys.path))
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, server.url, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": path},
        )
        server.on_request = lambda body: (
            process.kill() if len(server.bodies) == 3 else None
        )
        assert process.wait(timeout=60) == -9
        server.on_request = lambda body: None
        answered = bodies(server)[:3]
        written = fitted(server, cache_dir=str(tmp_path)).sample(
            None, 60, random_state=5
        )
        after = bodies(server)[4:]
        assert len(after) == 3
        assert not set(after) & set(answered)
        expected = fitted(server).sample(None, 60, random_state=5)
        pd.testing.assert_frame_equal(written, expected)


class TestResponseCache:
    def test_broken_entries_are_no_entries(self, tmp_path):
        cache = ResponseCache(tmp_path)
        cache.put({"a": 1}, {"text": "!"})
        (entry,) = tmp_path.iterdir()
        for broken in ('{"te', "[1]", ""):
            entry.write_text(broken)
            assert cache.get({"a": 1}) is None
        cache.put({"a": 1}, {"text": "?"})
        assert cache.get({"a": 1}) == {"text": "?"}

    def test_what_cannot_be_written_leaves_nothing(self, tmp_path):
        with pytest.raises(TypeError):
            ResponseCache(tmp_path).put({"a": 1}, {"text": object()})
        assert list(tmp_path.iterdir()) == []

    def test_without_a_folder_nothing_is_kept(self):
        cache = ResponseCache(None)
        cache.put({"a": 1}, {"text": "!"})
        assert cache.get({"a": 1}) is None
