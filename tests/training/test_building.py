"""How networks are built: lazy layers, wrappers, what cannot be copied, and what is refused by name."""

import copy
import random
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from lyapscreen.errors import ModelError, SettingError
from lyapscreen.probe.inspection import inspect
from lyapscreen.training.losses import objective
from lyapscreen.training.mlp_derivatives import mlp_derivatives
from tests.helpers.networks import CLASSES, data, spec
from tests.helpers.plain_training import built, initial, plainly_trained, trained


def small(activation=nn.Tanh):
    return nn.Sequential(nn.Linear(6, 8), activation(), nn.Linear(8, CLASSES))


class Returning(nn.Sequential):
    """Its `train` returns nothing, and keeps a layer in evaluation mode."""

    def train(self, mode=True):
        super().train(mode)
        self[1].eval()

    def eval(self):
        self.train(False)


def returning(activation):
    return Returning(nn.Linear(6, 8), nn.BatchNorm1d(8), activation(), nn.Linear(8, CLASSES))


class Locked(nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.net, self.lock = small(activation), threading.Lock()

    def forward(self, x):
        with self.lock:
            return self.net(x)


class Streaming(Locked):
    def __init__(self, activation):
        super().__init__(activation)
        self.rows = (row for row in range(3))


def pruned(activation):
    prune.l1_unstructured(module := nn.Linear(6, 8), "weight", 0.5)
    return nn.Sequential(module, activation(), nn.Linear(8, CLASSES))


class WithClosure(nn.Sequential):
    """Its `forward` is a function that holds on to the module itself."""

    def __init__(self, activation=nn.Tanh):
        super().__init__(nn.Linear(6, 8), nn.BatchNorm1d(8), activation(), nn.Linear(8, CLASSES))
        plain = super().forward
        self.forward = lambda x: plain(x) * 2


NOT_COPIED = {"lock": Locked, "generator": Streaming, "pruning": pruned, "closure": WithClosure, "train": returning}


@pytest.mark.parametrize("name", NOT_COPIED)
def test_a_factory_may_make_what_cannot_be_copied(name):
    factory, sample = NOT_COPIED[name], data((6,))
    inspect(spec(factory), sample)
    found = trained(factory, sample)
    _, losses = plainly_trained(factory(nn.Tanh), initial(built(factory, sample)), sample)
    assert [loss for _, loss in found.curve] == pytest.approx(losses, rel=1e-10)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Locked, "cannot be copied for each seed: cannot pickle '_thread.lock' object"),
        (Streaming, "cannot be copied for each seed: cannot pickle '.*' object"),
        (pruned, "cannot be copied for each seed: Only Tensors created explicitly"),
        (WithClosure, "replaced forward of the module holds on to layers of the original"),
        (lambda act: with_hook(small(act)), "forward hook of its layer 0 holds on to layers of the original"),
    ],
)  # fmt: skip
def test_a_finished_module_that_cannot_be_copied_is_refused(make, message):
    with pytest.raises(ModelError, match=f"{message}.*[Ff]actory"):
        built(make(nn.ReLU), data((6,)))


def with_hook(module):
    last = module[2]
    module[0].register_forward_hook(lambda layer, given, output: output + last.bias.sum())
    return module


def test_methods_as_hooks_and_forwards_are_copied_with_their_module():
    class Doubling(nn.Sequential):
        def twice(self, x):
            return 2 * nn.Sequential.forward(self, x)

    module = Doubling(*small(nn.ReLU))
    module.forward = module.twice
    found = built(module, data((6,)), init="keep")
    assert found.module.forward.__self__ is found.module


class Lazy(nn.Module):
    def __init__(self, activation=nn.ReLU):
        super().__init__()
        self.inner, self.norm, self.act = nn.LazyLinear(8), nn.LazyBatchNorm1d(), activation()
        self.out = nn.LazyLinear(CLASSES)

    def forward(self, x):
        return self.out(self.act(self.norm(self.inner(x))))


@pytest.mark.parametrize("model", [Lazy, Lazy()], ids=["factory", "finished"])
def test_lazy_layers_get_their_sizes_from_the_data(model):
    sample = data((6,))
    found = trained(model, sample)
    first = built(model, sample, seeds=(3, 4))
    assert "lazy layers have their sizes from 4 rows" in str(first.notices)
    assert not torch.equal(*first.weights["inner.weight"])
    assert float(first.buffers["norm.running_mean"].abs().max()) == 0
    module = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, CLASSES))
    names = {"inner": "0", "norm": "1", "out": "3"}
    start = {f"{names[key.partition('.')[0]]}.{key.partition('.')[2]}": w for key, w in initial(first).items()}
    _, losses = plainly_trained(module, start, sample)
    assert [loss for _, loss in found.curve] == pytest.approx(losses, rel=1e-10)


