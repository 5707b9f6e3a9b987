"""The largest exponent of any map: batched or alone, every end named, nothing of the caller's changed."""

import math

import numpy as np
import pytest
import torch

import lyapscreen
from lyapscreen import largest_exponent, largest_exponents
from lyapscreen.exponents import trees
from lyapscreen.exponents.estimators import ESTIMATORS
from tests.helpers.maps import henon, logistic, number, smooth, smooth_states


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(("step", "states"), [(henon, torch.zeros(3, 2)), (smooth, smooth_states(3))])
def test_a_batch_finds_what_each_state_finds_alone(estimator, step, states):
    together = largest_exponents(step, states, 40, burn_in=5, estimator=estimator, seed=3)
    for i, one in enumerate(together):
        state = trees.tree_map(lambda leaf, i=i: leaf[i], states)
        alone = largest_exponent(step, state, 40, burn_in=5, estimator=estimator, seed=3)
        # Kernels for one state and for three may sum in another order; Henon amplifies that by e^(0.42 * 45) = 1e8.
        assert one.value == pytest.approx(alone.value, abs=1e-7 if step is smooth else 1e-5)
        assert one.regime == alone.regime


# Regimes


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(
    ("step", "start", "regime"),
    [
        (logistic(2.5), 0.3, "converging"),
        (logistic(4.0), 0.3, "chaotic"),
        (logistic(2.0), 0.3, "superstable"),
        (logistic(1 + math.sqrt(5)), 0.3, "superstable"),  # a cycle of two through 1/2, which rounding only nears
        (lambda x, t: 0 * x, 0.3, "superstable"),
        (lambda x, t: x, 0.3, "neutral"),
        (lambda x, t: x + 1, 0.0, "neutral"),
        (logistic(4.5), 0.3, "diverged"),
        (lambda x, t: x / 0, 1.0, "diverged"),
        (lambda x, t: torch.sqrt(x - 1), 0.5, "diverged"),
        (lambda x, t: torch.exp(x), 1.0, "diverged"),
    ],
)
def test_every_end_has_a_name(estimator, step, start, regime, dtype):
    found = largest_exponent(step, number(start, dtype), 100, burn_in=100, estimator=estimator)
    assert found.regime == regime
    assert not np.isnan(found.local).any()
    if regime == "diverged":
        assert (found.value, found.low, found.high, found.converged) == (None, None, None, None)
        assert len(found.local) < 100
        with pytest.raises(ValueError, match="diverged"):
            float(found)
    elif regime == "superstable":
        assert (found.value, found.low, found.high, found.converged) == (-math.inf, None, None, None)
        assert np.isneginf(found.local).any()
    else:
        assert found.low <= found.value <= found.high


def test_the_steps_before_a_map_diverges_are_kept():
    found = largest_exponent(logistic(4.5), number(0.3), 100)
    x, expected = 0.3, []
    while math.isfinite(x * x):
        expected.append(math.log(abs(4.5 * (1 - 2 * x))))
        x = 4.5 * x * (1 - x)
    assert found.regime == "diverged"
    assert len(found.local) == pytest.approx(len(expected), abs=1)  # x^2 overflows a step before x does
    assert np.allclose(found.local[:5], expected[:5], rtol=0, atol=1e-12)


def test_the_step_at_which_a_tangent_vanishes_is_shown():
    found = largest_exponent(lambda x, t: 0 * x if t == 7 else 2 * x, number(1.0), 40)
    assert np.allclose(found.local[:7], math.log(2), rtol=0, atol=1e-12)
    assert np.isneginf(found.local[7:]).all()


def test_a_single_state_that_diverges_leaves_the_others_alone():
    def step(s, t):
        return {"r": s["r"], "x": torch.where(s["r"] == 1, 4.5, 2.5) * s["x"] * (1 - s["x"])}

    states = {"r": torch.tensor([0, 1]), "x": torch.full((2,), 0.3, dtype=torch.float64)}
    fine, lost = largest_exponents(step, states, 60, burn_in=60)
    assert (fine.regime, lost.regime) == ("converging", "diverged")
    assert fine.value == pytest.approx(-math.log(2), abs=1e-9)


# Arguments


def test_nothing_of_the_callers_is_changed():
    def in_place(x, t):
        x.mul_(0.5)
        return x

    state = torch.ones(2, 3, requires_grad=True)
    before = torch.random.get_rng_state()
    found = largest_exponent(in_place, state, 25)
    assert found.value == pytest.approx(math.log(0.5), abs=1e-6)
    assert torch.equal(state, torch.ones(2, 3))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_same_seed_gives_the_same_bytes_and_another_another_direction():
    step = lambda x, t: torch.tensor([1.1, 0.8]) * x  # noqa: E731
    first, again, other = (largest_exponent(step, torch.zeros(2), 30, seed=seed) for seed in (1, 1, 2))
    assert first.local.tobytes() == again.local.tobytes()
    assert first.local[0] != other.local[0]


X = torch.tensor(0.3)


def test_public_objects_say_what_they_are():
    assert isinstance(largest_exponent(logistic(2.5), X, 5), lyapscreen.Exponent)
