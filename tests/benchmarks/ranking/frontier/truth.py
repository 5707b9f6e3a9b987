"""What full training makes of a task: the loss of every configuration, and how far a pick is from the best of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lyapscreen.probe.setup import BatchSetup
from lyapscreen.results.rules import means
from lyapscreen.results.statistics import Values
from lyapscreen.screening.plan import prepare
from tests.benchmarks.ranking.cache import kept
from tests.benchmarks.ranking.tasks import Task
from tests.benchmarks.ranking.trainings import Training
from tests.benchmarks.ranking.work import Work


@dataclass(frozen=True)
class Reference:
    """The held-out loss of the best constant guess on a task."""

    task: Task

    @property
    def key(self) -> str:
        """Where it is kept."""
        return f"{self.task.key}/reference"

    def __call__(self) -> dict[str, Any]:
        """Return it, JSON-ready."""
        plan = prepare(self.task.spec(act=self.task.settings["act"][:1], seeds=1, halving=False))
        evaluator = BatchSetup.of(plan.spec, plan.data, plan.batches[0]).evaluator
        loss = evaluator.reference_loss
        # A loss that measures no targets reconstructs the inputs: the best constant guess is their mean.
        found = evaluator.held_out[0].flatten(1).double().var(dim=0, correction=0).mean() if loss is None else loss
        return {"loss": float(found)}


@dataclass(frozen=True)
class Curve:
    """The held-out loss of one candidate along its full training."""

    looks: tuple[tuple[int, float], ...]
    """(steps done, loss), until the end or until it diverged."""
    diverged: bool

    def loss(self, keep: str) -> float:
        """Return the loss of the checkpoint that is kept, infinite where training diverged.

        >>> curve = Curve(((1, 0.5), (2, 0.3), (3, 0.4)), diverged=False)
        >>> curve.loss("best"), curve.loss("last")
        (0.3, 0.4)
        """
        if self.diverged:
            return float("inf")
        return min(loss for _, loss in self.looks) if keep == "best" else self.looks[-1][1]


@dataclass(frozen=True)
class Truth:
    """A task's full trainings under the checkpoint that is kept of them."""

    task: Task
    training: Training
    keep: str
    curves: dict[str, tuple[Curve, ...]]
    """By configuration's id, ascending: one a seed."""
    reference: float
    """The loss of the best constant guess."""

    @classmethod
    def of(cls, task: Task, training: Training, keep: str) -> Truth:
        """Return the truth of a task whose trainings are all in the cache."""
        rows: dict[str, dict[int, Curve]] = {}
        for work in trainings(task, training):
            for one in kept(work)["found"]:
                curve = Curve(tuple((steps, loss) for steps, loss in one["curve"]), one["diverged"])
                rows.setdefault(one["id"], {})[one["seed"]] = curve
        curves = {id_: tuple(curve for _, curve in sorted(row.items())) for id_, row in rows.items()}
        return cls(task, training, keep, curves, kept(Reference(task))["loss"])

    @cached_property
    def losses(self) -> dict[str, float]:
        """By configuration's id, the mean loss over seeds; infinite where one diverged."""
        found = means(np.array([[curve.loss(self.keep) for curve in row] for row in self.curves.values()]))
        return dict(zip(self.curves, found.tolist(), strict=True))

    @cached_property
    def _all(self) -> Values:
        return np.array(list(self.losses.values()))

    def gap(self, id_: str) -> float:
        """Return how far a configuration is from the best, as `gap` has it."""
        return self.gap_of(self.losses[id_])

    @property
    def depth(self) -> float:
        """How far the best is below the best constant guess, as a share of that guess's loss."""
        return 1.0 - float(self._all.min()) / self.reference

    def gap_of(self, loss: float) -> float:
        """Return how far one training with this loss is from the best configuration; 0 if it is better."""
        return gap(loss, float(self._all.min()), self.reference)

    def regret(self, id_: str) -> float:
        """Return the share of configurations that train strictly better than this one."""
        return float(np.mean(self._all < self.losses[id_]))

    def best_of(self, ids: Sequence[str]) -> str:
        """Return which of some configurations trains best."""
        return min(ids, key=self.losses.__getitem__)

    def lowest_of(self, ids: Sequence[str]) -> float:
        """Return the lowest loss of all seeds of some configurations."""
        return min(curve.loss(self.keep) for id_ in ids for curve in self.curves[id_])


def gap(loss: float, best: float, reference: float) -> float:
    """Return (loss - best) / (reference - best), at most 1, as it is for what diverged or where nobody learns.

    >>> gap(0.3, 0.2, 1.2), gap(0.2, 0.2, 1.2), gap(5.0, 0.2, 1.2), gap(float("inf"), 0.2, 1.2)
    (0.1, 0.0, 1.0, 1.0)
    """
    if loss <= best:
        return 0.0
    if not np.isfinite(loss) or reference <= best:
        return 1.0
    return min(1.0, round((loss - best) / (reference - best), 12))


def trainings(task: Task, training: Training) -> Iterator[Work]:
    """Yield the works that are a task's full trainings."""
    yield from (Work(task, "train", activation, training) for activation in task.settings["act"])
