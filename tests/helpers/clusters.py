"""A Dask cluster as processes of their own, and waiting for what they do."""

import json
import subprocess
import sys
import time
from importlib.util import find_spec

import pytest

needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="distributed is not installed")


class DaskCluster:
    """A scheduler and workers as processes of their own, on the loopback address."""

    def __init__(self, folder):
        self.processes = []
        written = folder / "scheduler.json"
        self.scheduler = self.start("scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(written))
        until(lambda: written.exists() and written.read_text().endswith("}"))  # the scheduler writes it in place
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


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
