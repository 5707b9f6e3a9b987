"""Which activation layers of a finished module are replaced: hidden ones, and no others."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from lyapscreen.training.substitution import Substitution
from tests.helpers.networks import CLASSES, data
from tests.helpers.plain_training import built


def substitution(module, shape=(6,)):
    rows = torch.randn(4, *shape, generator=torch.Generator().manual_seed(0))
    return Substitution.of(module, rows, lambda network, inputs: network(inputs))


class SqueezeExcitation(nn.Module):
    def __init__(self, gate):
        super().__init__()
        self.inner, self.act = nn.Linear(6, 8), nn.ReLU()
        self.down, self.act_down, self.up, self.gate = nn.Linear(8, 2), nn.ReLU(), nn.Linear(2, 8), gate()
        self.out = nn.Linear(8, CLASSES)

    def forward(self, x):
        h = self.act(self.inner(x))
        return self.out(h * self.gate(self.up(self.act_down(self.down(h)))))


class Gated(nn.Module):
    """A gated linear unit: half of what is computed multiplies the other half."""

    def __init__(self, gate):
        super().__init__()
        self.inner, self.gate, self.act, self.out = nn.Linear(6, 8), gate(), nn.ReLU(), nn.Linear(4, CLASSES)
        self.middle = nn.Linear(4, 4)

    def forward(self, x):
        value, gate = self.inner(x).chunk(2, -1)
        return self.out(self.act(self.middle(self.gate(gate) * value)))


class Cell(nn.Module):
    """A recurrent cell of gates, and a hidden layer after it."""

    def __init__(self):
        super().__init__()
        self.gates, self.sigmoid, self.tanh = nn.Linear(10, 16), nn.Sigmoid(), nn.Tanh()
        self.hidden, self.act, self.out = nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, CLASSES)

    def forward(self, x):
        h = c = x.new_zeros(len(x), 4)
        for _ in range(2):
            i, f, g, o = self.gates(torch.cat([x, h], -1)).chunk(4, -1)
            c = self.sigmoid(f) * c + self.sigmoid(i) * self.tanh(g)
            h = self.sigmoid(o) * self.tanh(c)
        return self.out(self.act(self.hidden(h)))


class LinearAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.feature = nn.Linear(6, 4), nn.Linear(6, 4), nn.Linear(6, 4), nn.ELU()
        self.act, self.out = nn.ReLU(), nn.Linear(4, CLASSES)

    def forward(self, x):
        x = x[:, None]
        q, k = self.feature(self.q(x)) + 1, self.feature(self.k(x)) + 1
        return self.out(self.act((q @ (k.transpose(1, 2) @ self.v(x)))[:, 0]))


class Scaled(nn.Module):
    """A weight, a constant and a mask of the inputs multiply hidden activations: none is a gate."""

    def __init__(self):
        super().__init__()
        self.inner, self.act, self.gamma = nn.Linear(6, 6), nn.ReLU(), nn.Parameter(torch.ones(6))
        self.out = nn.Linear(6, CLASSES)

    def forward(self, x):
        return self.out(2 * self.act(self.inner(x)) * self.gamma.view(1, -1) * (x > 0).to(x.dtype))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.act, self.b = nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, CLASSES)

    def forward(self, x):
        x = x + self.act(self.a(x))
        return self.b(F.layer_norm(x, (6,)))


class MeanAndSpread(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.act, self.positive = nn.Linear(6, 4), nn.Tanh(), nn.Softplus()

    def forward(self, x):
        mean, spread = self.act(self.inner(x)).chunk(2, -1)
        return torch.cat([mean + 0, self.positive(spread)], -1)


class HiddenAndLast(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.act = nn.Linear(6, 6), nn.Linear(6, CLASSES), nn.ReLU()

    def forward(self, x):
        return self.act(self.b(self.act(self.a(x))))


def ended(*last):
    return nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, CLASSES), *last)


ROLES = {
    "sigmoid at the output": (ended(nn.Sigmoid()), ["1"], {"3": "at the output"}),
    "softplus at the output": (ended(nn.Softplus()), ["1"], {"3": "at the output"}),
    "log-softmax at the output": (ended(nn.LogSoftmax(-1)), ["1"], {}),
    "relu at the output": (ended(nn.ReLU()), ["1"], {"3": "at the output"}),
    "through a view": (ended(nn.Tanh(), nn.Unflatten(1, (CLASSES, 1)), nn.Flatten()), ["1"], {"3": "at the output"}),
    "beside another at the output": (MeanAndSpread(), [], {"act": "at the output", "positive": "at the output"}),
    "a hidden layer that is the last as well": (HiddenAndLast(), [], {"act": "at the output, though hidden elsewhere"}),
    "squeeze and excitation": (SqueezeExcitation(nn.Sigmoid), ["act", "act_down"], {"gate": "in a gate"}),
    "with a hard gate": (SqueezeExcitation(nn.Hardsigmoid), ["act", "act_down"], {"gate": "in a gate"}),
    "GLU": (Gated(nn.Sigmoid), ["act"], {"gate": "in a gate"}),
    "SwiGLU": (Gated(nn.SiLU), ["act"], {"gate": "in a gate"}),
    "a recurrent cell": (Cell(), ["act"], {"sigmoid": "in a gate", "tanh": "in a gate"}),
    "linear attention": (LinearAttention(), ["act"], {"feature": "in an attention"}),
    "scales and masks": (Scaled(), ["act"], {}),
    "residual": (Residual(), ["act"], {}),
    "an unused layer": (nn.ModuleList([ended(nn.ReLU())])[0].append(nn.Linear(CLASSES, CLASSES)), ["1", "3"], {}),
    "in a transformer": (
        nn.Sequential(
            nn.Unflatten(1, (3, 2)),
            nn.TransformerEncoderLayer(2, 1, 4, activation=nn.ReLU(), batch_first=True), nn.Flatten(),
            nn.Linear(6, CLASSES),
        ),
        ["1.activation"],
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROLES)
def test_hidden_activations_alone_are_replaced(name):
    module, replaced, left = ROLES[name]
    before = repr(module)
    found = substitution(module)
    assert [name for names in found.replaced for name in names] == replaced
    assert dict(found.left) == left
    assert repr(module) == before


def test_a_layer_out_of_use_is_left_and_said():
    module = Residual()
    module.spare = nn.Sigmoid()
    found = substitution(module)
    assert dict(found.left) == {"spare": "not used"}
    assert found.notices() == (
        "model: activation layers replaced: act",
        "model: activation layers left as they are: spare (not used)",
    )


def test_a_layer_used_in_training_alone_counts():
    class Auxiliary(Residual):
        def __init__(self):
            super().__init__()
            self.side = nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, CLASSES))

        def forward(self, x):
            return super().forward(x) + self.side(x) if self.training else super().forward(x)

    assert [names[0] for names in substitution(Auxiliary()).replaced] == ["act", "side.1"]


def test_notices_of_many_layers_stay_short():
    deep = nn.Sequential(*(part for _ in range(30) for part in (nn.Linear(6, 6), nn.ReLU())), nn.Linear(6, CLASSES))
    (notice,) = substitution(deep).notices()
    assert notice == "model: activation layers replaced: 1, 3, 5, 7, 9, 11, 13, 15 and 22 more"


def test_the_users_own_module_is_not_changed():
    module = nn.Sequential(nn.Linear(6, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, CLASSES)).eval()
    before = {key: values.clone() for key, values in module.state_dict().items()}
    generator = torch.get_rng_state()
    built(module, data((6,)))
    assert torch.equal(torch.get_rng_state(), generator)
    assert all(torch.equal(values, before[key]) for key, values in module.state_dict().items())
    assert not module.training
    assert isinstance(module[2], nn.ReLU)
    assert not module[2]._forward_hooks
