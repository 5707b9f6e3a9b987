"""Each optimizer as pure `init`/`update`, so that its whole step can be differentiated, and its derivative written out.

All but clipping goes number by number: on one candidate's tensors with its learning rate, and on stacked ones
[candidates, ...] with theirs [candidates].

Sources: the update rules of torch.optim; a test holds each to torch's own step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

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


class Parts(NamedTuple):
    """What an update is made of, or a tangent of it."""

    gradient: Weights
    memory: Memory
    weights: Weights


@dataclass(frozen=True)
class Optimizer:
    """Pure functions.

    `init(weights) -> memory`; `update(gradient, memory, weights, lr, t, settings) -> (weights, memory)`,
    t counted from 0.
    """

    init: Callable[[Weights], Memory]
    update: Callable[[Weights, Memory, Weights, Tensor, int, Settings], tuple[Weights, Memory]]
    tangent: Callable[[Parts, Parts, Memory, Tensor, int, Settings], tuple[Weights, Memory]] | None = None
    """The update's derivative, clipping apart: `tangent(parts, their tangent, memory after it, lr, t, settings)`.

    None: the update is linear in (gradient, memory, weights), so that it is its own.
    """


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
    return _adaptive(_clipped(g, settings), memory, _shrunk(w, lr, settings), lr, t, settings)


def _adaptive(g: Weights, memory: Memory, w: Weights, lr: Tensor, t: int, settings: Settings) -> tuple[Weights, Memory]:
    first, second = settings.betas
    mean = _averaged(first, memory["mean"], g)
    square = {name: second * v + (1 - second) * g[name].square() for name, v in memory["square"].items()}
    of_mean, of_square = _corrections(t, settings)
    direction = {name: mean[name] / of_mean / (_sqrt(square[name]) / of_square + settings.eps) for name in w}
    return _descended(w, direction, lr), {"mean": mean, "square": square}


def _adam_tangent(
    here: Parts, along: Parts, after: Memory, lr: Tensor, t: int, settings: Settings
) -> tuple[Weights, Memory]:
    g, dg = _prepared(here.gradient, here.weights, settings), _prepared(along.gradient, along.weights, settings)
    return _adaptive_tangent(g, Parts(dg, along.memory, along.weights), after, lr, t, settings)


def _adamw_tangent(
    here: Parts, along: Parts, after: Memory, lr: Tensor, t: int, settings: Settings
) -> tuple[Weights, Memory]:
    shrunk = along._replace(weights=_shrunk(along.weights, lr, settings))
    return _adaptive_tangent(here.gradient, shrunk, after, lr, t, settings)


def _adaptive_tangent(
    g: Weights, along: Parts, after: Memory, lr: Tensor, t: int, settings: Settings
) -> tuple[Weights, Memory]:
    first, second = settings.betas
    mean = _averaged(first, along.memory["mean"], along.gradient)
    square = _averaged(second, along.memory["square"], {name: 2 * g[name] * dg for name, dg in along.gradient.items()})
    of_mean, of_square = _corrections(t, settings)
    direction = {
        name: _quotient_tangent(
            after["mean"][name] / of_mean, dm / of_mean, after["square"][name], square[name], of_square, settings.eps
        )
        for name, dm in mean.items()
    }
    return _descended(along.weights, direction, lr), {"mean": mean, "square": square}


def _rmsprop_init(weights: Weights) -> Memory:
    return {"square": {name: torch.zeros_like(w) for name, w in weights.items()}}


def _rmsprop(g: Weights, memory: Memory, w: Weights, lr: Tensor, t: int, settings: Settings) -> tuple[Weights, Memory]:
    prepared, alpha = _prepared(g, w, settings), settings.alpha
    square = {name: alpha * v + (1 - alpha) * prepared[name].square() for name, v in memory["square"].items()}
    direction = {name: prepared[name] / (_sqrt(square[name]) + settings.eps) for name in w}
    return _descended(w, direction, lr), {"square": square}


def _rmsprop_tangent(
    here: Parts, along: Parts, after: Memory, lr: Tensor, t: int, settings: Settings
) -> tuple[Weights, Memory]:
    g, dg = _prepared(here.gradient, here.weights, settings), _prepared(along.gradient, along.weights, settings)
    square = _averaged(settings.alpha, along.memory["square"], {name: 2 * g[name] * dg[name] for name in g})
    direction = {
        name: _quotient_tangent(g[name], dg[name], after["square"][name], square[name], 1.0, settings.eps) for name in g
    }
    return _descended(along.weights, direction, lr), {"square": square}


def _sqrt(square: Tensor) -> Tensor:
    """Return the square root, its derivative at 0 defined as 0.

    A weight behind a constant input column never has a gradient; the infinite slope at 0 times its
    zero tangent would be NaN and spread to every other weight.
    """
    positive = square.sgn()
    return (square + (1 - positive)).sqrt() * positive


def _quotient_tangent(
    numerator: Tensor, its_tangent: Tensor, square: Tensor, of_square: Tensor, correction: float, eps: float
) -> Tensor:
    """Return the tangent of numerator / (sqrt(square) / correction + eps), with `_sqrt`'s derivative."""
    root = square.sqrt()
    # Where the root is 0 so is its sgn, and 0 / 1 stands for 0 / 0.
    positive = root.sgn()
    of_root = (of_square * positive).div_((2 * correction) * root + (1 - positive))
    below = root.div_(correction).add_(eps)
    return of_root.mul_(numerator).div_(below).neg_().add_(its_tangent).div_(below)


def _averaged(decay: float, before: Weights, now: Weights) -> Weights:
    return {name: decay * value + (1 - decay) * now[name] for name, value in before.items()}


def _corrections(t: int, settings: Settings) -> tuple[float, float]:
    """Return what Adam's mean, and the root of its square, are divided by at step t."""
    if not settings.bias_correction:
        return 1.0, 1.0
    first, second = settings.betas
    return 1 - first ** (t + 1), math.sqrt(1 - second ** (t + 1))


def _shrunk(weights: Weights, lr: Tensor, settings: Settings) -> Weights:
    """Decay the weights themselves, not by way of the moments (arXiv 1711.05101)."""
    return {name: w - _fitted(lr, w) * settings.weight_decay * w for name, w in weights.items()}


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
    return {name: torch.addcmul(w, _fitted(lr, w), direction[name], value=-1) for name, w in weights.items()}


def _fitted(lr: Tensor, weights: Tensor) -> Tensor:
    """View learning rates [candidates] as [candidates, 1, ...], to go with stacked weights; one stays one."""
    return lr.view(-1, *[1] * (weights.dim() - 1)) if lr.dim() else lr


OPTIMIZERS = {
    "sgd": Optimizer(_sgd_init, _sgd),
    "momentum": Optimizer(_momentum_init, _momentum),
    "nesterov": Optimizer(_momentum_init, _nesterov),
    "adam": Optimizer(_adam_init, _adam, _adam_tangent),
    "adamw": Optimizer(_adam_init, _adamw, _adamw_tangent),
    "rmsprop": Optimizer(_rmsprop_init, _rmsprop, _rmsprop_tangent),
}
"""By the name `--optimizer` takes."""
