"""What the lines say together: means over tasks, intervals over data sets, and the worst, case by case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tests.benchmarks.ranking.frontier.lines import COMPARED, COSTS, POINTS
from tests.benchmarks.ranking.summary import GROUPS as EVERY
from tests.benchmarks.ranking.summary import over_data_sets

Line = Mapping[str, Any]

GROUPS = {name: EVERY[name] for name in ("all", "chosen on", "set aside", "adam")}
"""Tasks that are looked at together."""


SHALLOWEST = 0.1
"""Where the best of all configurations is less than this below the constant guess, as a share of its loss, there is
nothing to learn, and a gap divides noise by noise: such tasks are left out, by name."""


def summary(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return an entry for each full training and checkpoint that is kept, with one of its own for each group."""
    lines = [line for line in lines if line["depth"] >= SHALLOWEST]
    keys = dict.fromkeys((line["keep"], line["schedule"], line["steps"]) for line in lines)
    found = []
    for keep, schedule, steps in sorted(keys, key=lambda key: (key[2], key[1], key[0])):
        of = [x for x in lines if (x["keep"], x["schedule"], x["steps"]) == (keep, schedule, steps)]
        groups = {name: [x for x in of if belongs(x)] for name, belongs in GROUPS.items()}
        found.append({
            "keep": keep, "schedule": schedule, "steps": steps,
            "groups": {name: group(some) for name, some in groups.items() if some},
        })  # fmt: skip
    return found


def left_out(lines: Sequence[Line]) -> list[str]:
    """Return the data sets of tasks that are left out.

    >>> left_out([{"data": "a", "depth": 0.01}, {"data": "b", "depth": 0.5}, {"data": "a", "depth": 0.02}])
    ['a']
    """
    return list(dict.fromkeys(line["data"] for line in lines if line["depth"] < SHALLOWEST))


def group(lines: Sequence[Line]) -> dict[str, Any]:
    """Return what some tasks of one case say together."""
    longest = max(lines[0]["ours"], key=int)
    return {
        "tasks": len(lines),
        "rules": {
            rule: _judged(lines, lambda x, r=rule: x["rules"][r][0], lambda x, r=rule: x["rules"][r][1])  # type: ignore[misc]
            for rule in lines[0]["rules"]
        },
        "ours": {
            length: {point: _point(lines, length, point) for point in POINTS} for length in lines[0]["ours"]
        },
        "rivals": {name: _rival(lines, name, longest) for name in lines[0]["rivals"]},
    }  # fmt: skip


def _point(lines: Sequence[Line], length: str, point: str) -> dict[str, Any]:
    def value(name: str) -> Callable[[Line], float]:
        return lambda line: float(line["ours"][length][point][name])

    found = _judged(lines, value("gap"), value("regret"))
    for name in ("cost", "timed"):
        found[name] = round(float(np.mean([value(name)(line) for line in lines])), 2)
    if "model" in lines[0]["ours"][length][point]:
        found["model"] = over_data_sets(lines, value("model"))
    return found


def _judged(lines: Sequence[Line], gap: Callable[[Line], float], regret: Callable[[Line], float]) -> dict[str, Any]:
    return {
        "gap": over_data_sets(lines, gap), "worst gap": max(map(gap, lines)),
        "regret": over_data_sets(lines, regret), "worst regret": max(map(regret, lines)),
    }  # fmt: skip


def _rival(lines: Sequence[Line], name: str, length: str) -> dict[str, Any]:
    """Compare a rival with ours: `behind` is its gap less ours at our cost, positive where it is worse."""
    of = [line["rivals"][name] for line in lines]

    def behind(point: str, theirs: str = "at ours", gap: str = "gap") -> Callable[[Line], float]:
        return lambda line: line["rivals"][name][theirs][point] - line["ours"][length][point][gap]

    return {
        "curve": means_by_data_set(lines, [one["curve"] for one in of]),
        "model": means_by_data_set(lines, [one["model"] for one in of]),
        "behind": {point: over_data_sets(lines, behind(point)) for point in COMPARED},
        "model behind": {
            point: over_data_sets(lines, behind(point, "model at ours", "model")) for point in of[0]["model at ours"]
        },
        "to ours": {point: cost_to([cost for one in of for cost in one["to ours"][point]]) for point in COMPARED},
    }


def means_by_data_set(lines: Sequence[Line], rows: Sequence[Sequence[float]]) -> list[float]:
    """Return the means of rows, each data set's tasks counting as one together, as in every other mean.

    >>> means_by_data_set([{"data": "a"}, {"data": "a"}, {"data": "b"}], [[0.0], [0.2], [0.3]])
    [0.2]
    """
    names = [line["data"].partition(",")[0] for line in lines]
    of = [
        np.mean([row for at, row in zip(names, rows, strict=True) if at == name], axis=0)
        for name in dict.fromkeys(names)
    ]
    found: list[float] = np.mean(of, axis=0).round(4).tolist()
    return found


def cost_to(costs: Sequence[float | None]) -> dict[str, float | None]:
    """Return the median cost at which studies were as good, None where half never were, and the share that never were.

    >>> cost_to([1.0, 2.0, 7.0]), cost_to([1.0, None])
    ({'median': 2.0, 'never': 0.0}, {'median': None, 'never': 0.5})
    """
    median = float(np.median([np.inf if cost is None else cost for cost in costs]))
    never = float(np.mean([cost is None for cost in costs]))
    return {"median": round(median, 2) if np.isfinite(median) else None, "never": round(never, 3)}


def at(curve: Sequence[float], cost: float) -> float:
    """Return a curve's value at one of `COSTS`."""
    return curve[COSTS.index(cost)]


def cost_of_mean(curve: Sequence[float], goal: float) -> float | None:
    """Return the first of `COSTS` at which a mean curve is down to a goal; None if it never is.

    >>> cost_of_mean([1.0] * 5 + [0.5] * 3 + [0.1] * 7, 0.2)
    7
    """
    return next((cost for cost, value in zip(COSTS, curve, strict=True) if value <= goal), None)
