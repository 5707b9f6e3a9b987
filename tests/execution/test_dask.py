"""The other engines: the same bytes as one process, whoever is killed; every other end is one message."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from lyapscreen import screen
from lyapscreen.cli import app
from lyapscreen.errors import EnvironmentFailure, ModelError, SettingError
from lyapscreen.execution import WorkerDied, engine, execute, user_files, worker
from lyapscreen.screening.run_directory import RunDirectory, read_lines
from lyapscreen.spec.spec import Spec
from tests.helpers.project import EXAMPLES

SMALL = ["--data", "wine", "--model", "mlp:8", "--lr", "1e-3:3:6", "--seeds", "2", "--steps", "40", "--memory", "100kB"]

needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="distributed is not installed")
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed: it takes 260 MB")

NET = """
from torch import nn
from layers import wide

def make(activation, inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, wide), activation(), nn.Linear(wide, outputs))
"""


BOTH = """
import json, sys
from lyapscreen import screen
small = {"data": "wine", "model": "net.py:make", "lr": "0.01,0.1,0.3", "seeds": 2, "steps": 10}
print(json.dumps([screen(**small, **on).csv() for on in ({"jobs": 1}, {"backend": "dask", "address": sys.argv[1]})]))
"""


class DaskCluster:
    """A scheduler and workers as processes of their own, on the loopback address."""

    def __init__(self, folder):
        self.processes = []
        written = folder / "scheduler.json"
        self.scheduler = self.start("scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(written))
        until(written.exists)
        self.address = json.loads(written.read_text())["address"]

    def start(self, *arguments):
        command = [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.processes.append(subprocess.Popen(command, start_new_session=True, **quiet))
        return self.processes[-1]

    def worker(self, name, threads=1):
        more = ["--no-nanny", "--no-dashboard", "--nthreads", str(threads), "--name", name]
        return self.start("worker", self.address, *more)

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """One with two workers, for those that do it no harm."""
    found = DaskCluster(tmp_path_factory.mktemp("cluster"))
    try:
        found.worker("one")
        found.worker("two")
        yield found
    finally:
        found.stop()


@pytest.fixture
def mortal(tmp_path):
    """One with a single worker, to be killed."""
    found = DaskCluster(tmp_path)
    try:
        found.first = found.worker("first")
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """What one process writes: CSV and JSON."""
    return written(tmp_path_factory.mktemp("unbroken"), "--jobs", "1")


def until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def rank(*arguments, spec=SMALL):
    return CliRunner().invoke(app, ["rank", "--quiet", *spec, *arguments])


def written(folder, *arguments):
    """Return the bytes of a ranking's CSV and JSON."""
    done = rank(*arguments, "--csv", str(folder / "r.csv"), "--json", str(folder / "r.json"))
    assert done.exit_code == 0, done.stderr
    return (folder / "r.csv").read_bytes(), (folder / "r.json").read_bytes()


def after(batches, act, monkeypatch):
    """Have `act` called when so many batches have been kept."""

    def record(self, *of):
        as_ever(self, *of)
        kept.append(of)
        if len(kept) == batches:
            act()

    kept, as_ever = [], RunDirectory.record
    monkeypatch.setattr(RunDirectory, "record", record)


@needs_dask
def test_a_cluster_gives_the_same_bytes(cluster, unbroken, tmp_path):
    assert written(tmp_path, "--backend", "dask", "--address", cluster.address) == unbroken


@needs_dask
def test_full_training_runs_there_too(cluster, tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    more = ["--confirm", "2", "--full-steps", "60"]
    there = written(tmp_path / "there", "--backend", "dask", "--address", cluster.address, *more)
    assert there == written(tmp_path / "here", "--jobs", "1", *more)


@needs_dask
def test_a_worker_killed_in_the_middle_costs_nothing_but_time(mortal, unbroken, tmp_path, monkeypatch):
    mortal.worker("second")
    after(2, mortal.first.kill, monkeypatch)
    found = written(tmp_path, "--backend", "dask", "--address", mortal.address, "--run", str(tmp_path / "run"))
    assert mortal.first.wait() == -signal.SIGKILL
    assert found == unbroken


@needs_dask
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=lambda end: end.name)
def test_a_scheduler_that_goes_away_is_exit_code_5_and_the_run_goes_on(end, mortal, unbroken, tmp_path, monkeypatch):
    """Or falls silent, which no connection tells of."""
    monkeypatch.setattr("lyapscreen.execution.dask.SILENT", 2.0)  # of 30 seconds
    run = tmp_path / "run"
    after(2, lambda: mortal.scheduler.send_signal(end), monkeypatch)
    start = time.monotonic()
    done = rank("--backend", "dask", "--address", mortal.address, "--run", str(run))
    assert done.exit_code == 5, done.stderr
    assert time.monotonic() - start < 20
    assert f"the Dask cluster at {mortal.address} failed: " in done.stderr
    assert "the same command with --resume goes on" in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert 2 <= len({(line.rung, line.batch) for line in read_lines(run)[0]}) < 12
    assert written(tmp_path, "--jobs", "1", "--run", str(run), "--resume") == unbroken


