"""What a module keeps from step to step, draws at random, or is wrapped in."""

import random
import warnings

import numpy as np
import torch
from torch import nn
from torch.nn.utils import prune

from tests.helpers.zoo.case import CLASSES, INPUTS, Body, Case


class Assigned(Body):
    """A running mean that forward assigns, and evaluation mode reads."""

    def __init__(self, activation):
        super().__init__(activation)
        self.register_buffer("mean", torch.zeros(5))

    def forward(self, x):
        h = self.act(self.first(x))
        if self.training:
            self.mean = 0.9 * self.mean + 0.1 * h.detach().mean(0)
            return self.out(h)
        return self.out(h - self.mean)


class InPlaceMean(Assigned):
    """The same, written in place."""

    def forward(self, x):
        h = self.act(self.first(x))
        if self.training:
            self.mean.mul_(0.9).add_(0.1 * h.detach().mean(0))
            return self.out(h)
        return self.out(h - self.mean)


class Acting(Assigned):
    """A running mean that the training step reads as well."""

    def forward(self, x):
        h = self.act(self.first(x))
        if self.training:
            self.mean.mul_(0.9).add_(0.1 * h.detach().mean(0))
        return self.out(h - self.mean)


class Counting(Body):
    """A whole-number buffer that counts steps and acts on them."""

    def __init__(self, activation):
        super().__init__(activation)
        self.register_buffer("count", torch.tensor(0))

    def forward(self, x):
        if self.training:
            self.count += 1
        return super().forward(x) * (1 + 0.1 * self.count)


class FirstCall(Body):
    """ActNorm: what the first minibatch is like sets the scale, and a boolean buffer that it has done so."""

    def __init__(self, activation):
        super().__init__(activation)
        self.register_buffer("ready", torch.tensor(False))
        self.register_buffer("scale", torch.ones(5))

    def forward(self, x):
        h = self.first(x)
        if self.training and not self.ready:
            self.scale.copy_(1 / (h.detach().std(0) + 1e-3))
            self.ready.fill_(True)
        return self.out(self.act(h * self.scale))


class Calls(Body):
    """A number that is no buffer."""

    calls = 0

    def forward(self, x):
        if self.training:
            self.calls += 1
        return super().forward(x) / (1 + 0.1 * self.calls)


class Momentum(Body):
    """A slow copy of a layer, updated without gradients (BYOL, MoCo), that the step reads."""

    def __init__(self, activation):
        super().__init__(activation)
        self.slow = nn.Linear(INPUTS, 5).requires_grad_(False)

    def forward(self, x):
        if self.training:
            with torch.no_grad():
                self.slow.weight.lerp_(self.first.weight, 0.1)
        return self.out(self.act(self.first(x)) + 0.1 * self.slow(x))


class Noisy(Body):
    def __init__(self, activation, draw):
        super().__init__(activation)
        self.draw = draw

    def forward(self, x):
        return super().forward(x * self.draw() if self.training else x)


class NoReturn(Body):
    """`train` as many write it: nothing is returned."""

    def train(self, mode=True):  # type: ignore[override]
        super().train(mode)


class Squeezing(Body):
    """Fails on one row alone."""

    def forward(self, x):
        h = self.act(self.first(x)).unsqueeze(2).squeeze()
        return self.out(h.transpose(0, 1).transpose(0, 1)) + h.mean(1, keepdim=True)


class NotANumber(Body):
    def forward(self, x):
        return super().forward(x) + torch.log(-x[:, :1].square() - 1)


class Spectral(nn.Module):
    """A layer in the frequency domain."""

    def __init__(self, activation):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 5, dtype=torch.complex64) / 3)
        self.act, self.out = activation(), nn.Linear(5, CLASSES)

    def forward(self, x):
        return self.out(self.act((torch.fft.rfft(x) @ self.weight).abs()))


class Autocast(Body):
    def forward(self, x):
        with torch.autocast("cpu", torch.bfloat16):
            return super().forward(x).float()


class Mixed(Body):
    """One layer in another precision."""

    def __init__(self, activation):
        super().__init__(activation)
        self.out = self.out.to(torch.bfloat16)

    def forward(self, x):
        return self.out(self.act(self.first(x)).to(self.out.weight.dtype)).to(x.dtype)


def wrapped(wrap):
    return lambda activation: wrap(Body(activation))


def old_weight_norm(activation):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return nn.Sequential(nn.utils.weight_norm(nn.Linear(INPUTS, 5)), activation(), nn.Linear(5, CLASSES))


def used(factory):
    """A finished module that has run once, as one has in a notebook."""

    def build():
        module = factory(nn.Tanh)
        module(torch.ones(2, INPUTS)).sum().backward()
        return module

    return build


def pruned(activation):
    layer = nn.Linear(INPUTS, 5)
    prune.l1_unstructured(layer, "weight", amount=0.4)
    return nn.Sequential(layer, activation(), nn.Linear(5, CLASSES))


def scripted():
    return torch.jit.script(nn.Sequential(nn.Linear(INPUTS, 5), nn.Tanh(), nn.Linear(5, CLASSES)))


CASES = {
    "buffer assigned": Case(Assigned, refusal="buffer"),
    "buffer written in place": Case(InPlaceMean),
    "buffer that acts": Case(Acting, refusal="buffer"),
    "whole-number buffer that acts": Case(Counting, refusal="buffer"),
    "boolean buffer that acts": Case(FirstCall, refusal="buffer"),
    "python state that acts": Case(Calls, refusal="state|calls"),
    "slow copy": Case(Momentum, refusal="slow"),
    "python's random": Case(lambda a: Noisy(a, lambda: 1 + 0.1 * random.random()), refusal="random", must_refuse=True),
    "numpy's random": Case(
        lambda a: Noisy(a, lambda: float(1 + 0.1 * np.random.rand())), refusal="random", must_refuse=True
    ),
    "torch's random": Case(lambda a: Noisy(a, lambda: 1 + 0.1 * torch.rand(())), refusal="random", must_refuse=True),
    "train without return": Case(NoReturn),
    "fails on one row": Case(Squeezing, refusal="row"),
    "not a number": Case(NotANumber, refusal="NaN|finite|not a number", must_refuse=True),
    "complex weights": Case(
        Spectral, settings={"dtype": "float32"}, refusal="is complex|complex (weight|param|number)"
    ),
    "autocast": Case(
        Autocast, settings={"dtype": "float32"}, smooth=False, refusal="autocast|bfloat16", tolerance=5e-3
    ),
    "mixed precision": Case(Mixed, settings={"dtype": "float32"}, smooth=False, refusal="bfloat16", tolerance=5e-3),
    "data parallel": Case(wrapped(nn.DataParallel), refusal="DataParallel"),
    "compiled": Case(wrapped(lambda module: torch.compile(module, backend="eager")), refusal="compile"),
    "script module": Case(scripted, finished=True, settings={"init": "keep"}, refusal="ScriptModule"),
    "old weight norm": Case(old_weight_norm, refusal="weight_norm|deepcopy|cop"),
    "old weight norm, used": Case(used(old_weight_norm), finished=True, refusal="weight_norm|deepcopy|cop"),
    "pruned": Case(pruned, refusal="prun|deepcopy|cop"),
    "pruned, used": Case(used(pruned), finished=True, settings={"init": "keep"}, refusal="prun|deepcopy|cop"),
}
