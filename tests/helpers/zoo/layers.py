"""Networks of common layers: convolutions, norms, gates, parametrizations, mixtures."""

import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize

from tests.helpers.zoo.case import CLASSES, INPUTS, Body, Case, Head


def mlp(activation):
    return nn.Sequential(nn.Linear(INPUTS, 5), activation(), nn.Linear(5, 5), activation(), nn.Linear(5, CLASSES))


class Residual(nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.inner, self.norm, self.act = nn.Linear(INPUTS, INPUTS), nn.LayerNorm(INPUTS), activation()

    def forward(self, x):
        return x + self.act(self.inner(self.norm(x)))


def conv(activation):
    return nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.GroupNorm(2, 4), activation(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 2), activation(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, CLASSES),
    )  # fmt: skip


class SqueezeExcite(nn.Module):
    """MobileNetV3's block: depthwise convolution, hardswish, and a gate by hardsigmoid."""

    def __init__(self, activation):
        super().__init__()
        self.expand, self.norm = nn.Conv2d(2, 4, 1, bias=False), nn.BatchNorm2d(4)
        self.depthwise = nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.squeeze, self.excite, self.act = nn.Conv2d(4, 2, 1), nn.Conv2d(2, 4, 1), activation()

    def forward(self, x):
        h = nn.functional.hardswish(self.norm(self.expand(x)))
        h = self.depthwise(h)
        gate = nn.functional.hardsigmoid(self.excite(self.act(self.squeeze(h.mean((2, 3), keepdim=True)))))
        return (h * gate).mean((2, 3))


class SqueezeExciteOfLayers(SqueezeExcite):
    """The same by layers, as torchvision has it."""

    def __init__(self, activation):
        super().__init__(activation)
        self.swish, self.gate = nn.Hardswish(), nn.Hardsigmoid(inplace=True)

    def forward(self, x):
        h = self.depthwise(self.swish(self.norm(self.expand(x))))
        return (h * self.gate(self.excite(self.act(self.squeeze(h.mean((2, 3), keepdim=True)))))).mean((2, 3))


class Frozen(nn.BatchNorm1d):
    """BatchNorm that is never in training mode."""

    def train(self, mode=True):
        return super().train(False)


def norm(kind, **settings):
    def factory(activation):
        return nn.Sequential(
            nn.Linear(INPUTS, 5, bias=False), kind(5, **settings), activation(), nn.Linear(5, CLASSES)
        )  # fmt: skip

    return factory


def instance_norm(activation):
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, bias=False), nn.InstanceNorm2d(3, affine=True, track_running_stats=True), activation(),
        nn.Flatten(), nn.Linear(48, CLASSES),
    )  # fmt: skip


def dropouts(activation):
    return nn.Sequential(
        nn.Conv2d(2, 4, 3), activation(), nn.Dropout2d(0.3), nn.Flatten(), nn.Dropout(0.2), nn.Linear(64, 8),
        activation(), nn.AlphaDropout(0.1), nn.Linear(8, CLASSES),
    )  # fmt: skip


