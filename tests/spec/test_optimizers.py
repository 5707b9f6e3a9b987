"""Every registered optimizer against torch's own step, and its written-out tangent against torch's derivative of it."""

import math

import pytest
import torch

from lyapscreen.exponents import trees
from lyapscreen.screening.plan import prepare
from lyapscreen.screening.run import carry_out
from lyapscreen.spec.optimizers import OPTIMIZERS, Parts, Settings, Step
from lyapscreen.spec.optimizers.adam import Moments, adam, adamw
from lyapscreen.spec.spec import Spec
from lyapscreen.training.derivatives import stacked
from lyapscreen.training.step_map import State, StepMap


class PaperLion(torch.optim.Optimizer):
    """Algorithm 2 of arXiv 2302.06675, line by line; torch has none."""

    def __init__(self, params, lr, weight_decay):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                c = 0.9 * m + (1 - 0.9) * p.grad
                p.sub_(group["lr"] * (torch.sign(c) + group["weight_decay"] * p))
                m.mul_(0.99).add_((1 - 0.99) * p.grad)


REFERENCES = {
    "sgd": [({}, torch.optim.SGD, {}), ({"weight_decay": 0.01}, torch.optim.SGD, {"weight_decay": 0.01})],
    "momentum": [
        ({"momentum": 0.9, "weight_decay": 0.01}, torch.optim.SGD, {"momentum": 0.9, "weight_decay": 0.01}),
        ({"momentum": 0.5, "clip_norm": 0.05}, torch.optim.SGD, {"momentum": 0.5}),
    ],
    "nesterov": [({"momentum": 0.9}, torch.optim.SGD, {"momentum": 0.9, "nesterov": True})],
    "adagrad": [({"weight_decay": 0.01}, torch.optim.Adagrad, {"weight_decay": 0.01})],
    "rmsprop": [({"weight_decay": 0.01}, torch.optim.RMSprop, {"weight_decay": 0.01})],
    "adam": [({"weight_decay": 0.01}, torch.optim.Adam, {"weight_decay": 0.01})],
    "lion": [({"weight_decay": 0.1, "clip_norm": 0.05}, PaperLion, {"weight_decay": 0.1})],
    "adamw": [({"weight_decay": 0.1, "clip_norm": 0.05}, torch.optim.AdamW, {"weight_decay": 0.1})],
}
"""Of each optimizer: our settings, an optimizer of torch's, and its keywords. One without torch's has its paper's."""

CASES = [(name, *case) for name, cases in REFERENCES.items() for case in cases]


def test_every_optimizer_has_a_reference():
    assert set(REFERENCES) == set(OPTIMIZERS)


def test_the_registry_is_in_the_order_of_publication():
    assert list(OPTIMIZERS) == sorted(OPTIMIZERS, key=lambda name: (OPTIMIZERS[name].since, name))
    assert all(entry.name == name and entry.source for name, entry in OPTIMIZERS.items())


@pytest.mark.parametrize(("name", "settings", "reference", "keywords"), CASES)
def test_fifty_steps_equal_the_reference(name, settings, reference, keywords):
    torch.manual_seed(0)
    x, y = torch.randn(50, 8, 5, dtype=torch.float64), torch.randn(50, 8, dtype=torch.float64)
    w = torch.randn(5, dtype=torch.float64)

    def loss(weights, x, y):
        return (torch.tanh(x @ weights["w"]) - y).square().mean()

    theirs = torch.nn.Parameter(w.clone())
    stepper = reference([theirs], lr=0.1, **keywords)
    lr = torch.tensor([0.1], dtype=torch.float64)
    ours = StepMap(stacked(loss), OPTIMIZERS[name], Settings(**settings), lr, lambda t: (x[t][None], y[t][None]))
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


ADAPTIVE = [name for name, optimizer in OPTIMIZERS.items() if optimizer.tangent is not None]
HELD = Moments(betas=(0.9, 1.0), bias_correction=False)
WRITTEN_OUT = [*(OPTIMIZERS[name] for name in ADAPTIVE), adam(HELD), adamw(HELD)]


