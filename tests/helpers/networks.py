"""Networks with every kind of layer, data that fits each, and a short spec to screen them by."""

import numpy as np
from torch import nn

from lyapscreen.data import Dataset
from lyapscreen.spec.spec import Spec

ROWS, CLASSES = 24, 3
STEPS, LR = 8, 0.1


def spec(model, **settings):
    base = {"model": model, "act": "tanh", "lr": str(LR), "seeds": "2", "steps": STEPS, "batch_size": 8}
    return Spec.of(**{**base, "dtype": "float64", **settings})


def data(shape, tokens=0):
    rng = np.random.default_rng(0)
    size = (2 * ROWS, *shape)
    x = rng.integers(0, tokens, size) if tokens else rng.normal(size=size)
    y = rng.integers(0, CLASSES, 2 * ROWS)
    kind = "tokens" if tokens else "numbers" if len(shape) == 1 else "images"
    return Dataset("made", "classification", x[:ROWS], y[:ROWS], x[ROWS:], y[ROWS:], CLASSES, (), kind)


def conv_norm_dropout(activation):
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), activation(), nn.MaxPool2d(2), nn.Dropout2d(0.3),
        nn.Conv2d(4, 4, 3), nn.GroupNorm(2, 4), activation(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Dropout(0.4), nn.LayerNorm(4), nn.Linear(4, CLASSES),
    )  # fmt: skip


class Recurrent(nn.Module):
    def __init__(self, activation, cell):
        super().__init__()
        self.cell, self.f, self.out = cell(2, 5, batch_first=True), activation(), nn.Linear(5, CLASSES)

    def forward(self, x):
        return self.out(self.f(self.cell(x)[0][:, -1]))


class Transformer(nn.Module):
    def __init__(self, activation, p):
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=p, activation=activation(), batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.out = nn.Linear(8, CLASSES)

    def forward(self, tokens):
        return self.out(self.encoder(self.embedding(tokens)).mean(1))


class Tied(nn.Module):
    """One layer used twice under two names."""

    def __init__(self, activation):
        super().__init__()
        self.first, self.f, self.out = nn.Linear(6, 6), activation(), nn.Linear(6, CLASSES)
        self.second = nn.Linear(6, 6)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.out(self.f(self.second(self.f(self.first(x)))))


class Deciding(nn.Module):
    """A branch on its data: torch has no rule to batch it."""

    def __init__(self, activation):
        super().__init__()
        self.inner, self.f, self.out = nn.Linear(6, 4), activation(), nn.Linear(4, CLASSES)

    def forward(self, x):
        h = self.inner(x)
        return self.out(self.f(h) if h.mean() > 0 else -self.f(-h))


def weight_norm(activation):
    return nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(6, 5)), activation(), nn.Linear(5, CLASSES))


MODELS = {
    "cnn with batch norm and dropout": (conv_norm_dropout, data((2, 6, 6))),
    "lstm": (lambda activation: Recurrent(activation, nn.LSTM), data((4, 2))),
    "gru": (lambda activation: Recurrent(activation, nn.GRU), data((4, 2))),
    "transformer": (lambda activation: Transformer(activation, 0.0), data((5,), tokens=11)),
    "transformer with dropout": (lambda activation: Transformer(activation, 0.2), data((5,), tokens=11)),
    "tied weights": (Tied, data((6,))),
    "one by one": (Deciding, data((6,))),
    "double backward": (weight_norm, data((6,))),
    "alpha dropout": (
        lambda a: nn.Sequential(nn.Linear(6, 5), a(), nn.AlphaDropout(0.2), nn.Linear(5, CLASSES)),
        data((6,)),
    ),
}
