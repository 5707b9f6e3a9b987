"""Optuna (TPE with Hyperband, one trial after the other) on the same tasks, its trainings looked up.

Every trial trains one configuration of the task's grid with one of its seeds, reports the held-out loss at every look
and is pruned as Hyperband says. The trainings are those of the cache, so that a trial costs what it costs in plain
PyTorch: steps times the seconds of a plain step on that task, measured here, with the held-out loss at every look.
Optuna's own time is measured while it runs. Learning rates are drawn continuously and taken to the nearest of the
grid, which has the best there is: nothing is held against Optuna but the time it takes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from lyapscreen import data, screen
from lyapscreen.execution import one_thread
from lyapscreen.results.rules import means
from lyapscreen.spec.parsing import widths
from lyapscreen.training.architectures import mlp
from tests.benchmarks.ranking.records import LEADERS, Record, read
from tests.benchmarks.ranking.tasks import Task

STUDIES = 10
"""Seeds of Optuna's sampler."""

MOST_STEPS = 150_000
"""A study ends here: a hundred full trainings."""

PLAIN_STEPS = 400
OPTIMIZERS = {"sgd": torch.optim.SGD, "momentum": torch.optim.SGD, "adam": torch.optim.Adam}


@dataclass(frozen=True)
class Search:
    """Our screening with confirmation beside Optuna's studies, on one task."""

    task: Task
    steps: int
    """Of full training."""

    @property
    def key(self) -> str:
        """Where its result is kept."""
        return f"{self.task.key}/search-{self.steps}"

    def __call__(self) -> dict[str, Any]:
        """Return ours and theirs, JSON-ready."""
        record = read(self.task, self.steps)
        start = time.perf_counter()
        screening = screen(**self.task.settings, full_steps=self.steps, confirm=LEADERS, jobs=1)
        seconds = time.perf_counter() - start
        best = screening.ranking.rows[0].configuration.id
        probes = sum(result.final.steps for row in screening.ranking.rows for result in row.results)
        full = sum(row.seeds * row.full_steps for row in screening.ranking.rows if row.full_steps)
        losses = means(record.losses["best"])
        ours = {
            "seconds": seconds, "steps": probes + full, "loss": losses[record.ids.index(best)],
            "regret": float(np.mean(losses < losses[record.ids.index(best)])),
        }  # fmt: skip
        pace = plain_pace(self.task, self.steps)
        return {"ours": ours, "pace": pace, "studies": [study(record, seed, pace, ours) for seed in range(STUDIES)]}


def plain_pace(task: Task, steps: int) -> float:
    """Return the seconds of one step of the usual loop on this task, its looks at the held-out part included."""
    spec = task.spec()
    loaded = data.load(spec)
    torch.manual_seed(0)
    model = mlp(widths(task.settings["model"]))(nn.ReLU, loaded.n_inputs, loaded.n_outputs)
    further = {"momentum": 0.9} if task.optimizer == "momentum" else {}
    optimizer = OPTIMIZERS[task.optimizer](model.parameters(), lr=1e-3, **further)
    loss = nn.functional.cross_entropy if loaded.task == "classification" else nn.functional.mse_loss
    x, y, held_x, held_y = map(torch.from_numpy, (loaded.x_train, loaded.y_train, loaded.x_held_out, loaded.y_held_out))
    every = steps // 60
    with one_thread():
        start = time.perf_counter()
        for t in range(PLAIN_STEPS):
            rows = torch.randint(len(x), (spec.minibatch_rows(len(x)),))
            optimizer.zero_grad()
            loss(model(x[rows]), y[rows]).backward()
            optimizer.step()
            if (t + 1) % every == 0:
                with torch.no_grad():
                    loss(model(held_x), held_y).item()
        return (time.perf_counter() - start) / PLAIN_STEPS


def study(record: Record, seed: int, pace: float, ours: dict[str, Any]) -> dict[str, float | None]:
    """Return what one study reaches at our steps and at our seconds, and when it first is as good as we are."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    first, last = record.curves[0][0][0][0], record.curves[0][0][-1][0]
    pruner = optuna.pruners.HyperbandPruner(min_resource=first, max_resource=last)
    running = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed), pruner=pruner)
    lrs = record.task.spec().lr
    losses = means(record.losses["best"])
    places = {id_: place for place, id_ in enumerate(record.ids)}
    lowest, pick, spent, started = np.inf, None, 0, time.perf_counter()
    found: dict[str, float | None] = {"at_steps": None, "at_seconds": None, "seconds_to_ours": None}
    while spent < MOST_STEPS:
        trial = running.ask()
        activation = trial.suggest_categorical("act", record.task.settings["act"])
        lr = trial.suggest_float("lr", lrs[0], lrs[-1], log=True)
        nearest = min(lrs, key=lambda value: abs(np.log(value / lr)))
        place = places[f"{activation}/lr={nearest:.9g}"]
        curve = record.curves[place][trial.number % len(record.curves[place])]
        reached, value = 0, np.inf
        for steps, loss in curve:
            reached, value = steps, min(value, loss)
            trial.report(value, steps)
            if trial.should_prune():
                break
        diverged = not curve or (reached < last and reached == curve[-1][0])
        whole = reached == last
        state = optuna.trial.TrialState.COMPLETE if whole else optuna.trial.TrialState.PRUNED
        running.tell(trial, value if whole else None, state=state)
        spent += max(reached, 1)
        seconds = spent * pace + time.perf_counter() - started
        if not diverged and value < lowest:
            lowest, pick = value, place
        reached_regret = 1.0 if pick is None else float(np.mean(losses < losses[pick]))
        if spent <= ours["steps"] or found["at_steps"] is None:
            found["at_steps"] = reached_regret
        if seconds <= ours["seconds"] or found["at_seconds"] is None:
            found["at_seconds"] = reached_regret if seconds <= ours["seconds"] else 1.0
        if pick is not None and losses[pick] <= ours["loss"]:
            found["seconds_to_ours"] = seconds
            if spent >= ours["steps"] and seconds >= ours["seconds"]:
                break
    found["seconds"] = seconds
    return found
