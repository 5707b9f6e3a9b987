"""One batch of candidates trained for the probe's steps, exponents measured along: map and exponents into results."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from lyapscreen.data import Dataset
from lyapscreen.exponents.estimators import ESTIMATORS, Estimator
from lyapscreen.probe import kantz_wolf
from lyapscreen.probe.evaluation import finite_or_none
from lyapscreen.probe.packing import packed, unpacked
from lyapscreen.probe.setup import BatchSetup
from lyapscreen.probe.training_loop import ActiveCandidates, start, train, weights_of, with_tangent
from lyapscreen.probe.way import Ways
from lyapscreen.results.records import Measures, Regime, Result, windows
from lyapscreen.spec.candidates import Batch, Candidate
from lyapscreen.spec.seeds import named_seed
from lyapscreen.spec.spec import Spec
from lyapscreen.training import devices
from lyapscreen.training.autodiff import kernels


@dataclass(frozen=True)
class ProbeTask:
    """What one call of `probe` has to do: a batch of candidates from one length to another."""

    batch: Batch
    lengths: tuple[int, ...]
    """Steps after which is measured; the last is where the task ends."""
    begin: int = 0
    """Steps the candidates have done before."""
    states: np.ndarray | None = None
    """Their states then, as `packing.packed`; None at the start."""
    goes_on: bool = False
    """Whether another rung may follow, so that their states are wanted at the end."""


@dataclass(frozen=True)
class Probed:
    """What a probe found, and the states it left its candidates in."""

    results: tuple[Result, ...]
    """In the batch's order; of this task alone."""
    active: tuple[Candidate, ...]
    """Those that have not diverged."""
    states: np.ndarray | None
    """Theirs, in that order, as `packing.packed`; None where nothing follows."""


def probe(spec: Spec, data: Dataset, task: ProbeTask, ways: Ways | None = None) -> Probed:
    """Train a batch of candidates from the task's begin to its end and measure them at its lengths.

    Args:
        spec: of the screening.
        data: of the screening.
        task: what is to be done.
        ways: to the tangents, as they were found in planning; None looks for the batch's own.

    """
    batch = task.batch
    # What a user's model prints is no result.
    with redirect_stdout(sys.stderr), devices.exact(spec):
        setup = BatchSetup.of(spec.at_point(batch.settings), data, batch, ways.of(batch) if ways else None)
        with kernels(setup.evaluator.model.module):
            found, local, active = _trained(setup, task)
            if spec.measures_kantz_wolf:
                _add_kantz_wolf(setup, task.lengths, found)
    return Probed(
        results=tuple(Result(c, tuple(f), tuple(ls)) for c, f, ls in zip(batch.candidates, found, local, strict=True)),
        active=tuple(batch.candidates[index] for index in active.indices.tolist()),
        states=packed(active[1:]) if task.goes_on else None,
    )


def _trained(
    setup: BatchSetup, task: ProbeTask
) -> tuple[list[list[Measures]], list[list[float | None]], ActiveCandidates]:
    """Train all candidates to the task's end; return measures and local exponents by index, and who is left."""
    estimator = ESTIMATORS[setup.spec.estimator]
    method = with_tangent(estimator)
    active = start(setup, method)
    if task.states is not None:
        active = ActiveCandidates(active.indices, *unpacked(task.states, active[1:]))
    local = LocalExponents(setup.spec.steps, task.begin, estimator, active)
    measures = _MeasuresAtLengths(setup, estimator, task.lengths)
    active = train(setup, active, method, range(task.begin, task.lengths[-1]), (local, measures))
    return measures.found, local.local, active


class _MeasuresAtLengths:
    """Observes what is reported of every candidate at the lengths asked for, by index in the batch."""

    def __init__(self, setup: BatchSetup, estimator: Estimator, lengths: Sequence[int]) -> None:
        self._evaluator, self._estimator, self._lengths = setup.evaluator, estimator, lengths
        self._keeps_last, count = setup.spec.keep == "last", len(setup.lr)
        self.found: list[list[Measures]] = [[] for _ in range(count)]

    def look(self, steps: int, active: ActiveCandidates) -> None:
        if steps not in self._lengths:
            return
        growth = self._estimator.growth(active.run, weights_of)
        weights, buffers = active.run.state.weights, active.buffers
        # Where the last checkpoint is kept a projection asks at every length whether the task overfits.
        wanted = steps == self._lengths[-1] or self._keeps_last
        measured = self._evaluator.measured(weights, buffers, steps, growth, active.start, with_train_loss=wanted)
        for index, measures in zip(active.indices.tolist(), measured, strict=True):
            self.found[index].append(measures)

    def lost(self, steps: int, indices: Sequence[int]) -> None:
        for index in indices:
            self.found[index].append(Measures(Regime.DIVERGED, steps))


class LocalExponents:
    """Observes the growth between the ends of the probe's windows, per step, by index in the batch."""

    def __init__(self, steps: int, begin: int, estimator: Estimator, active: ActiveCandidates) -> None:
        """Start with the growth so far, at a window's end or before the first step."""
        self._ends, self._estimator = frozenset(windows(steps)), estimator
        self._last, self._growth = begin, estimator.growth(active.run, weights_of).clone()
        self.local: list[list[float | None]] = [[] for _ in self._growth]

    def look(self, steps: int, active: ActiveCandidates) -> None:
        """Note the growth of those active at the end of a window."""
        if steps in self._ends:
            self.note(steps, active.indices, self._estimator.growth(active.run, weights_of))

    def lost(self, steps: int, indices: Sequence[int]) -> None:
        """Do nothing: who diverges has no exponent in the window it diverged in."""

    def note(self, steps: int, index: Tensor, growth: Tensor) -> None:
        """Note the growth [candidates] of those at these indices of the batch."""
        rates = (growth - self._growth[index]) / (steps - self._last)
        for one, rate in zip(index.tolist(), rates.tolist(), strict=True):
            self.local[one].append(finite_or_none(rate))
        self._growth[index], self._last = growth, steps


def _add_kantz_wolf(setup: BatchSetup, lengths: tuple[int, ...], found: list[list[Measures]]) -> None:
    spec = setup.spec
    seeds = [named_seed(setup.seeds[index], "neighbours") for index in setup.seed.tolist()]
    estimates = kantz_wolf.estimates(setup.step_map, setup.weights, seeds, lengths, spec.neighbours, spec.neighbour_std)
    for indices, length, estimate in estimates:
        for index, value, slope in zip(indices, estimate.value.tolist(), estimate.slope.tolist(), strict=True):
            found[index] = [
                replace(measures, kantz_wolf=finite_or_none(value), kantz_wolf_slope=finite_or_none(slope))
                if measures.steps == length and measures.regime is not Regime.DIVERGED
                else measures
                for measures in found[index]
            ]
