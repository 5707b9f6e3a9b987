"""Finished modules: frozen weights stay, the others are drawn anew where that reproduces what the module holds."""

import copy
import math

import pytest
import torch
from torch import nn

from lyapscreen.errors import ModelError
from lyapscreen.spec.seeds import named_seed
from lyapscreen.training.initialization import Initialization
from tests.helpers.networks import CLASSES, data
from tests.helpers.plain_training import SEED, built, initial, plainly_trained, trained


def layers(width=64):
    return nn.Sequential(nn.Linear(6, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, CLASSES))


def drawn_by(function, make=layers):
    """A module whose linear weights a function has drawn, as `module.apply(init)` does."""
    torch.manual_seed(0)
    module = make()
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.Linear):
                function(layer)
    return module


class Own(nn.Module):
    """It draws the weights of its layers itself, in a reset_parameters of its own."""

    def __init__(self, act=nn.ReLU):
        super().__init__()
        self.a, self.act, self.b, self.scale = (
            nn.Linear(6, 64),
            act(),
            nn.Linear(64, CLASSES),
            nn.Parameter(torch.ones(1)),
        )
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.ones_(self.scale)
        for layer in (self.a, self.b):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        return self.b(self.scale * self.act(self.a(x)))


class TiedToTheFirst(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.act = nn.Embedding(11, 30), nn.ReLU()
        self.inner, self.out = nn.Linear(30, 30), nn.Linear(30, 11, bias=False)
        self.out.weight = self.embedding.weight

    def forward(self, x):
        return self.out(self.act(self.inner(self.embedding(x)).mean(1)))[:, :CLASSES]


class TiedToTheLast(TiedToTheFirst):
    def __init__(self):
        super().__init__()
        self.embedding, self.out = nn.Embedding(11, 30), nn.Linear(30, 11, bias=False)
        self.embedding.weight = self.out.weight


def normalized(width=32):
    return nn.Sequential(nn.Linear(6, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, CLASSES))


def attentive():
    layer = nn.TransformerEncoderLayer(8, 2, 16, activation=nn.ReLU(), batch_first=True, dropout=0.0)
    return nn.Sequential(nn.Unflatten(1, (3, 2)), nn.Linear(2, 8), layer, nn.Flatten(), nn.Linear(24, CLASSES))


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


@pytest.mark.parametrize("seed", range(4))
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


def frozen(*which):
    module = layers(8)
    with torch.no_grad():
        for place, weight in enumerate(module.parameters()):
            if place in which:
                weight.fill_(0.25 + place)
                weight.requires_grad_(False)
    return module


class FrozenInside(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = frozen(*range(6))
        self.head = nn.Linear(CLASSES, CLASSES)

    def forward(self, x):
        return self.head(self.body(x / 10))


def frozen_statistics():
    module = normalized()
    module[1].weight.requires_grad_(False)
    module[1].bias.requires_grad_(False)
    module[1].running_mean.fill_(0.3)
    module[1].running_var.fill_(4.0)
    return module


class Pretrained(nn.Module):
    def __init__(self):
        super().__init__()
        table = torch.randn(11, 8, generator=torch.Generator().manual_seed(0)) * 3
        self.embedding = nn.Embedding.from_pretrained(table)
        self.inner, self.act, self.out = nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, CLASSES)

    def forward(self, x):
        return self.out(self.act(self.inner(self.embedding(x).mean(1))))


class OverwritingAll(Own):
    """Its reset_parameters draws a frozen layer as well."""

    def __init__(self):
        super().__init__()
        self.a.weight.data.fill_(0.125)
        self.a.weight.requires_grad_(False)


FROZEN = {
    "first": (lambda: frozen(0, 1), (6,), 0),
    "last": (lambda: frozen(4, 5), (6,), 0),
    "between": (lambda: frozen(2, 3), (6,), 0),
    "biases alone": (lambda: frozen(1, 3, 5), (6,), 0),
    "all but biases": (lambda: frozen(0, 2, 4), (6,), 0),
    "all but the last bias": (lambda: frozen(0, 1, 2, 3, 4), (6,), 0),
    "in a module": (FrozenInside, (6,), 0),
    "batch norm": (frozen_statistics, (6,), 0),
    "pretrained embedding": (Pretrained, (5,), 11),
    "drawn by the outer layer": (OverwritingAll, (6,), 0),
}


@pytest.mark.parametrize(("name", "init"), [*((name, "fresh") for name in FROZEN), ("first", "keep")])
def test_frozen_weights_stay_and_the_rest_trains_as_in_pytorch(name, init):
    make, shape, tokens = FROZEN[name]
    module, sample = make(), data(shape, tokens)
    still = {key: values for key, values in module.state_dict().items() if key not in trainable(module)}
    found = trained(module, sample, act="relu", init=init)
    start = initial(built(module, sample, act="relu", init=init))
    for key, values in still.items():
        assert torch.equal(start[key], values.to(start[key].dtype))
    substituted = copy.deepcopy(module)
    for parent in substituted.modules():
        for key, child in parent._modules.items():
            if isinstance(child, nn.Tanh):
                parent._modules[key] = nn.ReLU()
    after, losses = plainly_trained(substituted, start, sample)
    assert [loss for _, loss in found.curve] == pytest.approx(losses, rel=1e-10)
    for key, values in after.state_dict().items():
        assert torch.allclose(torch.from_numpy(found.weights[key]), values, rtol=0, atol=1e-10)


def trainable(module):
    """Names of the weights to train, and of what is updated or drawn with them."""
    names = {key for key, weight in module.named_parameters() if weight.requires_grad}
    homes = {key.rpartition(".")[0] for key in names}
    return names | {key for key, _ in module.named_buffers() if key.rpartition(".")[0] in homes}