class Gated(nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.value, self.gate, self.act = nn.Linear(INPUTS, 5), nn.Linear(INPUTS, 5), activation()
        self.bilinear = nn.Bilinear(5, INPUTS, 4)

    def forward(self, x):
        return self.bilinear(self.act(self.value(x)) * torch.sigmoid(self.gate(x)), x)


class Mixture(nn.Module):
    """Each row goes to the two experts that its router likes best."""

    def __init__(self, activation):
        super().__init__()
        self.router = nn.Linear(INPUTS, 3)
        self.experts = nn.ModuleList(nn.Sequential(nn.Linear(INPUTS, 4), activation()) for _ in range(3))

    def forward(self, x):
        best = self.router(x).topk(2, dim=1)
        every = torch.stack([expert(x) for expert in self.experts], 1)
        chosen = every.gather(1, best.indices[..., None].expand(-1, -1, every.shape[2]))
        return (best.values.softmax(1)[..., None] * chosen).sum(1)


class TiedCoder(nn.Module):
    """A decoder that is the encoder's transpose."""

    def __init__(self, activation):
        super().__init__()
        self.weight, self.act = nn.Parameter(torch.randn(4, INPUTS) / 3), activation()

    def forward(self, x):
        return self.act(x @ self.weight.T) @ self.weight


class Twice(nn.Module):
    """One layer, registered under two names and used twice."""

    def __init__(self, activation):
        super().__init__()
        self.first, self.act = nn.Linear(INPUTS, INPUTS), activation()
        self.again, self.act_again = self.first, self.act

    def forward(self, x):
        return self.act_again(self.again(self.act(self.first(x))))


class LowRank(nn.Module):
    """LoRA: a frozen layer, and a correction of rank one that is trained."""

    def __init__(self, activation):
        super().__init__()
        self.base, self.act = nn.Linear(INPUTS, 5).requires_grad_(False), activation()
        self.down, self.up = nn.Parameter(torch.randn(1, INPUTS) / 3), nn.Parameter(torch.randn(5, 1) / 3)

    def forward(self, x):
        return self.act(self.base(x) + x @ self.down.T @ self.up.T)


class Squared(nn.Module):
    """A parametrization of the user's: weights that are squares."""

    def forward(self, w):
        return w.square()


def squares(activation):
    layer = nn.Linear(INPUTS, 5)
    parametrize.register_parametrization(layer, "weight", Squared())
    return nn.Sequential(layer, activation(), nn.Linear(5, CLASSES))


def parametrized(wrap):
    return lambda activation: nn.Sequential(wrap(nn.Linear(INPUTS, 5)), activation(), nn.Linear(5, CLASSES))


def orthogonal(layer):
    # Householder's, the default, truncates a diagonal of ones to whole numbers: it has no derivative where it starts.
    return parametrizations.orthogonal(layer, orthogonal_map="matrix_exp")


def rank_of(h):
    return h.sort(dim=1).values.cumsum(1) / (1 + h.logsumexp(1, keepdim=True).abs())


class Unused(Body):
    """A weight that no step uses: torch's optimizers leave it as it is, decay and all."""

    def __init__(self, activation):
        super().__init__(activation)
        self.unused = nn.Linear(4, 4)


def lazy(activation):
    return nn.Sequential(nn.LazyLinear(5), activation(), nn.LazyLinear(CLASSES))


CASES = {
    "mlp": Case(mlp),
    "residual": Case(lambda a: Head(nn.Sequential(Residual(a), Residual(a)), INPUTS)),
    "convolutions": Case(conv, "images"),
    "mobilenet block of layers": Case(lambda a: Head(SqueezeExciteOfLayers(a), 4), "images"),
    "mobilenet block": Case(lambda a: Head(SqueezeExcite(a), 4), "images", refusal="hardsigmoid"),
    "batch norm": Case(norm(nn.BatchNorm1d)),
    "batch norm, frozen": Case(norm(Frozen)),
    "batch norm, no statistics": Case(norm(nn.BatchNorm1d, track_running_stats=False)),
    "batch norm, cumulative": Case(norm(nn.BatchNorm1d, momentum=None)),
    "instance norm": Case(instance_norm, "images"),
    "dropouts": Case(dropouts, "images"),
    "gates": Case(lambda a: Head(Gated(a), 4)),
    "mixture of experts": Case(lambda a: Head(Mixture(a), 4)),
    "tied autoencoder": Case(lambda a: Head(TiedCoder(a), INPUTS)),
    "layer used twice": Case(lambda a: Head(Twice(a), INPUTS)),
    "low-rank adapter": Case(lambda a: Head(LowRank(a), 5)),
    "sort and cumsum": Case(lambda a: Body(a, rank_of)),
    "orthogonal": Case(parametrized(orthogonal)),
    "weight norm": Case(parametrized(parametrizations.weight_norm), refusal="weight_norm|parametri"),
    "spectral norm": Case(parametrized(parametrizations.spectral_norm), refusal="spectral norm"),
    "own parametrization": Case(squares),
    "unused weight": Case(Unused),
    "lazy": Case(lazy, refusal="lazy"),
}
