"""What cannot be copied: a factory is called again, a finished module refused."""

import threading

import pytest
from torch import nn
from torch.nn.utils import prune

from lyapscreen.errors import ModelError
from lyapscreen.probe.inspection import inspect
from tests.helpers.networks import CLASSES, data, spec
from tests.helpers.plain_training import built, initial, plainly_trained, trained
from tests.helpers.user_modules import (
    small,
)


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
