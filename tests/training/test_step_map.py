"""The training map and its tangent against closed forms, torch.optim and finite differences."""

import math

import pytest
import torch

from lyapscreen.exponents import tangent, trees
from lyapscreen.training.optimizers import OPTIMIZERS, Parts, Settings, clipped
from lyapscreen.training.step_map import State, StepMap, minibatch_rows


def quadratic(weights, curvatures):
    return 0.5 * (curvatures * weights["w"].square()).sum()


def quadratic_training(curvatures, lr, optimizer="sgd", **settings):
    """One candidate a learning rate, all on the quadratic with these curvatures."""
    lr = torch.tensor(lr, dtype=torch.float64)
    h = torch.tensor(curvatures, dtype=torch.float64).expand(len(lr), -1)
    return StepMap(quadratic, OPTIMIZERS[optimizer], Settings(**settings), lr, lambda t: (h,))


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


OPTIMIZER_CASES = [
    ("sgd", {}, torch.optim.SGD, {}),
    ("sgd", {"weight_decay": 0.01}, torch.optim.SGD, {"weight_decay": 0.01}),
    ("momentum", {"momentum": 0.9, "weight_decay": 0.01}, torch.optim.SGD, {"momentum": 0.9, "weight_decay": 0.01}),
    ("nesterov", {"momentum": 0.9}, torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    ("momentum", {"momentum": 0.5, "clip_norm": 0.05}, torch.optim.SGD, {"momentum": 0.5}),
    ("adam", {"weight_decay": 0.01}, torch.optim.Adam, {"weight_decay": 0.01}),
    ("adamw", {"weight_decay": 0.1, "clip_norm": 0.05}, torch.optim.AdamW, {"weight_decay": 0.1}),
    ("rmsprop", {"weight_decay": 0.01}, torch.optim.RMSprop, {"weight_decay": 0.01}),
]


@pytest.mark.parametrize(("name", "settings", "reference", "keywords"), OPTIMIZER_CASES)
def test_fifty_steps_equal_torch_optim(name, settings, reference, keywords):
    torch.manual_seed(0)
    x, y = torch.randn(50, 8, 5, dtype=torch.float64), torch.randn(50, 8, dtype=torch.float64)
    w = torch.randn(5, dtype=torch.float64)

    def loss(weights, x, y):
        return (torch.tanh(x @ weights["w"]) - y).square().mean()

    theirs = torch.nn.Parameter(w.clone())
    stepper = reference([theirs], lr=0.1, **keywords)
    lr = torch.tensor([0.1], dtype=torch.float64)
    ours = StepMap(loss, OPTIMIZERS[name], Settings(**settings), lr, lambda t: (x[t][None], y[t][None]))
    state = ours.start({"w": w[None]})
    for t in range(50):
        stepper.zero_grad()
        loss({"w": theirs}, x[t], y[t]).backward()
        if settings.get("clip_norm"):
            torch.nn.utils.clip_grad_norm_([theirs], settings["clip_norm"])
        stepper.step()
        state, _ = ours.step(state, t)
    # The same arithmetic in another order: float64 rounding over 50 steps.
    assert torch.allclose(state.weights["w"][0], theirs, rtol=0, atol=1e-12)


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
    step_map = StepMap(loss, OPTIMIZERS[name], settings, lr, lambda t: (x, y))
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


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop"])
def test_the_tangent_is_finite_where_a_second_moment_is_zero(name):
    """A constant input column: its weight never has a gradient, and its tangent stays as it is (but for decay)."""
    x = torch.tensor([[1.0, 0.0], [2.0, 0.0], [-1.0, 0.0]], dtype=torch.float64)[None]

    def loss(weights, x):
        return (x @ weights["w"] - 1).square().mean()

    lr = torch.tensor([0.01], dtype=torch.float64)
    step_map = StepMap(loss, OPTIMIZERS[name], Settings(), lr, lambda t: (x,))
    state = step_map.start({"w": torch.tensor([[0.3, 0.4]], dtype=torch.float64)})
    direction = State({"w": torch.ones(1, 2, dtype=torch.float64)}, trees.zeros_like(state.memory))
    for t in range(20):
        state, direction, _ = step_map.push(state, direction, t)
    assert torch.isfinite(direction.weights["w"]).all()
    assert direction.weights["w"][0, 1] == 1
    assert state.weights["w"][0, 1] == 0.4


ADAPTIVE = [name for name, optimizer in OPTIMIZERS.items() if optimizer.tangent is not None]
UNCORRECTED = {"betas": (0.9, 1.0), "bias_correction": False}


@pytest.mark.parametrize("settings", [{}, {"weight_decay": 0.1}, UNCORRECTED], ids=str)
@pytest.mark.parametrize("name", ADAPTIVE)
def test_a_tangent_written_out_is_the_derivative_torch_finds(name, settings):
    """Two candidates of [2, 3] weights; one weight has a second moment and a gradient of 0."""
    generator, optimizer = torch.Generator().manual_seed(0), OPTIMIZERS[name]

    def normal():
        return {key: torch.randn(2, *shape, generator=generator).double() for key, shape in SHAPES.items()}

    memory = {moment: normal() for moment in optimizer.init(normal())}
    memory["square"] = {key: value.square() for key, value in memory["square"].items()}
    here, along = Parts(normal(), memory, normal()), Parts(normal(), {moment: normal() for moment in memory}, normal())
    for tree in (here.gradient, here.memory["square"], here.weights, along.memory["square"]):
        tree["weight"][1, 0, 2] = 0
    settings, lr = Settings(**settings), torch.tensor([0.1, 0.3], dtype=torch.float64)
    found = optimizer.tangent(here, along, optimizer.update(*here, lr, 4, settings)[1], lr, 4, settings)
    _, derived = torch.func.jvp(lambda *parts: optimizer.update(*parts, lr, 4, settings), here, along)
    for ours, theirs in zip(trees.tree_leaves(found), trees.tree_leaves(derived), strict=True):
        assert torch.isfinite(ours).all()
        assert torch.allclose(ours, theirs, rtol=1e-12, atol=1e-12)


SHAPES = {"weight": (2, 3), "bias": (2,)}


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