def test_a_lazy_layer_out_of_reach_is_refused():
    module = Lazy()
    module.spare = nn.LazyLinear(3)
    with pytest.raises(ModelError, match="a lazy layer that its forward pass does not reach"):
        built(module, data((6,)))


def compiled(module):
    return torch.compile(module, backend="eager")


def compiled_in_place(module):
    module.compile(backend="eager")
    return module


class Holding(nn.Module):
    """A wrapped network inside another."""

    def __init__(self, wrap, activation=nn.Tanh):
        super().__init__()
        self.body, self.act, self.head = wrap(small(activation)), activation(), nn.Linear(CLASSES, CLASSES)

    def forward(self, x):
        return self.head(self.act(self.body(x)))


WRAPPED = {
    "DataParallel": (nn.DataParallel, "DataParallel is left out"),
    "compiled": (compiled, "torch.compile is left out"),
    "compiled in place": (compiled_in_place, "torch.compile is left out"),
    "both": (lambda module: nn.DataParallel(compiled(module)), "torch.compile is left out"),
    "inside, DataParallel": (lambda module: Holding(nn.DataParallel), "DataParallel is left out"),
    "inside, compiled": (lambda module: Holding(compiled), "torch.compile is left out"),
}


@pytest.mark.parametrize("finished", [False, True], ids=["factory", "finished"])
@pytest.mark.parametrize("name", WRAPPED)
def test_wrappers_are_taken_off_and_their_names_kept(name, finished):
    wrap, notice = WRAPPED[name]
    made = wrap(small())
    model = made if finished else lambda activation: wrap(small())
    found = built(model, data((6,)))
    assert notice in str(found.notices)
    assert list(found.state_dict_names) == list(made.state_dict())
    kinds = {type(layer).__name__ for layer in found.module.modules()}
    assert not kinds & {"DataParallel", "OptimizedModule"}
    made.load_state_dict(initial(found))
    if finished:
        assert type(made) is type(wrap(small()))
        assert [type(layer) for layer in made.modules()] == [type(layer) for layer in wrap(small()).modules()]


def test_a_network_spread_over_devices_is_refused():
    module = nn.DataParallel(small())
    module.device_ids = [0, 1]
    with pytest.raises(ModelError, match="it is spread over several devices"):
        built(module, data((6,)))


@pytest.mark.filterwarnings("ignore")
def test_a_distributed_network_is_unwrapped(tmp_path):
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        made = nn.parallel.DistributedDataParallel(small())
        found = built(made, data((6,)))
        assert list(found.state_dict_names) == list(made.state_dict())
        assert "DistributedDataParallel is left out" in str(found.notices)
    finally:
        torch.distributed.destroy_process_group()


def hooked(module):
    module[0].weight.register_hook(lambda gradient: gradient.clamp(-0.01, 0.01))
    return module


def hooked_after(module):
    module[2].bias.register_post_accumulate_grad_hook(lambda weight: None)
    return module


class Complex(nn.Module):
    def __init__(self, activation=nn.Tanh):
        super().__init__()
        self.turn, self.out = nn.Parameter(torch.randn(6, dtype=torch.complex64)), small(activation)

    def forward(self, x):
        return self.out((x * self.turn).real)


def tokens(layer):
    return nn.Sequential(layer, nn.Flatten(), nn.LazyLinear(CLASSES))


REFUSED = {
    "hook": (lambda: hooked(small()), "its weight 0.weight has a hook"),
    "hook after accumulation": (lambda: hooked_after(small()), "its weight 2.bias has a hook"),
    "complex": (Complex, "its weight turn is complex"),
    "scripted": (lambda: torch.jit.script(small()), "it is compiled by torch.jit"),
    "traced inside": (
        lambda: nn.Sequential(torch.jit.trace(nn.Linear(6, 4), torch.zeros(1, 6)), nn.ReLU(), nn.Linear(4, CLASSES)),
        "its layer 0 is compiled by torch.jit",
    ),
    "sparse embedding": (lambda: tokens(nn.Embedding(11, 4, sparse=True)), "its layer 0 has sparse gradients"),
    "sparse bag": (lambda: tokens(nn.EmbeddingBag(11, 4, sparse=True)), "its layer 0 has sparse gradients"),
    "meta": (lambda: small().to("meta"), "its weight 0.weight is on the meta device"),
    "frozen": (lambda: small().requires_grad_(False), "no weights to train"),
}


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
@pytest.mark.parametrize("finished", [False, True], ids=["factory", "finished"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_trained_as_it_is_is_refused_by_name(name, finished):
    make, message = REFUSED[name]
    model = make() if finished else lambda activation: make()
    with pytest.raises(ModelError, match=message):
        built(model, data((5,), tokens=11) if name.startswith("sparse") else data((6,)))


def copying(module):
    return lambda activation: copy.deepcopy(module)


@pytest.mark.parametrize(
    ("module", "dtype", "message"),
    [
        (small().bfloat16(), "float32", "its weights are bfloat16; they are trained in float32 here"),
        (small().half(), "float64", "its weights are float16; they are trained in float64 here"),
        (small().double(), "float32", "its weights are float64; they are trained in float32 here; --dtype float64"),
        (nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3).bfloat16()), "float32", "bfloat16 and float32;"),
    ],
)
def test_another_precision_is_said(module, dtype, message):
    sample = data((6,))
    sample = replace(sample, x_train=sample.x_train.astype(dtype), x_held_out=sample.x_held_out.astype(dtype))
    found = built(copying(module), sample, dtype=dtype)
    assert message in str(found.notices)
    assert {w.dtype for w in found.weights.values()} == {getattr(torch, dtype)}
    assert "trained in" not in str(built(small(), data((6,)), dtype="float64").notices)


