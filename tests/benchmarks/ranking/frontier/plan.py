"""Which tasks are judged under which full trainings, and the works that this takes, in their order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from tests.benchmarks.ranking.cache import Work, has
from tests.benchmarks.ranking.frontier.ours import LENGTHS, Ours
from tests.benchmarks.ranking.frontier.rivals import RIVALS, Rival
from tests.benchmarks.ranking.frontier.truth import Reference, trainings
from tests.benchmarks.ranking.tasks import Task
from tests.benchmarks.ranking.trainings import KEEPS, Training
from tests.benchmarks.ranking.work import Work as OfTask

LONG = frozenset({"wine", "moons", "diabetes", "auto_imports.csv"})
"""Data sets whose MLPs are trained for 6,000 steps too: among those that cost least, and two of them set aside."""

PARTS = ("truth", "probes", "ours", "rivals")
"""Full trainings, probes for the rules, our screenings and the rivals' studies."""


@dataclass(frozen=True)
class Case:
    """A task under a full training, judged by both checkpoints that may be kept."""

    task: Task
    training: Training

    def works(self, part: str) -> Iterator[Work]:
        """Yield the works of a part."""
        if part == "truth":
            yield Reference(self.task)
            yield from trainings(self.task, self.training)
        elif part == "probes":
            yield from (OfTask(self.task, "probe", act, self.training) for act in self.task.settings["act"])
        elif part == "ours":
            yield from (Ours(self.task, self.training, keep, length) for keep in KEEPS for length in LENGTHS)
        else:
            yield from (Rival(self.task, self.training, keep, name) for keep in KEEPS for name in RIVALS)

    def is_done(self, parts: Collection[str]) -> bool:
        """Return whether the cache has all works of some parts."""
        return all(has(work) for part in parts for work in self.works(part))


def cases(tasks: Sequence[Task]) -> list[Case]:
    """Return all cases of some tasks, the full trainings one after the other."""
    found = [Case(task, Training(1500, schedule)) for schedule in ("constant", "cosine") for task in tasks]
    long = [task for task in tasks if task.is_mlp and task.name in LONG]
    return [*found, *(Case(task, Training(6000, schedule)) for schedule in ("constant", "cosine") for task in long)]


def works(of: Sequence[Case], parts: Collection[str] = PARTS) -> list[Work]:
    """Return the works of some cases, part by part and none of them twice."""
    every = [work for part in PARTS if part in parts for case in of for work in case.works(part)]
    return list({work.key: work for work in every}.values())
