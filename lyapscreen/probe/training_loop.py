"""The loop that every training of a batch goes through: probes and full trainings differ in what looks on.

state, tangent -> method.step -> who has diverged leaves -> observers look -> next step
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from lyapscreen.exponents import trees
from lyapscreen.exponents.estimators import Estimator
from lyapscreen.probe.regimes import HeldOutMetrics, has_diverged
from lyapscreen.probe.setup import BatchSetup
from lyapscreen.training.derivatives import Buffers
from lyapscreen.training.step_map import Seen, State, StepMap


class ActiveCandidates(NamedTuple):
    """The candidates of a batch that have not diverged, along the first axis of every tensor."""

    indices: Tensor
    """Their indices in the batch."""
    start: HeldOutMetrics
    """The held-out part before the first step."""
    run: Any
    """States, and perturbations if the method has some; its states are `run.state`."""
    buffers: Buffers
    """What evaluation mode reads beside the weights."""


class Method(NamedTuple):
    """How a step is taken: with an estimator's perturbation, or without one."""

    init: Callable[[BatchSetup, State], Any]
    """`init(setup, states) -> run`."""
    step: Callable[[Any, StepMap, int], tuple[Any, Seen]]
    """`step(run, map, t) -> (run, what the map reports of the step)`."""
    is_finite: Callable[[Any], Tensor]
    """Which candidates' perturbations are still finite, [candidates]."""


class Observer(Protocol):
    """Looks at a training as it goes, and keeps what it sees."""

    def look(self, steps: int, active: ActiveCandidates) -> Tensor | None:
        """Look at the candidates after so many steps; return those that it finds diverged [candidates], if it asks."""

    def lost(self, steps: int, indices: Sequence[int]) -> None:
        """Take note that the candidates at these indices of the batch diverged within so many steps."""


class _Plain(NamedTuple):
    """States without a perturbation."""

    state: State


def _stepped(run: _Plain, step_map: StepMap, t: int) -> tuple[_Plain, Seen]:
    state, seen = step_map.step(run.state, t)
    return _Plain(state), seen


def _has_none(run: _Plain) -> Tensor:
    some = next(iter(run.state.weights.values()))
    return some.new_ones(len(some), dtype=torch.bool)


PLAIN = Method(lambda _, state: _Plain(state), _stepped, _has_none)
"""Training without a perturbation."""


def with_tangent(estimator: Estimator) -> Method:
    """Return the method that carries one perturbation a candidate, drawn once a seed and measured in the weights."""

    def init(setup: BatchSetup, state: State) -> Any:
        vector = State(setup.perturbations(state.weights), trees.zeros_like(state.memory))
        return estimator.init(state, trees.tree_map(lambda leaf: leaf[None], vector), weights_of)

    return Method(init, estimator.step, lambda run: torch.isfinite(run.log_scale))


def weights_of(state: State) -> Any:
    """Measure perturbations in the weights, whatever else the state carries."""
    return state.weights


def start(setup: BatchSetup, method: Method) -> ActiveCandidates:
    """Return all candidates of a batch before their first step."""
    indices, buffers = setup.indices, setup.buffers
    state = setup.step_map(indices).start(setup.weights)
    run = method.init(setup, state)
    return ActiveCandidates(indices, setup.evaluator.held_out_metrics(state.weights, buffers), run, buffers)


def train(
    setup: BatchSetup, active: ActiveCandidates, method: Method, span: range, observers: Sequence[Observer]
) -> ActiveCandidates:
    """Train candidates over a span of steps and return those that have not diverged; who diverges costs no more work.

    Args:
        setup: of the batch.
        active: those to be trained, as `start` or an earlier span left them.
        method: `PLAIN`, or one `with_tangent`.
        span: the steps t, counted from 0.
        observers: each sees the candidates after every step, in this order.

    """
    for t in span:
        run, seen = method.step(active.run, setup.step_map(active.indices, active.buffers), t)
        # Derivatives that are written out are of layers without buffers, and report none.
        active = active._replace(run=run, buffers=seen.buffers or active.buffers)
        active = _without(active, has_diverged(seen.losses, active.start) | ~method.is_finite(run), t + 1, observers)
        for observer in observers:
            lost = observer.look(t + 1, active) if len(active.indices) else None
            if lost is not None:
                active = _without(active, lost, t + 1, observers)
        if not len(active.indices):
            break
    return active


def _without(active: ActiveCandidates, lost: Tensor, steps: int, observers: Sequence[Observer]) -> ActiveCandidates:
    if not lost.any():
        return active
    for observer in observers:
        observer.lost(steps, active.indices[lost].tolist())
    return trees.select(active, ~lost)
