"""Temporary directories that a killed process left are removed when the next run begins; nobody else's are."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lyapscreen.execution import temporary
from lyapscreen.execution.temporary import MARK, NAME, MarkedDirectory, remove_left
from tests.helpers.runs import SMALL, rank

pytestmark = pytest.mark.skipif(temporary.fcntl is None, reason="needs locks")

KILLED = """
import os, signal
from lyapscreen.execution.temporary import MarkedDirectory
kept = MarkedDirectory("states")
open(f"{kept.name}/0-1.npy", "w").close()
print(kept.name, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A place for temporary files of its own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def left(name):
    """What a process that was killed leaves, long ago."""
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    Path(done.stdout.strip()).rename(name)
    os.utime(name, (0, 0))
    return name


def test_what_a_killed_process_left_is_removed_by_the_next_run(place):
    old = left(place / "lyapscreen-states-abcdefgh")
    assert (old / "0-1.npy").exists()
    assert rank("--jobs", "1", spec=SMALL).exit_code == 0
    assert not list(place.glob("lyapscreen-*"))


@pytest.mark.parametrize(
    "change",
    [
        lambda path, _: path.rename(path.with_name("lyapscreen-states-mine")),
        lambda path, _: (path / MARK).unlink(),
        lambda path, _: (path / MARK).write_text("another machine"),
        lambda path, _: ((path / MARK).unlink(), os.mkfifo(path / MARK)),
        lambda path, _: ((path / MARK).rename(path.parent / "m"), (path / MARK).symlink_to("../m")),
        lambda path, _: (path.rename(path.parent / "d"), path.symlink_to("d")),
        lambda _, patch: patch.setattr(os, "geteuid", lambda: -1),
    ],
    ids=["name", "no mark", "machine", "pipe", "link as mark", "link", "owner"],
)
def test_what_may_be_somebody_elses_stays(place, change, monkeypatch):
    path = left(place / "lyapscreen-states-abcdefgh")
    change(path, monkeypatch)
    for one in place.iterdir():
        os.utime(one, (0, 0))
    before = sorted(place.rglob("*"))
    remove_left()
    assert sorted(place.rglob("*")) == before


def test_what_is_new_stays(place):
    path = left(place / "lyapscreen-states-abcdefgh")
    os.utime(path)
    remove_left()
    assert path.exists()


def test_what_is_in_use_stays(place):
    with MarkedDirectory("files") as name:
        os.utime(name, (0, 0))
        remove_left()
        (path,) = place.iterdir()
        assert NAME.fullmatch(path.name)
    assert not path.exists()
