"""What is refused of a network by name, and which precisions are told of."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from lyapscreen.errors import ModelError
from tests.helpers.networks import CLASSES, data
from tests.helpers.plain_training import built
from tests.helpers.user_modules import (
    small,
)


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
