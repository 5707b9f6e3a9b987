"""Which generators may fix initial weights, and what else a factory or a loss may not do."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from lyapscreen.errors import ModelError, SettingError
from lyapscreen.probe.inspection import inspect
from lyapscreen.training.losses import objective
from lyapscreen.training.mlp_derivatives import mlp_derivatives
from tests.helpers.networks import CLASSES, data, spec
from tests.helpers.plain_training import built
from tests.helpers.user_modules import (
    small,
)


def from_numpy(activation):
    module = small(activation)
    module[0].weight.data.copy_(torch.from_numpy(np.random.randn(8, 6)))
    return module


def from_python(activation):
    module = small(activation)
    module[2].bias.data.fill_(random.gauss(0, 1))
    return module


def a_choice(activation):
    return small(activation) if random.random() < 0.5 else small(nn.ReLU)


def of_its_own_seed(activation):
    np.random.seed(5)
    random.seed(5)
    return from_python(lambda: from_numpy(activation)[1])


@pytest.mark.parametrize(
    ("factory", "which"), [(from_numpy, "NumPy's"), (from_python, "Python's"), (a_choice, "Python's")]
)
def test_weights_from_other_generators_are_refused(factory, which):
    before = random.getstate(), np.random.get_state()[1].copy()
    with pytest.raises(ModelError, match=f"different networks: it draws from {which} generator"):
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
