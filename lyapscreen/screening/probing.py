"""The probes of a plan: rung by rung, the best with their states into the next."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from lyapscreen import execution
from lyapscreen.execution.temporary import remove_left
from lyapscreen.results.records import Result
from lyapscreen.screening.checkpoints import Checkpoints
from lyapscreen.screening.halving import going_on
from lyapscreen.screening.plan import Plan, identity
from lyapscreen.screening.run_directory import RunDirectory
from lyapscreen.screening.rung import Observer, RungRunner, temporary_directory
from lyapscreen.spec.candidates import Batch, Candidate, batches


def probed(
    plan: Plan,
    *,
    jobs: execution.Workers = None,
    observer: Observer | None = None,
    store: RunDirectory | None = None,
    fail_fast: bool = False,
) -> list[Result]:
    """Probe a plan's batches as `run.carry_out` does; return what was found of every candidate, above the range too."""
    spec = plan.spec
    found: dict[Candidate, Result] = {}
    planned: Sequence[Batch] = plan.batches
    remove_left()
    with ExitStack() as around:
        if store is None:
            checkpoints = Checkpoints(Path(around.enter_context(temporary_directory())))
        else:
            store.begin(identity(plan))
            checkpoints = Checkpoints(store.states, durable=True)
        runner = RungRunner(plan, checkpoints, store, plan.workers(jobs), observer or (lambda _: None), fail_fast)
        for rung in range(len(plan.rungs)):
            if store is not None and not store.require_sound(rung, planned, checkpoints):
                return probed(plan, jobs=jobs, observer=observer, store=store, fail_fast=fail_fast)
            for results in runner.run(rung, planned):
                found |= {r.candidate: found[r.candidate].then(r) if rung else r for r in results}
            if rung + 1 == len(plan.rungs):
                break
            going = [candidate for batch in planned for candidate in batch.candidates]
            best = going_on(found, going, spec, plan.rungs, rung + 1)
            planned = batches(spec, best, plan.bytes_per_candidate, plan.budget)
            checkpoints.drop_all_but([candidate for batch in planned for candidate in batch.candidates])
    return list(found.values())
