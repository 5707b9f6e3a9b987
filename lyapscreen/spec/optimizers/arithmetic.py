"""Arithmetic that optimizers share, through the tensors' own methods: nothing here imports torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lyapscreen.spec.optimizers.rule import Memory, Parts, Settings, Step, Weights

if TYPE_CHECKING:
    from torch import Tensor

SMALLEST_ROOT = 1e-30
"""Stands for a root of 0 where it is divided by: the tangent of its square is 0 there."""


def nothing(_: Weights) -> Memory:
    """Return the memory of an optimizer that remembers nothing."""
    return {}


def zeros(weights: Weights) -> Weights:
    """Return zeros of the weights' shapes."""
    return {name: w.new_zeros(w.shape) for name, w in weights.items()}


def clipped(gradient: Weights, limit: float) -> Weights:
    """Scale the gradient so that its norm over all parameters is at most `limit`.

    g * min(1, limit / (|g| + 1e-6)), as torch.nn.utils.clip_grad_norm_.
    """
    square: Any = sum(g.square().sum() for g in gradient.values())
    # The derivative of sqrt at 0 is infinite; a zero gradient is not clipped, so its factor is the constant 1.
    zero, one = square == 0, square.new_ones(square.shape)
    norm = one.where(zero, square).sqrt()
    factor = one.where(zero, (limit / (norm + 1e-6)).clamp(max=1.0))
    return {name: g * factor for name, g in gradient.items()}


def clipped_if_asked(gradient: Weights, settings: Settings) -> Weights:
    """Return the gradient, clipped where the settings ask for it."""
    return gradient if settings.clip_norm is None else clipped(gradient, settings.clip_norm)


def prepared(parts: Parts, settings: Settings) -> Weights:
    """Return the gradient clipped first, then with the L2 penalty added: the order of a plain training loop."""
    gradient = clipped_if_asked(parts.gradient, settings)
    if settings.weight_decay:
        gradient = {name: g.add(parts.weights[name], alpha=settings.weight_decay) for name, g in gradient.items()}
    return gradient


# A step of a large network is so many passes over its weights: each function here takes as few as it can.


def decayed(weights: Weights, step: Step) -> Weights:
    """Shrink the weights themselves by 1 - lr * weight decay (I. Loshchilov and F. Hutter, arXiv 1711.05101)."""
    return {name: w * fitted(1 - step.lr * step.settings.weight_decay, w) for name, w in weights.items()}


def descended(weights: Weights, direction: Weights, lr: Tensor) -> Weights:
    """Return w - lr * direction."""
    return {name: w.addcmul(fitted(lr, w), direction[name], value=-1) for name, w in weights.items()}


def averaged(decay: float, before: Weights, now: Weights) -> Weights:
    """Return the running average decay * before + (1 - decay) * now."""
    return {name: value.lerp(now[name], 1 - decay) for name, value in before.items()}


def averaged_square(decay: float, before: Weights, now: Weights) -> Weights:
    """Return the running average of squares, decay * before + (1 - decay) * now^2."""
    return {name: (decay * v).addcmul_(now[name], now[name], value=1 - decay) for name, v in before.items()}


def tangent_of_averaged_square(decay: float, before: Weights, now: Weights, of_now: Weights) -> Weights:
    """Return the tangent of `averaged_square`, whose tangent before is given and that of `now`."""
    return {name: (decay * dv).addcmul_(now[name], of_now[name], value=2 * (1 - decay)) for name, dv in before.items()}


def fitted(lr: Tensor, weights: Tensor) -> Tensor:
    """View learning rates [candidates] as [candidates, 1, ...], to go with stacked weights; one stays one."""
    return lr.view(-1, *[1] * (weights.dim() - 1)) if lr.dim() else lr


def quotient(numerator: Tensor, square: Tensor, eps: float, correction: float = 1.0) -> Tensor:
    """Return numerator / (sqrt(square) / correction + eps)."""
    return numerator / square.sqrt().div_(correction).add_(eps)


def tangent_of_quotient(
    numerator: tuple[Tensor, Tensor], square: tuple[Tensor, Tensor], eps: float, correction: float = 1.0
) -> Tensor:
    """Return the tangent of `quotient`, each argument given with its own tangent.

    The root's derivative at 0 is defined as 0: a weight behind a constant input column never has a gradient, and an
    infinite slope times its zero tangent would be NaN and spread to every other weight.
    """
    (value, of_value), (under, of_under) = numerator, square
    below = under.sqrt().clamp_min_(SMALLEST_ROOT)
    of_root = of_under.div(below).mul_(value)
    below = below.div_(correction).add_(eps)
    return of_value.add(of_root.div_(below), alpha=-1 / (2 * correction)).div_(below)
