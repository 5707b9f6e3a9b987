"""Our screening as a person runs it: what it recommends, and the optimizer steps that this takes."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lyapscreen import screen
from lyapscreen.results.ranking import Ranking
from tests.benchmarks.ranking.tasks import Task
from tests.benchmarks.ranking.trainings import Training

RANKED: Mapping[str, Mapping[str, object]] = {keep: {"rank_by": "projected", "keep": keep} for keep in ("best", "last")}
"""How a ranking is asked for, by the checkpoint that is kept of full training."""

LENGTHS = (25, 100)
"""Steps of the probes."""

CONFIRMED = (1, 3, 5)
"""How many of the first are trained fully, every seed."""


@dataclass(frozen=True)
class Ours:
    """One screening of a task for a full training."""

    task: Task
    training: Training
    keep: str
    length: int
    """Steps of the probes."""

    @property
    def settings(self) -> dict[str, object]:
        """The settings of the screening, those of the task apart."""
        return {"steps": self.length, **self.training.settings, **RANKED[self.keep]}

    @property
    def key(self) -> str:
        """Where its result is kept: another way to rank is another place."""
        digest = hashlib.sha256(json.dumps(self.settings, sort_keys=True).encode()).hexdigest()[:8]
        return f"{self.task.key}/ours-{self.settings['rank_by']}-{self.training.key}-{self.keep}-{self.length}-{digest}"

    def __call__(self) -> dict[str, Any]:
        """Return what is recommended, the short lists and the steps, JSON-ready."""
        steps: list[int] = []  # as they are done, so that probes of rates beyond the range are counted too
        start = time.perf_counter()
        screening = screen(**{**self.task.settings, **self.settings}, jobs=1, observer=lambda p: steps.append(p.steps))
        return {
            "seconds": time.perf_counter() - start,
            "steps": sum(steps),
            "pick": screening.ranking.rows[0].configuration.id,
            "short lists": {str(count): short_list(screening.ranking, count) for count in CONFIRMED},
        }


def short_list(ranking: Ranking, count: int) -> list[str]:
    """Return the configurations that `confirm` trains, or the first where none can be recommended."""
    return [row.configuration.id for row in ranking.leading(count) or ranking.rows[:1]]
