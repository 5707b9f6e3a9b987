"""Ray: the same bytes as one process, and a worker that is killed."""

import os
import signal
import sys
from functools import partial
from importlib.util import find_spec

import pytest

from lyapscreen.execution import WorkerDied, engine, execute
from tests.helpers.runs import outputs

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed: it takes 260 MB")


@needs_ray
def test_ray_gives_the_same_bytes(unbroken, tmp_path):
    assert outputs(tmp_path, "--backend", "ray", "--jobs", "2") == unbroken


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
