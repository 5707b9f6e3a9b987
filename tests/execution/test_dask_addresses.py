"""Addresses at which no Dask scheduler answers."""

import logging
import socket
import subprocess
import sys
import time

import pytest

from tests.helpers.clusters import needs_dask
from tests.helpers.runs import rank


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
    assert done.stderr.startswith(f"error: --address {address or repr('')}: it is not an address")
