"""One activation layer in several places is replaced in all of them."""

import copy

import pytest
import torch
from torch import nn

from lyapscreen.training.activations import Activation
from lyapscreen.training.substitution import Substitution
from tests.helpers.networks import CLASSES, data
from tests.helpers.plain_training import built, initial, plainly_trained, trained
from tests.helpers.user_modules import (
    SharedBlock,
)


def substitution(module, shape=(6,)):
    rows = torch.randn(4, *shape, generator=torch.Generator().manual_seed(0))
    return Substitution.of(module, rows, lambda network, inputs: network(inputs))


def shared_in_a_row():
    act = nn.ReLU()
    return nn.Sequential(nn.Linear(6, 8), act, nn.Linear(8, 8), act, nn.Linear(8, CLASSES))


class SharedUnderTwoNames(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, CLASSES)
        self.first = self.second = nn.GELU()

    def forward(self, x):
        return self.c(self.second(self.b(self.first(self.a(x)))))


class SharedInADict(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.ELU()
        self.parts = nn.ModuleDict({"in": nn.Linear(6, 8), "act": self.act, "out": nn.Linear(8, CLASSES)})

    def forward(self, x):
        return self.parts["out"](self.parts["act"](self.parts["in"](x)))


class SharedWithItself(nn.Module):
    """Called three times under one name."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.act = nn.Linear(6, 6), nn.Linear(6, CLASSES), nn.Tanh()

    def forward(self, x):
        return self.b(self.act(self.a(self.act(self.a(self.act(x))))))


SHARED = (shared_in_a_row, SharedUnderTwoNames, SharedBlock, SharedInADict, SharedWithItself)


def separated(module):
    """The same network with a fresh sigmoid, put there by hand, wherever it has an activation."""
    module = copy.deepcopy(module)
    for parent in module.modules():
        for key, child in list(parent._modules.items()):
            if isinstance(child, nn.ReLU | nn.GELU | nn.SiLU | nn.ELU | nn.Tanh):
                parent._modules[key] = nn.Sigmoid()
    return module


@pytest.mark.parametrize("make", SHARED, ids=lambda make: make.__name__)
def test_a_layer_in_several_places_is_replaced_in_all(make):
    module = make()
    made = Activation("sigmoid")
    changed = copy.deepcopy(module)
    substitution(module).apply(changed, made)
    assert made.calls == 1
    assert len({id(layer) for layer in changed.modules() if isinstance(layer, nn.Sigmoid)}) == 1
    x = torch.randn(5, 6)
    assert torch.equal(changed(x), separated(module)(x))
    assert not torch.equal(changed(x), module(x))


@pytest.mark.parametrize("make", SHARED, ids=lambda make: make.__name__)
def test_it_trains_as_the_network_with_those_layers(make):
    module, sample = make(), data((6,))
    found = trained(module, sample, act="sigmoid")
    start = initial(built(module, sample, act="sigmoid"))
    after, losses = plainly_trained(separated(module), start, sample)
    assert [loss for _, loss in found.curve] == pytest.approx(losses, rel=1e-10)
    for key, values in after.state_dict().items():
        assert torch.allclose(torch.from_numpy(found.weights[key]), values, rtol=0, atol=1e-12)
