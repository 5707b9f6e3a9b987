"""The paper's estimator against closed forms and against its definition written out naively."""

import math

import numpy as np
import pytest
import torch

from lyapscreen.exponents import kantz_wolf, tangent, trees
from lyapscreen.spec.optimizers import OPTIMIZERS, Settings
from lyapscreen.training.derivatives import stacked
from lyapscreen.training.step_map import StepMap
from tests.helpers.kantz_wolf import estimated, pair, scaled


def weights(state):
    return state.weights


def defined_naively(trajectories, ceiling=math.inf):
    """Return value and slope from one candidate's states [steps, N, numbers], word for word as SCIENCE states them."""
    logs = []
    for states in trajectories:
        d = sum(math.dist(one, states[0]) for one in states) / len(states)
        if d > ceiling:
            break
        logs.append(math.log(d))
    rises = [log - logs[0] for log in logs]
    return np.mean(rises[1:]), np.polyfit(range(len(logs)), logs, 1)[0]


FACTORS = [0.5, -0.5, 0.99, 1.0, -1.0, 1.3, 2.0]


@pytest.mark.parametrize("steps", [2, 3, 5, 100])
def test_gradient_descent_on_a_quadratic(steps):
    """The factor of a step is 1 - lr h, so d_t = d_0 |1 - lr h|^t and the mean over t = 1 .. n is (n+1)/2 ln."""
    lr = torch.tensor([1 - a for a in FACTORS], dtype=torch.float64).repeat_interleave(7)
    step_map = StepMap(stacked(lambda w: 0.5 * w["w"].square().sum()), OPTIMIZERS["sgd"], Settings(), lr, lambda t: ())
    reference = {"w": torch.zeros(len(FACTORS), 3, dtype=torch.float64)}
    start = kantz_wolf.neighbours(reference, kantz_wolf.noise(reference, range(len(FACTORS)), 7))
    got = estimated(step_map.start(start), 7, step_map.step, steps, part=weights, ceiling=math.inf)
    n = steps - 1
    want = [math.log(abs(a)) for a in FACTORS]
    assert got.value.tolist() == pytest.approx([(n + 1) / 2 * x for x in want], rel=1e-12, abs=1e-12)
    assert got.slope.tolist() == pytest.approx(want, rel=1e-12, abs=1e-12)
    assert got.terms.tolist() == [n] * len(FACTORS)


def test_a_momentum_training_equals_the_definition_written_out():
    torch.manual_seed(0)
    x, y = torch.randn(6, 2, dtype=torch.float64), torch.randn(6, dtype=torch.float64)

    def loss(weights):
        return (torch.tanh(x @ weights["w"] + weights["b"]) - y).square().mean()

    members, lr = 5, torch.tensor([0.1, 3.0], dtype=torch.float64)
    reference = {"w": torch.randn(2, 2, dtype=torch.float64), "b": torch.randn(2, 1, dtype=torch.float64)}
    rows = lr.repeat_interleave(members)
    step_map = StepMap(stacked(loss), OPTIMIZERS["momentum"], Settings(momentum=0.9), rows, lambda t: ())
    state = step_map.start(kantz_wolf.neighbours(reference, kantz_wolf.noise(reference, [0, 1], members), std=0.01))
    got = estimated(state, members, step_map.step, 20, part=weights)
    whole = estimated(state, members, step_map.step, 20)
    seen = []
    for t in range(20):
        state, _ = step_map.step(state, t)
        seen.append(torch.cat([state.weights["w"], state.weights["b"]], dim=1).numpy())
    for c in range(2):
        value, slope = defined_naively([states[c * members : (c + 1) * members] for states in seen])
        # The same sums in another order.
        assert float(got.value[c]) == pytest.approx(value, abs=1e-12)
        assert float(got.slope[c]) == pytest.approx(slope, abs=1e-12)
    # The velocities, which `part` leaves out, would have been noticed.
    assert not torch.isclose(whole.value[0], got.value[0], rtol=0.1)


def test_the_slope_at_a_fixed_point_of_the_logistic_map_is_its_exponent():
    def advance(x, t):
        return 2.5 * x * (1 - x), None

    fixed = torch.tensor([[0.6]], dtype=torch.float64)
    drawn = kantz_wolf.noise(fixed, [0])
    slope = float(estimated(kantz_wolf.neighbours(fixed, drawn, 1e-7), 25, advance, 10).slope)

    def push(x, v, t):
        return 2.5 * x * (1 - x), 2.5 * (1 - 2 * x) * v, None

    run = tangent.init(fixed, torch.ones_like(fixed))
    for t in range(10):
        run, _ = tangent.step(run, push, t)
    # The map's curvature enters in proportion to the distance, 1e-7; rounding as 1e-16 / (1e-7 / 2^10) = 1e-6.
    assert slope == pytest.approx(-math.log(2), abs=1e-6)
    assert slope == pytest.approx(float(tangent.growth(run)) / 10, abs=1e-6)


