"""A task's results out of the cache, and how every rule does on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lyapscreen.results.projection import project
from lyapscreen.results.records import Result, from_dict
from lyapscreen.results.regret import chance, regret
from lyapscreen.results.rules import Probes, means
from lyapscreen.results.statistics import Values
from lyapscreen.screening.halving import replayed
from lyapscreen.screening.plan import prepare
from lyapscreen.spec.measures import RULES
from lyapscreen.spec.spec import Spec
from tests.benchmarks.ranking.cache import kept
from tests.benchmarks.ranking.tasks import Task
from tests.benchmarks.ranking.trainings import KEEPS, Training
from tests.benchmarks.ranking.work import LENGTHS, works

JUDGES = ("best", "final")
"""The lowest held-out loss of full training, and the one at its end."""

LEADERS = 3
"""Trained fully by `--confirm 3`."""


@dataclass(frozen=True)
class Record:
    """All that was computed for a task."""

    task: Task
    steps: int
    """Of full training."""
    raw: tuple[Result, ...]
    """Probes at all lengths, above the range too."""
    probes: tuple[Result, ...]
    """Those of the rates asked for, projected to the best checkpoint."""
    last: tuple[Result, ...]
    """The same, projected to the last."""
    paper: tuple[Result, ...]
    """With the paper's estimate, where it was measured."""
    ids: tuple[str, ...]
    """Of the configurations, ascending: the order of all arrays."""
    curves: tuple[tuple[tuple[tuple[int, float], ...], ...], ...]
    """(steps, held-out loss) by configuration and seed."""
    losses: dict[str, Values]
    """By judge, [configurations, seeds], NaN where training diverged."""
    range_tests: dict[int, list[dict[str, Any]]]
    """By length, one an activation."""


def read(task: Task, steps: int) -> Record:
    """Return the record of a task whose works are all in the cache."""
    found: dict[str, list[Any]] = {}
    for work in works(task, Training(steps)):
        found.setdefault(work.part, []).extend(kept(work)["found"])
    raw = tuple(from_dict(plain) for plain in found["probe"])
    probes, last = (tuple(project(raw, _spec(task, steps, keep))) for keep in KEEPS)
    ids = tuple(dict.fromkeys(result.candidate.configuration.id for result in probes))
    rows: dict[str, dict[int, Any]] = {}
    for one in found["train"]:
        rows.setdefault(one["id"], {})[one["seed"]] = one
    trained = [[row for _, row in sorted(rows[id_].items())] for id_ in ids]

    def losses(judge: str) -> Values:
        def loss(one: dict[str, Any]) -> float:
            of = [loss for _, loss in one["curve"]]
            return float("nan") if one["diverged"] else min(of) if judge == "best" else of[-1]

        return np.array([[loss(one) for one in row] for row in trained])

    return Record(
        task=task,
        steps=steps,
        raw=raw,
        probes=probes,
        last=last,
        paper=tuple(from_dict(plain) for plain in found.get("paper", [])),
        ids=ids,
        curves=tuple(tuple(tuple(map(tuple, one["curve"])) for one in row) for row in trained),
        losses={judge: losses(judge) for judge in JUDGES},
        range_tests={steps: [one for one in found["range"] if one["steps"] == steps] for steps in LENGTHS},
    )


def scores(record: Record) -> dict[tuple[str, int], Values]:
    """Return what every rule makes of the configurations, by rule and length of the probes."""
    found: dict[tuple[str, int], Values] = {}
    for steps in LENGTHS:
        at = Probes.of(record.probes, steps)
        found |= {(rule, steps): at.scores(rule) for rule in RULES if rule != "kantz_wolf"}
        found["projected_last", steps] = Probes.of(record.last, steps, keep="last").scores("projected")
        if record.paper:
            found["kantz_wolf", steps] = Probes.of(record.paper, steps).scores("kantz_wolf")
        known = [one for one in record.range_tests[steps] if one["id"] is not None]
        steepest = max(known, key=lambda one: one["steepness"], default={"id": None})["id"]
        found["range_test", steps] = np.array([0.0 if id_ == steepest else np.inf for id_ in record.ids])
    found["halved", LENGTHS[-1]] = Probes.of(halved(record)).scores("projected")
    return found


def halved(record: Record) -> list[Result]:
    """Return the probes as halving leaves them."""
    spec = _spec(record.task, record.steps, "best")
    planned = prepare(spec)
    among = {candidate for batch in planned.batches for candidate in batch.candidates}
    found = replayed([result for result in record.raw if result.candidate in among], spec, planned.rungs)
    return project(found, spec)


def _spec(task: Task, steps: int, keep: str) -> Spec:
    return task.spec(steps=LENGTHS[-1], full_steps=steps, keep=keep)


def outcome(record: Record) -> dict[str, Any]:
    """Return a task's line: the regret of every rule's pick, and of the best of its first three by full training."""
    line: dict[str, Any] = {"data": record.task.name, "optimizer": record.task.optimizer, "aside": record.task.aside}
    losses = {judge: means(record.losses[judge]) for judge in JUDGES}
    line["regret"] = {
        judge: {f"{rule}-{steps}": regret(of, losses[judge]) for (rule, steps), of in scores(record).items()}
        for judge in JUDGES
    }
    line["confirmed"] = {
        f"{rule}-{steps}": confirmed(of, losses["best"])
        for (rule, steps), of in scores(record).items()
        if rule in ("projected", "effective", "halved", "held_out_loss")
    }
    for judge in JUDGES:
        line["regret"][judge]["random"] = chance(losses[judge])
    every, some = (sum(r.final.steps for r in results) for results in (record.raw, halved(record)))
    line["steps"] = {"whole": every, "halved": some, "planned": len(record.probes) * LENGTHS[-1]}
    return line


def confirmed(scores: Values, losses: Values) -> float:
    """Return the regret by the lowest loss of the best of the first three, as full training tells them apart.

    >>> confirmed(np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 2.0, 4.0, 1.0]))
    0.25
    """
    first = np.argsort(scores, kind="stable")[:LEADERS]
    return float(np.mean(losses < losses[first].min()))


def seeds(record: Record) -> list[float]:
    """Return for each of the first three configurations the lowest loss of the seed the probe prefers, less the mean.

    Relative to the spread (standard deviation) of the seeds' losses; those that do not spread are left out.
    """
    by = Probes.of(record.probes, LENGTHS[-1])
    best = record.losses["best"]
    found = []
    for place in np.argsort(by.scores("effective"), kind="stable")[:LEADERS]:
        losses, merits = best[place], by.measured["effective"][place]
        if np.isfinite(losses).all() and np.isfinite(merits).all() and (spread := float(losses.std(ddof=1))) > 0:
            found.append(float(losses[int(np.argmin(merits))] - losses.mean()) / spread)
    return found
