"""One optimizer step over a batch of candidates as a map of states, and its tangent.

    s_{t+1} = Phi_t(s_t),   s = (weights, optimizer's memory),   v_{t+1} = DPhi_t(s_t) v_t

The minibatch of step t is part of the map (SCIENCE: common noise), so that a trajectory and
everything compared with it meet the same data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor
from torch.func import grad_and_value, jvp, vmap

# torch.func is built on this module and offers no public door to it.
from torch.utils import _pytree as pytree

from lyapscreen.optimizers import Memory, Optimizer, Settings, Weights
from lyapscreen.schedules import Factor, constant

Tree = TypeVar("Tree")

Loss = Callable[..., Tensor]
"""`loss(weights, *minibatch) -> scalar` of one candidate."""

Gradients = Callable[..., tuple[Weights, Weights, Tensor]]
"""`gradients(weights, tangent, *minibatch)` -> (gradient, its tangent, losses) of stacked weights."""

Minibatches = Callable[[int], tuple[Tensor, ...]]
"""`minibatches(t)` -> tensors [candidates, ...] of step t; an empty tuple for a loss without data."""


class State(NamedTuple):
    """Stacked states of a batch, candidates along the first axis of every tensor."""

    weights: Weights
    memory: Memory


@dataclass(frozen=True)
class Training:
    """The map of a batch of candidates that differ in learning rate and initial weights."""

    loss: Loss
    optimizer: Optimizer
    settings: Settings
    lr: Tensor
    """Learning rates [candidates]."""
    minibatches: Minibatches
    schedule: Factor = constant
    """Factor on the learning rate at step t."""
    gradients: Gradients | None = None
    """Gradient and tangent written out for this loss, where they are; else torch.func derives them."""

    def start(self, weights: Weights) -> State:
        """Return the states that training starts from."""
        return State(weights, self.optimizer.init(weights))

    def step(self, state: State, t: int) -> tuple[State, Tensor]:
        """Return the states after step t, and each candidate's minibatch loss [candidates] before it."""
        return _stacked(partial(self._step_one, t))(state, self.lr, self.minibatches(t))

    def push(self, state: State, tangent: State, t: int) -> tuple[State, State, Tensor]:
        """Return states and tangents after step t, and the minibatch losses: forward mode through the whole step."""
        batch = self.minibatches(t)
        if self.gradients is not None and self.settings.clip_norm is None:
            return self._push_written_out(state, tangent, t, batch)

        def whole(state: State) -> tuple[State, Tensor]:
            return _stacked(partial(self._step_one, t))(state, self.lr, batch)

        # With has_aux jvp returns three values, which its annotation does not know.
        pushed: Any = jvp(whole, (state,), (tangent,), has_aux=True)
        after, tangent_after, losses = pushed
        return after, tangent_after, losses

    def _push_written_out(
        self, state: State, tangent: State, t: int, batch: tuple[Tensor, ...]
    ) -> tuple[State, State, Tensor]:
        """Push through an update that acts on each number by itself: one broadcast call for the whole batch."""
        assert self.gradients is not None
        gradient, change, losses = self.gradients(state.weights, tangent.weights, *batch)

        def update(gradient: Weights, memory: Memory, weights: Weights) -> tuple[Weights, Memory]:
            return self.optimizer.update(gradient, memory, weights, lr, t, self.settings)

        here = _as_matrices((gradient, state.memory, state.weights))
        along = _as_matrices((change, tangent.memory, tangent.weights))
        lr = (self.lr * self.schedule(t))[:, None, None]
        if self.optimizer.linear:
            after, tangent_after = update(*here), update(*along)
        else:
            pushed: Any = jvp(update, here, along)
            after, tangent_after = pushed
        return State(*_like(after, state)), State(*_like(tangent_after, state)), losses

    def _step_one(self, t: int, state: State, lr: Tensor, batch: tuple[Tensor, ...]) -> tuple[State, Tensor]:
        gradient, loss = grad_and_value(self.loss)(state.weights, *batch)
        weights, memory = self.optimizer.update(
            gradient, state.memory, state.weights, lr * self.schedule(t), t, self.settings
        )
        return State(weights, memory), loss.detach()


def minibatch_rows(rows: int, batch_size: int, steps: int, seed: int) -> Tensor:
    """Return the rows [steps, batch_size] that each step sees: shuffled epochs, the short remainder left out.

    One seed gives one order, and a longer probe starts with the order of a shorter one.
    """
    size = min(batch_size, rows)
    generator = torch.Generator().manual_seed(seed)
    per_epoch = rows // size
    epochs = -(-steps // per_epoch)
    order = [torch.randperm(rows, generator=generator)[: per_epoch * size].view(per_epoch, size) for _ in range(epochs)]
    return torch.cat(order)[:steps]


def _as_matrices(tree: Tree) -> Tree:
    """View every tensor [candidates, ...] as [candidates, rows, columns], for one learning rate a candidate to fit."""
    result: Tree = pytree.tree_map(lambda leaf: leaf[:, None] if leaf.dim() == 2 else leaf, tree)
    return result


def _like(tree: tuple[Weights, Memory], state: State) -> Iterable[Any]:
    """View the tensors in the shapes that the state has."""
    result: Iterable[Any] = pytree.tree_map(lambda leaf, shaped: leaf.view_as(shaped), tree, tuple(state))
    return result


def _stacked(step: Callable[..., tuple[State, Tensor]]) -> Callable[..., tuple[State, Tensor]]:
    stacked: Callable[..., tuple[State, Tensor]] = vmap(step)
    return stacked
