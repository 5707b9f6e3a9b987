"""What is computed for a task: full training of every candidate, and the screenings that are compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from lyapscreen import data, screen
from lyapscreen.candidates import Batch, Candidate, configurations
from lyapscreen.exponents import trees
from lyapscreen.ground import Ground
from lyapscreen.measure import gone
from tests.benchmarks.halving.tasks import GRID, Task

PROBE_STEPS = 100
SCREENINGS = {"halving": True, "whole": False}


@dataclass(frozen=True)
class Work:
    """A piece of a task that one process does in some seconds."""

    task: Task
    part: str
    """An activation, to be trained fully, or a key of `SCREENINGS`."""
    steps: int
    """Of full training."""

    @property
    def key(self) -> str:
        """Where its result is kept."""
        return f"{self.task.key}/{self.part}-{PROBE_STEPS if self.part in SCREENINGS else self.steps}"

    def __call__(self) -> dict[str, Any]:
        """Return the result as JSON-ready values."""
        return screened(self) if self.part in SCREENINGS else trained(self)


def works(task: Task, steps: int) -> Iterator[Work]:
    """Yield all of a task's works."""
    yield from (Work(task, part, steps) for part in (*GRID["act"], *SCREENINGS))


def screened(work: Work) -> dict[str, Any]:
    """Return the configuration at the head of the ranking, whether it is recommended, and the steps spent.

    Those that diverge stop early in either screening: `planned` is what all would take to the end.
    """
    found = screen(**work.task.settings, steps=PROBE_STEPS, halving=SCREENINGS[work.part], jobs=1)
    first, *_ = found.ranking.rows
    steps = [result.final.steps for row in found.ranking.rows for result in row.results]
    return {
        "pick": first.configuration.id,
        "recommended": first.recommended,
        "steps": sum(steps),
        "planned": len(steps) * PROBE_STEPS,
    }


@torch.no_grad()
def trained(work: Work) -> dict[str, Any]:
    """Return the best and the final held-out loss of each configuration, seed by seed; a diverged one's is infinite."""
    spec = work.task.spec(act=work.part, steps=work.steps)
    every = max(1, work.steps // 60)
    candidates = [Candidate(configuration, seed) for configuration in configurations(spec) for seed in spec.seeds]
    ground = Ground.of(spec, data.load(spec), Batch(0, work.part, tuple(candidates)))
    places = torch.arange(len(candidates))
    state = ground.training(places).start(ground.weights)
    start = ground.yardstick.outlook(state.weights, ground.buffers)
    best = torch.full((len(candidates),), torch.inf, dtype=torch.float64)
    final = best.clone()
    training = ground.training(places)
    for t in range(work.steps):
        state, losses = training.step(state, t)
        if (t + 1) % every == 0 or t + 1 == work.steps:
            final[places] = held_out = ground.yardstick.outlook(state.weights, {}).loss
            best[places] = torch.minimum(best[places], held_out)
            losses = torch.where(torch.isfinite(losses), held_out, losses)
        lost = gone(losses, start)
        if lost.any():
            best[places[lost]] = final[places[lost]] = torch.inf
            places, state, start = trees.select((places, state, start), ~lost)
            if not len(places):
                break
            training = ground.training(places)
    ids = dict.fromkeys(candidate.configuration.id for candidate in candidates)
    shape = (len(ids), len(spec.seeds))
    return {"ids": list(ids), "best": best.view(shape).tolist(), "final": final.view(shape).tolist()}
