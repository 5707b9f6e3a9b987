"""GPUs: what is refused without one, how work is laid out for one, and that all tensors of a step lie on one device."""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import lyapscreen as ls
from lyapscreen import data
from lyapscreen.errors import EnvironmentFailure, SettingError
from lyapscreen.execution import engine
from lyapscreen.exponents import trees
from lyapscreen.probe.lr_range_test import range_test
from lyapscreen.probe.probe import ProbeTask, probe
from lyapscreen.probe.spectrum import leading_exponents
from lyapscreen.screening.full_training import train_batch
from lyapscreen.screening.plan import identity, prepare
from lyapscreen.spec.candidates import CACHE_BYTES, batches, configurations
from lyapscreen.spec.spec import Spec
from lyapscreen.training import derivative_check, devices
from tests.helpers.networks import MODELS

SMALL = {"data": "moons", "model": "mlp:4", "act": "tanh", "lr": "0.1,1", "seeds": 2, "steps": 4}
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU here")
aten = torch.ops.aten
FROM_ONE_TO_THE_OTHER = (aten._to_copy.default, aten.copy_.default)
BY_MASK = (aten.index.Tensor, aten.index_put_.default)


@pytest.fixture
def gpu(monkeypatch):
    """Let planning believe in a GPU of 16 GiB; nothing is computed on it."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "GPU of a test")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (8 * 2**30, 16 * 2**30))


# Choosing


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_cuda_is_refused_and_auto_is_the_processor():
    with pytest.raises(SettingError, match=r"^device cuda: .*(no GPU here|built without CUDA).*--device cpu"):
        prepare(Spec.of(**SMALL, device="cuda"))
    with pytest.raises(SettingError, match=r"^device cuda"):
        leading_exponents(Spec.of(**{**SMALL, "lr": 0.1}, device="cuda"), 1)
    assert prepare(Spec.of(**SMALL)).spec.device == "cpu"


def test_the_hash_covers_the_device_resolved(gpu):
    told = [identity(prepare(Spec.of(**SMALL, device=device))) for device in ("auto", "cpu", "cuda")]
    hashes = [about["spec_hash"] for about in told]
    assert hashes[0] == hashes[1] != hashes[2]
    assert [about["spec"]["device"] for about in told] == ["cpu", "cpu", "cuda"]
    assert [about["versions"].get("gpu") for about in told] == [None, None, "GPU of a test"]


def test_auto_takes_a_gpu_with_room_for_long_work_in_float32_alone(gpu, monkeypatch):
    long = {**SMALL, "model": "mlp:512,512", "steps": 20_000}
    plan = prepare(Spec.of(**long))
    assert plan.spec.device == "cuda"
    assert any("device: cuda (GPU of a test)" in notice for notice in plan.notices)
    assert not any("device:" in notice for notice in prepare(Spec.of(**long, device="cuda")).notices)
    assert prepare(Spec.of(**long, dtype="float64")).spec.device == "cpu"
    assert prepare(Spec.of(**{**long, "steps": 4})).spec.device == "cpu"
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (4 * 2**30, 4 * 2**30))
    assert prepare(Spec.of(**long)).spec.device == "cpu"


def test_a_gpu_is_used_by_one_process_with_large_batches(gpu):
    settings = {**SMALL, "seeds": 500, "lr": "1e-3:1:20"}
    here, there = (prepare(Spec.of(**settings, device=device)) for device in ("cpu", "cuda"))
    assert there.workers(4) == there.processes(4) == 1
    assert here.workers(4) == 4
    assert here.budget == CACHE_BYTES < there.budget == devices.CUDA_BYTES
    assert len(there.batches) < len(here.batches)
    assert there.candidates == here.candidates


def test_a_batch_beyond_the_gpu_is_refused_before_it_runs(gpu, monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (0, 2 * 2**20))
    with pytest.raises(SettingError, match=r"^memory unset: a batch would take about \d+ MiB, but the GPU has 2 MiB"):
        prepare(Spec.of(**{**SMALL, "seeds": 500}, device="cuda"))
    plan = prepare(Spec.of(**{**SMALL, "seeds": 500}, device="cuda", memory="1MiB"))
    assert len(plan.batches) > 1


def test_on_a_cluster_cuda_is_refused_and_auto_is_the_processor(gpu):
    pytest.importorskip("distributed")
    cluster = engine(None, "dask")
    with pytest.raises(SettingError, match=r"^device cuda: .*not by the workers of a cluster"):
        prepare(Spec.of(**SMALL, device="cuda"), cluster)
    long = Spec.of(**{**SMALL, "model": "mlp:512,512", "steps": 20_000})
    assert prepare(long, cluster).spec.device == "cpu"


def test_full_memory_is_not_taken_for_a_model_that_cannot_be_batched(monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(derivative_check, "fault", full)
    factory, dataset = MODELS["tied weights"]
    spec = Spec.of(**{**SMALL, "model": factory, "dtype": "float64"})
    with pytest.raises(torch.OutOfMemoryError):
        probe(spec, dataset, ProbeTask(batches(spec, configurations(spec), 1)[0], (2,)))


def test_generators_of_gpus_are_the_callers(monkeypatch):
    seeded = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    torch.manual_seed(0)
    assert seeded == [0]
    ls.screen(**SMALL, device="cpu")
    assert seeded == [0]


def switches():
    """Return how torch's switches stand, by the names that users know."""
    return (
        torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.deterministic,
        torch.get_float32_matmul_precision(), torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32,
    )  # fmt: skip


