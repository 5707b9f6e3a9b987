"""What holds of several inputs beside equality with plain training: replays, workers, sizes and messages."""

import numpy as np
import pytest
import torch
from torch import nn

import lyapscreen as ls
from lyapscreen.errors import ModelError
from tests.helpers.zoo.several_inputs import KeywordsOnly, TwoTowers

RNG = np.random.default_rng(0)
ROWS = 48
USERS, ITEMS, Y = RNG.normal(size=(ROWS, 4)), RNG.normal(size=(ROWS, 3)), np.arange(ROWS) % 3
SETTINGS = {"data": ((USERS, ITEMS), Y), "model": TwoTowers, "act": "tanh", "lr": [0.1, 0.5], "steps": 6, "seeds": 2}


def test_a_replay_takes_inputs_together_or_apart():
    again = ls.replay(**{**SETTINGS, "lr": 0.1})
    (users, items), targets = again.batches[0]
    assert (users.shape[1:], items.shape[1:]) == ((4,), (3,))
    assert len(users) == len(items) == len(targets)
    together, apart = again.model((users, items)), again.model(users, items)
    assert torch.equal(together, apart)
    assert torch.equal(together, again.model(users=users, items=items))


def test_by_position_and_by_name_are_the_same():
    by_name = {"items": ITEMS, "users": USERS}
    assert ls.screen(**SETTINGS).csv() == ls.screen(**{**SETTINGS, "data": (by_name, Y)}).csv()


def test_losses_taken_in_chunks_are_those_of_all_rows():
    settings = {**SETTINGS, "lr": 0.1, "seeds": [0], "batch_size": 4, "dtype": "float64", "halving": False}
    measured = ls.screen(**settings, rank_by="effective").ranking.rows[0].results[0].final  # 16 rows at a time
    again = ls.replay(**settings)
    for inputs, targets in again.batches:
        again.optimizer.zero_grad()
        again.loss(again.model(inputs), targets).backward()
        again.optimizer.step()
    inputs, targets = again.batches.train
    with torch.no_grad():
        assert measured.train_loss == pytest.approx(float(again.loss(again.model(inputs), targets)), abs=1e-12)
    assert measured.held_out_loss == pytest.approx(again.held_out_loss(), abs=1e-12)


def test_workers_find_the_same_bytes():
    assert ls.screen(**SETTINGS, jobs=2).csv() == ls.screen(**SETTINGS, jobs=1).csv()


def test_lazy_layers_get_their_sizes():
    class Lazy(nn.Module):
        def __init__(self, activation):
            super().__init__()
            self.users, self.items, self.act = nn.LazyLinear(5), nn.LazyLinear(5), activation()
            self.out = nn.LazyLinear(3)

        def forward(self, users, items):
            return self.out(self.act(self.users(users) + self.items(items)))

    found = ls.replay(**{**SETTINGS, "model": Lazy, "lr": 0.1}).model
    assert [tuple(layer.weight.shape) for layer in (found.users, found.items, found.out)] == [(5, 4), (5, 3), (3, 5)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "mlp:8"}, "it takes rows of numbers, but these are several arrays"),
        ({"model": "cnn"}, "it takes images, but these are several arrays"),
        ({"model": KeywordsOnly}, r"forward\(\) takes 1 positional argument but 3 were given"),
        ({"data": ({"users": USERS, "others": ITEMS}, Y)}, "unexpected keyword argument 'others'"),
    ],
)
def test_a_network_that_takes_other_inputs_is_refused(changes, message):
    with pytest.raises(ModelError, match=message):
        ls.screen(**{**SETTINGS, **changes})


def test_the_shapes_of_all_inputs_are_named():
    class TooWide(TwoTowers):
        def forward(self, users, items):
            return super().forward(users, items)[:, :2]

    with pytest.raises(ModelError, match=r"the network maps 1 \(4, 4\), 2 \(4, 3\) to \(4, 2\)"):
        ls.screen(**{**SETTINGS, "model": TooWide})
