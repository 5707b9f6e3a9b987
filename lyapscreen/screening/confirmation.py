"""The best of a ranking confirmed by full training: who trains best is recommended.

Exponents make a short list at a fraction of the price; among the first few of it full training decides, by the mean
over seeds of the lowest held-out loss on the way (training with early stopping).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from lyapscreen.execution import Workers
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.results.records import Result
from lyapscreen.screening.full_training import Observer, train
from lyapscreen.screening.plan import Plan
from lyapscreen.spec import parsing
from lyapscreen.spec.spec import Spec

MAX_CONFIRMED = 1000

Weights = Mapping[str, np.ndarray]
"""Parameters and buffers of one network by name: a state_dict as arrays."""


@dataclass(frozen=True)
class Confirmation:
    """What is asked for."""

    count: int
    """How many of the best are trained."""
    steps: int
    """Optimizer steps of each full training."""

    @classmethod
    def of(cls, spec: Spec, confirm: object) -> Confirmation | None:
        """Read `confirm`; None where no confirmation is asked for.

        Raises:
            SettingError: it is no whole number from 1 on, or full training would be shorter than the probes.

        """
        if confirm is None:
            return None
        count = parsing.within(
            "confirm", confirm, 1, MAX_CONFIRMED, "Write how many of the best to train fully, such as 3"
        )
        return cls(count, spec.full_steps)


@dataclass(frozen=True)
class Confirmed:
    """What a confirmation found."""

    results: tuple[Result, ...]
    """All results of the ranking; those of the rows that were trained say how that went."""
    weights: Mapping[str, tuple[Weights, ...]]
    """Of each configuration trained, by its id, the seeds' weights where their held-out loss was lowest."""


def confirm(
    plan: Plan, ranking: Ranking, asked: Confirmation, *, jobs: Workers = None, observer: Observer | None = None
) -> Confirmed:
    """Train the best of a ranking fully, every seed.

    Args:
        plan: of the screening.
        ranking: of its probes.
        asked: how many, and for how long.
        jobs: worker processes, or a cluster; None chooses.
        observer: called after every batch with how many are trained.

    Raises:
        EnvironmentFailure: a worker was killed twice.

    """
    chosen = [row.configuration for row in ranking.leading(asked.count)]
    found = sorted(
        train(plan, chosen, asked.steps, jobs=jobs, observer=observer, keep=True), key=lambda one: one.candidate
    )
    full = {one.candidate: one.full for one in found}
    results = [result for row in ranking.rows for result in row.results]
    weights: dict[str, tuple[Weights, ...]] = {}
    for one in found:
        name = one.candidate.configuration.id
        weights[name] = (*weights.get(name, ()), one.weights or {})
    return Confirmed(tuple(replace(result, full=full.get(result.candidate)) for result in results), weights)


def best_weights(row: Row, weights: Mapping[str, tuple[Weights, ...]]) -> Weights | None:
    """Return the weights of the row's seed that trained best; None if it was not confirmed, or no seed stood."""
    best = [np.inf if result.full is None or result.full.best is None else result.full.best for result in row.results]
    of_seeds = weights.get(row.configuration.id, ())
    return of_seeds[int(np.argmin(best))] if of_seeds and np.isfinite(min(best)) else None
