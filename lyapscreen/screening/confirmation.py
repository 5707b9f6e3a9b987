"""The best of a ranking confirmed by full training: who trains best is recommended.

Exponents make a short list at a fraction of the price; among the first few of it full training decides, by the mean
over seeds of the lowest held-out loss on the way (training with early stopping).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lyapscreen.errors import EnvironmentFailure
from lyapscreen.execution import WorkerDied, Workers
from lyapscreen.results.naming import named
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.results.records import Result
from lyapscreen.screening.full_training import Observer, failure, separately, train_batches
from lyapscreen.screening.kept_trainings import KeptTrainings
from lyapscreen.screening.plan import Plan
from lyapscreen.screening.trained import Trained
from lyapscreen.screening.trained import Weights as Weights
from lyapscreen.spec.candidates import Batch


@dataclass(frozen=True)
class Confirmed:
    """What a confirmation found."""

    results: tuple[Result, ...]
    """All results of the ranking; those of the rows that were trained say how that went."""
    weights: Mapping[str, tuple[Weights, ...]]
    """Of each configuration trained, by its id, the seeds' weights at the checkpoint that is kept."""


def confirm(
    plan: Plan,
    ranking: Ranking,
    count: int,
    *,
    jobs: Workers = None,
    observer: Observer | None = None,
    kept: KeptTrainings | None = None,
) -> Confirmed:
    """Train the best of a ranking fully, every seed.

    One configuration is trained at a time in each worker: its bytes are the same whoever else is among the best, and a
    worker that is killed costs no other's training.

    Args:
        plan: of the screening.
        ranking: of its probes.
        count: how many.
        jobs: worker processes, or a cluster; None chooses.
        observer: called after every batch with how many candidates are trained.
        kept: what a run directory keeps: what is finished there is not trained again, all that finishes is kept.

    Raises:
        EnvironmentFailure: a worker was killed twice over a training, or the disk is full.
        OutputError: weights that were kept are damaged.

    """
    planned = separately(plan, [row.configuration for row in ranking.leading(count)])
    found = sorted(_trained(plan, planned, jobs, observer, kept), key=lambda one: one.candidate)
    full = {one.candidate: one.full for one in found}
    results = [result for row in ranking.rows for result in row.results]
    weights: dict[str, tuple[Weights, ...]] = {}
    for one in found:
        name = one.candidate.configuration.id
        weights[name] = (*weights.get(name, ()), one.weights or {})
    return Confirmed(tuple(replace(result, full=full.get(result.candidate)) for result in results), weights)


def _trained(
    plan: Plan,
    planned: Sequence[Batch],
    jobs: Workers,
    observer: Observer | None,
    kept: KeptTrainings | None,
) -> Iterator[Trained]:
    """Yield what is kept, then what is trained, once that is kept too."""
    before = {} if kept is None else kept.read(planned)
    waiting = [batch for batch in planned if batch.index not in before]
    done, count = sum(map(len, before.values())), sum(len(batch.candidates) for batch in planned)
    report = observer or (lambda *_: None)
    report(done, count)
    for batch_before in before.values():
        yield from batch_before
    failed: EnvironmentFailure | None = None
    for batch, found in train_batches(plan, waiting, plan.spec.full_steps, jobs=jobs, keep=True):
        if isinstance(found, WorkerDied):
            failed = failure(named(batch.candidates[0].configuration), found)
            if kept is None:
                break
            continue  # what the others give is kept: a later run has this one alone to do
        if kept is not None:
            kept.keep(batch, found)
        done += len(found)
        report(done, count)
        yield from found
    if failed is not None:
        raise failed


def best_weights(row: Row, weights: Mapping[str, tuple[Weights, ...]], keep: str) -> Weights | None:
    """Return the weights of the row's seed that trained best; None if it was not confirmed, or no seed stood.

    Args:
        row: of the ranking.
        weights: of the configurations that were confirmed, by configuration and seed.
        keep: the checkpoint they are of, `best` or `last`.

    """
    losses = [None if result.full is None else result.full.kept(keep) for result in row.results]
    best = [np.inf if loss is None else loss for loss in losses]
    of_seeds = weights.get(row.configuration.id, ())
    return of_seeds[int(np.argmin(best))] if of_seeds and np.isfinite(min(best)) else None