def test_the_reference_counts_among_the_members():
    run = kantz_wolf.init(torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0], [6.0, 8.0]]), 4)
    assert math.isnan(run.distance)
    run, _ = kantz_wolf.step(run, lambda states, t: (states, None), 0)
    assert run.distance.tolist() == [(0 + 5 + 1 + 10) / 4]


def test_the_map_sees_every_candidates_reference_first_and_its_info_comes_back():
    reference = torch.tensor([[1.0], [10.0]], dtype=torch.float64)
    rows = kantz_wolf.neighbours(reference, kantz_wolf.noise(reference, [0, 1], 3))
    assert rows[[0, 3]].tolist() == reference.tolist()
    run, info = kantz_wolf.step(kantz_wolf.init(rows, 3), scaled([2.0, 3.0], 3), 0)
    assert info.tolist() == rows[:, 0].tolist()
    assert run.state[:, 0].tolist() == [[2.0], [30.0]]


def test_neighbours_are_the_reference_plus_std_times_the_noise():
    reference = {"w": torch.randn(2, 3, dtype=torch.float64)}
    drawn = kantz_wolf.noise(reference, [4, 5], 6)
    assert drawn["w"].shape == (2, 5, 3)
    rows = kantz_wolf.neighbours(reference, drawn, std=0.5)["w"].view(2, 6, 3)
    assert torch.equal(rows[:, 0], reference["w"])
    assert torch.equal(rows[:, 1:], reference["w"][:, None] + 0.5 * drawn["w"])


def test_a_seed_names_its_draws_whatever_the_batch_and_the_dtype():
    wide = {"w": torch.zeros(3, 2, dtype=torch.float64), "b": torch.zeros(3, 1, dtype=torch.float64)}
    drawn = kantz_wolf.noise(wide, [7, 8, 7])
    narrow = trees.select(wide, torch.tensor([0]))
    alone = kantz_wolf.noise({name: leaf.float() for name, leaf in narrow.items()}, [8])
    for name in wide:
        assert torch.equal(drawn[name][0], drawn[name][2])
        assert not torch.equal(drawn[name][0], drawn[name][1])
        assert torch.equal(drawn[name][1].float(), alone[name][0])


def test_the_noise_is_standard_normal():
    drawn = kantz_wolf.noise(torch.zeros(40, 10, dtype=torch.float64), range(40), 26).flatten()
    # 10,000 numbers: four standard errors of their mean, 1/sqrt(n), and of their variance, sqrt(2/n).
    assert float(drawn.mean()) == pytest.approx(0, abs=4e-2)
    assert float(drawn.var()) == pytest.approx(1, abs=4 * math.sqrt(2e-4))


def test_batched_equals_one_at_a_time():
    def advance(rates):
        return lambda x, t: (rates[:, None] * x * (1 - x), None)

    rates = torch.tensor([2.5, 3.2, 3.9, 4.0], dtype=torch.float64)
    start = torch.tensor([[0.1], [0.3], [0.4], [0.7]], dtype=torch.float64)
    rows = kantz_wolf.neighbours(start, kantz_wolf.noise(start, [0, 1, 2, 3]))
    together = estimated(rows, 25, advance(rates.repeat_interleave(25)), 30)
    for c in range(4):
        mine = slice(25 * c, 25 * (c + 1))
        alone = estimated(rows[mine], 25, advance(rates[c].repeat(25)), 30)
        # Element by element the same arithmetic: the same bits.
        assert torch.equal(alone.value, together.value[c : c + 1])
        assert torch.equal(alone.slope, together.slope[c : c + 1])


def test_candidates_may_leave_on_the_way():
    run = kantz_wolf.init(pair(1.0, 3), 2)
    for t in range(4):
        run, _ = kantz_wolf.step(run, scaled([0.5, 1.5, 2.0], 2), t)
    run = trees.select(run, torch.tensor([True, False, True]))
    for t in range(4, 8):
        run, _ = kantz_wolf.step(run, scaled([0.5, 2.0], 2), t)
    whole = estimated(pair(1.0, 3), 2, scaled([0.5, 1.5, 2.0], 2), 8)
    assert torch.equal(kantz_wolf.finish(run).value, whole.value[[0, 2]])
