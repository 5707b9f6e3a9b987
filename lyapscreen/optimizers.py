"""Each optimizer as pure `init`/`update` over one candidate's tensors, so that its whole step can be differentiated.

Sources: the update rules of torch.optim; a test holds each to torch's own step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Weights = dict[str, Tensor]
"""One candidate's parameters by name."""

Memory = dict[str, Weights]
"""What the optimizer remembers between steps, by name; empty where it remembers nothing."""


@dataclass(frozen=True)
class Settings:
    """Settings that all candidates of a batch share."""

    momentum: float = 0.0
    weight_decay: float = 0.0
    clip_norm: float | None = None
    betas: tuple[float, float] = (0.9, 0.999)
    """Decay of Adam's first and second moment; 1 holds a moment where it starts."""
    alpha: float = 0.99
    """Decay of RMSprop's second moment."""
    eps: float = 1e-8
    bias_correction: bool = True
    """Whether Adam's moments are divided by 1 - beta^(t+1); the closed form of SCIENCE section 4 leaves it out."""


@dataclass(frozen=True)
class Optimizer:
    """A pair of pure functions.

    `init(weights) -> memory`; `update(gradient, memory, weights, lr, t, settings) -> (weights, memory)`,
    t counted from 0.
    """

    init: Callable[[Weights], Memory]
    update: Callable[[Weights, Memory, Weights, Tensor, int, Settings], tuple[Weights, Memory]]
    linear: bool = False
    """Whether the update, clipping apart, is linear in (gradient, memory, weights): then it is its own tangent."""


def clipped(gradient: Weights, limit: float) -> Weights:
    """Scale the gradient so that its norm over all parameters is at most `limit`.

    g * min(1, limit / (|g| + 1e-6)), as torch.nn.utils.clip_grad_norm_.
    """
    square = sum((g.square().sum() for g in gradient.values()), start=torch.zeros(()))
    # The derivative of sqrt at 0 is infinite; a zero gradient is not clipped, so its factor is the constant 1.
    zero = square == 0
    norm = torch.sqrt(torch.where(zero, torch.ones_like(square), square))
    factor = torch.where(zero, torch.ones_like(square), (limit / (norm + 1e-6)).clamp(max=1.0))
    return {name: g * factor for name, g in gradient.items()}


def _sgd_init(_: Weights) -> Memory:
    return {}


def _sgd(g: Weights, memory: Memory, w: Weights, lr: Tensor, t: int, settings: Settings) -> tuple[Weights, Memory]:
    return _descended(w, _prepared(g, w, settings), lr), memory


def _momentum_init(weights: Weights) -> Memory:
    return {"velocity": {name: torch.zeros_like(w) for name, w in weights.items()}}


def _momentum(g: Weights, memory: Memory, w: Weights, lr: Tensor, t: int, settings: Settings) -> tuple[Weights, Memory]:
    velocity = _velocity(_prepared(g, w, settings), memory, settings)
    return _descended(w, velocity, lr), {"velocity": velocity}


def _nesterov(g: Weights, memory: Memory, w: Weights, lr: Tensor, t: int, settings: Settings) -> tuple[Weights, Memory]:
    prepared = _prepared(g, w, settings)
    velocity = _velocity(prepared, memory, settings)
    ahead = {name: prepared[name] + settings.momentum * velocity[name] for name in w}
    return _descended(w, ahead, lr), {"velocity": velocity}


def _adam_init(weights: Weights) -> Memory:
    return {moment: {name: torch.zeros_like(w) for name, w in weights.items()} for moment in ("mean", "square")}


def _adam(g: Weights, memory: Memory, w: Weights, lr: Tensor, t: int, settings: Settings) -> tuple[Weights, Memory]:
    return _adaptive(_prepared(g, w, settings), memory, w, lr, t, settings)


def _adamw(g: Weights, memory: Memory, w: Weights, lr: Tensor, t: int, settings: Settings) -> tuple[Weights, Memory]:
    # Decay acts on the weights themselves, not through the moments (arXiv 1711.05101).
    shrunk = {name: value - lr * settings.weight_decay * value for name, value in w.items()}
    return _adaptive(_clipped(g, settings), memory, shrunk, lr, t, settings)


def _adaptive(g: Weights, memory: Memory, w: Weights, lr: Tensor, t: int, settings: Settings) -> tuple[Weights, Memory]:
    first, second = settings.betas
    mean = {name: first * m + (1 - first) * g[name] for name, m in memory["mean"].items()}
    square = {name: second * v + (1 - second) * g[name].square() for name, v in memory["square"].items()}
    of_mean, of_square = (1 - first ** (t + 1), 1 - second ** (t + 1)) if settings.bias_correction else (1.0, 1.0)
    direction = {name: mean[name] / of_mean / (_sqrt(square[name]) / math.sqrt(of_square) + settings.eps) for name in w}
    return _descended(w, direction, lr), {"mean": mean, "square": square}


def _rmsprop_init(weights: Weights) -> Memory:
    return {"square": {name: torch.zeros_like(w) for name, w in weights.items()}}


def _rmsprop(g: Weights, memory: Memory, w: Weights, lr: Tensor, t: int, settings: Settings) -> tuple[Weights, Memory]:
    prepared, alpha = _prepared(g, w, settings), settings.alpha
    square = {name: alpha * v + (1 - alpha) * prepared[name].square() for name, v in memory["square"].items()}
    direction = {name: prepared[name] / (_sqrt(square[name]) + settings.eps) for name in w}
    return _descended(w, direction, lr), {"square": square}


def _sqrt(square: Tensor) -> Tensor:
    """Return the square root, its derivative at 0 defined as 0.

    A weight behind a constant input column never has a gradient; the infinite slope at 0 times its
    zero tangent would be NaN and spread to every other weight.
    """
    zero = square == 0
    return torch.where(zero, torch.zeros_like(square), torch.where(zero, torch.ones_like(square), square).sqrt())


def _prepared(gradient: Weights, weights: Weights, settings: Settings) -> Weights:
    """Clip first, then add the L2 penalty: the order of a plain training loop."""
    gradient = _clipped(gradient, settings)
    if settings.weight_decay:
        gradient = {name: g + settings.weight_decay * weights[name] for name, g in gradient.items()}
    return gradient


def _clipped(gradient: Weights, settings: Settings) -> Weights:
    return gradient if settings.clip_norm is None else clipped(gradient, settings.clip_norm)


def _velocity(gradient: Weights, memory: Memory, settings: Settings) -> Weights:
    return {name: settings.momentum * memory["velocity"][name] + g for name, g in gradient.items()}


def _descended(weights: Weights, direction: Weights, lr: Tensor) -> Weights:
    return {name: torch.addcmul(w, lr, direction[name], value=-1) for name, w in weights.items()}


OPTIMIZERS = {
    "sgd": Optimizer(_sgd_init, _sgd, linear=True),
    "momentum": Optimizer(_momentum_init, _momentum, linear=True),
    "nesterov": Optimizer(_momentum_init, _nesterov, linear=True),
    "adam": Optimizer(_adam_init, _adam),
    "adamw": Optimizer(_adam_init, _adamw),
    "rmsprop": Optimizer(_rmsprop_init, _rmsprop),
}
"""By the name `--optimizer` takes."""
