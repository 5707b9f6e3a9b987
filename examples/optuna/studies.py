"""One study, with or without lyapscreen, within a budget of optimizer steps that its screening and probes count in."""

from __future__ import annotations

from dataclasses import dataclass

import optuna
import torch
from task import ACTIVATIONS, load, network, train

import lyapscreen as ls
from lyapscreen.integrations.optuna import enqueue, prune

STEPS = 1_000
"""Of a full training."""
BUDGETS = (5_000, 20_000)
"""Steps of a study: 20 full trainings, and a quarter of that, where a good start should matter most."""
ENQUEUED, PROBE = 3, 25
"""Configurations enqueued, and steps of the probe that may prune: the defaults of the two functions."""


@dataclass(frozen=True)
class Arm:
    """What a study is given beside Optuna's sampler."""

    rank_by: str | None = None
    """What the screening is ranked by whose leading configurations are enqueued; None enqueues nothing."""
    probes: bool = False
    """Whether every trial is probed before its training."""


ALONE = "TPE alone"
ARMS = {
    ALONE: Arm(),
    "with the leading 3 enqueued": Arm(rank_by="effective"),
    "with a probe that prunes": Arm(probes=True),
    "with both": Arm(rank_by="effective", probes=True),
    "enqueued by held-out loss instead": Arm(rank_by="loss"),
}
"""The last tells what the exponents add to a short training."""


def search(task, arm, seed):
    """Return what a study found within each budget; the seed is that of sampler, training and screening."""
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    data, given = load(task), ARMS[arm]
    settings = {"data": data, "model": network, "batch_size": 64, "seeds": f"seed={seed}"}
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    screened = 0
    if given.rank_by:
        screening = ls.screen(**settings, lr="1e-4:1", act=list(ACTIVATIONS), rank_by=given.rank_by, jobs=1)
        screened = sum(result.final.steps for row in screening.ranking.rows for result in row.results)
        enqueue(study, screening, ENQUEUED)

    def objective(trial):
        lr = trial.suggest_float("lr", 1e-4, 1, log=True)
        activation = trial.suggest_categorical("activation", list(ACTIVATIONS))
        if given.probes:
            prune(trial, PROBE, **settings)
        curve = train(task, data, lr, activation, seed, STEPS)
        trial.set_user_attr("curve", curve)
        return min(loss for _, loss in curve)

    while screened + sum(map(steps, study.trials)) < BUDGETS[-1]:
        study.optimize(objective, n_trials=1)
    return {
        "task": task, "arm": arm, "seed": seed,
        "best": {str(budget): best(study.trials, screened, budget) for budget in BUDGETS},
        "screened": screened,
        "trials": len(study.trials),
        "pruned": sum(trial.state == optuna.trial.TrialState.PRUNED for trial in study.trials),
        "best_params": study.best_params,
    }  # fmt: skip


def steps(trial):
    """Return the optimizer steps that a trial took, those of its probe included."""
    (*_, (trained, _)) = [(0, None), *trial.user_attrs.get("curve", ())]
    return trial.user_attrs.get("probe_steps", 0) + trained


def best(trials, spent, budget):
    """Return the lowest held-out loss seen within a budget of which some is spent; a training may be cut short by it.

    >>> from types import SimpleNamespace
    >>> first = SimpleNamespace(user_attrs={"probe_steps": 25, "curve": [(100, 3.0), (200, 2.0)]})
    >>> second = SimpleNamespace(user_attrs={"curve": [(100, 1.5), (200, 1.0)]})
    >>> [best([first, second], 50, budget) for budget in (175, 275, 375, 475)]
    [3.0, 2.0, 1.5, 1.0]
    """
    seen = []
    for trial in trials:
        begun = spent + trial.user_attrs.get("probe_steps", 0)
        seen += [loss for done, loss in trial.user_attrs.get("curve", ()) if begun + done <= budget]
        spent += steps(trial)
    return min(seen)
