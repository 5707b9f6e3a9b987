"""Did the ranking help? Every rule's pick judged by full training, on the task at hand.

probes of all -> scores by rule -+
+-> regret, rank correlation, cost
full training of all ------------+
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lyapscreen import execution
from lyapscreen.analysis.validation_probes import NOT_KEPT, Probed, Stores
from lyapscreen.probe.lr_range_test import range_test
from lyapscreen.results.naming import family_of
from lyapscreen.results.projection import project
from lyapscreen.results.records import Full, Result
from lyapscreen.results.regret import chance, correlation, interval, regret
from lyapscreen.results.rules import Probes, means
from lyapscreen.results.statistics import Interval, Values
from lyapscreen.results.validation import HALVED, RANDOM, RANGE_TEST, Line, Point, Validation
from lyapscreen.screening import full_training
from lyapscreen.screening.halving import replayed
from lyapscreen.screening.plan import Plan, identity
from lyapscreen.spec.candidates import configurations, settings
from lyapscreen.spec.measures import DEFAULT_RANK_BY, RANK_BY, RULES


def judge(
    plan: Plan,
    probed: Probed,
    *,
    jobs: execution.Workers = None,
    observer: full_training.Observer | None = None,
    stores: Stores = NOT_KEPT,
) -> Validation:
    """Train what was probed fully, and judge by that what each rule makes of the probes.

    Args:
        plan: of the screening.
        probed: what `probe` found.
        jobs: worker processes, or a cluster; only the seconds depend on it.
        observer: called as the full trainings go on.
        stores: where what is finished is kept, and not done again.

    Raises:
        EnvironmentFailure: a worker was killed twice, or the disk is full.

    """
    spec = plan.spec
    probes = Probes.of(project(probed.results, spec), keep=spec.keep)
    among = probes.configurations
    with stores.seconds.measured("training") as finished:

        def observe(done: int, of: int) -> None:
            finished()
            if observer is not None:
                observer(done, of)

        kept = None if stores.probes is None else stores.probes.trainings
        trainings = full_training.train(probed.plan, among, spec.full_steps, jobs=jobs, observer=observe, kept=kept)
        trained = {one.candidate: one.full for one in trainings}
        training_pace = finished() / (len(trained) * spec.full_steps)

    judged = _Judged(probes, _losses(probes, trained, "best"), _losses(probes, trained, "final"))
    steps, with_those_above = int(probes.steps.sum()), _steps(probed.results)
    pace = probed.seconds / with_those_above
    lines = []
    if len(plan.rungs) > 1:
        reached = replayed(probed.results, spec, plan.rungs)
        halved = Probes.of(project(reached, spec), keep=spec.keep)
        lines.append(judged.line(HALVED, halved, RANK_BY[DEFAULT_RANK_BY].name, _steps(reached), pace))
    lines += [
        judged.line(
            name,
            probes,
            name,
            # Only what is read ahead takes the rates above the range.
            with_those_above if rule.reads_ahead else steps,
            # Losses need no tangent: their probes cost no more than full training does, step by step.
            training_pace if rule.rule_needs == "loss" else pace,
        )
        for name, rule in RULES.items()
        if rule.rule_needs != "neighbours"
    ]
    members = steps * spec.neighbours
    paper_pace = max(probed.paper_seconds - pace * steps, 0.0) / members
    paper = Probes.of(probed.paper)
    lines += [
        judged.line(name, paper, name, members, paper_pace)
        for name, rule in RULES.items()
        if rule.rule_needs == "neighbours"
    ]
    lines.append(judged.range_test(probed.plan))
    lines.append(judged.random())
    return Validation(spec, tuple(lines), judged.points(), len(configurations(spec)), identity(plan))


def _steps(results: Iterable[Result]) -> int:
    return sum(result.final.steps for result in results)


@dataclass(frozen=True)
class _Judged:
    """Probes with what full training makes of the same configurations."""

    probes: Probes
    best: Values
    """Lowest held-out losses [configurations, seeds], NaN where training diverged."""
    final: Values

    @property
    def kept(self) -> Values:
        """Those at the checkpoint that is kept."""
        return self.final if self.probes.keep == "last" else self.best

    def line(self, name: str, probes: Probes, rule: str, steps: int, pace: float) -> Line:
        """Judge a rule by full training."""
        seeds = len(probes.seeds)

        def scores(draw: NDArray[np.int64]) -> Values:
            return probes.scores(rule, draw)

        def best(draw: NDArray[np.int64]) -> Values:
            return means(self.best[:, draw])

        def final(draw: NDArray[np.int64]) -> Values:
            return means(self.final[:, draw])

        kept = final if self.probes.keep == "last" else best

        found = probes.scores(rule)
        if not np.isfinite(found).any():
            return Line(name, steps=steps, seconds=steps * pace)
        picked = int(np.argmin(found))
        return Line(
            rule=name,
            pick=probes.configurations[picked],
            best=interval(regret, scores, best, seeds),
            final=interval(regret, scores, final, seeds),
            correlation=interval(correlation, scores, kept, seeds),
            loss=_finite(means(self.kept)[picked]),
            steps=steps,
            seconds=steps * pace,
        )

    def range_test(self, plan: Plan) -> Line:
        """Judge the range test: one rising training a family, the steepest fall of all."""
        spec, start = plan.spec, time.perf_counter()
        with execution.one_thread():
            found = [range_test(spec, plan.data, *family, plan.ways) for family in product(spec.act, settings(spec))]
        seconds = time.perf_counter() - start
        known = [one for one in found if one is not None]
        steps = sum(one.steps for one in known)
        if not known:
            return Line(RANGE_TEST, steps=steps, seconds=seconds)
        pick = max(known, key=lambda one: one.steepness).configuration
        # It scores one learning rate a family; judged is the nearest of the configurations there are.
        near = min(
            (c for c in self.probes.configurations if family_of(c) == family_of(pick)),
            key=lambda c: abs(np.log(c.lr / pick.lr)),
        )
        index = self.probes.configurations.index(near)
        scores = np.where(np.arange(len(self.best)) == index, 0.0, np.inf)
        seeds = len(self.probes.seeds)
        best, final = (
            interval(regret, lambda _: scores, lambda draw, of=of: means(of[:, draw]), seeds)  # type: ignore[misc]
            for of in (self.best, self.final)
        )
        return Line(
            rule=RANGE_TEST,
            pick=near,
            best=best,
            final=final,
            loss=_finite(means(self.kept)[index]),
            steps=steps,
            seconds=seconds,
        )

    def random(self) -> Line:
        """Return the expectation of a pick at random."""
        best, final = (Interval(chance(means(of)), None, None) for of in (self.best, self.final))
        return Line(RANDOM, best=best, final=final, correlation=Interval(0.0, None, None))

    def points(self) -> tuple[Point, ...]:
        """Return every configuration with its exponent and its losses."""
        measured = self.probes.measured
        columns = (means(measured["effective"]), means(self.best), means(self.final), means(measured["projected"]))
        return tuple(
            Point(configuration, *(_finite(column[index]) for column in columns))
            for index, configuration in enumerate(self.probes.configurations)
        )


def _losses(probes: Probes, trained: Mapping[Any, Full], which: str) -> Values:
    full = {(candidate.configuration, candidate.seed): getattr(one, which) for candidate, one in trained.items()}
    rows = [[full[configuration, seed] for seed in probes.seeds] for configuration in probes.configurations]
    return np.array([[np.nan if value is None else value for value in row] for row in rows])


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
