"""One rung after the other: batches in parallel, checkpoints kept for the next rung, results as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import overload

from lyapscreen import execution
from lyapscreen.errors import EnvironmentFailure
from lyapscreen.execution import user_files
from lyapscreen.execution.temporary import MarkedDirectory
from lyapscreen.probe import probe
from lyapscreen.results.records import Result
from lyapscreen.screening.checkpoints import Checkpoints
from lyapscreen.screening.halving import Rung
from lyapscreen.screening.plan import Plan
from lyapscreen.screening.result_lines import Line
from lyapscreen.screening.run_directory import RunDirectory
from lyapscreen.spec.candidates import Batch, Candidate


@dataclass(frozen=True)
class Progress:
    """What an observer is given at the start of every rung and whenever a batch has finished."""

    plan: Plan
    rung: int
    """Index of the rung in the plan, from 0."""
    candidates: int
    """Candidates of this rung."""
    results: tuple[Result, ...]
    """Of the batch just finished, of this rung alone; empty at the start."""

    @property
    def steps(self) -> int:
        """Optimizer steps that the batch just finished has done."""
        return sum(max(0, result.final.steps - self.plan.rungs[self.rung].begin) for result in self.results)

    @property
    def steps_left(self) -> int:
        """Optimizer steps of the rungs that follow, as far as it is known."""
        return len(self.plan.spec.seeds) * sum(rung.share * rung.steps for rung in self.plan.rungs[self.rung + 1 :])


Observer = Callable[[Progress], None]


@dataclass(frozen=True)
class RungRunner:
    """Runs the batches of one rung after the other."""

    plan: Plan
    checkpoints: Checkpoints
    store: RunDirectory | None
    workers: int | execution.Cluster
    observe: Observer
    fail_fast: bool
    """Whether a worker killed twice over a batch is the end of it all."""

    def run(self, rung: int, planned: Sequence[Batch]) -> Iterator[tuple[Result, ...]]:
        """Yield the results of one rung, batch by batch, and keep the checkpoints of those that may go on."""
        candidates = sum(len(batch.candidates) for batch in planned)
        self.observe(Progress(self.plan, rung, candidates, ()))
        finished = {} if self.store is None else self.store.finished
        kept = [finished[rung, batch.index] for batch in planned if (rung, batch.index) in finished]
        waiting = [batch for batch in planned if (rung, batch.index) not in finished]
        for results in chain(map(self._read, kept), self._probed(rung, waiting)):
            self.observe(Progress(self.plan, rung, candidates, results))
            yield results

    def _read(self, lines: Sequence[Line]) -> tuple[Result, ...]:
        """Return the results of a batch that the run directory holds."""
        active = [line.result.candidate for line in lines if line.active]
        self.checkpoints.know(_name(lines[0].rung, lines[0].batch), active)
        return tuple(line.result for line in lines)

    def _probed(self, rung: int, waiting: Sequence[Batch]) -> Iterator[tuple[Result, ...]]:
        """Yield the results of batches as they are probed, once they are kept."""
        plan = self.plan
        tasks = _ProbeTasks(waiting, plan.rungs[rung], self.checkpoints, goes_on=rung + 1 < len(plan.rungs))
        for index, probed in user_files.execute(
            partial(probe.probe, ways=plan.ways), plan.spec, plan.data, tasks, self.workers
        ):
            batch, active = waiting[index], tuple[Candidate, ...]()
            if isinstance(probed, execution.WorkerDied):
                results = self._failed(rung, batch, probed.reason)
            else:
                results, active = probed.results, probed.active
                if active and probed.states is not None:
                    self.checkpoints.keep(_name(rung, batch.index), active, probed.states)
            if self.store is not None:
                self.store.record(rung, batch.index, results, frozenset(active))
            yield results

    def _failed(self, rung: int, batch: Batch, reason: str) -> tuple[Result, ...]:
        """Return the results of a batch over which its worker was killed twice; with `fail_fast`, end the run."""
        if self.fail_fast:
            failure = f"{len(batch.candidates)} candidates of {batch.activation} failed: {reason}"
            raise EnvironmentFailure(f"{failure}. Without --fail-fast the others go on.")
        return tuple(Result.failed(candidate, reason, self.plan.rungs[rung].begin) for candidate in batch.candidates)


def _name(rung: int, batch: int) -> str:
    """Return what the checkpoints of a batch are called."""
    return f"{rung}-{batch}"


@contextmanager
def temporary_directory() -> Iterator[str]:
    """Make a directory that goes when the run ends."""
    try:
        directory = MarkedDirectory("states")
    except OSError as error:
        raise EnvironmentFailure(
            f"no temporary directory can be created: {error}. Set TMPDIR to a directory that you can write to."
        ) from error
    with directory as path:
        yield path


class _ProbeTasks(Sequence[probe.ProbeTask]):
    """The work of a rung; the checkpoints of a batch are read when its turn comes, so that memory holds few."""

    def __init__(self, planned: Sequence[Batch], rung: Rung, checkpoints: Checkpoints, *, goes_on: bool) -> None:
        self._planned, self._rung, self._checkpoints, self._goes_on = planned, rung, checkpoints, goes_on

    def __len__(self) -> int:
        return len(self._planned)

    @overload
    def __getitem__(self, index: int) -> probe.ProbeTask: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[probe.ProbeTask]: ...
    def __getitem__(self, index: int | slice) -> probe.ProbeTask | Sequence[probe.ProbeTask]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        batch, begin = self._planned[index], self._rung.begin
        states = self._checkpoints.of(batch.candidates) if begin else None
        return probe.ProbeTask(batch, self._rung.lengths, begin, states, self._goes_on)
