"""The derivatives written out against the ones torch.func derives."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from lyapscreen.exponents import trees
from lyapscreen.spec.activations import ACTIVATIONS
from lyapscreen.spec.optimizers import OPTIMIZERS, Settings
from lyapscreen.training.activation_derivatives import POINTWISE
from lyapscreen.training.activations import Activation
from lyapscreen.training.architectures import mlp
from lyapscreen.training.derivatives import stacked
from lyapscreen.training.mlp_derivatives import mlp_derivatives
from lyapscreen.training.step_map import State, StepMap

CANDIDATES, ROWS, INPUTS, OUTPUTS = 3, 7, 5, 4
QUICK = [name for name in ACTIVATIONS if type(Activation(name)()) in POINTWISE]
"""Activations whose derivatives are written out: the rest have those that torch finds."""


def case(activation, loss, hidden=(6, 3)):
    """A module, its stacked random weights and a minibatch, in float64."""
    generator = torch.Generator().manual_seed(0)
    module = mlp(hidden)(Activation(activation), INPUTS, OUTPUTS).double()

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    weights, tangent = ({n: normal(CANDIDATES, *w.shape) for n, w in module.named_parameters()} for _ in range(2))
    x = normal(CANDIDATES, ROWS, INPUTS)
    if loss is F.cross_entropy:
        y = torch.randint(0, OUTPUTS, (CANDIDATES, ROWS), generator=generator)
    else:
        y = normal(CANDIDATES, ROWS, OUTPUTS)
    return module, weights, tangent, (x, y)


def pushes(module, loss, optimizer, weights, tangent, batch, **settings):
    """Three steps of the same training, written out and derived."""

    def minibatch_loss(weights, x, y):
        return loss(torch.func.functional_call(module, weights, (x,)), y)

    quick = mlp_derivatives(module, loss)
    lr = torch.tensor([0.01, 0.1, 0.5], dtype=torch.float64)
    settings = Settings(**{"momentum": 0.9, "weight_decay": 0.01, **settings})
    for derivatives in (quick, stacked(minibatch_loss)):
        step_map = StepMap(derivatives, OPTIMIZERS[optimizer], settings, lr, lambda t: batch)
        state = step_map.start(weights)
        along = State(tangent, trees.zeros_like(state.memory))
        for t in range(3):
            state, along, seen = step_map.push(state, along, t)
        yield state, along, seen.losses


def steps(module, loss, optimizer, weights, batch, **settings):
    """Three steps without a tangent of the same training, written out and derived."""

    def minibatch_loss(weights, x, y):
        return loss(torch.func.functional_call(module, weights, (x,)), y)

    quick = mlp_derivatives(module, loss)
    lr = torch.tensor([0.01, 0.1, 0.5], dtype=torch.float64)
    for derivatives in (quick, stacked(minibatch_loss)):
        step_map = StepMap(derivatives, OPTIMIZERS[optimizer], Settings(**settings), lr, lambda t: batch)
        state = step_map.start(weights)
        for t in range(3):
            state, seen = step_map.step(state, t)
        yield state, seen.losses


@pytest.mark.parametrize("loss", [F.cross_entropy, F.mse_loss])
@pytest.mark.parametrize("activation", QUICK)
def test_the_gradient_alone(activation, loss):
    module, weights, _, batch = case(activation, loss)
    assert_same(*steps(module, loss, "sgd", weights, batch))


@pytest.mark.parametrize("clip_norm", [None, 0.05])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_without_a_tangent(optimizer, clip_norm):
    module, weights, _, batch = case("tanh", F.cross_entropy)
    settings = {"momentum": 0.9, "weight_decay": 0.01, "clip_norm": clip_norm}
    assert_same(*steps(module, F.cross_entropy, optimizer, weights, batch, **settings))


def test_with_and_without_a_tangent_the_states_are_the_same_bytes():
    module, weights, tangent, batch = case("gelu", F.cross_entropy)
    quick = mlp_derivatives(module, F.cross_entropy)
    gradient, losses, _ = quick.gradient(weights, *batch)
    beside, _, losses_beside, _ = quick.gradient_and_jvp(weights, tangent, *batch)
    assert torch.equal(losses, losses_beside)
    assert all(torch.equal(gradient[name], beside[name]) for name in weights)


@pytest.mark.parametrize("loss", [F.cross_entropy, F.mse_loss])
@pytest.mark.parametrize("activation", QUICK)
def test_every_activation_and_loss(activation, loss):
    assert_same(*pushes(case(activation, loss)[0], loss, "sgd", *case(activation, loss)[1:]))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer(optimizer):
    module, *rest = case("tanh", F.cross_entropy)
    assert_same(*pushes(module, F.cross_entropy, optimizer, *rest))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_clipping(optimizer):
    module, *rest = case("tanh", F.cross_entropy)
    assert_same(*pushes(module, F.cross_entropy, optimizer, *rest, clip_norm=0.05))


@pytest.mark.parametrize("hidden", [(), (4,), (3, 4, 5)])
def test_any_depth(hidden):
    module, *rest = case("silu", F.mse_loss, hidden) if hidden else linear_case()
    assert_same(*pushes(module, F.mse_loss, "momentum", *rest))


def linear_case():
    _, _, _, batch = case("tanh", F.mse_loss)
    module = nn.Sequential(nn.Linear(INPUTS, OUTPUTS)).double()
    generator = torch.Generator().manual_seed(1)
    weights, tangent = (
        {n: torch.randn(CANDIDATES, *w.shape, generator=generator).double() for n, w in module.named_parameters()}
        for _ in range(2)
    )
    return module, weights, tangent, batch


def assert_same(quick, derived):
    for ours, theirs in zip(trees.tree_leaves(quick), trees.tree_leaves(derived), strict=True):
        # The same sums in another order, over three steps that amplify rounding by the tangent's growth.
        assert torch.allclose(ours, theirs, rtol=1e-9, atol=1e-9 * float(theirs.abs().max()))


@pytest.mark.parametrize("module", POINTWISE, ids=lambda module: module.__name__)
def test_slopes_are_the_derivatives_autograd_finds(module):
    z = torch.linspace(-6, 6, 400, dtype=torch.float64)  # no point on the kink at 0
    value, first, second = POINTWISE[module](z)

    def f(z):
        return module()(z)

    def derivative(f):
        return torch.func.vmap(torch.func.grad(f))

    assert torch.allclose(value, f(z), atol=1e-14)
    assert torch.allclose(first, derivative(f)(z), atol=1e-12)
    assert torch.allclose(
        torch.zeros_like(z) if second is None else second, derivative(torch.func.grad(f))(z), atol=1e-11
    )


def test_what_is_written_out_is_an_activation():
    assert {type(Activation(name)()) for name in QUICK} == set(POINTWISE)


@pytest.mark.parametrize(
    "module",
    [
        nn.Linear(3, 3),
        nn.Sequential(nn.Linear(3, 3), nn.LeakyReLU(0.2), nn.Linear(3, 3)),
        nn.Sequential(nn.Linear(3, 3, bias=False), nn.ReLU(), nn.Linear(3, 3)),
        nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3), nn.Linear(3, 3)),
        nn.Sequential(nn.Linear(3, 3), nn.ReLU()),
        nn.Sequential(*[nn.Linear(3, 3)] * 2),
        nn.Sequential(*(lambda layer: [layer, nn.ReLU(), layer])(nn.Linear(3, 3))),
    ],
    ids=lambda module: str(module).replace("\n", ""),
)
def test_other_modules_take_the_general_path(module):
    assert mlp_derivatives(module, F.cross_entropy) is None


def test_other_losses_take_the_general_path():
    assert mlp_derivatives(nn.Sequential(nn.Linear(3, 3)), F.huber_loss) is None
    assert mlp_derivatives(nn.Sequential(nn.Linear(3, 3)), F.mse_loss) is not None
