"""What the tasks say together: means over data sets with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lyapscreen.results.statistics import Interval, t_interval
from tests.benchmarks.ranking.records import JUDGES
from tests.benchmarks.ranking.tasks import RATES

Line = Mapping[str, Any]

GROUPS: Mapping[str, Callable[[Line], bool]] = {
    "all": lambda _: True,
    "chosen on": lambda line: not line["aside"],
    "set aside": lambda line: line["aside"],
    **{optimizer: lambda line, name=optimizer: line["optimizer"] == name for optimizer in RATES},  # type: ignore[misc]
}
"""Tasks that are looked at together."""

BASELINE = "held_out_loss"


def over_data_sets(lines: Sequence[Line], value: Callable[[Line], float]) -> dict[str, float | None]:
    """Return the mean over data sets with its 95 % t-interval: the tasks of one data set share their luck.

    >>> lines = [{"data": "a", "x": 0.0}, {"data": "a", "x": 0.2}, {"data": "b", "x": 0.3}]
    >>> round(over_data_sets(lines, lambda line: line["x"])["mean"], 2)
    0.2
    """
    names = dict.fromkeys(line["data"].partition(",")[0] for line in lines)
    means = [float(np.mean([value(x) for x in lines if x["data"].partition(",")[0] == name])) for name in names]
    return _plain(t_interval(np.array(means)))


def summary(lines: Sequence[Line]) -> dict[str, Any]:
    """Return the regrets of all rules by group of tasks, and what halving and confirming make of them."""
    return {name: _of_group([line for line in lines if belongs(line)]) for name, belongs in GROUPS.items()}


def _of_group(lines: Sequence[Line]) -> dict[str, Any]:
    rules = [rule for rule in lines[0]["regret"]["best"] if all(rule in line["regret"]["best"] for line in lines)]
    found: dict[str, Any] = {"tasks": len(lines)}
    for judge in JUDGES:
        found[judge] = {rule: over_data_sets(lines, lambda x, r=rule: x["regret"][judge][r]) for rule in rules}  # type: ignore[misc]  # noqa: B023
    paper = [line for line in lines if "kantz_wolf-100" in line["regret"]["best"]]
    if paper and len(paper) < len(lines):
        for judge in JUDGES:
            for steps in (25, 50, 100):
                rule = f"kantz_wolf-{steps}"
                found[judge][rule] = over_data_sets(paper, lambda x, r=rule: x["regret"][judge][r])  # type: ignore[misc]  # noqa: B023
    found["confirmed"] = {
        rule: over_data_sets(lines, lambda x, r=rule: x["confirmed"][r])  # type: ignore[misc]
        for rule in lines[0]["confirmed"]
    }
    # Results of before it was there rank by lambda_eff.
    ours = "projected-100" if "projected-100" in rules else "effective-100"
    found["worst excess"] = {
        rule: max(line["regret"]["best"][rule] - line["regret"]["best"][f"{BASELINE}-100"] for line in lines)
        for rule in (ours, "halved-100")
    }
    found["halving"] = {
        judge: over_data_sets(
            lines,
            lambda x: x["regret"][judge]["halved-100"] - x["regret"][judge][ours],  # noqa: B023
        )
        for judge in JUDGES
    }
    found["steps"] = {
        "of planned": float(np.mean([line["steps"]["halved"] / line["steps"]["planned"] for line in lines])),
        "of whole": float(np.mean([line["steps"]["halved"] / line["steps"]["whole"] for line in lines])),
    }
    return found


def of_seeds(found: Sequence[tuple[str, Sequence[float]]]) -> dict[str, Any]:
    """Return how much better the seed that the probe prefers trains than its configuration's mean seed.

    Args:
        found: (data set, differences in standard deviations over seeds; negative is better), a task each.

    """
    lines = [{"data": name, "x": value} for name, values in found for value in values]
    every = [value for _, values in found for value in values]
    return {
        "difference": over_data_sets(lines, lambda line: line["x"]),
        "better": float(np.mean([value < 0 for value in every])),
        "count": len(every),
    }


def against_optuna(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return regrets at equal steps and seconds, and how much longer Optuna takes to be as good, a study each."""
    ours = [one["ours"]["regret"] for one in found.values()]
    studies = [(one["ours"], study) for one in found.values() for study in one["studies"]]
    # Who never got there took at least as long as the study lasted.
    ratios = [(study["seconds_to_ours"] or study["seconds"]) / mine["seconds"] for mine, study in studies]
    low, middle, high = (float(value) for value in np.percentile(ratios, [25, 50, 75]))
    return {
        "tasks": len(found),
        "studies": len(studies),
        "ours": float(np.mean(ours)),
        "at_steps": float(np.mean([study["at_steps"] for _, study in studies])),
        "at_seconds": float(np.mean([study["at_seconds"] for _, study in studies])),
        "times as long": {"median": middle, "lower quartile": low, "upper quartile": high},
        "never": float(np.mean([study["seconds_to_ours"] is None for _, study in studies])),
        "seconds": float(np.mean([one["ours"]["seconds"] for one in found.values()])),
    }


def _plain(interval: Interval) -> dict[str, float | None]:
    return {
        name: None if value is None else round(value, 4)
        for name, value in (("mean", interval.mean), ("low", interval.low), ("high", interval.high))
    }
