"""The training map and its tangent against closed forms, torch.optim and finite differences."""

import math

import pytest
import torch

from lyapscreen.exponents import tangent, trees
from lyapscreen.spec.optimizers import OPTIMIZERS, Settings, clipped
from lyapscreen.training.derivatives import stacked
from lyapscreen.training.step_map import State, StepMap, minibatch_rows


def quadratic(weights, curvatures):
    return 0.5 * (curvatures * weights["w"].square()).sum()


def quadratic_training(curvatures, lr, optimizer="sgd", **settings):
    """One candidate a learning rate, all on the quadratic with these curvatures."""
    lr = torch.tensor(lr, dtype=torch.float64)
    h = torch.tensor(curvatures, dtype=torch.float64).expand(len(lr), -1)
    return StepMap(stacked(quadratic), OPTIMIZERS[optimizer], Settings(**settings), lr, lambda t: (h,))


def exponents(step_map, n, steps, burn_in):
    """The finite-time exponent of every candidate between burn_in and steps, measured in the weights."""
    weights = {"w": torch.ones(len(step_map.lr), n, dtype=torch.float64)}
    state = step_map.start(weights)
    vector = State(trees.drawn_like(weights, 1), trees.zeros_like(state.memory))

    def part(v):
        return v.weights

    run = tangent.init(state, vector, part)
    for t in range(steps):
        if t == burn_in:
            before = tangent.growth(run, part)
        run, _ = tangent.step(run, step_map.push, t)
    return (tangent.growth(run, part) - before) / (steps - burn_in)


def test_gradient_descent_on_a_quadratic():
    h = [0.1, 0.5, 2.0]
    lr = [0.1, 0.3, 0.8, 2 / 2.1, 1.0, 1.5]
    got = exponents(quadratic_training(h, lr), 3, 600, 500)
    want = [max(math.log(abs(1 - a * b)) for b in h) for a in lr]
    # The leading direction rules after 500 steps: the runner-up's share is at most (0.95/0.99)^500 = 1e-9,
    # except at lr = 2/(h_max+h_min), where both extreme factors agree and any mixture of them grows alike.
    assert got.tolist() == pytest.approx(want, abs=1e-6)


def test_the_best_learning_rate_of_a_quadratic_is_two_over_the_sum_of_its_extreme_curvatures():
    low, high = 0.1, 2.0
    best = 2 / (low + high)
    lr = [best * f for f in (0.9, 0.95, 1.0, 1.02, 1.05)]
    got = exponents(quadratic_training([low, 0.7, high], lr), 3, 600, 500)
    k = high / low
    assert int(got.argmin()) == 2
    assert float(got[2]) == pytest.approx(math.log((k - 1) / (k + 1)), abs=1e-6)


def test_heavy_ball_at_its_optimum_converges_at_half_ln_beta():
    low, high = 0.5, 2.0
    root = math.sqrt(high / low)
    beta = ((root - 1) / (root + 1)) ** 2
    lr = 4 / (math.sqrt(high) + math.sqrt(low)) ** 2
    steps = 2000
    got = exponents(quadratic_training([low, high], [lr], "momentum", momentum=beta), 2, steps, steps // 2)
    # The eigenvalue is defective: |v_t| ~ t beta^(t/2), so the second half still carries ln(2) / (T/2) = 7e-4.
    assert float(got[0]) == pytest.approx(0.5 * math.log(beta), abs=1e-3)
    assert float(got[0]) - 0.5 * math.log(beta) == pytest.approx(math.log(2) / (steps / 2), rel=0.05)


def test_weight_decay_along_a_flat_direction():
    got = exponents(quadratic_training([0.0], [0.5], weight_decay=0.1), 1, 50, 0)
    assert float(got[0]) == pytest.approx(math.log(1 - 0.5 * 0.1), abs=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("clip_norm", [None, 0.05])
def test_the_tangent_is_the_derivative_of_the_whole_step(name, clip_norm):
    """Central differences of five whole steps, through the optimizer's memory and the clipping."""
    torch.manual_seed(1)
    x, y = torch.randn(2, 8, 4, dtype=torch.float64), torch.randn(2, 8, dtype=torch.float64)

    def loss(weights, x, y):
        return (torch.tanh(x @ weights["w"]) - y).square().mean()

    lr = torch.tensor([0.03, 0.01], dtype=torch.float64)
    settings = Settings(momentum=0.9, weight_decay=0.01, clip_norm=clip_norm)
    step_map = StepMap(stacked(loss), OPTIMIZERS[name], settings, lr, lambda t: (x, y))
    w, v = torch.randn(2, 4, dtype=torch.float64), torch.randn(2, 4, dtype=torch.float64)

    def after(w):
        state = step_map.start({"w": w})
        for t in range(5):
            state, _ = step_map.step(state, t)
        return state.weights["w"]

    state = step_map.start({"w": w})
    direction = State({"w": v}, trees.zeros_like(state.memory))
    for t in range(5):
        state, direction, _ = step_map.push(state, direction, t)
    eps = 1e-6
    difference = (after(w + eps * v) - after(w - eps * v)) / (2 * eps)
    # Central differences err by rounding / eps = 1e-10 and by eps^2 times a third derivative, which is
    # large where an adaptive optimizer divides by a small gradient: 1e-6 of the derivative's size covers it.
    assert torch.allclose(direction.weights["w"], difference, rtol=0, atol=1e-6 * float(difference.abs().max()))


def test_clipping_a_zero_gradient_has_a_finite_derivative():
    zero = {"w": torch.zeros(3)}
    _, derivative = torch.func.jvp(lambda g: clipped(g, 1.0), (zero,), ({"w": torch.ones(3)},))
    assert torch.equal(derivative["w"], torch.ones(3))


def test_minibatches_are_shuffled_epochs_without_repeats_and_shared_by_longer_probes():
    rows = minibatch_rows(10, 4, 5, seed=3)
    assert rows.shape == (5, 4)
    assert len(set(rows[:2].flatten().tolist())) == 8  # one epoch: two full minibatches, two rows left out
    assert len(set(rows[2:4].flatten().tolist())) == 8
    assert torch.equal(rows, minibatch_rows(10, 4, 50, seed=3)[:5])
    assert not torch.equal(rows, minibatch_rows(10, 4, 5, seed=4))
    assert minibatch_rows(3, 64, 2, seed=0).shape == (2, 3)
