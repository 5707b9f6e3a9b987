"""One optimizer step over a batch of candidates as a map of states, and its tangent.

    s_{t+1} = Phi_t(s_t),   s = (weights, optimizer's memory),   v_{t+1} = DPhi_t(s_t) v_t

The minibatch of step t is part of the map: a trajectory and everything compared with it meet the same
data (common noise; L. Arnold, Random Dynamical Systems, Springer 1998).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor
from torch.func import grad_and_value, jvp, vmap

from lyapscreen.exponents import trees
from lyapscreen.spec.optimizers import Memory, Optimizer, Parts, Settings, Step, Weights, clipped
from lyapscreen.spec.schedules import Factor, constant

Tree = TypeVar("Tree")

Loss = Callable[..., Tensor]
"""`loss(weights, *minibatch) -> scalar` of one candidate."""

Gradient = Callable[..., tuple[Weights, Tensor]]
"""`gradient(weights, *minibatch)` -> (gradient, losses) of stacked weights."""

GradientAndJvp = Callable[..., tuple[Weights, Weights, Tensor]]
"""`gradient_and_jvp(weights, tangent, *minibatch)` -> (gradient, its tangent, losses) of stacked weights."""

Minibatches = Callable[[int], tuple[Any, ...]]
"""`minibatches(t)` -> trees of tensors [candidates, ...] of step t; an empty tuple for a loss without data."""


class State(NamedTuple):
    """Stacked states of a batch, candidates along the first axis of every tensor."""

    weights: Weights
    memory: Memory


@dataclass(frozen=True)
class StepMap:
    """The map of a batch of candidates that differ in learning rate and initial weights."""

    loss: Loss
    optimizer: Optimizer
    settings: Settings
    lr: Tensor
    """Learning rates [candidates]."""
    minibatches: Minibatches
    schedule: Factor = constant
    """Factor on the learning rate at step t."""
    gradient: Gradient | None = None
    """Gradient had in another way than by torch.func's reverse mode."""
    gradient_and_jvp: GradientAndJvp | None = None
    """Gradient and tangent had in another way than by torch.func's forward over reverse mode."""
    stacked: bool = True
    """Whether torch can run a step for all candidates at once; else they go one by one."""

    def start(self, weights: Weights) -> State:
        """Return the states that training starts from."""
        return State(weights, self.optimizer.init(weights))

    def step(self, state: State, t: int) -> tuple[State, Tensor]:
        """Return the states after step t, and each candidate's minibatch loss [candidates] before it."""
        batch = self.minibatches(t)
        if self.gradient is None:
            return self._each(partial(self._step_one, t))(state, self.lr, batch)

        gradient, losses = self.gradient(state.weights, *batch)
        limit = self.settings.clip_norm
        if limit is not None:
            gradient = vmap(partial(clipped, limit=limit))(gradient)
        parts = Parts(gradient, state.memory, state.weights)
        return State(*self.optimizer.update(parts, self._clipped_step(t))), losses

    def push(self, state: State, tangent: State, t: int) -> tuple[State, State, Tensor]:
        """Return states and tangents after step t, and the minibatch losses: forward mode through the whole step."""
        batch = self.minibatches(t)
        if self.gradient_and_jvp is not None:
            return self._push_given(state, tangent, t, batch)

        # vmap goes outside: torch 2.13's forward mode over a batched layer norm or batch norm is silently wrong.
        pushed: tuple[State, State, Tensor] = self._each(partial(self._push_one, t))(state, tangent, self.lr, batch)
        return pushed

    def _push_given(self, state: State, tangent: State, t: int, batch: tuple[Any, ...]) -> tuple[State, State, Tensor]:
        """Push with gradient and tangent given: what is left is the optimizer's update, and its own tangent."""
        assert self.gradient_and_jvp is not None
        gradient, change, losses = self.gradient_and_jvp(state.weights, tangent.weights, *batch)
        limit = self.settings.clip_norm
        if limit is not None:
            # A norm is taken over one candidate's numbers, so that each is clipped for itself.
            pushed: Any = jvp(vmap(partial(clipped, limit=limit)), (gradient,), (change,))
            gradient, change = pushed
        here = Parts(gradient, state.memory, state.weights)
        along = Parts(change, tangent.memory, tangent.weights)
        step = self._clipped_step(t)
        after = State(*self.optimizer.update(here, step))
        if self.optimizer.tangent is None:
            return after, State(*self.optimizer.update(along, step)), losses
        return after, State(*self.optimizer.tangent(here, along, after.memory, step)), losses

    def _clipped_step(self, t: int) -> Step:
        """Return step t for gradients that are clipped already."""
        return Step(self.lr * self.schedule(t), t, self._unclipped)

    @cached_property
    def _unclipped(self) -> Settings:
        return replace(self.settings, clip_norm=None)

    def _each(self, one: Callable[..., Tree]) -> Callable[..., Tree]:
        """Return a function of one candidate as a function of all."""
        all_at_once: Callable[..., Tree] = vmap(one) if self.stacked else partial(one_by_one, one)
        return all_at_once

    def _push_one(
        self, t: int, state: State, tangent: State, lr: Tensor, batch: tuple[Any, ...]
    ) -> tuple[State, State, Tensor]:
        leaves, form = trees.tree_flatten((lr, batch))
        floating = [leaf for leaf in leaves if leaf.is_floating_point()]

        def step(state: State, floating: list[Tensor]) -> tuple[State, Tensor]:
            given = iter(floating)
            whole = [next(given) if leaf.is_floating_point() else leaf for leaf in leaves]
            return self._step_one(t, state, *trees.tree_unflatten(whole, form))

        # Data and learning rate get tangents of zeros: torch's own stand-ins for a missing one are slower, and
        # some kernels (the squared error's) refuse them.
        zeros = [torch.zeros_like(leaf) for leaf in floating]
        # With has_aux jvp returns three values, which its annotation does not know.
        pushed: Any = jvp(step, (state, floating), (tangent, zeros), has_aux=True)
        after, tangent_after, loss = pushed
        return after, tangent_after, loss

    def _step_one(self, t: int, state: State, lr: Tensor, batch: tuple[Any, ...]) -> tuple[State, Tensor]:
        gradient, loss = grad_and_value(self.loss)(state.weights, *batch)
        parts = Parts(gradient, state.memory, state.weights)
        return State(*self.optimizer.update(parts, Step(lr * self.schedule(t), t, self.settings))), loss.detach()


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


def one_by_one(function: Callable[..., Tree], *stacked: Any) -> Tree:
    """Return what `function` gives for each candidate of the stacked arguments, stacked again."""
    count = len(trees.tree_leaves(stacked)[0])
    each = [function(*trees.tree_map(lambda leaf, i=i: leaf[i], stacked)) for i in range(count)]
    result: Tree = trees.tree_map(lambda *leaves: torch.stack(leaves), *each)
    return result
