"""A system that lacks what worker processes need: said once, as the environment's failure."""

import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from lyapscreen.execution import temporary, watch
from lyapscreen.report import leftovers
from tests.helpers.project import ROOT

FLAGS = "--data wine --model mlp:4 --lr 0.1:1:4 --act relu --seeds 4 --steps 4 --memory 60kB --quiet"


def ranked(jobs):
    command = [sys.executable, "-m", "lyapscreen", "rank", *FLAGS.split(), "--jobs", str(jobs)]
    # joblib finds no locks then, as where /dev/shm cannot be written.
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JOBLIB_MULTIPROCESSING": "0"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_without_shared_locks_there_are_no_workers():
    refused = ranked(jobs=2)
    assert refused.returncode == 5, refused.stderr
    assert "error: worker processes cannot be started" in refused.stderr
    assert "is /dev/shm writable" in refused.stderr
    assert "--jobs 1 works without them" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert ranked(jobs=1).returncode in (0, 3)


def test_windows_has_no_locks_on_files_and_one_way_to_end_a_process(tmp_path, monkeypatch):
    """Its modules and signals are missing here too: they are imported again, and do what is left."""
    left = tmp_path / f"{leftovers.PREFIX}{'0' * 16}{leftovers.SUFFIX}"
    left.touch()
    os.utime(left, (0, 0))
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        for missing in ("fcntl", "resource"):
            patch.setitem(sys.modules, missing, None)
        patch.delattr(signal, "SIGKILL")
        for module in (watch, leftovers, temporary):
            importlib.reload(module)
        try:
            assert signal.SIGTERM == watch.FATAL
            with left.open("rb") as file:
                leftovers.hold(file)
            leftovers.remove(tmp_path)
            assert left.exists()
            with temporary.MarkedDirectory("data") as made:
                assert not list(Path(made).iterdir())
            temporary.remove_left()
            assert not Path(made).exists()
            limits = importlib.import_module("lyapscreen.cli.limits")
            limits.require_memory()
        finally:
            patch.undo()
            for module in (watch, leftovers, temporary):
                importlib.reload(module)
    assert signal.SIGKILL == watch.FATAL
    leftovers.remove(tmp_path)
    assert not left.exists()