@pytest.mark.parametrize("precision", ["highest", "high"])
def test_full_memory_of_a_gpu_is_told_and_switches_are_put_back(precision):
    torch.set_float32_matmul_precision(precision)
    try:
        before, inside = switches(), []

        @devices.exact(Spec.of(**SMALL, device="cuda"))
        def work():
            inside.append((torch.backends.cuda.matmul.fp32_precision, torch.backends.cudnn.conv.fp32_precision))
            inside.append((torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.deterministic))
            raise torch.OutOfMemoryError

        with pytest.raises(EnvironmentFailure, match="GPU's memory is full"):
            work()
        assert inside == [("ieee", "ieee"), (True, True)]
        assert switches() == before
        with devices.exact(Spec.of(**SMALL, device="cpu")):
            assert switches() == before
    finally:
        torch.set_float32_matmul_precision("highest")


# Placing: the whole way is gone on torch's meta device, where nothing is computed, and every operation is watched


class Watched(TorchDispatchMode):
    """Refuses an operation on tensors here and on the meta device at once; what comes back from there is zeros."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        tensors = [leaf for leaf in trees.tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        there = [tensor for tensor in tensors if tensor.is_meta]
        if func is aten._local_scalar_dense.default and there:
            return torch.zeros((), dtype=there[0].dtype).item()
        if func is aten._to_copy.default:
            target = kwargs.get("device")
            if there and target is not None and target.type == "cpu":
                return torch.zeros(there[0].shape, dtype=kwargs.get("dtype") or there[0].dtype)
        if func in FROM_ONE_TO_THE_OTHER:
            return func(*args, **kwargs)
        # A number of no dimension may come from the processor, on a GPU too.
        here = [tensor for tensor in tensors if not tensor.is_meta and tensor.dim()]
        if there and here:
            raise AssertionError(f"{func}: {[(str(tensor.device), tuple(tensor.shape)) for tensor in tensors]}")
        # How many a mask picks is not known there: all.
        if func in BY_MASK:
            indexed, indices, *rest = args
            args = (indexed, [index if index is None else everything(index) for index in indices], *rest)
        return func(*args, **kwargs)


def everything(index):
    return torch.arange(len(index), device="meta") if index.is_meta and index.dtype == torch.bool else index


@pytest.fixture
def elsewhere(monkeypatch):
    monkeypatch.setattr(devices, "of", lambda _: torch.device("meta"))
    with Watched():
        yield


def gone_through(spec, dataset):
    """Probe a batch in two legs and train it: an operation across devices raises."""
    (batch,) = batches(spec, configurations(spec), 1)  # one of any size
    first = probe(spec, dataset, ProbeTask(batch, (2,), goes_on=True))
    second = probe(spec, dataset, ProbeTask(batch, (4,), 2, first.states))
    assert second.results[0].final.steps == 4  # places read back are zeros: all is told of the first
    trained = train_batch(spec, dataset, batch, keep=True)
    assert all(isinstance(leaf, np.ndarray) for one in trained for leaf in one.weights.values())


def test_an_operation_across_devices_is_noticed(elsewhere):
    with pytest.raises(AssertionError, match="meta"):
        torch.ones(2) + torch.ones(2, device="meta")


@pytest.mark.parametrize(
    "settings",
    [
        {}, {"loss": "mse"}, {"data": "friedman1"}, {"optimizer": "adam"}, {"optimizer": "momentum", "clip_norm": 1},
        {"schedule": "cosine", "warmup": 2}, {"estimator": "two-trajectory"}, {"kantz_wolf": True, "neighbours": 3},
        {"data": "digits", "model": "cnn", "optimizer": "rmsprop"}, {"act": "gelu", "optimizer": "adamw"},
        {"loss": "bce"},
    ],
    ids=str,
)  # fmt: skip
def test_all_tensors_of_a_probe_lie_on_its_device(settings, elsewhere):
    spec = Spec.of(**{**SMALL, **settings})
    gone_through(spec, data.load(spec))


@pytest.mark.parametrize("name", MODELS)
def test_all_tensors_of_a_users_model_lie_on_its_device(name, elsewhere):
    factory, dataset = MODELS[name]
    spec = Spec.of(**{**SMALL, "model": factory, "batch_size": 8, "dtype": "float64"})
    gone_through(spec, dataset)


def test_all_tensors_of_range_test_and_spectrum_lie_on_their_device(elsewhere):
    spec = Spec.of(**{**SMALL, "optimizer": "momentum"})
    assert range_test(spec, data.load(spec), "tanh", ()) is None  # a loss of zeros falls nowhere
    found = leading_exponents(Spec.of(**{**SMALL, "lr": "0.1", "optimizer": "momentum"}), 2)
    assert len(found.exponents) == 2


# On a real one


@needs_gpu
@pytest.mark.parametrize("settings", [{}, {"data": "digits", "model": "cnn"}, {"optimizer": "adam", "lr": "1e-3:0.1"}])
def test_a_gpu_ranks_as_the_processor_does_within_intervals(settings):
    common = {"data": "moons", "act": "relu,tanh", "lr": "0.01:1", "steps": 60, **settings}
    here, there, again = (ls.screen(**common, device=device) for device in ("cpu", "cuda", "cuda"))
    assert there.csv() == again.csv()
    rows = {row.configuration: row for row in there.ranking.rows}
    for row in here.ranking.rows:
        other = rows[row.configuration]
        assert row.regime == other.regime
        if row.effective is not None:
            assert row.effective_low <= other.effective <= row.effective_high
