"""The rivals, their trainings looked up: random search, Hyperband, ASHA, and TPE with Hyperband, as Optuna has them.

A trial trains one configuration of the task's grid with one of its seeds, costs the steps that it takes, and is pruned
as the rival says. Learning rates are drawn continuously and taken to the nearest of the grid, which has the best there
is: nothing is held against a rival but the steps it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.benchmarks.ranking.frontier.truth import Curve, Truth
from tests.benchmarks.ranking.tasks import Task
from tests.benchmarks.ranking.trainings import Training

if TYPE_CHECKING:
    from optuna import Study, Trial

STUDIES = 10
"""Seeds of a rival's sampler."""

MOST = 50
"""Full trainings after which a study ends."""

FACTOR = 3
"""Of Hyperband and ASHA: the best third goes on, to three times the steps; Optuna's and Hyperband's own default."""


def _random(seed: int, first: int, last: int) -> Study:
    import optuna

    return optuna.create_study(sampler=optuna.samplers.RandomSampler(seed), pruner=optuna.pruners.NopPruner())


def _asha(seed: int, first: int, last: int) -> Study:
    import optuna

    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=first, reduction_factor=FACTOR)
    return optuna.create_study(sampler=optuna.samplers.RandomSampler(seed), pruner=pruner)


def _hyperband(seed: int, first: int, last: int) -> Study:
    import optuna

    pruner = optuna.pruners.HyperbandPruner(first, last, FACTOR)
    return optuna.create_study(sampler=optuna.samplers.RandomSampler(seed), pruner=pruner)


def _tpe(seed: int, first: int, last: int) -> Study:
    import optuna

    pruner = optuna.pruners.HyperbandPruner(first, last, FACTOR)
    return optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed), pruner=pruner)


RIVALS: Mapping[str, Callable[[int, int, int], Study]] = {
    "random": _random,
    "asha": _asha,
    "hyperband": _hyperband,
    "tpe": _tpe,
}
"""A study by its sampler's seed, and the steps of the first and of the last look at a training."""


@dataclass(frozen=True)
class Rival:
    """All studies of one rival on a task."""

    task: Task
    training: Training
    keep: str
    name: str
    """A key of `RIVALS`."""

    @property
    def key(self) -> str:
        """Where its result is kept."""
        return f"{self.task.key}/{self.name}-{self.training.key}-{self.keep}"

    def __call__(self) -> dict[str, Any]:
        """Return of each study when its incumbent changed, JSON-ready."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        truth = Truth.of(self.task, self.training, self.keep)
        first = min(curve.looks[0][0] for row in truth.curves.values() for curve in row if curve.looks)
        begin = RIVALS[self.name]
        return {"studies": [study(truth, begin(seed, first, self.training.steps), first) for seed in range(STUDIES)]}


def study(truth: Truth, running: Study, first: int) -> list[tuple[int, str, float]]:
    """Return (steps spent, configuration, loss of the trial) whenever the incumbent changes.

    The incumbent is the configuration of the trial with the lowest loss of the checkpoint that is kept. Where that is
    the last, losses on the way are none: trials that were pruned count only until one has been trained to the end.
    """
    rates, acts = truth.task.spec().lr, truth.task.settings["act"]
    logs, most = np.log(rates), MOST * truth.training.steps
    spent, lowest, whole_yet = 0, np.inf, False
    changes: list[tuple[int, str, float]] = []
    while spent < most:
        trial = running.ask()
        activation = trial.suggest_categorical("act", acts)
        lr = trial.suggest_float("lr", rates[0], rates[-1], log=True)
        id_ = f"{activation}/lr={rates[int(np.abs(logs - np.log(lr)).argmin())]:.9g}"
        row = truth.curves[id_]
        steps, value = trained(trial, row[trial.number % len(row)], truth.keep, first)
        whole = steps == truth.training.steps and np.isfinite(value)
        _tell(running, trial, value if whole else None)
        spent += max(steps, 1)
        if truth.keep == "last" and whole and not whole_yet:
            lowest, whole_yet = np.inf, True
        if value < lowest and (whole or not whole_yet):
            lowest = value
            changes.append((spent, id_, value))
    return changes


def trained(trial: Trial, curve: Curve, keep: str, first: int) -> tuple[int, float]:
    """Return the steps that a trial took until it ended, was pruned or diverged, and its loss; infinite if it did.

    Halving asks at `first` times the powers of its factor alone, so that no look between them need be reported.
    """
    steps, value, due = 0, np.inf, first
    for steps, loss in curve.looks:
        value = min(value, loss) if keep == "best" else loss
        if steps >= due:
            due *= FACTOR
            trial.report(value, steps)
            if trial.should_prune():
                return steps, value
    return steps, np.inf if curve.diverged else value


def _tell(running: Study, trial: Trial, value: float | None) -> None:
    from optuna.trial import TrialState

    running.tell(trial, value, state=TrialState.PRUNED if value is None else TrialState.COMPLETE)
