"""Full training of candidates, without tangents: what a ranking is confirmed and judged by."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from lyapscreen.data import Dataset
from lyapscreen.errors import EnvironmentFailure
from lyapscreen.execution import WorkerDied, Workers, execute, user_files
from lyapscreen.exponents import trees
from lyapscreen.probe.evaluation import gone
from lyapscreen.probe.setup import Ground
from lyapscreen.results.records import Full
from lyapscreen.screening.plan import Plan
from lyapscreen.spec.candidates import Batch, Candidate, Configuration, batches
from lyapscreen.spec.spec import Spec
from lyapscreen.training import devices
from lyapscreen.training.autodiff import kernels

LOOKS = 60
"""Times the held-out loss is measured over a full training."""

Observer = Callable[[int, int], None]
"""Told after every batch how many candidates are trained, and how many there are."""


@dataclass(frozen=True)
class Trained:
    """One candidate after its full training."""

    candidate: Candidate
    full: Full
    curve: tuple[tuple[int, float], ...]
    """(steps done, held-out loss in evaluation mode), until the end or until it diverged."""
    weights: dict[str, np.ndarray] | None = None
    """Parameters and buffers where the held-out loss was lowest, by name; None unless asked for."""


def looks(steps: int) -> list[int]:
    """Return the steps after which the held-out loss is measured.

    >>> looks(1500)[:2], looks(1500)[-1], looks(3)
    ([25, 50], 1500, [1, 2, 3])
    """
    every = max(1, steps // LOOKS)
    return sorted({*range(every, steps + 1, every), steps})


def train(
    plan: Plan,
    chosen: Collection[Configuration],
    steps: int,
    *,
    jobs: Workers = None,
    observer: Observer | None = None,
    keep: bool = False,
) -> Iterator[Trained]:
    """Train every seed of some configurations fully, in parallel; yield each as its batch finishes.

    Seeds fix what they fix in a probe: the first steps of a full training are those of the probe. A schedule that
    ends with the probe ends with the full training instead.

    Args:
        plan: of the screening; its spec, data and batches' size.
        chosen: configurations to train.
        steps: optimizer steps of each.
        jobs: worker processes, or a cluster; None chooses.
        observer: told how far it is.
        keep: whether to return the weights of the lowest held-out loss.

    Raises:
        EnvironmentFailure: a worker was killed twice over a batch, or the cluster went away.

    """
    spec = plan.spec.model_copy(update={"steps": steps})
    planned = batches(spec, chosen, plan.bytes_per_candidate, plan.budget)
    count, done = sum(len(batch.candidates) for batch in planned), 0
    tell = observer or (lambda *_: None)
    tell(0, count)
    workers = plan.workers_for(count * steps, jobs)
    function: Callable[[Batch], list[Trained]] = partial(train_batch, spec, plan.data, keep=keep)
    for index, found in execute(user_files.sent(function, spec, workers), planned, workers):
        if isinstance(found, WorkerDied):
            activation = planned[index].activation
            raise EnvironmentFailure(f"full training of {activation} failed: {found.reason}. Try fewer --jobs.")
        done += len(found)
        tell(done, count)
        yield from found


def train_batch(spec: Spec, data: Dataset, batch: Batch, *, keep: bool = False) -> list[Trained]:
    """Train a batch of candidates for the spec's steps and return each, in the batch's order."""
    # What a user's model prints is no result.
    with redirect_stdout(sys.stderr), devices.exact(spec):
        ground = Ground.of(spec.at(batch.settings), data, batch)
        with kernels(ground.yardstick.model.module):
            return _trained(ground, batch, keep)


def _trained(ground: Ground, batch: Batch, keep: bool) -> list[Trained]:
    places, buffers = ground.places, ground.buffers
    training = ground.training(places)
    state = training.start(ground.weights)
    start = ground.yardstick.outlook(state.weights, buffers)
    curves: list[list[tuple[int, float]]] = [[] for _ in places]
    best = torch.full_like(places, torch.inf, dtype=torch.float64)
    kept = {name: leaf.clone() for name, leaf in {**state.weights, **buffers}.items()} if keep else {}
    measured = frozenset(looks(ground.spec.steps))
    for t in range(ground.spec.steps):
        buffers = ground.buffers_after(places, state.weights, buffers, t)
        state, losses = training.step(state, t)
        lost = gone(losses, start)
        if t + 1 in measured:
            held_out = ground.yardstick.outlook(state.weights, buffers).loss
            lost |= gone(held_out, start)
            for place, loss in zip(places[~lost].tolist(), held_out[~lost].tolist(), strict=True):
                curves[place].append((t + 1, loss))
            better = ~lost & (held_out < best[places])
            best[places[better]] = held_out[better]
            for name, leaf in kept.items():
                leaf[places[better]] = {**state.weights, **buffers}[name][better]
        if lost.any():
            places, state, buffers, start = trees.select((places, state, buffers, start), ~lost)
            if not len(places):
                break
            training = ground.training(places)
    standing = frozenset(places.tolist())

    def weights(place: int) -> dict[str, np.ndarray] | None:
        return {name: leaf[place].cpu().numpy().copy() for name, leaf in kept.items()} if keep else None

    def full(place: int) -> Full:
        if place not in standing:
            return Full(ground.spec.steps, None, None, None)
        best_steps, lowest = min(curves[place], key=lambda look: look[1])
        return Full(ground.spec.steps, lowest, best_steps, curves[place][-1][1])

    return [
        Trained(candidate, full(place), tuple(curves[place]), weights(place))
        for place, candidate in enumerate(batch.candidates)
    ]
