"""Each optimizer as pure `init`/`update` over one candidate's tensors, so that its whole step can be differentiated.

Sources: the update rules of torch.optim; a test holds each to torch's own step.
"""

from __future__ import annotations

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


@dataclass(frozen=True)
class Optimizer:
    """A pair of pure functions.

    `init(weights) -> memory`; `update(gradient, memory, weights, lr, settings) -> (weights, memory)`.
    """

    init: Callable[[Weights], Memory]
    update: Callable[[Weights, Memory, Weights, Tensor, Settings], tuple[Weights, Memory]]


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


def _sgd(g: Weights, memory: Memory, w: Weights, lr: Tensor, settings: Settings) -> tuple[Weights, Memory]:
    return _descended(w, _prepared(g, w, settings), lr), memory


def _momentum_init(weights: Weights) -> Memory:
    return {"velocity": {name: torch.zeros_like(w) for name, w in weights.items()}}


def _momentum(g: Weights, memory: Memory, w: Weights, lr: Tensor, settings: Settings) -> tuple[Weights, Memory]:
    velocity = _velocity(_prepared(g, w, settings), memory, settings)
    return _descended(w, velocity, lr), {"velocity": velocity}


def _nesterov(g: Weights, memory: Memory, w: Weights, lr: Tensor, settings: Settings) -> tuple[Weights, Memory]:
    prepared = _prepared(g, w, settings)
    velocity = _velocity(prepared, memory, settings)
    ahead = {name: prepared[name] + settings.momentum * velocity[name] for name in w}
    return _descended(w, ahead, lr), {"velocity": velocity}


def _prepared(gradient: Weights, weights: Weights, settings: Settings) -> Weights:
    """Clip first, then add the L2 penalty: the order of a plain training loop."""
    if settings.clip_norm is not None:
        gradient = clipped(gradient, settings.clip_norm)
    if settings.weight_decay:
        gradient = {name: g + settings.weight_decay * weights[name] for name, g in gradient.items()}
    return gradient


def _velocity(gradient: Weights, memory: Memory, settings: Settings) -> Weights:
    return {name: settings.momentum * memory["velocity"][name] + g for name, g in gradient.items()}


def _descended(weights: Weights, direction: Weights, lr: Tensor) -> Weights:
    return {name: w - lr * direction[name] for name, w in weights.items()}


OPTIMIZERS = {
    "sgd": Optimizer(_sgd_init, _sgd),
    "momentum": Optimizer(_momentum_init, _momentum),
    "nesterov": Optimizer(_momentum_init, _nesterov),
}
"""By the name `--optimizer` takes."""