@pytest.mark.parametrize("name", [name for name in ADAPTIVE if "square" in OPTIMIZERS[name].init({})])
def test_the_tangent_is_finite_where_a_second_moment_is_zero(name):
    """A constant input column: its weight never has a gradient, and its tangent stays as it is (but for decay)."""
    x = torch.tensor([[1.0, 0.0], [2.0, 0.0], [-1.0, 0.0]], dtype=torch.float64)[None]

    def loss(weights, x):
        return (x @ weights["w"] - 1).square().mean()

    lr = torch.tensor([0.01], dtype=torch.float64)
    step_map = StepMap(stacked(loss), OPTIMIZERS[name], Settings(), lr, lambda t: (x,))
    state = step_map.start({"w": torch.tensor([[0.3, 0.4]], dtype=torch.float64)})
    direction = State({"w": torch.ones(1, 2, dtype=torch.float64)}, trees.zeros_like(state.memory))
    for t in range(20):
        state, direction, _ = step_map.push(state, direction, t)
    assert torch.isfinite(direction.weights["w"]).all()
    assert direction.weights["w"][0, 1] == 1
    assert state.weights["w"][0, 1] == 0.4


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("optimizer", WRITTEN_OUT, ids=lambda optimizer: optimizer.name)
def test_a_tangent_written_out_is_the_derivative_torch_finds(optimizer, weight_decay):
    """Two candidates of [2, 3] weights; one weight has a second moment and a gradient of 0."""
    generator = torch.Generator().manual_seed(0)

    def normal():
        return {key: torch.randn(2, *shape, generator=generator).double() for key, shape in SHAPES.items()}

    memory = {moment: normal() for moment in optimizer.init(normal())}
    if "square" in memory:
        memory["square"] = {key: value.square() for key, value in memory["square"].items()}
    here, along = Parts(normal(), memory, normal()), Parts(normal(), {moment: normal() for moment in memory}, normal())
    for tree in (here.gradient, here.weights, *(part.memory["square"] for part in (here, along) if "square" in memory)):
        tree["weight"][1, 0, 2] = 0
    step = Step(torch.tensor([0.1, 0.3], dtype=torch.float64), 4, Settings(weight_decay=weight_decay))
    found = optimizer.tangent(here, along, optimizer.update(here, step)[1], step)
    # torch has no derivative of the root at 0; so near to it, it is ours to 1e-20.
    near = {key: value.clamp(min=1e-60) for key, value in memory.get("square", {}).items()}
    beside = here._replace(memory=memory | {"square": near} if near else memory)
    _, derived = torch.func.jvp(lambda *parts: optimizer.update(Parts(*parts), step), beside, along)
    for ours, theirs in zip(trees.tree_leaves(found), trees.tree_leaves(derived), strict=True):
        assert torch.isfinite(ours).all()
        assert torch.allclose(ours, theirs, rtol=1e-12, atol=1e-12)


SHAPES = {"weight": (2, 3), "bias": (2,)}


def test_the_exponent_of_lion_is_its_weight_decay_and_that_is_warned_of():
    """ln(1 - lr wd) for any loss: the tangent of a sign is 0."""
    spec = Spec.of(data="wine", optimizer="lion", weight_decay=0.5, lr="0.001,0.01", act="tanh", seeds=2, steps=8)
    plan = prepare(spec)
    assert [warning for warning in plan.warnings if "steps by a sign" in warning]
    for row in carry_out(plan).ranking.rows:
        # Eight products of 1 - lr wd in float32.
        assert row.lyapunov == pytest.approx(math.log(1 - row.lr * 0.5), abs=1e-6)
    assert not [
        warning for warning in prepare(spec.model_copy(update={"optimizer": "sgd"})).warnings if "sign" in warning
    ]


def test_a_neighbour_beside_lion_measures_the_distance_and_that_is_warned_of():
    """Which step jumps depends on how near the neighbour is, and so on the precision."""
    spec = Spec.of(data="wine", optimizer="lion", lr="0.01", act="tanh", seeds=2, estimator="two-trajectory")
    assert [warning for warning in prepare(spec).warnings if "two-trajectory is unreliable for lion" in warning]
    assert not [warning for warning in prepare(spec).warnings if "ever called chaotic" in warning]
    single, double = (
        carry_out(prepare(spec.model_copy(update={"dtype": dtype}))).ranking.rows[0].lyapunov
        for dtype in ("float32", "float64")
    )
    assert single > 0.05
    assert abs(double) < 1e-6