@needs_dask
def test_no_worker_left_ends_the_run(mortal, tmp_path, monkeypatch):
    monkeypatch.setattr("lyapscreen.execution.dask.WORKERLESS", 1.0)
    after(1, mortal.first.kill, monkeypatch)
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
def test_the_commands_of_the_example_start_a_cluster(unbroken, tmp_path):
    """Those of the page, at a port that is free; its workers have nannies, which the others here do without."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    page = (EXAMPLES / "cluster" / "README.md").read_text()
    lines = [line.replace("8786", port).split() for line in page.splitlines() if line.startswith("    ")]
    scheduler, workers, screening = lines[:3]
    flags = screening[1:]
    started = [
        subprocess.Popen([sys.executable, "-m", *command], start_new_session=True, stderr=subprocess.DEVNULL)
        for command in (scheduler, workers)
    ]
    try:
        assert written(tmp_path, *flags[flags.index("--backend") :]) == unbroken
    finally:
        for process in started[::-1]:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(10)


def test_the_containers_run_the_commands_of_the_page():
    example = EXAMPLES / "cluster"
    services = yaml.safe_load((example / "compose.yaml").read_text())["services"]
    page = (example / "README.md").read_text().replace("127.0.0.1", "scheduler")
    for service in services.values():
        command = service["command"].partition(" --run")[0].replace(" --nworkers 1", " --nworkers 2")
        assert command in page.replace(" --host scheduler", "")


@needs_dask
def test_a_silent_address_is_told_in_time(monkeypatch):
    monkeypatch.setattr("lyapscreen.execution.dask.ANSWER_WITHIN", 2.0)  # of 10 seconds
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        start = time.monotonic()
        done = rank("--backend", "dask", "--address", address)
    assert done.exit_code == 5
    assert f"no Dask scheduler answers at --address {address}" in done.stderr
    assert time.monotonic() - start < 8


@needs_dask
def test_whoever_accepts_and_says_nothing_is_told_in_time_and_nothing_is_left_behind(monkeypatch):
    monkeypatch.setattr("lyapscreen.execution.dask.ANSWER_WITHIN", 2.0)  # of 10 seconds
    levels = [logging.getLogger(name).level for name in ("distributed", "distributed.client")]
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        start = time.monotonic()
        done = rank("--backend", "dask", "--address", address)
    assert (done.exit_code, f"no Dask scheduler answers at --address {address}" in done.stderr) == (5, True)
    assert time.monotonic() - start < 8
    assert levels == [logging.getLogger(name).level for name in ("distributed", "distributed.client")]


@needs_dask
@pytest.mark.parametrize("address", ["nonsense://127.0.0.1:1", "foo", ""])
def test_what_is_no_address_is_refused_in_one_line(address):
    command = [sys.executable, "-m", "lyapscreen", "rank", "--backend", "dask", "--address", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=15, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(f"error: --address {address or repr('')}: it is no address")


@needs_dask
def test_a_model_of_ones_own_travels_with_the_modules_beside_it(cluster, tmp_path, monkeypatch):
    """Twice, changed in between: a worker that lives on must not keep the old one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET)
    found = []
    for wide in (4, 6):
        (tmp_path / "layers.py").write_text(f"wide = {wide}\n")
        # In processes of their own: one that looked at a module once would have it for good.
        done = subprocess.run([sys.executable, "-c", BOTH, cluster.address], capture_output=True, check=True)
        found.append(json.loads(done.stdout))
    assert found[0][0] == found[0][1] != found[1][0] == found[1][1]


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


@needs_dask
def test_interrupted_it_ends_its_workers_and_keeps_what_is_done(tmp_path):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "lyapscreen", "rank", "--quiet", *SMALL, "--steps", "500", "--no-halving"]
    command += ["--backend", "dask", "--jobs", "2", "--run", str(run)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        until(lambda: (run / "results.jsonl").exists())
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=20)[1].decode()
        assert process.returncode == 130, said
        assert said == f"interrupted: what is finished is kept in {run}: the same command with --resume goes on\n"
        with pytest.raises(ProcessLookupError):
            until(lambda: os.killpg(process.pid, 0), seconds=10)
    finally:
        process.kill()


def threads(_):
    import torch

    return torch.get_num_threads()


def three(work):
    if work == 3:
        raise ModelError("model", "net.py:make", "it fails", "Correct it")
    return work


