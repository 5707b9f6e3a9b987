"""One rung after the other: batches in parallel, their states kept for the next rung, their results as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryDirectory
from typing import overload

from lyapscreen import execution
from lyapscreen.errors import EnvironmentFailure
from lyapscreen.execution import user_files
from lyapscreen.probe import probe
from lyapscreen.results.records import Result
from lyapscreen.screening.checkpoints import Checkpoints
from lyapscreen.screening.halving import Rung
from lyapscreen.screening.plan import Plan
from lyapscreen.screening.run_directory import RunDirectory
from lyapscreen.spec.candidates import Batch, Candidate


@dataclass(frozen=True)
class Progress:
    """What an observer is told at the start of every rung and whenever a batch has finished."""

    plan: Plan
    place: int
    """Which rung it is, counted from 0."""
    candidates: int
    """Candidates of this rung."""
    results: tuple[Result, ...]
    """Of the batch just finished, of this rung alone; empty at the start."""

    @property
    def steps(self) -> int:
        """Optimizer steps that the batch just finished has done."""
        return sum(max(0, result.final.steps - self.plan.rungs[self.place].begin) for result in self.results)

    @property
    def steps_left(self) -> int:
        """Optimizer steps of the rungs that follow, as far as it is known."""
        return len(self.plan.spec.seeds) * sum(rung.share * rung.steps for rung in self.plan.rungs[self.place + 1 :])


Observer = Callable[[Progress], None]


@dataclass(frozen=True)
class RungRunner:
    """What every rung is climbed with."""

    plan: Plan
    states: Checkpoints
    store: RunDirectory | None
    workers: int | execution.Cluster
    observe: Observer
    fail_fast: bool
    """Whether a worker killed twice over a batch is the end of it all."""

    def rung(self, place: int, planned: Sequence[Batch]) -> Iterator[tuple[Result, ...]]:
        """Yield the results of one rung, batch by batch, and keep the states of those that may go on."""
        plan, rung = self.plan, self.plan.rungs[place]
        going = sum(len(batch.candidates) for batch in planned)
        self.observe(Progress(plan, place, going, ()))
        finished = {} if self.store is None else self.store.finished
        waiting = []
        for batch in planned:
            lines = finished.get((place, batch.index))
            if lines is None:
                waiting.append(batch)
                continue
            self.states.know(f"{place}-{batch.index}", [line.result.candidate for line in lines if line.standing])
            results = tuple(line.result for line in lines)
            self.observe(Progress(plan, place, going, results))
            yield results
        tasks = _ProbeTasks(waiting, rung, self.states, goes_on=rung is not plan.rungs[-1])
        function: Callable[[probe.ProbeTask], probe.Probed] = partial(probe.probe, plan.spec, plan.data)
        sent = user_files.sent(function, plan.spec, self.workers)
        for index, probed in execution.execute(sent, tasks, self.workers):
            batch, standing = waiting[index], tuple[Candidate, ...]()
            if isinstance(probed, execution.WorkerDied):
                if self.fail_fast:
                    said = f"{len(batch.candidates)} candidates of {batch.activation} failed: {probed.reason}"
                    raise EnvironmentFailure(f"{said}. Without --fail-fast the others go on.")
                results = tuple(Result.failed(c, probed.reason, rung.begin) for c in batch.candidates)
            else:
                results, standing = probed.results, probed.active
                if standing and probed.states is not None:
                    self.states.keep(f"{place}-{batch.index}", standing, probed.states)
            if self.store is not None:
                self.store.record(place, batch.index, results, frozenset(standing))
            self.observe(Progress(plan, place, going, results))
            yield results


@contextmanager
def temporary_directory() -> Iterator[str]:
    """Make a directory that goes when the run ends."""
    try:
        directory = TemporaryDirectory(prefix="lyapscreen-", ignore_cleanup_errors=True)
    except OSError as error:
        raise EnvironmentFailure(
            f"no temporary directory can be created: {error}. Set TMPDIR to a directory that you can write to."
        ) from error
    with directory as path:
        yield path


class _ProbeTasks(Sequence[probe.ProbeTask]):
    """The work of a rung; the states of a batch are read when its turn comes, so that memory holds few."""

    def __init__(self, planned: Sequence[Batch], rung: Rung, states: Checkpoints, *, goes_on: bool) -> None:
        self._planned, self._rung, self._states, self._goes_on = planned, rung, states, goes_on

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
        states = self._states.of(batch.candidates) if begin else None
        return probe.ProbeTask(batch, self._rung.lengths, begin, states, self._goes_on)
