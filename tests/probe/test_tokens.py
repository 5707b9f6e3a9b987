"""Whole numbers are tokens where the network looks them up, and numbers elsewhere."""

import numpy as np
import pytest
import torch
from torch import nn

from lyapscreen.probe.tokens import NOTICE, load
from lyapscreen.spec.spec import Spec

ROWS, LENGTH, VOCABULARY = 30, 5, 11
RNG = np.random.default_rng(0)
X, Y = RNG.integers(0, VOCABULARY, (ROWS, LENGTH)), np.arange(ROWS) % 3


class Embedding(nn.Module):
    def __init__(self, activation, n_inputs, n_outputs):
        super().__init__()
        self.embedding, self.f, self.out = nn.Embedding(n_inputs, 4), activation(), nn.Linear(4, n_outputs)

    def forward(self, x):
        return self.out(self.f(self.embedding(x).mean(1)))


class Bag(Embedding):
    def __init__(self, activation, n_inputs, n_outputs):
        super().__init__(activation, n_inputs, n_outputs)
        self.embedding = nn.EmbeddingBag(n_inputs, 4)

    def forward(self, x):
        return self.out(self.f(self.embedding(x)))


class Elsewhere(Embedding):
    """Looks up something else than its inputs."""

    def forward(self, x):
        return self.out(self.f(self.embedding(torch.zeros(len(x), 1, dtype=torch.long)).mean(1) + x.mean()))


class Plain(nn.Module):
    def __init__(self, activation, n_inputs, n_outputs):
        super().__init__()
        self.out = nn.Sequential(nn.Linear(n_inputs, 4), activation(), nn.Linear(4, n_outputs))

    def forward(self, x):
        return self.out(x)


def loaded(model, x=X, **settings):
    return load(Spec.of(data=(x, Y), model=model, act="tanh", lr="0.1", seeds=1, steps=2, **settings))


class Items(torch.utils.data.Dataset):
    def __len__(self):
        return ROWS

    def __getitem__(self, i):
        return torch.as_tensor(X[i]), int(Y[i])


@pytest.mark.parametrize("model", [Embedding, Bag])
def test_what_a_network_looks_up_is_tokens(model):
    found = loaded(model)
    assert found.inputs == "tokens"
    assert found.x_train.dtype == np.int64
    assert found.n_inputs == VOCABULARY
    assert found.notices[0] == NOTICE
    explicit = loaded(model, inputs="tokens")
    np.testing.assert_array_equal(found.x_train, explicit.x_train)
    assert NOTICE not in explicit.notices


def test_tensors_loaders_and_finished_modules_too():
    net = nn.Sequential(nn.Embedding(VOCABULARY, 4), nn.Flatten(), nn.Linear(4 * LENGTH, 3))
    for data, model in (
        ((torch.as_tensor(X), Y), Embedding),
        (torch.utils.data.DataLoader(Items(), batch_size=4), Embedding),
        ((X, Y), net),
    ):
        found = load(Spec.of(data=data, model=model, act="tanh", lr="0.1", seeds=1, steps=2))
        assert found.inputs == "tokens"


@pytest.mark.parametrize(
    ("model", "x"), [(Plain, X), (Elsewhere, X), (Embedding, X + 0.5), (Embedding, X - 1), ("mlp:4", X)]
)
def test_all_else_is_numbers(model, x):
    found = loaded(model, x)
    assert found.inputs == "numbers"
    assert NOTICE not in found.notices


def test_numbers_stay_numbers_where_that_is_asked_for():
    assert loaded(Embedding, inputs="numbers").inputs == "numbers"