@needs_dask
def test_a_cluster_from_python(cluster):
    import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # its workers have no tests
    with engine(backend="dask", address=cluster.address) as workers:
        assert workers.size == 2
        assert sorted(execute(threads, [0, 1, 2], workers)) == [(0, 1), (1, 1), (2, 1)]
        with pytest.raises(ModelError, match=r"on worker (one|two) \(tcp://127.0.0.1:\d+\): it fails"):
            list(execute(three, [1, 2, 3], workers))
        assert dict(execute(three, [4, 5], workers)) == {0: 4, 1: 5}
    with engine(jobs=1, backend="dask", address=cluster.address) as workers:
        assert workers.size == 1
    small = {"data": "wine", "model": "mlp:8", "lr": "0.1,0.3", "act": "relu", "seeds": 2, "steps": 8}
    assert screen(backend="dask", address=cluster.address, **small).json() == screen(**small).json()


@needs_ray
def test_ray_gives_the_same_bytes(unbroken, tmp_path):
    assert written(tmp_path, "--backend", "ray", "--jobs", "2") == unbroken


@needs_ray
def test_a_worker_of_ray_killed_twice_is_recorded():
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # its workers have no tests
    with engine(jobs=2, backend="ray") as workers:
        found = dict(execute(partial(die_on, 3), [0, 1, 2, 3, 4], workers))
    assert isinstance(found.pop(3), WorkerDied)
    assert found == {0: 0, 1: 1, 2: 2, 4: 4}


def die_on(number, work):
    if work == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return work


@pytest.mark.parametrize(("name", "module"), [("dask", "distributed"), ("ray", "ray")])
def test_an_extra_that_is_missing_is_named_with_its_install_line(name, module, monkeypatch):
    monkeypatch.setattr("lyapscreen.execution.engines.find_spec", lambda wanted: None)
    done = rank("--backend", name)
    said = f"error: --backend {name}: it needs {module}, which is not installed. Run pip install 'lyapscreen[{name}]'\n"
    assert (done.exit_code, done.stderr) == (2, said)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--address", "tcp://127.0.0.1:1"], "--address tcp://127.0.0.1:1: workers on this machine have no address"),
        (["--backend", "loky", "--address", "x"], "--address x: workers on this machine have no address"),
        (["--backend", "slurm"], "--backend slurm: there is no such backend. Write one of loky, dask, ray"),
    ],
)
@pytest.mark.parametrize(
    "command", [["rank"], ["edge"], ["validate"], ["gate", "--choice", "act=relu,lr=0.1"]], ids=lambda c: c[0]
)
def test_flags_that_do_not_fit_are_refused(command, flags, said):
    done = CliRunner().invoke(app, [*command, *flags])
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("has", "said"),
    [
        ({"torch": "2.9.0"}, "torch 2.9.0 there, "),
        ({"lyapscreen": None}, "lyapscreen is missing there, "),
        ({"python": "3.10"}, "python 3.10 there, "),
    ],
)
def test_other_versions_are_refused_naming_worker_and_both(has, said):
    wanted = worker.versions()
    worker.require_alike("one", wanted, wanted)
    with pytest.raises(EnvironmentFailure, match=f"worker one would give other numbers: {said}") as caught:
        worker.require_alike("one", {**wanted, **has}, wanted)
    (name,) = has
    assert f"{wanted[name]} here" in str(caught.value)


def test_every_batch_looks_at_the_versions_again(monkeypatch):
    import pickle

    sent = worker.Sent.of(abs, pickle.dumps)
    assert worker.run(sent, -2, "late") == 2
    monkeypatch.setattr(worker, "versions", lambda: {"torch": "0.1"})
    with pytest.raises(EnvironmentFailure, match=r"worker late .* torch 0\.1 there"):
        worker.run(sent, -2, "late")


def test_files_travel_to_where_there_are_none_and_go_there(tmp_path, monkeypatch):
    away, home = tmp_path / "away", tmp_path / "home"
    away.mkdir()
    (home / "sub").mkdir(parents=True)
    (home / "sub" / "net.py").write_text("def make(activation): ...\n")
    monkeypatch.chdir(home)
    call = user_files.carried(where, Spec.of(model="sub/net.py:make"))
    assert call(0) == home
    monkeypatch.chdir(away)
    found = call(0)
    assert found not in (home, away)
    assert [path.name for path in found.rglob("*.py")] == ["net.py"]
    assert Path.cwd() == away


def test_a_file_outside_of_the_folder_has_to_be_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text("def make(activation): ...\n")
    call = user_files.carried(where, Spec.of(model=f"{tmp_path}/net.py:make"))
    assert call(0) == tmp_path
    (tmp_path / "net.py").write_text("def make(): ...\n")
    user_files._folder.cache_clear()
    with pytest.raises(SettingError, match=r"net.py is not there, or is another file there"):
        call(0)


def where(_):
    return Path.cwd()


def test_without_files_nothing_is_wrapped():
    assert user_files.carried(where, Spec.of()) is where


def test_no_watch_is_left_behind():
    until(lambda: not [t for t in threading.enumerate() if t.name == "lyapscreen-watch"], seconds=5)
