"""Frozen weights stay as they are, in every position, and the rest trains as in PyTorch."""

import copy

import pytest
import torch
from torch import nn

from tests.helpers.networks import CLASSES, data
from tests.helpers.plain_training import built, initial, plainly_trained, trained
from tests.helpers.user_modules import (
    Own,
    frozen,
    normalized,
)


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
