"""Full training of candidates, without tangents: what a ranking is confirmed and judged by."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from lyapscreen.data import Dataset
from lyapscreen.errors import EnvironmentFailure
from lyapscreen.execution import WorkerDied, Workers, user_files
from lyapscreen.probe import training_loop as loop
from lyapscreen.probe.evaluation import Evaluator
from lyapscreen.probe.regimes import has_diverged
from lyapscreen.probe.setup import BatchSetup
from lyapscreen.probe.training_loop import PLAIN, ActiveCandidates, start
from lyapscreen.probe.way import Ways
from lyapscreen.results.records import Full
from lyapscreen.screening.kept_trainings import KeptTrainings
from lyapscreen.screening.plan import Plan
from lyapscreen.screening.trained import Trained
from lyapscreen.spec.candidates import Batch, Configuration, batches, configurations
from lyapscreen.spec.spec import Spec
from lyapscreen.training import devices
from lyapscreen.training.autodiff import kernels

LOOKS = 60
"""Times the held-out loss is measured over a full training."""

Observer = Callable[[int, int], None]
"""Called after every batch with how many candidates are trained, and how many there are."""


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
    kept: KeptTrainings | None = None,
) -> Iterator[Trained]:
    """Train every seed of some configurations fully, in parallel; yield each as its batch finishes.

    Seeds fix what they fix in a probe: the first steps of a full training are those of the probe. A schedule that
    ends with the probe ends with the full training instead.

    As many as the batches' size allows are trained stacked, which is quickest for hundreds of configurations; the last
    digits depend on who is stacked with whom. `separately` divides them so that they do not.

    Args:
        plan: of the screening; its spec, data and batches' size.
        chosen: configurations to train.
        steps: optimizer steps of each.
        jobs: worker processes, or a cluster; None chooses.
        observer: called after every batch with how many are trained.
        keep: whether to return the weights of the checkpoint that the spec keeps.
        kept: of a run directory: what is finished there is not trained again.

    Raises:
        EnvironmentFailure: a worker was killed twice over a batch, the cluster went away, or the disk is full.

    """
    planned = batches(plan.spec, chosen, plan.bytes_per_candidate, plan.budget)
    before = {} if kept is None else kept.read(planned)
    count, done = sum(len(batch.candidates) for batch in planned), sum(map(len, before.values()))
    report = observer or (lambda *_: None)
    report(done, count)
    for found_before in before.values():
        yield from found_before
    planned = [batch for batch in planned if batch.index not in before]
    for batch, found in train_batches(plan, planned, steps, jobs=jobs, keep=keep):
        if isinstance(found, WorkerDied):
            raise failure(batch.activation, found)
        if kept is not None:
            kept.keep(batch, found)
        done += len(found)
        report(done, count)
        yield from found


def separately(plan: Plan, chosen: Sequence[Configuration]) -> list[Batch]:
    """Divide some configurations into batches of one configuration each, all its seeds if they have room.

    A batch, its index too, depends on the plan's spec alone, not on who else is chosen: so do the bytes it gives.
    """
    places = {configuration: place for place, configuration in enumerate(configurations(plan.spec))}
    planned = []
    for configuration in chosen:
        own = batches(plan.spec, [configuration], plan.bytes_per_candidate, plan.budget)
        # Each configuration has as many batches as any other, for it has as many seeds.
        first = places[configuration] * len(own)
        planned += [replace(batch, index=first + batch.index) for batch in own]
    return planned


def train_batches(
    plan: Plan, planned: Sequence[Batch], steps: int, *, jobs: Workers = None, keep: bool = False
) -> Iterator[tuple[Batch, list[Trained] | WorkerDied]]:
    """Train batches in parallel; yield each with what it gave as it finishes, in no fixed order.

    `train` says more. Where a worker was killed twice over a batch the others go on.
    """
    spec = plan.spec.model_copy(update={"steps": steps})
    workers = plan.workers_for(sum(len(batch.candidates) for batch in planned) * steps, jobs)
    work = partial(train_batch, ways=plan.ways, keep=keep)
    for index, found in user_files.execute(work, spec, plan.data, planned, workers):
        yield planned[index], found


def failure(what: str, died: WorkerDied) -> EnvironmentFailure:
    """Return the error that says whose full training failed, and why."""
    return EnvironmentFailure(f"full training of {what} failed: {died.reason}. Try fewer --jobs.")


def train_batch(
    spec: Spec, data: Dataset, batch: Batch, *, ways: Ways | None = None, keep: bool = False
) -> list[Trained]:
    """Train a batch of candidates for the spec's steps and return each, in the batch's order."""
    # What a user's model prints is no result.
    with redirect_stdout(sys.stderr), devices.exact(spec):
        setup = BatchSetup.of(spec.at_point(batch.settings), data, batch, ways.of(batch) if ways else None)
        with kernels(setup.evaluator.model.module):
            active = start(setup, PLAIN)
            curve = HeldOutCurve(setup.evaluator, spec.steps, active, keep=spec.keep if keep else "")
            active = loop.train(setup, active, PLAIN, range(spec.steps), [curve])
    reached = frozenset(active.indices.tolist())
    return [
        Trained(candidate, curve.full(index, ended=index in reached), tuple(curve.of[index]), curve.weights(index))
        for index, candidate in enumerate(batch.candidates)
    ]


class HeldOutCurve:
    """Observes the held-out loss over a full training and, if asked to, keeps the weights of one checkpoint.

    Args:
        evaluator: measures the held-out part.
        steps: of the full training.
        active: its candidates before the first step.
        keep: the checkpoint whose weights to keep: `best`, where the held-out loss is lowest, or `last`; empty: none.

    """

    def __init__(self, evaluator: Evaluator, steps: int, active: ActiveCandidates, *, keep: str) -> None:
        """Start with no look taken."""
        self._evaluator, self._steps, self._looks = evaluator, steps, frozenset(looks(steps))
        self.of: list[list[tuple[int, float]]] = [[] for _ in active.indices]
        """By index in the batch: (steps done, held-out loss)."""
        self._keep = keep
        self._lowest = torch.full_like(active.indices, torch.inf, dtype=torch.float64)
        self._kept = {name: leaf.clone() for name, leaf in self._state_dict(active).items()} if keep else {}

    def look(self, steps: int, active: ActiveCandidates) -> Tensor | None:
        """Measure where a look is due; return who has diverged by the held-out loss."""
        if steps not in self._looks:
            return None
        loss = self._evaluator.held_out_metrics(active.run.state.weights, active.buffers).loss
        lost = has_diverged(loss, active.start)
        for index, value in zip(active.indices[~lost].tolist(), loss[~lost].tolist(), strict=True):
            self.of[index].append((steps, value))
        better = ~lost & (loss < self._lowest[active.indices])
        self._lowest[active.indices[better]] = loss[better]
        now, taken = self._state_dict(active), ~lost if self._keep == "last" else better
        for name, leaf in self._kept.items():
            leaf[active.indices[taken]] = now[name][taken]
        return lost

    def lost(self, steps: int, indices: Sequence[int]) -> None:
        """Do nothing: a curve ends where its candidate diverged."""

    def full(self, index: int, *, ended: bool) -> Full:
        """Return how the training of the candidate at an index of the batch went; `ended` if it did not diverge."""
        if not ended:
            return Full(self._steps, None, None, None)
        best_steps, lowest = min(self.of[index], key=lambda look: look[1])
        return Full(self._steps, lowest, best_steps, self.of[index][-1][1])

    def weights(self, index: int) -> dict[str, np.ndarray] | None:
        """Return parameters and buffers at the checkpoint that is kept, by name; None where none is."""
        return {name: leaf[index].cpu().numpy().copy() for name, leaf in self._kept.items()} or None

    def _state_dict(self, active: ActiveCandidates) -> dict[str, Tensor]:
        """Return stacked weights and buffers by the names that the state_dict of the user's module has for them."""
        found = {**active.run.state.weights, **active.buffers}
        return {key: found[name] for key, name in self._evaluator.model.state_dict_names.items()}
