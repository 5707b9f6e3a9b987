"""The registry of activations: what an entry says holds, and an entry is all that an activation needs."""

import pytest
import torch
from torch import nn

import lyapscreen as ls
from lyapscreen.spec.activations import ACTIVATIONS, ActivationEntry
from lyapscreen.training.activation_derivatives import POINTWISE
from lyapscreen.training.activations import Activation


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_entry_says_whether_the_derivative_jumps(name):
    """At the places where torch's pieces meet; next to them a smooth derivative differs by its slope times 2e-6."""
    activation = Activation(name)()
    slope = torch.func.vmap(torch.func.grad(lambda z: activation(z)))
    places = torch.tensor([-6.0, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0], dtype=torch.float64)
    jumps = bool(((slope(places + 1e-6) - slope(places - 1e-6)).abs() > 1e-4).any())
    assert ACTIVATIONS[name].is_kinked == jumps


def test_an_activation_without_written_out_derivatives_has_those_that_torch_finds(monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "softsign", ActivationEntry("Softsign"))
    assert nn.Softsign not in POINTWISE
    small = {"data": "wine", "model": "mlp:4", "steps": 20, "seeds": 2, "lr": [0.1], "jobs": 1, "dtype": "float64"}
    rows = {
        estimator: ls.screen(**small, act="softsign,tanh", estimator=estimator).ranking.rows
        for estimator in ("tangent", "two-trajectory")
    }
    exact, beside = ({row.activation: row.lyapunov for row in found} for found in rows.values())
    assert set(exact) == {"softsign", "tanh"}
    # A neighbour at a small distance errs by its square root of rounding.
    assert exact == pytest.approx(beside, abs=1e-6)
