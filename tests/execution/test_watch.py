"""Workers end with the process that started them, and nothing of theirs stays."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SHARED = Path("/dev/shm")

LONG = "--data wine --model mlp:16 --lr 1e-3:3:200 --seeds 5 --steps 500 --memory 300kB --jobs 2"

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


def family(group):
    """Every process of a group that still runs."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def segments():
    return {path.name for path in SHARED.iterdir()} if SHARED.exists() else set()


def until(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.05)


@pytest.mark.parametrize("wait", ["workers", "results"])
def test_the_main_process_killed_alone_leaves_nobody(tmp_path, wait):
    before = segments()
    process = subprocess.Popen(
        [sys.executable, "-m", "lyapscreen", "rank", "--quiet", *LONG.split(), "--run", str(tmp_path / "run")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        until(lambda: len(family(process.pid)) >= 4)
        if wait == "results":
            until((tmp_path / "run" / "results.jsonl").exists)
        ours = f"_{process.pid}_"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        until(lambda: not family(process.pid), seconds=10)
        assert not {name for name in segments() - before if ours in name}
    finally:
        for one in family(process.pid):
            os.kill(one, signal.SIGKILL)
