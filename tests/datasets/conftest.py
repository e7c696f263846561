"""A loopback server, small files in place of the real ones, and the real ones."""

import gzip
import hashlib
import os
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fairsample.datasets.remote import DATA_HOME_VARIABLE


@pytest.fixture
def real_data():
    """Skip unless the public files are laid out; a missing file then fails."""
    if not os.environ.get(DATA_HOME_VARIABLE):
        pytest.skip(f"{DATA_HOME_VARIABLE} is not set: the public files are not here")


@pytest.fixture
def no_prepared_folder(monkeypatch):
    monkeypatch.delenv(DATA_HOME_VARIABLE, raising=False)


@pytest.fixture
def put_file(tmp_path):
    """Put content in place of a file; return its description with that checksum."""

    def put(file, content):
        folder = tmp_path / file.dataset
        folder.mkdir(exist_ok=True)
        (folder / f"{file.name}.gz").write_bytes(gzip.compress(content))
        kept = content if file.canonical is None else file.canonical(content)
        return replace(file, sha256=hashlib.sha256(kept).hexdigest())

    return put


@pytest.fixture
def loopback(monkeypatch):
    """Serve scripted (status, body) replies; the last one is repeated."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    servers = []

    def serve(*replies):
        requests = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                status, body = replies[min(len(requests), len(replies) - 1)]
                requests.append(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}/file.csv", requests

    yield serve
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()
