"""Workers: order, threads, and what happens when one is killed."""

import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lyapscreen.errors import DataError, SettingError
from lyapscreen.execution import WorkerDied, execute, job_count


def square(work):
    return work * work


def threads(_):
    return torch.get_num_threads()


def die_on_three(work):
    if work == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return work


def die_once(work):
    """Be killed in the pool, live when run again alone: the marker file tells the two apart."""
    number, marker = work
    if number == 3 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def place(_):
    return Path.cwd()


def refuse(_):
    raise DataError("data", "x.csv", "it is empty", "Give rows")


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_work_is_yielded_once_with_its_index(jobs):
    assert sorted(execute(square, [5, 6, 7], jobs)) == [(0, 25), (1, 36), (2, 49)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_torch_thread_a_worker_and_the_callers_number_kept(jobs):
    torch.set_num_threads(2)
    assert [found for _, found in execute(threads, [0, 1], jobs)] == [1, 1]
    assert torch.get_num_threads() == 2


def test_workers_stand_where_the_caller_stands_though_they_outlive_one_call(tmp_path, monkeypatch):
    list(execute(place, [0, 1], 2))
    monkeypatch.chdir(tmp_path)
    assert [found for _, found in execute(place, [0, 1], 2)] == [tmp_path.resolve()] * 2


def test_a_worker_killed_twice_is_recorded_and_the_rest_goes_on():
    found = dict(execute(die_on_three, [0, 1, 2, 3, 4], 2))
    assert isinstance(found.pop(3), WorkerDied)
    assert found == {0: 0, 1: 1, 2: 2, 4: 4}


def test_a_worker_killed_once_is_run_again(tmp_path):
    found = dict(execute(die_once, [(i, tmp_path / "died") for i in range(5)], 2))
    assert (tmp_path / "died").exists()
    assert found == {i: i for i in range(5)}


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_in_a_worker_keeps_its_parts(jobs):
    with pytest.raises(DataError) as caught:
        list(execute(refuse, [0, 1], jobs))
    assert (caught.value.setting, caught.value.fix) == ("data", "Give rows")


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5", "4097"])
def test_a_bad_number_of_jobs(jobs):
    with pytest.raises(SettingError, match="whole number from 1 to 4096"):
        job_count(jobs)


FREED = """
import resource, sys, torch
from lyapscreen.execution import one_thread

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        arrays = [torch.ones(2**15) for _ in range(64)]
        del arrays
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

with one_thread():
    faults()
    print(faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have their own ways")
def test_what_a_step_frees_the_next_one_finds():
    """8 MiB of arrays, fifty times over: 2048 pages each time where they go back to the system in between."""
    done = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 50 * 200
