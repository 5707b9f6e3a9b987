"""How good a pick is by full training, and what the tasks say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lyapscreen.statistics import t_interval
from tests.benchmarks.halving.work import SCREENINGS

JUDGES = ("best", "final")
"""The best held-out loss of full training, and the one at its end."""


def regret(losses: Mapping[str, Sequence[float]], pick: str) -> float:
    """Return the fraction of configurations strictly better than the pick, by the mean over their seeds.

    >>> regret({"a": [1.0, 3.0], "b": [1.0, 1.0], "c": [float("inf"), 0.0], "d": [2.0, 2.0]}, "a")
    0.25
    """
    mean = {name: float(np.mean(of_seeds)) for name, of_seeds in losses.items()}
    return float(np.mean([value < mean[pick] for value in mean.values()]))


def outcome(name: str, optimizer: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return one task's line: regrets of both screenings by both judges, and the share of steps.

    Where a screening recommends nothing, the head of its ranking is judged all the same.

    Args:
        name: of the data.
        optimizer: of the task.
        found: what its works gave, by part.

    """
    trained = [part for part in found if part not in SCREENINGS]
    line: dict[str, Any] = {"data": name, "optimizer": optimizer}
    for judge in JUDGES:
        losses = {
            id_: of_seeds
            for part in trained
            for id_, of_seeds in zip(found[part]["ids"], found[part][judge], strict=True)
        }
        line[judge] = {screening: regret(losses, found[screening]["pick"]) for screening in SCREENINGS}
    line["share_of_steps"] = found["halving"]["steps"] / found["whole"]["steps"]
    line["share_of_planned"] = found["halving"]["steps"] / found["halving"]["planned"]
    line["same_pick"] = found["halving"]["pick"] == found["whole"]["pick"]
    line["recommended"] = {screening: found[screening]["recommended"] for screening in SCREENINGS}
    return line


def summary(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the means over tasks, and the 95 % t-interval of halving's regret less that of probing everything."""
    said: dict[str, Any] = {"tasks": len(lines)}
    for judge in JUDGES:
        halving, whole = (np.array([line[judge][screening] for line in lines]) for screening in SCREENINGS)
        less = t_interval(halving - whole)
        said[judge] = {"halving": float(halving.mean()), "whole": float(whole.mean())}
        said[judge] |= {"difference": less.mean, "low": less.low, "high": less.high}
    for name in ("share_of_steps", "share_of_planned", "same_pick"):
        said[name] = float(np.mean([line[name] for line in lines]))
    said["nothing_recommended"] = {s: sum(not line["recommended"][s] for line in lines) for s in SCREENINGS}
    return said
