"""Modules handed over finished, with weights that are frozen or drawn in a way of their own."""

import torch
from torch import nn

from tests.helpers.zoo.case import CLASSES, INPUTS, Body, Case


def frozen(which):
    """A plain Sequential some of whose weights, at values of the user's, are frozen."""

    def build():
        module = nn.Sequential(
            nn.Linear(INPUTS, 5), nn.Tanh(), nn.Linear(5, 5), nn.Tanh(), nn.Linear(5, CLASSES)
        )  # fmt: skip
        for name, parameter in module.named_parameters():
            if which(name):
                with torch.no_grad():
                    parameter.fill_(0.25).add_(torch.linspace(-0.5, 0.5, parameter.numel()).view_as(parameter))
                parameter.requires_grad_(False)
        return module

    return build


def shared(activation):
    act = activation()
    return lambda: nn.Sequential(
        nn.Linear(INPUTS, 5), act, nn.Linear(5, 5), act, nn.Linear(5, CLASSES)
    )  # fmt: skip


class FrozenBody(Body):
    def __init__(self, activation):
        super().__init__(activation)
        self.first.requires_grad_(False)


class Constant(Body):
    """A frozen number beside the layers: no reset_parameters draws it, and none should."""

    def __init__(self, activation=nn.Tanh):
        super().__init__(activation)
        self.temperature = nn.Parameter(torch.tensor(1.5), requires_grad=False)

    def forward(self, x):
        return super().forward(x) / self.temperature


class FrozenNorm(nn.Module):
    """A frozen BatchNorm with statistics of its pretraining."""

    def __init__(self):
        super().__init__()
        self.first, self.act, self.out = nn.Linear(INPUTS, 5, bias=False), nn.Tanh(), nn.Linear(5, CLASSES)
        self.norm = nn.BatchNorm1d(5).requires_grad_(False)
        with torch.no_grad():
            self.norm.weight.fill_(1.5)
            self.norm.running_mean.fill_(0.3)
            self.norm.running_var.fill_(2.0)

    def train(self, mode=True):
        super().train(mode)
        self.norm.eval()
        return self

    def forward(self, x):
        return self.out(self.act(self.norm(self.first(x))))


def small(module):
    """Draw the weights of layers as GPT-2 does."""
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.02)
        nn.init.zeros_(module.bias)


def applied():
    return nn.Sequential(nn.Linear(INPUTS, 5), nn.Tanh(), nn.Linear(5, CLASSES)).apply(small)


class OwnReset(Body):
    """Draws the weights of its layers itself, in a `reset_parameters` of its own."""

    def __init__(self, activation=nn.Tanh):
        super().__init__(activation)
        self.reset_parameters()

    def reset_parameters(self):
        for layer in self.children():
            small(layer)


def is_small(module):
    return (
        all(bool((p.abs() < 0.1).all()) for p in module.parameters())
        and not module.get_parameter("0.bias" if isinstance(module, nn.Sequential) else "first.bias").any()
    )


def gated():
    """An output activation and a gate of the user's: no choices, and left alone by --act."""
    return nn.Sequential(nn.Linear(INPUTS, 5), nn.Tanh(), nn.Linear(5, CLASSES), nn.Sigmoid())


class Gate(Body):
    def __init__(self, activation=nn.Tanh):
        super().__init__(activation)
        self.gate, self.sigmoid = nn.Linear(INPUTS, 5), nn.Sigmoid()

    def forward(self, x):
        return self.out(self.act(self.first(x)) * self.sigmoid(self.gate(x)))


CASES = {
    "shared activation": Case(shared(nn.ReLU), finished=True, plain=shared(nn.Tanh)),
    "frozen first, factory": Case(FrozenBody),
    "frozen first": Case(frozen(lambda name: name.startswith("0.")), finished=True),
    "frozen last": Case(frozen(lambda name: name.startswith("4.")), finished=True),
    "frozen biases": Case(frozen(lambda name: name.endswith("bias")), finished=True),
    "all frozen but biases": Case(frozen(lambda name: name.endswith("weight")), finished=True),
    "frozen constant": Case(Constant, finished=True),
    "frozen constant, factory": Case(Constant),
    "frozen batch norm": Case(FrozenNorm, finished=True),
    "own initialisation": Case(applied, finished=True, initial=is_small, refusal="init"),
    "own initialisation, kept": Case(applied, finished=True, initial=is_small, settings={"init": "keep"}),
    "own initialisation, factory": Case(OwnReset, initial=is_small),
    "own reset_parameters": Case(OwnReset, finished=True, initial=is_small, refusal="init|reset_parameters"),
    "activation at the output": Case(gated, finished=True),
    "activation in a gate": Case(Gate, finished=True),
}
