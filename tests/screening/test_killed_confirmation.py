"""Full training of the best while processes are killed: the whole run, or the worker at one training."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from lyapscreen import execution
from tests.helpers.confirmations import BEST, SMALL, SPEC, confirmed, lines
from tests.helpers.runs import rank

LONG = [*SMALL, "--steps", "20", "--full-steps", "2000"]


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """The bytes of all that a longer run writes, of trainings that take long enough to be killed at."""
    return confirmed(tmp_path_factory.mktemp("long"), "--jobs", "1", "--confirm", "5", spec=LONG)[1]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_killed_while_it_trains_it_repeats_nothing_and_ends_with_the_same_bytes(long, tmp_path, jobs):
    """SIGKILL as soon as the first training is kept."""
    flags = ["--jobs", jobs, "--confirm", "5"]
    command = [sys.executable, "-m", "lyapscreen", "rank", "--quiet", *flags, *LONG]
    with subprocess.Popen([*command, "--run", str(tmp_path / "run")], start_new_session=True) as process:
        while not (tmp_path / "run" / "trainings.jsonl").exists() and process.poll() is None:
            time.sleep(0.001)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL, "it has to be killed at its work"
    before = [line for line in lines(tmp_path) if line.endswith("\n")]
    assert len(before) < 10
    done, written = confirmed(tmp_path, *flags, "--resume", spec=LONG)
    assert done.exit_code == 0, done.stderr
    after = lines(tmp_path)
    assert after[: len(before) // 2 * 2] == before[: len(before) // 2 * 2]
    assert len(after) == len(set(after)) == 10
    assert written == long


def dying(function, works, jobs):
    """Execute works, but for the first of a full training: its worker is killed twice."""
    for index, work in enumerate(works):
        is_full = "keep" in function.keywords
        yield index, execution.WorkerDied() if is_full and index == 0 else function(work)


def test_a_worker_killed_twice_costs_its_own_training_alone(finished, tmp_path, monkeypatch, trained):
    monkeypatch.setattr(execution, "execute", dying)
    done, _ = confirmed(tmp_path, *BEST)
    assert done.exit_code == 5
    assert "full training of " in done.stderr
    assert " at lr 0." in done.stderr
    assert "failed: its worker process was killed twice (out of memory?). Try fewer --jobs." in done.stderr
    assert f"results are kept in {tmp_path / 'run'}; lyapscreen rank --run {tmp_path / 'run'} --resume" in done.stderr
    assert len(lines(tmp_path)) == 4, "the two others are kept"
    monkeypatch.undo()
    assert confirmed(tmp_path, *BEST, "--resume")[1] == finished[1]


def test_without_a_run_directory_there_is_nothing_to_go_on_with(monkeypatch):
    monkeypatch.setattr(execution, "execute", dying)
    done = rank(*BEST, spec=SPEC)
    assert done.exit_code == 5
    assert "Try fewer --jobs." in done.stderr
    assert "--resume" not in done.stderr
