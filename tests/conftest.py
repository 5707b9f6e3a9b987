"""Fixtures that more than one file of tests uses."""

import pytest

pytest.register_assert_rewrite("tests.helpers")


@pytest.fixture
def table(tmp_path):
    """Write text or bytes into a file and return its path."""

    def write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """A new folder to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True, scope="session")
def _no_width_of_the_callers():
    """Output is compared as a pipe has it; whoever runs the tests, workers among them, may have said how wide it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COLUMNS", raising=False)
        yield
