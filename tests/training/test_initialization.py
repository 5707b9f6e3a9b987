"""Finished modules: weights are drawn anew where that reproduces what the module holds."""

import copy
import math

import pytest
import torch
from torch import nn

from lyapscreen.errors import ModelError
from lyapscreen.spec.seeds import named_seed
from lyapscreen.training.initialization import Initialization
from tests.helpers.networks import CLASSES, data
from tests.helpers.plain_training import SEED, built
from tests.helpers.user_modules import (
    Own,
    TiedToTheFirst,
    TiedToTheLast,
    attentive,
    layers,
    normalized,
)


def drawn_by(function, make=layers):
    """A module whose linear weights a function has drawn, as `module.apply(init)` does."""
    torch.manual_seed(0)
    module = make()
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.Linear):
                function(layer)
    return module


REDRAWN = {
    "torch's own": layers,
    "small": lambda: layers(3),
    "its own reset_parameters": Own,
    "batch norm": normalized,
    "attention": attentive,
    "convolutions": lambda: nn.Sequential(
        nn.Unflatten(1, (1, 2, 3)), nn.Conv2d(1, 20, 2), nn.GroupNorm(2, 20), nn.ReLU(), nn.Flatten(),
        nn.Linear(40, CLASSES),
    ),
    "tied to the first": TiedToTheFirst,
    "tied to the last": TiedToTheLast,
    "prelu": lambda: nn.Sequential(nn.Linear(6, 8), nn.PReLU(), nn.Linear(8, CLASSES)),
    "padding": lambda: nn.Sequential(nn.Embedding(40, 20, padding_idx=3), nn.Flatten(), nn.LSTM(20, 8)),
    "double precision": lambda: layers().double(),
    "bfloat16": lambda: layers().bfloat16(),
}  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", REDRAWN)
def test_a_module_as_torch_makes_it_is_redrawn(name, seed):
    torch.manual_seed(seed)
    module = REDRAWN[name]()
    before = {key: values.clone() for key, values in module.state_dict().items()}
    way = Initialization.of(module, "net")
    assert all(torch.equal(values, before[key]) for key, values in module.state_dict().items())
    again = copy.deepcopy(module)
    way.draw(again)
    assert any(not torch.equal(values, before[key]) for key, values in again.state_dict().items())


def test_attention_is_drawn_by_the_order_of_its_constructor():
    """Biases of the inner projection are 0 only if the outer layer is reset after the inner one."""
    found = built(attentive(), data((6,)))
    assert float(found.weights["2.self_attn.out_proj.bias"].abs().max()) == 0


def rescaled(factor):
    return lambda layer: layer.weight.mul_(factor)


OTHER = {
    "normal, 0.02": lambda layer: nn.init.normal_(layer.weight, std=0.02),
    "biases of 0": lambda layer: nn.init.zeros_(layer.bias),
    "constant": lambda layer: nn.init.constant_(layer.weight, 0.1),
    "xavier": lambda layer: nn.init.xavier_uniform_(layer.weight),
    "kaiming normal": lambda layer: nn.init.kaiming_normal_(layer.weight),
    "orthogonal": lambda layer: nn.init.orthogonal_(layer.weight),
    "half of torch's": rescaled(0.5),
    "ten times torch's": rescaled(10.0),
    "truncated": lambda layer: nn.init.trunc_normal_(layer.weight, std=0.02),
    "the last layer 0": lambda layer: layer.out_features == CLASSES and nn.init.zeros_(layer.weight),
}


@pytest.mark.parametrize("name", OTHER)
@pytest.mark.parametrize("width", [16, 64])
def test_another_initialisation_is_refused_by_name(name, width):
    module = drawn_by(OTHER[name], lambda: layers(width))
    with pytest.raises(ModelError, match=r"its weight \d.(weight|bias) holds values of standard deviation .* factory"):
        built(module, data((6,)))
    kept = built(module, data((6,)), init="keep")
    assert all(torch.equal(kept.weights[key][0], w.double()) for key, w in module.named_parameters())


def test_a_trained_module_and_its_statistics_are_refused():
    module = normalized()
    module(torch.randn(20, 6))
    with pytest.raises(ModelError, match=r"its buffer 1.running_mean holds"):
        built(module, data((6,)))
    trained_for_long = layers()
    with torch.no_grad():
        for weight in trained_for_long.parameters():
            weight.add_(0.5)
    with pytest.raises(ModelError, match="not how it was initialised"):
        built(trained_for_long, data((6,)))


class WithoutReset(nn.Module):
    def __init__(self):
        super().__init__()
        self.act, self.free, self.out = nn.ReLU(), nn.Parameter(torch.randn(6, 6)), nn.Linear(6, CLASSES)

    def forward(self, x):
        return self.out(self.act(x @ self.free))


class FailingReset(WithoutReset):
    def reset_parameters(self, std):
        nn.init.normal_(self.free, std=std)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (WithoutReset(), "the layer of its weight free has no reset_parameters that draws it"),
        (nn.Sequential(nn.Linear(6, 6), nn.ReLU(), WithoutReset()), "weight 2.free has no reset_parameters"),
        (FailingReset(), "cannot be drawn anew .*std"),
        (nn.utils.parametrizations.weight_norm(nn.Linear(6, CLASSES)), "weight.original0 has no reset"),
        (
            nn.Sequential(nn.utils.parametrizations.orthogonal(nn.Linear(6, 6)), nn.ReLU(), nn.Linear(6, CLASSES)),
            "0.parametrizations.weight.original has no reset",
        ),
    ],
)  # fmt: skip
def test_weights_that_nothing_draws_are_refused(module, message):
    with pytest.raises(ModelError, match=message):
        built(module, data((6,)))


def test_its_own_initialisation_is_that_of_its_constructor():
    found = built(Own(), data((6,)), seeds=(0, 1))
    for name in ("a.weight", "b.weight"):
        # Four standard errors of the standard deviation of so many normal numbers.
        count = found.weights[name].numel()
        assert float(found.weights[name].std()) == pytest.approx(0.02, rel=4 / math.sqrt(2 * count))
        assert not torch.equal(*found.weights[name])
    assert float(found.weights["a.bias"].abs().max()) == 0
    torch.manual_seed(named_seed(SEED, "weights"))
    made = Own()
    # The constructor has drawn torch's default first, and then its own.
    assert torch.equal(built(Own(), data((6,))).weights["a.weight"][0], made.a.weight.double())
