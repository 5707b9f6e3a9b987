"""Trainings whose exponents are known, by the step map and the optimizers that the probe uses."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from lyapscreen.analysis.selftest.systems import SEED, System, generator, uniform
from lyapscreen.exponents import maps, trees
from lyapscreen.spec.optimizers import OPTIMIZERS, Optimizer, Settings
from lyapscreen.spec.optimizers.adam import Moments
from lyapscreen.spec.optimizers.adam import adam as adam_with
from lyapscreen.training.derivatives import stacked
from lyapscreen.training.step_map import State, StepMap

Curvatures = list[tuple[float, ...]]

CURVATURES = (0.1, 0.5, 2.0)
BEST_LR = 2 / (CURVATURES[0] + CURVATURES[-1])
QUADRATIC_LR = (0.3, 1.5, 0.9 * BEST_LR, 0.95 * BEST_LR, BEST_LR, 1.02 * BEST_LR, 1.05 * BEST_LR)

BALL_CURVATURES = (0.5, 2.0)
BALL_ROOT = math.sqrt(BALL_CURVATURES[1] / BALL_CURVATURES[0])
BALL_BETA = ((BALL_ROOT - 1) / (BALL_ROOT + 1)) ** 2
BALL_LR = 4 / (math.sqrt(BALL_CURVATURES[0]) + math.sqrt(BALL_CURVATURES[1])) ** 2

DECAY_LR, DECAY = 0.5, 0.1

ADAM_LR = 0.1
ADAM = Moments(betas=(0.9, 1.0), bias_correction=False)
ADAM_FACTORS = (0.99, 1.01)
ADAM_THRESHOLD = (2 + 2 * ADAM.betas[0]) / ((1 - ADAM.betas[0]) * ADAM_LR)


def gradient_descent(dtype: torch.dtype) -> System:
    """Gradient descent on one quadratic, a state a learning rate."""
    return _on_quadratic(dtype, [CURVATURES] * len(QUADRATIC_LR), QUADRATIC_LR, OPTIMIZERS["sgd"], Settings())


def heavy_ball(dtype: torch.dtype) -> System:
    """Momentum at the learning rate and factor that are best for a quadratic."""
    return _on_quadratic(dtype, [BALL_CURVATURES], (BALL_LR,), OPTIMIZERS["momentum"], Settings(momentum=BALL_BETA))


def weight_decay(dtype: torch.dtype) -> System:
    """Weight decay where the loss is flat."""
    return _on_quadratic(dtype, [(0.0,)], (DECAY_LR,), OPTIMIZERS["sgd"], Settings(weight_decay=DECAY))


def adam(dtype: torch.dtype) -> System:
    """Adam with its second moment held at 1, a little below and a little above its threshold."""
    curvatures: Curvatures = [(factor * ADAM_THRESHOLD * (1 + ADAM.eps),) for factor in ADAM_FACTORS]
    system = _on_quadratic(dtype, curvatures, (ADAM_LR,) * len(curvatures), adam_with(ADAM), Settings())
    memory = {**system.states.memory, "square": {"w": torch.ones_like(system.states.weights["w"])}}
    return replace(system, states=State(system.states.weights, memory))


def _on_quadratic(
    dtype: torch.dtype, curvatures: Curvatures, lr: tuple[float, ...], optimizer: Optimizer, settings: Settings
) -> System:
    halved = torch.tensor(curvatures, dtype=dtype) / 2

    def loss(weights: dict[str, Tensor], halved: Tensor) -> Tensor:
        return torch.dot(halved, weights["w"].square())

    def minibatches(_: int) -> tuple[Tensor, ...]:
        return (halved,)

    training = StepMap(stacked(loss), optimizer, settings, torch.tensor(lr, dtype=dtype), minibatches)
    # At the minimum, where only tangents move: float32 would overflow where the weights grow.
    return _training(training, torch.zeros_like(halved))


# One-dimensional trainings: gradient descent on L = a w^2/2 + b w^3/3 + c w^4/4, all in one batch


@dataclass(frozen=True)
class Polynomial:
    """Gradient descent on one polynomial."""

    lr: float
    a: float | tuple[float, float]
    """The curvature; two values are drawn from at every step."""
    b: float = 0.0
    c: float = 0.0
    starts: tuple[float, float] = (0.3, 0.3)
    """Range that the weight starts in."""
    states: int = 1
    stays: float = 0.5
    """Probability that the next step has the same curvature."""


def logistic(r: float, **settings: Any) -> Polynomial:
    """L = ((1-r) w^2/2 + r w^3/3) / lr: its descent is w -> r w (1-w)."""
    lr = 0.25
    return Polynomial(lr, (1 - r) / lr, r / lr, **settings)


def quartic(lr: float, **settings: Any) -> Polynomial:
    """L = (w^2-1)^2/4, up to a constant."""
    return Polynomial(lr, -1.0, 0.0, 1.0, **settings)


TYPICAL_STATES, RANDOM_STATES = 400, 2000
CURVATURE_PAIR, SGD_LR = (0.5, 2.0), 1.5

POLYNOMIALS = {
    "logistic 2": logistic(2.0),
    "logistic 2.5": logistic(2.5),
    # At r = 3 and lr = 1 the distance to the fixed point falls as t^(-1/2) and the local growth as
    # -3/(2t). Starting 0.003 from it stands for the 6,000 steps that the way there would take.
    "logistic 3": logistic(3.0, starts=(2 / 3 + 0.003,) * 2),
    "logistic 3.2": logistic(3.2),
    "logistic 4": logistic(4.0, starts=(0.05, 0.95), states=TYPICAL_STATES),
    "quartic 0.3": quartic(0.3),
    "quartic 0.5": quartic(0.5),
    "quartic 1": quartic(1.0, starts=(1.003, 1.003)),
    "quartic 1.1": quartic(1.1),
    "quartic 2": quartic(2.0, starts=(-1.3, 1.3), states=TYPICAL_STATES),
    # At the minimum, where only tangents move: a run of luck would overflow float32.
    "sgd": Polynomial(SGD_LR, CURVATURE_PAIR, starts=(0.0, 0.0), states=RANDOM_STATES),
    "markov sgd": Polynomial(SGD_LR, CURVATURE_PAIR, starts=(0.0, 0.0), states=RANDOM_STATES, stays=0.9),
}
POLYNOMIAL_STEPS = 600


def members(name: str) -> slice:
    """Return which states of the batch descend this polynomial."""
    first = 0
    for other, polynomial in POLYNOMIALS.items():
        if other == name:
            return slice(first, first + polynomial.states)
        first += polynomial.states
    raise KeyError(name)


def polynomials(dtype: torch.dtype) -> System:
    """Gradient descent on every polynomial of the table."""
    source = generator()
    every = POLYNOMIALS.values()
    starts = torch.cat([uniform(source, p.states, *p.starts) for p in every])
    curvatures = torch.cat([_curvatures(source, p) for p in every], dim=1).to(dtype)
    b, c, lr = (
        torch.cat([torch.full((p.states,), getattr(p, field), dtype=dtype) for p in every])
        for field in ("b", "c", "lr")
    )

    def loss(weights: dict[str, Tensor], coefficients: Tensor) -> Tensor:
        w = weights["w"]
        square = w * w
        return torch.dot(coefficients, torch.cat([square, square * w, square * square]))

    def minibatches(t: int) -> tuple[Tensor, ...]:
        return (torch.stack([curvatures[t] / 2, b / 3, c / 4], dim=1),)

    training = StepMap(stacked(loss), OPTIMIZERS["sgd"], Settings(), lr, minibatches)
    return _training(training, starts[:, None].to(dtype))


def _curvatures(source: torch.Generator, p: Polynomial) -> Tensor:
    """Return the curvature at every step, [steps, states]."""
    if not isinstance(p.a, tuple):
        return torch.full((POLYNOMIAL_STEPS, p.states), p.a, dtype=torch.float64)
    changes = torch.rand(POLYNOMIAL_STEPS, p.states, generator=source, dtype=torch.float64) >= p.stays
    changes[0] = torch.rand(p.states, generator=source, dtype=torch.float64) < 0.5
    second = changes.cumsum(dim=0) % 2 == 1
    first_h, second_h = torch.tensor(p.a, dtype=torch.float64)
    return torch.where(second, second_h, first_h)


def _training(training: StepMap, weights: Tensor) -> System:
    """Perturb a training in its weights and measure it there, as the probe does."""
    states = training.start({"w": weights})

    def tangents(k: int) -> State:
        memory = trees.tree_map(lambda leaf: leaf.new_zeros(k, *leaf.shape), states.memory)
        return State(maps.directions(states.weights, SEED, k), memory)

    return System(training, states, tangents, lambda tangent: tangent.weights)
