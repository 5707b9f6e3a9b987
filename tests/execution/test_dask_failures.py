"""A Dask cluster that fails: whoever is killed or interrupted, what is done is kept and every end is one message."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from lyapscreen.screening.run_directory import RunDirectory, read_lines
from tests.helpers.clusters import DaskCluster, needs_dask, until
from tests.helpers.flags import replacing
from tests.helpers.runs import SMALL, outputs, rank


def act_after(batches, act, monkeypatch):
    """Have `act` called when so many batches have been kept."""

    def record(self, *of):
        as_ever(self, *of)
        kept.append(of)
        if len(kept) == batches:
            act()

    kept, as_ever = [], RunDirectory.record
    monkeypatch.setattr(RunDirectory, "record", record)


@needs_dask
def test_a_worker_killed_in_the_middle_costs_nothing_but_time(mortal, unbroken, tmp_path, monkeypatch):
    mortal.worker("second")
    act_after(2, mortal.first.kill, monkeypatch)
    found = outputs(tmp_path, "--backend", "dask", "--address", mortal.address, "--run", str(tmp_path / "run"))
    assert mortal.first.wait() == -signal.SIGKILL
    assert found == unbroken


@needs_dask
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=lambda end: end.name)
def test_a_scheduler_that_goes_away_is_exit_code_5_and_the_run_goes_on(end, mortal, unbroken, tmp_path, monkeypatch):
    """Or falls silent, which no connection tells of."""
    monkeypatch.setattr("lyapscreen.execution.dask.SILENT", 2.0)  # of 30 seconds
    run = tmp_path / "run"
    act_after(2, lambda: mortal.scheduler.send_signal(end), monkeypatch)
    start = time.monotonic()
    done = rank("--backend", "dask", "--address", mortal.address, "--run", str(run))
    assert done.exit_code == 5, done.stderr
    assert time.monotonic() - start < 20
    assert f"the Dask cluster at {mortal.address} failed: " in done.stderr
    assert f"lyapscreen rank --run {run} --resume" in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert 2 <= len({(line.rung, line.batch) for line in read_lines(run)[0]}) < 12, done.stderr
    assert outputs(tmp_path, "--jobs", "1", "--run", str(run), "--resume") == unbroken


@needs_dask
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=lambda end: end.name)
def test_a_scheduler_that_goes_away_before_it_has_handed_over_a_result_ends_the_run(end, mortal, tmp_path, monkeypatch):
    """It has said that the work is done: nothing is pending, and joblib waits with its lock held."""
    monkeypatch.setattr("lyapscreen.execution.dask.SILENT", 2.0)  # of 30 seconds
    from lyapscreen.execution.dask import Dask

    asked, as_ever = [], Dask.result

    def result(self, future):
        asked.append(future)
        if len(asked) == 3:
            mortal.scheduler.send_signal(end)
        return as_ever(self, future)

    monkeypatch.setattr(Dask, "result", result)
    done = rank("--backend", "dask", "--address", mortal.address, "--run", str(tmp_path / "run"))
    assert done.exit_code == 5, done.stderr
    assert f"the Dask cluster at {mortal.address} failed: " in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


@needs_dask
def test_no_worker_left_ends_the_run(mortal, tmp_path, monkeypatch):
    monkeypatch.setattr("lyapscreen.execution.dask.WORKERLESS", 1.0)
    act_after(1, mortal.first.kill, monkeypatch)
    done = rank("--backend", "dask", "--address", mortal.address, "--run", str(tmp_path / "run"))
    assert (done.exit_code, "it has had no worker for 1 s" in done.stderr) == (5, True), done.stderr


@needs_dask
def test_a_worker_of_several_threads_is_refused(tmp_path):
    found = DaskCluster(tmp_path)
    try:
        found.worker("broad", threads=2)
        done = rank("--backend", "dask", "--address", found.address)
    finally:
        found.stop()
    assert done.exit_code == 5
    assert "worker broad (tcp://127.0.0.1:" in done.stderr
    assert "has 2 threads" in done.stderr


@needs_dask
def test_without_an_address_workers_are_started_here_and_a_killer_is_recorded(tmp_path, monkeypatch):
    """As locally: the batch that kills its worker is run once more alone, then its candidates are failed."""
    (tmp_path / "net.py").write_text(
        "import os, signal\n"
        "from torch import nn\n"
        "def make(activation, inputs, outputs):\n"
        "    if activation.name == 'tanh' and os.getpid() != int(os.environ['MAIN']):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return nn.Sequential(nn.Linear(inputs, 8), activation(), nn.Linear(8, outputs))\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAIN", str(os.getpid()))
    spec = ["--data", "wine", "--model", "net.py:make", "--lr", "0.1,0.3", "--seeds", "2", "--steps", "10"]
    common = ["--act", "relu,tanh", "--jobs", "2", "--csv"]
    assert rank("--backend", "dask", *common, "dask.csv", spec=spec).exit_code == 0
    assert rank(*common, "loky.csv", spec=spec).exit_code == 0
    assert Path("dask.csv").read_bytes() == Path("loky.csv").read_bytes()
    assert b",failed," in Path("dask.csv").read_bytes()


def interrupted(process):
    """Press Ctrl-C until it ends: Python loses a signal that comes while a destructor runs. Return its stderr."""
    for _ in range(20):
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=6)[1].decode()
    raise AssertionError("it does not end")


@needs_dask
def test_interrupted_it_ends_its_workers_and_keeps_what_is_done(tmp_path):
    run = tmp_path / "run"
    # So many batches that it is far from its end, however late the signal comes after the first of them.
    long = ["--steps", "500", "--no-halving", "--lr", "1e-3:3:60", "--run", str(run)]
    flags = replacing("--quiet", *SMALL, "--backend", "dask", "--jobs", "2", *long)
    command = [sys.executable, "-m", "lyapscreen", "rank", *flags]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell has its background jobs ignore it
    )
    try:
        until(lambda: (run / "results.jsonl").exists())
        said = interrupted(process)
        assert process.returncode == 130, said
        kept, _, command = said.partition(f" results are kept in {run}; ")
        assert kept.startswith("interrupted: ")
        assert command == f"lyapscreen rank --run {run} --resume --jobs 2 --backend dask continues it\n"
        with pytest.raises(ProcessLookupError):
            until(lambda: os.killpg(process.pid, 0), seconds=10)
    finally:
        process.kill()


@needs_dask
def test_a_script_without_a_guard_is_told_so_once(tmp_path):
    """Its workers import it, and come to the same call: they end there, and say nothing."""
    (tmp_path / "script.py").write_text(
        "import lyapscreen\n"
        "lyapscreen.screen(data='wine', lr=0.1, act='relu', model='mlp:4', seeds=2, steps=4, backend='dask', jobs=1)\n"
    )
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 1, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("lyapscreen.errors.EnvironmentFailure: Dask workers cannot be started on this machine: ")
    assert 'a script makes this call under `if __name__ == "__main__":`' in last


def test_no_watch_is_left_behind():
    until(lambda: not [t for t in threading.enumerate() if t.name == "lyapscreen-watch"], seconds=5)
