"""A map over a batch of states: nested states, whole numbers among them, and its derivative."""

import math

import pytest
import torch

from lyapscreen import largest_exponents
from lyapscreen.exponents import maps, trees
from lyapscreen.exponents.maps import BatchedMap
from tests.helpers.maps import smooth, smooth_states


def test_whole_numbers_are_carried_and_look_up_noise_drawn_beforehand():
    factors = torch.tensor([[2.0, 0.5], [4.0, 0.25]], dtype=torch.float64)

    def step(s, t):
        return {"run": s["run"], "calls": s["calls"] + 1, "x": factors[t % 2][s["run"]] * s["x"]}

    states = {"run": torch.tensor([0, 1]), "calls": torch.zeros(2, dtype=torch.int64), "x": torch.zeros(2).double()}
    grows, shrinks = largest_exponents(step, states, 40)
    assert float(grows) == pytest.approx(1.5 * math.log(2), abs=1e-12)
    assert float(shrinks) == pytest.approx(-1.5 * math.log(2), abs=1e-12)
    after, _ = BatchedMap(step).step(states, 0)
    assert after["calls"].tolist() == [1, 1]


def test_the_tangent_of_a_batched_map_is_its_derivative():
    states = smooth_states(4)
    of, vectors = BatchedMap(smooth), maps.directions(states, 0, 1)
    vectors = trees.tree_map(lambda leaf: leaf[0], vectors)
    after, pushed, _ = of.push(states, vectors, 2)
    eps = 1e-6

    def at(sign):
        moved = {
            "w": states["w"] + sign * eps * vectors["w"].view(4, 2, 3),
            "rest": (states["rest"][0] + sign * eps * vectors["rest"][0], states["rest"][1]),
        }
        return of.step(moved, 2)[0]

    # Central differences err by eps^2 and by rounding / eps = 1e-10.
    ahead, behind = at(1), at(-1)
    assert torch.allclose(pushed["w"], (ahead["w"] - behind["w"]).flatten(1) / (2 * eps), rtol=0, atol=1e-8)
    rest = (ahead["rest"][0] - behind["rest"][0]) / (2 * eps)
    assert torch.allclose(pushed["rest"][0], rest, rtol=0, atol=1e-8)
    assert pushed["rest"][1].shape == (4, 0)
    assert torch.equal(after["rest"][1], states["rest"][1] + 1)
    assert torch.equal(after["w"], of.step(states, 2)[0]["w"])
