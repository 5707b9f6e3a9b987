"""Networks as users build them: their own initialisation, tied, shared, frozen, lazy and wrapped layers."""

import torch
from torch import nn

from tests.helpers.networks import CLASSES


def small(activation=nn.Tanh):
    return nn.Sequential(nn.Linear(6, 8), activation(), nn.Linear(8, CLASSES))


def layers(width=64):
    return nn.Sequential(nn.Linear(6, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, CLASSES))


class Lazy(nn.Module):
    def __init__(self, activation=nn.ReLU):
        super().__init__()
        self.inner, self.norm, self.act = nn.LazyLinear(8), nn.LazyBatchNorm1d(), activation()
        self.out = nn.LazyLinear(CLASSES)

    def forward(self, x):
        return self.out(self.act(self.norm(self.inner(x))))


def compiled(module):
    return torch.compile(module, backend="eager")


def compiled_in_place(module):
    module.compile(backend="eager")
    return module


class Holding(nn.Module):
    """A wrapped network inside another."""

    def __init__(self, wrap, activation=nn.Tanh):
        super().__init__()
        self.body, self.act, self.head = wrap(small(activation)), activation(), nn.Linear(CLASSES, CLASSES)

    def forward(self, x):
        return self.head(self.act(self.body(x)))


class SharedBlock(nn.Module):
    """The block is registered twice, and its activation with it."""

    def __init__(self):
        super().__init__()
        block = nn.Sequential(nn.Linear(6, 6), nn.SiLU())
        self.blocks, self.out = nn.ModuleList([block, block]), nn.Linear(6, CLASSES)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.out(x)


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


def frozen(*which):
    module = layers(8)
    with torch.no_grad():
        for place, weight in enumerate(module.parameters()):
            if place in which:
                weight.fill_(0.25 + place)
                weight.requires_grad_(False)
    return module
