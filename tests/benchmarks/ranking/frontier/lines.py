"""A task's line in the results: gap and regret of every rule, and gaps against costs of ours and of the rivals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lyapscreen.results.projection import project
from lyapscreen.results.records import from_dict
from lyapscreen.results.rules import Probes
from lyapscreen.spec.measures import RULES
from tests.benchmarks.ranking.cache import kept
from tests.benchmarks.ranking.frontier.ours import CONFIRMED, LENGTHS, Ours
from tests.benchmarks.ranking.frontier.rivals import MOST, RIVALS, Rival
from tests.benchmarks.ranking.frontier.truth import Truth
from tests.benchmarks.ranking.tasks import Task
from tests.benchmarks.ranking.trainings import Training
from tests.benchmarks.ranking.work import Work

COSTS = (0.5, 0.7, 1, 1.5, 2, 3, 4, 5, 7, 10, 14, 20, 28, 40, 50)
"""Full trainings of one seed after which rivals are looked at."""

TANGENT = 2.2
"""Times that a step takes which carries a tangent, in plain steps (`make bench`)."""

POINTS = ("rank", *(f"confirm {count}" for count in CONFIRMED))
"""What of ours is judged: the ranking alone, and with the first trained fully."""

COMPARED = ("rank", "confirm 3")
"""The points that rivals are held against."""


def line(task: Task, training: Training, keep: str, *, rivals: bool = True) -> dict[str, Any]:
    """Return a task's line, JSON-ready; all its works are in the cache, but those of `rivals` if there are none."""
    truth = Truth.of(task, training, keep)
    ours = {str(length): points(truth, kept(Ours(task, training, keep, length))) for length in LENGTHS}
    longest = ours[str(LENGTHS[-1])]
    return {
        "data": task.name, "optimizer": task.optimizer, "aside": task.aside,
        "steps": training.steps, "schedule": training.schedule, "keep": keep,
        "depth": round(truth.depth, 4), "rules": rules(truth), "ours": ours,
        "rivals": {
            name: rival(truth, kept(Rival(task, training, keep, name))["studies"], longest)
            for name in RIVALS if rivals
        },
    }  # fmt: skip


def rules(truth: Truth) -> dict[str, list[float]]:
    """Return [gap, regret] of what every rule picks, by rule and length of the probes, and of a pick at random."""
    activations = truth.task.settings["act"]
    works = [Work(truth.task, "probe", activation, truth.training) for activation in activations]
    raw = [from_dict(plain) for work in works for plain in kept(work)["found"]]
    spec = truth.task.spec(steps=LENGTHS[-1], keep=truth.keep, **truth.training.settings)
    probes = project(raw, spec)
    found = {}
    for length in LENGTHS:
        at = Probes.of(probes, length, keep=truth.keep)
        for rule in RULES:
            if rule != "kantz_wolf":  # 25 trainings a probe: its regrets stand in the other table
                pick = at.configurations[int(np.argmin(at.scores(rule)))].id
                found[f"{rule}-{length}"] = [truth.gap(pick), truth.regret(pick)]
    every = [[truth.gap(id_), truth.regret(id_)] for id_ in truth.losses]
    return {name: _rounded(pair) for name, pair in {**found, "random": np.mean(every, axis=0).tolist()}.items()}


def points(truth: Truth, ours: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return cost, gap and regret of each of our points; a short list costs a full training of every seed.

    With a short list there is a trained network too: the best of its seeds' has the gap `model`.
    """
    seeds = len(next(iter(truth.curves.values())))
    probes = ours["steps"] / truth.training.steps
    found = {"rank": _point(truth, ours["pick"], probes, 0)}
    for count in CONFIRMED:
        chosen = ours["short lists"][str(count)]
        point = _point(truth, truth.best_of(chosen), probes, len(chosen) * seeds)
        found[f"confirm {count}"] = {**point, "model": round(truth.gap_of(truth.lowest_of(chosen)), 4)}
    return found


def _point(truth: Truth, pick: str, probes: float, full: int) -> dict[str, Any]:
    gap, regret = _rounded([truth.gap(pick), truth.regret(pick)])
    cost, timed = _rounded([probes + full, TANGENT * probes + full])
    return {"pick": pick, "cost": cost, "timed": timed, "gap": gap, "regret": regret}


def rival(
    truth: Truth, studies: Sequence[Sequence[tuple[int, str, float]]], ours: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Return a rival's mean gaps over its studies at `COSTS` and at our costs, and the costs at which it is as good.

    A gap is that of the incumbent's configuration, under `model` that of the network trained in the trial. A cost is
    None where a study ended before it was as good.
    """
    steps = truth.training.steps
    gaps = [[(spent / steps, truth.gap(id_)) for spent, id_, _ in changes] for changes in studies]
    models = [[(spent / steps, truth.gap_of(loss)) for spent, _, loss in changes] for changes in studies]
    return {
        "curve": [_mean_at(gaps, cost) for cost in COSTS],
        "model": [_mean_at(models, cost) for cost in COSTS],
        "at ours": {name: _mean_at(gaps, ours[name]["cost"]) for name in COMPARED},
        "model at ours": {name: _mean_at(models, ours[name]["cost"]) for name in COMPARED if "model" in ours[name]},
        "to ours": {name: [cost_of(of, ours[name]["gap"]) for of in gaps] for name in COMPARED},
    }


def _mean_at(studies: Sequence[Sequence[tuple[float, float]]], cost: float) -> float:
    return round(float(np.mean([gap_at(changes, cost) for changes in studies])), 4)


def gap_at(changes: Sequence[tuple[float, float]], cost: float) -> float:
    """Return the gap of the incumbent at a cost, from (cost, gap) at its changes; 1 before there is one.

    >>> changes = [(1.0, 0.5), (3.0, 0.1)]
    >>> gap_at(changes, 0.5), gap_at(changes, 1.0), gap_at(changes, 20.0)
    (1.0, 0.5, 0.1)
    """
    found = 1.0
    for at, value in changes:
        if at > cost:
            break
        found = value
    return found


def cost_of(changes: Sequence[tuple[float, float]], goal: float) -> float | None:
    """Return the cost at which the incumbent's gap first is a goal or less; None if it never is.

    >>> cost_of([(1.0, 0.5), (3.0, 0.1)], 0.2), cost_of([(1.0, 0.5)], 0.2), cost_of([], 1.0)
    (3.0, None, 0.0)
    """
    if goal >= 1:
        return 0.0
    # Our gaps are rounded, and an equal pick is as good.
    return next((round(at, 2) for at, value in changes if value <= goal + 1e-4 and at <= MOST), None)


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 4) for value in values]
