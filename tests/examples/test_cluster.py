"""The cluster example: the commands of its page, and the containers that run them."""

import os
import signal
import socket
import subprocess
import sys

import yaml

from tests.helpers.clusters import needs_dask
from tests.helpers.project import EXAMPLES
from tests.helpers.runs import outputs


@needs_dask
def test_the_commands_of_the_example_start_a_cluster(tmp_path):
    """Those of the page, at a port that is free; its workers have nannies, unlike those in tests/execution."""
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
        assert outputs(tmp_path, *flags[flags.index("--backend") :]) == outputs(tmp_path, "--jobs", "1")
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
