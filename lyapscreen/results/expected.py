"""What a configuration can be expected to reach."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Expected:
    """Held-out loss and score of a configuration, means over its seeds with the ends of their 95 % intervals.

    After `steps` optimizer steps: those of its full training where it was confirmed by one, which measures the loss
    alone, else those of its probe. What full training adds to a probe is not known in numbers of a loss.

    >>> import lyapscreen as ls
    >>> best = ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20).recommended
    >>> best.expected.score, best.expected.loss_low < best.expected.loss < best.expected.loss_high, best.expected.steps
    (1.0, True, 20)
    """

    loss: float | None
    loss_low: float | None
    """None with a single seed, or where a seed has no finite value."""
    loss_high: float | None
    score: float | None
    """Accuracy, or R2 of a regression (`Screening.score_name`)."""
    score_low: float | None
    score_high: float | None
    steps: int
    """Optimizer steps after which it was measured."""
