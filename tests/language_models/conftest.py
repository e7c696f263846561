import pytest
from endpoint_tables import KEY, KEY_VARIABLE
from stub_server import StubServer


@pytest.fixture
def server(monkeypatch):
    """An endpoint on loopback; the key for it is in the environment."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    stub = StubServer()
    yield stub
    stub.close()
