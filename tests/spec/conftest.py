"""Fixtures of the tests of specs."""

from pathlib import Path

import pytest


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to stand in, and a way to write files there."""
    monkeypatch.chdir(tmp_path)

    def write(content, name="net.py"):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return write
