"""Maps whose exponents are known, and that are not trainings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lyapscreen.analysis.selftest.systems import SEED, System, generator, uniform
from lyapscreen.exponents import maps
from lyapscreen.exponents.maps import BatchedMap

GAUSSIAN_STATES, GAUSSIAN_STEPS = 2000, 600
LORENZ_FINE, LORENZ_STEP = 0.01, 0.02


def gaussian(dtype: torch.dtype) -> System:
    """Products of 2x2 standard normal matrices, each state with its own, looked up by its number.

    The state stays at 0, where only tangents move: else float32 would overflow.
    """
    source = generator()
    shape = (GAUSSIAN_STEPS, GAUSSIAN_STATES, 2, 2)
    matrices = torch.randn(shape, generator=source, dtype=torch.float64).to(dtype)

    def step(state: dict[str, Tensor], t: int) -> dict[str, Tensor]:
        return {"run": state["run"], "x": matrices[t][state["run"]] @ state["x"]}

    return _plain(step, {"run": torch.arange(GAUSSIAN_STATES), "x": torch.zeros(GAUSSIAN_STATES, 2, dtype=dtype)})


def henon(dtype: torch.dtype) -> System:
    """Henon's map, a = 1.4 and b = 0.3, from states near 0, all in the basin of its attractor."""
    source = generator()

    def step(state: tuple[Tensor, Tensor], _: int) -> tuple[Tensor, Tensor]:
        x, y = state
        return 1 - 1.4 * x * x + y, 0.3 * x

    return _plain(step, tuple(uniform(source, 1000, -0.1, 0.1).to(dtype) for _ in range(2)))


def lorenz(dtype: torch.dtype, states: int, dt: float) -> System:
    """One fourth-order Runge-Kutta step of the Lorenz equations, sigma = 10, rho = 28, beta = 8/3."""
    source = generator()
    # ds/dt = (linear + x turn) s; torch's forward mode is slow wherever it meets a factor without a tangent,
    # so that factors are left to `alpha` (a step takes a third of the time).
    linear = torch.tensor([[-10.0, 10.0, 0.0], [28.0, -1.0, 0.0], [0.0, 0.0, -8 / 3]], dtype=dtype)
    turn = torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]], dtype=dtype)

    def velocity(s: Tensor) -> Tensor:
        return torch.addcmul(linear @ s, s[0], turn @ s)

    def step(s: Tensor, _: int) -> Tensor:
        first = velocity(s)
        second = velocity(torch.add(s, first, alpha=dt / 2))
        third = velocity(torch.add(s, second, alpha=dt / 2))
        fourth = velocity(torch.add(s, third, alpha=dt))
        return torch.add(torch.add(s, first + fourth, alpha=dt / 6), second + third, alpha=dt / 3)

    centre = torch.tensor([0.0, 0.0, 25.0], dtype=torch.float64)
    return _plain(step, (centre + 5 * torch.randn(states, 3, generator=source, dtype=torch.float64)).to(dtype))


def diagonal(dtype: torch.dtype) -> System:
    """Multiply by diag(1.1, 0.8)."""
    factors = torch.tensor([1.1, 0.8], dtype=dtype)
    return _plain(lambda x, _: factors * x, torch.ones(1, 2, dtype=dtype))


def _plain(step: Callable[[Any, int], Any], states: Any) -> System:
    return System(BatchedMap(step), states, lambda k: maps.directions(states, SEED, k))
