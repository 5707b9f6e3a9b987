"""A run that ends anywhere goes on to the same bytes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

from lyapscreen.screening.run_directory import RunDirectory
from tests.helpers.runs import SMALL, rank

run_alone = partial(rank, "--jobs", "1")


@pytest.mark.parametrize("batches", range(9))
@pytest.mark.parametrize("tail", ["", '{"rung": 0, "ba'], ids=["whole", "torn"])
def test_a_run_that_ends_anywhere_is_resumed_to_the_same_bytes(unbroken, tmp_path, monkeypatch, batches, tail):
    """It ends after so many batches, perhaps in the middle of the next one's lines."""
    run, csv = tmp_path / "run", tmp_path / "r.csv"
    recorded = []

    def crashing(self, rung, batch, *found):
        if len(recorded) == batches:
            with (run / "results.jsonl").open("a") as file:
                file.write(tail)
            raise KeyboardInterrupt
        recorded.append((rung, batch))
        as_ever(self, rung, batch, *found)

    as_ever = RunDirectory.record
    monkeypatch.setattr(RunDirectory, "record", crashing)
    assert run_alone("--run", str(run)).exit_code == 130
    monkeypatch.undo()
    monkeypatch.setattr(RunDirectory, "record", lambda self, *of: (recorded.append(of[:2]), as_ever(self, *of)))
    done = run_alone("--run", str(run), "--resume", "--csv", str(csv))
    assert done.exit_code == 0, done.stderr
    assert csv.read_bytes() == unbroken[1]
    assert len(recorded) == len(set(recorded)), "no batch is run twice"


def test_resume_starts_where_nothing_is_there(unbroken, tmp_path):
    done = run_alone("--run", str(tmp_path / "new" / "run"), "--resume", "--csv", str(tmp_path / "r.csv"))
    assert done.exit_code == 0
    assert (tmp_path / "r.csv").read_bytes() == unbroken[1]


def test_a_finished_run_is_given_again_without_a_step(unbroken, tmp_path, monkeypatch):
    monkeypatch.setattr("lyapscreen.probe.probe.probe", lambda *_, **__: pytest.fail("a step was taken"))
    done = run_alone("--run", str(unbroken[0]), "--resume", "--csv", str(tmp_path / "r.csv"))
    assert done.exit_code == 0
    assert (tmp_path / "r.csv").read_bytes() == unbroken[1]


KILLED = 8
"""Random ends in the tests; the hundred of a release are run by hand: LYAPSCREEN_KILLS=100."""


def test_killed_at_random_moments_it_ends_with_the_same_bytes(unbroken, tmp_path):
    """SIGKILL from the first milliseconds on; each run is killed until one lives to its end."""
    run, csv = tmp_path / "run", tmp_path / "r.csv"
    command = [sys.executable, "-m", "lyapscreen", "rank", "--quiet", "--jobs", "2", *SMALL, "--run", str(run)]
    delays = [0.05, 0.4, *(1.5 + 5 * i / 97 for i in range(98))]  # seconds: starting, then at work
    killed = 0
    for kill in range(int(os.environ.get("LYAPSCREEN_KILLS", KILLED))):
        process = subprocess.Popen(
            [*command, "--resume", "--csv", str(csv)], stdout=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(delays[kill * 37 % 100])
        os.killpg(process.pid, signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        if csv.exists():
            assert csv.read_bytes() == unbroken[1]
            csv.unlink()
            shutil.rmtree(run)
    assert killed, "none was killed in time"
    subprocess.run([*command, "--resume", "--csv", str(csv)], stdout=subprocess.DEVNULL, check=True)
    assert csv.read_bytes() == unbroken[1]


def test_interrupted_it_keeps_what_is_done_and_says_how_to_go_on(tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("lyapscreen.probe.probe.probe", interrupted)
    done = run_alone("--run", str(tmp_path / "run"))
    assert done.exit_code == 130
    assert f"interrupted: nothing had finished, the spec is kept in {tmp_path / 'run'}" in done.stderr
    assert f"lyapscreen rank --run {tmp_path / 'run'} --resume" in done.stderr
