"""Arithmetic that optimizers share, through the tensors' own methods: nothing here imports torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lyapscreen.spec.optimizers.rule import Memory, Parts, Settings, Step, Weights

if TYPE_CHECKING:
    from torch import Tensor


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
        gradient = {name: g + settings.weight_decay * parts.weights[name] for name, g in gradient.items()}
    return gradient


def decayed(weights: Weights, step: Step) -> Weights:
    """Shrink the weights themselves by 1 - lr * weight decay (I. Loshchilov and F. Hutter, arXiv 1711.05101)."""
    return {name: w - fitted(step.lr, w) * step.settings.weight_decay * w for name, w in weights.items()}


def descended(weights: Weights, direction: Weights, lr: Tensor) -> Weights:
    """Return w - lr * direction."""
    return {name: w.addcmul(fitted(lr, w), direction[name], value=-1) for name, w in weights.items()}


def averaged(decay: float, before: Weights, now: Weights) -> Weights:
    """Return the running average decay * before + (1 - decay) * now."""
    return {name: decay * value + (1 - decay) * now[name] for name, value in before.items()}


def fitted(lr: Tensor, weights: Tensor) -> Tensor:
    """View learning rates [candidates] as [candidates, 1, ...], to go with stacked weights; one stays one."""
    return lr.view(-1, *[1] * (weights.dim() - 1)) if lr.dim() else lr


def root(square: Tensor) -> Tensor:
    """Return the square root, its derivative at 0 defined as 0.

    A weight behind a constant input column never has a gradient; the infinite slope at 0 times its
    zero tangent would be NaN and spread to every other weight.
    """
    positive = square.sgn()
    return (square + (1 - positive)).sqrt() * positive


def tangent_of_quotient(
    numerator: tuple[Tensor, Tensor], square: tuple[Tensor, Tensor], eps: float, correction: float = 1.0
) -> Tensor:
    """Return the tangent of numerator / (root(square) / correction + eps), each given with its own tangent."""
    (value, of_value), (under, of_under) = numerator, square
    below = under.sqrt()
    # Where the root is 0 so is its sgn, and 0 / 1 stands for 0 / 0.
    positive = below.sgn()
    of_root = (of_under * positive).div_((2 * correction) * below + (1 - positive))
    below = below.div_(correction).add_(eps)
    return of_root.mul_(value).div_(below).neg_().add_(of_value).div_(below)
