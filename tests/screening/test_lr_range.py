"""`lr: auto`: the range grows by itself until the best lies inside, and the screening is as if it had been given."""

import json

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

import lyapscreen as ls
from lyapscreen.errors import SettingError
from lyapscreen.results.ranking import rank
from lyapscreen.screening import lr_range
from lyapscreen.spec.parsing import learning_rates
from lyapscreen.spec.spec import Spec
from tests.helpers.rankings import DEAD, DIV, C, S, X, probed

SMALL = {"data": "wine", "act": "relu", "seeds": 3, "steps": 20, "full_steps": 40, "jobs": 1}


def scaled(times):
    """A network whose every rate does what one `times` as low does to a usual one: the best of two seeds is `times` 1.

    It computes with k = times^(-1/2) times its weights, which begin 1/k times as large: gradients are k times as large.
    """
    k = times**-0.5

    class Scaled(torch.nn.Module):
        def __init__(self, activation, n_inputs, n_outputs):
            super().__init__()
            self.layers = torch.nn.ModuleList([torch.nn.Linear(n_inputs, 8), torch.nn.Linear(8, n_outputs)])
            self.activation = activation()
            with torch.no_grad():
                for parameter in self.parameters():
                    parameter /= k

        def forward(self, x):
            first, second = self.layers
            hidden = self.activation(F.linear(x, k * first.weight, k * first.bias))
            return F.linear(hidden, k * second.weight, k * second.bias)

    return Scaled


FOUND = {
    "inside the default": ({"optimizer": "adam"}, "1e-4:1"),
    "a decade above": ({"model": scaled(1.0)}, "1e-4:10"),
    "two decades above": ({"model": scaled(10.0)}, "1e-4:100"),
    "below": ({"model": scaled(1e-6)}, "1e-7:1"),
    "of several activations the leader decides": ({"model": scaled(5.0), "act": "relu,sigmoid"}, "1e-4:10"),
    "by loss, without halving": ({"model": scaled(10.0), "rank_by": "loss", "halving": False}, "1e-4:100"),
}
"""Settings, and the range that is found for them."""


@pytest.mark.parametrize("name", FOUND)
def test_the_range_grows_until_the_best_lies_inside(name):
    settings, expected = {**SMALL, **FOUND[name][0]}, FOUND[name][1]
    found, given = ls.screen(**settings), ls.screen(**settings, lr=expected)
    assert found.spec.lr == learning_rates(expected)
    assert found.csv() == given.csv()
    assert found.spec_hash == given.spec_hash
    ours, theirs = json.loads(found.json()), json.loads(given.json())
    said = ours.pop("notices")[0]
    assert said.startswith("lr: auto found ")
    assert said.endswith(": the best of two seeds lies inside")
    assert theirs.pop("notices") == list(found.notices[1:])
    assert ours == theirs
    scouts = ls.screen(**{**settings, "seeds": 2}, lr=expected)
    assert scouts.recommended.lr not in (found.spec.lr[0], found.spec.lr[-1])


def test_the_range_before_it_had_the_best_at_its_end():
    assert ls.screen(**{**SMALL, "seeds": 2}, model=scaled(10.0), lr="1e-4:10").recommended.lr == 10


def test_one_activation_may_have_its_best_at_the_end():
    found = ls.screen(**{**SMALL, "act": "relu,sigmoid", "model": scaled(5.0)})
    best = {row.activation: row.lr for row in reversed(found)}
    assert found.recommended.activation == "relu"
    assert best["relu"] < best["sigmoid"] == found.spec.lr[-1]


BOUNDS = {
    "all diverge": (
        {"model": scaled(1e-12)}, "1e-7:1",
        "no learning rate with two seeds that can be recommended from 1e-7 to 1; it grows no further than 1e-7, the "
        "lowest it goes to",
    ),
    "all stall": (
        {"model": scaled(1e9), "seeds": 1}, "1e-4:1e3",
        "no learning rate with one seed that can be recommended from 1e-4 to 1e3; it grows no further than 1e3, the "
        "highest it goes to",
    ),
    "the best is the highest": (
        {"model": scaled(1e3)}, "1e-4:1e3",
        "1e-4 to 1e3: the best of two seeds lies at 1e3, the highest that auto goes to",
    ),
    "the best is the lowest": (
        {"model": scaled(1e-7)}, "1e-7:1",
        "1e-7 to 1: the best of two seeds lies at 1e-7, the lowest that auto goes to",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BOUNDS)
def test_a_range_does_not_grow_for_ever(name):
    settings, lr, said = BOUNDS[name]
    found = ls.screen(**{**SMALL, **settings}, lr="AUTO")
    assert found.spec.lr == learning_rates(lr)
    assert found.notices[0] == f"lr: auto found {said}"


WAYS = {
    "inside": ([(0.01, S), (0.1, C), (1.0, DIV)], None),
    "the lowest": ([(0.01, C), (0.1, X), (1.0, DIV)], True),
    "the highest": ([(0.01, S), (0.1, S), (1.0, C)], False),
    "all unstable": ([(0.01, X), (0.1, DEAD), (1.0, DIV)], True),
    "all stall": ([(0.01, S), (0.1, S), (1.0, S)], False),
    "between what stalls and what diverges": ([(0.01, S), (0.1, DIV), (1.0, DIV)], None),
}


@pytest.mark.parametrize("name", WAYS)
def test_which_way_the_best_lies(name):
    rows, downwards = WAYS[name]
    spec = Spec.of(act="relu", lr="0.01:1:3", seeds=2, rank_by="effective")
    results = [result for lr, regime in rows for result in probed("relu", lr, -0.05, regime, seeds=2)]
    assert lr_range.grows_downwards(rank(results, "effective"), spec) is downwards


def test_every_range_is_on_one_grid():
    widest = learning_rates("1e-7:1e3")
    for low in range(-7, -3):
        for high in range(4):
            rates = learning_rates(f"1e{low}:1e{high}")
            assert rates == tuple(lr for lr in widest if rates[0] <= lr <= rates[-1])


def test_a_run_goes_on_with_the_range_it_found(tmp_path):
    settings = {**SMALL, "model": scaled(1.0), "run": tmp_path / "run"}
    first = ls.screen(**settings)
    again = ls.screen(**settings, resume=True)
    assert again.json() == first.json()
    assert again.spec.lr == learning_rates("1e-4:10")


def test_the_callers_observer_sees_the_screening_alone():
    seen = []
    found = ls.screen(**SMALL, model=scaled(1.0), observer=lambda progress: seen.append(progress.plan.spec))
    assert set(seen) == {found.spec}


@pytest.mark.parametrize(("lr", "rule"), [(["auto", 0.1], "it stands alone"), ("0.1,Auto", "it stands alone")])
def test_auto_stands_alone(lr, rule):
    with pytest.raises(SettingError, match=rule):
        ls.screen(**SMALL, lr=lr)


def test_a_replay_is_of_rates_that_are_given():
    with pytest.raises(SettingError, match="rank, validate, gate and screen"):
        ls.replay(data="wine", act="relu", lr="auto")
