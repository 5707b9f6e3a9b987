"""Networks too large to be built before anything is planned: their plan is that of networks that are built."""

import subprocess
import sys

import pytest

from lyapscreen.probe import inspection, large_mlp
from lyapscreen.screening.plan import prepare
from lyapscreen.spec.spec import Spec


@pytest.mark.parametrize("model", ["mlp:300", "mlp:100,30,70"])
def test_the_twin_says_what_the_network_itself_would(model, monkeypatch):
    spec = Spec.of(data="wine", model=model, act="relu,tanh", lr="0.1,1", batch_size=16)
    built = prepare(spec)
    monkeypatch.setattr(large_mlp, "LARGE", 1000)
    monkeypatch.setattr(large_mlp, "NARROW", 8)
    by_twin = prepare(spec)
    assert (by_twin.bytes_per_candidate, by_twin.batches) == (built.bytes_per_candidate, built.batches)
    assert by_twin.ways == built.ways


def test_what_is_timed_is_narrower_and_counted_for_what_it_is():
    spec, times = large_mlp.timed(Spec.of(model="mlp:20000,30,20000"), 64, 10)
    widths = [int(width) for width in spec.model.removeprefix("mlp:").split(",")]
    assert widths[1] == 30
    whole = 65 * 20000 + 20001 * 30 + 31 * 20000 + 20001 * 10
    here = 65 * widths[0] + (widths[0] + 1) * 30 + 31 * widths[2] + (widths[2] + 1) * 10
    assert times == pytest.approx(whole / here)
    assert here < 2 * large_mlp.TIMED


def test_a_network_of_gigabytes_is_planned_without_its_numbers(monkeypatch):
    built = []
    inspected = inspection._inspected
    monkeypatch.setattr(
        inspection,
        "_inspected",
        lambda spec, *given, **more: built.append(spec.model) or inspected(spec, *given, **more),
    )
    plan = prepare(Spec.of(data="wine", model="mlp:20000,20000", act="relu", lr="0.1", rank_by="effective"))
    assert built == ["mlp:64,64"]
    weights = 14 * 20000 + 20001 * 20000 + 20001 * 3
    numbers = 8 * weights + 4 * 64 * (13 + 4 * 20000 + 3)
    assert plan.bytes_per_candidate == 4 * numbers


NET = """
from torch import nn
def make(activation, n_inputs, n_outputs):
    wide = 100000
    return nn.Sequential(nn.Linear(n_inputs, wide), activation(), nn.Linear(wide, wide), nn.Linear(wide, n_outputs))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="there is no limit of addresses to set")
def test_memory_that_runs_out_in_a_model_is_no_mistake_of_its_author(tmp_path):
    (tmp_path / "net.py").write_text(NET)
    flags = "rank --quiet --model net.py:make --act relu --lr 0.1 --seeds 1 --steps 4 --jobs 1 --data wine"
    command = f"ulimit -v 4000000; exec {sys.executable} -m lyapscreen {flags}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 5, done.stderr
    assert "error: the memory ran out in --model net.py:make. Allow more memory, or make it smaller." in done.stderr
