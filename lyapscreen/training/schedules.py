"""Learning-rate schedules: a factor on the learning rate that depends on the step alone."""

from __future__ import annotations

import math
from collections.abc import Callable

Factor = Callable[[int], float]


def constant(t: int) -> float:  # noqa: ARG001  a schedule is asked for a step
    """Leave the learning rate as it is."""
    return 1.0


def factor(schedule: str, warmup: int, steps: int) -> Factor:
    """Return the factor f(t), t counted from 0, that multiplies every candidate's learning rate.

    Linear warm-up over the first W steps is (t + 1) / W; from then on `constant` is 1 and `cosine` is
    (1 + cos(pi (t - W) / (N - W))) / 2, N the steps of the probe, or those named as in `cosine:1500`.
    Source: arXiv 1608.03983, as torch.optim.lr_scheduler.CosineAnnealingLR.

    >>> [round(factor("cosine", 2, 6)(t), 3) for t in range(6)]
    [0.5, 1.0, 1.0, 0.854, 0.5, 0.146]
    """
    name, _, length = schedule.partition(":")
    horizon = int(length) if length else steps

    def at(t: int) -> float:
        if t < warmup:
            return (t + 1) / warmup
        if name == "constant":
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * (t - warmup) / (horizon - warmup)))

    return at
