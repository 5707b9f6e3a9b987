"""Two trajectories: as the tangent on smooth maps, and set back within bounds."""

import math

import pytest
import torch

from lyapscreen import largest_exponents
from lyapscreen.exponents import trees, two_trajectory
from lyapscreen.exponents.estimators import ESTIMATORS
from lyapscreen.exponents.maps import BatchedMap
from tests.helpers.maps import henon, smooth, smooth_states


@pytest.mark.parametrize(
    ("step", "states"),
    [
        pytest.param(henon, torch.tensor([[0.1, 0.1], [0.0, 0.05], [-0.1, 0.1]], dtype=torch.float64), id="henon"),
        pytest.param(smooth, smooth_states(3), id="smooth"),
    ],
)
def test_two_trajectories_agree_with_the_tangent_on_smooth_maps(step, states):
    exact, pair = (largest_exponents(step, states, 300, burn_in=50, estimator=name) for name in ESTIMATORS)
    for a, b in zip(exact, pair, strict=True):
        # A distance of 1e-8 bends the local growth by about as much; 1e-6 is the bound of the issue.
        assert b.value == pytest.approx(a.value, abs=1e-6)
        assert b.regime == a.regime


# Two trajectories


@pytest.mark.parametrize("factor", [0.5, 0.97, 1.03, 2.0])
def test_a_neighbour_is_set_back_at_both_bounds_and_the_last_partial_growth_counts(factor):
    of = BatchedMap(lambda x, t: 0.7 + factor * (x - 0.7))
    state = torch.full((1, 2), 0.7, dtype=torch.float64)
    run = two_trajectory.init(state, torch.ones(1, 2, dtype=torch.float64), distance=1e-6)
    for t in range(101):
        run, _ = two_trajectory.step(run, of.step, t)
        ratio = float(trees.norms(run.neighbour - run.state) / run.distance)
        # The rounding of a state of size 1 is 1e-16 / 1e-6 of the distance.
        assert two_trajectory.LOWER * (1 - 1e-9) <= ratio <= two_trajectory.UPPER * (1 + 1e-9)
        # A linear map: what is left is rounding, 1e-9 of a distance at most a step.
        assert float(two_trajectory.growth(run)) == pytest.approx((t + 1) * math.log(factor), abs=1e-7 * (t + 1))
    assert (float(run.log_scale) != 0) is (abs(101 * math.log(factor)) > math.log(10))
