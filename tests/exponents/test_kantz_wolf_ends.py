"""Where the paper's estimator ends: at the ceiling, at infinity, undefined, dead or merged."""

import math

import pytest
import torch

from lyapscreen.exponents import kantz_wolf
from tests.helpers.kantz_wolf import estimated, pair, scaled


def test_a_sum_stops_where_the_distance_passes_the_ceiling():
    # d_0 = 10, then 100 and 1000; 10^4 has passed the ceiling, 10^3 has just reached it.
    got = estimated(pair(2.0, 2), 2, scaled([10.0, 0.5], 2), 8, ceiling=1000.0)
    assert got.terms.tolist() == [2, 7]
    assert got.value.tolist() == pytest.approx([1.5 * math.log(10), -4 * math.log(2)], abs=1e-12)
    assert got.slope.tolist() == pytest.approx([math.log(10), -math.log(2)], abs=1e-12)


def test_a_stopped_sum_stays_stopped():
    """A distance that comes back, and states that overflow later on, change nothing."""
    jumps = [10.0, 10.0, 1e12, 1e-12, math.nan]

    def advance(states, t):
        return states * jumps[t], None

    got = estimated(pair(2.0), 2, advance, 5)
    assert got.terms.tolist() == [1]
    assert got.value.tolist() == pytest.approx([math.log(10)], abs=1e-12)


def test_an_infinite_distance_has_passed_every_ceiling():
    def advance(states, t):
        return (states * 2.0 if t < 3 else torch.where(states > 0, torch.inf, 0.0)), None

    got = estimated(pair(2.0), 2, advance, 6, ceiling=math.inf)
    assert got.terms.tolist() == [2]
    assert got.value.tolist() == pytest.approx([1.5 * math.log(2)], abs=1e-12)


def test_distances_of_float32_states_do_not_overflow_before_the_states_do():
    states = torch.tensor([[0.0], [2e18]])
    got = estimated(states, 2, lambda s, t: (s * 10.0, None), 3, ceiling=math.inf)
    # Their squares pass float32's largest number, 3.4e38, at the first step.
    assert got.terms.tolist() == [2]
    assert got.value.tolist() == pytest.approx([1.5 * math.log(10)], rel=1e-6)


@pytest.mark.parametrize("when", [0, 1, 3])
def test_not_a_number_is_undefined_and_its_neighbours_in_the_batch_are_not(when):
    def advance(states, t):
        after = states * 0.5
        return (torch.cat([after[:1], after[1:2] * math.nan, after[2:]]) if t == when else after), None

    got = estimated(pair(2.0, 2), 2, advance, 5)
    assert torch.isnan(got.value).tolist() == torch.isnan(got.slope).tolist() == [True, False]
    assert float(got.value[1]) == pytest.approx(-2.5 * math.log(2), abs=1e-12)


UNDEFINED = {
    "no distance at the start": (pair(0.0), scaled([2.0], 2), 5),
    "no distance after the first step": (pair(1.0), lambda s, t: (s * (t > 0), None), 5),
    "the first step passes the ceiling": (pair(1.0), scaled([1e10], 2), 5),
    "the second step passes the ceiling": (pair(1.0), scaled([1e8], 2), 5),
    "one step": (pair(1.0), scaled([2.0], 2), 1),
    "no step": (pair(1.0), scaled([2.0], 2), 0),
}


@pytest.mark.parametrize("case", UNDEFINED)
def test_undefined_is_not_a_number_and_never_zero(case):
    states, advance, steps = UNDEFINED[case]
    got = estimated(states, 2, advance, steps)
    assert math.isnan(got.value)
    assert math.isnan(got.slope)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_dead_network_has_exactly_zero(dtype):
    """Nothing moves, so every distance is the first one: the paper's rule cannot tell it from a neutral one."""
    reference = torch.rand(3, 9, dtype=dtype)
    rows = kantz_wolf.neighbours(reference, kantz_wolf.noise(reference, [0, 1, 2]))
    got = estimated(rows, 25, lambda states, t: (states, None), 50)
    assert got.value.tolist() == got.slope.tolist() == [0.0, 0.0, 0.0]


def test_merged_neighbours_are_minus_infinity():
    def advance(states, t):
        return states * (0.5 if t != 3 else torch.tensor([[1.0], [0.0], [1.0], [0.5]])), None

    got = estimated(pair(1.0, 2), 2, advance, 6)
    assert got.value.tolist() == [-math.inf, pytest.approx(-3 * math.log(2))]
    assert got.slope.tolist() == [-math.inf, pytest.approx(-math.log(2))]
