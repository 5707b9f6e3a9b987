"""Exit codes and pipes: who reads, what is full or closed, what runs out, and which signal comes."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

import lyapscreen
from lyapscreen.cli import app, failures, limits, streams
from lyapscreen.cli.failures import OUT_OF_MEMORY, Terminated, errors_reported
from lyapscreen.errors import EnvironmentFailure, ModelError, SettingError
from tests.helpers.saved_rankings import write_ranking

ROOT = str(Path(lyapscreen.__file__).parents[1])
FULL = Path("/dev/full")
SMALL = "--data wine --model mlp:4 --lr 0.1 --act relu --seeds 1 --steps 4 --jobs 1 --quiet"

COMMANDS = {
    "gate": "gate --ranking r.json --choice act=relu,lr=0.001 --top 1",
    "show": "show r.json",
    "show as JSON": "show r.json --json -",
    "schema": "schema",
    "help": "--help",
    "version": "--version",
    "init": "init -",
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    write_ranking(tmp_path / "r.json")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def interrupts():
    """Ctrl-C as Python answers it, also where the tests are started in the background of a shell, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def shell(command, **more):
    """Run a line of the shell in which `lyapscreen` is ours; it prints the exit code behind what it writes."""
    environment = {**os.environ, "PYTHONPATH": ROOT, **more}
    line = f'lyapscreen() {{ "{sys.executable}" -m lyapscreen "$@"; }}; {command}'
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=environment, check=False)


def test_the_verdict_stands_though_nobody_reads_it():
    for further in ("", " --json -", " --json - --junit j.xml"):
        done = shell(f"lyapscreen {COMMANDS['gate']}{further} | true; exit ${{PIPESTATUS[0]}}")
        assert (done.returncode, done.stderr) == (1, "")
    assert Path("j.xml").exists()
    passed = shell("lyapscreen gate --ranking r.json --choice act=relu,lr=0.1 | true; exit ${PIPESTATUS[0]}")
    assert passed.returncode == 0


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_full_device_is_the_environments_failure(command):
    done = shell(f"lyapscreen {command} >/dev/full")
    assert (done.returncode, done.stderr.count("\n")) == (5, 1)
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_ranking_on_a_full_device_is_the_environments_failure():
    done = shell(f"lyapscreen rank {SMALL} >/dev/full")
    assert (done.returncode, "No space left on device" in done.stderr) == (5, True)


def test_closed_streams():
    closed = shell("lyapscreen show r.json >&-")
    assert (closed.returncode, closed.stderr.count("\n"), "stdout is closed" in closed.stderr) == (5, 1, True)
    whole = shell("lyapscreen show r.json")
    done = shell("lyapscreen show r.json <&- 2>&-", COLUMNS="0")
    assert (done.returncode, done.stdout) == (whole.returncode, whole.stdout)
    if FULL.exists():
        assert shell("lyapscreen show nothing 2>/dev/full").returncode == 2


def test_a_loop_of_links_is_no_output(folder):
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    for path in ("a", "a/x.csv"):
        done = CliRunner().invoke(app, ["show", "r.json", "--csv", path])
        assert done.exit_code == 2, done.stderr
        assert done.stderr.startswith(f"error: --csv {path}: ")
    assert (folder / "a").is_symlink()


@pytest.mark.parametrize("kilobytes", [300_000, 700_000, 900_000])
def test_too_little_memory_is_the_environments_failure(kilobytes):
    pytest.importorskip("resource")
    done = shell(f"ulimit -v {kilobytes}; lyapscreen rank {SMALL}")
    assert done.returncode == 5, done.stderr
    assert done.stderr.startswith("error: the memory ")
    assert done.stderr.count("\n") == 1


OUT = {
    "Python's": MemoryError(),
    "the system's": OSError(12, "Cannot allocate memory"),
    "torch's": RuntimeError("[enforce fail at alloc_cpu.cpp:118] . DefaultCPUAllocator: can't allocate memory: you"),
    "the loader's": ImportError("libgomp.so.1: failed to map segment from shared object"),
    "in a model, as text": ModelError("model", "net.py", "DefaultCPUAllocator: can't allocate memory", ""),
    "CUDA's": RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
}  # fmt: skip


@pytest.mark.parametrize("error", OUT.values(), ids=OUT)
def test_memory_that_ran_out_is_no_mistake_of_anybodys(error, capfd):
    assert failures.report(error) == 5
    assert capfd.readouterr().err == OUT_OF_MEMORY.decode()


def test_what_was_behind_an_error_counts(capfd):
    error = ModelError("model", "net.py", "it failed", "Correct it")
    error.__cause__ = MemoryError()
    assert failures.report(error) == 5
    assert failures.report(ModelError("model", "net.py", "it failed", "Correct it")) == 2


def test_the_systems_refusals_are_5_and_ours_are_4(capsys):
    assert failures.report(PermissionError(13, "Permission denied", "/dev/shm/x")) == 5
    assert failures.report(KeyError("x")) == 4
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "error: the system refused what was asked of it: Permission denied (/dev/shm/x)."
    assert told[1].startswith("internal error: KeyError: 'x'.")


def test_a_limit_that_is_too_low_is_told_before_torch_aborts(monkeypatch):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (2**29, 2**29))
    with pytest.raises(EnvironmentFailure, match="limited to 512 MiB"):
        limits.require_memory()
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    limits.require_memory()


def code_of(command):
    return CliRunner().invoke(app, command).exit_code


def test_handlers_of_signals_are_put_back(folder):
    def mine(*_):
        """Somebody else's."""

    before = signal.signal(signal.SIGTERM, mine)
    try:
        assert code_of(["show", "r.json"]) == 0
        assert code_of(["show", "nothing.json"]) == 2
        assert signal.getsignal(signal.SIGTERM) is mine
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_command_runs_in_a_thread_too():
    found = []
    thread = threading.Thread(target=lambda: found.append(code_of(["show", "r.json"])))
    thread.start()
    thread.join()
    assert found == [0]


@pytest.mark.parametrize(
    ("number", "code", "said"), [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interr")]
)
def test_a_signal_that_became_another_error_is_still_a_signal(number, code, said, capsys):
    """TorchScript makes a RuntimeError of whatever is raised while it runs."""

    def operation():
        try:
            os.kill(os.getpid(), number)
            signal.pause()
        except (Terminated, KeyboardInterrupt) as raised:
            raise RuntimeError(f"The following operation failed in the TorchScript interpreter: {raised!r}") from None

    with pytest.raises(failures.typer.Exit) as ended, errors_reported(debug=False):
        operation()
    assert ended.value.exit_code == code
    assert capsys.readouterr().err.startswith(said)


def test_a_traceback_is_text(capsys):
    with pytest.raises(failures.typer.Exit), errors_reported(debug=True):
        raise SettingError("lr", "x\x1b]0;t\x07", "a\n::error::b", "")
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert all(line.isprintable() and not line.startswith("::") for line in told.split("\n"))


def test_what_a_command_ends_with_is_the_exit_code(monkeypatch):
    monkeypatch.setattr(streams, "_opened", lambda: False)
    for raised, code in ((SystemExit(3), 3), (SystemExit(), 0), (SystemExit("x"), 1), (BrokenPipeError(), 0)):
        if isinstance(raised, BrokenPipeError):
            monkeypatch.setattr(streams, "abandon", lambda _: None)

        def command(raised=raised):
            raise raised

        assert streams.run(command) == code
