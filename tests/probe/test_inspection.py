"""What is said of a model before it is probed, and which cannot be."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from lyapscreen.errors import ModelError
from lyapscreen.probe.inspection import inspect
from tests.helpers.networks import CLASSES, MODELS, Recurrent, Tied, data, spec


def test_the_ways_to_the_tangent_are_said():
    def warnings(name):
        return inspect(spec(MODELS[name][0]), MODELS[name][1]).warnings

    assert warnings("gru") == ()
    assert "one by one" in warnings("one by one")[0]
    assert warnings("double backward") == ()


class Drawing(nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.inner, self.f = nn.Linear(6, CLASSES), activation()

    def forward(self, x):
        return self.f(self.inner(x + 0.1 * torch.randn_like(x)))


class Counting(Drawing):
    calls = 0

    def forward(self, x):
        Counting.calls += 1
        return self.f(self.inner(x)) * Counting.calls


def drawing_and_branching(activation):
    return nn.Sequential(nn.Linear(6, 4), nn.RReLU(), activation(), nn.Linear(4, CLASSES))


def from_numpy(activation):
    layer = nn.Linear(6, CLASSES)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.random.randn(CLASSES, 6)))  # what a user may do
    return nn.Sequential(layer, activation())


class AlwaysDropping(Drawing):
    def forward(self, x):
        return self.f(F.dropout(self.inner(x), 0.2))


REFUSED = {
    "random numbers in a layer torch cannot batch": (
        drawing_and_branching,
        "draws random numbers from torch's global generator, beside torch's dropout",
    ),
    "weights from numpy": (from_numpy, "building it twice from one seed gives different networks"),
    "dropout in evaluation": (AlwaysDropping, "dropout is active in evaluation mode"),
    "random numbers": (Drawing, "draws random numbers from torch's global generator, beside torch's dropout"),
    "state outside": (Counting, "equal calls with the same input give different outputs"),
    "dropout inside a kernel": (
        lambda activation: Recurrent(activation, lambda *a, **k: nn.LSTM(*a, **k, num_layers=2, dropout=0.3)),
        "drawn inside a kernel",
    ),
    "spectral norm": (
        lambda activation: nn.Sequential(
            nn.utils.parametrizations.spectral_norm(nn.Linear(6, 4)), activation(), nn.Linear(4, CLASSES)
        ),
        "reads the buffer .* that it also writes",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_exact_is_refused_by_name(name):
    factory, message = REFUSED[name]
    with pytest.raises(ModelError, match=message):
        inspect(spec(factory), data((4, 2)) if name == "dropout inside a kernel" else data((6,)))


def test_an_activation_without_effect_is_told_of():
    class Fixed(nn.Module):
        def __init__(self, activation):
            super().__init__()
            self.unused, self.inner = activation(), nn.Linear(6, CLASSES)

        def forward(self, x):
            return F.relu(self.inner(x))

    assert any("for every activation" in notice for notice in inspect(spec(Fixed), data((6,))).notices)
    assert not inspect(spec(Tied), data((6,))).notices
