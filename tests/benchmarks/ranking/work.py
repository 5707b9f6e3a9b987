"""What is computed for a task, an activation at a time: full training of every candidate, and its probes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lyapscreen import data
from lyapscreen.probe.lr_range_test import range_test
from lyapscreen.probe.probe import ProbeTask, probe
from lyapscreen.results.projection import above_the_range
from lyapscreen.results.records import to_dict
from lyapscreen.screening.full_training import train
from lyapscreen.screening.plan import prepare
from lyapscreen.spec.candidates import batches, configurations
from tests.benchmarks.ranking.tasks import Task
from tests.benchmarks.ranking.trainings import Training

LENGTHS = (25, 50, 100)
"""Steps of the probes."""

PARTS = ("probe", "train", "range", "paper")
"""Probes with exponents, full training, range tests and the paper's estimate, each of one activation."""


@dataclass(frozen=True)
class Work:
    """A piece of a task that one process does in some seconds."""

    task: Task
    part: str
    """One of `PARTS`."""
    activation: str
    training: Training
    """What the probes begin."""

    @property
    def key(self) -> str:
        """Where its result is kept."""
        of = self.training.key if self.part == "train" else self.training.probe_key(LENGTHS[-1])
        return f"{self.task.key}/{self.part}-{self.activation}-{of}"

    def __call__(self) -> dict[str, Any]:
        """Return the result as JSON-ready values, with the seconds it took."""
        start = time.perf_counter()
        does = {"train": trained, "range": range_tested}
        found = does.get(self.part, probed)(self)
        return {"found": found, "seconds": time.perf_counter() - start}


def works(task: Task, training: Training) -> Iterator[Work]:
    """Yield all of a task's works.

    The paper's rule, at 25 trainings a probe, is judged where it was made: with SGD. It and the range test know of
    no schedule.
    """
    parts: tuple[str, ...] = PARTS if task.optimizer == "sgd" and task.is_mlp else PARTS[:3]
    parts = parts if training.schedule == "constant" else PARTS[:2]
    yield from (Work(task, part, activation, training) for part in parts for activation in task.settings["act"])


def probed(work: Work) -> list[dict[str, Any]]:
    """Return what probes find at every length, a candidate each; no probe is stopped early.

    Rates above the range that either checkpoint reads ahead to are probed too, but not for the paper's rule.
    """
    spec = work.task.spec(
        act=work.activation, steps=LENGTHS[-1], kantz_wolf=work.part == "paper", halving=False, keep="last",
        **work.training.settings,
    )  # fmt: skip
    plan = prepare(spec)
    beyond = [] if work.part == "paper" else above_the_range(spec, LENGTHS[0])
    planned = batches(spec, [*configurations(spec), *beyond], plan.bytes_per_candidate, plan.budget)
    found = [result for batch in planned for result in probe(spec, plan.data, ProbeTask(batch, LENGTHS)).results]
    return [to_dict(result) for result in sorted(found, key=lambda result: result.candidate)]


def trained(work: Work) -> list[dict[str, Any]]:
    """Return the held-out loss along full training, a candidate each."""
    plan = prepare(work.task.spec(act=work.activation, halving=False, **work.training.settings))
    steps = work.training.steps
    found = sorted(train(plan, configurations(plan.spec), steps, jobs=1), key=lambda one: one.candidate)
    named = [(one.candidate.configuration.id, one.candidate.seed, one.curve, one.full.diverged) for one in found]
    return [dict(zip(("id", "seed", "curve", "diverged"), values, strict=True)) for values in named]


def range_tested(work: Work) -> list[dict[str, Any]]:
    """Return what range tests as long as the probes suggest: a learning rate and how steep the loss falls there."""
    found = []
    for steps in LENGTHS:
        spec = work.task.spec(act=work.activation, steps=steps)
        said = range_test(spec, data.load(spec), work.activation, ())
        found.append({"steps": steps, "id": said and said.configuration.id, "steepness": said and said.steepness})
    return found
