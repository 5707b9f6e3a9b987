"""How long a screening will take: a few steps of the real path, set-up and evaluation included, scaled to the plan."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from lyapscreen import execution
from lyapscreen.probe import large_mlp, probe
from lyapscreen.probe.evaluation import objective_of
from lyapscreen.screening.plan import Plan
from lyapscreen.spec.candidates import Batch
from lyapscreen.spec.spec import Spec

FEW_STEPS, MORE_STEPS = 2, 12
"""Lengths that are timed: what is left in their difference is the steps alone."""

LONG = 4.0
"""Seconds of the shorter from which on the longer is not waited for."""

START_OF_WORKERS = 2.0
"""Seconds until worker processes have imported what they need."""


@dataclass(frozen=True)
class _Cost:
    """Seconds of one batch, with what it takes whatever its length, and of a step of one candidate."""

    fixed: float
    per_step: float


def seconds(plan: Plan, jobs: execution.Workers, started: float = 0.0) -> float:
    """Return the seconds of the whole command, from its start to its table.

    Args:
        plan: of the screening.
        jobs: what it will run on.
        started: seconds that start-up and planning have taken so far, which the real run takes too.

    """
    firsts = list({batch.activation: batch for batch in reversed(plan.batches)}.values())
    with execution.one_thread():
        costs = [_cost(plan, batch) for batch in firsts]
    fixed, per_step = _mean(cost.fixed for cost in costs), _mean(cost.per_step for cost in costs)
    per_batch = plan.candidates / len(plan.batches)
    work = 0.0
    for rung in plan.rungs:
        candidates = rung.share * len(plan.spec.seeds)
        work += fixed * -(-candidates // max(1, int(per_batch))) + per_step * candidates * rung.steps
    processes = plan.processes(jobs)
    return started + (START_OF_WORKERS if processes > 1 else 0.0) + work / processes


def _cost(plan: Plan, batch: Batch) -> _Cost:
    """Time the beginning of one batch; of models that go one at a time, that of one candidate alone.

    A network too large for that is timed narrower, and the time multiplied as its weights are.
    """
    count = len(batch.candidates)
    if not plan.ways.of(batch).stacked:
        batch = replace(batch, candidates=batch.candidates[:1])
    spec, times = plan.spec.model_copy(update={"schedule": "constant", "warmup": 0}), 1.0
    n_inputs, n_outputs = plan.data.n_inputs, objective_of(spec, plan.data).outputs or plan.data.n_outputs
    if large_mlp.is_large(spec, n_inputs, n_outputs):
        spec, times = large_mlp.timed(spec, n_inputs, n_outputs)
    _seconds(plan, spec, batch, FEW_STEPS)  # the first call pays for what later ones find ready
    short = _seconds(plan, spec, batch, FEW_STEPS)
    if short > LONG:
        return _Cost(0.0, times * short / FEW_STEPS / len(batch.candidates))
    per_step = max(_seconds(plan, spec, batch, MORE_STEPS) - short, 0.0) / (MORE_STEPS - FEW_STEPS)
    fixed = max(short - FEW_STEPS * per_step, 0.0)
    return _Cost(times * fixed * count / len(batch.candidates), times * per_step / len(batch.candidates))


def _seconds(plan: Plan, spec: Spec, batch: Batch, steps: int) -> float:
    start = time.perf_counter()
    probe.probe(spec.model_copy(update={"steps": steps}), plan.data, probe.ProbeTask(batch, (steps,)), plan.ways)
    return time.perf_counter() - start


def _mean(values: Iterable[float]) -> float:
    every = list(values)
    return sum(every) / len(every)
