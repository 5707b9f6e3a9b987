"""Gradient and tangent of every candidate of a batch: the form that all ways of finding them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor
from torch.func import grad_and_value, jvp, vmap

from lyapscreen.exponents import trees
from lyapscreen.spec.optimizers import Weights

Tree = TypeVar("Tree")

Buffers = dict[str, Tensor]
"""Running statistics, constants, and weights that the user has frozen, by name."""

Loss = Callable[..., tuple[Tensor, Buffers]]
"""`loss(weights, *minibatch) -> (scalar, buffers after the forward pass)` of one candidate."""


class Gradients(NamedTuple):
    """What a step descends, candidates along the first axis of every tensor."""

    gradient: Weights
    losses: Tensor
    """Of the minibatches, before the step [candidates]."""
    buffers: Buffers
    """After the step's own forward pass."""


class Pushed(NamedTuple):
    """The same with the derivative of the gradient along a tangent of the weights."""

    gradient: Weights
    change: Weights
    losses: Tensor
    buffers: Buffers


class Derivatives(Protocol):
    """A way to the gradients of stacked weights, and to their tangents."""

    def gradient(self, weights: Weights, *batch: Any) -> Gradients:
        """Return the gradients at stacked weights [candidates, ...] on the candidates' minibatches."""

    def gradient_and_jvp(self, weights: Weights, tangent: Weights, *batch: Any) -> Pushed:
        """Return the gradients, and H v: their derivative along `tangent`, of the same shapes."""


@dataclass(frozen=True)
class Stacked:
    """All candidates at once: torch.func's reverse mode, and forward over reverse mode, under vmap."""

    loss: Loss

    def gradient(self, weights: Weights, *batch: Any) -> Gradients:
        """Return the gradients."""
        return vmap(partial(_gradient, self.loss))(weights, *batch)

    def gradient_and_jvp(self, weights: Weights, tangent: Weights, *batch: Any) -> Pushed:
        """Return the gradients and their tangents."""
        # vmap goes outside: torch 2.13's forward mode over a batched layer norm or batch norm is silently wrong.
        return vmap(partial(_pushed, self.loss))(weights, tangent, batch)


@dataclass(frozen=True)
class OneByOne:
    """The same, one candidate after the other: for operations that torch cannot batch."""

    loss: Loss

    def gradient(self, weights: Weights, *batch: Any) -> Gradients:
        """Return the gradients."""
        return one_by_one(partial(_gradient, self.loss), weights, *batch)

    def gradient_and_jvp(self, weights: Weights, tangent: Weights, *batch: Any) -> Pushed:
        """Return the gradients and their tangents."""
        return one_by_one(partial(_pushed, self.loss), weights, tangent, batch)


def stacked(loss: Callable[..., Tensor]) -> Stacked:
    """Return the derivatives of `loss(weights, *minibatch) -> scalar`, which has no buffers."""
    return Stacked(lambda weights, *batch: (loss(weights, *batch), {}))


def one_by_one(function: Callable[..., Tree], *stacked: Any) -> Tree:
    """Return what `function` gives for each candidate of the stacked arguments, stacked again."""
    count = len(trees.tree_leaves(stacked)[0])
    each = [function(*trees.tree_map(lambda leaf, i=i: leaf[i], stacked)) for i in range(count)]
    return restacked(each)


def restacked(each: list[Tree]) -> Tree:
    """Return the trees of single candidates as one of all; that of one alone is a view, not a copy."""
    if len(each) == 1:
        alone: Tree = trees.tree_map(lambda leaf: leaf[None], each[0])
        return alone
    result: Tree = trees.tree_map(lambda *leaves: torch.stack(leaves), *each)
    return result


def _gradient(loss: Loss, weights: Weights, *batch: Any) -> Gradients:
    gradient, (value, buffers) = grad_and_value(loss, has_aux=True)(weights, *batch)
    return Gradients(gradient, value.detach(), buffers)


def _pushed(loss: Loss, weights: Weights, tangent: Weights, batch: Any) -> Pushed:
    leaves, form = trees.tree_flatten(batch)
    floating = [leaf for leaf in leaves if leaf.is_floating_point()]

    def at(weights: Weights, floating: list[Tensor]) -> tuple[Weights, tuple[Tensor, Buffers]]:
        given = iter(floating)
        whole = [next(given) if leaf.is_floating_point() else leaf for leaf in leaves]
        gradient, losses, buffers = _gradient(loss, weights, *trees.tree_unflatten(whole, form))
        return gradient, (losses, buffers)

    # Data get tangents of zeros: torch's own stand-ins for a missing one are slower, and some kernels (the squared
    # error's) refuse them.
    zeros = [leaf.new_zeros(leaf.shape) for leaf in floating]
    # With has_aux jvp returns three values, which its annotation does not know.
    found: Any = jvp(at, (weights, floating), (tangent, zeros), has_aux=True)
    gradient, change, (losses, buffers) = found
    return Pushed(gradient, change, losses, buffers)
