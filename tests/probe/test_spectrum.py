"""The spectrum of a training, against an explicit product of Jacobians."""

import math

import pytest
import torch

from lyapscreen.data import load
from lyapscreen.errors import SettingError
from lyapscreen.probe.spectrum import leading_exponents
from lyapscreen.results.spectrum import Leading
from lyapscreen.results.statistics import UNDEFINED, Interval
from lyapscreen.spec.seeds import named_seed
from lyapscreen.spec.spec import Spec
from lyapscreen.training.activations import Activation
from lyapscreen.training.architectures import mlp
from lyapscreen.training.step_map import minibatch_rows

TINY = {"data": "moons", "model": "mlp:2", "act": "tanh", "lr": "0.5", "steps": 12, "dtype": "float64"}


WEIGHTS = 2 * 2 + 2 + 2 * 2 + 2


def test_all_exponents_sum_to_the_volume_and_match_the_jacobians_singular_values():
    spec = Spec.of(**TINY, seeds="seed=3")
    got = [interval.mean for interval in leading_exponents(spec, WEIGHTS, burn_in=0).exponents]

    data = load(spec)
    torch.manual_seed(named_seed(3, "weights"))
    module = mlp((2,))(Activation("tanh"), 2, 2).double()
    shapes = {name: w.shape for name, w in module.named_parameters()}
    flat = torch.cat([w.detach().flatten() for w in module.parameters()])
    x, y = torch.from_numpy(data.x_train), torch.from_numpy(data.y_train)

    def step(flat, rows):
        parts = torch.split(flat, [math.prod(shape) for shape in shapes.values()])
        weights = {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}

        def loss(weights):
            return torch.nn.functional.cross_entropy(torch.func.functional_call(module, weights, (x[rows],)), y[rows])

        gradient = torch.func.grad(loss)(weights)
        return flat - 0.5 * torch.cat([g.flatten() for g in gradient.values()])

    log_volume = 0.0
    for rows in minibatch_rows(len(x), 64, 12, named_seed(3, "order")):
        jacobian = torch.func.jacfwd(lambda flat, rows=rows: step(flat, rows))(flat)
        log_volume += float(torch.linalg.slogdet(jacobian).logabsdet)
        flat = step(flat, rows)
    assert sum(got) == pytest.approx(log_volume / 12, abs=1e-10)
    assert got == sorted(got, reverse=True)


def test_a_flat_direction_is_called_flat():
    """Softmax does not change when both outputs rise alike: a shift of the bias, and one a hidden unit, are neutral."""
    found = leading_exponents(Spec.of(**{**TINY, "steps": 200}, seeds="2"), WEIGHTS)
    assert 3 <= found.flat < WEIGHTS
    assert found.steps == 100
    assert found.seeds == 2
    assert all(interval.low <= interval.mean <= interval.high for interval in found.exponents)


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_the_optimizers_memory_is_part_of_the_state(optimizer):
    found = leading_exponents(Spec.of(**{**TINY, "lr": "0.05"}, seeds="seed=0", optimizer=optimizer), 3)
    assert all(math.isfinite(interval.mean) for interval in found.exponents)


def test_directions_by_their_growth_over_the_probe():
    means = [0.01, 0.0015, -0.0015, -0.01]
    found = Leading(None, 100, (*(Interval(m, m, m) for m in means), UNDEFINED), 3)
    assert [found.direction(i) for i in range(5)] == ["grows", "flat", "flat", "shrinks", "undefined"]
    assert found.flat == 2


@pytest.mark.parametrize(
    ("settings", "k", "message"),
    [
        ({"lr": "0.1,0.2"}, 2, "lr 0.1,0.2: a spectrum takes one configuration"),
        ({"act": "relu,tanh"}, 2, "act relu,tanh: a spectrum takes one configuration"),
        ({}, 0, "k 0: k must be between 1 and 12 for a model of 12 weights"),
        ({}, 13, "k 13: k must be between 1 and 12"),
        ({"steps": 1000}, 5, "burn_in 1000: it must leave some of the 1000 steps"),
    ],
)
def test_what_has_no_spectrum_is_refused(settings, k, message):
    with pytest.raises(SettingError, match=message):
        leading_exponents(Spec.of(**{**TINY, **settings}, seeds="seed=0"), k, settings.get("steps"))


def test_dropout_is_the_same_for_all_tangents_and_a_bad_model_is_told():
    def dropping(activation, n_inputs, n_outputs):
        first, last = torch.nn.Linear(n_inputs, 4), torch.nn.Linear(4, n_outputs)
        return torch.nn.Sequential(first, activation(), torch.nn.Dropout(0.5), last)

    found = leading_exponents(Spec.of(**{**TINY, "model": dropping}, seeds="2"), 3)
    assert all(math.isfinite(interval.mean) for interval in found.exponents)
    with pytest.raises(SettingError, match="the data needs"):
        leading_exponents(Spec.of(**{**TINY, "model": lambda activation: torch.nn.Linear(2, 7)}, seeds="2"), 3)