def test_complex_buffers_stay_complex():
    module = small()
    module.register_buffer("turn", torch.polar(torch.ones(4), torch.arange(4.0)))
    assert built(module, data((6,))).buffers["turn"].dtype == torch.complex128


def from_numpy(activation):
    module = small(activation)
    module[0].weight.data.copy_(torch.from_numpy(np.random.randn(8, 6)))
    return module


def from_python(activation):
    module = small(activation)
    module[2].bias.data.fill_(random.gauss(0, 1))
    return module


def a_choice(activation):
    return small(activation) if random.random() < 2 else small(nn.ReLU)


def of_its_own_seed(activation):
    np.random.seed(5)
    random.seed(5)
    return from_python(lambda: from_numpy(activation)[1])


@pytest.mark.parametrize(
    ("factory", "which"), [(from_numpy, "NumPy's"), (from_python, "Python's"), (a_choice, "Python's")]
)
def test_weights_from_other_generators_are_refused(factory, which):
    before = random.getstate(), np.random.get_state()[1].copy()
    with pytest.raises(ModelError, match=f"different weights: it draws from {which} generator"):
        built(factory, data((6,)))
    assert random.getstate() == before[0]
    assert np.array_equal(np.random.get_state()[1], before[1])


def test_a_factory_that_seeds_the_other_generators_itself_is_taken():
    before = random.getstate()
    one, two = (built(of_its_own_seed, data((6,))) for _ in range(2))
    assert all(torch.equal(weights, two.weights[key]) for key, weights in one.weights.items())
    assert random.getstate() == before


def test_a_factory_that_seeds_torch_itself_is_told_of():
    def factory(activation):
        torch.manual_seed(0)
        return small(activation)

    assert "calls torch.manual_seed" in str(built(factory, data((6,))).notices)
    assert not built(small, data((6,))).notices


def test_networks_that_differ_between_seeds_are_refused():
    def factory(activation):
        return nn.Sequential(
            nn.Linear(6, width := 4 + int(torch.randint(9, ()))), activation(), nn.Linear(width, CLASSES)
        )

    with pytest.raises(ModelError, match="other names or shapes from one seed to the next"):
        built(factory, data((6,)), seeds=range(5))


def frozen_bias(module):
    module[0].bias.requires_grad_(False)
    return module


def forward_replaced(module):
    module[2].forward = lambda x: torch.zeros(len(x), CLASSES)
    return module


@pytest.mark.parametrize(
    "change",
    [
        frozen_bias,
        forward_replaced,
        lambda m: m[0].register_forward_hook(lambda *_: None) and m,
        lambda m: m[1].register_forward_pre_hook(lambda *_: None) and m,
        lambda m: m.register_full_backward_hook(lambda *_: None) and m,
        lambda m: m[2].register_full_backward_pre_hook(lambda *_: None) and m,
    ],
)
def test_derivatives_are_written_out_for_plain_layers_alone(change):
    assert mlp_derivatives(small(), torch.nn.functional.mse_loss) is not None
    assert mlp_derivatives(change(small()), torch.nn.functional.mse_loss) is None


class Weighted(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.log_scale = nn.CrossEntropyLoss(), nn.Parameter(torch.zeros(()))

    def forward(self, outputs, targets):
        return self.inner(outputs, targets) * self.log_scale.exp()


def test_a_loss_with_weights_of_its_own_is_refused():
    with pytest.raises(SettingError, match="loss Weighted: it has weights of its own, which would never be trained"):
        inspect(spec(small, loss=Weighted()), data((6,)))
    assert objective(nn.CrossEntropyLoss(weight=torch.ones(CLASSES)), "classification", CLASSES).outputs is None
    assert objective(Weighted().requires_grad_(False), "classification", CLASSES).outputs is None
