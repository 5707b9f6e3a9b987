"""Where results go: whole or not at all, and every place that cannot be written."""

from __future__ import annotations

import io
import os
import resource
import stat
import sys
import threading

import pytest

from lyapscreen.errors import EnvironmentFailure, InternalError, OutputError
from lyapscreen.report.output import Destination


def test_a_result_is_put_in_place_whole_with_the_permissions_of_the_umask(tmp_path):
    path = tmp_path / "r.csv"
    before = os.umask(0o027)
    try:
        with Destination("csv", str(path)) as destination:
            assert not path.exists()
            destination.write("λ,1\n")
            assert path.read_bytes() == "λ,1\n".encode()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_what_stood_there_stays_until_the_result_is_written(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("old")
    path.chmod(0o604)
    with pytest.raises(KeyboardInterrupt), Destination("csv", str(path)):
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    with Destination("csv", str(path)) as destination:
        assert path.read_text() == "old"
        destination.write("new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o604)
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "far").mkdir()
    link = tmp_path / "r.csv"
    link.symlink_to("far/real.csv")
    with Destination("csv", str(link)) as destination:
        destination.write("x")
    assert link.is_symlink()
    assert (tmp_path / "far" / "real.csv").read_text() == "x"


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("missing/r.csv", "there is no directory"),
        ("file/r.csv", "Not a directory"),
        ("dir", "this is a directory"),
        ("new/", "this is a directory"),
        ("", "this is a directory"),
        ("x" * 300, "File name too long"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_at_once(tmp_path, monkeypatch, name, rule):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "dir").mkdir()
    with pytest.raises(OutputError, match=rule) as caught, Destination("csv", name):
        pass
    assert (caught.value.setting, caught.value.value) == ("csv", name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dir", "file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("locked", ["directory", "file"])
def test_a_place_without_permission_is_refused_at_once(tmp_path, locked):
    path = tmp_path / "r.csv"
    path.touch()
    (tmp_path if locked == "directory" else path).chmod(0o500 if locked == "directory" else 0o400)
    with pytest.raises(OutputError, match="Permission denied"), Destination("csv", str(path)):
        pass
    tmp_path.chmod(0o700)


@pytest.mark.parametrize("room", [100, 10_000])
def test_a_disk_without_room_is_the_environments_failure(tmp_path, room):
    """A limit on the size of files stands in for a full disk: before the work, and after it."""
    path = tmp_path / "r.csv"
    path.write_text("old")
    started = []

    def work():
        with Destination("csv", str(path)) as destination:
            started.append(True)
            destination.write("x" * 100_000)

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(EnvironmentFailure, match="csv"):
            work()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert bool(started) == (room == 10_000)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_device_is_the_environments_failure():
    with pytest.raises(EnvironmentFailure, match="No space left"), Destination("csv", "/dev/full") as destination:
        destination.write("x")


def test_a_named_pipe_is_written_to(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    found = []
    reader = threading.Thread(target=lambda: found.append(path.read_text()))
    reader.start()
    with Destination("csv", str(path)) as destination:
        destination.write("x")
    reader.join(timeout=10)
    assert found == ["x"]


def test_a_broken_pipe_is_left_to_the_caller():
    reading, writing = os.pipe()
    with Destination("csv", f"/dev/fd/{writing}") as destination:
        os.close(reading)
        with pytest.raises(BrokenPipeError):
            destination.write("x")
    os.close(writing)


def test_stdout_gets_the_same_bytes_as_a_file(capfdbinary):
    with Destination("csv", "-") as destination:
        destination.write("λ\n")
    assert capfdbinary.readouterr().out == "λ\n".encode()


def test_stdout_keeps_the_order_of_what_is_written_to_it(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    print("before ", end="")
    with Destination("csv", "-") as destination:
        destination.write("λ")
    assert raw.getvalue() == "before λ".encode()
    monkeypatch.setattr("sys.stdout", io.StringIO())
    with Destination("csv", "-") as destination:
        destination.write("λ")
        assert sys.stdout.getvalue() == "λ"


def test_a_destination_is_written_once(tmp_path):
    with Destination("csv", str(tmp_path / "r.csv")) as destination:
        destination.write("x")
        with pytest.raises(InternalError):
            destination.write("y")
    assert (tmp_path / "r.csv").read_text() == "x"
