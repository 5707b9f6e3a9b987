"""A Dask cluster: the same bytes as one process, a user's own model, full training, and from Python."""

import json
import subprocess
import sys

import pytest

from lyapscreen import screen
from lyapscreen.errors import ModelError
from lyapscreen.execution import engine, execute
from tests.helpers.clusters import needs_dask
from tests.helpers.runs import outputs

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


@needs_dask
def test_a_cluster_gives_the_same_bytes(cluster, unbroken, tmp_path):
    assert outputs(tmp_path, "--backend", "dask", "--address", cluster.address) == unbroken


@needs_dask
def test_full_training_runs_there_too(cluster, tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    more = ["--confirm", "2", "--full-steps", "60"]
    there = outputs(tmp_path / "there", "--backend", "dask", "--address", cluster.address, *more)
    assert there == outputs(tmp_path / "here", "--jobs", "1", *more)


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
