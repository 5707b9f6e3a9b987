"""One optimizer step over a batch of candidates as a map of states, and its tangent.

    s_{t+1} = Phi_t(s_t),   s = (weights, optimizer's memory),   v_{t+1} = DPhi_t(s_t) v_t

The minibatch of step t is part of the map: a trajectory and everything compared with it meet the same
data (common noise; L. Arnold, Random Dynamical Systems, Springer 1998).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.func import jvp, vmap

from lyapscreen.spec.optimizers import Memory, Optimizer, Parts, Settings, Step, Weights, clipped
from lyapscreen.spec.schedules import Factor, constant
from lyapscreen.training.derivatives import Buffers, Derivatives
from lyapscreen.training.precision import narrowed, wide, widened

Minibatches = Callable[[int], tuple[Any, ...]]
"""`minibatches(t)` -> trees of tensors [candidates, ...] of step t; an empty tuple for a loss without data."""


BUFFERS = 2
"""Where a minibatch has the buffers, if it has some: after inputs and targets."""


class State(NamedTuple):
    """Stacked states of a batch, candidates along the first axis of every tensor."""

    weights: Weights
    memory: Memory


class Seen(NamedTuple):
    """What a step reports besides the states after it."""

    losses: Tensor
    """Of the minibatches, before the step [candidates]."""
    buffers: Buffers
    """After the step's own forward pass [candidates, ...]."""


@dataclass(frozen=True)
class StepMap:
    """The map of a batch of candidates that differ in learning rate and initial weights."""

    derivatives: Derivatives
    """The way to the loss's gradient, and to its tangent."""
    optimizer: Optimizer
    settings: Settings
    lr: Tensor
    """Learning rates [candidates]."""
    minibatches: Minibatches
    schedule: Factor = constant
    """Factor on the learning rate at step t."""
    idle: frozenset[str] = frozenset()
    """Weights that the loss does not depend on: no optimizer of torch's decays those."""

    def start(self, weights: Weights) -> State:
        """Return the states that training starts from."""
        return State(weights, self.optimizer.init(weights))

    def step(self, state: State, t: int) -> tuple[State, Seen]:
        """Return the states after step t, and what the step reports."""
        if self._needs_float64(state, t):
            with widened():
                stepped, seen = self._widened().step(wide(state), t)
            return narrowed(stepped, state), self._narrowed(seen, state, t)
        gradient, losses, buffers = self.derivatives.gradient(state.weights, *self.minibatches(t))
        limit = self.settings.clip_norm
        if limit is not None:
            # A norm is taken over one candidate's numbers, so that each is clipped for itself.
            gradient = vmap(partial(clipped, limit=limit))(gradient)
        parts = Parts(gradient, state.memory, state.weights)
        after = State(*self.optimizer.update(parts, self._clipped_step(t)))
        return self._resting(after, state), Seen(losses, buffers)

    def push(self, state: State, tangent: State, t: int) -> tuple[State, State, Seen]:
        """Return states and tangents after step t, and what the step reports: the derivative of the whole step.

        That of the gradient is had from the loss; the optimizer's update has one of its own, written out.
        """
        if self._needs_float64(state, t):
            with widened():
                stepped, vector, seen = self._widened().push(wide(state), wide(tangent), t)
            return narrowed(stepped, state), narrowed(vector, tangent), self._narrowed(seen, state, t)
        batch = self.minibatches(t)
        gradient, change, losses, buffers = self.derivatives.gradient_and_jvp(state.weights, tangent.weights, *batch)
        limit = self.settings.clip_norm
        if limit is not None:
            both: Any = jvp(vmap(partial(clipped, limit=limit)), (gradient,), (change,))
            gradient, change = both
        here = Parts(gradient, state.memory, state.weights)
        along = Parts(change, tangent.memory, tangent.weights)
        step, seen = self._clipped_step(t), Seen(losses, buffers)
        after = State(*self.optimizer.update(here, step))
        rule = self.optimizer.tangent
        pushed = self.optimizer.update(along, step) if rule is None else rule(here, along, after.memory, step)
        return self._resting(after, state), self._resting(State(*pushed), tangent), seen

    def _resting(self, after: State, before: State) -> State:
        """Return the state with idle weights as they were."""
        return after._replace(weights=after.weights | {name: before.weights[name] for name in self.idle})

    def _needs_float64(self, state: State, t: int) -> bool:
        """Tell whether float32 has too few digits for step t.

        An adaptive optimizer's first step is nearly the gradient's sign: where a gradient is small its rounding is of
        the step's own size, and T lambda_1 was off by up to a hundredth (the tangent of one weight whose first
        gradient is 5e-8 can hold most of it); with that step in float64 by a millionth.
        """
        return t == 0 and self.optimizer.is_adaptive and any(w.dtype == torch.float32 for w in state.weights.values())

    def _widened(self) -> StepMap:
        return replace(self, lr=self.lr.double(), minibatches=lambda t: wide(self.minibatches(t)))

    def _narrowed(self, seen: Seen, state: State, t: int) -> Seen:
        dtype = next(iter(state.weights.values())).dtype
        before = self.minibatches(t)[BUFFERS] if seen.buffers else {}
        return Seen(seen.losses.to(dtype), narrowed(seen.buffers, before))

    def _clipped_step(self, t: int) -> Step:
        """Return step t for gradients that are clipped already."""
        return Step(self.lr * self.schedule(t), t, self._unclipped)

    @cached_property
    def _unclipped(self) -> Settings:
        return replace(self.settings, clip_norm=None)


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
